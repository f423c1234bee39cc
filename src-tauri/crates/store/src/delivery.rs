//! A delivery in three forms: on its way in, as a row of the list, and complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use signature::{MatchedKey, Outcome, Scheme, Text, Verdict};

/// One HTTP request that reached the listener, with its verdict and the answer that is about to be given.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// The project it belongs to: an id of [`crate::Projects::ensure`].
    pub project: i64,
    /// When it arrived, Unix nanoseconds.
    pub received_ns: i64,
    /// When it arrived, on the monotonic clock. Not stored; carried to [`Arrived::started`].
    pub started: Instant,
    /// `POST`.
    pub method: String,
    /// The path as received, without the query.
    pub path: String,
    /// What followed the `?`, as received.
    pub query: Option<String>,
    /// `HTTP/1.1`.
    pub http_version: &'static str,
    /// Address and port of the other side.
    pub peer: String,
    /// Names and values in the order of arrival, duplicates kept, values as raw bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body as received, up to the listener's limit.
    pub body: Bytes,
    /// Bytes of the whole body, as far as known: more than `body` holds if it was truncated.
    pub body_len: u64,
    /// Whether the body was longer than what is kept.
    pub truncated: bool,
    /// SHA-256 of the whole body, if it arrived whole and only part of it is kept.
    pub sha256: Option<[u8; 32]>,
    /// The `webhook-id` (Standard Webhooks, SW-05): attempts that share it are attempts of one event.
    pub message_id: Option<String>,
    /// The `jti` of a JWT.
    pub token_id: Option<String>,
    /// The event type, such as `batch.succeeded`.
    pub event_type: Option<String>,
    /// What the event points to: `batches/abc`.
    pub pointer: Option<String>,
    /// The verdict on its signature.
    pub verdict: Verdict,
    /// The answer to be given once it is stored.
    pub answer: Answer,
}

/// The HTTP response given to the sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// HTTP status; 0 if the connection was dropped on purpose, or no answer has been given yet.
    pub status: u16,
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// Who made it, and how in words, unless it was the listener's usual one.
    pub by: Option<(AnsweredBy, String)>,
}

/// Who made an answer other than the listener's usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum AnsweredBy {
    /// A rule of the fault lab.
    Rule,
    /// The target that deliveries are forwarded to.
    Target,
}

impl AnsweredBy {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Rule => 1,
            Self::Target => 2,
        }
    }

    pub(crate) fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Rule),
            2 => Some(Self::Target),
            _ => None,
        }
    }
}

impl NewDelivery {
    /// Bytes of the texts other than body, headers, verdict and answer: a sender may make any of them long.
    pub(crate) fn text_len(&self) -> usize {
        let optional = [&self.query, &self.message_id, &self.token_id, &self.event_type, &self.pointer];
        let optional: usize = optional.into_iter().flatten().map(String::len).sum();
        self.method.len() + self.path.len() + self.peer.len() + optional
    }
}

/// Bytes of a message id that a row holds: lists hold many rows, and the sender chooses the id.
const MESSAGE_ID_IN_ROW: usize = 1024;

/// The part of a message id that a row holds, whole characters only.
pub(crate) fn message_id_in_row(id: &str) -> &str {
    id.get(..id.floor_char_boundary(MESSAGE_ID_IN_ROW)).unwrap_or(id)
}

/// The result of storing a delivery, once it is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// Its id: ascending in the order of commits, never reused.
    pub id: i64,
    /// The event it is an attempt of; `None` without a `webhook-id`.
    pub event: Option<i64>,
    /// The number of this attempt of the event, from 1.
    pub attempt: u32,
    /// How many attempts of the event are stored now.
    pub attempts: u32,
    /// Whether an earlier attempt was verified and answered 2xx.
    pub duplicate: bool,
    /// The verdict as stored. For a repeated attempt it includes what is known of earlier ones, in its warnings and in
    /// its rung `duplicate`.
    pub verdict: Verdict,
}

