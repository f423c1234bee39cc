//! A rule, as the user writes it.

use serde::{Deserialize, Serialize};

/// When a rule applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultWhen {
    /// To every delivery.
    #[default]
    Always,
    /// To the first attempts of each `webhook-id`; the next one passes.
    First {
        /// How many, 1 to 1,000.
        attempts: u32,
    },
    /// To a share of the deliveries, chosen at random. The same seed chooses the same ones in the order of arrival.
    Random {
        /// 0 to 100.
        percent: f64,
        /// Where the random sequence starts.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        seed: u32,
    },
}

/// Whether and when the connection is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FaultDrop {
    /// No.
    #[default]
    No,
    /// Instead of an answer.
    Before,
    /// In the middle of the answer's body.
    Middle,
}

/// A rule of the fault lab. The first one that applies makes the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct FaultRule {
    /// Its id; empty for a new one.
    pub id: String,
    /// Whether it is switched on.
    pub on: bool,
    /// Only for this project.
    pub project: Option<i64>,
    /// Only for this event type.
    pub event_type: Option<String>,
    /// When it applies.
    pub when: FaultWhen,
    /// HTTP status, 200 to 599; `None` leaves it as it would be without the rule.
    pub status: Option<u16>,
    /// Header lines of the answer.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
    /// How long the answer waits, 0 to 120,000 ms.
    pub delay_ms: u32,
    /// Whether and when the connection is dropped.
    pub drop: FaultDrop,
}

/// The fault lab.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FaultLab {
    /// The rules, in the order in which they are tried.
    pub rules: Vec<FaultRule>,
    /// How many answers each has made since the app started: rule and count.
    pub answers: Vec<(String, u64)>,
}
