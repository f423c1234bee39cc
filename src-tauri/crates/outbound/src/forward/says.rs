//! What a lane says and is told.

use std::time::Duration;

use tokio::time::Instant;

use super::rule::{Rule, State};

/// Up to where everything is dealt with, as it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Everything up to here is dealt with.
    pub reached: i64,
    /// Switched off: the newest delivery that could still wait.
    pub off_at: i64,
    /// What waited up to here was dropped by hand.
    pub dropped_to: i64,
}

/// How it was before it was switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub(super) rule: Rule,
    pub(super) marks: Marks,
}

/// A delivery that was found in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: i64,
    /// Its event; `None` without a `webhook-id`.
    pub event: Option<i64>,
    /// It was verified.
    pub verified: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send this delivery; it is the n-th try.
    Send {
        /// Its id.
        id: i64,
        /// Which try it is, from 1.
        number: u32,
    },
    /// Nothing before this moment, or before something happens.
    WaitUntil(Option<Instant>),
    /// It was switched off, or on again.
    End,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was answered, for good.
    Settled {
        /// The status, where there is a whole head.
        status: Option<u16>,
    },
    /// It was answered, or not in time, and may be taken later.
    Later {
        /// Why, in a sentence.
        why: String,
        /// How long the target asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The target is down, or may not be sent to.
    Down {
        /// Why, in a sentence.
        why: String,
    },
    /// The delivery is not there any more.
    Gone,
}

/// A lane at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View<S> {
    /// The rule.
    pub rule: Rule,
    /// What it is doing.
    pub state: State,
    /// Deliveries that wait, those under way included.
    pub waiting: u64,
    /// Answered 2xx since it was switched on.
    pub accepted: u64,
    /// Answered otherwise since then.
    pub refused: u64,
    /// Dropped by hand since then.
    pub dropped: u64,
    /// The last request that was sent.
    pub last: Option<S>,
}
