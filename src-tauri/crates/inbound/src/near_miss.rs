//! Rejected deliveries that wait for the near-miss probe, and the memory they may use until it has seen them.

use std::sync::Arc;

use bytes::Bytes;
use signature::Verdict;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A rejected delivery for the near-miss probe, which runs after the answer is sent.
#[derive(Debug)]
pub struct Explain {
    /// The delivery's row in the store.
    pub id: i64,
    /// The project it was for.
    pub project: i64,
    /// Its header lines.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its whole body: the store may have only part of it.
    pub body: Bytes,
    /// When it arrived, in Unix seconds.
    pub now: i64,
    /// The verdict that was stored.
    pub verdict: Verdict,
    /// Its share of the memory for waiting deliveries; `None` if it does not wait.
    pub room: Option<Waiting>,
}

/// One delivery's share of the memory for waiting deliveries, given back when it is dropped.
#[derive(Debug)]
pub struct Waiting(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

/// A body of this size or more is large. Most of the probe's forms are not tried with it.
const LARGE: usize = 1024 * 1024;

/// Memory for the deliveries that wait for the probe, headers and bodies, in bytes.
pub(crate) struct WaitingRoom {
    free: Arc<Semaphore>,
    size: usize,
}

impl WaitingRoom {
    pub(crate) fn new(bytes: usize) -> Self {
        let size = bytes.min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(size)), size }
    }

    /// Makes room for one more; `None` if there is none. Large ones leave half of it to the others, so that a flood of
    /// them does not keep everything else from being explained. If nothing waits, one of them may take more than half.
    pub(crate) fn take(&self, headers: &[(String, Vec<u8>)], body: &Bytes) -> Option<Waiting> {
        let head: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let bytes = head + body.len();
        let free = self.free.available_permits();
        if body.len() >= LARGE && free < self.size && free < self.size / 2 + bytes {
            return None;
        }
        self.free.clone().try_acquire_many_owned(u32::try_from(bytes).ok()?).ok().map(Waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn body(len: usize) -> Bytes {
        Bytes::from(vec![b'x'; len])
    }

    #[test]
    fn bodies_and_headers_take_room_and_give_it_back() {
        let room = WaitingRoom::new(1000);
        let headers = [("a".to_owned(), vec![b'x'; 99])];
        let held: Vec<_> = (0..3).map(|_| room.take(&headers, &body(200)).unwrap()).collect();
        assert!(room.take(&headers, &body(200)).is_none());
        assert!(room.take(&[], &body(100)).is_some(), "a smaller one still fits");
        drop(held);
        assert!(room.take(&headers, &body(900)).is_some());
        assert!(room.take(&headers, &body(901)).is_none(), "never");
    }

    #[test]
    fn large_ones_leave_half_of_it() {
        let room = WaitingRoom::new(32 * MIB);
        let first = room.take(&[], &body(10 * MIB)).unwrap();
        assert!(room.take(&[], &body(10 * MIB)).is_none());
        let _small: Vec<_> = (0..200).map(|_| room.take(&[], &body(100 * 1024)).unwrap()).collect();
        assert!(room.take(&[], &body(10 * MIB)).is_none());
        drop(first);
        assert!(room.take(&[], &body(17 * MIB)).is_none());
    }

    #[test]
    fn one_as_long_as_a_body_may_be_fits_where_nothing_waits() {
        let limits = crate::Limits::default();
        let room = WaitingRoom::new(limits.explained);
        let longest = room.take(&[], &body(limits.body)).unwrap();
        assert!(room.take(&[], &body(limits.body)).is_none());
        drop(longest);
        assert!(room.take(&[], &body(limits.body)).is_some());
    }
}
