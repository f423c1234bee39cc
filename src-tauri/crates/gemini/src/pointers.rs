//! What a payload points to: batches, interactions, video operations, files and addresses.
//!
//! Reads every form that Google has documented or that has been seen, since nobody knows which one will stay. A value
//! that does not look like one of them is kept, marked as `other` or `https`, and never looked up.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::printable::{printable, steers};
use crate::{catalog, event};

mod address;

pub use address::file_name;
use address::{Address, NotAnAddress};

/// The host of the Gemini API: the only one that is ever sent an API key.
pub const API_HOST: &str = "generativelanguage.googleapis.com";

/// The longest value that counts as a pointer, in characters. Real ones have less than 200.
pub const VALUE_LIMIT: usize = 2048;

/// The most pointers that are read from one payload.
pub const POINTERS_LIMIT: usize = 32;

const DEPTH_LIMIT: usize = 6;

/// What a pointer leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PointerKind {
    /// A file of the Files API.
    File,
    /// The file with a batch's results, JSON Lines.
    BatchOutput,
    /// A batch job.
    Batch,
    /// An interaction.
    Interaction,
    /// A video operation.
    Video,
    /// An object in Cloud Storage.
    Gs,
    /// Any other address on the web. Never sent the API key.
    Https,
    /// Not something that can be followed.
    Other,
}

/// One pointer of a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Pointer {
    /// Where in the payload: `data.output_file_uri`.
    pub path: String,
    /// The last part of the path.
    pub field: String,
    /// The value, with control characters escaped, at most [`VALUE_LIMIT`] characters.
    pub value: String,
    /// What it leads to.
    pub kind: PointerKind,
    /// What people call it: `batch output`, `file`.
    pub label: String,
    /// What to know about it, one plain sentence.
    pub note: Option<String>,
    /// A command that fetches it, for `gs://` objects whose name is safe in every shell.
    pub command: Option<String>,
}

/// The pointers of a payload: files first, then the job's id, then whatever else looks like one. Accepts any bytes.
#[must_use]
pub fn find(body: &[u8]) -> Vec<Pointer> {
    event::parse(body).map_or_else(|_| Vec::new(), |value| find_in(&value))
}

/// [`find`], for a payload that has been parsed.
#[must_use]
pub fn find_in(payload: &Value) -> Vec<Pointer> {
    let mut found = Vec::new();
    let Some(top) = payload.as_object() else {
        return found;
    };
    let family = Family::of(top.get("type").and_then(Value::as_str).unwrap_or_default());
    if let Some(data) = top.get("data").and_then(Value::as_object) {
        known_fields(data, "data.", family, &mut found);
    }
    // SW-06 allows the data to be flattened to the top level.
    known_fields(top, "", family, &mut found);
    for (field, value) in top {
        if !is_known_field(field) && !is_users_own(field) {
            walk(value, field, field, family, field == "data", DEPTH_LIMIT, &mut found);
        }
    }
    found
}

/// What kind of job an event is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Batch,
    Interaction,
    Video,
    Unknown,
}

impl Family {
    fn of(event_type: &str) -> Self {
        match event_type.split('.').next() {
            Some("batch") => Self::Batch,
            Some("interaction") => Self::Interaction,
            Some("video") => Self::Video,
            _ => Self::Unknown,
        }
    }
}

/// The fields that hold pointers, in the order in which people want them.
const KNOWN_FIELDS: [&str; 5] = ["output_file_uri", "file_name", "video_uri", "file_id", "id"];

pub(crate) fn is_known_field(field: &str) -> bool {
    KNOWN_FIELDS.contains(&field)
}

fn is_users_own(field: &str) -> bool {
    catalog::IN_ALL_DATA.contains(&field)
}

fn known_fields(object: &Map<String, Value>, prefix: &str, family: Family, found: &mut Vec<Pointer>) {
    for field in KNOWN_FIELDS {
        let Some(text) = object.get(field).and_then(Value::as_str) else {
            continue;
        };
        if text.is_empty() || found.len() >= POINTERS_LIMIT {
            continue;
        }
        let path = format!("{prefix}{field}");
        found.push(if field == "id" { job(path, field, text, family) } else { target(path, field, text, family) });
    }
}

/// Searches undocumented fields for values that can only be pointers. `user_metadata` is the user's own and is left
/// alone.
fn walk(
    value: &Value,
    path: &str,
    field: &str,
    family: Family,
    known_done: bool,
    depth: usize,
    found: &mut Vec<Pointer>,
) {
    if depth == 0 || found.len() >= POINTERS_LIMIT {
        return;
    }
    match value {
        Value::String(text) if is_plainly_a_pointer(text) => {
            let (path, field) = (printable(path, 200), printable(field, 200));
            found.push(if text.starts_with("batches/") || text.contains("operations/") {
                job(path, &field, text, Family::Unknown)
            } else {
                target(path, &field, text, family)
            });
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().take(POINTERS_LIMIT) {
                walk(item, &format!("{path}[{index}]"), field, family, false, depth - 1, found);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                if (known_done && is_known_field(key)) || is_users_own(key) {
                    continue;
                }
                walk(item, &format!("{path}.{key}"), key, family, false, depth - 1, found);
            }
        }
        _ => {}
    }
}

