//! The steps of an interaction as they come: what it is to say and do, told in pieces over the time that it runs.
//!
//! A step becomes events (its start, its deltas, its stop), and events become the step again. So what a stream has
//! told of an interaction that was stopped in the middle is told in the same way later.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::jobs::{self, interaction};
use crate::world::{Job, JobState, Outcome};

/// Characters of text in one event.
const CHUNK: usize = 40;

/// The member of an output that says after how many events the interaction was idle for a while.
pub(crate) const IDLED: &str = "idled";

/// What it does before it answers or calls a function. Models answer at once; agents think, search and calculate.
pub(super) fn before(job: &Job, prompt: &str, calls: bool) -> Vec<Value> {
    if !job.model.starts_with("agents/") {
        return Vec::new();
    }
    let id = job.id.rsplit('_').next().and_then(|id| id.get(..8)).unwrap_or("1");
    let subject: String = prompt.chars().take(60).collect();
    let thought = |number: u8, text: String| {
        let signature = STANDARD.encode(format!("{id}-{number}"));
        json!({ "type": "thought", "summary": [{ "type": "text", "text": text }], "signature": signature })
    };
    let plan = thought(1, format!("**Planning**\n\nI look for what is known about this, then I calculate: {subject}"));
    if calls {
        return vec![plan];
    }
    let (search, code) = (format!("search_{id}"), format!("code_{id}"));
    let words = prompt.split_whitespace().count();
    let suggestions = "<div class=\"container\"><a class=\"chip\">Pollux, a star in the Twins</a></div>";
    vec![
        plan,
        json!({ "type": "google_search_call", "id": search, "arguments": { "queries": [subject] } }),
        json!({ "type": "google_search_result", "call_id": search, "result": [{ "search_suggestions": suggestions }] }),
        thought(2, "**Calculating**\n\nThe sources agree. Now I count what was asked.".to_owned()),
        json!({
            "type": "code_execution_call",
            "id": code,
            "arguments": { "language": "python", "code": format!("print({words})") },
        }),
        json!({ "type": "code_execution_result", "call_id": code, "result": format!("{words}\n") }),
    ]
}

/// The steps that it has if it ends like this.
fn planned(job: &Job, outcome: Outcome) -> Vec<Value> {
    let output = match outcome {
        Outcome::RequireAction => interaction::asked(job),
        _ => interaction::answered(job),
    };
    let mut steps = listed(&output);
    // What fails, is cancelled or goes idle has no answer.
    if !matches!(outcome, Outcome::Succeed | Outcome::Never | Outcome::RequireAction) {
        steps.pop();
    }
    steps
}

fn listed(output: &Value) -> Vec<Value> {
    output.get("steps").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// How many of so many events have come, and when the next one does.
fn come(job: &Job, events: usize, now: Millis) -> (usize, Option<Millis>) {
    let (JobState::Running, Some(started), Some(end)) = (job.state, job.started_ms, job.next_ms) else {
        return (0, None);
    };
    let moment = |index: usize| share(started, end, index + 1, events);
    let come = (0..events).take_while(|index| moment(*index) <= now).count();
    (come, (come < events).then(|| moment(come)))
}

/// The moment at which `part` of `total` steps of a time have passed.
fn share(started: Millis, end: Millis, part: usize, total: usize) -> Millis {
    let passed = end.saturating_sub(started).saturating_mul(part as Millis) / total.max(1) as Millis;
    started.saturating_add(passed)
}

/// The events of its steps so far, and when the next one comes.
pub(crate) fn events(job: &Job, now: Millis) -> (Vec<Value>, Option<Millis>) {
    if jobs::rests(job) {
        return (told(&job.output.as_ref().map(listed).unwrap_or_default()), None);
    }
    let mut events = told(&planned(job, job.outcome));
    let (come, next) = come(job, events.len(), now);
    events.truncate(come);
    (events, next)
}

/// Its steps so far. A call or a result that is not complete is not there yet.
pub(crate) fn so_far(job: &Job, now: Millis) -> Vec<Value> {
    if jobs::rests(job) {
        return job.output.as_ref().map(listed).unwrap_or_default();
    }
    let (events, _) = events(job, now);
    let open = events.last().is_some_and(|event| event["event_type"] != "step.stop");
    let mut steps = gathered(&events);
    let kind = |step: &Value| step["type"].as_str().unwrap_or_default().to_owned();
    if open && steps.last().map(kind).is_some_and(|kind| kind.ends_with("_call") || kind.ends_with("_result")) {
        steps.pop();
    }
    steps
}

/// When its steps changed last, if they did while it runs.
pub(crate) fn updated(job: &Job, now: Millis) -> Millis {
    let total = if job.state == JobState::Running { told(&planned(job, job.outcome)).len() } else { 0 };
    let (come, _) = come(job, total, now);
    match (come, job.started_ms, job.next_ms) {
        (1.., Some(started), Some(end)) => share(started, end, come, total),
        _ => job.updated_ms,
    }
}

/// Its steps when it ends like this now. They begin with what was told.
pub(super) fn at_end(job: &Job, outcome: Outcome, now: Millis) -> Vec<Value> {
    let (begun, _) = events(job, now);
    let wanted = planned(job, outcome);
    let whole = told(&wanted);
    let complete = matches!(outcome, Outcome::Succeed | Outcome::Never | Outcome::RequireAction);
    if complete && whole.starts_with(&begun) {
        return wanted;
    }
    let mut steps = gathered(&begun);
    if complete {
        let first =
            wanted.iter().position(|step| matches!(step["type"].as_str(), Some("model_output" | "function_call")));
        steps.extend(wanted.into_iter().skip(first.unwrap_or(0)));
    }
    steps
}

/// Steps as the events of a stream, without their ids.
fn told(steps: &[Value]) -> Vec<Value> {
    let mut events = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let kind = step["type"].as_str().unwrap_or_default();
        let mut start = step.clone();
        let mut deltas: Vec<Value> = Vec::new();
        match kind {
            "function_call" => {
                start["arguments"] = json!({});
                deltas.push(json!({ "type": "arguments_delta", "arguments": step["arguments"].to_string() }));
            }
            "thought" => {
                start = json!({ "type": kind });
                let pieces = texts(&step["summary"]).map(|text| json!({ "type": "text", "text": text }));
                deltas.extend(pieces.map(|content| json!({ "type": "thought_summary", "content": content })));
                if let Some(signature) = step["signature"].as_str() {
                    deltas.push(json!({ "type": "thought_signature", "signature": signature }));
                }
            }
            _ if kind.ends_with("_call") => {
                start["arguments"] = json!({});
                deltas.push(json!({ "type": kind, "arguments": step["arguments"] }));
            }
            _ if kind.ends_with("_result") => {
                start["result"] = if step["result"].is_array() { json!([]) } else { json!("") };
                deltas.push(json!({ "type": kind, "result": step["result"] }));
            }
            _ => {
                start["content"] = json!([]);
                deltas.extend(texts(&step["content"]).map(|text| json!({ "type": "text", "text": text })));
            }
        }
        events.push(json!({ "event_type": "step.start", "index": index, "step": start }));
        let deltas = deltas.into_iter();
        events.extend(deltas.map(|delta| json!({ "event_type": "step.delta", "index": index, "delta": delta })));
        events.push(json!({ "event_type": "step.stop", "index": index }));
    }
    events
}

