//! Interactions: the steps they end with.

use serde_json::{Value, json};

use crate::jobs::{answer, sample, steps};
use crate::world::{Job, JobError, JobState};

/// Whether it was requested with `background=true`.
pub(crate) fn in_background(request: &Value) -> bool {
    request.get("background").is_some_and(|background| background == true)
}

/// The error's name in the Interactions API.
pub(crate) fn error_code(error: &JobError) -> String {
    match error.code {
        13 => "internal_error".to_owned(),
        _ => error.status.to_lowercase(),
    }
}

/// The text to answer: what the user said last.
pub(crate) fn prompt(request: &Value) -> String {
    match request.get("input") {
        Some(Value::Array(items)) if items.iter().any(is_turn) => {
            let mut turns = items.iter().rev().filter(|item| is_turn(item) && !is_of_model(item)).peekable();
            let mut said = Vec::new();
            // Results that were given together are answered together.
            while let Some(turn) = turns.next() {
                said.push(text_of(turn));
                if !is_result(turn) || !turns.peek().is_some_and(|next| is_result(next)) {
                    break;
                }
            }
            said.reverse();
            said.join("\n")
        }
        Some(input) => text_of(input),
        None => String::new(),
    }
}

fn kind(item: &Value) -> &str {
    item.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Whether it is a step (`user_input`, `function_result`, …) or a turn with a role, rather than a piece of content.
fn is_turn(item: &Value) -> bool {
    item.get("role").is_some() || is_of_model(item) || kind(item) == "user_input" || kind(item).ends_with("_result")
}

fn is_of_model(item: &Value) -> bool {
    let kind = kind(item);
    item.get("role").is_some_and(|role| role == "model")
        || matches!(kind, "model_output" | "thought")
        || kind.ends_with("_call")
}

/// The request as the steps that the interaction begins with: a text, or pieces of content, become one `user_input`.
pub(crate) fn input_steps(request: &Value) -> Vec<Value> {
    let (mut steps, mut pieces) = (Vec::new(), Vec::new());
    let flush = |pieces: &mut Vec<Value>, steps: &mut Vec<Value>| {
        if !pieces.is_empty() {
            steps.push(json!({ "type": "user_input", "content": std::mem::take(pieces) }));
        }
    };
    for item in items(request) {
        if is_turn(item) {
            flush(&mut pieces, &mut steps);
            steps.push(step(item));
        } else {
            pieces.push(content(item));
        }
    }
    flush(&mut pieces, &mut steps);
    steps
}

/// The input as a list.
fn items(request: &Value) -> &[Value] {
    match request.get("input") {
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// A turn with a role becomes the step of that role.
fn step(turn: &Value) -> Value {
    if turn.get("role").is_none() {
        return turn.clone();
    }
    let kind = if is_of_model(turn) { "model_output" } else { "user_input" };
    let pieces: Vec<Value> = match turn.get("content") {
        Some(Value::Array(pieces)) => pieces.iter().map(content).collect(),
        Some(piece) => vec![content(piece)],
        None => Vec::new(),
    };
    json!({ "type": kind, "content": pieces })
}

fn content(piece: &Value) -> Value {
    if piece.is_string() { json!({ "type": "text", "text": piece }) } else { piece.clone() }
}

/// Whether an agent would call a function here, which requires the client to act. It would if it may call one and has
/// not just been given the result of a call. Tools that the service runs itself, such as `google_search`, require
/// nothing.
pub(crate) fn calls(request: &Value) -> bool {
    !functions(request).is_empty() && !fresh(request).iter().any(is_result)
}

/// The functions among the tools that `tool_choice` allows.
fn functions(request: &Value) -> Vec<&Value> {
    let choice = request.get("generation_config").and_then(|config| config.get("tool_choice"));
    let allowed = choice.and_then(|choice| choice.get("allowed_tools"));
    let mode = allowed.and_then(|allowed| allowed.get("mode")).or(choice);
    if mode.is_some_and(|mode| mode == "none") {
        return Vec::new();
    }
    let names = allowed.and_then(|allowed| allowed.get("tools")).and_then(Value::as_array);
    let may = |function: &&Value| match (names, function.get("name")) {
        (_, None) => false,
        (Some(names), Some(name)) => names.contains(name),
        (None, Some(name)) => name.is_string(),
    };
    let tools = request.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    tools.iter().filter(|tool| kind(tool) == "function").filter(may).collect()
}

/// What the model has not yet answered.
fn fresh(request: &Value) -> &[Value] {
    let answers = |item: &Value| kind(item) == "model_output" || item.get("role").is_some_and(|role| role == "model");
    items(request).rsplit(answers).next().unwrap_or_default()
}

/// The results of functions among these items and within them.
fn results<'a>(items: &'a [Value], found: &mut Vec<&'a Value>) {
    for item in items {
        if kind(item) == "function_result" {
            found.push(item);
        } else if let Some(Value::Array(within)) = item.get("content") {
            results(within, found);
        }
    }
}

fn is_result(item: &Value) -> bool {
    let within = item.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    kind(item) == "function_result" || within.iter().any(is_result)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n"),
        Value::Object(members) => match ["text", "content", "result"].iter().find_map(|name| members.get(*name)) {
            Some(inner @ (Value::String(_) | Value::Array(_))) => text_of(inner),
            Some(inner) => inner.to_string(),
            None => {
                members.get("mime_type").and_then(Value::as_str).map(|mime| format!("[{mime}]")).unwrap_or_default()
            }
        },
        Value::Null => String::new(),
        plain => plain.to_string(),
    }
}

/// Steps and usage of a finished interaction: one output of the model, as JSON if a format asks for it.
pub(crate) fn answered(job: &Job) -> Value {
    let prompt = prompt(&job.request);
    let text = match schema(&job.request) {
        Some(schema) => sample::fitting(schema, &prompt).to_string(),
        None => answer::text(&prompt),
    };
    let mut steps = steps::before(job, &prompt, false);
    let usage = usage(&prompt, &steps, &text);
    steps.push(json!({ "type": "model_output", "content": [{ "type": "text", "text": text }] }));
    json!({ "steps": steps, "usage": usage })
}

/// Steps and usage of an interaction that waits for the results of functions: those among its tools in turn, with
/// arguments that fit their parameters.
pub(crate) fn asked(job: &Job) -> Value {
    let functions = functions(&job.request);
    let prompt = prompt(&job.request);
    let id = job.id.rsplit('_').next().and_then(|id| id.get(..8)).unwrap_or("1");
    let mut steps = steps::before(job, &prompt, true);
    let before = steps.clone();
    let mut said = String::new();
    for number in 0..usize::from(job.calls.unwrap_or(1)) {
        let function = functions.get(number % functions.len().max(1));
        let name = function.and_then(|function| function.get("name")?.as_str()).unwrap_or("confirm");
        let arguments = function.and_then(|function| function.get("parameters"));
        let arguments = arguments.map(|parameters| sample::fitting(parameters, &prompt)).filter(Value::is_object);
        let arguments = arguments.unwrap_or_else(|| json!({}));
        let call = if number == 0 { format!("call_{id}") } else { format!("call_{id}_{}", number + 1) };
        said.push_str(&arguments.to_string());
        steps.push(json!({ "type": "function_call", "id": call, "name": name, "arguments": arguments }));
    }
    let usage = usage(&prompt, &before, &said);
    json!({ "steps": steps, "usage": usage })
}

/// What is wrong with the results in a request that goes on with this interaction, if it waits for any. A request
/// without a result asks something new.
pub(crate) fn wrong_results(previous: &Job, request: &Value) -> Option<String> {
    let mut given = Vec::new();
    results(fresh(request), &mut given);
    if previous.state != JobState::RequiresAction || given.is_empty() {
        return None;
    }
    let id = previous.id.trim_start_matches("interactions/");
    let steps = previous.output.as_ref().and_then(|output| output.get("steps")?.as_array());
    let calls = steps.into_iter().flatten().filter(|step| kind(step) == "function_call");
    let waiting: Vec<&str> = calls.filter_map(|call| call.get("id")?.as_str()).collect();
    let names = |ids: &[&str]| ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
    let mut answered = Vec::new();
    for result in given {
        let Some(call) = result.get("call_id").and_then(Value::as_str) else {
            return Some("Missing required parameter: 'function_result.call_id'.".to_owned());
        };
        if !waiting.contains(&call) {
            let waiting = names(&waiting);
            return Some(format!("The interaction '{id}' has no pending call '{call}', only: {waiting}."));
        }
        if answered.contains(&call) {
            return Some(format!("The call '{call}' is answered twice."));
        }
        answered.push(call);
    }
    let missing: Vec<&str> = waiting.into_iter().filter(|call| !answered.contains(call)).collect();
    let missing = names(&missing);
    (!missing.is_empty()).then(|| format!("The interaction '{id}' also waits for the results of: {missing}."))
}

/// The schema of the requested text: `response_format` is one format, a list of them, or a schema itself.
fn schema(request: &Value) -> Option<&Value> {
    let format = request.get("response_format")?;
    let format = match format {
        Value::Array(formats) => formats.iter().find(|format| format.get("schema").is_some())?,
        one => one,
    };
    match format.get("schema") {
        Some(schema) => Some(schema),
        None => format.get("properties").is_some().then_some(format),
    }
}

fn usage(prompt: &str, before: &[Value], answer: &str) -> Value {
    let (asked, answered) = (answer::tokens(prompt), answer::tokens(answer));
    let of = |thinks: bool| {
        let steps = before.iter().filter(|step| (kind(step) == "thought") == thinks);
        steps.map(|step| answer::tokens(&step.to_string())).sum::<u64>()
    };
    let (thought, tools) = (of(true), of(false));
    json!({
        "total_input_tokens": asked,
        "input_tokens_by_modality": [{ "modality": "text", "tokens": asked }],
        "total_cached_tokens": 0,
        "total_output_tokens": answered,
        "total_thought_tokens": thought,
        "total_tool_use_tokens": tools,
        "total_tokens": asked + answered + thought + tools,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_is_what_the_user_said_last() {
        let text = |text: &str| json!({ "type": "text", "text": text });
        let table = [
            (json!("plain"), "plain"),
            (text("content"), "content"),
            (json!([text("two"), text("pieces")]), "two\npieces"),
            (json!([text("see"), { "type": "image", "mime_type": "image/png", "data": "aGk=" }]), "see\n[image/png]"),
            (json!([{ "type": "user_input", "content": [text("step")] }]), "step"),
            (json!([{ "role": "user", "content": "a" }, { "role": "model", "content": "b" }]), "a"),
            (
                json!([{ "type": "user_input", "content": "a" }, { "type": "model_output", "content": [text("b")] }]),
                "a",
            ),
            (json!([{ "type": "function_result", "call_id": "c", "name": "f", "result": { "x": 1 } }]), r#"{"x":1}"#),
        ];
        for (input, expected) in table {
            assert_eq!(prompt(&json!({ "input": input })), expected, "{input}");
        }
        assert_eq!(prompt(&json!({})), "");
    }
}