fn is_plainly_a_pointer(text: &str) -> bool {
    ["https://", "gs://", "files/", "batches/", "operations/", "interactions/"]
        .iter()
        .any(|start| text.starts_with(start))
        || (text.starts_with("models/") && text.contains("/operations/"))
}

/// A job's id: its kind follows from the event's family, or from the id's own prefix.
fn job(path: String, field: &str, text: &str, family: Family) -> Pointer {
    let pointer = |kind, label: &str, note: Option<String>| Pointer {
        path: path.clone(),
        field: field.to_owned(),
        value: printable(text, VALUE_LIMIT),
        kind,
        label: label.to_owned(),
        note,
        command: None,
    };
    if let Some(note) = hostile(text) {
        return pointer(PointerKind::Other, "id", Some(note));
    }
    let (collection, bare) = text.rsplit_once('/').map_or(("", text), |(start, end)| (start, end));
    let kind = match (family, collection) {
        (Family::Batch, "" | "batches") | (Family::Unknown, "batches") => PointerKind::Batch,
        (Family::Interaction, "" | "interactions") | (Family::Unknown, "interactions") => PointerKind::Interaction,
        (Family::Video, "" | "operations") | (Family::Unknown, "operations") => PointerKind::Video,
        (Family::Video | Family::Unknown, operation) if is_model_operations(operation) => PointerKind::Video,
        (Family::Unknown, "") if address::is_id(bare) => {
            return pointer(
                PointerKind::Other,
                "id",
                Some("The event type is unknown, so it is unclear what this id names.".to_owned()),
            );
        }
        _ => PointerKind::Other,
    };
    match kind {
        PointerKind::Batch if address::is_id(bare) => pointer(kind, "batch", None),
        PointerKind::Interaction if address::is_id(bare) => pointer(kind, "interaction", None),
        PointerKind::Video if address::is_id(bare) => pointer(kind, "video operation", None),
        _ => pointer(
            PointerKind::Other,
            "id",
            Some("This does not look like an id of the service, so it is not looked up.".to_owned()),
        ),
    }
}

/// `models/{model}/operations`. Models have full stops in their names, but no two in a row.
fn is_model_operations(collection: &str) -> bool {
    collection
        .strip_prefix("models/")
        .and_then(|rest| rest.strip_suffix("/operations"))
        .is_some_and(|model| model.split('.').all(address::is_id))
}

/// A file or an address.
fn target(path: String, field: &str, text: &str, family: Family) -> Pointer {
    let mut pointer = Pointer {
        path,
        field: field.to_owned(),
        value: printable(text, VALUE_LIMIT),
        kind: PointerKind::Other,
        label: "value".to_owned(),
        note: None,
        command: None,
    };
    if let Some(note) = hostile(text) {
        pointer.note = Some(note);
        return pointer;
    }
    match address::read(text) {
        Ok(Address::File { id }) => {
            (pointer.kind, pointer.label) = match family {
                Family::Batch => (PointerKind::BatchOutput, "batch output".to_owned()),
                Family::Video => (PointerKind::File, "video file".to_owned()),
                Family::Interaction | Family::Unknown => (PointerKind::File, "file".to_owned()),
            };
            pointer.note = (!text.contains('/') && field != "file_id").then(|| format!("Read as the file files/{id}."));
        }
        Ok(Address::Storage { safe }) => {
            pointer.kind = PointerKind::Gs;
            pointer.label = "Cloud Storage object".to_owned();
            if safe {
                pointer.note = Some(
                    "A Gemini API key cannot read Cloud Storage: use gcloud, signed in to the bucket's project."
                        .to_owned(),
                );
                pointer.command = Some(format!("gcloud storage cp {text} ."));
            } else {
                pointer.note = Some("A Gemini API key cannot read Cloud Storage. The name contains characters with a meaning to the shell, so no command is offered.".to_owned());
            }
        }
        Ok(Address::Web { label, note }) => {
            pointer.kind = PointerKind::Https;
            pointer.label = label.to_owned();
            pointer.note = Some(note);
        }
        Err(NotAnAddress(note)) => pointer.note = Some(note),
    }
    pointer
}

/// Why a value is not even examined.
fn hostile(text: &str) -> Option<String> {
    // Bytes bound characters from above, so the common case needs no count.
    if text.len() > VALUE_LIMIT && text.chars().count() > VALUE_LIMIT {
        return Some(format!(
            "The value has {} characters, far more than a pointer of the service; it is not looked up.",
            text.chars().count()
        ));
    }
    text.chars()
        .any(steers)
        .then(|| "The value contains invisible or control characters, so it is not looked up.".to_owned())
}
