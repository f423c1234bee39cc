//! The report of a check, in the form that the window draws and `pollux check --json` prints.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The state of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CheckState"))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not sent yet.
    Waiting,
    /// Under way.
    Running,
    /// As a correct receiver would.
    Passed,
    /// Not as a correct receiver would.
    Failed,
    /// Cannot be seen from outside: the user has to say.
    Open,
    /// Does not apply to this endpoint.
    Skipped,
}

/// One case of the battery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CheckLine"))]
pub struct Line {
    /// Stable id: `v1_tampered_body`.
    pub id: String,
    /// Its group: `Genuine deliveries`, `Forged signatures`…
    pub group: String,
    /// Its title, in a few words.
    pub title: String,
    /// What was sent.
    pub sent: String,
    /// What a correct receiver does.
    pub expected: String,
    /// What this one did.
    pub got: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Microseconds until the answer.
    pub took_us: Option<u64>,
    /// Its state.
    pub state: State,
    /// Why it matters.
    pub why: String,
    /// How to fix it.
    pub mend: String,
    /// The line that failed instead, if this one was skipped because of it: `v1_valid`.
    pub cause: Option<String>,
}

/// One cause of many problems: the line that failed stands for all that were skipped because of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CheckCause"))]
pub struct Cause {
    /// The line that failed: `v1_valid`.
    pub line: String,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to do about it.
    pub mend: String,
    /// How many lines were skipped because of it.
    pub skipped: u32,
}

/// How fast the endpoint answered a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CheckLatency"))]
pub struct Latency {
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
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CheckProgress"))]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Deliveries are being sent.
    Running,
    /// All were sent.
    Done,
    /// It was stopped before the end.
    Stopped,
    /// Nobody answers there: there is nothing to report.
    Unreachable,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CheckReport"))]
pub struct Report {
    /// The endpoint.
    pub url: String,
    /// What it is doing.
    pub progress: Progress,
    /// Why there is nothing to report.
    pub problem: Option<String>,
    /// When it began, Unix milliseconds.
    pub started_ms: i64,
    /// Milliseconds since then, or until its end.
    pub took_ms: u64,
    /// The keys it was signed with: `whsec_…a91f`, `http://127.0.0.1:40123/.well-known/jwks.json`.
    pub keys: Vec<String>,
    /// The causes behind several lines.
    pub causes: Vec<Cause>,
    /// Every case, in the order of sending.
    pub lines: Vec<Line>,
    /// How many are as a correct receiver would do.
    pub passed: u32,
    /// How many are not.
    pub failed: u32,
    /// How many the user has to judge.
    pub open: u32,
    /// How many do not apply to this endpoint.
    pub skipped: u32,
    /// The burst.
    pub latency: Option<Latency>,
}

impl Report {
    /// The line with this id.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    pub(super) fn count(&mut self) {
        let of = |state| self.lines.iter().map(|line| u32::from(line.state == state)).sum();
        (self.passed, self.failed) = (of(State::Passed), of(State::Failed));
        (self.open, self.skipped) = (of(State::Open), of(State::Skipped));
        for cause in &mut self.causes {
            cause.skipped = self.lines.iter().map(|line| u32::from(line.cause.as_ref() == Some(&cause.line))).sum();
        }
    }
}

impl Latency {
    /// Of these times, in µs. `None` without any.
    pub(super) fn of(mut took: Vec<u64>) -> Option<Self> {
        took.sort_unstable();
        let max_us = *took.last()?;
        // The nearest rank: the smallest value that this percentage of them does not exceed.
        let rank = |percent: usize| took.get((took.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self {
            count: u32::try_from(took.len()).unwrap_or(u32::MAX),
            p50_us: rank(50)?,
            p95_us: rank(95)?,
            p99_us: rank(99)?,
            max_us,
        })
    }
}

/// The report for scripts.
#[must_use]
pub fn to_json(report: &Report) -> Value {
    serde_json::to_value(report).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let latency = Latency::of((1..=100).rev().collect()).unwrap();
        assert_eq!((latency.p50_us, latency.p95_us, latency.p99_us, latency.max_us), (50, 95, 99, 100));
        assert_eq!(Latency::of(vec![7]).map(|one| (one.count, one.p50_us, one.p99_us)), Some((1, 7, 7)));
        assert_eq!(Latency::of(vec![]), None);
    }
}
