//! Whether the history is whole, and what a recovery of it came to.

use serde::{Deserialize, Serialize};

/// What is known of the history's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HistoryHealth {
    /// The result of the latest check.
    pub state: HealthState,
    /// The run before this one did not close the history: it was killed, crashed, or lost its power.
    pub unclean: bool,
    /// Deliveries that were stored and that the file does not have.
    pub missing: Option<MissingDeliveries>,
    /// What is wrong, where the latest check found something.
    pub damage: Option<HistoryDamage>,
}

/// How a check of the history ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Nobody has looked in this run.
    #[default]
    NotChecked,
    /// Somebody is looking.
    Checking,
    /// Nothing wrong was found.
    Sound,
    /// Something is wrong.
    Damaged,
}

/// The file ends before the last delivery that was stored in it: its log vanished, or an older copy is in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MissingDeliveries {
    /// The number of the last delivery that was stored.
    pub stored: i64,
    /// When that was noted, Unix milliseconds.
    pub noted_ms: i64,
    /// The number of the last delivery that the file knows.
    pub found: i64,
    /// Whether the log beside the file (`-wal`) is missing as well.
    pub log_gone: bool,
}

/// What is wrong with the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HistoryDamage {
    /// What SQLite says, at most 20 lines.
    pub says: Vec<String>,
    /// Deliveries that the history counts; `None` if its count cannot be read.
    pub deliveries: Option<u64>,
    /// Deliveries that can be read back whole.
    pub readable: u64,
    /// Numbers (from, to; both included) of deliveries that cannot, the first 100 stretches. Some of them may never have
    /// been stored, or have left before.
    pub unreadable: Vec<(i64, i64)>,
}

/// What the file of a history says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryFile {
    /// Where it is.
    pub path: String,
    /// Another process has it open.
    pub in_use: bool,
    /// Its format; `None` if that cannot be read.
    pub format: Option<i64>,
    /// Deliveries that it counts; `None` if its count cannot be read.
    pub deliveries: Option<u64>,
    /// Whether it is whole.
    pub health: HistoryHealth,
}

/// What a recovery came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Recovery {
    /// The new history.
    pub path: String,
    /// Where the damaged one is.
    pub kept: String,
    /// Deliveries in the new history.
    pub deliveries: u64,
    /// Deliveries that the damaged one counted; `None` if its count cannot be read.
    pub of: Option<u64>,
    /// Of those in the new history: found only page by page.
    pub found_by_page: u64,
    /// Of those in the new history: the details of the verdict are lost.
    pub without_verdict: u64,
    /// Tables, other than those of deliveries, of which something could not be read.
    pub others: Vec<String>,
}
