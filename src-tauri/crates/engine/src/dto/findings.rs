//! What the watchdog finds: a job that ended and was never told of, and why. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};

use super::JobKind;

/// Why no event came, or none that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MissedCause {
    /// No webhook of the project subscribes to the event.
    NotSubscribed,
    /// The webhook was disabled when the job ended.
    WebhookDisabled,
    /// The webhook, or the job's own receiver, is another address than the listener's.
    PointsElsewhere,
    /// Pollux was not running, or its listener was closed.
    NotRunning,
    /// The tunnel was down.
    TunnelDown,
    /// It came, and no key verified it.
    Rejected,
    /// It came, and Pollux answered 4xx or 5xx; the sender has given up, or its next try is overdue.
    Refused,
    /// It came, Pollux answered 4xx or 5xx, and the sender should try again.
    Retrying,
    /// It came and was accepted, but the forward failed.
    ForwardFailed,
    /// None of these: accepted, echoed, never called.
    Unexplained,
}

/// A finding in a row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FindingBrief {
    /// Why.
    pub cause: MissedCause,
    /// `tunnel was down 13:58–14:09`, without the time of the end.
    pub words: String,
    /// When it was found.
    pub found_ms: i64,
    /// The user set it aside: no alarm.
    pub set_aside: bool,
}

/// What was checked, and whether it explains the finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceMark {
    /// It is as it should be.
    Fine,
    /// It explains the finding.
    Explains,
    /// Nothing is known, or it says nothing.
    Unknown,
}

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// Whether a webhook subscribes to the event.
    Subscribed,
    /// Whether it was enabled.
    Enabled,
    /// Whether it points to the listener.
    Address,
    /// Whether Pollux was running with its listener open.
    Running,
    /// Whether the tunnel was up.
    Tunnel,
    /// Deliveries of this job.
    Attempts,
    /// Deliveries of other jobs at the time.
    Others,
    /// The forward.
    Forward,
}

/// Where evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    /// The service, when it was last asked.
    Service,
    /// Pollux's own record of what ran.
    OwnLog,
    /// The history.
    History,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Evidence {
    /// What was checked.
    pub kind: EvidenceKind,
    /// What came of it.
    pub mark: EvidenceMark,
    /// One sentence, without its last full stop.
    pub words: String,
    /// Where it comes from.
    pub source: EvidenceSource,
    /// When the service was asked; `None` for the other sources.
    pub at_ms: Option<i64>,
}

/// A stretch of time in which something was up or down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Span {
    /// From when.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Up: good. Otherwise down.
    pub up: bool,
    /// Nobody looked: what is shown is a guess.
    pub guessed: bool,
    /// `network unreachable`, `disabled`.
    pub words: Option<String>,
}

/// A delivery on the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FindingTick {
    /// The delivery.
    pub delivery: i64,
    /// When it came.
    pub at_ms: i64,
    /// Whether it was verified.
    pub verified: bool,
    /// Whether it is of this job.
    pub ours: bool,
}

/// When the sender should try again, learnt from the gaps between attempts that were seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NextAttempt {
    /// When, as a guess.
    pub at_ms: i64,
    /// How far off it may be, either way.
    pub spread_ms: i64,
    /// How many retried events the guess is from; 0: from none, the usual schedule of Standard Webhooks.
    pub from_events: u32,
    /// When the sender gives up: 24 h after the first attempt, as the guide says.
    pub gives_up_ms: i64,
}

/// Why no attempt could have been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BlindCause {
    /// Pollux was not running, or its listener was closed.
    NotListening,
    /// The tunnel was down, and the event was sent through it.
    TunnelDown,
}

/// A stretch of time in which no attempt of an event could have been seen, as Pollux noted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Blind {
    /// From when.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Why.
    pub cause: BlindCause,
    /// Why the tunnel was down, where that is known: `network unreachable`.
    pub words: Option<String>,
}

/// A finding with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobFinding {
    /// The project.
    pub project: i64,
    /// What ended.
    pub kind: JobKind,
    /// The job.
    pub name: String,
    /// What its owner calls it.
    pub title: Option<String>,
    /// When it ended.
    pub ended_ms: i64,
    /// The event that was expected: `batch.succeeded`.
    pub event_type: String,
    /// The rest.
    pub brief: FindingBrief,
    /// One sentence: "The tunnel was down 13:58:04–14:09:37, so the call could not reach us."
    pub sentence: String,
    /// The cause is likely, not certain.
    pub guess: bool,
    /// What was checked.
    pub evidence: Vec<Evidence>,
    /// The axis: from when, until when.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Whether the webhook was enabled.
    pub webhook: Vec<Span>,
    /// Whether the tunnel was up. Empty where none was used.
    pub tunnel: Vec<Span>,
    /// Whether Pollux was listening.
    pub running: Vec<Span>,
    /// Deliveries of the project, 400 at most.
    pub deliveries: Vec<FindingTick>,
    /// When it may still come.
    pub next: Option<NextAttempt>,
}

/// A synthetic event to make in place of the one that never came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MadeEvent {
    /// The saved target to send it to.
    pub target: i64,
    /// The secret to sign it with; `None`: the Sandbox's.
    pub secret: Option<String>,
}
