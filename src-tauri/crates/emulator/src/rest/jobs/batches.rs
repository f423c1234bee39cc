//! `batches`: created at a model, read as operations.

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::clock::{Millis, rfc3339};
use crate::jobs::answer::either;
use crate::jobs::batch::{self, Input};
use crate::jobs::rows::Rows;
use crate::jobs::{self, Order};
use crate::rest::auth::{self, Sight};
use crate::rest::jobs::wishes::wrong_rows;
use crate::rest::jobs::{invalid, model_name, new_id, not_found, proto, webhook_config, wishes};
use crate::rest::page::Page;
use crate::rest::{ApiError, Call, Reply, ok};
use crate::shared::Shared;
use crate::world::{Job, JobKind, JobState, Outcome, World};

/// The length of a batch's id, as in the ids that have been seen.
const ID_LENGTH: usize = 36;
/// The kind of list that a page's token is for.
const KIND: &str = "batches";
/// The most batches on a page, and the default.
const LARGEST_PAGE: usize = 1000;
const PAGE: usize = 50;
/// Members of a batch. Output-only ones are ignored.
const BATCH: &[&str] = &[
    "displayName",
    "inputConfig",
    "webhookConfig",
    "priority",
    "model",
    "name",
    "output",
    "createTime",
    "endTime",
    "updateTime",
    "batchStats",
    "state",
];

pub(super) fn create(shared: &Shared, call: &Call, model: &str, method: &str) -> Reply {
    let model = model_name(model)?;
    let mut body = proto::object(&call.body)?;
    proto::check(&body, "", &["batch"])?;
    let batch = body.get("batch").unwrap_or(&Value::Null);
    proto::check(batch, "batch", BATCH)?;
    let display_name = proto::text(either(batch, "displayName", "display_name"), "batch.display_name")?;
    let config = match either(batch, "webhookConfig", "webhook_config") {
        None => None,
        Some(config) => {
            proto::check(config, "batch.webhook_config", &["uris", "userMetadata"])?;
            Some(webhook_config(config).map_err(invalid)?)
        }
    };
    check_input(either(batch, "inputConfig", "input_config"))?;
    let (wishes, _) = wishes(call, config.as_ref(), jobs::outcomes(JobKind::Batch)).map_err(invalid)?;
    let rows = wishes.rows.as_deref().map(Rows::parse).transpose();
    let rows = rows.map_err(|wrong| invalid(wrong_rows(&wrong)))?.unwrap_or_default();
    let id = format!("batches/{}", new_id(shared, ID_LENGTH)?);
    // The body was checked not to have such a member.
    body[batch::METHOD] = json!(method);
    let now = shared.clock.now();
    // Shares the bytes of the file: they are read without the lock.
    let file = match batch::input(&body) {
        Some(Input::File(file)) => {
            let there = shared.with(|world| world.files.get(file).filter(|file| file.expires_ms > now).cloned());
            there.ok_or_else(|| not_found(&format!("files/{file}")))?.bytes
        }
        _ => Bytes::new(),
    };
    let output = batch::planned(&body, &file, &rows).map_err(|wrong| invalid(wrong_rows(&wrong)))?;
    let order = Order {
        id,
        kind: JobKind::Batch,
        model,
        display_name,
        wishes,
        owner: auth::owner(call),
        webhook_config: config,
        request: body,
        output: Some(output),
    };
    ok(&view(&shared.with(|world| jobs::submit(world, order, now)), now))
}

/// A file or requests, each of the right form.
fn check_input(config: Option<&Value>) -> Result<(), ApiError> {
    let at = "batch.input_config";
    let missing = || invalid("BatchGenerateContentRequest.batch.input_config: source is not specified.");
    let config = config.ok_or_else(missing)?;
    proto::check(config, at, &["fileName", "requests"])?;
    let file = proto::text(either(config, "fileName", "file_name"), "batch.input_config.file_name")?;
    match (file, config.get("requests").filter(|requests| !requests.is_null())) {
        (None, None) => Err(missing()),
        (Some(_), Some(_)) => {
            Err(invalid("Invalid value at 'batch.input_config': file_name and requests exclude each other."))
        }
        (Some(_), None) => Ok(()),
        (None, Some(requests)) => {
            proto::check(requests, "batch.input_config.requests", &["requests"])?;
            let at = "batch.input_config.requests.requests";
            let items = requests.get("requests").and_then(Value::as_array);
            let items = items.filter(|items| !items.is_empty()).ok_or_else(missing)?;
            for (index, item) in items.iter().enumerate() {
                proto::check(item, &format!("{at}[{index}]"), &["request", "metadata"])?;
            }
            Ok(())
        }
    }
}

pub(super) fn get(shared: &Shared, call: &Call, id: &str) -> Reply {
    let now = shared.clock.now();
    shared.with(|world| ok(&view(find(world, call, id)?, now)))
}

pub(super) fn list(shared: &Shared, call: &Call) -> Reply {
    let query = |camel, snake| call.query(camel).or_else(|| call.query(snake));
    let (size, token) = (query("pageSize", "page_size"), query("pageToken", "page_token"));
    let page = Page::read(KIND, size, token, PAGE, LARGEST_PAGE)?;
    // Newest first: the rows of a page are older than the last one of the page before.
    let before = if page.after == 0 { u64::MAX } else { page.after };
    let now = shared.clock.now();
    shared.with(|world| {
        let sight = Sight::of(call, &world.settings);
        let visible = |job: &Job| job.kind == JobKind::Batch && sight.sees(job.owner.as_deref());
        let batches = world.jobs.before(before).filter(|(_, job)| visible(job));
        let (batches, next) = page.cut(KIND, batches);
        // As in proto-JSON, an empty list is left out.
        let mut answer = json!({});
        if !batches.is_empty() {
            answer["operations"] = batches.into_iter().map(|job| view(job, now)).collect();
        }
        if let Some(token) = next {
            answer["nextPageToken"] = json!(token);
        }
        ok(&answer)
    })
}

