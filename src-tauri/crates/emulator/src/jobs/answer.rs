//! The answers of the emulator's models: the same request gets the same answer.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::jobs::sample;

/// The most words of a text that affect its embedding.
const MOST_WORDS: usize = 256;
/// The tokens of any cached content: it is not looked at.
const CACHED: u64 = 1024;
/// The number of dimensions of `gemini-embedding-001` unless the request says otherwise.
const DIMENSIONS: u64 = 3072;

/// Answers a prompt with text: an echo of it.
pub(crate) fn text(prompt: &str) -> String {
    match prompt.trim() {
        "" => "Echo of an empty prompt.".to_owned(),
        prompt => format!("Echo: {prompt}"),
    }
}

/// The number of tokens in a text, at four characters each.
pub(crate) fn tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(4)
}

/// The contents of a `GenerateContentRequest`, or what is wrong with it.
fn contents(request: &Value) -> Result<&[Value], String> {
    match request.get("contents") {
        Some(Value::Array(contents)) if !contents.is_empty() => Ok(contents),
        Some(content @ Value::Object(_)) => Ok(std::slice::from_ref(content)),
        _ => Err("GenerateContentRequest.contents: contents is not specified".to_owned()),
    }
}

/// What is wrong with a request, if anything is: it would get no answer.
pub(crate) fn wrong(request: &Value, embeds: bool) -> Option<String> {
    if embeds { content(request).err() } else { contents(request).err() }
}

/// A `GenerateContentResponse` for a `GenerateContentRequest`, or what is wrong with the request.
pub(crate) fn generate(request: &Value, model: &str, id: &str) -> Result<Value, String> {
    let contents = contents(request)?;
    let prompt = contents.iter().rev().find(|content| content.get("role").is_none_or(|role| role == "user"));
    let prompt = prompt.map(content_text).unwrap_or_default();
    let config = either(request, "generationConfig", "generation_config");
    let member = |camel, snake| config.and_then(|config| either(config, camel, snake));
    let schema =
        member("responseJsonSchema", "response_json_schema").or_else(|| member("responseSchema", "response_schema"));
    let mime = member("responseMimeType", "response_mime_type").and_then(Value::as_str);
    let answer = match (schema, mime) {
        (Some(schema), _) => sample::fitting(schema, &prompt).to_string(),
        (None, Some("application/json")) => json!({ "answer": text(&prompt) }).to_string(),
        _ => text(&prompt),
    };
    let thinking = member("thinkingConfig", "thinking_config");
    let budget = thinking.and_then(|thinking| either(thinking, "thinkingBudget", "thinking_budget"));
    let thinks = budget.is_none_or(|budget| *budget != json!(0));
    let asked = contents.iter().map(|content| tokens(&content_text(content))).sum::<u64>();
    let cached = either(request, "cachedContent", "cached_content").map_or(0, |_| CACHED);
    Ok(json!({
        "candidates": [{
            "content": { "parts": [{ "text": answer }], "role": "model" },
            "finishReason": "STOP",
            "index": 0,
        }],
        "usageMetadata": usage(asked + cached, cached, tokens(&answer), thinks),
        "modelVersion": model.trim_start_matches("models/"),
        "responseId": id,
    }))
}

/// `usageMetadata`. The prompt includes what was cached; counts of 0 are left out, as in proto-JSON.
fn usage(asked: u64, cached: u64, answered: u64, thinks: bool) -> Value {
    let thought = if thinks { 2 * answered } else { 0 };
    let mut usage = json!({
        "promptTokenCount": asked,
        "candidatesTokenCount": answered,
        "totalTokenCount": asked + answered + thought,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": asked }],
    });
    for (name, count) in [("thoughtsTokenCount", thought), ("cachedContentTokenCount", cached)] {
        if count > 0 {
            usage[name] = json!(count);
        }
    }
    usage
}

/// The response to an `EmbedContentRequest`, or what is wrong with it. Texts that share words are close to each other.
pub(crate) fn embed(request: &Value) -> Result<Value, String> {
    let (content, dimensions) = content(request)?;
    let text = content_text(content);
    Ok(json!({ "tokenCount": tokens(&text), "embedding": { "values": vector(&text, dimensions) } }))
}

