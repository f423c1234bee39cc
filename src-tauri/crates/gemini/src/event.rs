//! Tolerant reading of a payload. Nothing here fails: whatever cannot be understood becomes a sentence in `problems`.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalog;
use crate::pointers::{self, Pointer};
use crate::printable::printable;

mod numbers;
mod skim;
mod summary;

pub use skim::{Kept, Part, read_kept, summary_of};
pub use summary::{Summary, summary};

/// Larger bodies are not read into a tree. The service's events are a few hundred bytes long; [`read_kept`] reads
/// larger ones.
pub const READ_LIMIT: usize = 1 << 20;

/// "Usually smaller than 20kb" (SW-09).
const USUAL_LIMIT: usize = 20 * 1024;

const UNKNOWN_FIELDS_LIMIT: usize = 50;
const NAME_LIMIT: usize = 200;
const METADATA_LIMIT: usize = 8 * 1024;

/// How much of a payload was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// The known fields, and some of the rest.
    Fields,
    /// Its beginning: what is missing from it may have come later.
    Beginning,
    /// Nothing: it is not JSON, or it is missing.
    Nothing,
}

/// The content of a payload, for people to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct EventView {
    /// The payload's `type`, with control characters escaped.
    pub event_type: Option<String>,
    /// Whether the type is one of the nine that Google has named.
    pub known: bool,
    /// The meaning of a known type.
    pub meaning: Option<String>,
    /// Whether the service accepts the type in `subscribed_events`.
    pub subscribable: bool,
    /// The payload's `timestamp` as it is written: when the event happened, not when it was sent.
    pub timestamp: Option<String>,
    /// The payload's `version` as it is written.
    pub version: Option<String>,
    /// Paths of fields that the service has not been seen to send, such as `data.colour`. Never an error.
    pub unknown_fields: Vec<String>,
    /// Plain sentences on what is odd about the payload.
    pub problems: Vec<String>,
    /// `user_metadata` as JSON text, from `data` or from the top level.
    pub user_metadata: Option<String>,
    /// How much of the payload was read for this.
    pub extent: Extent,
}

/// Reads a payload, which may be any bytes.
#[must_use]
pub fn read(body: &[u8]) -> EventView {
    match parse(body) {
        Ok(value) => view(&value, body.len(), Extent::Whole),
        Err(problem) => unreadable(problem),
    }
}

/// [`read`] and [`pointers::find`] with a single parse.
#[must_use]
pub fn read_with_pointers(body: &[u8]) -> (EventView, Vec<Pointer>) {
    match parse(body) {
        Ok(value) => (view(&value, body.len(), Extent::Whole), pointers::find_in(&value)),
        Err(problem) => (unreadable(problem), Vec::new()),
    }
}

fn unreadable(problem: String) -> EventView {
    EventView { problems: vec![problem], extent: Extent::Nothing, ..EventView::default() }
}

/// The payload as a JSON value, or a sentence on why it is not JSON.
pub(crate) fn parse(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Err("The body is empty; an event is a JSON object with type, version, timestamp and data.".to_owned());
    }
    if body.len() > READ_LIMIT {
        return Err(format!(
            "The body has {} bytes and is not read as an event; the service's events are a few hundred bytes long.",
            body.len()
        ));
    }
    if let Some(problem) = refused(body) {
        return Err(problem);
    }
    let text = std::str::from_utf8(body).map_err(|error| not_utf8(&error))?;
    serde_json::from_str(text).or_else(|error| {
        // JSON sets no bounds to numbers (RFC 8259, 6), but the parser's f64 does. None of them is a field of the
        // service.
        match numbers::bounded(text).map(|bounded| serde_json::from_str(&bounded)) {
            Some(Ok(value)) => Ok(value),
            _ => Err(in_words(&error)),
        }
    })
}

/// Beginnings that show that there is no point in reading on.
fn refused(body: &[u8]) -> Option<String> {
    if body.starts_with(b"\x1f\x8b") {
        return Some("The body is compressed with gzip; an event is sent as plain JSON.".to_owned());
    }
    let marked = body.starts_with(b"\xef\xbb\xbf");
    marked.then(|| "The body starts with a byte order mark; JSON is sent without one (RFC 8259).".to_owned())
}

fn not_utf8(error: &std::str::Utf8Error) -> String {
    format!("The body is not UTF-8 (byte {}); an event is JSON in UTF-8.", error.valid_up_to() + 1)
}

fn in_words(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => {
            "The body is incomplete: the JSON ends before it is closed. It may have been cut on the way.".to_owned()
        }
        _ => format!("The body is not JSON ({error})."),
    }
}

/// `extent`: how much of the payload the value covers. If it is only the beginning, nothing counts as missing: it may
/// have come later.
fn view(value: &Value, len: usize, extent: Extent) -> EventView {
    let mut view = EventView { extent, ..EventView::default() };
    if len > USUAL_LIMIT {
        view.problems.push(format!(
            "The payload has {len} bytes; Standard Webhooks asks for less than 20 KiB, with large things by link."
        ));
    }
    let Some(object) = value.as_object() else {
        view.problems.push(format!(
            "The body is {}; an event is a JSON object with type, version, timestamp and data.",
            kind_of(value)
        ));
        return view;
    };
    read_type(object, &mut view);
    read_version(object, &mut view);
    read_timestamp(object, &mut view);
    let entry = view.event_type.as_deref().and_then(catalog::lookup);
    read_data(object, entry, &mut view);
    for field in object.keys() {
        if !catalog::TOP_LEVEL.contains(&field.as_str()) {
            add_unknown(&mut view, printable(field, NAME_LIMIT));
        }
    }
    view.user_metadata = metadata_in(object).map(|value| printable(&value.to_string(), METADATA_LIMIT));
    view
}

