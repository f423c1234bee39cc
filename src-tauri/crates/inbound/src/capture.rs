//! Reads a request's body within its limits, and its headers as they arrived.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame};
use tokio::time::Instant;

use crate::buffer::Buffer;
use crate::room::{Denied, Place, Room, SMALL};

/// How many bytes are kept of a body that is over the limit or was cut short.
pub(crate) const KEPT_OF_OVERSIZED: usize = 64 * 1024;

/// The slowest that a body may arrive, in bytes a second: the worst phone line is faster.
pub(crate) const LEAST_RATE: u64 = 8 * 1024;
/// How long a body may pause, at the start and later. Bytes that arrived faster before count as credit, up to this.
pub(crate) const GRACE: Duration = Duration::from_secs(8);

/// How reading a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it arrived.
    Whole,
    /// It is longer than the limit.
    TooLarge,
    /// It did not arrive in time.
    TimedOut,
    /// It stopped, or arrived too slowly.
    TooSlow,
    /// The connection ended, or the framing broke, before the body did.
    CutShort,
    /// The bodies being received already fill the memory set aside for them.
    NoRoom,
}

/// A body, as far as it was read.
pub(crate) struct Captured {
    /// The bytes kept: the whole body, or its first [`KEPT_OF_OVERSIZED`].
    pub(crate) bytes: Bytes,
    /// The body's length: exact if it is whole, otherwise the declared length or what was seen of it.
    pub(crate) len: u64,
    /// How it ended.
    pub(crate) end: End,
    /// Its share of the room for bodies, until it is stored.
    pub(crate) _place: Option<Place>,
}

/// The bounds for reading a body.
pub(crate) struct Bounds<'a> {
    /// Its longest length, in bytes.
    pub(crate) limit: usize,
    /// The time for all of it, not counting the time it waits for room.
    pub(crate) time: Duration,
    /// Where it asks for room.
    pub(crate) room: &'a Room,
    /// The other end of the connection: `192.0.2.7:4711`.
    pub(crate) peer: &'a str,
    /// The connection came by a proxy or tunnel, so the address is not the sender's.
    pub(crate) proxied: bool,
}

/// Reads `body` within its bounds.
pub(crate) async fn body(mut body: Body, bounds: &Bounds<'_>) -> Captured {
    let Bounds { limit, time, .. } = *bounds;
    let declared = body.size_hint().exact();
    if declared.is_some_and(|declared| declared > limit as u64) {
        return over_limit(body, declared, time).await;
    }
    // Without a declared length it may grow to any length.
    let most = declared.map_or(limit, |declared| declared as usize);
    let mut read = Buffer::new(most);
    let mut place: Option<Place> = None;
    let mut pace = Pace::new(time);
    let end = loop {
        let frame = match next(&mut body, &pace, place.as_ref()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => break End::CutShort,
            Ok(None) => break End::Whole,
            Err(end) => break end,
        };
        let Ok(data) = frame.into_data() else { continue };
        pace.came(data.len());
        let received = read.len() + data.len();
        if received > SMALL {
            let place = place.get_or_insert_with(|| bounds.room.enter(&sender(bounds), most));
            match place.hold(received).await {
                Ok(waited) => pace.waited(waited),
                Err(denied) => break ended(denied),
            }
        }
        read.push(data);
        if received > limit {
            break End::TooLarge;
        }
    };
    if let (End::Whole, Some(place)) = (end, &place) {
        place.mark_whole();
    }
    let mut bytes = read.into_bytes();
    let seen = bytes.len() as u64;
    if end != End::Whole {
        // A copy, so that a small kept part does not hold the large buffer it came from.
        bytes = Bytes::copy_from_slice(bytes.get(..KEPT_OF_OVERSIZED).unwrap_or(&bytes));
        place = None;
    }
    Captured { bytes, len: declared.unwrap_or(seen).max(seen), end, _place: place }
}

/// The next frame, or why none arrived in time.
async fn next(body: &mut Body, pace: &Pace, place: Option<&Place>) -> Result<Option<Framed>, End> {
    let (until, late) = pace.until();
    let Some(place) = place else {
        return tokio::time::timeout_at(until, body.frame()).await.map_err(|_| late);
    };
    tokio::select! {
        biased;
        frame = body.frame() => Ok(frame),
        denied = place.denied() => Err(ended(denied)),
        () = tokio::time::sleep_until(until) => Err(late),
    }
}

type Framed = Result<Frame<Bytes>, axum::Error>;

fn ended(denied: Denied) -> End {
    match denied {
        Denied::NoRoom => End::NoRoom,
        Denied::Stalled => End::TooSlow,
    }
}

/// Whose share of the room it uses. Everything that a proxy on this machine brings counts as one sender, which is not
/// the one that sends from this machine itself.
fn sender(bounds: &Bounds<'_>) -> Arc<str> {
    let address = bounds.peer.parse::<SocketAddr>().map_or_else(|_| bounds.peer.to_owned(), |at| at.ip().to_string());
    if bounds.proxied { format!("{address} by a proxy").into() } else { address.into() }
}

/// How long to wait for the next bytes of a body.
struct Pace {
    /// For all of it.
    end: Instant,
    /// When it becomes too slow: each byte moves it on, up to [`GRACE`] from then.
    least: Instant,
}

impl Pace {
    fn new(time: Duration) -> Self {
        let now = Instant::now();
        Self { end: now + time, least: now + GRACE }
    }

    fn came(&mut self, bytes: usize) {
        let earned = Duration::from_nanos((bytes as u64).saturating_mul(1_000_000_000 / LEAST_RATE));
        self.least = (self.least + earned).min(Instant::now() + GRACE);
    }

    /// Time spent waiting for us does not count against it.
    fn waited(&mut self, time: Duration) {
        self.end += time;
        self.least += time;
    }

    fn until(&self) -> (Instant, End) {
        if self.end <= self.least { (self.end, End::TimedOut) } else { (self.least, End::TooSlow) }
    }
}

async fn over_limit(mut body: Body, declared: Option<u64>, time: Duration) -> Captured {
    let mut kept = BytesMut::new();
    let reading = async {
        while kept.len() < KEPT_OF_OVERSIZED {
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        let room = KEPT_OF_OVERSIZED - kept.len();
                        kept.extend_from_slice(data.get(..room).unwrap_or(&data));
                    }
                }
                Some(Err(_)) | None => break,
            }
        }
    };
    // If the first part was late, the answer is the same.
    let _ = tokio::time::timeout(time, reading).await;
    let seen = kept.len() as u64;
    Captured { bytes: kept.freeze(), len: declared.unwrap_or(seen), end: End::TooLarge, _place: None }
}

/// Reads a body that nobody wants. False if it is long or slow: the connection cannot be used again.
pub(crate) async fn read_away(mut body: Body, time: Duration) -> bool {
    if body.size_hint().lower() > KEPT_OF_OVERSIZED as u64 {
        return false;
    }
    let reading = async {
        let mut left = KEPT_OF_OVERSIZED;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let len = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(len) else { return false };
            left = rest;
        }
        true
    };
    tokio::time::timeout(time, reading).await.unwrap_or(false)
}

/// Header lines in the order in which their names first appeared, with duplicates and raw bytes kept. HTTP/1 parsing
/// has already lower-cased the names and trimmed optional white space (RFC 9110, 5.5).
pub(crate) fn headers(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}
