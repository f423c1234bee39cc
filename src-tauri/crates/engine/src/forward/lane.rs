//! What waits to be forwarded of one project, what is under way, and whether the target is down. No I/O.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use backon::ExponentialBackoff;
use tokio::sync::Notify;

use crate::dto::{ForwardRule, ForwardState, ForwardView, ForwardWhich, Outbound};

mod queue;
mod turn;

use queue::{bounded, gap};
use turn::Own;
pub(crate) use turn::Turn;

/// So long after it was stored somebody has said who answers a delivery, or nobody will.
const UNANSWERED: Duration = Duration::from_secs(10);
/// So many deliveries refused for now, one after the other, mean that the target is down, and not that one of them is odd.
const IN_A_ROW: u32 = 3;
/// Tries of a delivery that is answered each time, and never taken: about ten minutes.
pub(super) const GIVES_UP: u32 = 24;

/// One project's forwarding.
pub(crate) struct Lane {
    project: i64,
    /// One change of the rule at a time.
    pub(super) changing: tokio::sync::Mutex<()>,
    inner: Mutex<Inner>,
    /// Something can be sent that could not before.
    wake: Notify,
    /// The same, for those who wait for the target's own answer.
    turns: Notify,
    news: AtomicBool,
    moved: AtomicBool,
}

/// Up to where everything is dealt with, as it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Everything up to here is dealt with.
    pub(super) reached: i64,
    /// Switched off: the newest delivery that could still wait.
    pub(super) off_at: i64,
    /// What waited up to here was dropped by hand.
    pub(super) dropped_to: i64,
}

/// A delivery that was found in the history.
pub(super) struct Found {
    pub(super) id: i64,
    pub(super) event: Option<i64>,
    pub(super) verified: bool,
}

struct Inner {
    rule: ForwardRule,
    /// Counts how often it was switched on or off: whoever drives an earlier time ends.
    opened: u64,
    /// The history is being looked through for what else has to be sent: nothing is sent before.
    filling: bool,
    waiting: BTreeMap<i64, Waiting>,
    under_way: BTreeMap<i64, UnderWay>,
    /// Those whose senders wait for the target's own answer: their events.
    own: BTreeMap<i64, Own>,
    /// Events of which an attempt is under way: the next one waits for it.
    busy: HashSet<i64>,
    /// Stored without an answer, and nobody has said yet who answers.
    told: BTreeMap<i64, Told>,
    /// The other way round: it was said before it was told.
    early: HashSet<i64>,
    down: Option<Down>,
    gaps: Option<ExponentialBackoff>,
    refused_in_a_row: u32,
    /// The newest delivery that was told.
    seen: i64,
    marks: Marks,
    accepted: u64,
    refused: u64,
    dropped: u64,
    last: Option<Outbound>,
}

#[derive(Clone, Copy)]
struct Waiting {
    event: Option<i64>,
    verified: bool,
    tries: u32,
    /// It was answered, and not taken for now.
    not_before: Option<Instant>,
}

struct UnderWay {
    waiting: Waiting,
    /// Dropped by hand meanwhile: it is not tried again.
    dropped: bool,
    /// Of an earlier time of being switched on, and nobody asked for it since.
    stale: bool,
}

struct Told {
    event: Option<i64>,
    verified: bool,
    since: Instant,
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
    /// It was answered, for good: the status, where there is a whole head.
    Settled { status: Option<u16> },
    /// It was answered, or not in time, and may be taken later.
    Later { why: String, retry_after: Option<Duration> },
    /// The target is down, or may not be sent to.
    Down { why: String },
    /// The delivery is not there any more.
    Gone,
}

/// How it was before it was switched on.
pub(super) struct Before(ForwardRule, Marks);

