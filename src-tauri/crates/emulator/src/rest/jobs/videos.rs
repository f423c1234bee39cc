//! Videos: requested at a model, read as its operations.

use serde_json::{Value, json};

use crate::jobs::answer::either;
use crate::jobs::{self, Order, batch, video};
use crate::rest::jobs::{invalid, model_name, new_id, not_found, proto, webhook_config, wishes};
use crate::rest::{Call, Reply, auth, ok};
use crate::shared::Shared;
use crate::world::{JobKind, JobState};

/// The most videos in one request.
const MOST_SAMPLES: u64 = 4;

pub(super) fn create(shared: &Shared, call: &Call, model: &str) -> Reply {
    let model = model_name(model)?;
    let body = proto::object(&call.body)?;
    proto::check(&body, "", &["instances", "parameters", "webhookConfig"])?;
    let instances = body.get("instances").and_then(Value::as_array).filter(|instances| !instances.is_empty());
    let instance = instances.and_then(|instances| instances.first()).filter(|instance| instance.is_object());
    let instance = instance.ok_or_else(|| proto::wrong_type("instances", "an array with an object"))?;
    if proto::text(instance.get("prompt"), "instances[0].prompt")?.is_none() && instance.get("image").is_none() {
        return Err(invalid("instances[0]: a prompt or an image is required."));
    }
    let samples = match body.get("parameters").and_then(|parameters| either(parameters, "sampleCount", "sample_count"))
    {
        None => 1,
        Some(count) => count
            .as_u64()
            .filter(|count| (1..=MOST_SAMPLES).contains(count))
            .ok_or_else(|| invalid(format!("parameters.sampleCount must be 1 to {MOST_SAMPLES}, not {count}.")))?,
    };
    let config = match either(&body, "webhookConfig", "webhook_config") {
        None => None,
        Some(config) => {
            proto::check(config, "webhook_config", &["uris", "userMetadata"])?;
            Some(webhook_config(config).map_err(invalid)?)
        }
    };
    let (wishes, _) = wishes(call, config.as_ref(), jobs::outcomes(JobKind::Video)).map_err(invalid)?;
    let name = format!("{model}/operations/{}", new_id(shared, 12)?);
    let files = (0..samples).map(|_| new_id(shared, 12)).collect::<Result<Vec<_>, _>>()?;
    let order = Order {
        id: name.clone(),
        kind: JobKind::Video,
        model,
        display_name: None,
        wishes,
        owner: auth::owner(call),
        webhook_config: config,
        request: body,
        output: Some(video::planned(&files)),
    };
    let now = shared.clock.now();
    shared.with(|world| jobs::submit(world, order, now));
    ok(&json!({ "name": name, "done": false }))
}

pub(super) fn get(shared: &Shared, call: &Call, model: &str, id: &str) -> Reply {
    let name = format!("models/{model}/operations/{id}");
    shared.with(|world| {
        let job = world.jobs.get(&name).ok_or_else(|| not_found(&name))?;
        let mut operation = json!({ "name": job.id, "done": jobs::ended(job) });
        if let Some(error) = &job.error {
            operation["error"] = batch::status(error);
        }
        if job.state == JobState::Succeeded {
            let origin = &call.origin;
            let sample = |file| json!({ "video": { "uri": video::download_uri(origin, file) } });
            let samples: Vec<Value> = video::file_ids(job).into_iter().map(sample).collect();
            operation["response"] = json!({
                "@type": "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse",
                "generateVideoResponse": { "generatedSamples": samples },
            });
        }
        ok(&operation)
    })
}
