//! An interaction as Server-Sent Events, for `stream=true`.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::jobs::{self, interaction};
use crate::rest::Reply;
use crate::rest::jobs::interactions::{find, status, steps, summary};
use crate::shared::Shared;
use crate::world::{Job, JobState};

/// How often it checks whether the interaction continues, in wall time.
const LOOK: Duration = Duration::from_millis(20);
/// Characters of text in one event.
const CHUNK: usize = 40;

/// Waits until the interaction has ended or is idle, and returns its events, or those after `last_event_id` if given.
pub(super) async fn answer(shared: &Shared, mut job: Job, last_event_id: Option<&str>) -> Reply {
    let id = job.id.trim_start_matches("interactions/").to_owned();
    if !jobs::rests(&job) {
        while !shared.with(|world| find(world, &id).map(jobs::rests))? {
            tokio::time::sleep(LOOK).await;
        }
        job = shared.with(|world| find(world, &id).cloned())?;
    }
    let events = events(&job);
    let done = last_event_id.and_then(|last| events.iter().position(|event| event["event_id"] == last));
    let mut text = String::new();
    for event in events.iter().skip(done.map_or(0, |index| index + 1)) {
        let name = event["event_type"].as_str().unwrap_or_default();
        text.push_str(&format!("event: {name}\ndata: {event}\n\n"));
    }
    text.push_str("event: done\ndata: [DONE]\n\n");
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")], text)
        .into_response())
}

/// All events of an interaction that has stopped, numbered.
fn events(job: &Job) -> Vec<Value> {
    let id = job.id.trim_start_matches("interactions/");
    let begun = Job { state: JobState::Running, output: None, updated_ms: job.created_ms, ..job.clone() };
    let mut events = vec![
        json!({ "event_type": "interaction.created", "interaction": summary(&begun) }),
        json!({ "event_type": "interaction.status_update", "interaction_id": id, "status": "in_progress" }),
    ];
    for (index, step) in steps(job).iter().enumerate() {
        let mut start = step.clone();
        let deltas = match step["type"].as_str() {
            Some("function_call") => {
                start["arguments"] = json!({});
                vec![json!({ "type": "arguments_delta", "arguments": step["arguments"].to_string() })]
            }
            _ => {
                start["content"] = json!([]);
                let content = step["content"].as_array().map(Vec::as_slice).unwrap_or_default();
                let texts = content.iter().filter_map(|part| part["text"].as_str());
                texts.flat_map(chunks).map(|text| json!({ "type": "text", "text": text })).collect()
            }
        };
        events.push(json!({ "event_type": "step.start", "index": index, "step": start }));
        events.extend(
            deltas.into_iter().map(|delta| json!({ "event_type": "step.delta", "index": index, "delta": delta })),
        );
        events.push(json!({ "event_type": "step.stop", "index": index }));
    }
    match (&job.error, job.state) {
        (Some(error), JobState::Failed) => {
            let error = json!({ "code": interaction::error_code(error), "message": error.message });
            events.push(json!({ "event_type": "error", "error": error }));
        }
        (_, JobState::Succeeded | JobState::RequiresAction) => {
            events.push(json!({ "event_type": "interaction.completed", "interaction": summary(job) }));
        }
        (_, state) => events
            .push(json!({ "event_type": "interaction.status_update", "interaction_id": id, "status": status(state) })),
    }
    for (number, event) in events.iter_mut().enumerate() {
        event["event_id"] = json!(format!("evt_{}", number + 1));
    }
    events
}

fn chunks(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(CHUNK).map(|chunk| chunk.iter().collect()).collect()
}
