//! A value that fits a JSON schema (or an OpenAPI one, whose types are in upper case): a model's answer if a format is
//! requested, and the arguments of a function that it calls.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

/// How deep a schema is followed. Below that is `null`, so that a schema that contains itself ends.
const DEPTH: usize = 12;
/// The most elements of an array that a schema asks for.
const MOST_ITEMS: u64 = 1024;
/// Roughly the most bytes that a schema is filled with: nested arrays and references would otherwise multiply without
/// end.
const MOST_BYTES: usize = 64 * 1024;

/// The longest text that is made to match a pattern, in bytes.
const LONGEST_MATCH: usize = 4096;

/// A value that fits the schema, with `text` wherever any text will do.
pub(crate) fn fitting(schema: &Value, text: &str) -> Value {
    Filling { root: schema, text, left: MOST_BYTES }.fit(schema, 0)
}

struct Filling<'a> {
    root: &'a Value,
    text: &'a str,
    /// Bytes that may still be added.
    left: usize,
}

impl Filling<'_> {
    /// `null` if it is too deep, or too much.
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
        if let Some(fixed) = fixed(schema) {
            self.left = self.left.saturating_sub(size(fixed));
            return fixed.clone();
        }
        if let Some(whole) = self.whole(schema) {
            // Copies count against the budget, too.
            self.left = self.left.saturating_sub(size(&whole));
            return self.fit(&whole, depth + 1);
        }
        match kind(schema).as_str() {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "integer" => number(schema, true),
            "number" => number(schema, false),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => self.words(schema),
        }
    }

    /// The schema with the additions of `allOf`, and with the first choice of `anyOf` and `oneOf` that is not null;
    /// `None` if there is nothing to add.
    fn whole(&self, schema: &Value) -> Option<Value> {
        let parts = |name: &str| schema.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let choice = |name: &str| {
            let choices = parts(name);
            choices.iter().find(|one| one.get("type").is_none_or(|kind| kind != "null")).or_else(|| choices.first())
        };
        let added: Vec<&Value> = parts("allOf")
            .iter()
            .chain(choice("anyOf"))
            .chain(choice("oneOf"))
            .map(|part| self.followed(part))
            .collect();
        let members = schema.as_object().filter(|_| !added.is_empty())?;
        let left_out = ["allOf", "anyOf", "oneOf", "$defs", "definitions"];
        let kept = members.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        let mut whole: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        for part in added.into_iter().filter_map(Value::as_object) {
            for (name, value) in part {
                match (whole.get_mut(name), value) {
                    (Some(Value::Object(into)), Value::Object(more)) => {
                        into.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
                    }
                    (Some(Value::Array(into)), Value::Array(more)) if name == "required" => into.extend(more.clone()),
                    (Some(_), _) => {}
                    (None, value) => {
                        whole.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        Some(Value::Object(whole))
    }

    /// Resolves a reference.
    fn followed<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        reference.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut filled = Map::new();
        for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.left = self.left.saturating_sub(name.len());
            filled.insert(name.clone(), self.fit(member, depth + 1));
        }
        let others = schema.get("additionalProperties").filter(|others| others.is_object()).unwrap_or(&Value::Null);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !filled.contains_key(name) {
                self.left = self.left.saturating_sub(name.len());
                filled.insert(name.to_owned(), self.fit(others, depth + 1));
            }
        }
        Value::Object(filled)
    }

    fn array(&mut self, schema: &Value, depth: usize) -> Value {
        let first = schema.get("prefixItems").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let others = schema.get("items").unwrap_or(&Value::Null);
        let limit = |name, otherwise| schema.get(name).and_then(whole_number).unwrap_or(otherwise);
        let least = limit("minItems", 1).max(1).max(first.len() as u64);
        let number = least.min(limit("maxItems", MOST_ITEMS)).min(MOST_ITEMS);
        let different = schema.get("uniqueItems") == Some(&json!(true));
        let mut filled = Vec::new();
        for index in 0..usize::try_from(number).unwrap_or_default() {
            let schema = first.get(index).unwrap_or(others);
            let choices = schema.get("enum").and_then(Value::as_array).filter(|_| different);
            filled.push(match choices.and_then(|choices| choices.get(index)) {
                Some(choice) => choice.clone(),
                None if different => another(self.fit(schema, depth + 1), index),
                None => self.fit(schema, depth + 1),
            });
        }
        Value::Array(filled)
    }

    fn words(&mut self, schema: &Value) -> Value {
        if self.left == 0 {
            return Value::Null;
        }
        let format = schema.get("format").and_then(Value::as_str).and_then(formatted);
        let pattern = schema.get("pattern").and_then(Value::as_str);
        // Reading it counts against the budget, too.
        self.left = self.left.saturating_sub(pattern.map_or(0, str::len));
        let mut words = pattern.and_then(matching).unwrap_or_else(|| format.unwrap_or(self.text).to_owned());
        let limit = |name| schema.get(name).and_then(whole_number).and_then(|number| usize::try_from(number).ok());
        if let Some(least) = limit("minLength").map(|least| least.min(MOST_BYTES)) {
            let missing = least.saturating_sub(words.chars().count());
            words.extend(std::iter::repeat_n('x', missing));
        }
        if let Some((end, _)) = limit("maxLength").and_then(|most| words.char_indices().nth(most)) {
            words.truncate(end);
        }
        self.left = self.left.saturating_sub(words.len());
        json!(words)
    }
}