/// The content of an `EmbedContentRequest` and the wanted dimensions, or what is wrong with it.
fn content(request: &Value) -> Result<(&Value, usize), String> {
    let content = request.get("content").filter(|content| content.is_object());
    let content = content.ok_or("EmbedContentRequest.content: content is not specified")?;
    let asked = either(request, "outputDimensionality", "output_dimensionality");
    let dimensions = match asked.map(Value::as_u64) {
        None => DIMENSIONS,
        Some(Some(number @ 1..=DIMENSIONS)) => number,
        Some(_) => return Err(format!("EmbedContentRequest.output_dimensionality: must be 1 to {DIMENSIONS}")),
    };
    Ok((content, dimensions as usize))
}

fn vector(text: &str, dimensions: usize) -> Vec<f64> {
    let mut sum = vec![0.0_f64; dimensions];
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(MOST_WORDS);
    // Without any words, the start of the text decides alone.
    for word in std::iter::once("").chain(words) {
        let mut random = ChaCha8Rng::seed_from_u64(fnv1a(word));
        let weight = if word.is_empty() { 0.1 } else { 1.0 };
        for value in &mut sum {
            *value += weight * (f64::from(random.next_u32()) / f64::from(u32::MAX) - 0.5);
        }
    }
    let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
    // Eight decimals: single precision, like the service.
    sum.into_iter().map(|value| (value / length * 1e8).round() / 1e8).collect()
}

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The text of a `Content`; other parts appear as their type in brackets.
fn content_text(content: &Value) -> String {
    let parts = content.get("parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<String> = parts
        .iter()
        .filter_map(|part| {
            if let Some(text) = part.get("text").and_then(Value::as_str) {
                return Some(text.to_owned());
            }
            let data = either(part, "inlineData", "inline_data").or_else(|| either(part, "fileData", "file_data"))?;
            let mime = either(data, "mimeType", "mime_type").and_then(Value::as_str);
            Some(format!("[{}]", mime.unwrap_or("data")))
        })
        .collect();
    texts.join("\n")
}

/// A member by its camelCase or snake_case name: proto-JSON accepts both.
pub(crate) fn either<'a>(object: &'a Value, camel: &str, snake: &str) -> Option<&'a Value> {
    object.get(camel).or_else(|| object.get(snake)).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeddings_have_length_one_and_know_related_texts() {
        let embed = |text: &str| {
            let request = json!({ "content": { "parts": [{ "text": text }] }, "output_dimensionality": 128 });
            let response = embed(&request).unwrap();
            let values = response["embedding"]["values"].as_array().unwrap();
            values.iter().map(|value| value.as_f64().unwrap()).collect::<Vec<_>>()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (cat, cats, tax, empty) =
            (embed("the black cat"), embed("A black cat!"), embed("income tax law"), embed(""));
        assert_eq!(cat.len(), 128);
        for vector in [&cat, &cats, &tax, &empty] {
            assert!((dot(vector, vector) - 1.0).abs() < 1e-6);
        }
        assert!(dot(&cat, &cats) > dot(&cat, &tax) + 0.2);
        for dimensions in [json!(0), json!(3073), json!("64"), json!(-1)] {
            let request = json!({ "content": { "parts": [] }, "outputDimensionality": dimensions });
            assert!(super::embed(&request).is_err(), "{dimensions}");
        }
    }

    #[test]
    fn the_last_words_of_the_user_are_answered() {
        let request = json!({ "contents": [
            { "role": "user", "parts": [{ "text": "first" }] },
            { "role": "model", "parts": [{ "text": "second" }] },
            { "role": "user", "parts": [{ "text": "third" }, { "inlineData": { "mimeType": "image/png" } }] },
        ] });
        let response = generate(&request, "models/gemini-x", "r1").unwrap();
        assert_eq!(response["candidates"][0]["content"]["parts"][0]["text"], "Echo: third\n[image/png]");
        assert_eq!(response["modelVersion"], "gemini-x");
        for wrong in [json!({}), json!({ "contents": [] }), json!({ "contents": "text" })] {
            assert!(generate(&wrong, "m", "r").unwrap_err().contains("contents"), "{wrong}");
        }
    }
}
