//! Why Pollux could not start, and what can be done about it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};

/// Why Pollux could not start. What is offered is what can help with that, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StartFailure {
    /// What went wrong.
    pub error: Error,
    /// The file of the history.
    pub path: String,
    /// The history is what does not open.
    pub history: bool,
    /// To try the same once more can help: a lock, a permission, room on the disk, a file that was put back.
    pub again: bool,
    /// To work on another history can help.
    pub other: bool,
    /// To rename the history and start on a new one can help.
    pub aside: bool,
}

impl StartFailure {
    /// What can be done about `error`, which came of a start on the history at `path`.
    #[must_use]
    pub fn new(error: &Error, path: &Path) -> Self {
        let (again, other, aside) = match error.code {
            // Nothing but another program (a newer Pollux) or another file helps.
            Code::DatabaseTooNew => (false, true, true),
            // A copy may be put back in its place.
            Code::NotAHistory | Code::HistoryDamaged | Code::MigrationFailed => (true, true, true),
            // What holds it, its permissions or its disk: a file of another name there has the same trouble.
            Code::HistoryBusy
            | Code::HistoryReadOnly
            | Code::HistoryUnreachable
            | Code::HistoryClosed
            | Code::DiskFull
            | Code::DiskError
            | Code::DatabaseError
            | Code::NoThread => (true, true, false),
            // Read once, when the process started.
            Code::InvalidKeychain => (false, false, false),
            _ => (true, false, false),
        };
        let path = path.display().to_string();
        Self { error: error.clone(), path, history: other, again, other, aside }
    }
}
