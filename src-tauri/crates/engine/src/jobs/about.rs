//! What the service said of a job, as it is kept: the columns of the record, and the rest as JSON.

use gemini::client::{Batch, Interaction, JobFailure as Failure, Operation, WebhookConfig};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{JobKind, JobRank, JobRecord, KnownBy, Settled};

use crate::dto::{JobCounts, JobFailure, JobMetadata, JobPhase};

/// How long the service keeps the files of a job: 48 hours (the Files API).
pub(super) const FILES_LIVE_MS: i64 = 48 * 3_600_000;

/// What has no column of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct About {
    pub(super) counts: Option<JobCounts>,
    /// `user_metadata`.
    pub(super) metadata: Map<String, Value>,
    /// The addresses of its own `webhook_config`.
    pub(super) receivers: Option<Vec<String>>,
    pub(super) failure: Option<JobFailure>,
    /// A word on the state.
    pub(super) note: Option<String>,
    /// `files/…` with a batch's results.
    pub(super) output: Option<String>,
    /// `files/…` with a batch's requests.
    pub(super) input: Option<String>,
    /// Its results came within the answer.
    pub(super) inlined: bool,
    /// The addresses of a video's files.
    pub(super) videos: Vec<String>,
    /// The file on this machine with its requests.
    pub(super) requests: Option<String>,
    /// Rows that are not usable, once they were counted here.
    pub(super) unusable: Option<u64>,
    /// A picture of its video, as a data URL.
    pub(super) picture: Option<String>,
    /// The interaction that it continues.
    pub(super) previous: Option<String>,
    /// The calls that it waits for were answered from here: the next interaction goes on.
    pub(super) answered: bool,
    /// The service did not know it when it was last asked.
    pub(super) not_found: bool,
    /// The history was searched for deliveries that name it; later ones are noted as they arrive.
    pub(super) searched: bool,
}

impl About {
    pub(super) fn of(record: &JobRecord) -> Self {
        serde_json::from_str(&record.about).unwrap_or_default()
    }

    pub(super) fn metadata_pairs(&self) -> Vec<JobMetadata> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.metadata.iter().map(|(key, value)| JobMetadata { key: key.clone(), value: text(value) }).collect()
    }
}

/// A job that was just heard of.
pub(super) fn new_record(project: i64, kind: JobKind, name: &str, known_by: KnownBy, now_ms: i64) -> JobRecord {
    JobRecord {
        project,
        name: name.to_owned(),
        kind,
        rank: JobRank::Running,
        at_ms: now_ms,
        state: String::new(),
        title: None,
        model: None,
        created_ms: None,
        ended_ms: None,
        expires_ms: None,
        known_by,
        first_ms: now_ms,
        dispatched_ms: None,
        asked_ms: None,
        next_ms: Some(now_ms),
        asks: 0,
        settled: Settled::Open,
        aside: false,
        finding: None,
        about: "{}".to_owned(),
    }
}

/// What the service said, in one form for all kinds. Times: Unix milliseconds on this machine's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) state: String,
    pub(super) phase: Option<JobPhase>,
    pub(super) title: Option<String>,
    pub(super) model: Option<String>,
    pub(super) created_ms: Option<i64>,
    pub(super) ended_ms: Option<i64>,
    pub(super) about: About,
}

/// Turns a time of the service into one of this machine.
pub(super) type OnTheWall<'a> = &'a (dyn Fn(i64) -> i64 + Sync);

fn time(text: Option<&str>, wall: OnTheWall<'_>) -> Option<i64> {
    Some(wall(text?.parse::<Timestamp>().ok()?.as_millisecond()))
}

fn failure(failure: Option<&Failure>) -> Option<JobFailure> {
    failure.map(|failure| JobFailure { code: code_name(failure.code), message: failure.message.clone() })
}

/// google.rpc.Code by its name.
fn code_name(code: i64) -> String {
    let name = match code {
        1 => "CANCELLED",
        2 => "UNKNOWN",
        3 => "INVALID_ARGUMENT",
        4 => "DEADLINE_EXCEEDED",
        5 => "NOT_FOUND",
        7 => "PERMISSION_DENIED",
        8 => "RESOURCE_EXHAUSTED",
        9 => "FAILED_PRECONDITION",
        10 => "ABORTED",
        13 => "INTERNAL",
        14 => "UNAVAILABLE",
        16 => "UNAUTHENTICATED",
        _ => return code.to_string(),
    };
    name.to_owned()
}

