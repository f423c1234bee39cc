//! Interactions: answered at once, or in the background.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::clock::{Millis, rfc3339};
use crate::jobs::{self, Order, Wishes, interaction, steps};
use crate::rest::fields::Fields;
use crate::rest::jobs::{new_id, stream, webhook_config, wishes};
use crate::rest::{ApiError, Call, Reply, auth, ok};
use crate::shared::Shared;
use crate::world::{Job, JobKind, JobState, Outcome, World};

/// The type of a member.
#[derive(Clone, Copy)]
enum Kind {
    Flag,
    Text,
    List,
    Object,
    /// An object or a text.
    ObjectOrText,
    /// An object or a list.
    ObjectOrList,
    /// A text, an object or a list.
    Any,
}

/// The members of `CreateModelInteraction` and `CreateAgentInteraction`, and whether the answer has them, too.
const MEMBERS: &[(&str, Kind, bool)] = &[
    ("model", Kind::Text, true),
    ("agent", Kind::Text, true),
    ("agent_config", Kind::Object, true),
    ("background", Kind::Flag, false),
    ("cached_content", Kind::Text, true),
    ("continuation_token", Kind::Text, false),
    ("environment", Kind::ObjectOrText, true),
    ("generation_config", Kind::Object, true),
    ("input", Kind::Any, false),
    ("labels", Kind::Object, true),
    ("previous_interaction_id", Kind::Text, true),
    ("response_format", Kind::ObjectOrList, true),
    ("response_mime_type", Kind::Text, true),
    ("response_modalities", Kind::List, true),
    ("safety_settings", Kind::List, true),
    ("service_tier", Kind::Text, true),
    ("store", Kind::Flag, false),
    ("stream", Kind::Flag, false),
    ("system_instruction", Kind::Text, true),
    ("tools", Kind::List, true),
    ("webhook_config", Kind::Object, true),
];

const GENERATION_CONFIG: &[&str] = &[
    "image_config",
    "max_output_tokens",
    "seed",
    "speech_config",
    "stop_sequences",
    "temperature",
    "thinking_level",
    "thinking_summaries",
    "tool_choice",
    "top_p",
    "transcription_config",
    "video_config",
];

/// An interaction that is answered at once leaves no time for anything else to happen.
const AT_ONCE: &[Outcome] = &[Outcome::Succeed, Outcome::Fail, Outcome::RequireAction];

/// Answers everything under `/{version}/interactions`.
pub(super) fn handle(shared: &Shared, call: &Call, rest: &[&str]) -> Reply {
    match (rest, &call.method) {
        ([], &Method::POST) => create(shared, call),
        ([], method) => Err(ApiError::wrong_method(method, &[Method::POST])),
        ([id], &Method::GET) => get(shared, call, id),
        ([id], &Method::DELETE) => delete(shared, id),
        ([_], method) => Err(ApiError::wrong_method(method, &[Method::GET, Method::DELETE])),
        ([id, "cancel"], &Method::POST) => cancel(shared, id),
        ([_, "cancel"], method) => Err(ApiError::wrong_method(method, &[Method::POST])),
        _ => Err(ApiError::unknown_path(call)),
    }
}

fn create(shared: &Shared, call: &Call) -> Reply {
    let request = checked(call)?;
    let flag = |name: &str| request.get(name).and_then(Value::as_bool);
    let (background, stored) = (interaction::in_background(&request), flag("store") != Some(false));
    let streamed = flag("stream") == Some(true);
    let config = request.get("webhook_config").map(webhook_config).transpose().map_err(invalid)?;
    if config.is_some() && !background {
        return Err(invalid("background=true is required when webhook_config is specified."));
    }
    if background && !stored {
        return Err(invalid("background=true requires store=true."));
    }
    let fitting = if background { jobs::outcomes(JobKind::Interaction) } else { AT_ONCE };
    // If nobody chose an outcome, an agent with a function calls it.
    let calls = interaction::calls(&request);
    let (wishes, outcome) = wishes(call, config.as_ref(), fitting).map_err(invalid)?;
    let outcome = outcome.unwrap_or(if calls { Outcome::RequireAction } else { Outcome::Succeed });
    let model = ["model", "agent"].iter().find_map(|name| request.get(*name)?.as_str());
    let model = model.map(|name| name.trim_start_matches("models/").trim_start_matches("agents/"));
    let model = match (model, request.get("model")) {
        (Some(name), Some(_)) => format!("models/{name}"),
        (Some(name), None) => format!("agents/{name}"),
        (None, _) => return Err(invalid("Missing required parameter: 'model' or 'agent'.")),
    };
    let id = new_id(shared, 40)?;
    let now = shared.clock.now();
    let job = shared.with(|world| {
        if let Some(previous) = request.get("previous_interaction_id").and_then(Value::as_str) {
            let previous = find(world, previous)?;
            if let Some(wrong) = interaction::wrong_results(previous, &request) {
                return Err(invalid(wrong));
            }
        }
        let order = Order {
            id: format!("interactions/v1_{id}"),
            kind: JobKind::Interaction,
            model,
            display_name: None,
            wishes: Wishes { outcome, ..wishes },
            owner: auth::owner(call),
            webhook_config: config,
            request,
            output: None,
        };
        if background {
            return Ok(jobs::submit(world, order, now));
        }
        let job = jobs::at_once(world, order, now);
        if stored {
            world.jobs.insert(job.clone());
        }
        Ok(job)
    })?;
    if streamed { stream::answer(shared, &job, None) } else { ok(&view(&job, false, now)) }
}