impl Lane {
    pub(super) fn new(rule: ForwardRule, marks: Marks) -> Self {
        let project = rule.project;
        let inner = Inner {
            rule,
            opened: 0,
            filling: false,
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            own: BTreeMap::new(),
            busy: HashSet::new(),
            told: BTreeMap::new(),
            early: HashSet::new(),
            down: None,
            gaps: None,
            refused_in_a_row: 0,
            seen: marks.reached,
            marks,
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
            turns: Notify::new(),
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

    /// Something happened: whoever waits looks again.
    fn changed(&self) {
        self.news.store(true, Ordering::Relaxed);
        self.moved.store(true, Ordering::Relaxed);
        self.wake.notify_one();
        self.turns.notify_waiters();
    }

    pub(crate) fn rule(&self) -> ForwardRule {
        self.inner().rule.clone()
    }

    pub(super) fn marks(&self) -> Marks {
        let inner = self.inner();
        if inner.rule.on { inner.marks_now() } else { inner.marks }
    }

    /// Switched on: deliveries after `last` come by themselves from now on, and nothing is sent before [`Lane::filled`].
    pub(super) fn begin(&self, rule: ForwardRule, last: i64) -> Before {
        let mut inner = self.inner();
        let before = Before(std::mem::replace(&mut inner.rule, rule), inner.marks);
        inner.opened += 1;
        inner.filling = true;
        inner.seen = last;
        inner.forget();
        for one in inner.under_way.values_mut() {
            one.stale = true;
        }
        (inner.accepted, inner.refused, inner.dropped, inner.last) = (0, 0, 0, None);
        drop(inner);
        self.changed();
        before
    }

    /// What was found in the history; it is sent from now on.
    pub(super) fn filled(&self, found: impl IntoIterator<Item = Found>) {
        let mut inner = self.inner();
        inner.filling = false;
        inner.add(found);
        drop(inner);
        self.changed();
    }

    /// The history could not be looked through: as it was before.
    pub(super) fn undo(&self, Before(rule, marks): Before) {
        let mut inner = self.inner();
        (inner.rule, inner.marks) = (rule, marks);
        inner.opened += 1;
        inner.filling = false;
        inner.forget();
        drop(inner);
        self.changed();
    }

    /// Another rule for a lane that is on.
    pub(super) fn put(&self, rule: ForwardRule) {
        let mut inner = self.inner();
        if rule.which == ForwardWhich::Verified {
            inner.waiting.retain(|_, waiting| waiting.verified);
        }
        inner.rule = rule;
        drop(inner);
        self.retry_now();
    }

    /// Switched off, where `last` is the newest delivery. What is under way comes to its end.
    pub(super) fn close(&self, rule: ForwardRule, last: i64) {
        let mut inner = self.inner();
        if inner.rule.on {
            inner.marks = Marks { off_at: inner.seen.max(last), ..inner.marks_now() };
        }
        inner.rule = rule;
        inner.opened += 1;
        inner.filling = false;
        inner.forget();
        drop(inner);
        self.changed();
    }

    /// A delivery was stored. `open`: without an answer, so that who answers it says what becomes of it.
    pub(super) fn arrived(&self, id: i64, event: Option<i64>, verified: bool, open: bool) {
        let mut inner = self.inner();
        if !inner.rule.on || id <= inner.seen {
            return;
        }
        inner.seen = id;
        if open {
            if !inner.early.remove(&id) {
                inner.told.insert(id, Told { event, verified, since: Instant::now() });
            }
            self.moved.store(true, Ordering::Relaxed);
            return;
        }
        inner.offer(id, event, verified);
        drop(inner);
        self.changed();
    }

    /// A delivery that was stored without an answer is answered by somebody else than the target.
    pub(crate) fn offer(&self, id: i64, event: Option<i64>, verified: bool) {
        let mut inner = self.inner();
        if !inner.rule.on {
            return;
        }
        inner.said(id);
        inner.offer(id, event, verified);
        drop(inner);
        self.changed();
    }

    /// Who would have answered is gone (a connection that was cut in that moment): it waits like the others.
    pub(super) fn adopt(&self, now: Instant) {
        let mut inner = self.inner();
        let left: Vec<_> = inner.told.extract_if(.., |_, told| now.duration_since(told.since) >= UNANSWERED).collect();
        let any = !left.is_empty();
        for (id, Told { event, verified, .. }) in left {
            inner.offer(id, event, verified);
        }
        drop(inner);
        if any {
            self.changed();
        }
    }

    /// Everything up to `last` is about to be read; gives from where.
    pub(super) fn catch_up_from(&self, last: i64) -> Option<i64> {
        let inner = self.inner();
        (inner.rule.on && !inner.filling && last > inner.seen).then_some(inner.seen)
    }

    /// It was read.
    pub(super) fn caught_up(&self, last: i64, found: impl IntoIterator<Item = Found>) {
        let mut inner = self.inner();
        inner.seen = inner.seen.max(last);
        inner.add(found);
        drop(inner);
        self.changed();
    }

    /// Drops what waits. What is under way comes to its end, and is not tried again.
    pub(super) fn drop_waiting(&self) -> u64 {
        let mut inner = self.inner();
        let dropped = inner.waiting.len() as u64;
        inner.dropped += dropped;
        inner.marks.dropped_to = inner.seen;
        inner.forget();
        for one in inner.under_way.values_mut() {
            one.dropped = true;
        }
        drop(inner);
        self.changed();
        dropped
    }

    /// Drops what was left waiting when it was switched off.
    pub(super) fn drop_left(&self) {
        let mut inner = self.inner();
        inner.marks.dropped_to = inner.marks.off_at;
    }

    /// What was dropped before may be found again.
    pub(super) fn ask_again(&self) {
        self.inner().marks.dropped_to = 0;
    }

    /// Tries at once, also where the target is down.
    pub(super) fn retry_now(&self) {
        let mut inner = self.inner();
        if let Some(down) = &mut inner.down {
            down.next = Instant::now();
        }
        for waiting in inner.waiting.values_mut() {
            waiting.not_before = None;
        }
        inner.gaps = None;
        drop(inner);
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
        if inner.filling {
            return Next::WaitUntil(None);
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
        let id = match inner.pick(now) {
            Ok(id) => id,
            Err(until) => return Next::WaitUntil(until),
        };
        let Some(waiting) = inner.waiting.remove(&id) else { return Next::WaitUntil(None) };
        inner.busy.extend(waiting.event);
        inner.under_way.insert(id, UnderWay { waiting, dropped: false, stale: false });
        drop(inner);
        self.news.store(true, Ordering::Relaxed);
        Next::Send { id, number: waiting.tries + 1 }
    }

    /// A try has come to its end.
    pub(super) fn ended(&self, id: i64, ended: Ended, outbound: Option<Outbound>, now_ms: i64) {
        let mut inner = self.inner();
        let Some(UnderWay { mut waiting, dropped, stale }) = inner.under_way.remove(&id) else { return };
        if let Some(event) = waiting.event {
            inner.busy.remove(&event);
        }
        let again = match ended {
            Ended::Settled { status } => {
                inner.is_up();
                inner.count(status);
                None
            }
            Ended::Gone => None,
            Ended::Later { why, retry_after } => Some((why, retry_after, false)),
            Ended::Down { why } => Some((why, None, true)),
        };
        if let Some((why, retry_after, down)) = again {
            if dropped {
                inner.dropped += 1;
            } else if inner.rule.on && !stale {
                waiting.tries = waiting.tries.saturating_add(1);
                if !down {
                    waiting.not_before = Some(Instant::now() + gap(waiting.tries).max(bounded(retry_after)));
                    inner.refused_in_a_row += 1;
                }
                inner.waiting.insert(id, waiting);
                if down || inner.refused_in_a_row >= IN_A_ROW {
                    inner.is_down(why, retry_after, now_ms);
                }
            }
        }
        if outbound.is_some() {
            inner.last = outbound;
        }
        drop(inner);
        self.changed();
    }

    /// A request that was answered with the target's own answer.
    pub(super) fn answered(&self, outbound: Outbound) {
        let mut inner = self.inner();
        inner.count(outbound.status);
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
        let idle = inner.under_way.is_empty() && inner.waiting.is_empty() && !inner.filling;
        let state = match (&inner.rule.on, &inner.down) {
            (false, _) => ForwardState::Off,
            (true, Some(down)) => ForwardState::Down {
                why: down.why.clone(),
                since_ms: down.since_ms,
                next_ms: down.next_ms,
                attempt: down.attempt,
            },
            (true, None) if idle => ForwardState::Idle,
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

#[cfg(test)]
mod tests;
