//! TypeScript.

use std::fmt::Write as _;

use super::names::{Names, comment, literal};
use super::note::{self, Kind};
use super::shape::{Fields, Shape};
use super::{Catalog, Schemas};

pub(super) fn write(schemas: &Schemas, catalog: &Catalog<'_>) -> String {
    let mut out =
        String::from("// What really arrived, as Pollux saw it. Fields that are not here may come any day.\n");
    for remark in schemas.remarks() {
        let _ = writeln!(out, "// {remark}");
    }
    let mut names = Names::default();
    let event = names.free("WebhookEvent".to_owned());
    let mut all = Vec::new();
    for (kind, seen) in &schemas.types {
        let Some(fields) = seen.shape.objects.as_deref() else { continue };
        let name = names.for_type(kind);
        let _ = write!(out, "\n/**\n * {}\n", note::counted(seen.payloads));
        for note in note::of_type(kind, seen, catalog) {
            let _ = writeln!(out, " * {}", comment(&note));
        }
        let body = object(fields, kind, &mut Vec::new(), catalog);
        let _ = write!(out, " */\nexport interface {name} {body}\n");
        all.push(name);
    }
    let union = if all.is_empty() { "never".to_owned() } else { all.join(" | ") };
    let _ = write!(out, "\nexport type {event} = {union};\n");
    out
}

fn object<'a>(fields: &'a Fields, kind: &str, path: &mut Vec<&'a str>, catalog: &Catalog<'_>) -> String {
    let indent = "  ".repeat(path.len());
    if fields.free {
        let each = if fields.each.is_empty() { "unknown".to_owned() } else { value(&fields.each, kind, path, catalog) };
        return format!("{{ [key: string]: {each} }}");
    }
    let mut out = String::from("{\n");
    for (name, (count, shape)) in &fields.named {
        path.push(name);
        let mut said: Vec<String> =
            note::is_new(kind, path, catalog).then(|| note::NEW.to_owned()).into_iter().collect();
        said.extend(note::seen_in(*count, fields.count));
        if !said.is_empty() {
            let _ = writeln!(out, "{indent}  /** {} */", said.join(" "));
        }
        let optional = if note::is_required(fields, *count) { "" } else { "?" };
        let _ = writeln!(out, "{indent}  {}{optional}: {};", key(name), value(shape, kind, path, catalog));
        path.pop();
    }
    if fields.more {
        let _ = writeln!(out, "{indent}  // There were more fields than are kept here.");
    }
    out.push_str(&indent);
    out.push('}');
    out
}

/// A name as it is, where it is a word.
fn key(name: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let is_word = name.chars().all(word) && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_word { name.to_owned() } else { literal(name) }
}

fn value<'a>(shape: &'a Shape, kind: &str, path: &mut Vec<&'a str>, catalog: &Catalog<'_>) -> String {
    let is_type = matches!(path.as_slice(), ["type"]);
    let mut all: Vec<String> = Vec::new();
    for kind_of in note::kinds(shape) {
        all.push(match kind_of {
            Kind::Boolean => "boolean".to_owned(),
            Kind::Integer | Kind::Number => "number".to_owned(),
            Kind::Text { .. } if is_type => literal(kind),
            Kind::Text { .. } => "string".to_owned(),
            Kind::Array(each) if each.is_empty() => "unknown[]".to_owned(),
            Kind::Array(each) => format!("({})[]", value(each, kind, path, catalog)),
            Kind::Object(fields) => object(fields, kind, path, catalog),
        });
    }
    if shape.nulls > 0 {
        all.push("null".to_owned());
    }
    if all.is_empty() { "unknown".to_owned() } else { all.join(" | ") }
}