/// Reports a missing field, if that can be known.
fn missing(view: &mut EventView, problem: &str) {
    if view.extent != Extent::Beginning {
        view.problems.push(problem.to_owned());
    }
}

fn read_type(object: &Map<String, Value>, view: &mut EventView) {
    match object.get("type") {
        None => missing(view, "The payload has no `type`, so it does not say what happened."),
        Some(Value::String(name)) => {
            view.event_type = Some(printable(name, NAME_LIMIT));
            if let Some(entry) = catalog::lookup(name) {
                view.known = true;
                view.meaning = Some(entry.meaning.to_owned());
                view.subscribable = entry.subscribable;
            } else if let Some(problem) = type_problem(name) {
                view.problems.push(problem);
            }
        }
        Some(other) => {
            view.problems.push(format!("`type` is {}; it should be a text such as batch.succeeded.", kind_of(other)))
        }
    }
}

/// What is wrong with a type name that is not in the catalog; `None` if it is just new.
fn type_problem(name: &str) -> Option<String> {
    if name == "batch.completed" {
        return Some(
            "`batch.completed` was never a type of the service, though launch texts named it: it is batch.succeeded."
                .to_owned(),
        );
    }
    if name.is_empty() {
        return Some("`type` is empty, so the payload does not say what happened.".to_owned());
    }
    let lower = name.trim().to_ascii_lowercase();
    if lower != name && catalog::lookup(&lower).is_some() {
        return Some(format!("`type` differs from {lower} in case or in white space; receivers compare it exactly."));
    }
    // SW-42: identifiers of [a-zA-Z0-9_], delimited by full stops.
    let well_formed = name
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    (!well_formed).then(|| {
        "`type` should be made of letters, digits and underscores with full stops between (Standard Webhooks)."
            .to_owned()
    })
}

fn read_version(object: &Map<String, Value>, view: &mut EventView) {
    match object.get("version") {
        None => missing(view, "The payload has no `version`; the service sends v1."),
        Some(Value::String(version)) => {
            let shown = printable(version, NAME_LIMIT);
            if version != catalog::VERSION {
                view.problems
                    .push(format!("`version` is {shown}; only {} is known, so fields may differ.", catalog::VERSION));
            }
            view.version = Some(shown);
        }
        Some(other) => {
            view.problems.push(format!("`version` is {}; it should be the text v1.", kind_of(other)));
            view.version = Some(printable(&other.to_string(), NAME_LIMIT));
        }
    }
}

fn read_timestamp(object: &Map<String, Value>, view: &mut EventView) {
    match object.get("timestamp") {
        None => missing(view, "The payload has no `timestamp`, so it does not say when the event happened."),
        Some(Value::String(text)) => {
            view.timestamp = Some(printable(text, NAME_LIMIT));
            if text.parse::<Timestamp>().is_err() {
                view.problems.push(
                    "`timestamp` is not a time in ISO 8601 with its zone, such as 2026-01-22T12:00:00Z.".to_owned(),
                );
            }
        }
        Some(other) => {
            view.problems.push(format!(
                "`timestamp` is {}; it should be a time in ISO 8601, such as 2026-01-22T12:00:00Z.",
                kind_of(other)
            ));
            view.timestamp = Some(printable(&other.to_string(), NAME_LIMIT));
        }
    }
}

fn read_data(object: &Map<String, Value>, entry: Option<&'static catalog::Entry>, view: &mut EventView) {
    let data = match object.get("data") {
        None => {
            missing(view, "The payload has no `data`, so it does not say which job it is about.");
            return;
        }
        Some(Value::Object(data)) => data,
        Some(other) => {
            view.problems.push(format!("`data` is {}; it should be an object with the job's id.", kind_of(other)));
            return;
        }
    };
    if entry.is_some() {
        match data.get("id") {
            None => missing(view, "`data` has no `id`, so it does not say which job it is about."),
            Some(Value::String(id)) if !id.is_empty() => {}
            Some(_) => view.problems.push("`data.id` should be a text that names the job.".to_owned()),
        }
    }
    for field in data.keys() {
        let known = catalog::IN_ALL_DATA.contains(&field.as_str())
            || entry.map_or_else(|| catalog::is_data_field(field), |entry| entry.data.contains(&field.as_str()));
        if !known {
            add_unknown(view, format!("data.{}", printable(field, NAME_LIMIT)));
        }
    }
}

fn add_unknown(view: &mut EventView, path: String) {
    match view.unknown_fields.len() {
        len if len < UNKNOWN_FIELDS_LIMIT => view.unknown_fields.push(path),
        UNKNOWN_FIELDS_LIMIT => view.unknown_fields.push("…".to_owned()),
        _ => {}
    }
}

/// The `user_metadata` of a payload as JSON, from `data` or from the top level. `None` if there is none, and for
/// anything that is not read as an event. Cheap for a payload without it.
#[must_use]
pub fn user_metadata(body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    // The name as it is, or with an escape in it.
    if !text.contains("etadata") && !text.contains("\\u") {
        return None;
    }
    parse(body).ok()?.as_object().and_then(metadata_in).cloned()
}

fn metadata_in(object: &Map<String, Value>) -> Option<&Value> {
    let data = object.get("data").and_then(Value::as_object);
    [data, Some(object)]
        .into_iter()
        .flatten()
        .flat_map(|place| catalog::IN_ALL_DATA.iter().filter_map(|field| place.get(*field)))
        .find(|value| !value.is_null())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
