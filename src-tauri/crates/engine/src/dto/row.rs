//! A row of the list.

use serde::{Deserialize, Serialize};
use signature::{Outcome, Scheme};

use super::{AnsweredBy, Hit};

/// One row of the list. Times: Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Row {
    /// Rises with the time of arrival.
    pub id: i64,
    /// The project that it came for.
    pub project: i64,
    /// Whether that is the Sandbox.
    pub sandbox: bool,
    /// When it came.
    pub received_ms: i64,
    /// Verified, rejected or unchecked.
    pub outcome: Outcome,
    /// How it was signed.
    pub scheme: Option<Scheme>,
    /// Stable code.
    pub reason: String,
    /// Two or three words.
    pub cause: String,
    /// The key that matched is in its grace period until then (Unix seconds).
    pub grace_until: Option<i64>,
    /// `type` of the payload.
    pub event_type: Option<String>,
    /// Whether the type is in the catalog.
    pub known_type: bool,
    /// The first pointer of the payload.
    pub pointer: Option<String>,
    /// The `webhook-id`.
    pub message_id: Option<String>,
    /// Which attempt of its event this is; 1 is the first.
    pub attempt: u32,
    /// How many attempts of its event there are.
    pub attempts: u32,
    /// An earlier attempt was already accepted.
    pub duplicate: bool,
    /// How many warnings the verdict carries.
    pub warnings: u32,
    /// The HTTP status that Pollux answered; 0 if the connection was dropped on purpose.
    pub status: u16,
    /// Who made the answer, if it was not the usual one.
    pub answered_by: Option<AnsweredBy>,
    /// How long the answer took, in µs.
    pub took_us: Option<u64>,
    /// Length of the body in bytes.
    pub body_len: u64,
    /// Only a part of the body was stored.
    pub truncated: bool,
    /// When it was judged again, with a result other than at its arrival: a key came later.
    pub judged_ms: Option<i64>,
    /// Why it is known to be a ping; `None` if it is not.
    pub ping: Option<PingBy>,
    /// The user pinned it: no limit removes it.
    pub pinned: bool,
    /// The user's note, or its first 240 characters.
    pub note: Option<String>,
    /// It came from a file.
    pub imported: bool,
    /// The first place that has the text which the view searches for.
    pub hit: Option<Hit>,
    /// What tells it from others when the payload has no type; `None` if it has one.
    pub request: Option<RequestLine>,
    /// The newest attempts of its event, 4 at most, oldest first. Empty where there is one only, and outside the list.
    pub tries: Vec<Tried>,
}

/// An attempt of an event, in the rows of all its attempts. Times: Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tried {
    /// The delivery.
    pub id: i64,
    /// When it came.
    pub received_ms: i64,
    /// Verified, rejected or unchecked.
    pub outcome: Outcome,
    /// The HTTP status that Pollux answered; 0 as in its own row.
    pub status: u16,
    /// Who made the answer, if it was not the usual one.
    pub answered_by: Option<AnsweredBy>,
}

/// How a ping was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PingBy {
    /// Pollux asked for it, and a secret of that webhook verified it.
    Asked,
    /// Its `type` is the one that the emulator gives a ping. The real service's is not published.
    Type,
}

/// The request line of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RequestLine {
    /// `POST`.
    pub method: String,
    /// The path without the query; a long one is cut in the middle, with `…`.
    pub path: String,
}
