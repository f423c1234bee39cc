//! What the window sees of the Sandbox. Times: Unix milliseconds on the emulator's clock, unless said otherwise.

use serde::{Deserialize, Serialize};

/// The Sandbox at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxOverview {
    /// `http://127.0.0.1:40123`: the base address for SDKs.
    pub address: String,
    /// The key for its REST side, made anew at each start. It protects only what is on this machine.
    pub api_key: String,
    /// Where Pollux receives its deliveries; `None` while the listener is not running.
    pub receiver: Option<String>,
    /// Its clock.
    pub clock: SandboxClock,
    /// How many of each thing it has.
    pub counts: SandboxCounts,
    /// Oldest first.
    pub webhooks: Vec<SandboxWebhook>,
    /// Newest first, at most 100.
    pub jobs: Vec<SandboxJob>,
}

/// The emulator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxClock {
    /// The time that it showed.
    pub now_ms: i64,
    /// The wall time at which it did so.
    pub wall_ms: i64,
    /// How much faster than the wall clock it runs; 0 stands still.
    pub warp: f64,
    /// When the next thing is due.
    pub next_due_ms: Option<i64>,
}

/// How many of each thing the emulator has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxCounts {
    /// Deliveries still to be tried, for the first time or again.
    pub pending: u64,
    /// Webhooks.
    pub webhooks: u64,
    /// Jobs.
    pub jobs: u64,
    /// Deliveries in the log.
    pub deliveries: u64,
}

/// A registered webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxWebhook {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Where events go.
    pub uri: String,
    /// Which events.
    pub subscribed_events: Vec<String>,
    /// `enabled`, `disabled`, `disabled_due_to_failed_deliveries`.
    pub state: String,
    /// Oldest first; the active one has no expiry.
    pub secrets: Vec<SandboxSecret>,
    /// Deliveries given up since the last one that was accepted.
    pub given_up_in_a_row: u32,
    /// Whether Pollux registered it for its own listener.
    pub builtin: bool,
}

/// A secret without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxSecret {
    /// `whsec_...a91f`.
    pub hint: String,
    /// When it stops being good.
    pub expires_ms: Option<i64>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxJob {
    /// `batches/…`, `interactions/…`, `models/…/operations/…`.
    pub name: String,
    /// What it is.
    pub kind: JobKind,
    /// `models/…`.
    pub model: String,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// `pending`, `running`, `idle`, `requires_action`, `succeeded`, `failed`, `cancelled`, `expired`; or one that is
    /// not known here.
    pub state: String,
    /// How it will end: see [`JobOutcome`].
    pub outcome: String,
    /// When it was created.
    pub created_ms: i64,
    /// When it began to run.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// When its state changes next.
    pub next_ms: Option<i64>,
    /// 0 to 1, at the time of reading.
    pub progress: f64,
    /// `files/…`, where its results are.
    pub output_file: Option<String>,
    /// Why it failed.
    pub error: Option<SandboxJobError>,
    /// Whether its events go to addresses of its own, not to the registered webhooks.
    pub dynamic: bool,
    /// The event that it sent when it ended.
    pub event_type: Option<String>,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxJobError {
    /// google.rpc.Code.
    pub code: i32,
    /// `INVALID_ARGUMENT`.
    pub status: String,
    /// What the service says.
    pub message: String,
}

/// What a job makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Answers to many requests.
    Batch,
    /// An answer in the background.
    Interaction,
    /// A video.
    Video,
}

/// How a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JobOutcome {
    /// With results.
    Succeed,
    /// With an error.
    Fail,
    /// Too late: batches only.
    Expire,
    /// By its owner.
    Cancel,
    /// With a function to call: interactions only.
    RequireAction,
    /// Not on its own: it waits for more input. Interactions only.
    Idle,
    /// Not on its own.
    Never,
}

impl JobOutcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Succeed => "succeed",
            Self::Fail => "fail",
            Self::Expire => "expire",
            Self::Cancel => "cancel",
            Self::RequireAction => "require_action",
            Self::Idle => "idle",
            Self::Never => "never",
        }
    }
}

/// A job to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxRun {
    /// What it makes.
    pub kind: JobKind,
    /// How it ends.
    pub outcome: JobOutcome,
    /// Whether its events go to Pollux by a `webhook_config` of its own, not by the registered webhooks.
    pub dynamic: bool,
}

/// How far to move the clock forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SandboxAdvance {
    /// By this many milliseconds.
    Ms(i64),
    /// To the next thing that is due.
    Next,
}

/// A page of the delivery log, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxDeliveries {
    /// The deliveries.
    pub deliveries: Vec<SandboxDelivery>,
    /// `before` of the next page.
    pub next_before: Option<u64>,
}

/// What the emulator did with one message to one receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxDelivery {
    /// Rises with each delivery.
    pub number: u64,
    /// The `webhook-id`.
    pub id: String,
    /// `batch.succeeded`.
    pub event_type: String,
    /// Where it goes.
    pub uri: String,
    /// The registered webhook that it is for; `None`: it goes to an address of the job's own.
    pub webhook: Option<String>,
    /// The job that it is about.
    pub job: Option<String>,
    /// `v1`, `v1a`, `jwt`.
    pub scheme: String,
    /// When the event happened.
    pub created_ms: i64,
    /// `pending`, `delivered`, `given_up`, `lost`, `dropped`.
    pub state: String,
    /// When it will be tried next.
    pub next_ms: Option<i64>,
    /// Oldest first.
    pub attempts: Vec<SandboxAttempt>,
    /// The deliveries that Pollux received with this `webhook-id`, oldest first.
    pub received: Vec<i64>,
}

/// One try, and what the receiver answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SandboxAttempt {
    /// From 1.
    pub number: u32,
    /// When it was to start.
    pub due_ms: i64,
    /// `webhook-timestamp`: wall time, Unix seconds.
    pub timestamp: i64,
    /// The receiver's status; `None` if it did not answer.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// Microseconds until the answer.
    pub took_us: u64,
    /// The start of the answer's body.
    pub answer: Option<String>,
}
