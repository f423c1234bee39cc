//! CloudEvents 1.0, structured mode, one line of JSON for each delivery.
//!
//! `id` is the `webhook-id`, so attempts of one event share it, as the specification asks for what is sent again.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::record::Record;
use crate::text;

/// The type of a delivery whose payload has none.
const NO_TYPE: &str = "pollux.delivery";

#[derive(Serialize)]
struct Event<'a> {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    polluxoutcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    polluxattempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    polluxnote: Option<&'a str>,
    /// Only the beginning of the body was kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    polluxtruncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    #[serde(rename = "data_base64", skip_serializing_if = "Option::is_none")]
    packed: Option<String>,
}

pub(crate) fn write(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let declared = record.header("content-type").and_then(|value| std::str::from_utf8(value).ok());
    let data = json(&record.body);
    let packed = (data.is_none() && !record.body.is_empty()).then(|| text::base64(&record.body));
    let event = Event {
        specversion: "1.0",
        id: id(record),
        source: source(record),
        kind: record.event_type.as_deref().filter(|kind| !kind.trim().is_empty()).unwrap_or(NO_TYPE),
        subject: record.pointer.as_deref().filter(|pointer| !pointer.is_empty()),
        time: record.received_ns.map(text::time),
        // Without it, `data` is application/json, which is what it is.
        datacontenttype: declared.filter(|declared| data.is_none() || is_json(declared)),
        polluxoutcome: record.outcome.as_deref(),
        polluxattempt: record.attempt,
        polluxnote: record.note.as_deref(),
        polluxtruncated: record.truncated,
        data,
        packed,
    };
    serde_json::to_writer(&mut *out, &event)?;
    out.write_all(b"\n")
}

fn id(record: &Record) -> String {
    let given = record.message_id.as_deref().filter(|id| !id.is_empty());
    given.map_or_else(|| format!("pollux-{}", record.id.unwrap_or_default()), str::to_owned)
}

/// A URI reference: the project, as a path.
fn source(record: &Record) -> String {
    let mut source = "/pollux/projects/".to_owned();
    for byte in record.project.as_deref().unwrap_or("default").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => source.push(byte.into()),
            _ => source.push_str(&format!("%{byte:02X}")),
        }
    }
    source
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// The body as it is, if it is JSON. Line ends in it, which can only stand between values, become spaces: a line is an
/// event.
fn json(body: &[u8]) -> Option<Box<RawValue>> {
    let mut text = std::str::from_utf8(body).ok()?.to_owned();
    if text.contains(['\n', '\r']) {
        text = text.replace(['\n', '\r'], " ");
    }
    // The same text as a value: numbers stay as they are written.
    RawValue::from_string(text.trim().to_owned()).ok()
}
