//! What the handle and the writer share about the bounds of the history.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::{Keep, Waiting};

#[derive(Default)]
pub(crate) struct Keeping {
    keep: Mutex<Arc<Keep>>,
    /// What waits as the limits name it, and as whoever forwards tells; `None` until that was told.
    named: Mutex<Vec<Waiting>>,
    waiting: Mutex<Option<Vec<Waiting>>>,
    /// Unix milliseconds, as last told; 0 until then: nothing is removed before somebody says what may stay.
    now_ms: AtomicI64,
    /// Raised when what may go could be another: limits, pins, deletions, time.
    turn: AtomicU64,
    /// A rebuild of the file: how far it is, of how much, and whether it is to end.
    pub(super) rebuilt: AtomicU64,
    pub(super) rebuild_of: AtomicU64,
    pub(super) rebuilding: AtomicBool,
    closing: AtomicBool,
}

impl Keeping {
    pub(super) fn set(&self, keep: Keep, now_ms: i64) {
        let mut keep = keep;
        self.named.lock().clone_from(&keep.waiting);
        keep.waiting.extend(self.waiting.lock().iter().flatten().cloned());
        let mut current = self.keep.lock();
        if **current != keep {
            *current = Arc::new(keep);
        }
        drop(current);
        self.beat(now_ms);
    }

    pub(super) fn beat(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::Relaxed);
        self.again();
    }

    /// True if others wait than before, by project.
    pub(super) fn waits(&self, waiting: Vec<Waiting>) -> bool {
        let mut keep = Keep::clone(&self.keep());
        keep.waiting = self.named.lock().iter().chain(&waiting).cloned().collect();
        *self.keep.lock() = Arc::new(keep);
        let whose = |one: &Waiting| (one.project, one.which);
        let now: Vec<_> = waiting.iter().map(whose).collect();
        let before = self.waiting.lock().replace(waiting);
        !before.iter().flatten().map(whose).eq(now)
    }

    /// What waits to be forwarded. What the limits name may be what the rules were a while ago.
    pub(crate) fn waiting(&self) -> Arc<[Waiting]> {
        match &*self.waiting.lock() {
            Some(told) => told.as_slice().into(),
            None => self.named.lock().as_slice().into(),
        }
    }

    /// Whether whoever forwards has told what waits.
    pub(super) fn is_told(&self) -> bool {
        self.waiting.lock().is_some()
    }

    pub(super) fn keep(&self) -> Arc<Keep> {
        Arc::clone(&self.keep.lock())
    }

    /// `None` until limits are in force.
    pub(super) fn now_ms(&self) -> Option<i64> {
        Some(self.now_ms.load(Ordering::Relaxed)).filter(|now| *now != 0)
    }

    /// What may go has to be looked at again.
    pub(crate) fn again(&self) {
        self.turn.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    /// The history is being closed: whatever takes long ends now.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}