/// A value that the schema itself gives: the only one, the default, an example, or the first of those allowed.
fn fixed(schema: &Value) -> Option<&Value> {
    let first = |name: &str| schema.get(name)?.as_array()?.first();
    let choice = || schema.get("enum")?.as_array()?.iter().find(|choice| !choice.is_null());
    schema
        .get("const")
        .or_else(|| schema.get("default").filter(|value| !value.is_null()))
        .or_else(|| schema.get("example"))
        .or_else(|| first("examples"))
        .or_else(choice)
        .or_else(|| first("enum"))
}

/// The type in lower case, or the one that other members imply.
fn kind(schema: &Value) -> String {
    let has = |names: &[&str]| names.iter().any(|name| schema.get(*name).is_some());
    match schema.get("type") {
        Some(Value::String(kind)) => kind.to_lowercase(),
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null").to_lowercase()
        }
        _ if has(&["properties", "required", "additionalProperties"]) => "object".to_owned(),
        _ if has(&["items", "prefixItems", "minItems"]) => "array".to_owned(),
        _ if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) => "number".to_owned(),
        _ => "string".to_owned(),
    }
}

/// OpenAPI writes 64-bit limits as strings.
fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// 1, or the nearest number that the limits allow.
fn number(schema: &Value, whole: bool) -> Value {
    let limit = |name: &str| schema.get(name).and_then(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok()));
    let excluded = |name: &str| schema.get(name) == Some(&json!(true));
    let (mut least, mut most) = (limit("minimum"), limit("maximum"));
    let below = limit("exclusiveMinimum").or(least.filter(|_| excluded("exclusiveMinimum")));
    let above = limit("exclusiveMaximum").or(most.filter(|_| excluded("exclusiveMaximum")));
    // The distance from an excluded limit: a whole step, or half of the way to the other limit if that one is close.
    let room = below.or(least).zip(above.or(most)).map_or(1.0, |(from, to)| ((to - from) / 2.0).min(1.0));
    let step = if whole { 1.0 } else { room };
    least =
        least.into_iter().chain(below.map(|below| if whole { below.floor() } else { below } + step)).reduce(f64::max);
    most = most.into_iter().chain(above.map(|above| if whole { above.ceil() } else { above } - step)).reduce(f64::min);
    let mut value = least.map_or(1.0, |least| least.max(1.0));
    value = most.map_or(value, |most| value.min(most));
    value = least.map_or(value, |least| value.max(least));
    let step = limit("multipleOf").filter(|step| *step > 0.0).or(whole.then_some(1.0));
    if let Some(step) = step {
        let up = (value / step).ceil() * step;
        value = if most.is_some_and(|most| up > most) { (value / step).floor() * step } else { up };
    }
    let exact = value.fract() == 0.0 && value.abs() < 9e15;
    if exact { json!(value as i64) } else { json!(value) }
}

/// Another value of its kind, for lists whose elements have to differ.
fn another(item: Value, index: usize) -> Value {
    match item {
        _ if index == 0 => item,
        Value::String(text) => json!(format!("{text} {}", index + 1)),
        Value::Number(number) => match number.as_i64().and_then(|number| number.checked_add(index as i64)) {
            Some(next) => json!(next),
            None => Value::Number(number),
        },
        Value::Bool(_) => json!(index.is_multiple_of(2)),
        other => other,
    }
}

/// A short text that a pattern matches; `None` if the pattern cannot be read (ECMA look-around, back-references) or the
/// text would be long.
fn matching(pattern: &str) -> Option<String> {
    let mut text = String::new();
    write_match(&regex_syntax::parse(pattern).ok()?, &mut text)?;
    Some(text)
}

fn write_match(part: &Hir, text: &mut String) -> Option<()> {
    if text.len() > LONGEST_MATCH {
        return None;
    }
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            text.push_str(std::str::from_utf8(&literal.0).ok()?);
            Some(())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let holds = |c: char| class.iter().any(|range| range.start() <= c && c <= range.end());
            let plain = ['a', 'A', '0', ' '].into_iter().find(|c| holds(*c));
            text.push(plain.or_else(|| class.iter().next().map(|range| range.start()))?);
            Some(())
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.push(char::from(class.iter().next()?.start()));
            Some(())
        }
        // An empty match, however often it is repeated.
        HirKind::Repetition(repetition) if repetition.sub.properties().minimum_len() == Some(0) => Some(()),
        HirKind::Repetition(repetition) => (0..repetition.min).try_for_each(|_| write_match(&repetition.sub, text)),
        HirKind::Capture(capture) => write_match(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write_match(part, text)),
        HirKind::Alternation(parts) => write_match(parts.first()?, text),
    }
}