fn short(model: &str) -> String {
    model.strip_prefix("models/").unwrap_or(model).to_owned()
}

impl Said {
    pub(super) fn batch(batch: &Batch, wall: OnTheWall<'_>) -> Self {
        let phase = match batch.state.rsplit("STATE_").next() {
            Some("PENDING" | "RUNNING") => Some(JobPhase::Running),
            Some("SUCCEEDED" | "PARTIALLY_SUCCEEDED") => Some(JobPhase::Succeeded),
            Some("FAILED") => Some(JobPhase::Failed),
            Some("CANCELLED") => Some(JobPhase::Cancelled),
            Some("EXPIRED") => Some(JobPhase::Expired),
            _ if batch.done => Some(if batch.error.is_some() { JobPhase::Failed } else { JobPhase::Succeeded }),
            _ => None,
        };
        let counts = batch.counts.map(|counts| JobCounts {
            requests: counts.requests,
            succeeded: counts.succeeded,
            failed: counts.failed,
            pending: counts.pending,
        });
        let config = batch.webhook_config.clone();
        let failure = failure(batch.error.as_ref());
        let inlined = || {
            let output = batch.raw.get("response").or_else(|| batch.raw.pointer("/metadata/output"))?;
            output.get("inlinedResponses").or_else(|| output.get("inlined_responses")).map(|_| ())
        };
        Self {
            state: batch.state.clone(),
            phase,
            title: batch.display_name.clone(),
            model: batch.model.as_deref().map(short),
            created_ms: time(batch.create_time.as_deref(), wall),
            ended_ms: time(batch.end_time.as_deref(), wall),
            about: About {
                note: failure.as_ref().map(|failure| failure.code.clone()),
                counts,
                failure,
                output: batch.responses_file.clone(),
                input: batch.input_file.clone(),
                inlined: inlined().is_some(),
                ..About::configured(config)
            },
        }
    }

    pub(super) fn interaction(interaction: &Interaction, wall: OnTheWall<'_>) -> Self {
        let raw = &interaction.raw;
        let text = |name: &str| raw.get(name).and_then(Value::as_str);
        let phase = match interaction.status.as_str() {
            "queued" | "in_progress" => Some(JobPhase::Running),
            "requires_action" => Some(JobPhase::Waiting),
            "completed" => Some(JobPhase::Succeeded),
            "failed" | "incomplete" | "budget_exceeded" => Some(JobPhase::Failed),
            "cancelled" => Some(JobPhase::Cancelled),
            _ => None,
        };
        let stopped = phase.is_some_and(|phase| phase != JobPhase::Running);
        let error = raw.pointer("/errors/0").or_else(|| raw.get("error")).filter(|error| error.is_object());
        let failure = error.map(|error| JobFailure {
            code: error
                .get("code")
                .map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned))
                .unwrap_or_default(),
            message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
        });
        let note = match phase {
            Some(JobPhase::Waiting) => super::steps::pending_names(raw),
            _ => failure.as_ref().map(|failure| failure.code.clone()),
        };
        Self {
            state: interaction.status.clone(),
            phase,
            title: None,
            model: text("agent").or_else(|| text("model")).map(short),
            created_ms: time(text("created").or_else(|| text("create_time")), wall),
            ended_ms: time(text("updated").or_else(|| text("update_time")).filter(|_| stopped), wall),
            about: About {
                note,
                failure,
                previous: text("previous_interaction_id").map(|id| format!("interactions/{id}")),
                ..About::configured(raw.get("webhook_config").map(WebhookConfig::read))
            },
        }
    }

    pub(super) fn video(operation: &Operation, wall: OnTheWall<'_>) -> Self {
        let failure = failure(operation.error.as_ref());
        let phase = match (operation.done, &failure) {
            (false, _) => JobPhase::Running,
            (true, Some(_)) => JobPhase::Failed,
            (true, None) => JobPhase::Succeeded,
        };
        let metadata = operation.raw.get("metadata").unwrap_or(&Value::Null);
        let at = |name: &str| time(metadata.get(name).and_then(Value::as_str), wall);
        let model = operation.name.strip_prefix("models/").and_then(|rest| rest.split('/').next());
        Self {
            state: if operation.done { "done" } else { "running" }.to_owned(),
            phase: Some(phase),
            title: None,
            model: model.map(str::to_owned),
            created_ms: at("createTime"),
            ended_ms: at("endTime"),
            about: About {
                note: failure.as_ref().map(|failure| failure.code.clone()),
                failure,
                videos: operation.video_uris.clone(),
                ..About::default()
            },
        }
    }

    /// Puts what was said into the record, at `now_ms`. What the service did not say stays. `heard_ms`: when an event
    /// told of its end, for a job whose end the service does not date.
    pub(super) fn put_into(self, record: &mut JobRecord, now_ms: i64, heard_ms: Option<i64>) {
        let before = About::of(record);
        let said = self.about;
        let about = About {
            counts: said.counts.or(before.counts),
            metadata: if said.metadata.is_empty() { before.metadata } else { said.metadata },
            receivers: said.receivers.or(before.receivers),
            failure: said.failure,
            note: said.note.filter(|_| !before.answered).or(before.note.filter(|_| before.answered)),
            output: said.output.or(before.output),
            input: said.input.or(before.input),
            inlined: said.inlined || before.inlined,
            videos: if said.videos.is_empty() { before.videos } else { said.videos },
            requests: before.requests,
            unusable: before.unusable,
            picture: before.picture,
            previous: said.previous.or(before.previous),
            answered: before.answered,
            not_found: false,
            searched: before.searched,
        };
        let changed = record.state != self.state;
        record.asks = if changed { 0 } else { record.asks.saturating_add(1) };
        record.title = self.title.filter(|title| !title.is_empty()).or(record.title.take());
        record.model = self.model.or(record.model.take());
        record.created_ms = self.created_ms.or(record.created_ms);
        record.state = self.state;
        record.asked_ms = Some(now_ms);
        let phase = self.phase.unwrap_or(JobPhase::Unknown);
        let rank = if phase == JobPhase::Waiting && about.answered { JobRank::Ended } else { rank(phase) };
        if rank == JobRank::Running {
            (record.ended_ms, record.expires_ms) = (None, None);
        } else if changed || record.ended_ms.is_none() {
            // Where the service does not say when, it was before it was seen.
            record.ended_ms = self.ended_ms.or(record.ended_ms).or(heard_ms).or(Some(now_ms));
            if changed && record.settled != Settled::Missed {
                record.settled = Settled::Open;
            }
        }
        let has_files = about.output.is_some() || !about.videos.is_empty();
        if let Some(ended) = record.ended_ms.filter(|_| has_files && rank == JobRank::Ended) {
            record.expires_ms.get_or_insert(ended.saturating_add(FILES_LIVE_MS));
        }
        record.rank = rank;
        record.at_ms = record.ended_ms.or(record.created_ms).unwrap_or(record.first_ms);
        record.about = serde_json::to_string(&about).unwrap_or_default();
    }
}

