//! What the listener turned away, as the window shows it. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The history could not store it.
    NotStored,
    /// The bodies being received already took up all the memory that they may.
    NoRoom,
    /// Too many connections were open.
    TooManyConnections,
    /// The body was over the limit; it was cut off and stored.
    TooLarge,
    /// The body came too slowly; what came of it was stored.
    BodyTooSlow,
    /// The body broke off; what came of it was stored.
    BodyCutShort,
    /// Too many header lines, or a head that was too large.
    HeadTooLarge,
    /// The target was too long.
    TargetTooLong,
    /// The head came too slowly.
    HeadTooSlow,
    /// It was not readable as HTTP/1.
    NotHttp,
    /// A web page of another site sent it.
    CrossSite,
    /// It came from the internet without the path token.
    NoToken,
    /// It came from the internet, over the rate limit.
    TooManyPublic,
    /// It came from this machine, over the rate limit.
    TooManyLocal,
    /// It was not a POST.
    OtherMethod,
}

/// What was turned away since the start: held only in memory, without bodies, queries and path tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnedAway {
    /// The total of all kinds.
    pub total: u64,
    /// The kinds that occurred.
    pub kinds: Vec<TurnedAwayKind>,
    /// The newest, latest first.
    pub newest: Vec<TurnedAwayRequest>,
    /// How many are remembered, and so can be asked for.
    pub remembered: u64,
}

/// One kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnedAwayKind {
    /// The kind.
    pub refusal: Refusal,
    /// The status of the answer.
    pub status: u16,
    /// How many, since the start.
    pub count: u64,
}

/// One request, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnedAwayRequest {
    /// Counts the requests, from 1.
    pub number: u64,
    /// When it came.
    pub at_ms: i64,
    /// Why.
    pub refusal: Refusal,
    /// The status of the answer.
    pub status: u16,
    /// `GET`; `None` if its head was not read that far.
    pub method: Option<String>,
    /// Its path, with `…` in place of a path token and without a query.
    pub path: Option<String>,
    /// The address that it came from: `192.0.2.7:4711`.
    pub peer: String,
    /// What was wrong with this one, in a sentence.
    pub reason: String,
}
