//! Pollux's own form: one line of JSON for each delivery, which loses nothing.
//!
//! Fields that are not known are passed over, so that an older Pollux reads what a newer one adds; what changes the
//! meaning of a field raises [`VERSION`].

use std::borrow::Cow;
use std::io::{self, Write};

use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::record::{Answer, AnsweredBy, Record};
use crate::text::{self, Bytes, BytesIn};

/// The value of the field `pollux`.
pub(crate) const VERSION: u64 = 1;

/// Writes one line.
pub(crate) fn write(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let line = LineOut {
        pollux: VERSION,
        id: record.id,
        received: record.received_ns.map(text::time),
        received_ns: record.received_ns,
        project: record.project.as_deref(),
        method: &record.method,
        path: &record.path,
        query: record.query.as_deref(),
        http: &record.http_version,
        peer: record.peer.as_deref(),
        webhook_id: record.message_id.as_deref(),
        event_type: record.event_type.as_deref(),
        pointer: record.pointer.as_deref(),
        attempt: record.attempt,
        headers: &record.headers,
        body: Bytes(&record.body),
        body_len: record.body_len,
        truncated: record.truncated,
        sha256: record.sha256.as_ref().map(|digest| text::hex(digest)),
        outcome: record.outcome.as_deref(),
        verdict: record.verdict.as_deref(),
        answer: record.answer.as_ref().map(AnswerOut::of),
        pinned: record.pinned,
        note: record.note.as_deref(),
        imported: record.imported,
        left_out: &record.left_out,
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

/// The record of one line, without its line end.
///
/// # Errors
/// What is wrong, and what was expected.
pub(crate) fn read(line: &[u8]) -> Result<Record, String> {
    let line: LineIn<'_> = serde_json::from_slice(line).map_err(|error| not_read(line, &error))?;
    match line.pollux {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Err(newer_version(newer)),
        _ => return Err(NOT_OURS.to_owned()),
    }
    let Some(received_ns) = line.received_ns.or_else(|| text::from_time(line.received.as_deref()?)) else {
        return Err("It does not say when it arrived: received_ns was expected, in Unix nanoseconds.".to_owned());
    };
    let mut headers = Vec::with_capacity(line.headers.len());
    for (number, (name, value)) in line.headers.into_iter().enumerate() {
        let value = value.bytes().ok_or_else(|| format!("The base64 of header {} cannot be read.", number + 1))?;
        headers.push((name.into_owned(), value));
    }
    let Some(body) = line.body else { return Err(r#"It has no body; "body":"" was expected at least."#.to_owned()) };
    let body = body.bytes().ok_or("The base64 of the body cannot be read.")?;
    let sha256 = match line.sha256.as_deref() {
        Some(hex) => Some(text::from_hex(hex).ok_or("Its sha256 is not 64 digits in hex.")?),
        None => None,
    };
    let record = Record {
        id: line.id,
        received_ns: Some(received_ns),
        project: line.project.map(Cow::into_owned),
        method: line.method.into_owned(),
        path: line.path.into_owned(),
        query: line.query.map(Cow::into_owned),
        http_version: line.http.map_or_else(|| "HTTP/1.1".to_owned(), Cow::into_owned),
        peer: line.peer.map(Cow::into_owned),
        headers,
        body_len: line.body_len.unwrap_or(body.len() as u64),
        body,
        truncated: line.truncated,
        sha256: sha256.filter(|_| line.truncated),
        outcome: line.outcome.map(Cow::into_owned),
        answer: line.answer.map(AnswerIn::answer).transpose()?,
        pinned: line.pinned,
        note: line.note.map(Cow::into_owned),
        imported: line.imported,
        left_out: line.left_out,
        ..Record::default()
    };
    match record.truncated {
        false if record.body_len != record.body.len() as u64 => Err(format!(
            "Its body has {} bytes, and {} were expected: it was changed or cut.",
            record.body.len(),
            record.body_len
        )),
        _ => record.impossible().map_or(Ok(record), Err),
    }
}

const NOT_OURS: &str = r#"It is not a delivery of Pollux: {"pollux":1,…} was expected."#;

fn newer_version(version: u64) -> String {
    format!("A newer Pollux wrote it (version {version} of the form; this one reads {VERSION}). Update Pollux.")
}

/// Says it by the version, where that explains it.
fn not_read(line: &[u8], error: &serde_json::Error) -> String {
    #[derive(Deserialize)]
    struct Head {
        pollux: Option<u64>,
    }
    match serde_json::from_slice::<Head>(line) {
        Ok(Head { pollux: Some(version) }) if version > VERSION => newer_version(version),
        Ok(Head { pollux: None }) => NOT_OURS.to_owned(),
        Ok(_) => format!("It is not a delivery as Pollux writes it: {}.", said(error)),
        Err(_) if error.is_eof() => "It is cut off: the JSON ends before it is closed.".to_owned(),
        Err(_) => format!("It is not JSON: {}.", said(error)),
    }
}

/// The parser's words without the line, which it does not know, and without what it quotes of the file.
pub(crate) fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let hidden = match (text.find('`').or_else(|| text.find('"')), text.rfind(", expected")) {
        (Some(from), Some(to)) if from < to => format!("{}…{}", &text[..from], &text[to..]),
        _ => text.to_owned(),
    };
    match error.column() {
        0 => hidden,
        column => format!("{hidden} (column {column})"),
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn pairs<S: Serializer>(headers: &[(String, Vec<u8>)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut seq = serializer.serialize_seq(Some(headers.len()))?;
    for (name, value) in headers {
        seq.serialize_element(&(name, Bytes(value)))?;
    }
    seq.end()
}

#[derive(Serialize)]
struct LineOut<'a> {
    pollux: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    /// For people; `received_ns` says it exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_ns: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    http: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(serialize_with = "pairs")]
    headers: &'a [(String, Vec<u8>)],
    body: Bytes<'a>,
    body_len: u64,
    #[serde(skip_serializing_if = "is_false")]
    truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerOut<'a>>,
    #[serde(skip_serializing_if = "is_false")]
    pinned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    imported: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    left_out: &'a [String],
}

#[derive(Serialize)]
pub(crate) struct AnswerOut<'a> {
    status: u16,
    headers: &'a [(String, String)],
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_what: Option<&'a str>,
}

impl<'a> AnswerOut<'a> {
    fn of(answer: &'a Answer) -> Self {
        Self {
            status: answer.status,
            headers: &answer.headers,
            body: &answer.body,
            took_us: answer.took_us,
            by: answer.by.as_ref().map(|(by, _)| by.name()),
            by_what: answer.by.as_ref().map(|(_, what)| what.as_str()),
        }
    }
}

#[derive(Deserialize)]
struct LineIn<'a> {
    pollux: Option<u64>,
    id: Option<i64>,
    #[serde(borrow)]
    received: Option<Cow<'a, str>>,
    received_ns: Option<i64>,
    #[serde(borrow)]
    project: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    query: Option<Cow<'a, str>>,
    #[serde(borrow)]
    http: Option<Cow<'a, str>>,
    #[serde(borrow)]
    peer: Option<Cow<'a, str>>,
    #[serde(borrow)]
    headers: Vec<(Cow<'a, str>, BytesIn<'a>)>,
    #[serde(borrow)]
    body: Option<BytesIn<'a>>,
    body_len: Option<u64>,
    #[serde(default)]
    truncated: bool,
    #[serde(borrow)]
    sha256: Option<Cow<'a, str>>,
    #[serde(borrow)]
    outcome: Option<Cow<'a, str>>,
    #[serde(borrow)]
    answer: Option<AnswerIn<'a>>,
    #[serde(default)]
    pinned: bool,
    #[serde(borrow)]
    note: Option<Cow<'a, str>>,
    #[serde(default)]
    imported: bool,
    #[serde(default)]
    left_out: Vec<String>,
}

#[derive(Deserialize)]
struct AnswerIn<'a> {
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    took_us: Option<u64>,
    #[serde(borrow)]
    by: Option<Cow<'a, str>>,
    by_what: Option<String>,
}

impl AnswerIn<'_> {
    fn answer(self) -> Result<Answer, String> {
        let by = match self.by.as_deref() {
            None => None,
            Some(name) => {
                let by = AnsweredBy::named(name)
                    .ok_or(r#"Its answer was made by somebody unknown; "rule" or "target" was expected."#)?;
                Some((by, self.by_what.unwrap_or_default()))
            }
        };
        let Self { status, headers, body, took_us, .. } = self;
        if !(status == 0 || (100..1000).contains(&status)) {
            return Err("The status of its answer is not one; 100 to 999, or 0, was expected.".to_owned());
        }
        Ok(Answer { status, headers, body, took_us, by })
    }
}
