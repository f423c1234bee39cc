//! The project's jobs: what the service says of them, and what was heard of them. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};
use signature::{Outcome, Scheme};

use super::{Blind, FindingBrief, JobKind, NextAttempt};
use crate::error::Error;

/// Where a job stands, in one word for all three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JobPhase {
    /// Queued, pending or running.
    Running,
    /// It stopped, and goes on once the user answers (`requires_action`).
    Waiting,
    /// It has its result.
    Succeeded,
    /// It failed.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
    /// The service gave up on it.
    Expired,
    /// The service does not know it: it was deleted, it is too old, or another key made it.
    NotFound,
    /// The service was never asked, or its state is newer than this program.
    Unknown,
}

/// How Pollux came to know of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JobKnownBy {
    /// The service listed it.
    Listed,
    /// An event told of it.
    Told,
    /// It was sent from here.
    Dispatched,
    /// The user opened it by its id.
    Opened,
}

/// How many requests of a batch are where, as the service counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobCounts {
    /// All of them.
    pub requests: u64,
    /// Answered.
    pub succeeded: u64,
    /// Answered with an error.
    pub failed: u64,
    /// Not answered yet.
    pub pending: u64,
}

/// Where the events of one job go instead of the registered webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobReceivers {
    /// The addresses.
    pub uris: Vec<String>,
    /// Whether one of them is the listener's, now or earlier.
    pub ours: bool,
}

/// The event that told of a job's end, or of its wait for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobTold {
    /// The delivery: of those that were verified the first that was accepted, or else the first, or the newest.
    pub delivery: i64,
    /// Its `webhook-id`.
    pub message_id: Option<String>,
    /// `batch.succeeded`.
    pub event_type: String,
    /// When it came.
    pub received_ms: i64,
    /// Our verdict on it.
    pub outcome: Outcome,
    /// How it was signed.
    pub scheme: Option<Scheme>,
    /// What Pollux answered; 0: nothing.
    pub status: u16,
    /// Pollux answered 2xx, or it came from a file.
    pub accepted: bool,
    /// How many deliveries of this job's events arrived.
    pub attempts: u32,
    /// What became of the forward; `None` if there was none.
    pub forward: Option<JobForward>,
    /// What the event says and the service does not: "The event says succeeded, the service says failed."
    pub contradiction: Option<String>,
}

/// The forward of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobForward {
    /// When it was sent.
    pub sent_ms: i64,
    /// The target's answer; `None` if there was none.
    pub status: Option<u16>,
    /// How long that took, in µs.
    pub took_us: u64,
}

/// One pair of a job's `user_metadata`, or a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobMetadata {
    /// Its name.
    pub key: String,
    /// Its value; other JSON than a text is written as JSON.
    pub value: String,
}

/// A job as a row of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobView {
    /// The project.
    pub project: i64,
    /// What it is.
    pub kind: JobKind,
    /// `batches/…`, `interactions/…`, `models/…/operations/…`.
    pub name: String,
    /// What its owner calls it.
    pub title: Option<String>,
    /// Without `models/`; of an interaction that runs an agent, the agent.
    pub model: Option<String>,
    /// Its `user_metadata`.
    pub metadata: Vec<JobMetadata>,
    /// Where it stands.
    pub phase: JobPhase,
    /// The service's own word for that: `JOB_STATE_RUNNING`, `requires_action`. Empty if it was never asked.
    pub state: String,
    /// A word on the state: the function that waits, the error's code, `62 of 62 rows`.
    pub note: Option<String>,
    /// The service's counts, if it gives any.
    pub counts: Option<JobCounts>,
    /// When the service created it; of one that it does not say, when Pollux first heard of it.
    pub created_ms: Option<i64>,
    /// When it ended, or stopped to wait.
    pub ended_ms: Option<i64>,
    /// When its result is deleted.
    pub expires_ms: Option<i64>,
    /// How Pollux knows it.
    pub known_by: JobKnownBy,
    /// When it was sent from here.
    pub dispatched_ms: Option<i64>,
    /// When the service was last asked about it.
    pub asked_ms: Option<i64>,
    /// When it is asked next; `None` once nothing more is expected of it.
    pub next_ms: Option<i64>,
    /// Its own receivers.
    pub receivers: Option<JobReceivers>,
    /// The event that told of it.
    pub told: Option<JobTold>,
    /// Until when an event that has not come may still be on its way.
    pub grace_until_ms: Option<i64>,
    /// No event is expected: no webhook asks for it, or the service has none for how it ended.
    pub untold: bool,
    /// What the watchdog found.
    pub finding: Option<FindingBrief>,
    /// Rows of its output that are not usable, once they were counted here.
    pub unusable: Option<u64>,
    /// A small picture of its video, as a data URL (JPEG), once it was shown here.
    pub picture: Option<String>,
}

