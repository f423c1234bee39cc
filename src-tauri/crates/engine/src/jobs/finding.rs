//! What the watchdog found, as it is kept with a job.

use serde::{Deserialize, Serialize};

use crate::dto::{FindingBrief, MissedCause};

/// The part of a finding that is kept. The evidence is looked at anew each time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) cause: MissedCause,
    pub(super) words: String,
    pub(super) found_ms: i64,
}

impl Kept {
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn brief(self, set_aside: bool) -> FindingBrief {
        FindingBrief { cause: self.cause, words: self.words, found_ms: self.found_ms, set_aside }
    }
}
