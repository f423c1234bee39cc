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
}