/// What to show of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobFilter {
    /// In name, id, model, metadata or state.
    pub text: String,
    /// Only this kind.
    pub kind: Option<JobKind>,
    /// Only those that ended and never called.
    pub missed: bool,
}

/// Some of the list: those that wait for the user first, then those that run, then those that ended, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobPage {
    /// The rows asked for.
    pub jobs: Vec<JobView>,
    /// How many match, of those that Pollux knows.
    pub matched: u32,
    /// How many of them have not ended; they come first.
    pub running: u32,
    /// How many jobs of the project Pollux knows.
    pub known: u32,
    /// How many of them ended and never called.
    pub missed: u32,
    /// What is known of the service's list.
    pub listed: JobsListed,
}

/// What is known of the service's list of batches. Interactions and videos are not listed by the service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobsListed {
    /// When its first page was last read.
    pub asked_ms: Option<i64>,
    /// When it is read next.
    pub next_ms: Option<i64>,
    /// There are pages that were not read.
    pub more: bool,
    /// A page is being read.
    pub reading: bool,
    /// Why it could not be read.
    pub error: Option<Error>,
    /// The service had too many requests: nothing is asked until then.
    pub paused_until_ms: Option<i64>,
}

/// A job with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobDetail {
    /// The row.
    pub job: JobView,
    /// Why it failed, in the service's words.
    pub failure: Option<JobFailure>,
    /// Why the service could not be asked.
    pub problem: Option<Error>,
    /// Other projects of the same service whose keys may know it; only after a 404.
    pub other_keys: Vec<JobOtherKey>,
    /// Every delivery of its events, oldest first, 50 at most.
    pub deliveries: Vec<JobTold>,
    /// `files/…` with a batch's results.
    pub output_file: Option<String>,
    /// Whether a batch's results are in the service's answer itself, as those of requests that were sent inline.
    pub inlined: bool,
    /// `files/…` with its requests.
    pub input_file: Option<String>,
    /// Whether its requests are kept here, because it was sent from here or their file was opened.
    pub has_requests: bool,
    /// An interaction's steps, as of `asked_ms`.
    pub interaction: Option<InteractionView>,
    /// A video's files.
    pub videos: Vec<String>,
    /// The service's whole answer, as JSON.
    pub raw: Option<String>,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobFailure {
    /// `INVALID_ARGUMENT`, or a number.
    pub code: String,
    /// What the service says.
    pub message: String,
}

/// Another project's key, which may be the one that made a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobOtherKey {
    /// The project.
    pub project: i64,
    /// Its name.
    pub name: String,
    /// `…a91f`.
    pub hint: String,
}

/// What an interaction has done so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InteractionView {
    /// In order.
    pub steps: Vec<InteractionStep>,
    /// Function calls that have no result.
    pub pending: Vec<PendingCall>,
    /// Tokens, as far as the service says.
    pub usage: Option<InteractionUsage>,
    /// The interaction that it continues: `interactions/…`.
    pub previous: Option<String>,
    /// Those that continue it, as far as Pollux knows.
    pub next: Vec<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InteractionStep {
    /// `user_input`, `model_output`, `thought`, `function_call`, `google_search_call`…: the service's word.
    pub kind: String,
    /// The function, where there is one.
    pub name: Option<String>,
    /// Its text, arguments or result, 4,000 characters at most.
    pub text: String,
    /// What the text was cut to.
    pub cut: bool,
    /// `text/plain`, `image/png`…, of an output that is not text.
    pub mime_type: Option<String>,
    /// When it began, if the service says so.
    pub at_ms: Option<i64>,
    /// A call: the id that its result names.
    pub call: Option<String>,
    /// A call without a result yet.
    pub waits: bool,
}

