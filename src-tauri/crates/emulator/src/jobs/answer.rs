//! What a model of the emulator answers: the same request gives the same answer.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value, json};

/// How deep a schema is followed: beyond it stands `null`, so that one that contains itself ends.
const DEPTH: usize = 12;
/// Most elements of an array that a schema asks for.
const MOST_ITEMS: u64 = 32;
/// About how many bytes a schema is filled with: arrays within arrays and references would multiply without an end.
const MOST_BYTES: usize = 64 * 1024;
/// Most words of a text that shape its embedding.
const MOST_WORDS: usize = 256;
/// What `gemini-embedding-001` gives where no number is asked for.
const DIMENSIONS: u64 = 3072;

/// The text to a prompt: an echo of it.
pub(crate) fn text(prompt: &str) -> String {
    match prompt.trim() {
        "" => "Echo of an empty prompt.".to_owned(),
        prompt => format!("Echo: {prompt}"),
    }
}

/// The tokens of a text, at four characters each.
pub(crate) fn tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(4)
}

/// A `GenerateContentResponse` to a `GenerateContentRequest`, or what is wrong with it.
pub(crate) fn generate(request: &Value, model: &str, id: &str) -> Result<Value, String> {
    let contents = match request.get("contents") {
        Some(Value::Array(contents)) if !contents.is_empty() => contents.as_slice(),
        Some(content @ Value::Object(_)) => std::slice::from_ref(content),
        _ => return Err("GenerateContentRequest.contents: contents is not specified".to_owned()),
    };
    let prompt = contents.iter().rev().find(|content| content.get("role").is_none_or(|role| role == "user"));
    let prompt = prompt.map(content_text).unwrap_or_default();
    let config = either(request, "generationConfig", "generation_config");
    let member = |camel, snake| config.and_then(|config| either(config, camel, snake));
    let schema =
        member("responseJsonSchema", "response_json_schema").or_else(|| member("responseSchema", "response_schema"));
    let mime = member("responseMimeType", "response_mime_type").and_then(Value::as_str);
    let answer = match (schema, mime) {
        (Some(schema), _) => sample(schema, &prompt).to_string(),
        (None, Some("application/json")) => json!({ "answer": text(&prompt) }).to_string(),
        _ => text(&prompt),
    };
    let (asked, answered) =
        (contents.iter().map(|content| tokens(&content_text(content))).sum::<u64>(), tokens(&answer));
    Ok(json!({
        "candidates": [{
            "content": { "parts": [{ "text": answer }], "role": "model" },
            "finishReason": "STOP",
            "index": 0,
        }],
        "usageMetadata": {
            "promptTokenCount": asked,
            "candidatesTokenCount": answered,
            "totalTokenCount": asked + answered,
        },
        "modelVersion": model.trim_start_matches("models/"),
        "responseId": id,
    }))
}

/// The response to an `EmbedContentRequest`, or what is wrong with it. Texts that share words are near each other.
pub(crate) fn embed(request: &Value) -> Result<Value, String> {
    let content = request.get("content").filter(|content| content.is_object());
    let content = content.ok_or("EmbedContentRequest.content: content is not specified")?;
    let asked = either(request, "outputDimensionality", "output_dimensionality");
    let dimensions = match asked.map(Value::as_u64) {
        None => DIMENSIONS,
        Some(Some(number @ 1..=DIMENSIONS)) => number,
        Some(_) => return Err(format!("EmbedContentRequest.output_dimensionality: must be 1 to {DIMENSIONS}")),
    };
    let text = content_text(content);
    Ok(json!({ "tokenCount": tokens(&text), "embedding": { "values": vector(&text, dimensions as usize) } }))
}

fn vector(text: &str, dimensions: usize) -> Vec<f64> {
    let mut sum = vec![0.0_f64; dimensions];
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(MOST_WORDS);
    // Of a text without words the start stands alone.
    for word in std::iter::once("").chain(words) {
        let mut random = ChaCha8Rng::seed_from_u64(fnv1a(word));
        let weight = if word.is_empty() { 0.1 } else { 1.0 };
        for value in &mut sum {
            *value += weight * (f64::from(random.next_u32()) / f64::from(u32::MAX) - 0.5);
        }
    }
    let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
    // Eight decimals: single precision, as the service gives it.
    sum.into_iter().map(|value| (value / length * 1e8).round() / 1e8).collect()
}

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The text of a `Content`; other parts as their type in brackets.
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

/// A member under its camelCase or its snake_case name: proto-JSON takes both.
pub(crate) fn either<'a>(object: &'a Value, camel: &str, snake: &str) -> Option<&'a Value> {
    object.get(camel).or_else(|| object.get(snake)).filter(|value| !value.is_null())
}

