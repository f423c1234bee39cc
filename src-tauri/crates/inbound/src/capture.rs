//! Reading a request's body within its limits, and its headers as they came.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of a body over the limit, or one that was cut short, are kept.
pub(crate) const KEPT_OF_OVERSIZED: usize = 64 * 1024;

/// A body up to this many bytes is copied out of the connection's buffer, so that the buffer is free for the next
/// request: it is larger, and a delivery lives until all who follow have seen it.
const COPIED: usize = 64 * 1024;

/// How the reading of a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it is here.
    Whole,
    /// It is longer than the limit.
    TooLarge,
    /// It did not come in time.
    TimedOut,
    /// The connection ended, or the framing broke, before the body did.
    CutShort,
    /// The bodies that are being received take all the memory they may.
    NoRoom,
}

/// Bodies up to this size are received without asking for room.
const SMALL: usize = 64 * 1024;

/// Room in memory for the bodies of all connections together, in bytes.
#[derive(Clone)]
pub(crate) struct Room(Arc<Semaphore>);

/// The room that one body takes, until it is stored.
pub(crate) type Taken = Option<OwnedSemaphorePermit>;

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// Takes room for `more` bytes of a body that is `len` long so far. False when there is none.
    fn take(&self, taken: &mut Taken, len: usize, more: usize) -> bool {
        if len <= SMALL {
            return true;
        }
        let wanted = if taken.is_none() { len } else { more };
        let Ok(permit) = self.0.clone().try_acquire_many_owned(u32::try_from(wanted).unwrap_or(u32::MAX)) else {
            return false;
        };
        match taken {
            Some(taken) => taken.merge(permit),
            None => *taken = Some(permit),
        }
        true
    }
}

/// A body as far as it was read.
pub(crate) struct Captured {
    /// The bytes kept: the whole body, or its first [`KEPT_OF_OVERSIZED`].
    pub(crate) bytes: Bytes,
    /// The body's length: exact when whole, otherwise the declared one or what was seen of it.
    pub(crate) len: u64,
    /// How it ended.
    pub(crate) end: End,
    /// What it takes of the room for bodies.
    pub(crate) _taken: Taken,
}

/// Reads `body` up to `limit` bytes within `time`.
pub(crate) async fn body(mut body: Body, limit: usize, time: Duration, room: &Room) -> Captured {
    let declared = body.size_hint().exact();
    if declared.is_some_and(|declared| declared > limit as u64) {
        return over_limit(body, declared, time).await;
    }
    let mut single: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    let mut taken = None;
    let mut received = 0;
    let reading = async {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return End::CutShort };
            let Ok(data) = frame.into_data() else { continue };
            received += data.len();
            if !room.take(&mut taken, received, data.len()) {
                return End::NoRoom;
            }
            if let Some(first) = single.take() {
                joined.reserve(declared.unwrap_or(0) as usize);
                joined.extend_from_slice(&first);
                joined.extend_from_slice(&data);
            } else if joined.is_empty() {
                single = Some(data); // the usual case: one frame
            } else {
                joined.extend_from_slice(&data);
            }
            if single.as_ref().map_or(joined.len(), Bytes::len) > limit {
                return End::TooLarge;
            }
        }
        End::Whole
    };
    let end = tokio::time::timeout(time, reading).await.unwrap_or(End::TimedOut);
    let mut bytes = match single {
        Some(frame) if frame.len() <= COPIED => Bytes::copy_from_slice(&frame),
        Some(frame) => frame,
        None => joined.freeze(),
    };
    let seen = bytes.len() as u64;
    if end != End::Whole {
        // A copy, so that a small kept part does not hold the large buffer it came from.
        bytes = Bytes::copy_from_slice(bytes.get(..KEPT_OF_OVERSIZED).unwrap_or(&bytes));
    }
    Captured { bytes, len: declared.unwrap_or(seen).max(seen), end, _taken: taken }
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
    // Whether the first part came in time does not change the answer.
    let _ = tokio::time::timeout(time, reading).await;
    let seen = kept.len() as u64;
    Captured { bytes: kept.freeze(), len: declared.unwrap_or(seen), end: End::TooLarge, _taken: None }
}

/// Reads a body that nobody wants. False when it is long or slow: the connection cannot be used again.
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

/// Header lines in the order in which their names first came, duplicates and raw bytes kept. HTTP/1 parsing has
/// already lower-cased the names and trimmed optional white space (RFC 9110, 5.5).
pub(crate) fn headers(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}
