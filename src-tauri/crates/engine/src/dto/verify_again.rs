//! Deliveries judged again.

use serde::{Deserialize, Serialize};

/// What came of judging deliveries again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VerifiedAgain {
    /// Looked at: not verified until now.
    pub looked: u64,
    /// Verified now.
    pub verified: u64,
    /// Rejected: now, or as before for what is known now.
    pub rejected: u64,
    /// Of those looked at: only a part of the body was kept, so that there is nothing to check a signature over.
    pub partial: u64,
    /// Not looked at: verified already, or no longer there.
    pub skipped: u64,
}

/// A project's deliveries while they are judged again in the background.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VerifyRun {
    /// Whose.
    pub project: i64,
    /// How many are to be looked at.
    pub of: u64,
    /// It has ended.
    pub done: bool,
    /// The user gave the secret that it is for, and is told whatever came of it.
    pub given: bool,
    /// What came of it so far.
    pub sum: VerifiedAgain,
}
