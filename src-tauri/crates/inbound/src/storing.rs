//! Turns for storing large bodies.
//!
//! The history's queue is bounded in bytes and refuses what exceeds it. Bodies that were received side by side reach it
//! all at once, so they wait here for a place, in the order in which they arrived: a body that was received whole is
//! not refused just because others arrived with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::room::SMALL;

/// The part of the queue that large bodies may fill, in quarters. The rest is for the small ones, which do not wait.
const QUARTERS: usize = 3;

/// Gives out turns. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Storing {
    free: Arc<Semaphore>,
    bytes: usize,
    wait: Duration,
}

/// A place in the queue; dropping it lets the next one in. `None`: the body is small and needs none.
pub(crate) type Turn = Option<OwnedSemaphorePermit>;

impl Storing {
    /// For a queue of `queue_bytes`; waits for a turn for `wait` at most.
    pub(crate) fn new(queue_bytes: usize, wait: Duration) -> Self {
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let bytes = (queue_bytes / 4 * QUARTERS).clamp(1, most);
        Self { free: Arc::new(Semaphore::new(bytes)), bytes, wait }
    }

    /// Waits until a body of `len` bytes can be handed to the history. `Err` if that takes too long.
    pub(crate) async fn turn(&self, len: usize) -> Result<Turn, TooLong> {
        if len <= SMALL {
            return Ok(None);
        }
        // A body that is larger than the whole queue goes alone.
        let wanted = u32::try_from(len.min(self.bytes)).unwrap_or(u32::MAX);
        match timeout(self.wait, self.free.clone().acquire_many_owned(wanted)).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) | Err(_) => Err(TooLong),
        }
    }
}

/// The turn did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;

    #[tokio::test]
    async fn large_bodies_wait_for_each_other_and_small_ones_for_nobody() {
        let storing = Storing::new(400 * KIB, Duration::from_secs(60));
        let first = storing.turn(200 * KIB).await.unwrap();
        assert!(storing.turn(SMALL).await.unwrap().is_none());
        let mut second = Box::pin(storing.turn(200 * KIB));
        tokio::select! {
            biased;
            _ = &mut second => panic!("both at once"),
            () = tokio::task::yield_now() => {}
        }
        drop(first);
        assert!(second.await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_turn_is_not_waited_for_without_end_and_the_longest_body_gets_one() {
        let storing = Storing::new(400 * KIB, Duration::from_millis(10));
        let longest = storing.turn(10_000 * KIB).await.unwrap();
        assert_eq!(storing.turn(100 * KIB).await.map(drop), Err(TooLong));
        drop(longest);
        assert!(storing.turn(100 * KIB).await.is_ok());
    }
}