/// A function call that waits for its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PendingCall {
    /// Its id.
    pub id: String,
    /// The function.
    pub name: String,
    /// Its arguments, as JSON.
    pub arguments: String,
    /// JSON Schema of the result, as JSON, if the tool declares one.
    pub response_schema: Option<String>,
    /// What the tool says of itself.
    pub description: Option<String>,
}

/// Tokens of an interaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InteractionUsage {
    /// Of the input.
    pub input: Option<u64>,
    /// Of the output.
    pub output: Option<u64>,
    /// Of thoughts.
    pub thought: Option<u64>,
    /// Of the input, from a cache.
    pub cached: Option<u64>,
    /// All.
    pub total: Option<u64>,
}

/// The result of one pending call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallAnswer {
    /// The call's id.
    pub id: String,
    /// The result, as JSON.
    pub result: String,
    /// It is an error of the function.
    pub is_error: bool,
}

/// A job to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NewJob {
    /// What it is, and what it does.
    pub work: NewWork,
    /// `gemini-2.5-flash`; of a Deep Research interaction, the agent.
    pub model: String,
    /// Addresses of its own; `None`: the registered webhooks. The listener's own address is `receiver` of the board.
    pub receivers: Option<Vec<String>>,
    /// Returned in each event. Only with receivers of its own.
    pub metadata: Vec<JobMetadata>,
}

/// What a new job does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NewWork {
    /// A batch of generateContent requests.
    Batch {
        /// Its display name.
        title: String,
        /// Its requests.
        requests: BatchRequests,
    },
    /// An interaction in the background.
    Interaction {
        /// What to do.
        input: String,
        /// The model is an agent, such as Deep Research.
        agent: bool,
        /// Functions that it may call, as JSON: a list of tools.
        tools: Option<String>,
    },
    /// A video.
    Video {
        /// What it shows.
        prompt: String,
    },
}

/// The requests of a new batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum BatchRequests {
    /// A JSONL file on this machine: `{"key": "…", "request": {…}}` a line.
    File {
        /// The file.
        path: String,
    },
    /// The same, typed. A line that is not JSON is a prompt of its own.
    Lines {
        /// The lines.
        text: String,
    },
}

/// What a batch would send, before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BatchPreview {
    /// How many requests.
    pub requests: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// The first keys, five at most.
    pub keys: Vec<String>,
    /// The first request, as JSON, 4,000 characters at most.
    pub first: Option<String>,
    /// What is wrong: `line 3: …`, ten at most. With any, nothing can be sent.
    pub problems: Vec<String>,
    /// The public address of the listener for this project, if it has one that the service can reach.
    pub receiver: Option<String>,
}

/// How many jobs of a project need attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobAlarms {
    /// The project.
    pub project: i64,
    /// Ended and never called; those that were set aside are left out.
    pub missed: u32,
    /// They wait for an answer.
    pub waiting: u32,
}

/// What is known of a delivery's job, and of further attempts of its event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeliveryJob {
    /// The job that its event names, where it is known.
    pub job: Option<JobView>,
    /// What the event says and the service does not.
    pub contradiction: Option<String>,
    /// When the sender should try again; `None` where an attempt was accepted, or none is expected any more.
    pub next: Option<NextAttempt>,
    /// Whether an attempt was verified and answered 2xx.
    pub accepted: bool,
    /// When no attempt could have been seen, from the first one until one was accepted or none is expected any more;
    /// oldest first, at most the 100 longest.
    pub blind: Vec<Blind>,
    /// Attempts that the sender should have made at such a time. Guesses, as `next` is.
    pub unseen: Vec<NextAttempt>,
}
