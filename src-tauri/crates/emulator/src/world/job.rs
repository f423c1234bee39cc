//! Jobs: what is kept of a batch, an interaction or a video.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::world::table::Entity;

/// A batch, an interaction in the background, or a video.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Its full name: `batches/…`, `interactions/…`, `models/…/operations/…`.
    pub(crate) id: String,
    pub(crate) kind: JobKind,
    /// `models/…`.
    pub(crate) model: String,
    pub(crate) display_name: Option<String>,
    pub(crate) state: JobState,
    /// How it will end.
    pub(crate) outcome: Outcome,
    pub(crate) created_ms: Millis,
    pub(crate) started_ms: Option<Millis>,
    pub(crate) updated_ms: Millis,
    pub(crate) ended_ms: Option<Millis>,
    /// When it changes next.
    pub(crate) next_ms: Option<Millis>,
    pub(crate) webhook_config: Option<WebhookConfig>,
    /// The request as it arrived.
    pub(crate) request: Value,
    /// The file it wrote: an id without `files/`.
    pub(crate) output_file: Option<String>,
    /// Its results other than a file: inlined responses, the steps of an interaction.
    pub(crate) output: Option<Value>,
    pub(crate) error: Option<JobError>,
    /// What its event does.
    #[serde(default)]
    pub(crate) telling: Telling,
    /// Who made it: a hash of the API key.
    #[serde(default)]
    pub(crate) owner: Option<String>,
    /// Which rows of a batch are not as they should be: the text that asked for them.
    #[serde(default)]
    pub(crate) rows: Option<String>,
    /// How many functions an interaction calls at once, if it calls any.
    #[serde(default)]
    pub(crate) calls: Option<u8>,
}

impl Entity for Job {
    const KIND: &'static str = "job";
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobKind {
    Batch,
    Interaction,
    Video,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    Pending,
    Running,
    /// Waiting for more input, but not ended. Only for interactions.
    Idle,
    RequiresAction,
    Succeeded,
    Failed,
    Cancelled,
    Expired,
}

/// How a job is to end: chosen by `emulator_outcome` in `user_metadata`, by the header `x-emulator-outcome`, or at
/// `/emulator/jobs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    #[default]
    Succeed,
    Fail,
    /// Only for batches.
    Expire,
    /// As if the user had cancelled it after it ran for its time.
    Cancel,
    /// Only for interactions.
    RequireAction,
    /// Goes idle until it is cancelled or finished. Only for interactions.
    Idle,
    /// Runs until it is cancelled or finished at `/emulator/jobs`.
    Never,
}

/// What the event at the end of a job does: chosen by `emulator_call` in `user_metadata`, or by the header
/// `x-emulator-call`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Telling {
    /// It is sent.
    #[default]
    Usual,
    /// Nothing is ever sent.
    Never,
    /// It says the opposite of what the job shows.
    WrongState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobError {
    /// `3`: google.rpc.Code.
    pub(crate) code: i32,
    /// `INVALID_ARGUMENT`.
    pub(crate) status: String,
    pub(crate) message: String,
}

/// Where the events of one job go instead of the registered webhooks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WebhookConfig {
    pub(crate) uris: Vec<String>,
    pub(crate) user_metadata: Option<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::StoredFile;

    #[test]
    fn what_an_earlier_version_kept_is_read() {
        let job: Job = serde_json::from_value(json!({
            "id": "batches/a", "kind": "batch", "model": "models/m", "display_name": null, "state": "pending",
            "outcome": "succeed", "created_ms": 1, "started_ms": null, "updated_ms": 1, "ended_ms": null, "next_ms": 2,
            "webhook_config": null, "request": {}, "output_file": null, "output": { "requests": 1, "failed": 0 },
            "error": null,
        }))
        .unwrap();
        assert_eq!((job.telling, job.owner, job.rows, job.calls), (Telling::Usual, None, None, None));
        let file: StoredFile = serde_json::from_value(json!({
            "id": "f", "display_name": null, "mime_type": "text/plain", "created_ms": 1, "expires_ms": 2,
            "generated": false, "bytes": "aGk=",
        }))
        .unwrap();
        assert_eq!((file.len(), file.owner), (2, None));
    }
}
