//! What a lane reports and is told.

use std::time::Duration;

use signature::Outcome;
use tokio::time::Instant;

use super::rule::{Rule, State};

/// How far everything is done, in the form that is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Everything up to here is done.
    pub reached: i64,
    /// When switched off: the newest delivery that could still be waiting.
    pub off_at: i64,
    /// Whatever waited up to here was dropped by hand.
    pub dropped_to: i64,
}

/// Its state before it was switched on.
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
    /// What it was at its arrival; a verdict that came later does not count.
    pub outcome: Outcome,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send this delivery.
    Send {
        /// Its id.
        id: i64,
        /// The number of this try, from 1.
        number: u32,
    },
    /// Send nothing before this moment, or before something happens.
    WaitUntil(Option<Instant>),
    /// End: it was switched off, or on again.
    End,
}

/// The result of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was answered, for good.
    Settled {
        /// The status, if the whole head arrived.
        status: Option<u16>,
    },
    /// It was refused for now or not answered in time, and may be accepted later.
    Later {
        /// Why, in a sentence.
        why: String,
        /// The pause that the target asks for.
        retry_after: Option<Duration>,
    },
    /// The target is down, or may not be sent to.
    Down {
        /// Why, in a sentence.
        why: String,
    },
    /// The delivery no longer exists.
    Gone,
}

/// A lane at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View<S> {
    /// The rule.
    pub rule: Rule,
    /// Its state.
    pub state: State,
    /// Deliveries that wait, including those under way.
    pub waiting: u64,
    /// Answered 2xx since it was switched on.
    pub accepted: u64,
    /// Not answered 2xx since then.
    pub refused: u64,
    /// Dropped by hand since then.
    pub dropped: u64,
    /// The last request that was sent.
    pub last: Option<S>,
}