/// A value that fits a JSON schema (or an OpenAPI one, whose types are in upper case), with `text` where it asks for any
/// text.
pub(crate) fn sample(schema: &Value, text: &str) -> Value {
    Filling { root: schema, text, left: MOST_BYTES }.fit(schema, 0)
}

struct Filling<'a> {
    root: &'a Value,
    text: &'a str,
    /// Bytes that may still be added.
    left: usize,
}

impl Filling<'_> {
    /// `null` where it is too deep, or too much.
    fn fit(&mut self, schema: &Value, depth: usize) -> Value {
        let spent = self.left == 0;
        self.left = self.left.saturating_sub(1);
        if depth > DEPTH || spent {
            return Value::Null;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(Value::Null, |target| self.fit(target, depth + 1));
        }
        let first = || schema.get("enum")?.as_array()?.first();
        if let Some(fixed) = schema.get("const").or_else(|| schema.get("default")).or_else(first) {
            self.left = self.left.saturating_sub(size(fixed));
            return fixed.clone();
        }
        let choices = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema.get(name)?.as_array()?.first());
        if let Some(first) = choices {
            return self.fit(first, depth + 1);
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.to_lowercase(),
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null").to_lowercase()
            }
            _ if schema.get("properties").is_some() => "object".to_owned(),
            _ => "string".to_owned(),
        };
        match kind.as_str() {
            "object" => {
                let mut filled = Map::new();
                for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    self.left = self.left.saturating_sub(name.len());
                    filled.insert(name.clone(), self.fit(member, depth + 1));
                }
                Value::Object(filled)
            }
            "array" => {
                let items = |name, otherwise| schema.get(name).and_then(Value::as_u64).unwrap_or(otherwise);
                let number = items("minItems", 1).max(1).min(items("maxItems", MOST_ITEMS)).min(MOST_ITEMS);
                let item = |filling: &mut Self| match schema.get("items") {
                    Some(items) => filling.fit(items, depth + 1),
                    None => filling.words(),
                };
                Value::Array((0..number).map(|_| item(self)).collect())
            }
            "integer" | "number" => {
                schema.get("minimum").filter(|value| value.is_number()).cloned().unwrap_or(json!(1))
            }
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => match schema.get("format").and_then(Value::as_str) {
                Some("date-time") => json!("2026-01-22T12:00:00Z"),
                Some("date") => json!("2026-01-22"),
                _ => self.words(),
            },
        }
    }

    fn words(&mut self) -> Value {
        if self.left == 0 {
            return Value::Null;
        }
        self.left = self.left.saturating_sub(self.text.len());
        json!(self.text)
    }
}

/// About how many bytes a value has.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_fits_its_schema_and_ends() {
        let schema = json!({ "type": "OBJECT", "properties": {
            "name": { "type": "string" }, "when": { "type": "string", "format": "date" },
            "count": { "type": ["null", "integer"], "minimum": 3 }, "kind": { "enum": ["b", "a"] },
            "list": { "type": "array", "minItems": 2, "items": { "$ref": "#/$defs/flag" } },
            "none": { "type": "array", "maxItems": 0, "items": {} },
        }, "$defs": { "flag": { "type": "BOOLEAN" } } });
        let expected =
            json!({ "name": "hi", "when": "2026-01-22", "count": 3, "kind": "b", "list": [true, true], "none": [] });
        assert_eq!(sample(&schema, "hi"), expected);
        let endless = json!({ "properties": { "a": { "$ref": "#" } } });
        assert!(sample(&endless, "").to_string().ends_with(&format!("null{}", "}".repeat(DEPTH / 2 + 1))));
    }

    #[test]
    fn a_schema_that_multiplies_is_filled_up_to_a_limit() {
        let within = json!({ "type": "array", "minItems": 32, "items": { "$ref": "#" } });
        let fixed = json!({ "type": "array", "minItems": 32, "items": { "anyOf": [{ "$ref": "#/$defs/long" }] },
            "$defs": { "long": { "const": "x".repeat(MOST_BYTES / 4) } } });
        let members: Map<_, _> = (0..20).map(|n| (format!("m{n}"), json!({ "$ref": "#" }))).collect();
        for schema in [within, fixed, json!({ "properties": members })] {
            let sample = sample(&schema, "words").to_string();
            assert!(sample.len() < 8 * MOST_BYTES, "{}", sample.len());
        }
        let long = "x".repeat(4 * MOST_BYTES);
        assert_eq!(sample(&json!({ "type": "string" }), &long), json!(long), "one text is never cut");
    }

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