/// Cancels it if it is still running; the answer is the same if it is not, as for any operation.
pub(super) fn cancel(shared: &Shared, call: &Call, id: &str) -> Reply {
    let now = shared.clock.now();
    shared.with(|world| {
        let id = find(world, call, id)?.id.clone();
        jobs::finish(shared, world, &id, Outcome::Cancel, now);
        ok(&json!({}))
    })
}

pub(super) fn delete(shared: &Shared, call: &Call, id: &str) -> Reply {
    shared.with(|world| {
        let id = find(world, call, id)?.id.clone();
        world.jobs.remove(&id);
        ok(&json!({}))
    })
}

/// Another key's batch is not found, as if there were none.
fn find<'a>(world: &'a World, call: &Call, id: &str) -> Result<&'a Job, ApiError> {
    let name = format!("batches/{id}");
    let sight = Sight::of(call, &world.settings);
    let job = world.jobs.get(&name).filter(|job| job.kind == JobKind::Batch);
    job.filter(|job| sight.sees(job.owner.as_deref())).ok_or_else(|| not_found(&name))
}

/// A batch in the form of the operation that it is.
fn view(job: &Job, now: Millis) -> Value {
    let kind = if batch::embeds(&job.request) { "EmbedContentBatch" } else { "GenerateContentBatch" };
    let kind = format!("type.googleapis.com/google.ai.generativelanguage.v1main.{kind}");
    let known = job.output.as_ref();
    let (requests, done, failed) = batch::counts(job, jobs::progress(job, now));
    let mut metadata = json!({ "@type": kind, "model": job.model });
    if let Some(name) = &job.display_name {
        metadata["displayName"] = json!(name);
    }
    if let Some(Input::File(file)) = batch::input(&job.request) {
        metadata["inputConfig"] = json!({ "fileName": format!("files/{file}") });
    }
    if let Some(config) = &job.webhook_config {
        metadata["webhookConfig"] = json!({ "uris": config.uris });
        if let Some(user_metadata) = &config.user_metadata {
            metadata["webhookConfig"]["userMetadata"] = user_metadata.clone();
        }
    }
    let output = (job.state == JobState::Succeeded).then(|| match &job.output_file {
        Some(file) => json!({ "responsesFile": format!("files/{file}") }),
        None => {
            let inlined = known.and_then(|output| output.get("inlined")).cloned().unwrap_or_else(|| json!([]));
            json!({ "inlinedResponses": { "inlinedResponses": inlined } })
        }
    });
    if let Some(output) = &output {
        metadata["output"] = output.clone();
    }
    metadata["createTime"] = json!(rfc3339(job.created_ms));
    if let Some(ended) = job.ended_ms {
        metadata["endTime"] = json!(rfc3339(ended));
    }
    metadata["updateTime"] = json!(rfc3339(updated(job, requests, done)));
    metadata["batchStats"] = stats(job, requests, done, failed);
    metadata["state"] = json!(state(job.state));
    metadata["name"] = json!(job.id);
    let mut operation = json!({ "name": job.id, "metadata": metadata, "done": jobs::ended(job) });
    if let Some(mut response) = output {
        response["@type"] = json!(format!("{kind}Output"));
        operation["response"] = response;
    }
    if let Some(error) = &job.error {
        operation["error"] = batch::status(error);
    }
    operation
}

/// When its state changed last, or its counts: requests are answered at an even pace while it runs.
fn updated(job: &Job, requests: u64, done: u64) -> Millis {
    match (job.state, job.started_ms, job.next_ms) {
        (JobState::Running, Some(started), Some(next)) if done > 0 => {
            let share = done as f64 / requests.max(1) as f64;
            started.saturating_add(((next - started) as f64 * share).ceil() as Millis)
        }
        _ => job.updated_ms,
    }
}

/// Counts are strings, like int64 in proto-JSON, and left out if they are 0. A batch that ended in another way than
/// with its results says only how many requests it had.
fn stats(job: &Job, requests: u64, done: u64, failed: u64) -> Value {
    let pending = match job.state {
        JobState::Succeeded | JobState::Pending | JobState::Running => requests.saturating_sub(done),
        _ => 0,
    };
    let counts = [
        ("requestCount", requests),
        ("successfulRequestCount", done.saturating_sub(failed)),
        ("failedRequestCount", failed),
        ("pendingRequestCount", pending),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    Value::Object(counts.map(|(name, count)| (name.to_owned(), json!(count.to_string()))).collect())
}

fn state(state: JobState) -> &'static str {
    match state {
        JobState::Pending => "BATCH_STATE_PENDING",
        JobState::Running | JobState::Idle | JobState::RequiresAction => "BATCH_STATE_RUNNING",
        JobState::Succeeded => "BATCH_STATE_SUCCEEDED",
        JobState::Failed => "BATCH_STATE_FAILED",
        JobState::Cancelled => "BATCH_STATE_CANCELLED",
        JobState::Expired => "BATCH_STATE_EXPIRED",
    }
}
