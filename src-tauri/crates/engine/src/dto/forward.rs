//! Forwarding: deliveries sent on by themselves as they arrive.

use serde::{Deserialize, Serialize};

use super::Outbound;

/// Which deliveries are forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ForwardWhich {
    /// Verified ones.
    #[default]
    Verified,
    /// All, rejected ones too.
    All,
}

/// What the sender is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ForwardAnswer {
    /// At once, by Pollux.
    #[default]
    AtOnce,
    /// The target's own answer; 504 where it takes longer, 502 where there is none.
    Target {
        /// How long it is waited for, 100 to 60,000 ms.
        timeout_ms: u32,
    },
}

/// How a project's deliveries are forwarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ForwardRule {
    /// The project.
    pub project: i64,
    /// It is switched on.
    pub on: bool,
    /// Where to.
    pub url: String,
    /// Which.
    pub which: ForwardWhich,
    /// Signed anew with this secret (its id), with a fresh time; `None`: as received.
    pub resign: Option<String>,
    /// How many may be under way at a time, 1 to 32. Those of one `webhook-id` keep their order.
    pub concurrency: u32,
    /// What the sender is answered.
    pub answer: ForwardAnswer,
}

impl Default for ForwardRule {
    fn default() -> Self {
        Self {
            project: 0,
            on: false,
            url: String::new(),
            which: ForwardWhich::default(),
            resign: None,
            concurrency: 4,
            answer: ForwardAnswer::default(),
        }
    }
}

/// What happens to deliveries that are there when forwarding is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ForwardStart {
    /// Nothing: only what arrives from now on is sent.
    New,
    /// What was waiting when it was switched off is sent, too.
    Waiting,
    /// Everything since a time, but what was forwarded before.
    Since {
        /// Unix milliseconds.
        ms: i64,
    },
}

/// What is there when forwarding is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForwardOffer {
    /// Left waiting from before.
    pub waiting: u64,
    /// Not forwarded yet, of the last hour.
    pub last_hour: u64,
    /// Not forwarded yet, of the last 24 hours.
    pub last_day: u64,
}

/// What a forward is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ForwardState {
    /// Switched off.
    Off,
    /// Nothing waits.
    Idle,
    /// Requests are under way.
    Sending,
    /// The target does not answer, or asks to be left alone (429, 502, 503, 504).
    Down {
        /// Why, in a sentence.
        why: String,
        /// Since when, Unix milliseconds.
        since_ms: i64,
        /// When the next try is made, Unix milliseconds.
        next_ms: i64,
        /// Which try that is, from 2.
        attempt: u32,
    },
}

/// A project's forwarding at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForwardView {
    /// The rule.
    pub rule: ForwardRule,
    /// What it is doing.
    pub state: ForwardState,
    /// Deliveries that wait, those under way included.
    pub waiting: u64,
    /// Answered 2xx since it was switched on.
    pub accepted: u64,
    /// Answered otherwise since then.
    pub refused: u64,
    /// Dropped by hand since then.
    pub dropped: u64,
    /// The last one.
    pub last: Option<Outbound>,
}
