//! Replays: what is sent, where to, and what came back.

use serde::{Deserialize, Serialize};
use signature::Outcome;

use super::BodyKind;
use crate::error::Code;

/// An address that deliveries are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Target {
    /// Its id.
    pub id: i64,
    /// The project it was named for; `None`: all projects.
    pub project: Option<i64>,
    /// What the user calls it; `None` if it is only remembered from use.
    pub name: Option<String>,
    /// `http://localhost:3000/webhooks/gemini`.
    pub url: String,
    /// Whether it is on this machine.
    pub local: bool,
    /// Whether the user agreed to deliveries leaving this machine for it. Always true for a local one.
    pub confirmed: bool,
    /// Whether any certificate is accepted, even one that nobody vouches for (https).
    pub any_certificate: bool,
    /// When it was last used, in Unix milliseconds.
    pub used_ms: Option<i64>,
}

/// A target as the form holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TargetDraft {
    /// The target to change; `None`: a new one.
    pub id: Option<i64>,
    /// The project it is for; `None`: all projects.
    pub project: Option<i64>,
    /// What the user calls it.
    pub name: Option<String>,
    /// Its address.
    pub url: String,
    /// Whether any certificate is accepted, even one that nobody vouches for.
    pub any_certificate: bool,
}

/// A header line of a request or of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HeaderLine {
    /// Its name.
    pub name: String,
    /// Its value; bytes that are not UTF-8 are replaced.
    pub value: String,
    /// The raw bytes, if they are not UTF-8; then they count, and `value` does not.
    pub base64: Option<String>,
}

/// The body of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReplayBody {
    /// As received.
    #[default]
    Received,
    /// This text, in UTF-8.
    Text {
        /// The text.
        text: String,
    },
    /// These bytes.
    Base64 {
        /// The bytes, in base64.
        base64: String,
    },
}

/// The `webhook-id` of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReplayId {
    /// As received: another attempt of the same event.
    #[default]
    Keep,
    /// A new one for each request: another event.
    Renew,
}

/// The `webhook-timestamp` of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReplayTime {
    /// As received.
    #[default]
    Received,
    /// The time of sending.
    Now,
    /// The time of sending, shifted by some seconds.
    Shifted {
        /// Seconds; negative for the past.
        seconds: i64,
    },
}

/// How a replay is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReplaySign {
    /// The signature stays as received (or as edited).
    #[default]
    Leave,
    /// `v1`, with a stored secret.
    Secret {
        /// The secret's id.
        id: String,
    },
    /// `v1a`, with the Sandbox's Ed25519 key.
    SandboxV1a,
    /// A JWT, with the Sandbox's RSA key.
    SandboxJwt,
}

/// How a replay differs from what was received. The default does not differ at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ReplayChanges {
    /// Header lines in place of those received.
    pub headers: Option<Vec<HeaderLine>>,
    /// The body.
    pub body: ReplayBody,
    /// Whether `{{now}}`, `{{now_s}}` and `{{uuid}}` are filled in for each request, before it is signed: in the values
    /// of `headers`, and in `body` if it is text. What was received is never filled in.
    pub fill: bool,
    /// The id.
    pub id: ReplayId,
    /// The time.
    pub time: ReplayTime,
    /// The signature.
    pub sign: ReplaySign,
    /// The id of a [`ReplayTwist`], applied last.
    pub twist: Option<String>,
}

/// A ready-made way to break a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayTwist {
    /// Stable id.
    pub id: &'static str,
    /// Two or three words.
    pub label: &'static str,
    /// What is done, in one sentence.
    pub what: &'static str,
    /// What a correct receiver does with it.
    pub expected: &'static str,
    /// Whether it signs anew: then `sign` must name a key.
    pub signs: bool,
}

/// What to send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayPlan {
    /// The deliveries, in the order in which they are sent.
    pub deliveries: Vec<i64>,
    /// The addresses; each delivery goes to each of them.
    pub targets: Vec<String>,
    /// What is changed. Header lines and body can be changed only for a single delivery.
    pub changes: ReplayChanges,
    /// How often each is sent, 1 to 10,000.
    pub times: u32,
    /// Milliseconds from the start of one request to the start of the next.
    pub delay_ms: u32,
    /// How many requests may be under way at a time, 1 to 64. 1: in order, each after the answer to the previous one.
    pub concurrency: u32,
}

/// A delivery as the editor needs it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayDraft {
    /// The delivery.
    pub delivery: i64,
    /// Its project.
    pub project: i64,
    /// Its verdict: a rejected one is replayed with a mark.
    pub outcome: Outcome,
    /// Header lines that a replay sends, in order.
    pub headers: Vec<HeaderLine>,
    /// The body, if it is text and not too long to edit.
    pub text: Option<String>,
    /// The body in base64, if it is not text, and not too long.
    pub base64: Option<String>,
    /// Length of the body in bytes.
    pub body_len: u64,
    /// Only a part of the body was stored, and that part is what is sent.
    pub truncated: bool,
    /// The keys that can sign it.
    pub signers: Vec<ReplaySigner>,
}

/// A key that can sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplaySigner {
    /// The value that chooses it.
    pub sign: ReplaySign,
    /// `whsec_…a91f, nightly results`.
    pub label: String,
    /// Whether it belongs to the delivery's own project.
    pub own: bool,
}