fn formatted(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "2026-01-22T12:00:00Z",
        "date" => "2026-01-22",
        "time" => "12:00:00Z",
        "duration" => "PT1H",
        "email" | "idn-email" => "pollux@example.com",
        "uri" | "url" | "iri" | "uri-reference" => "https://example.com/",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uuid" => "7d444840-9dc0-11d1-b245-5ffdce74fad2",
        _ => return None,
    })
}

/// The approximate size of a value in bytes.
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
        assert_eq!(fitting(&schema, "hi"), expected);
        let endless = json!({ "properties": { "a": { "$ref": "#" } } });
        assert!(fitting(&endless, "").to_string().ends_with(&format!("null{}", "}".repeat(DEPTH / 2 + 1))));
    }

    #[test]
    fn a_schema_that_multiplies_is_filled_up_to_a_limit() {
        let within = json!({ "type": "array", "minItems": 32, "items": { "$ref": "#" } });
        let fixed = json!({ "type": "array", "minItems": 32, "items": { "anyOf": [{ "$ref": "#/$defs/long" }] },
            "$defs": { "long": { "const": "x".repeat(MOST_BYTES / 4) } } });
        let members: Map<_, _> = (0..20).map(|n| (format!("m{n}"), json!({ "$ref": "#" }))).collect();
        for schema in [within, fixed, json!({ "properties": members })] {
            let sample = fitting(&schema, "words").to_string();
            assert!(sample.len() < 8 * MOST_BYTES, "{}", sample.len());
        }
        for endless in ["(){4000000000}", "(a*|b?){4000000000}"] {
            assert_eq!(fitting(&json!({ "pattern": endless }), "words"), "", "{endless}");
        }
        for pattern in ["(((a{999}){999}){999}){999}", "(", "(?=a)b", "[^\\s\\S]"] {
            assert_eq!(fitting(&json!({ "type": "string", "pattern": pattern }), "words"), "words", "{pattern}");
        }
        let long = "x".repeat(4 * MOST_BYTES);
        assert_eq!(fitting(&json!({ "type": "string" }), &long), json!(long), "one text is never cut");
    }

    #[test]
    fn whatever_a_schema_asks_for_is_kept() {
        let within = |schema: Value| json!({ "type": "object", "properties": { "a": schema }, "required": ["a", "b"] });
        for schema in [
            json!({ "type": "integer", "maximum": 0 }),
            json!({ "type": "integer", "maximum": -3 }),
            json!({ "type": "integer", "exclusiveMinimum": 7 }),
            json!({ "type": "integer", "minimum": 2.5, "maximum": 3 }),
            json!({ "type": "integer", "minimum": 10, "multipleOf": 7 }),
            json!({ "type": "integer", "maximum": 13, "minimum": 8, "multipleOf": 4 }),
            json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 }),
            json!({ "type": "number", "exclusiveMaximum": 0 }),
            json!({ "type": "number", "minimum": 0.25, "maximum": 0.5 }),
            json!({ "minimum": 5 }),
            json!({ "type": "string", "minLength": 20 }),
            json!({ "type": "string", "maxLength": 3 }),
            json!({ "type": "string", "maxLength": 0 }),
            json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
            json!({ "type": "string", "pattern": "^\\+?\\d{2,}-(home|work)$", "maxLength": 20 }),
            json!({ "type": "string", "pattern": "\\w+@\\w+\\.\\w{2}" }),
            json!({ "type": "string", "format": "email" }),
            json!({ "type": "string", "format": "uuid" }),
            json!({ "type": "string", "format": "ipv6" }),
            json!({ "type": ["null", "string"], "enum": [null, "x"] }),
            json!({ "type": "array", "minItems": 40, "items": { "type": "integer" } }),
            json!({ "type": "array", "minItems": 3, "uniqueItems": true, "items": { "type": "string" } }),
            json!({ "type": "array", "minItems": 2, "uniqueItems": true, "items": { "enum": ["p", "q"] } }),
            json!({ "type": "array", "maxItems": 0, "items": { "type": "string" } }),
            json!({ "prefixItems": [{ "type": "integer" }, { "type": "boolean" }] }),
            json!({ "anyOf": [{ "type": "null" }, { "type": "integer", "minimum": 4 }] }),
            json!({ "oneOf": [{ "type": "object", "properties": { "k": { "const": "v" } }, "required": ["k"] }] }),
            json!({ "allOf": [
                { "type": "object", "properties": { "k": { "type": "integer" } }, "required": ["k"] },
                { "properties": { "l": { "type": "boolean" } }, "required": ["l"] },
            ] }),
            json!({ "type": "object", "required": ["free"], "additionalProperties": { "type": "integer" } }),
            json!({ "type": "object", "examples": [{ "city": "Rome" }], "required": ["city"] }),
            json!({ "type": "boolean" }),
            json!({ "type": "null" }),
            json!({}),
            json!(true),
        ] {
            for schema in [schema.clone(), within(schema)] {
                let validator =
                    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
                let value = fitting(&schema, "some words");
                let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{schema}: {value}: {errors:?}");
            }
        }
    }
}
