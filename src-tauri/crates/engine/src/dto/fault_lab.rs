//! The fault lab: scripted answers of the listener. Its rules are those of [`inbound::fault_lab`].

pub use inbound::fault_lab::{FaultDrop, FaultLab, FaultRule, FaultWhen};
use serde::{Deserialize, Serialize};

/// Who made an answer, if it was not Pollux's usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    /// A rule of the fault lab.
    Rule,
    /// The target that deliveries are forwarded to.
    Target,
}
