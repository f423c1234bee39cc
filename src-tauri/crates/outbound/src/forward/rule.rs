//! The rule of a project, and what its forwarding is doing.

use serde::{Deserialize, Serialize};

/// Which deliveries are forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ForwardWhich"))]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Verified ones.
    #[default]
    Verified,
    /// All, rejected ones too.
    All,
}

/// What the sender is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ForwardAnswer"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// At once, by Pollux.
    #[default]
    AtOnce,
    /// The target's own answer; 504 where it takes longer, 502 where there is none.
    Target {
        /// How long it is waited for, 100 to 60,000 ms.
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
    /// It is switched on.
    pub on: bool,
    /// Where to.
    pub url: String,
    /// Which.
    pub which: Which,
    /// Signed anew with this secret (its id), with a fresh time; `None`: as received.
    pub resign: Option<String>,
    /// How many may be under way at a time, 1 to 32. Those of one `webhook-id` keep their order.
    pub concurrency: u32,
    /// What the sender is answered.
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

/// What a forward is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ForwardState"))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Switched off.
    Off,
    /// Nothing waits.
    Idle,
    /// Requests are under way.
    Sending,
    /// The target does not answer, or asks to be left alone (429, 502, 503, 504).
    Down {
        /// Why, in a sentence.
        why: String,
        /// Since when, Unix milliseconds.
        since_ms: i64,
        /// When the next try is made, Unix milliseconds.
        next_ms: i64,
        /// Which try that is, from 2.
        attempt: u32,
    },
}
