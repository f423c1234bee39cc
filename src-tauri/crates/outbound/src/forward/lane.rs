//! What waits to be forwarded of one project, what is under way, and whether the target is down. No I/O, and no clock: the
//! time is passed in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::queue::{Queue, Told, UnderWay, bounded, gap};
use super::rule::{Rule, State, Which};
use super::says::{Ended, Found, Marks, Next, View};

/// So long after it was stored somebody has said who answers a delivery, or nobody will.
pub(super) const UNANSWERED: Duration = Duration::from_secs(10);
/// So many deliveries refused for now, one after the other, mean that the target is down, and not that one of them is odd.
const IN_A_ROW: u32 = 3;

/// One project's forwarding. `S` is how a request that was sent is shown.
pub struct Lane<S> {
    project: i64,
    /// One change of the rule at a time.
    changing: tokio::sync::Mutex<()>,
    inner: Mutex<Queue<S>>,
    /// Something can be sent that could not before.
    wake: Notify,
    /// The same, for those who wait for the target's own answer.
    pub(super) turns: Notify,
    news: AtomicBool,
    moved: AtomicBool,
}

/// How it was before it was switched on.
pub struct Before(Rule, Marks);

impl<S: Clone> Lane<S> {
    /// A lane with this rule, as far as it was at the last end. Nothing waits in it.
    #[must_use]
    pub fn new(rule: Rule, marks: Marks) -> Self {
        let project = rule.project;
        Self {
            project,
            changing: tokio::sync::Mutex::default(),
            inner: Mutex::new(Queue::new(rule, marks)),
            wake: Notify::new(),
            turns: Notify::new(),
            news: AtomicBool::new(false),
            moved: AtomicBool::new(false),
        }
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> i64 {
        self.project
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Queue<S>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened: whoever waits looks again.
    pub(super) fn changed(&self) {
        self.news.store(true, Ordering::Relaxed);
        self.moved.store(true, Ordering::Relaxed);
        self.wake.notify_one();
        self.turns.notify_waiters();
    }

    /// Waits until nobody else changes the rule; nobody else does while the guard is held.
    pub async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// The rule in force.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.inner().rule.clone()
    }

    /// How far it is.
    #[must_use]
    pub fn marks(&self) -> Marks {
        let inner = self.inner();
        if inner.rule.on { inner.marks_now() } else { inner.marks }
    }

    /// Switched on: deliveries after `last` come by themselves from now on, and nothing is sent before [`Lane::filled`].
    pub fn begin(&self, rule: Rule, last: i64) -> Before {
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
    pub fn filled(&self, found: impl IntoIterator<Item = Found>) {
        let mut inner = self.inner();
        inner.filling = false;
        inner.add(found);
        drop(inner);
        self.changed();
    }

    /// The history could not be looked through: as it was before.
    pub fn undo(&self, Before(rule, marks): Before) {
        let mut inner = self.inner();
        (inner.rule, inner.marks) = (rule, marks);
        inner.opened += 1;
        inner.filling = false;
        inner.forget();
        drop(inner);
        self.changed();
    }

    /// Another rule for a lane that is on.
    pub fn put(&self, rule: Rule, now: Instant) {
        let mut inner = self.inner();
        if rule.which == Which::Verified {
            inner.waiting.retain(|_, waiting| waiting.verified);
        }
        inner.rule = rule;
        drop(inner);
        self.retry_now(now);
    }

    /// Switched off, where `last` is the newest delivery. What is under way comes to its end.
    pub fn close(&self, rule: Rule, last: i64) {
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
    pub fn arrived(&self, id: i64, event: Option<i64>, verified: bool, open: bool, now: Instant) {
        let mut inner = self.inner();
        if !inner.rule.on || id <= inner.seen {
            return;
        }
        inner.seen = id;
        if open {
            if !inner.early.remove(&id) {
                inner.told.insert(id, Told { event, verified, since: now });
            }
            self.moved.store(true, Ordering::Relaxed);
            return;
        }
        inner.offer(id, event, verified);
        drop(inner);
        self.changed();
    }

    /// A delivery that was stored without an answer is answered by somebody else than the target.
    pub fn offer(&self, id: i64, event: Option<i64>, verified: bool) {
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
    pub fn adopt(&self, now: Instant) {
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
    pub fn catch_up_from(&self, last: i64) -> Option<i64> {
        let inner = self.inner();
        (inner.rule.on && !inner.filling && last > inner.seen).then_some(inner.seen)
    }

    /// It was read.
    pub fn caught_up(&self, last: i64, found: impl IntoIterator<Item = Found>) {
        let mut inner = self.inner();
        inner.seen = inner.seen.max(last);
        inner.add(found);
        drop(inner);
        self.changed();
    }

    /// Drops what waits. What is under way comes to its end, and is not tried again.
    pub fn drop_waiting(&self) -> u64 {
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
    pub fn drop_left(&self) {
        let mut inner = self.inner();
        inner.marks.dropped_to = inner.marks.off_at;
    }

    /// What was dropped before may be found again.
    pub fn ask_again(&self) {
        self.inner().marks.dropped_to = 0;
    }

    /// Tries at once, also where the target is down.
    pub fn retry_now(&self, now: Instant) {
        let mut inner = self.inner();
        if let Some(down) = &mut inner.down {
            down.next = now;
        }
        for waiting in inner.waiting.values_mut() {
            waiting.not_before = None;
        }
        inner.gaps = None;
        drop(inner);
        self.changed();
    }

    /// Which time of being switched on this is.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.inner().opened
    }

    /// Waits for something to happen.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// What to do next, in a time of being switched on.
    pub fn next(&self, opened: u64, now: Instant) -> Next {
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

    /// A try has come to its end. `sent` is what is shown of it; `now_ms` is the time of the wall, Unix milliseconds.
    pub fn ended(&self, id: i64, ended: Ended, sent: Option<S>, now: Instant, now_ms: i64) {
        let mut inner = self.inner();
        let Some(UnderWay { mut waiting, dropped, stale }) = inner.under_way.remove(&id) else { return };
        if let Some(event) = waiting.event {
            inner.busy.remove(&event);
        }
        let again = match ended {
            Ended::Settled { status } => {
                inner.mark_up();
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
                    waiting.not_before = Some(now + gap(waiting.tries).max(bounded(retry_after)));
                    inner.refused_in_a_row += 1;
                }
                inner.waiting.insert(id, waiting);
                if down || inner.refused_in_a_row >= IN_A_ROW {
                    inner.mark_down(why, retry_after, now, now_ms);
                }
            }
        }
        if sent.is_some() {
            inner.last = sent;
        }
        drop(inner);
        self.changed();
    }

    /// A request that was answered with the target's own answer.
    pub fn answered(&self, status: Option<u16>, sent: S) {
        let mut inner = self.inner();
        inner.count(status);
        inner.last = Some(sent);
        drop(inner);
        self.changed();
    }

    /// How it is, where that has changed since this was last asked.
    pub fn take_news(&self) -> Option<View<S>> {
        self.news.swap(false, Ordering::Relaxed).then(|| self.view())
    }

    /// Whether rule or marks may have changed since this was last asked.
    pub fn take_moved(&self) -> bool {
        self.moved.swap(false, Ordering::Relaxed)
    }

    /// How it is.
    #[must_use]
    pub fn view(&self) -> View<S> {
        let inner = self.inner();
        let idle = inner.under_way.is_empty() && inner.waiting.is_empty() && !inner.filling;
        let state = match (&inner.rule.on, &inner.down) {
            (false, _) => State::Off,
            (true, Some(down)) => State::Down {
                why: down.why.clone(),
                since_ms: down.since_ms,
                next_ms: down.next_ms,
                attempt: down.attempt,
            },
            (true, None) if idle => State::Idle,
            (true, None) => State::Sending,
        };
        View {
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
