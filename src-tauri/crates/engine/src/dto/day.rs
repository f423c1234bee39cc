//! What the overview shows of a day: what arrived, hour by hour, and what stood meanwhile. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};
use signature::Outcome;

use super::{HistogramBucket, JobKind, MissedCause, Span};

/// What arrived in a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayDeliveries {
    /// Between each two of the edges that were asked for.
    pub hours: Vec<HistogramBucket>,
    /// How many of them came from a file.
    pub imported: u64,
    /// Why they were not verified, the most frequent first.
    pub causes: Vec<DayCause>,
    /// By project, the one with the most first.
    pub projects: Vec<DayProject>,
    /// The median time of the answer of the newest, in µs; `None` where none is known.
    pub took_us: Option<u32>,
}

/// Deliveries that were not verified for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayCause {
    /// Their verdict: rejected, unchecked or unbound.
    pub outcome: Outcome,
    /// The reason's code; empty where there are too many different ones.
    pub reason: String,
    /// How the list calls it for the last of them: two or three words.
    pub cause: String,
    /// How many.
    pub deliveries: u64,
    /// When the last of them arrived.
    pub last_ms: i64,
    /// The last of them.
    pub last: i64,
}

/// Deliveries of one project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayProject {
    /// The project.
    pub project: i64,
    /// How many.
    pub deliveries: u64,
    /// How many of them were rejected.
    pub rejected: u64,
    /// How many of the newest were rejected, without one in between that was not.
    pub rejected_in_a_row: u64,
}

/// What stood in a day, until now, and what did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayStates {
    /// Since when it is known whether the listener was open; `None` if it never was.
    pub known_ms: Option<i64>,
    /// When the listener was open, from then on.
    pub listener: Vec<Span>,
    /// When the tunnel was up, from its first state on; empty where none was used. Switched off is not up either: its
    /// words are `off`.
    pub tunnel: Vec<Span>,
    /// When a webhook was not enabled, as the service said.
    pub webhooks: Vec<DayWebhook>,
    /// The jobs that ended, between each two of the edges that were asked for.
    pub jobs: Vec<DayJobs>,
    /// Jobs that were missed, on whatever day, the newest first; those that were set aside are left out. At most 20 of
    /// a project.
    pub missed: Vec<DayJob>,
    /// Jobs that wait for the user, at most 20 of a project.
    pub waiting: Vec<DayJob>,
}

/// A webhook that was not enabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayWebhook {
    /// The project.
    pub project: i64,
    /// The service's id.
    pub webhook: String,
    /// What its owner calls it, or where it points.
    pub name: String,
    /// First seen so.
    pub from_ms: i64,
    /// Seen otherwise, or until now.
    pub to_ms: i64,
    /// The service disabled it after failed deliveries.
    pub failed: bool,
}

/// Jobs that ended in one span of time, by what the watchdog made of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayJobs {
    /// An event that counts told of them.
    pub told: u32,
    /// They were missed.
    pub missed: u32,
    /// Missed as well, and set aside by the user.
    pub aside: u32,
    /// Not looked at yet, or within their grace.
    pub open: u32,
    /// No event is expected.
    pub not_expected: u32,
}

/// A job, as far as a sentence needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayJob {
    /// The project.
    pub project: i64,
    /// Its name at the service.
    pub name: String,
    /// What to call it.
    pub title: String,
    /// What it is.
    pub kind: JobKind,
    /// When it ended, or began to wait.
    pub ended_ms: Option<i64>,
    /// Why it was missed.
    pub cause: Option<MissedCause>,
    /// The same, as the list of jobs says it.
    pub words: Option<String>,
}
