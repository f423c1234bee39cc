//! Forwarding: sends deliveries on by itself as they arrive. Its rules and states are those of [`outbound::forward`].

pub use outbound::forward::{
    Answer as ForwardAnswer, Rule as ForwardRule, State as ForwardState, Which as ForwardWhich,
};
use serde::{Deserialize, Serialize};

use super::Outbound;

/// What happens to deliveries that are already there when forwarding is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ForwardStart {
    /// Nothing: only what arrives from now on is sent.
    New,
    /// What was waiting when it was switched off is sent, too.
    Waiting,
    /// Everything since a time is sent, except what was forwarded before.
    Since {
        /// Unix milliseconds.
        ms: i64,
    },
}

/// What is already there when forwarding is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForwardOffer {
    /// Still waiting from the last time.
    pub waiting: u64,
    /// Not forwarded yet, of the last hour.
    pub last_hour: u64,
    /// Not forwarded yet, of the last 24 hours.
    pub last_day: u64,
}

/// A project's forwarding at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForwardView {
    /// The rule.
    pub rule: ForwardRule,
    /// What it is doing.
    pub state: ForwardState,
    /// Deliveries that wait, those under way included.
    pub waiting: u64,
    /// Answered 2xx since it was switched on.
    pub accepted: u64,
    /// Answered otherwise since then.
    pub refused: u64,
    /// Dropped by hand since then.
    pub dropped: u64,
    /// The last request.
    pub last: Option<Outbound>,
}

impl From<outbound::forward::View<Outbound>> for ForwardView {
    fn from(view: outbound::forward::View<Outbound>) -> Self {
        let outbound::forward::View { rule, state, waiting, accepted, refused, dropped, last } = view;
        Self { rule, state, waiting, accepted, refused, dropped, last }
    }
}