fn get(shared: &Shared, call: &Call, id: &str) -> Reply {
    let is_set = |name| call.query(name).is_some_and(|value| value == "true");
    let job = shared.with(|world| find(world, id).cloned())?;
    if is_set("stream") {
        return stream::answer(shared, &job, call.query("last_event_id"));
    }
    ok(&view(&job, is_set("include_input"), shared.clock.now()))
}

fn cancel(shared: &Shared, id: &str) -> Reply {
    let now = shared.clock.now();
    shared.with(|world| {
        let name = find(world, id)?.id.clone();
        if !jobs::finish(shared, world, &name, Outcome::Cancel, now) {
            return Err(invalid("Only interactions in the background that are still in progress can be cancelled."));
        }
        ok(&view(find(world, id)?, false, now))
    })
}

fn delete(shared: &Shared, id: &str) -> Reply {
    shared.with(|world| {
        let name = find(world, id)?.id.clone();
        world.jobs.remove(&name);
        ok(&json!({}))
    })
}

/// Checks that all members of the request are known and of the right type.
fn checked(call: &Call) -> Result<Value, ApiError> {
    let names: Vec<&str> = MEMBERS.iter().map(|(name, ..)| *name).collect();
    let mut request = Fields::parse(&call.body, &names)?.into_value();
    if let Value::Object(members) = &mut request {
        members.retain(|_, value| !value.is_null());
    }
    for (name, kind, _) in MEMBERS {
        let Some(value) = request.get(*name) else { continue };
        let expected = match kind {
            Kind::Flag if !value.is_boolean() => "a boolean",
            Kind::Text if !value.is_string() => "a string",
            Kind::List if !value.is_array() => "an array",
            Kind::Object if !value.is_object() => "an object",
            Kind::ObjectOrText if !value.is_object() && !value.is_string() => "an object or a string",
            Kind::ObjectOrList if !value.is_object() && !value.is_array() => "an object or an array",
            Kind::Any if !value.is_string() && !value.is_object() && !value.is_array() => {
                "a string, an object or an array"
            }
            _ => continue,
        };
        return Err(invalid(format!("Invalid value for '{name}': expected {expected}.")));
    }
    for (name, known) in [("generation_config", GENERATION_CONFIG), ("webhook_config", &["uris", "user_metadata"])] {
        if let Some(value) = request.get(name) {
            Fields::within(value.clone(), name, known)?;
        }
    }
    let labels = request.get("labels").and_then(Value::as_object).into_iter().flatten();
    if let Some((label, _)) = labels.into_iter().find(|(_, value)| !value.is_string()) {
        return Err(invalid(format!("Invalid value for 'labels.{label}': expected a string.")));
    }
    let tools = request.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if let Some(index) = tools.iter().position(|tool| tool.get("type").and_then(Value::as_str).is_none()) {
        return Err(invalid(format!("Missing required parameter: 'tools[{index}].type'.")));
    }
    if request.get("model").is_some() == request.get("agent").is_some() {
        return Err(invalid("Exactly one of 'model' and 'agent' must be specified."));
    }
    if request.get("input").is_none() {
        return Err(invalid("Missing required parameter: 'input'."));
    }
    Ok(request)
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::interactions(StatusCode::BAD_REQUEST, message)
}

/// The interaction with this id, or a 404.
pub(super) fn find<'a>(world: &'a World, id: &str) -> Result<&'a Job, ApiError> {
    let job = world.jobs.get(&format!("interactions/{id}")).filter(|job| job.kind == JobKind::Interaction);
    job.ok_or_else(|| ApiError::interactions(StatusCode::NOT_FOUND, format!("Interaction '{id}' not found.")))
}

/// An interaction as the service shows it. If wanted, the request comes before its own steps.
pub(super) fn view(job: &Job, with_input: bool, now: Millis) -> Value {
    let mut view = summary(job);
    view.insert("updated".to_owned(), json!(rfc3339(steps::updated(job, now))));
    for (name, _, shown) in MEMBERS {
        if *shown && let Some(value) = job.request.get(*name) {
            view.insert((*name).to_owned(), value.clone());
        }
    }
    if with_input && let Some(input) = job.request.get("input") {
        view.insert("input".to_owned(), input.clone());
    }
    let mut all = if with_input { interaction::input_steps(&job.request) } else { Vec::new() };
    all.extend(steps::so_far(job, now));
    view.insert("steps".to_owned(), Value::Array(all));
    if let Some(error) = &job.error
        && job.state == JobState::Failed
    {
        let error = json!([{ "code": interaction::error_code(error), "message": error.message }]);
        view.insert("errors".to_owned(), error);
    }
    Value::Object(view)
}

/// What the events of a stream say about it: everything but its steps and the request.
pub(super) fn summary(job: &Job) -> Map<String, Value> {
    let mut summary = Map::new();
    let mut add = |name: &str, value: Value| summary.insert(name.to_owned(), value);
    add("id", json!(job.id.trim_start_matches("interactions/")));
    add("object", json!("interaction"));
    for name in ["model", "agent"] {
        if let Some(value) = job.request.get(name) {
            add(name, value.clone());
        }
    }
    add("status", json!(status(job.state)));
    add("created", json!(rfc3339(job.created_ms)));
    add("updated", json!(rfc3339(job.updated_ms)));
    if let Some(usage) = job.output.as_ref().and_then(|output| output.get("usage")) {
        add("usage", usage.clone());
    }
    summary
}

/// The names that the SDKs know. Nothing is `queued` here: clients wait while it is `in_progress`.
pub(super) fn status(state: JobState) -> &'static str {
    match state {
        JobState::Pending | JobState::Running => "in_progress",
        JobState::Idle => "idle",
        JobState::RequiresAction => "requires_action",
        JobState::Succeeded => "completed",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
        JobState::Expired => "incomplete",
    }
}
