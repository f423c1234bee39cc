//! Judging deliveries again.

use serde::{Deserialize, Serialize};

/// The result of judging deliveries again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VerifiedAgain {
    /// How many were looked at: those not verified until now.
    pub looked: u64,
    /// How many are verified now.
    pub verified: u64,
    /// How many are rejected, now or still, by what is known now.
    pub rejected: u64,
    /// How many of those looked at have only a part of their body stored, so there is nothing to check a signature
    /// over.
    pub partial: u64,
    /// How many were not looked at: verified already, or no longer there.
    pub skipped: u64,
}

/// A project's deliveries while they are judged again in the background.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VerifyRun {
    /// The project.
    pub project: i64,
    /// How many are to be looked at.
    pub of: u64,
    /// Whether it has ended.
    pub done: bool,
    /// Whether the user gave the secret, and so hears of any result.
    pub given: bool,
    /// The result so far.
    pub sum: VerifiedAgain,
}
