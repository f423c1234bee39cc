//! Python: models of pydantic 2.

use std::fmt::Write as _;

use super::names::{Names, comment, literal, pascal};
use super::note::{self, Kind};
use super::shape::{Fields, Shape};
use super::{Catalog, Schemas};

/// Words that are no names in Python, and names that the models use themselves.
const TAKEN: &str = "False None True and as assert async await break class continue def del elif else except finally \
    for from global if import in is lambda nonlocal not or pass raise return try while with match case type \
    copy dict json construct schema validate str int float bool list datetime";

pub(super) fn write(schemas: &Schemas, catalog: &Catalog<'_>) -> String {
    let mut out = String::from(
        "# What really arrived, as Pollux saw it. Fields that are not here may come any day: they are kept.\n",
    );
    for remark in schemas.remarks() {
        let _ = writeln!(out, "# {remark}");
    }
    out.push_str(
        "from __future__ import annotations\n\nfrom datetime import datetime\nfrom typing import Annotated, Any, \
         Literal, Union\n\nfrom pydantic import BaseModel, ConfigDict, Field, TypeAdapter\n\n\n\
         class Seen(BaseModel):\n    model_config = ConfigDict(extra=\"allow\", protected_namespaces=())\n",
    );
    let mut models = Models { names: Names::default(), out: String::new(), catalog };
    for taken in [
        "Seen",
        "BaseModel",
        "ConfigDict",
        "Field",
        "TypeAdapter",
        "Annotated",
        "Any",
        "Literal",
        "Union",
        "WebhookEvent",
    ] {
        models.names.free(taken.to_owned());
    }
    let mut all = Vec::new();
    for (kind, seen) in &schemas.types {
        let Some(fields) = seen.shape.objects.as_deref() else { continue };
        let name = models.names.for_type(kind);
        let mut said = vec![note::counted(seen.payloads)];
        said.extend(note::of_type(kind, seen, catalog));
        models.model(fields, &name, kind, &mut Vec::new(), &said);
        all.push(name);
    }
    out.push_str(&models.out);
    let union = match all.as_slice() {
        [] => "Any".to_owned(),
        [one] => one.clone(),
        several => format!("Annotated[Union[{}], Field(discriminator=\"type_\")]", several.join(", ")),
    };
    let _ = write!(out, "\n\nWebhookEvent = {union}\nwebhook_event = TypeAdapter(WebhookEvent)\n");
    out
}

struct Models<'c> {
    names: Names,
    out: String,
    catalog: &'c Catalog<'c>,
}

impl Models<'_> {
    /// Writes the class, behind those that it needs.
    fn model<'a>(&mut self, fields: &'a Fields, name: &str, kind: &str, path: &mut Vec<&'a str>, said: &[String]) {
        let mut lines = String::new();
        let mut attributes = Names::default();
        // Those that must be there first, as Python wants it.
        let (required, optional): (Vec<_>, Vec<_>) =
            fields.named.iter().partition(|(_, (count, _))| note::is_required(fields, *count));
        for (field, (count, shape)) in required.into_iter().chain(optional) {
            path.push(field);
            let annotation = self.value(shape, name, kind, path);
            let mut said: Vec<String> =
                note::is_new(kind, path, self.catalog).then(|| note::NEW.to_owned()).into_iter().collect();
            said.extend(note::seen_in(*count, fields.count));
            path.pop();
            let is_required = note::is_required(fields, *count);
            let attribute = attributes.free(attribute(field));
            let alias = (attribute != **field).then(|| format!("alias={}", literal(field)));
            let default = match (is_required, alias) {
                (true, None) => String::new(),
                (true, Some(alias)) => format!(" = Field({alias})"),
                (false, None) => " = None".to_owned(),
                (false, Some(alias)) => format!(" = Field(default=None, {alias})"),
            };
            let annotation = match is_required || annotation.ends_with("None") || annotation == "Any" {
                true => annotation,
                false => format!("{annotation} | None"),
            };
            let comment = if said.is_empty() { String::new() } else { format!("  # {}", said.join(" ")) };
            let _ = writeln!(lines, "    {attribute}: {annotation}{default}{comment}");
        }
        if fields.more {
            lines.push_str("    # There were more fields than are kept here.\n");
        }
        if lines.is_empty() {
            lines.push_str("    pass\n");
        }
        let said: String = said.iter().map(|note| format!("# {}\n", comment(note))).collect();
        let _ = write!(self.out, "\n\n{said}class {name}(Seen):\n{lines}");
    }

    fn value<'a>(&mut self, shape: &'a Shape, owner: &str, kind: &str, path: &mut Vec<&'a str>) -> String {
        let is_type = matches!(path.as_slice(), ["type"]);
        let mut all: Vec<String> = Vec::new();
        for kind_of in note::kinds(shape) {
            all.push(match kind_of {
                Kind::Boolean => "bool".to_owned(),
                Kind::Integer => "int".to_owned(),
                Kind::Number => "float".to_owned(),
                Kind::Text { .. } if is_type => format!("Literal[{}]", literal(kind)),
                Kind::Text { time: true } => "datetime".to_owned(),
                Kind::Text { time: false } => "str".to_owned(),
                Kind::Array(each) if each.is_empty() => "list[Any]".to_owned(),
                Kind::Array(each) => format!("list[{}]", self.value(each, owner, kind, path)),
                Kind::Object(fields) if fields.free && fields.each.is_empty() => "dict[str, Any]".to_owned(),
                Kind::Object(fields) if fields.free => {
                    format!("dict[str, {}]", self.value(&fields.each, owner, kind, path))
                }
                Kind::Object(fields) => {
                    let name = format!("{owner}{}", pascal(path.last().copied().unwrap_or("Item")));
                    let name = self.names.free(name);
                    self.model(fields, &name, kind, path, &[]);
                    name
                }
            });
        }
        if shape.nulls > 0 || all.is_empty() {
            all.push(if all.is_empty() && shape.nulls == 0 { "Any" } else { "None" }.to_owned());
        }
        all.join(" | ")
    }
}

/// A name of Python for a field: the field's own, where it is one.
fn attribute(field: &str) -> String {
    let mut name: String = field.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    name.truncate(80);
    let name = name.trim_start_matches('_');
    match name {
        "" => "field".to_owned(),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("field_{name}"),
        name if TAKEN.split(' ').any(|taken| taken == name) || name.starts_with("model_") => format!("{name}_"),
        name => name.to_owned(),
    }
}
