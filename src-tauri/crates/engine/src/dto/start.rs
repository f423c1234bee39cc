//! Why Pollux could not start, and what the user can do about it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};

/// Why Pollux could not start. Offers only what can help with that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StartFailure {
    /// What went wrong.
    pub error: Error,
    /// The file of the history.
    pub path: String,
    /// Whether it is the history that does not open.
    pub history: bool,
    /// Whether trying again can help: after a lock, a permission, space on the disk, or a file that was put back.
    pub again: bool,
    /// Whether working on another history can help.
    pub other: bool,
    /// Whether renaming the history and starting a new one can help.
    pub aside: bool,
    /// Whether a new history of what can be read of it can help.
    pub recover: bool,
}

impl StartFailure {
    /// What can be done about `error`, which a start on the history at `path` ended with.
    #[must_use]
    pub fn new(error: &Error, path: &Path) -> Self {
        let (again, other, aside) = match error.code {
            // Only another program (a newer Pollux) or another file helps.
            Code::DatabaseTooNew => (false, true, true),
            // A copy may be put back in its place.
            Code::NotAHistory | Code::HistoryDamaged | Code::MigrationFailed => (true, true, true),
            // The trouble is what holds it, its permissions or its disk: a file of another name there has the same
            // trouble.
            Code::HistoryBusy
            | Code::HistoryReadOnly
            | Code::HistoryUnreachable
            | Code::HistoryClosed
            | Code::DiskFull
            | Code::DiskError
            | Code::DatabaseError
            | Code::NoThread => (true, true, false),
            // It is read once, when the process starts.
            Code::InvalidKeychain => (false, false, false),
            _ => (true, false, false),
        };
        let path = path.display().to_string();
        let recover = matches!(error.code, Code::HistoryDamaged | Code::MigrationFailed);
        Self { error: error.clone(), path, history: other, again, other, aside, recover }
    }
}
