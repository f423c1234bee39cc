//! HTTP Archive 1.2, as browsers and other tools write and read it.
//!
//! What HAR cannot say is where others put it, too: a body that is no text in `_content` (as HTTP Toolkit does), and
//! what is Pollux's own in `_pollux`. Members whose names begin with `_` are free for that, and passed over by whoever
//! does not know them.

use std::io::{self, Write};

use crate::record::{Answer, Record};
use crate::text::{self, Bytes};
use shapes::{Content, Creator, Empty, Entry, Packed, Pair, PolluxOut, PostData, Request, Response, Timings};

pub(crate) mod read;
mod shapes;

/// Where the listener is. Readers want an address, and it is always this machine that received.
const SERVER: &str = "127.0.0.1";

pub(crate) fn begin(out: &mut impl Write, version: &str) -> io::Result<()> {
    let creator = serde_json::to_string(&Creator { name: "Pollux", version })?;
    write!(out, r#"{{"log":{{"version":"1.2","creator":{creator},"pages":[],"entries":["#)
}

pub(crate) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\n]}}\n")
}

/// Writes one entry, on one line. `base`: what the path is put behind.
pub(crate) fn write(out: &mut impl Write, record: &Record, base: &str) -> io::Result<()> {
    let took_ms = record.answer.as_ref().and_then(|answer| answer.took_us).unwrap_or(0) as f64 / 1000.0;
    let entry = Entry {
        started: record.received_ns.map_or_else(|| text::time(0), text::time),
        time: took_ms,
        request: request(record, base),
        response: response(record.answer.as_ref()),
        cache: Empty {},
        timings: Timings { send: 0.0, wait: took_ms, receive: 0.0 },
        server: SERVER,
        comment: record.note.as_deref().unwrap_or_default(),
        pollux: pollux(record),
    };
    serde_json::to_writer(out, &entry)?;
    Ok(())
}

fn request<'a>(record: &'a Record, base: &str) -> Request<'a> {
    let text = std::str::from_utf8(&record.body).ok();
    let mime = record.header("content-type").map(String::from_utf8_lossy).unwrap_or_default().into_owned();
    let (post, content) = match text {
        Some("") => (None, None),
        Some(text) => (Some(PostData { mime, params: [], text }), None),
        None => (None, Some(Packed { text: text::base64(&record.body), encoding: "base64", size: record.body.len() })),
    };
    Request {
        method: &record.method,
        url: format!("{base}{}", record.target()),
        http: &record.http_version,
        cookies: [],
        headers: record
            .headers
            .iter()
            .map(|(name, value)| Pair { name, value: String::from_utf8_lossy(value) })
            .collect(),
        query: query(record.query.as_deref().unwrap_or_default()),
        post,
        content,
        headers_size: -1,
        body_size: record.body_len,
    }
}

fn response(answer: Option<&Answer>) -> Response<'_> {
    let named = |name: &str| {
        let mut headers = answer.iter().flat_map(|answer| &answer.headers);
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.as_str())
    };
    let body = answer.map_or("", |answer| answer.body.as_str());
    Response {
        status: answer.map_or(0, |answer| answer.status),
        status_text: "",
        http: "HTTP/1.1",
        cookies: [],
        headers: answer
            .iter()
            .flat_map(|answer| &answer.headers)
            .map(|(name, value)| Pair { name, value: value.as_str().into() })
            .collect(),
        content: Content { size: body.len(), mime: named("content-type"), text: body },
        redirect: named("location"),
        headers_size: -1,
        body_size: body.len(),
    }
}

/// Its parameters, decoded: the address has them as they were.
fn query(query: &str) -> Vec<Pair<'_>> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Pair { name, value: unescaped(value).into() }
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, escaped.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn pollux(record: &Record) -> PolluxOut<'_> {
    let odd = record.headers.iter().any(|(_, value)| std::str::from_utf8(value).is_err());
    PolluxOut {
        pollux: crate::ndjson::VERSION,
        id: record.id,
        received_ns: record.received_ns,
        project: record.project.as_deref(),
        path: &record.path,
        query: record.query.as_deref(),
        peer: record.peer.as_deref(),
        webhook_id: record.message_id.as_deref(),
        event_type: record.event_type.as_deref(),
        attempt: record.attempt,
        headers: odd.then(|| record.headers.iter().map(|(name, value)| (name.as_str(), Bytes(value))).collect()),
        body_len: record.truncated.then_some(record.body_len),
        sha256: record.sha256.as_ref().map(|digest| text::hex(digest)),
        outcome: record.outcome.as_deref(),
        verdict: record.verdict.as_deref(),
        answered: record.answer.is_some(),
        took_us: record.answer.as_ref().and_then(|answer| answer.took_us),
        by: record.answer.as_ref().and_then(|answer| answer.by.as_ref()).map(|(by, what)| (by.name(), what.as_str())),
        pinned: record.pinned,
        imported: record.imported,
        left_out: &record.left_out,
    }
}