/// A row of the list: the narrow fields of a delivery, without body and headers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The delivery's id.
    pub id: i64,
    /// Its project.
    pub project: i64,
    /// When it arrived, Unix nanoseconds.
    pub received_ns: i64,
    /// Verified, rejected or unchecked.
    pub outcome: Outcome,
    /// The scheme, if it could be determined.
    pub scheme: Option<Scheme>,
    /// Stable code: `valid`, `no_matching_signature`…
    pub reason: Text,
    /// Two or three words for the row: `412 s old`.
    pub cause: Text,
    /// If it was verified with a key in its grace: until when that key is accepted, Unix seconds.
    pub grace_until: Option<i64>,
    /// The event it is an attempt of.
    pub event: Option<i64>,
    /// The event type, such as `batch.succeeded`.
    pub event_type: Option<String>,
    /// What the event points to, such as `batches/abc`.
    pub pointer: Option<String>,
    /// The `webhook-id`, or its first 1,024 bytes.
    pub message_id: Option<String>,
    /// The number of this attempt of its event, from 1.
    pub attempt: u32,
    /// How many attempts of its event there are now.
    pub attempts: u32,
    /// Whether an earlier attempt had been verified and answered 2xx.
    pub duplicate: bool,
    /// How many warnings the verdict has.
    pub warnings: u32,
    /// The status of the answer; 0 if the connection was dropped on purpose, or no answer has been given yet.
    pub status: u16,
    /// Who made the answer, unless it was the usual one.
    pub answered_by: Option<AnsweredBy>,
    /// From arrival to answer, microseconds; `None` until known.
    pub took_us: Option<u64>,
    /// Bytes of the whole body, as far as known.
    pub body_len: u64,
    /// Whether the body was longer than what is kept.
    pub truncated: bool,
    /// When it was judged again with a different outcome than at its arrival, Unix milliseconds.
    pub judged_ms: Option<i64>,
    /// Whether it answers a ping that was requested here ([`crate::Store::pinged`]).
    pub pinged: bool,
    /// Whether the user pinned it: no limit of the history removes it.
    pub pinned: bool,
    /// The user's note, or its first 240 characters.
    pub note: Option<String>,
    /// Whether it came from a file.
    pub imported: bool,
    /// Identifies it in the list if the payload has no type; `None` if it has one.
    pub request: Option<RequestLine>,
}

/// An attempt of an event, as far as the rows of all its attempts show it. From [`crate::Store::tried`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The event.
    pub event: i64,
    /// The delivery's id.
    pub id: i64,
    /// When it arrived, Unix nanoseconds.
    pub received_ns: i64,
    /// Verified, rejected or unchecked.
    pub outcome: Outcome,
    /// The status of the answer; 0 as in [`Row::status`].
    pub status: u16,
    /// Who made the answer, unless it was the usual one.
    pub answered_by: Option<AnsweredBy>,
}

/// The request line of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestLine {
    /// `POST`.
    pub method: String,
    /// The path without the query; of a long path, its beginning and its end with `…` between them.
    pub path: String,
}

/// Characters of a path that a row holds: lists hold many rows, and the sender chooses the path.
const PATH_IN_ROW: usize = 240;

impl RequestLine {
    /// The path as a row holds it.
    pub(crate) fn in_row(method: &str, path: &str) -> Self {
        let path = match path.chars().count() {
            0..=PATH_IN_ROW => path.to_owned(),
            length => {
                let half = PATH_IN_ROW / 2;
                path.chars().take(half).chain(['…']).chain(path.chars().skip(length - half)).collect()
            }
        };
        Self { method: method.to_owned(), path }
    }
}

/// Whether the payload says what happened. A type of nothing but white space says nothing.
pub(crate) fn has_type(event_type: Option<&str>) -> bool {
    event_type.is_some_and(|name| !name.trim().is_empty())
}

