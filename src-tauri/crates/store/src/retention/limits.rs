//! Limits of the history, as they are in force.

use std::collections::BTreeMap;

/// What may stay. `None`: no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of all projects: bytes of the files. Of one: bytes of headers and bodies.
    pub max_bytes: Option<u64>,
    /// Age since the arrival, in nanoseconds.
    pub max_age_ns: Option<i64>,
    /// Deliveries.
    pub max_count: Option<u64>,
}

/// All limits that are in force, and what they do not touch. Pinned deliveries are never touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Of all projects together.
    pub all: Limits,
    /// Of single projects, besides.
    pub projects: BTreeMap<i64, Limits>,
    /// Bytes of the disk that stay free; `None`: [`crate::Space::reserve`].
    pub free_bytes: Option<u64>,
    /// Deliveries that wait to be forwarded.
    pub waiting: Vec<Waiting>,
}

/// Deliveries of a project that wait to be forwarded: those after an id that no settled forward belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The project.
    pub project: i64,
    /// After this id.
    pub after: i64,
    /// WhichWait of them.
    pub which: WhichWait,
}

/// WhichWait deliveries of a project are forwarded, by what they were judged to be at their arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichWait {
    /// Verified ones.
    #[default]
    Verified,
    /// Those, and those whose token is genuine but does not cover the body.
    Genuine,
    /// All.
    All,
}

impl WhichWait {
    /// The outcomes of the table that it takes, of which [`AT_ARRIVAL`] must be at most this.
    pub(crate) fn most(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::Genuine => 1,
            Self::All => 2,
        }
    }
}

/// What a row says of a delivery's arrival: 0 verified, 1 a genuine token that does not cover the body, 2 anything else.
/// A later verdict does not change that: it was not verified then.
pub(crate) const AT_ARRIVAL: &str =
    "CASE WHEN judged_ms IS NOT NULL THEN 2 WHEN outcome = 0 THEN 0 WHEN outcome = 3 THEN 1 ELSE 2 END";

impl crate::Store {
    /// Puts limits in force, in place of the earlier ones. `now_ms` (Unix milliseconds) is the time by which ages and
    /// deletions are judged until the next call, so this has to be called every second or so. What must go leaves in the
    /// background.
    ///
    /// Nothing leaves a history for which this was never called.
    pub fn keep(&self, keep: Keep, now_ms: i64) {
        self.reserve().want(keep.free_bytes);
        self.keeping().set(keep, now_ms);
        self.nudge();
    }

    /// The time goes on: see [`crate::Store::keep`].
    pub fn beat(&self, now_ms: i64) {
        self.keeping().beat(now_ms);
        self.nudge();
    }

    /// Deliveries that wait to be forwarded, besides those that [`Keep`] names; in place of the earlier ones. Announces
    /// [`crate::Change::Resync`] if others wait than before, rather than fewer of the same.
    pub fn waiting(&self, waiting: Vec<Waiting>) {
        if self.keeping().waits(waiting) {
            self.resync();
        }
    }

    /// Whether that was told.
    #[must_use]
    pub fn knows_waiting(&self) -> bool {
        self.keeping().is_told()
    }

    /// The same, after some were dropped without being forwarded.
    pub fn waiting_dropped(&self, waiting: Vec<Waiting>) {
        self.keeping().waits(waiting);
        self.resync();
    }
}
