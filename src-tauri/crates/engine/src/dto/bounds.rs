//! The bounds of the history: what it takes up, what may stay, what was deleted.

use serde::{Deserialize, Serialize};

/// How much of the history is kept. What is `None` has no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct KeepLimits {
    /// For all projects: bytes of the files of the history. For one: bytes of its headers and bodies.
    pub max_bytes: Option<u64>,
    /// Days since the arrival.
    pub max_days: Option<u32>,
    /// Deliveries.
    pub max_count: Option<u64>,
    /// Bytes of the disk that stay free; `None`: 1 GiB, or a twentieth of a small disk. Only for all projects.
    pub free_bytes: Option<u64>,
}

/// A part of the files of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SizePartName {
    /// Headers as they arrived, with paths and verdicts.
    Headers,
    /// Bodies as they arrived.
    Bodies,
    /// Rows of the list, events, their indexes, and the little that the settings take.
    Rows,
    /// Answers, replays and forwards.
    Answers,
    /// Results that are kept with deliveries.
    Results,
    /// What makes searches fast.
    Search,
    /// The write-ahead log.
    Log,
    /// What was deleted and can still be taken back.
    Deleted,
    /// Free pages: new deliveries use them, or the file gives them back to the disk.
    Free,
}

/// How large a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SizePart {
    /// Which part.
    pub name: SizePartName,
    /// Its size. All parts together are the size of the history; how the pages of deliveries divide into headers,
    /// bodies and what was deleted is in proportion to their lengths.
    pub bytes: u64,
}

/// What one project has of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProjectKeep {
    /// The project.
    pub project: i64,
    /// Its own limits, besides those for all.
    pub limits: Option<KeepLimits>,
    /// Its deliveries.
    pub deliveries: u64,
    /// Bytes of their headers and bodies.
    pub bytes: u64,
}

/// What it takes for the file of an older version to give space back to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rebuild {
    /// Whether it has to be rebuilt for that.
    pub needed: bool,
    /// Bytes of the disk that this takes for a while.
    pub bytes: u64,
    /// Whether it can be done now.
    pub possible: bool,
    /// Why not.
    pub why: Option<String>,
}

/// What the history takes up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HistorySizes {
    /// The file.
    pub path: String,
    /// The file and those beside it.
    pub total_bytes: u64,
    /// What is free on the disk.
    pub free_bytes: Option<u64>,
    /// Deliveries that are kept and shown.
    pub deliveries: u64,
    /// How many of them are pinned.
    pub pinned: u64,
    /// When the oldest of them arrived.
    pub oldest_ms: Option<i64>,
    /// What the size consists of, the largest part first.
    pub parts: Vec<SizePart>,
    /// The limits for all projects together.
    pub limits: KeepLimits,
    /// What each project has.
    pub per_project: Vec<ProjectKeep>,
    /// Set for the file of an older version.
    pub rebuild: Option<Rebuild>,
}

/// A span of time in a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PreviewBucket {
    /// Where it begins.
    pub at_ms: i64,
    /// Deliveries that would go.
    pub going: u64,
    /// Deliveries that would stay.
    pub staying: u64,
}

/// What would go if limits were set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeepPreview {
    /// Deliveries that would go.
    pub deliveries: u64,
    /// Bytes of their headers and bodies.
    pub bytes: u64,
    /// When the newest of those arrived.
    pub until_ms: Option<i64>,
    /// Deliveries that are older and stay, because they are pinned.
    pub staying_pinned: u64,
    /// Deliveries that are older and stay, because they wait to be forwarded.
    pub staying_waiting: u64,
    /// The search that shows them, and those that stay between them.
    pub query: String,
    /// All deliveries over time.
    pub buckets: Vec<PreviewBucket>,
}

/// What was deleted and can still be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Deletion {
    /// Names it.
    pub number: i64,
    /// What was selected: `3 deliveries`, the search, or `all`.
    pub what: String,
    /// How many deliveries.
    pub deliveries: u64,
    /// Bytes of their headers and bodies.
    pub bytes: u64,
    /// When.
    pub at_ms: i64,
    /// Until when it can be taken back.
    pub until_ms: i64,
}
