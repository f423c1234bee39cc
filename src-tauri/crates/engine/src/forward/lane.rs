//! What waits to be forwarded of one project, what is under way, and whether the target is down. No I/O.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::Notify;

use crate::dto::{ForwardAnswer, ForwardRule, ForwardState, ForwardView, ForwardWhich, Outbound};

/// The first gap between two tries of a target that is down, and the longest.
const GAPS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// The longest time that a target may ask to be left alone for (`Retry-After`).
const LEFT_ALONE: Duration = Duration::from_secs(300);

/// One project's forwarding.
pub(crate) struct Lane {
    project: i64,
    /// One change of the rule at a time.
    pub(super) changing: tokio::sync::Mutex<()>,
    inner: Mutex<Inner>,
    /// Something can be sent that could not before.
    wake: Notify,
    news: AtomicBool,
    moved: AtomicBool,
}

struct Inner {
    rule: ForwardRule,
    /// Counts how often it was switched on: what belongs to an earlier time ends.
    opened: u64,
    /// By id: their events.
    waiting: BTreeMap<i64, Option<i64>>,
    under_way: HashMap<i64, Option<i64>>,
    /// Events of which an attempt is under way: the next one waits for it.
    busy: HashSet<i64>,
    /// Tries of deliveries that were tried and wait again.
    tries: HashMap<i64, u32>,
    down: Option<Down>,
    gaps: Option<ExponentialBackoff>,
    /// Everything up to here is dealt with, where nothing waits.
    seen: i64,
    /// The same, of the time before it was switched on.
    mark: i64,
    off_at: i64,
    accepted: u64,
    refused: u64,
    dropped: u64,
    last: Option<Outbound>,
}

#[derive(Clone)]
struct Down {
    why: String,
    since_ms: i64,
    next: Instant,
    next_ms: i64,
    attempt: u32,
}

/// What to do next.
pub(super) enum Next {
    /// Send this delivery; it is the n-th try.
    Send { id: i64, number: u32 },
    /// Nothing before this moment, or before something happens.
    WaitUntil(Option<Instant>),
    /// It was switched off, or on again.
    End,
}

/// What came of a try.
pub(super) enum Ended {
    /// It was answered: the status, where there is a whole head.
    Settled { status: Option<u16> },
    /// The target is down, or asks to be left alone for a time.
    Down { why: String, retry_after: Option<Duration> },
    /// It is not there any more.
    Gone,
}

impl Lane {
    pub(super) fn new(rule: ForwardRule, mark: i64, off_at: i64) -> Self {
        let project = rule.project;
        let inner = Inner {
            rule,
            opened: 0,
            waiting: BTreeMap::new(),
            under_way: HashMap::new(),
            busy: HashSet::new(),
            tries: HashMap::new(),
            down: None,
            gaps: None,
            seen: mark,
            mark,
            off_at,
            accepted: 0,
            refused: 0,
            dropped: 0,
            last: None,
        };
        Self {
            project,
            changing: tokio::sync::Mutex::default(),
            inner: Mutex::new(inner),
            wake: Notify::new(),
            news: AtomicBool::new(false),
            moved: AtomicBool::new(false),
        }
    }

    pub(crate) fn project(&self) -> i64 {
        self.project
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.news.store(true, Ordering::Relaxed);
        self.moved.store(true, Ordering::Relaxed);
    }

    pub(crate) fn rule(&self) -> ForwardRule {
        self.inner().rule.clone()
    }

    /// Up to which delivery everything is dealt with, and the newest one that could still wait.
    pub(super) fn marks(&self) -> (i64, i64) {
        let inner = self.inner();
        if inner.rule.on { (inner.reached(), inner.seen) } else { (inner.mark, inner.off_at) }
    }

    pub(super) fn put(&self, rule: ForwardRule) {
        let mut inner = self.inner();
        let was_on = inner.rule.on;
        if was_on && !rule.on {
            (inner.mark, inner.off_at) = (inner.reached(), inner.seen);
        }
        inner.rule = rule;
        drop(inner);
        self.changed();
    }

