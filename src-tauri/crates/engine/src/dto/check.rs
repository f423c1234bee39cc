//! The handler check: a battery of deliveries for the user's own endpoint.

use serde::{Deserialize, Serialize};
use signature::Scheme;

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckPlan {
    /// The endpoint.
    pub url: String,
    /// The secret that the endpoint has (its id), for `v1`.
    pub secret: Option<String>,
    /// What the endpoint claims to verify. `v1a` and JWT are signed with the Sandbox's keys.
    pub schemes: Vec<Scheme>,
    /// How long an answer may take, 500 to 60,000 ms.
    pub timeout_ms: u32,
}

/// How a line came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// Not sent yet.
    Waiting,
    /// Under way.
    Running,
    /// As a correct receiver does.
    Passed,
    /// Not as a correct receiver does.
    Failed,
    /// Cannot be seen from outside: the user says how it was.
    Open,
    /// Not for this endpoint.
    Skipped,
}

/// One case of the battery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckLine {
    /// Stable id: `v1_tampered_body`.
    pub id: String,
    /// What it belongs to: `Genuine deliveries`, `Forged signatures`…
    pub group: String,
    /// In a few words.
    pub title: String,
    /// What was sent.
    pub sent: String,
    /// What a correct receiver does.
    pub expected: String,
    /// What this one did.
    pub got: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// µs until the answer.
    pub took_us: Option<u64>,
    /// How it came out.
    pub state: CheckState,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub mend: String,
}

/// How fast the endpoint answered a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckLatency {
    /// Answers.
    pub count: u32,
    /// µs.
    pub p50_us: u64,
    /// µs.
    pub p95_us: u64,
    /// µs.
    pub p99_us: u64,
    /// µs.
    pub max_us: u64,
}

/// What a check is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CheckProgress {
    /// Deliveries are being sent.
    Running,
    /// All were sent.
    Done,
    /// It was stopped before.
    Stopped,
    /// Nobody answers there: nothing can be said.
    Unreachable,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckReport {
    /// The endpoint.
    pub url: String,
    /// What it is doing.
    pub progress: CheckProgress,
    /// Why nothing can be said.
    pub problem: Option<String>,
    /// When it began, Unix milliseconds.
    pub started_ms: i64,
    /// ms since then, or until its end.
    pub took_ms: u64,
    /// The keys it was signed with: `whsec_…a91f`, `http://127.0.0.1:40123/.well-known/jwks.json`.
    pub keys: Vec<String>,
    /// Every case, in the order of sending.
    pub lines: Vec<CheckLine>,
    /// As a correct receiver does.
    pub passed: u32,
    /// Not so.
    pub failed: u32,
    /// For the user to say.
    pub open: u32,
    /// Not for this endpoint.
    pub skipped: u32,
    /// The burst.
    pub latency: Option<CheckLatency>,
}
