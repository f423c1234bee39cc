//! HAR of any tool, entry by entry.
//!
//! The parser stands inside the array of entries while each is taken, so a file of any length needs the memory of one
//! entry. What does not look like HAR inside an entry refuses that entry; what is no JSON ends the file.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::curl::read::split;
use crate::item::{Item, Limits};
use crate::problem::{Error, Problem};
use crate::record::{Answer, AnsweredBy, Record};
use crate::text::{self, OwnedBytes};

/// Counts lines, and the bytes of the present entry.
struct Counted<'a, R> {
    input: R,
    place: &'a Place,
}

#[derive(Default)]
struct Place {
    line: Cell<u64>,
    /// Bytes since the present entry began, or since the last one ended.
    bytes: Cell<usize>,
    limit: usize,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // The parser asks for a byte at a time, so the line is that of the byte it looks at.
        let read = self.input.read(buf)?;
        let new = buf.get(..read).unwrap_or_default();
        let lines = new.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.place.line.set(self.place.line.get() + lines);
        self.place.bytes.set(self.place.bytes.get() + read);
        if self.place.bytes.get() > self.place.limit {
            return Err(io::Error::other(format!("one entry is longer than {} bytes", self.place.limit)));
        }
        Ok(read)
    }
}

/// Reads all entries. Ends early once `take` wants no more.
pub(crate) fn read(input: impl BufRead, limits: &Limits, take: &mut dyn FnMut(Item) -> bool) -> Result<(), Error> {
    let place = Place { line: Cell::new(1), bytes: Cell::new(0), limit: limits.record };
    let state =
        State { place: &place, limits, take: RefCell::new(take), ended: Cell::new(false), found: Cell::new(false) };
    let mut parser = serde_json::Deserializer::from_reader(Counted { input, place: &place });
    let read = Top(&state).deserialize(&mut parser).and_then(|()| parser.end());
    match read {
        _ if state.ended.get() => Ok(()),
        Ok(()) if state.found.get() => Ok(()),
        Ok(()) => Err(Error::Unknown(NOT_HAR.to_owned())),
        Err(error) if error.is_io() => Err(Error::Broken {
            line: place.line.get(),
            message: format!("The HAR cannot be read on: {}.", said(&error)),
        }),
        Err(error) if error.is_eof() => Err(Error::Broken {
            line: place.line.get(),
            message: "The HAR is cut off: its JSON ends before it is closed. What stands before was read.".to_owned(),
        }),
        Err(error) => {
            Err(Error::Broken { line: place.line.get(), message: format!("The HAR is not JSON: {}.", said(&error)) })
        }
    }
}

const NOT_HAR: &str = r#"It is no HAR: {"log":{"entries":[…]}} was expected."#;

fn said(error: &serde_json::Error) -> String {
    error.to_string().split(" at line ").next().unwrap_or_default().to_owned()
}

struct State<'a, 'b> {
    place: &'a Place,
    limits: &'a Limits,
    take: RefCell<&'b mut dyn FnMut(Item) -> bool>,
    ended: Cell<bool>,
    found: Cell<bool>,
}

/// Goes down one level: `log`, then `entries`.
struct Top<'a, 'b>(&'a State<'a, 'b>);
struct Log<'a, 'b>(&'a State<'a, 'b>);
struct Entries<'a, 'b>(&'a State<'a, 'b>);

macro_rules! into_member {
    ($outer:ident, $name:literal, $inner:ident) => {
        impl<'de> DeserializeSeed<'de> for $outer<'_, '_> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_map(self)
            }
        }

        impl<'de> Visitor<'de> for $outer<'_, '_> {
            type Value = ();
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!("an object with `", $name, "`"))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                while let Some(name) = map.next_key::<String>()? {
                    if name == $name {
                        map.next_value_seed($inner(self.0))?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        self.0.place.bytes.set(0);
                    }
                }
                Ok(())
            }
        }
    };
}

into_member!(Top, "log", Log);
into_member!(Log, "entries", Entries);

impl<'de> DeserializeSeed<'de> for Entries<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();
    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of entries")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.found.set(true);
        while let Some((value, line)) = seq.next_element_seed(One(self.0.place))? {
            let item = match serde_json::from_value::<EntryIn>(value) {
                Ok(entry) => entry.item(line, self.0.limits),
                Err(error) => {
                    Item::Problem(Problem::new(line, format!("It is not an entry of HAR: {}.", said(&error))))
                }
            };
            if !(self.0.take.borrow_mut())(item) {
                self.0.ended.set(true);
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

/// An entry, and the line at which it begins.
struct One<'a>(&'a Place);

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = (Value, u64);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(Value, u64), D::Error> {
        self.0.bytes.set(0);
        let line = self.0.line.get();
        Ok((Value::deserialize(deserializer)?, line))
    }
}

#[derive(Deserialize)]
struct EntryIn {
    #[serde(rename = "startedDateTime")]
    started: Option<String>,
    time: Option<f64>,
    request: RequestIn,
    response: Option<ResponseIn>,
    comment: Option<String>,
    #[serde(rename = "_pollux")]
    pollux: Option<PolluxIn>,
}

#[derive(Deserialize)]
struct RequestIn {
    method: String,
    url: String,
    #[serde(rename = "httpVersion")]
    http: Option<String>,
    #[serde(default)]
    headers: Vec<PairIn>,
    #[serde(rename = "postData")]
    post: Option<ContentIn>,
    #[serde(rename = "_content")]
    content: Option<ContentIn>,
}

#[derive(Deserialize)]
struct ResponseIn {
    #[serde(default)]
    status: f64,
    #[serde(default)]
    headers: Vec<PairIn>,
    content: Option<ContentIn>,
}

