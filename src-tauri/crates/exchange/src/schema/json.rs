//! JSON Schema, draft 2020-12.

use serde_json::{Map, Value, json};

use super::names::Names;
use super::note::{self, Kind};
use super::shape::{Fields, Shape};
use super::{Catalog, Schemas};

pub(super) fn write(schemas: &Schemas, catalog: &Catalog<'_>) -> String {
    let mut names = Names::default();
    let (mut defs, mut any_of) = (Map::new(), Vec::new());
    for (kind, seen) in &schemas.types {
        let name = names.for_type(kind);
        let Some(fields) = seen.shape.objects.as_deref() else { continue };
        let mut schema = object(fields, kind, &mut Vec::new(), catalog);
        let mut said = vec![note::counted(seen.payloads)];
        said.extend(note::of_type(kind, seen, catalog));
        schema.insert("title".to_owned(), json!(kind));
        schema.insert("$comment".to_owned(), json!(said.join(" ")));
        any_of.push(json!({ "$ref": format!("#/$defs/{name}") }));
        defs.insert(name, Value::Object(schema));
    }
    let mut remarks =
        vec!["What really arrived, as Pollux saw it. Fields that are not here may come any day.".to_owned()];
    remarks.extend(schemas.remarks());
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    whole.insert("title".to_owned(), json!("Gemini API webhook events"));
    whole.insert("$comment".to_owned(), json!(remarks.join(" ")));
    if !any_of.is_empty() {
        whole.insert("anyOf".to_owned(), json!(any_of));
    }
    whole.insert("$defs".to_owned(), Value::Object(defs));
    format!("{:#}\n", Value::Object(whole))
}

fn object<'a>(fields: &'a Fields, kind: &str, path: &mut Vec<&'a str>, catalog: &Catalog<'_>) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    if fields.free {
        schema.insert("additionalProperties".to_owned(), value(&fields.each, kind, path, catalog));
        return schema;
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, (count, shape)) in &fields.named {
        path.push(name);
        let mut property = value(shape, kind, path, catalog);
        if let Some(property) = property.as_object_mut() {
            let mut said = Vec::new();
            if note::is_new(kind, path, catalog) {
                said.push(note::NEW.to_owned());
            }
            said.extend(note::seen_in(*count, fields.count));
            if !said.is_empty() {
                property.insert("$comment".to_owned(), json!(said.join(" ")));
            }
        }
        path.pop();
        properties.insert(name.clone(), property);
        if note::is_required(fields, *count) {
            required.push(name.as_str());
        }
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// The schema of one place. Of a value that was never seen, such as the items of arrays that were all empty, it says
/// nothing.
fn value<'a>(shape: &'a Shape, kind: &str, path: &mut Vec<&'a str>, catalog: &Catalog<'_>) -> Value {
    let is_type = matches!(path.as_slice(), ["type"]);
    let one = |kind_of: &Kind<'a>, path: &mut Vec<&'a str>| match kind_of {
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Text { .. } if is_type => json!({ "const": kind }),
        Kind::Text { time: true } => json!({ "type": "string", "format": "date-time" }),
        Kind::Text { time: false } => json!({ "type": "string" }),
        Kind::Array(each) => {
            let mut schema = Map::new();
            schema.insert("type".to_owned(), json!("array"));
            if !each.is_empty() {
                path.push("[]");
                schema.insert("items".to_owned(), value(each, kind, path, catalog));
                path.pop();
            }
            Value::Object(schema)
        }
        Kind::Object(fields) => Value::Object(object(fields, kind, path, catalog)),
    };
    let mut all: Vec<Value> = note::kinds(shape).iter().map(|kind_of| one(kind_of, path)).collect();
    if shape.nulls > 0 {
        all.push(json!({ "type": "null" }));
    }
    match all.len() {
        0 => json!({}),
        1 => all.swap_remove(0),
        _ => json!({ "anyOf": all }),
    }
}
