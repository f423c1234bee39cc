//! The log of management actions: who did what, when, and with which result. Never a secret.

use serde::{Deserialize, Serialize};

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Action {
    /// Rises with time.
    pub id: i64,
    /// When it ended, Unix milliseconds.
    pub at_ms: i64,
    /// The user of the system and how they acted: `ada, window`; `ada, command line`; `Pollux` for what it did on its
    /// own.
    pub who: String,
    /// The project's name at that time.
    pub project: Option<String>,
    /// `project.add`, `project.update`, `project.remove`, `project.restore`, `webhook.create`, `webhook.update`,
    /// `webhook.enable`, `webhook.disable`, `webhook.delete`, `webhook.ping`, `webhook.repair`, `webhook.rotate`,
    /// `webhook.rotate_now`, `secret.add`, `secret.remove`, `secret.restore`, `secret.destroy`, `secret.reveal`.
    pub what: String,
    /// What it was done to, in words: `nightly results (95fy…bfhzz)`.
    pub target: String,
    /// `done`, `refused`, `failed` or `unknown` (the request may have had its effect).
    pub result: String,
    /// What changed, or what the service said. One sentence.
    pub detail: String,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ActionPage {
    /// The actions.
    pub actions: Vec<Action>,
    /// For the next page; `None` on the last.
    pub next_before: Option<i64>,
}
