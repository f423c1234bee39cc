//! The log of management actions.

use crate::dto::ActionPage;
use crate::engine::Engine;
use crate::error::{Error, Result};

impl Engine {
    /// A page of the log, newest first, 200 at most.
    pub async fn actions(&self, before: Option<i64>, limit: u32) -> Result<ActionPage> {
        let _ = (before, limit);
        Err(Error::new("not_built", "Not built yet."))
    }

    /// The whole log as NDJSON, oldest first.
    pub async fn actions_export(&self) -> Result<String> {
        Err(Error::new("not_built", "Not built yet."))
    }

    /// Writes to the log what became of an action. `what`: as in [`crate::Action::what`]; `target`: what it was done
    /// to, in words; `detail`: what changed, where it was done (an error says the rest). A log that cannot be written
    /// does not undo what was done.
    pub(crate) async fn act<T>(
        &self,
        project: impl Into<Option<i64>>,
        what: &str,
        target: &str,
        result: &Result<T>,
        detail: &str,
    ) {
        let (result, detail) = match result {
            Ok(_) => ("done", detail.to_owned()),
            Err(error) => (outcome(error), words(error)),
        };
        tracing::info!(who = self.inner.actor, project = project.into(), what, target, result, detail, "an action");
    }
}

/// What an error means for the action that failed.
fn outcome(error: &Error) -> &'static str {
    match error.code.as_str() {
        "outcome_unknown" => "unknown",
        "service_refused" | "service_key_refused" | "service_rate_limited" | "not_found" => "refused",
        _ => "failed",
    }
}

/// Our sentence with the service's own words.
fn words(error: &Error) -> String {
    match &error.detail {
        Some(detail) => format!("{} ({detail})", error.message),
        None => error.message.clone(),
    }
}
