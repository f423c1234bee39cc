//! Where what arrived differs from what is known of the service.

use super::shape::{Fields, Shape};
use super::{Catalog, Seen};

/// What there is to say about an event type, in sentences.
pub(super) fn of_type(name: &str, seen: &Seen, catalog: &Catalog<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(fields) = seen.shape.objects.as_deref() else { return notes };
    let known = catalog.types.iter().find(|known| known.name == name);
    if known.is_none() {
        notes.push("The type is not in the catalog.".to_owned());
    }
    let version = fields.named.get("version").map(|(_, shape)| &shape.strings);
    match version {
        Some(version) if version.several => {
            notes.push(format!("The version differs between deliveries; the catalog has {:?}.", catalog.version));
        }
        Some(version) => {
            if let Some(only) = version.only.as_deref().filter(|only| *only != catalog.version) {
                notes.push(format!("The version is {only:?}; the catalog has {:?}.", catalog.version));
            }
        }
        None => notes.push("No version was seen; the catalog has one.".to_owned()),
    }
    let data = fields.named.get("data").and_then(|(_, shape)| shape.objects.as_deref());
    if let Some(known) = known {
        let missing = |field: &&&str| data.is_none_or(|data| !data.named.contains_key(**field));
        let missing: Vec<&str> = known.data.iter().filter(missing).copied().collect();
        if !missing.is_empty() {
            notes.push(format!("In the catalog and not seen: {}.", paths(&missing)));
        }
    }
    notes
}

fn paths(fields: &[&str]) -> String {
    fields.iter().map(|field| format!("data.{field}")).collect::<Vec<_>>().join(", ")
}

/// Whether a field is new to the catalog. Paths: the names from the top.
pub(super) fn is_new(kind: &str, path: &[&str], catalog: &Catalog<'_>) -> bool {
    match path {
        [top] => !catalog.top.contains(top),
        ["data", field] => {
            let known = catalog.types.iter().find(|known| known.name == kind);
            !catalog.in_data.contains(field) && known.is_some_and(|known| !known.data.contains(field))
        }
        _ => false,
    }
}

/// The sentence for a field that is.
pub(super) const NEW: &str = "Not in the catalog.";

/// What there is to say about how often a field was seen.
pub(super) fn seen_in(count: u64, of: u64) -> Option<String> {
    (count < of).then(|| format!("In {count} of {of}."))
}

/// How many were looked at.
pub(super) fn counted(payloads: u64) -> String {
    if payloads == 1 { "1 delivery.".to_owned() } else { format!("{payloads} deliveries.") }
}

/// Whether a field was in every object.
pub(super) fn is_required(fields: &Fields, count: u64) -> bool {
    count == fields.count
}

/// The kinds seen, without null.
pub(super) enum Kind<'a> {
    Boolean,
    Integer,
    Number,
    Text { time: bool },
    Array(&'a Shape),
    Object(&'a Fields),
}

pub(super) fn kinds(shape: &Shape) -> Vec<Kind<'_>> {
    let mut kinds = Vec::new();
    if shape.booleans > 0 {
        kinds.push(Kind::Boolean);
    }
    if shape.fractions > 0 {
        kinds.push(Kind::Number);
    } else if shape.integers > 0 {
        kinds.push(Kind::Integer);
    }
    if shape.strings.count > 0 {
        kinds.push(Kind::Text { time: shape.strings.are_times() });
    }
    if let Some(items) = &shape.arrays {
        kinds.push(Kind::Array(&items.each));
    }
    if let Some(fields) = &shape.objects {
        kinds.push(Kind::Object(fields));
    }
    kinds
}
