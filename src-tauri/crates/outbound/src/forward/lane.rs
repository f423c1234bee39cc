//! A lane: one project's forwarding, with its queue, and whom to wake when something in it changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use signature::Outcome;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::queue::Queue;
use super::rule::Rule;
use super::says::{Before, Ended, Found, Marks, Next, View};

/// One project's forwarding. `S` is the form in which a sent request is shown.
pub struct Lane<S> {
    project: i64,
    /// Held to change the rule, one change at a time.
    changing: tokio::sync::Mutex<()>,
    queue: Mutex<Queue<S>>,
    /// Something can be sent now that could not be before.
    wake: Notify,
    /// The same, for those who wait for the target's own answer.
    turns: Notify,
    news: AtomicBool,
    moved: AtomicBool,
}

impl<S> Lane<S> {
    /// A lane with this rule and the marks of its last run. Nothing waits in it.
    #[must_use]
    pub fn new(rule: Rule, marks: Marks) -> Self {
        Self {
            project: rule.project,
            changing: tokio::sync::Mutex::default(),
            queue: Mutex::new(Queue::new(rule, marks)),
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

    /// Wakes everyone who waits, because something happened.
    fn changed(&self) {
        self.news.store(true, Ordering::Relaxed);
        self.moved.store(true, Ordering::Relaxed);
        self.wake.notify_one();
        self.turns.notify_waiters();
    }

    fn change<T>(&self, change: impl FnOnce(&mut Queue<S>) -> T) -> T {
        let done = change(&mut self.queue.lock());
        self.changed();
        done
    }

    /// Waits until nobody else is changing the rule, and keeps others from doing so while the guard is held.
    pub async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// The rule in force.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.queue.lock().rule().clone()
    }

    /// How far it has got.
    #[must_use]
    pub fn marks(&self) -> Marks {
        self.queue.lock().marks()
    }

    /// Switches it on: deliveries after `last` are added as they arrive, and nothing is sent before [`Lane::filled`].
    pub fn begin(&self, rule: Rule, last: i64) -> Before {
        self.change(|queue| queue.begin(rule, last))
    }

    /// Adds what was found in the history, and starts to send.
    pub fn filled(&self, found: impl IntoIterator<Item = Found>) {
        self.change(|queue| queue.filled(found));
    }

    /// Restores the previous state, because the history could not be read.
    pub fn undo(&self, before: Before) {
        self.change(|queue| queue.undo(before));
    }

    /// Changes the rule of a lane that is on.
    pub fn put(&self, rule: Rule, now: Instant) {
        self.change(|queue| queue.put(rule, now));
    }

    /// Switches it off; `last` is the newest delivery. Requests under way are completed.
    pub fn close(&self, rule: Rule, last: i64) {
        self.change(|queue| queue.close(rule, last));
    }

    /// Adds a stored delivery. `open`: it has no answer yet, and whoever answers it decides whether it waits.
    pub fn arrived(&self, id: i64, event: Option<i64>, outcome: Outcome, open: bool, now: Instant) {
        let arrived = self.queue.lock().arrived(id, event, outcome, open, now);
        match arrived {
            Some(true) => self.changed(),
            Some(false) => self.moved.store(true, Ordering::Relaxed),
            None => {}
        }
    }

    /// Records that somebody other than the target answers a delivery that was stored without an answer.
    pub fn offer(&self, id: i64, event: Option<i64>, outcome: Outcome) {
        let on = self.queue.lock().offer(id, event, outcome);
        if on {
            self.changed();
        }
    }

    /// Records that whoever would have answered is gone (the connection was cut at that moment): it waits like the
    /// others.
    pub fn adopt(&self, now: Instant) {
        let any = self.queue.lock().adopt(now);
        if any {
            self.changed();
        }
    }

    /// Everything up to `last` is about to be read; returns where to start.
    pub fn catch_up_from(&self, last: i64) -> Option<i64> {
        self.queue.lock().catch_up_from(last)
    }

    /// Records that it was read.
    pub fn caught_up(&self, last: i64, found: impl IntoIterator<Item = Found>) {
        self.change(|queue| queue.caught_up(last, found));
    }

    /// Drops what waits, and returns how many. Requests under way are completed, but not repeated.
    pub fn drop_waiting(&self) -> u64 {
        self.change(Queue::drop_waiting)
    }

    /// Drops what was left waiting when it was switched off.
    pub fn drop_left(&self) {
        self.queue.lock().drop_left();
    }

    /// Forgets what was dropped, so that it may be found again.
    pub fn ask_again(&self) {
        self.queue.lock().ask_again();
    }

    /// Tries right away, even if the target is down.
    pub fn retry_now(&self, now: Instant) {
        self.change(|queue| queue.retry_now(now));
    }

    /// The number of the present run, that is, of the time since it was switched on.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.queue.lock().opened()
    }

    /// Waits for something to happen.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// What to do next in this run.
    pub fn next(&self, opened: u64, now: Instant) -> Next {
        let next = self.queue.lock().next(opened, now);
        if matches!(next, Next::Send { .. }) {
            self.news.store(true, Ordering::Relaxed);
        }
        next
    }

    /// Records the end of a try. `sent` is what is shown of it; `now_ms` is wall-clock time in Unix milliseconds.
    pub fn ended(&self, id: i64, ended: Ended, sent: Option<S>, now: Instant, now_ms: i64) {
        let under_way = self.queue.lock().ended(id, ended, sent, now, now_ms);
        if under_way {
            self.changed();
        }
    }

    /// Claims a delivery that was stored without an answer for the target's own answer, if the rule says so.
    pub fn claim(self: &Arc<Self>, id: i64, event: Option<i64>, outcome: Outcome) -> Option<Turn<S>> {
        let claimed = self.queue.lock().claim(id, event, outcome);
        claimed.then(|| Turn { lane: self.clone(), id })
    }

    /// Records that a request was answered with the target's own answer.
    pub fn answered(&self, status: Option<u16>, sent: S) {
        self.change(|queue| queue.answered(status, sent));
    }

    /// Whether the rule or the marks may have changed since the last call.
    pub fn take_moved(&self) -> bool {
        self.moved.swap(false, Ordering::Relaxed)
    }
}

impl<S: Clone> Lane<S> {
    /// Its state, if it has changed since the last call.
    pub fn take_news(&self) -> Option<View<S>> {
        self.news.swap(false, Ordering::Relaxed).then(|| self.view())
    }

    /// Its state.
    #[must_use]
    pub fn view(&self) -> View<S> {
        self.queue.lock().view()
    }
}

/// The turn of a delivery whose sender waits for the target's own answer. It is held until the target has answered, so
/// that attempts of one event keep their order and no more are sent at once than the rule allows.
pub struct Turn<S> {
    lane: Arc<Lane<S>>,
    id: i64,
}

impl<S> Turn<S> {
    /// Its lane.
    #[must_use]
    pub fn lane(&self) -> &Lane<S> {
        &self.lane
    }

    /// Gives it up.
    #[must_use]
    pub fn release(self) -> Arc<Lane<S>> {
        self.lane.clone()
    }

    /// Waits until it may be sent.
    pub async fn come(&self) {
        loop {
            // Created before the check, so that nothing is missed in between.
            let told = self.lane.turns.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if self.lane.queue.lock().take_turn(self.id) {
                return;
            }
            told.await;
        }
    }
}

impl<S> Drop for Turn<S> {
    fn drop(&mut self) {
        self.lane.change(|queue| queue.end_turn(self.id));
    }
}