/// What is not sent as it was received, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Altered {
    /// A header's name, or `path`.
    pub name: String,
    /// `left out: it belongs to one connection`.
    pub what: String,
}

/// The first request of a plan, as it would go out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayPreview {
    /// Header lines in order.
    pub headers: Vec<HeaderLine>,
    /// Length of the body in bytes.
    pub body_len: u64,
    /// What is not sent as received.
    pub altered: Vec<Altered>,
    /// What was asked for, in a few words each: `new id`, `signed with whsec_…a91f`; and what variables were filled in
    /// with, as they would be now: `{{now}} 2026-01-22T12:00:00Z`.
    pub changes: Vec<String>,
}

/// Why a delivery was sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OutboundKind {
    /// By hand.
    Replay,
    /// As it arrived, by itself.
    Forward,
}

/// Why there is no complete answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OutboundProblem {
    /// Stable code.
    pub code: Code,
    /// What was wrong and what to do.
    pub message: String,
}

/// One request that was sent on, and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Outbound {
    /// Its id.
    pub id: i64,
    /// The delivery that it came from.
    pub delivery: i64,
    /// By hand or by itself.
    pub kind: OutboundKind,
    /// The run of replays that it belongs to, counted since the start of the app.
    pub run: Option<u32>,
    /// Which request of its delivery to this target in the run, or which try of a forward; from 1.
    pub number: u32,
    /// Where it was sent.
    pub url: String,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// What was changed, in a few words each, and what variables were filled in with (`{{uuid}} 7c1e90aa-…`). Empty: as
    /// received.
    pub changes: Vec<String>,
    /// The delivery had been rejected.
    pub rejected: bool,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// µs until the head of the answer.
    pub first_us: Option<u64>,
    /// µs until its end.
    pub total_us: Option<u64>,
    /// Bytes of the answer's body, as far as they were read.
    pub answer_len: Option<u64>,
    /// Why there is no complete answer.
    pub problem: Option<OutboundProblem>,
}

/// One request that was sent on, whole.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OutboundDetail {
    /// The line of the list.
    pub outbound: Outbound,
    /// Header lines as they went out.
    pub request_headers: Vec<HeaderLine>,
    /// Length of the body that went out.
    pub request_len: u64,
    /// The body that went out differs from the one received.
    pub request_changed: bool,
    /// What was not sent as received.
    pub altered: Vec<Altered>,
    /// Header lines of the answer.
    pub answer_headers: Vec<HeaderLine>,
    /// The stored part of the answer's body, if it is text.
    pub answer_text: Option<String>,
    /// The same in base64, if it is not.
    pub answer_base64: Option<String>,
    /// What it is, after decoding.
    pub answer_kind: BodyKind,
    /// How many bytes of it were stored.
    pub answer_kept: u64,
    /// What was decoded (`gzip`), or why it could not be.
    pub answer_note: Option<String>,
    /// Where a redirect points. It was not followed.
    pub redirect: Option<String>,
}

/// How an answer differs from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerDiff {
    /// Nothing differs but times.
    pub same: bool,
    /// The statuses, if they differ: first, other.
    pub status: Option<(u16, u16)>,
    /// Header lines that differ.
    pub headers: Vec<DiffLine>,
    /// Headers that both have with another value, and that are new with every answer: `date`, `x-request-id`. They are
    /// not compared.
    pub left_out: Vec<String>,
    /// The bodies line by line, with a few lines around each difference. Empty: they are the same.
    pub body: Vec<DiffLine>,
    /// What the lines cannot show: that the bodies are too long, or not text; or that lines were left out.
    pub body_note: Option<String>,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiffLine {
    /// Which of the two it is in.
    pub side: DiffSide,
    /// The line.
    pub text: String,
}

/// Which of two answers a line is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DiffSide {
    /// In both.
    Both,
    /// In the first only.
    First,
    /// In the other only.
    Other,
}

/// What a run of replays is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Requests are being sent.
    Running,
    /// All were sent.
    Done,
    /// It was stopped before that.
    Stopped,
}

/// A run of replays.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayRun {
    /// Its number.
    pub run: u32,
    /// What it is doing.
    pub state: RunState,
    /// Requests of the plan.
    pub total: u64,
    /// Requests that have ended.
    pub done: u64,
    /// When it began, Unix milliseconds.
    pub started_ms: i64,
    /// Milliseconds since then, or until its end.
    pub took_ms: u64,
    /// Why it ended on its own.
    pub problem: Option<String>,
    /// The results by target, in the order of the plan.
    pub targets: Vec<ReplayTally>,
    /// The first 200 requests that ended. Not in live messages.
    pub outbounds: Vec<Outbound>,
}

/// What a target answered in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayTally {
    /// The address.
    pub url: String,
    /// Requests that have ended.
    pub done: u64,
    /// Those of them without a complete answer.
    pub failed: u64,
    /// How often each status came, by status.
    pub statuses: Vec<(u16, u64)>,
    /// Half of the answers took no longer than this, in µs.
    pub p50_us: Option<u64>,
    /// 95 of 100 answers took no longer than this, in µs.
    pub p95_us: Option<u64>,
}
