//! What the listener turned away, as the window shows it. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The history did not take it.
    NotStored,
    /// The bodies that were being received took all the memory they may.
    NoRoom,
    /// Too many connections were open.
    TooManyConnections,
    /// The body was over the limit; kept cut off.
    TooLarge,
    /// The body came too slowly; kept as far as it came.
    BodyTooSlow,
    /// The body ended before its end; kept as far as it came.
    BodyCutShort,
    /// Too many header lines, or a head that was too large.
    HeadTooLarge,
    /// The target was too long.
    TargetTooLong,
    /// The head came too slowly.
    HeadTooSlow,
    /// It was no HTTP/1 that can be read.
    NotHttp,
    /// A web page of another site sent it.
    CrossSite,
    /// It came from the internet without the path token.
    NoToken,
    /// It came from the internet beyond the rate.
    TooManyPublic,
    /// It came from this machine beyond the rate.
    TooManyLocal,
    /// It was not a POST.
    OtherMethod,
}

/// What was turned away since the start: in memory alone, and without bodies, queries and path tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnedAway {
    /// Of every kind.
    pub total: u64,
    /// The kinds that there were.
    pub kinds: Vec<TurnedAwayKind>,
    /// The newest, the last one first.
    pub newest: Vec<TurnedAwayRequest>,
    /// How many are remembered: more than these can be asked for.
    pub remembered: u64,
}

/// One kind of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnedAwayKind {
    /// Which.
    pub refusal: Refusal,
    /// What it was answered.
    pub status: u16,
    /// How many, since the start.
    pub count: u64,
}

/// One request, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnedAwayRequest {
    /// Counts them, from 1.
    pub number: u64,
    /// When it came.
    pub at_ms: i64,
    /// Why.
    pub refusal: Refusal,
    /// What it was answered.
    pub status: u16,
    /// `GET`; `None` where its head was not read that far.
    pub method: Option<String>,
    /// Its path, with `…` in place of a path token and without a query.
    pub path: Option<String>,
    /// The address that it came from: `192.0.2.7:4711`.
    pub peer: String,
    /// What was wrong with this one, in a sentence.
    pub reason: String,
}
