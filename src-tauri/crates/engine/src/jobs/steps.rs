//! An interaction's steps, in the form that the window shows.

use jiff::Timestamp;
use serde_json::Value;

use crate::dto::{InteractionStep, InteractionUsage, InteractionView, PendingCall};

/// The most characters of a step's text.
const TEXT: usize = 4_000;

/// The steps, pending calls and usage of an interaction, from the service's whole answer.
pub(super) fn view(raw: &Value) -> InteractionView {
    let steps = list(raw, "steps");
    let waiting = pending(raw);
    let waits = |id: Option<&str>| id.is_some_and(|id| waiting.iter().any(|call| call.id == id));
    InteractionView {
        steps: steps.iter().map(|one| step(one, waits(call_id(one)))).collect(),
        usage: usage(raw),
        previous: raw.get("previous_interaction_id").and_then(Value::as_str).map(|id| format!("interactions/{id}")),
        next: Vec::new(),
        pending: waiting,
    }
}

/// The functions that wait for a result: `get_order, issue_refund`.
pub(super) fn pending_names(raw: &Value) -> Option<String> {
    let names: Vec<String> = pending(raw).into_iter().map(|call| call.name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Function calls without a result. Only where the interaction requires an action: otherwise the service has dealt with
/// them.
fn pending(raw: &Value) -> Vec<PendingCall> {
    if raw.get("status").and_then(Value::as_str) != Some("requires_action") {
        return Vec::new();
    }
    let steps = list(raw, "steps");
    let answered: Vec<&str> = steps
        .iter()
        .filter(|step| kind(step) == "function_result")
        .filter_map(|step| step.get("call_id").and_then(Value::as_str))
        .collect();
    let calls = steps.iter().filter(|step| kind(step) == "function_call");
    let open = calls.filter(|call| !call_id(call).is_some_and(|id| answered.contains(&id)));
    let tools = list(raw, "tools");
    open.map(|call| {
        let name = call.get("name").and_then(Value::as_str).unwrap_or_default();
        let tool = tools.iter().find(|tool| tool.get("name").and_then(Value::as_str) == Some(name));
        let schema = tool.and_then(|tool| {
            ["response_json_schema", "response_schema", "response", "output_schema"].iter().find_map(|at| tool.get(*at))
        });
        PendingCall {
            id: call_id(call).unwrap_or_default().to_owned(),
            name: name.to_owned(),
            arguments: call.get("arguments").map(Value::to_string).unwrap_or_else(|| "{}".to_owned()),
            response_schema: schema.map(Value::to_string),
            description: tool.and_then(|tool| tool.get("description")?.as_str()).map(str::to_owned),
        }
    })
    .collect()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn kind(step: &Value) -> &str {
    step.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn call_id(step: &Value) -> Option<&str> {
    ["id", "call_id"].iter().find_map(|name| step.get(*name)?.as_str())
}

fn step(step: &Value, waits: bool) -> InteractionStep {
    let kind = kind(step);
    let (text, cut) = bounded(&words(step, kind));
    let at = ["created", "create_time", "timestamp", "at"].iter().find_map(|name| step.get(*name)?.as_str());
    let mime = list(step, "content").iter().find_map(|part| part.get("mime_type")?.as_str());
    InteractionStep {
        kind: kind.to_owned(),
        name: step.get("name").and_then(Value::as_str).map(str::to_owned),
        text,
        cut,
        mime_type: mime.map(str::to_owned),
        at_ms: at.and_then(|at| at.parse::<Timestamp>().ok()).map(Timestamp::as_millisecond),
        call: (kind.ends_with("_call") || kind.ends_with("_result"))
            .then(|| call_id(step))
            .flatten()
            .map(str::to_owned),
        waits: waits && kind == "function_call",
    }
}

/// What a step says: its text, or else the member that holds what it is about.
fn words(step: &Value, kind: &str) -> String {
    let of = |name: &str| step.get(name).filter(|value| !value.is_null());
    if let Some(arguments) = of("arguments").filter(|_| kind.ends_with("_call")) {
        return arguments.to_string();
    }
    if let Some(result) = of("result").filter(|_| kind.ends_with("_result")) {
        return result.as_str().map_or_else(|| result.to_string(), str::to_owned);
    }
    let parts: Vec<String> = ["content", "summary"].iter().flat_map(|name| list(step, name)).map(part).collect();
    let text = parts.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n");
    if !text.is_empty() {
        return text;
    }
    ["text", "content", "summary", "query", "code"]
        .iter()
        .find_map(|name| of(name)?.as_str())
        .map_or_else(String::new, str::to_owned)
}

fn part(part: &Value) -> String {
    if let Some(text) = part.as_str().or_else(|| part.get("text")?.as_str()) {
        return text.to_owned();
    }
    match part.get("mime_type").and_then(Value::as_str) {
        Some(mime) => format!("[{mime}]"),
        None => part.get("result").map(Value::to_string).unwrap_or_default(),
    }
}

fn bounded(text: &str) -> (String, bool) {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => (text.get(..end).unwrap_or_default().to_owned(), true),
        None => (text.to_owned(), false),
    }
}

fn usage(raw: &Value) -> Option<InteractionUsage> {
    let usage = raw.get("usage").filter(|usage| usage.is_object())?;
    let count = |names: &[&str]| names.iter().find_map(|name| usage.get(*name)?.as_u64());
    Some(InteractionUsage {
        input: count(&["total_input_tokens", "input_tokens", "prompt_tokens"]),
        output: count(&["total_output_tokens", "output_tokens"]),
        thought: count(&["total_thought_tokens", "total_reasoning_tokens", "thought_tokens"]),
        cached: count(&["total_cached_tokens", "cached_tokens"]),
        total: count(&["total_tokens"]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn calls_wait_until_they_have_a_result_and_know_their_tool() {
        let raw = json!({
            "status": "requires_action",
            "tools": [{ "type": "function", "name": "refund", "description": "Pays back.",
                        "response_schema": { "type": "object" } }],
            "steps": [
                { "type": "user_input", "content": [{ "type": "text", "text": "Refund it" }] },
                { "type": "function_call", "id": "a", "name": "order", "arguments": { "id": 1 } },
                { "type": "function_result", "call_id": "a", "name": "order", "result": { "total": 2 } },
                { "type": "function_call", "id": "b", "name": "refund", "arguments": { "amount": 2 } },
            ],
            "usage": { "total_input_tokens": 7, "total_tokens": 9 },
        });
        let view = view(&raw);
        assert_eq!(view.pending.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(view.pending[0].response_schema.as_deref(), Some(r#"{"type":"object"}"#));
        assert_eq!(pending_names(&raw).as_deref(), Some("refund"));
        let texts: Vec<&str> = view.steps.iter().map(|step| step.text.as_str()).collect();
        assert_eq!(texts, ["Refund it", r#"{"id":1}"#, r#"{"total":2}"#, r#"{"amount":2}"#]);
        assert_eq!(view.steps.iter().map(|step| step.waits).collect::<Vec<_>>(), [false, false, false, true]);
        assert_eq!(view.usage.unwrap().input, Some(7));
        let ended = json!({ "status": "completed", "steps": raw["steps"] });
        assert!(super::view(&ended).pending.is_empty(), "the service has dealt with it");
    }

    #[test]
    fn any_answer_can_be_read() {
        for raw in [json!(null), json!({ "steps": 5 }), json!({ "steps": [null, 7, { "content": "x" }, {}] })] {
            let view = view(&raw);
            assert!(view.pending.is_empty());
        }
        let long = json!({ "steps": [{ "type": "model_output", "content": [{ "text": "é".repeat(5000) }] }] });
        let step = &view(&long).steps[0];
        assert_eq!((step.text.chars().count(), step.cut), (4000, true));
    }
}
