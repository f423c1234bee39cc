//! Commands to the emulator: end a job, send a sample.

use axum::http::StatusCode;
use samples::{ComposeError, SampleRequest};
use serde_json::{Value, json};
use signature::Scheme;

use super::{bad, limit};
use crate::clock::{Millis, rfc3339};
use crate::jobs;
use crate::rest::fields::Fields;
use crate::rest::{ApiError, Call, Reply, ok};
use crate::send::{self, SendError};
use crate::shared::Shared;
use crate::world::{Job, Outcome, World};

/// Newest first.
pub(super) fn list(shared: &Shared, call: &Call) -> Reply {
    let limit = limit(call)?;
    let now = shared.clock.now();
    let jobs: Vec<Value> =
        shared.with(|world| world.jobs.before(u64::MAX).take(limit).map(|(_, job)| shown(job, now)).collect());
    ok(&json!({ "jobs": jobs }))
}

fn shown(job: &Job, now: Millis) -> Value {
    let dynamic = job.webhook_config.as_ref().is_some_and(|config| !config.uris.is_empty());
    json!({
        "name": job.id,
        "kind": job.kind,
        "model": job.model,
        "display_name": job.display_name,
        "state": job.state,
        "outcome": job.outcome,
        "created": rfc3339(job.created_ms),
        "started": job.started_ms.map(rfc3339),
        "ended": job.ended_ms.map(rfc3339),
        "next": job.next_ms.map(rfc3339),
        "progress": jobs::progress(job, now),
        "output_file": job.output_file.as_ref().map(|file| format!("files/{file}")),
        "error": job.error,
        "dynamic": dynamic,
        "event_type": jobs::event_type(job),
    })
}

/// Ends a job now, whatever was planned.
pub(super) fn finish(shared: &Shared, call: &Call) -> Reply {
    let mut fields = Fields::parse(&call.body, &["name", "outcome"])?;
    let name = fields.text("name")?.ok_or_else(|| bad("Missing required parameter 'name'."))?;
    let wanted = fields.text("outcome")?.ok_or_else(|| bad("Missing required parameter 'outcome'."))?;
    let outcome = serde_json::from_value::<Outcome>(json!(wanted)).ok().filter(|outcome| *outcome != Outcome::Never);
    let outcome = outcome.ok_or_else(|| {
        bad(format!(
            "Invalid value for 'outcome': '{wanted}'. Expected one of: 'succeed', 'fail', 'expire', 'cancel', \
             'require_action', 'idle'."
        ))
    })?;
    let now = shared.clock.now();
    shared.with(|world| {
        let job = named(world, &name).ok_or_else(|| {
            ApiError::interactions(StatusCode::NOT_FOUND, format!("There is no job with the name '{name}'."))
        })?;
        let name = job.id.clone();
        if jobs::ended(job) {
            return Err(conflict(format!("The job '{name}' has already ended.")));
        }
        let fitting: Vec<_> = jobs::outcomes(job.kind).iter().filter(|one| **one != Outcome::Never).collect();
        if !fitting.contains(&&outcome) {
            let names: Vec<String> = fitting.iter().map(|one| json!(one).to_string().replace('"', "'")).collect();
            return Err(conflict(format!("A job of this kind cannot end so. It can end with: {}.", names.join(", "))));
        }
        jobs::finish(shared, world, &name, outcome, now);
        match world.jobs.get(&name) {
            Some(job) => ok(&shown(job, now)),
            None => ok(&json!({})),
        }
    })
}

/// The job with this name. Interactions are known by their bare id, and so are batches in their events.
fn named<'a>(world: &'a World, name: &str) -> Option<&'a Job> {
    let prefixed = |collection: &str| world.jobs.get(&format!("{collection}/{name}"));
    world.jobs.get(name).or_else(|| prefixed("interactions")).or_else(|| prefixed("batches"))
}

fn conflict(message: String) -> ApiError {
    ApiError::interactions(StatusCode::CONFLICT, message)
}

/// Sends one sample, good or broken, to a receiver on this machine, signed with the emulator's own keys.
pub(super) async fn send_sample(shared: &Shared, call: &Call) -> Reply {
    let mut fields = Fields::parse(&call.body, &["uri", "request"])?;
    let uri = fields.text("uri")?.ok_or_else(|| bad("Missing required parameter 'uri'."))?;
    let request = fields.take("request").ok_or_else(|| bad("Missing required parameter 'request'."))?;
    let mut request = Fields::within(request, "request", &["event_type", "variant", "scheme", "broken"])?;
    let required = |name: &str| bad(format!("Missing required parameter 'request.{name}'."));
    let request = SampleRequest {
        event_type: request.text("event_type")?.ok_or_else(|| required("event_type"))?,
        variant: request.text("variant")?,
        scheme: scheme(&request.text("scheme")?.ok_or_else(|| required("scheme"))?)?,
        broken: request.text("broken")?,
    };
    let url = send::local(&uri).map_err(failed)?;
    let mut keys = shared.keys.plain();
    if request.scheme == Scheme::Jwt {
        let no_key = |error| failed(SendError::Key(error));
        keys.rsa = Some(shared.keys.rsa().await.map_err(no_key)?);
        if request.broken.is_some() {
            keys.strange_rsa = Some(shared.keys.strange_rsa().await.map_err(no_key)?);
        }
    }
    let now = shared.wall_seconds();
    let profile = shared.profile.clone().claiming(shared.with(|world| world.settings.token.clone()));
    let sent = send::send(&shared.client, &url, &request, &keys, &profile, now, &shared.random).await;
    ok(&json!(sent.map_err(failed)?))
}

fn scheme(text: &str) -> Result<Scheme, ApiError> {
    [Scheme::V1, Scheme::V1a, Scheme::Jwt].into_iter().find(|scheme| json!(scheme) == text).ok_or_else(|| {
        bad(format!("Invalid value for 'request.scheme': '{text}'. Expected one of: 'v1', 'v1a', 'jwt'."))
    })
}

fn failed(error: SendError) -> ApiError {
    let status = match &error {
        // The sample is fine; its receiver is not.
        SendError::Unreachable { .. } => StatusCode::FAILED_DEPENDENCY,
        SendError::Key(_) | SendError::Compose(ComposeError::Io(_) | ComposeError::Sign(_)) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        SendError::Target(_) | SendError::Compose(_) => StatusCode::BAD_REQUEST,
    };
    ApiError::interactions(status, error.to_string())
}