    /// Switched on: deliveries after `last` come by themselves. `again`: as at the start of the app, which is no new
    /// beginning for what is counted.
    pub(super) fn open(&self, last: i64, again: bool) {
        let mut inner = self.inner();
        inner.opened += 1;
        inner.seen = last;
        inner.waiting.clear();
        inner.tries.clear();
        (inner.down, inner.gaps) = (None, None);
        if !again {
            (inner.accepted, inner.refused, inner.dropped, inner.last) = (0, 0, 0, None);
        }
        drop(inner);
        self.changed();
    }

    /// Switched off. What is under way comes to its end.
    pub(super) fn close(&self) {
        let mut inner = self.inner();
        inner.opened += 1;
        inner.waiting.clear();
        inner.tries.clear();
        (inner.down, inner.gaps) = (None, None);
        drop(inner);
        self.wake.notify_one();
        self.changed();
    }

    pub(super) fn add(&self, found: impl Iterator<Item = (i64, Option<i64>)>) {
        let mut inner = self.inner();
        for (id, event) in found {
            if !inner.under_way.contains_key(&id) {
                inner.waiting.insert(id, event);
            }
        }
        drop(inner);
        self.wake.notify_one();
        self.changed();
    }

    pub(super) fn forget_waiting(&self) {
        self.inner().waiting.clear();
    }

    /// A delivery was stored.
    pub(super) fn arrived(&self, id: i64, event: Option<i64>, verified: bool) {
        let mut inner = self.inner();
        if !inner.rule.on || id <= inner.seen {
            return;
        }
        inner.seen = id;
        let wanted = verified || inner.rule.which == ForwardWhich::All;
        // Its answer is the target's: it is sent before it is answered.
        if !wanted || inner.rule.answer != ForwardAnswer::AtOnce {
            self.moved.store(true, Ordering::Relaxed);
            return;
        }
        inner.waiting.insert(id, event);
        drop(inner);
        self.wake.notify_one();
        self.changed();
    }

    /// Everything up to `last` is about to be read; gives from where.
    pub(super) fn catch_up_to(&self, last: i64) -> Option<i64> {
        let mut inner = self.inner();
        if !inner.rule.on || inner.rule.answer != ForwardAnswer::AtOnce || last <= inner.seen {
            return None;
        }
        Some(std::mem::replace(&mut inner.seen, last))
    }

    /// Drops what waits and is not under way.
    pub(super) fn drop_waiting(&self) -> u64 {
        let mut inner = self.inner();
        let dropped = inner.waiting.len() as u64;
        inner.waiting.clear();
        inner.tries.clear();
        inner.dropped += dropped;
        (inner.down, inner.gaps) = (None, None);
        if !inner.rule.on {
            inner.mark = inner.off_at;
        }
        drop(inner);
        self.changed();
        dropped
    }

    /// Tries at once, also where the target is down.
    pub(super) fn retry_now(&self) {
        let mut inner = self.inner();
        if let Some(down) = &mut inner.down {
            down.next = Instant::now();
        }
        inner.gaps = None;
        drop(inner);
        self.wake.notify_one();
        self.changed();
    }

    /// Which time of being switched on this is.
    pub(super) fn opened(&self) -> u64 {
        self.inner().opened
    }

    /// Waits for something to happen.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// What to do next, in a time of being switched on.
    pub(super) fn next(&self, opened: u64, now: Instant) -> Next {
        let mut inner = self.inner();
        if inner.opened != opened || !inner.rule.on {
            return Next::End;
        }
        let places = match &inner.down {
            Some(down) if down.next > now => return Next::WaitUntil(Some(down.next)),
            // One is enough to see whether it is back.
            Some(_) => 1,
            None => inner.rule.concurrency as usize,
        };
        if inner.under_way.len() >= places {
            return Next::WaitUntil(None);
        }
        let free = |event: &Option<i64>| event.is_none_or(|event| !inner.busy.contains(&event));
        let Some((id, event)) = inner.waiting.iter().find(|(_, event)| free(event)).map(|(id, event)| (*id, *event))
        else {
            return Next::WaitUntil(None);
        };
        inner.waiting.remove(&id);
        inner.under_way.insert(id, event);
        inner.busy.extend(event);
        let number = inner.tries.get(&id).copied().unwrap_or(0) + 1;
        drop(inner);
        self.changed();
        Next::Send { id, number }
    }