/// The pieces of the texts in a list of contents.
fn texts(contents: &Value) -> impl Iterator<Item = String> {
    let contents = contents.as_array().map(Vec::as_slice).unwrap_or_default();
    contents.iter().filter_map(|part| part["text"].as_str()).flat_map(chunks)
}

fn chunks(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(CHUNK).map(|chunk| chunk.iter().collect()).collect()
}

/// The steps that these events tell of.
fn gathered(events: &[Value]) -> Vec<Value> {
    let mut steps: Vec<Value> = Vec::new();
    for event in events {
        if let Some(step) = event.get("step") {
            steps.push(step.clone());
        }
        let (Some(delta), Some(step)) = (event.get("delta"), steps.last_mut()) else { continue };
        match delta["type"].as_str().unwrap_or_default() {
            "text" => append(&mut step["content"], delta),
            "thought_summary" => append(&mut step["summary"], &delta["content"]),
            "thought_signature" => step["signature"] = delta["signature"].clone(),
            "arguments_delta" => {
                let arguments = delta["arguments"].as_str().unwrap_or_default();
                step["arguments"] = serde_json::from_str(arguments).unwrap_or_default();
            }
            kind if kind.ends_with("_result") => step["result"] = delta["result"].clone(),
            _ => step["arguments"] = delta["arguments"].clone(),
        }
    }
    steps
}

/// Adds a piece of text to the last content.
fn append(contents: &mut Value, piece: &Value) {
    let text = piece["text"].as_str().unwrap_or_default();
    match contents.as_array_mut() {
        None => *contents = json!([piece]),
        Some(contents) => match contents.last_mut() {
            None => contents.push(piece.clone()),
            Some(last) => last["text"] = json!(format!("{}{text}", last["text"].as_str().unwrap_or_default())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::{Order, Wishes};
    use crate::world::JobKind;

    fn job(model: &str, outcome: Outcome) -> Job {
        let order = Order {
            id: "interactions/v1_abcdefghij".to_owned(),
            kind: JobKind::Interaction,
            model: model.to_owned(),
            display_name: None,
            wishes: Wishes { outcome, ..Wishes::default() },
            owner: None,
            webhook_config: None,
            request: json!({ "input": "How far away is the star Pollux, and is it a giant as they say?" }),
            output: None,
        };
        Job { state: JobState::Running, started_ms: Some(0), next_ms: Some(1000), ..order.into_job(0) }
    }

    #[test]
    fn steps_become_events_and_steps_again() {
        for model in ["agents/deep-research-x", "models/m"] {
            for outcome in [Outcome::Succeed, Outcome::RequireAction] {
                let steps = planned(&job(model, outcome), outcome);
                let events = told(&steps);
                assert_eq!(gathered(&events), steps);
                for told_so_far in 0..=events.len() {
                    let again = told(&gathered(&events[..told_so_far]));
                    let same = again.iter().zip(&events[..told_so_far]).take_while(|(one, two)| one == two).count();
                    assert_eq!(same, told_so_far, "{outcome:?} {told_so_far}");
                }
            }
        }
    }

    #[test]
    fn whatever_ends_it_what_was_told_stays() {
        use Outcome::{Cancel, Fail, Idle, RequireAction, Succeed};
        for planned in [Succeed, RequireAction, Fail] {
            let running = job("agents/a", planned);
            for now in (0..=1000).step_by(50) {
                let (begun, next) = events(&running, now);
                assert_eq!(next.is_none(), now == 1000, "{planned:?} {now}");
                for outcome in [Succeed, RequireAction, Fail, Cancel, Idle] {
                    let ended = told(&at_end(&running, outcome, now));
                    assert!(ended.starts_with(&begun), "{planned:?} {outcome:?} {now}");
                }
            }
        }
    }
}
