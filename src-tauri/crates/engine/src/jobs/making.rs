//! Makes the event that never came, and sends it to the user's handler. Marked as made here wherever it is seen: in its
//! id, in a header, in its verdict and in a note. It never counts as heard.

use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use signature::Outcome;
use store::{Answer, Imported, JobKind as Kind, JobRecord, NewDelivery, NewImported};

use super::Jobs;
use super::about::{About, phase};
use super::watchdog::expected;
use crate::dto::{MadeEvent, ReplayBody, ReplayChanges, ReplayId, ReplayPlan, ReplaySign, ReplayTime};
use crate::error::{Code, Error, Result};

/// The header that marks it.
const MARK: &str = "pollux-made-here";
/// What its id begins with.
pub(super) const ID: &str = "msg_made_here_";

impl Jobs {
    /// Makes the event of a job that ended, keeps it in the history, and sends it to a target. Returns the id of the
    /// request that was sent.
    ///
    /// # Errors
    /// `invalid_job` if the service has no event for how the job ended; `not_found` if the target or the secret is not
    /// there; `confirm_target`; any error of the store.
    pub async fn make_event(&self, project: i64, name: &str, made: MadeEvent) -> Result<i64> {
        let record = self.known(project, name).await?;
        let target = self.common.store().targets().get(made.target).await?;
        let target = target.ok_or_else(|| Error::not_found("target"))?;
        let delivery = self.keep_made(&record).await?;
        let sign = match made.secret {
            Some(id) => ReplaySign::Secret { id },
            None => ReplaySign::Secret { id: crate::registry::SANDBOX_SECRET.to_owned() },
        };
        let changes = ReplayChanges {
            headers: None,
            body: ReplayBody::default(),
            fill: false,
            id: ReplayId::Keep,
            time: ReplayTime::Now,
            sign,
            twist: None,
        };
        let plan = ReplayPlan {
            deliveries: vec![delivery],
            targets: vec![target.url],
            changes,
            times: 1,
            delay_ms: 0,
            concurrency: 1,
        };
        let run = self.below.replays.start(plan).await?;
        self.below.replays.ended(run.run).await?;
        let sent = self.common.store().outbounds().of(delivery, 1).await?;
        sent.last().map(|one| one.id).ok_or_else(|| Error::not_found("request that was sent"))
    }

    /// Keeps the event in the history, and returns its id.
    async fn keep_made(&self, record: &JobRecord) -> Result<i64> {
        let about = About::of(record);
        let shown = phase(record, &about);
        let Some(event_type) = expected(record, shown) else {
            let message = "The service has no event for this job's state, so none can be made.";
            return Err(Error::new(Code::InvalidJob, message));
        };
        let id = format!("{ID}{}", uuid::Uuid::new_v4().simple());
        let body = payload(record, &about, event_type).to_string();
        let now = self.common.now_ms();
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let sentence = "Pollux made this event in place of one that did not arrive or does not count. Nobody sent it, \
                        so there is no signature to check.";
        let mut verdict = inbound::refused("made_here", "made here".to_owned(), sentence.to_owned());
        (verdict.outcome, verdict.steps) = (Outcome::Unchecked, Vec::new());
        let delivery = NewDelivery {
            project: record.project,
            received_ns: now.saturating_mul(1_000_000),
            started: Instant::now(),
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: None,
            http_version: "HTTP/1.1",
            peer: "made here".to_owned(),
            headers: vec![
                header("content-type", "application/json"),
                header("user-agent", "Pollux"),
                header(MARK, "1"),
                header("webhook-id", &id),
                header("webhook-timestamp", &now.div_euclid(1000).to_string()),
            ],
            body_len: body.len() as u64,
            body: Bytes::from(body),
            truncated: false,
            sha256: None,
            message_id: Some(id),
            token_id: None,
            event_type: Some(event_type.to_owned()),
            pointer: Some(record.name.clone()),
            verdict,
            answer: Answer { status: 200, headers: Vec::new(), body: String::new(), by: None },
        };
        let note = Some(format!("Made here: {event_type} of {}.", record.name));
        let one = NewImported { delivery, took_us: None, pinned: false, note };
        let importer = self.common.store().importer().await?;
        let kept = importer.add(vec![one], now).await?;
        importer.tell();
        match kept.into_iter().next() {
            Some(Imported::New { id, .. } | Imported::Known(id)) => Ok(id),
            Some(Imported::Refused(error)) => Err(Error::new(Code::NotStored, error.to_string())),
            None => Err(Error::not_found("event")),
        }
    }
}

/// The event as the service would have sent it.
fn payload(record: &JobRecord, about: &About, event_type: &str) -> Value {
    let id = match record.kind {
        Kind::Video => record.name.as_str(),
        Kind::Batch | Kind::Interaction => record.bare(),
    };
    let mut data = Map::new();
    data.insert("id".to_owned(), json!(id));
    if let Some(output) = about.output.as_ref().filter(|_| record.kind == Kind::Batch) {
        data.insert("output_file_uri".to_owned(), json!(output));
    }
    if let Some(video) = about.videos.first() {
        data.insert("video_uri".to_owned(), json!(video));
    }
    if let Some(failure) = about.failure.as_ref().filter(|_| event_type.ends_with(".failed")) {
        data.insert("error_code".to_owned(), json!(failure.code));
        data.insert("error_message".to_owned(), json!(failure.message));
    }
    if !about.metadata.is_empty() {
        data.insert("user_metadata".to_owned(), Value::Object(about.metadata.clone()));
    }
    let ended = record.ended_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or_default();
    json!({ "type": event_type, "version": "v1", "timestamp": ended.to_string(), "data": data })
}
