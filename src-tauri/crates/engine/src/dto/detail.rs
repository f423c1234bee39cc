//! One delivery, opened.

use serde::{Deserialize, Serialize};
use signature::Verdict;

use super::{AnsweredBy, Row};

/// A header line for display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HeaderView {
    /// Lower case.
    pub name: String,
    /// Printable text; bytes that are not UTF-8 are replaced.
    pub value: String,
    /// The raw bytes, if they are not UTF-8.
    pub base64: Option<String>,
    /// Whether there is something to say about this header.
    pub known: bool,
    /// What the header is for.
    pub meaning: Option<String>,
    /// What the value means.
    pub decoded: Option<String>,
}

/// The `webhook-timestamp`, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TimestampView {
    /// Unix seconds.
    pub value: i64,
    /// RFC 3339.
    pub iso: String,
    /// Arrival minus timestamp, in seconds: positive if it is in the past.
    pub skew_s: i64,
}

/// The signature header, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DecodedSignature {
    /// The entries of a Standard Webhooks list, in order.
    pub entries: Vec<SignatureEntry>,
    /// The token, if the value is one.
    pub jwt: Option<JwtView>,
    /// What is odd about the whole value.
    pub note: Option<String>,
}

/// One signature of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SignatureEntry {
    /// The part before the comma.
    pub version: String,
    /// The part after it.
    pub text: String,
    /// Whether the version is known and the text is canonical base64 of the right length.
    pub well_formed: bool,
    /// Why it is not well formed, or what it looks like.
    pub note: Option<String>,
    /// Whether this entry matches one of the project's keys.
    pub matched: bool,
}

/// A JWT, opened without verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JwtView {
    /// The header as indented JSON.
    pub header: String,
    /// The claims as indented JSON.
    pub claims: Option<String>,
    /// Length of the signature in bytes.
    pub signature_bytes: u32,
    /// Why it cannot be opened.
    pub problem: Option<String>,
}

/// What kind of thing a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// JSON.
    Json,
    /// Other UTF-8 text.
    Text,
    /// Anything else.
    Binary,
    /// Nothing.
    Empty,
}

/// A body, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BodyView {
    /// Length as sent, in bytes.
    pub len: u64,
    /// Length as stored.
    pub kept_len: u64,
    /// Only a part was stored.
    pub truncated: bool,
    /// SHA-256 of the whole body in hexadecimal, if all of it came but only a part was stored.
    pub sha256: Option<String>,
    /// `content-type`.
    pub content_type: Option<String>,
    /// `content-encoding`, if the body has one.
    pub encoding: Option<String>,
    /// Length after decoding.
    pub decoded_len: Option<u64>,
    /// Why it could not be decoded.
    pub decode_problem: Option<String>,
    /// What it is, after decoding.
    pub kind: BodyKind,
}

/// What Pollux answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Answer {
    /// HTTP status; 0 if the connection was dropped on purpose.
    pub status: u16,
    /// Who made it, if it was not Pollux's usual one.
    pub by: Option<AnsweredBy>,
    /// The rule or the target in words: `fail the first 2 attempts: 503`.
    pub by_what: Option<String>,
    /// The usual reason phrase.
    pub reason_phrase: String,
    /// Header lines.
    pub headers: Vec<AnswerHeader>,
    /// The body.
    pub body: String,
    /// How long it took, in µs.
    pub took_us: Option<u64>,
}

/// A header line of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerHeader {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// One delivery, whole but for the bytes of its body.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Detail {
    /// The row of the list.
    pub row: Row,
    /// The name of its project, even if it was removed since.
    pub project: Option<String>,
    /// `POST`.
    pub method: String,
    /// The user's note, whole.
    pub note: Option<String>,
    /// When that was last changed here, or imported; Unix milliseconds.
    pub noted_ms: Option<i64>,
    /// Path of the request.
    pub path: String,
    /// Its query, without the question mark.
    pub query: Option<String>,
    /// `HTTP/1.1`.
    pub http_version: String,
    /// The sender's address.
    pub peer: String,
    /// When it came, RFC 3339 with nanoseconds.
    pub received: String,
    /// The verdict with its ladder.
    pub verdict: Verdict,
    /// Whether a key could verify it: the headers for that are there and well formed.
    pub checkable: bool,
    /// The payload as an event.
    pub event: gemini::EventView,
    /// What the payload points to.
    pub pointers: Vec<gemini::Pointer>,
    /// Header lines in the order in which they came.
    pub headers: Vec<HeaderView>,
    /// The signature header, opened.
    pub signature: Option<DecodedSignature>,
    /// The timestamp header, decoded.
    pub timestamp: Option<TimestampView>,
    /// The body.
    pub body: BodyView,
    /// What Pollux answered.
    pub answer: Answer,
    /// All deliveries of this `webhook-id`, oldest first.
    pub attempts: Vec<Row>,
    /// An attempt whose body is not this one's, byte for byte, by its number: attempts of one event must carry
    /// the same bytes. `None` also where a body was kept only in part, so that it is not known.
    pub bytes_differ_from: Option<i64>,
}