impl About {
    fn configured(config: Option<WebhookConfig>) -> Self {
        let Some(config) = config else { return Self::default() };
        let receivers = Some(config.uris).filter(|uris| !uris.is_empty());
        Self { metadata: config.user_metadata.unwrap_or_default(), receivers, ..Self::default() }
    }
}

/// Where a phase stands in the list.
pub(super) fn rank(phase: JobPhase) -> JobRank {
    match phase {
        JobPhase::Waiting => JobRank::Waiting,
        JobPhase::Running | JobPhase::Unknown => JobRank::Running,
        JobPhase::Succeeded | JobPhase::Failed | JobPhase::Cancelled | JobPhase::Expired | JobPhase::NotFound => {
            JobRank::Ended
        }
    }
}

/// The phase of a record.
pub(super) fn phase(record: &JobRecord, about: &About) -> JobPhase {
    if about.not_found && record.rank != JobRank::Ended {
        return JobPhase::NotFound;
    }
    let state = record.state.to_ascii_lowercase();
    let word = state.rsplit("state_").next().unwrap_or_default();
    match (record.kind, word) {
        (_, "") => JobPhase::Unknown,
        (JobKind::Video, "done") => match about.failure {
            Some(_) => JobPhase::Failed,
            None => JobPhase::Succeeded,
        },
        (_, "pending" | "running" | "queued" | "in_progress") => JobPhase::Running,
        (_, "requires_action") if about.answered => JobPhase::Succeeded,
        (_, "requires_action") => JobPhase::Waiting,
        (_, "succeeded" | "partially_succeeded" | "completed") => JobPhase::Succeeded,
        (_, "failed" | "incomplete" | "budget_exceeded") => JobPhase::Failed,
        (_, "cancelled") => JobPhase::Cancelled,
        (_, "expired") => JobPhase::Expired,
        _ => JobPhase::Unknown,
    }
}