/// A stored delivery: everything but the body, which [`crate::Store::body`] returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What the list shows.
    pub row: Row,
    /// `POST`.
    pub method: String,
    /// The path as received, without the query.
    pub path: String,
    /// What followed the `?`.
    pub query: Option<String>,
    /// `HTTP/1.1`.
    pub http_version: String,
    /// Address and port of the other side.
    pub peer: String,
    /// Names and values in the order of arrival, duplicates kept.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The `jti` of a JWT.
    pub token_id: Option<String>,
    /// SHA-256 of the whole body, if it arrived whole and only part of it is kept.
    pub sha256: Option<[u8; 32]>,
    /// The user's note, whole.
    pub note: Option<String>,
    /// When that was last changed, Unix milliseconds.
    pub noted_ms: Option<i64>,
    /// The verdict with its ladder, and with its diagnosis once [`crate::Store::explained`] has stored one.
    pub verdict: Verdict,
    /// The answer.
    pub answer: Answer,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Deliveries.
    pub total: u64,
    /// Bytes of their headers and bodies.
    pub kept_bytes: u64,
}

/// News for those who show or forward deliveries, sent only after COMMIT.
///
/// A receiver that lagged, or that gets [`Change::Resync`], reloads with [`crate::Store::ids`].
#[derive(Clone, Debug)]
pub enum Change {
    /// A delivery was stored.
    Inserted(Arc<Arrived>),
    /// The rows of these deliveries have changed: explained, or one more attempt.
    Changed(Arc<[i64]>),
    /// The answers of these deliveries took so many microseconds.
    Answered(Arc<[(i64, u64)]>),
    /// These deliveries were sent on once more; their rows have not changed.
    SentOn(Arc<[i64]>),
    /// These deliveries are no longer there: ranges of ids, ascending, both ends included. A range may contain ids that
    /// were gone before, and none that is still there.
    Removed(Arc<[(i64, i64)]>),
    /// Deliveries that were removed are there again. Treat it as [`Change::Resync`].
    Restored,
    /// Deliveries were stored that are not announced one by one, because receivers are slow and bodies are large.
    Resync,
}

/// A delivery that has just been stored: its row, and what a query examines.
#[derive(Debug)]
pub struct Arrived {
    /// The row.
    pub row: Row,
    /// When it arrived, on the monotonic clock.
    pub started: Instant,
    /// The path as received, without the query.
    pub path: String,
    /// What followed the `?`.
    pub query: Option<String>,
    /// Address and port of the other side.
    pub peer: String,
    /// The key that matched.
    pub key: Option<MatchedKey>,
    /// The code of the verdict's diagnosis.
    pub diagnosis: Option<String>,
    /// The body, as far as it is kept.
    pub body: Bytes,
    pub(crate) headers: Vec<u8>,
    pub(crate) _held: CountedBytes,
}

impl Arrived {
    /// The id of the secret that verified it; see [`Row`]'s table `signer`.
    pub(crate) fn signer(&self) -> Option<&str> {
        let by_secret = matches!(self.row.scheme, Some(Scheme::V1 | Scheme::V1a));
        let key = self.key.as_ref().filter(|_| by_secret && self.row.outcome == Outcome::Verified);
        key.map(|key| &*key.id)
    }
}

/// Counts the bytes that announced deliveries occupy until the last receiver has dropped them.
#[derive(Debug)]
pub(crate) struct CountedBytes {
    bytes: usize,
    gauge: Arc<AtomicUsize>,
}

impl CountedBytes {
    pub(crate) fn new(bytes: usize, gauge: &Arc<AtomicUsize>) -> Self {
        gauge.fetch_add(bytes, Ordering::Relaxed);
        Self { bytes, gauge: Arc::clone(gauge) }
    }
}

impl Drop for CountedBytes {
    fn drop(&mut self) {
        self.gauge.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