#[derive(Deserialize)]
struct PairIn {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
struct ContentIn {
    text: Option<String>,
    encoding: Option<String>,
    #[serde(default)]
    params: Vec<Value>,
}

impl ContentIn {
    fn bytes(self) -> Option<Vec<u8>> {
        let text = self.text.unwrap_or_default();
        match self.encoding.as_deref() {
            Some("base64") => text::from_base64(&text),
            _ => Some(text.into_bytes()),
        }
    }
}

#[derive(Deserialize)]
struct PolluxIn {
    pollux: Option<u64>,
    id: Option<i64>,
    received_ns: Option<i64>,
    project: Option<String>,
    path: Option<String>,
    query: Option<String>,
    peer: Option<String>,
    headers: Option<Vec<(String, OwnedBytes)>>,
    body_len: Option<u64>,
    sha256: Option<String>,
    outcome: Option<String>,
    #[serde(default)]
    answered: bool,
    took_us: Option<u64>,
    by: Option<(String, String)>,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    imported: bool,
    #[serde(default)]
    left_out: Vec<String>,
}

impl EntryIn {
    fn item(self, line: u64, limits: &Limits) -> Item {
        let record = self.record().and_then(|record| match limits.refuses(&record) {
            None => Ok(record),
            Some(message) => Err(message),
        });
        match record {
            Ok(record) => Item::Record(Box::new(record), line),
            Err(message) => Item::Problem(Problem::new(line, message)),
        }
    }

    fn record(self) -> Result<Record, String> {
        let Self { started, time, request, response, comment, pollux } = self;
        let (path, query) =
            split(&request.url).ok_or("Its url is no address of the web; https://host/path was expected.")?;
        let headers: Vec<_> = request
            .headers
            .into_iter()
            // Browsers list the parts of an HTTP/2 request line as headers.
            .filter(|pair| !pair.name.starts_with(':'))
            .map(|pair| (pair.name, pair.value.into_bytes()))
            .collect();
        let form = request.post.as_ref().is_some_and(|post| post.text.is_none() && !post.params.is_empty());
        let body = match (request.content, request.post) {
            (Some(content), _) => content.bytes().ok_or("The base64 of its body cannot be read.")?,
            (None, Some(_)) if form => {
                return Err("Its body is a form in parts, whose bytes a HAR does not hold. Events are JSON.".to_owned());
            }
            (None, Some(post)) => post.bytes().ok_or("The base64 of its body cannot be read.")?,
            (None, None) => Vec::new(),
        };
        let mut record = Record {
            received_ns: started.as_deref().and_then(text::from_time),
            method: request.method,
            path,
            query,
            http_version: version(request.http.as_deref()),
            headers,
            body_len: body.len() as u64,
            body,
            answer: response.and_then(|response| response.answer(time)),
            note: comment.filter(|comment| !comment.trim().is_empty()),
            ..Record::default()
        };
        if let Some(pollux) = pollux {
            pollux.complete(&mut record)?;
        }
        if record.body.is_empty() && !record.has("webhook-id") {
            return Err("It has no body and no webhook-id, so it is no delivery. It was passed over.".to_owned());
        }
        record.impossible().map_or(Ok(record), Err)
    }
}

impl ResponseIn {
    /// Browsers give 0 to a request that was not answered.
    fn answer(self, time: Option<f64>) -> Option<Answer> {
        let status = Some(self.status).filter(|status| (100.0..1000.0).contains(status))? as u16;
        let body = self.content.and_then(ContentIn::bytes).unwrap_or_default();
        let headers = self.headers.into_iter().map(|pair| (pair.name, pair.value)).collect();
        let took_us = time.filter(|ms| (0.0..1e12).contains(ms)).map(|ms| (ms * 1000.0).round() as u64);
        Some(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned(), took_us, by: None })
    }
}

impl PolluxIn {
    /// What HAR has no member for.
    fn complete(self, record: &mut Record) -> Result<(), String> {
        if self.pollux != Some(crate::ndjson::VERSION) {
            return Err("A newer Pollux wrote it, in a form that this one does not read. Update Pollux.".to_owned());
        }
        record.id = self.id;
        record.received_ns = self.received_ns.or(record.received_ns);
        record.project = self.project;
        if let Some(path) = self.path {
            record.path = path;
            record.query = self.query;
        }
        record.peer = self.peer;
        if let Some(headers) = self.headers {
            let unpacked = headers.into_iter().map(|(name, value)| Some((name, value.bytes()?)));
            record.headers = unpacked.collect::<Option<_>>().ok_or("The base64 of a header cannot be read.")?;
        }
        if let Some(whole) = self.body_len {
            (record.truncated, record.body_len) = (true, whole);
            record.sha256 = self.sha256.as_deref().and_then(text::from_hex);
        }
        record.outcome = self.outcome;
        if self.answered {
            let answer = record.answer.get_or_insert_default();
            answer.took_us = self.took_us;
            answer.by = self.by.and_then(|(by, what)| Some((AnsweredBy::named(&by)?, what)));
        } else {
            record.answer = None;
        }
        record.pinned = self.pinned;
        record.imported = self.imported;
        record.left_out = self.left_out;
        Ok(())
    }
}

/// Browsers write `http/2.0`, `h2`, or nothing.
fn version(written: Option<&str>) -> String {
    match written.map(str::to_ascii_uppercase).as_deref() {
        Some("H2" | "HTTP/2" | "HTTP/2.0") => "HTTP/2".to_owned(),
        Some("H3" | "HTTP/3" | "HTTP/3.0") => "HTTP/3".to_owned(),
        Some("HTTP/1.0") => "HTTP/1.0".to_owned(),
        _ => "HTTP/1.1".to_owned(),
    }
}