    /// A try has come to its end.
    pub(super) fn ended(&self, opened: u64, id: i64, ended: Ended, outbound: Option<Outbound>, now_ms: i64) {
        let mut inner = self.inner();
        let Some(event) = inner.under_way.remove(&id) else { return };
        if let Some(event) = event {
            inner.busy.remove(&event);
        }
        let here = inner.opened == opened;
        match ended {
            Ended::Settled { status } => {
                inner.tries.remove(&id);
                if here {
                    (inner.down, inner.gaps) = (None, None);
                    if status.is_some_and(|status| (200..300).contains(&status)) {
                        inner.accepted += 1;
                    } else {
                        inner.refused += 1;
                    }
                }
            }
            Ended::Gone => {
                inner.tries.remove(&id);
            }
            Ended::Down { why, retry_after } if here => {
                *inner.tries.entry(id).or_default() += 1;
                inner.waiting.insert(id, event);
                inner.is_down(why, retry_after, now_ms);
            }
            Ended::Down { .. } => {}
        }
        if outbound.is_some() {
            inner.last = outbound;
        }
        drop(inner);
        self.wake.notify_one();
        self.changed();
    }

    /// A request that was answered with the target's own answer.
    pub(super) fn answered(&self, outbound: Outbound) {
        let mut inner = self.inner();
        if outbound.status.is_some_and(|status| (200..300).contains(&status)) {
            inner.accepted += 1;
        } else {
            inner.refused += 1;
        }
        inner.last = Some(outbound);
        drop(inner);
        self.changed();
    }

    pub(super) fn news(&self) -> Option<ForwardView> {
        self.news.swap(false, Ordering::Relaxed).then(|| self.view())
    }

    pub(super) fn has_moved(&self) -> bool {
        self.moved.swap(false, Ordering::Relaxed)
    }

    pub(super) fn view(&self) -> ForwardView {
        let inner = self.inner();
        let state = match (&inner.rule.on, &inner.down) {
            (false, _) => ForwardState::Off,
            (true, Some(down)) => ForwardState::Down {
                why: down.why.clone(),
                since_ms: down.since_ms,
                next_ms: down.next_ms,
                attempt: down.attempt,
            },
            (true, None) if inner.under_way.is_empty() && inner.waiting.is_empty() => ForwardState::Idle,
            (true, None) => ForwardState::Sending,
        };
        ForwardView {
            rule: inner.rule.clone(),
            state,
            waiting: (inner.waiting.len() + inner.under_way.len()) as u64,
            accepted: inner.accepted,
            refused: inner.refused,
            dropped: inner.dropped,
            last: inner.last.clone(),
        }
    }
}

impl Inner {
    /// Everything up to this delivery is dealt with.
    fn reached(&self) -> i64 {
        let first = self.waiting.keys().next().into_iter().chain(self.under_way.keys()).min();
        first.map_or(self.seen, |first| first - 1)
    }

    fn is_down(&mut self, why: String, retry_after: Option<Duration>, now_ms: i64) {
        let (first, longest) = GAPS;
        let gaps = self.gaps.get_or_insert_with(|| {
            ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times().build()
        });
        let gap = gaps.next().unwrap_or(longest).max(retry_after.unwrap_or_default().min(LEFT_ALONE));
        let (since_ms, attempt) = self.down.as_ref().map_or((now_ms, 1), |down| (down.since_ms, down.attempt));
        let next_ms = now_ms.saturating_add(i64::try_from(gap.as_millis()).unwrap_or(i64::MAX));
        self.down =
            Some(Down { why, since_ms, next: Instant::now() + gap, next_ms, attempt: attempt.saturating_add(1) });
    }
}

#[cfg(test)]
mod tests;
