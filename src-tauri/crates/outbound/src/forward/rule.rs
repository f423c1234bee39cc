//! The forwarding rule of a project, and the state of its forwarding.

use serde::{Deserialize, Serialize};
use signature::Outcome;

/// Which deliveries are forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ForwardWhich"))]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Verified ones.
    #[default]
    Verified,
    /// Those, and those whose token is genuine but does not cover the body.
    Genuine,
    /// All, including rejected ones.
    All,
}

impl Which {
    /// Whether a delivery that was judged so at its arrival is forwarded.
    #[must_use]
    pub fn takes(self, outcome: Outcome) -> bool {
        match self {
            Self::Verified => outcome == Outcome::Verified,
            Self::Genuine => outcome.is_genuine(),
            Self::All => true,
        }
    }
}

/// What answer the sender gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ForwardAnswer"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// The usual one, at once, from Pollux.
    #[default]
    AtOnce,
    /// The target's own; 504 if it takes too long, 502 if there is none.
    Target {
        /// How long to wait for it, 100 to 60,000 ms.
        timeout_ms: u32,
    },
}

/// How a project's deliveries are forwarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ForwardRule"))]
#[serde(default)]
pub struct Rule {
    /// The project.
    pub project: i64,
    /// Whether it is switched on.
    pub on: bool,
    /// The target.
    pub url: String,
    /// Which deliveries.
    pub which: Which,
    /// The id of the secret that signs them again, with a fresh time; `None` sends them as received.
    pub resign: Option<String>,
    /// How many may be under way at a time, 1 to 32. Attempts with one `webhook-id` keep their order.
    pub concurrency: u32,
    /// What answer the sender gets.
    pub answer: Answer,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            project: 0,
            on: false,
            url: String::new(),
            which: Which::default(),
            resign: None,
            concurrency: 4,
            answer: Answer::default(),
        }
    }
}

/// The state of a forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ForwardState"))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Switched off.
    Off,
    /// On, and nothing waits.
    Idle,
    /// Requests are under way.
    Sending,
    /// The target does not answer, or asks for a pause (429, 502, 503, 504).
    Down {
        /// Why, in a sentence.
        why: String,
        /// Since when, Unix milliseconds.
        since_ms: i64,
        /// When the next try starts, Unix milliseconds.
        next_ms: i64,
        /// The number of that try, from 2.
        attempt: u32,
    },
}
