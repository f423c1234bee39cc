//! The same rules on `serde_json::Value`, written without a thought for speed.

use std::collections::HashMap;

use results::{RowState, Tokens, means_blocked};
use serde_json::Value;

/// What a line says.
#[derive(Debug)]
pub(crate) struct Naive {
    pub(crate) key: Option<String>,
    pub(crate) state: RowState,
    pub(crate) tokens: Tokens,
}

/// The lines of a file that are rows, without their `\n`.
pub(crate) fn lines(file: &[u8]) -> Vec<&[u8]> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    file.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect()
}

fn member<'v>(value: &'v Value, camel: &str) -> &'v Value {
    let snake: String = camel
        .chars()
        .flat_map(|char| match char {
            'A'..='Z' => vec!['_', char.to_ascii_lowercase()],
            _ => vec![char],
        })
        .collect();
    if value[camel].is_null() { &value[snake.as_str()] } else { &value[camel] }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn error(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Object(members) => {
            let ok = value["code"] == 0 && scalar(&value["message"]).is_none() && scalar(&value["status"]).is_none();
            !members.is_empty() && !ok
        }
        _ => false,
    }
}

fn said(part: &Value) -> bool {
    let text = part["text"].as_str().is_some_and(|text| !text.is_empty());
    let kinds = "functionCall functionResponse inlineData fileData executableCode codeExecutionResult";
    part["thought"] != true && (text || kinds.split(' ').any(|kind| member(part, kind).is_object()))
}

/// Reads a line.
pub(crate) fn read(line: &[u8]) -> Naive {
    let of = |key, state| Naive { key, state, tokens: Tokens::default() };
    let Ok(value) = serde_json::from_slice::<Value>(line) else { return of(None, RowState::Unparsable) };
    let key = scalar(&value["key"]).or_else(|| scalar(&value["metadata"]["key"]));
    if error(&value["error"]) {
        return of(key, RowState::Error);
    }
    let response = &value["response"];
    if !response.is_object() {
        return of(key, if error(&value["status"]) { RowState::Error } else { RowState::Unparsable });
    }
    let candidate = &response["candidates"][0];
    let finish = scalar(member(candidate, "finishReason")).unwrap_or_default();
    let block = scalar(member(member(response, "promptFeedback"), "blockReason"));
    let filled = |value: &Value| value.as_array().is_some_and(|items| !items.is_empty());
    let parts = candidate["content"]["parts"].as_array();
    let state = if block.is_some_and(|block| block != "BLOCK_REASON_UNSPECIFIED") || means_blocked(&finish) {
        RowState::Blocked
    } else if finish == "MAX_TOKENS" {
        RowState::CutOff
    } else if filled(&response["embedding"]["values"])
        || filled(&response["embeddings"])
        || parts.is_some_and(|parts| parts.iter().any(said))
    {
        RowState::Good
    } else {
        RowState::Empty
    };
    let usage = member(response, "usageMetadata");
    let count = |name: &str| member(usage, name).as_u64();
    let input = count("promptTokenCount").or_else(|| member(response, "tokenCount").as_u64());
    let tokens = Tokens {
        input,
        output: count("candidatesTokenCount"),
        thinking: count("thoughtsTokenCount"),
        cached: count("cachedContentTokenCount"),
    };
    Naive { tokens, ..of(key, state) }
}

/// For each row, the row that had its key first, if it is not this one.
pub(crate) fn repeats(rows: &[Naive]) -> Vec<Option<u32>> {
    let mut first = HashMap::new();
    let of = |(number, row): (u32, &Naive)| {
        let known = *first.entry(row.key.clone()?).or_insert(number);
        (known != number).then_some(known)
    };
    (0..).zip(rows).map(of).collect()
}
