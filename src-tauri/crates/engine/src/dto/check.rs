//! The handler check: a battery of deliveries for the user's own endpoint. Its results have the types of
//! [`outbound::check`].

pub use outbound::check::{
    Cause as CheckCause, Latency as CheckLatency, Line as CheckLine, Progress as CheckProgress, Report as CheckReport,
    State as CheckState,
};
use serde::{Deserialize, Serialize};
use signature::Scheme;

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckPlan {
    /// The endpoint.
    pub url: String,
    /// The id of the secret that the endpoint uses, for `v1`.
    pub secret: Option<String>,
    /// What the endpoint claims to verify. `v1a` and JWT are signed with the Sandbox's keys.
    pub schemes: Vec<Scheme>,
    /// How long an answer may take, 500 to 60,000 ms.
    pub timeout_ms: u32,
}
