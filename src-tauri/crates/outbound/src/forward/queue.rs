//! What waits and what is under way, and which delivery is sent next.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use signature::Outcome;
use tokio::time::Instant;

use super::back_off::{BackOff, gap};
use super::rule::{Answer, Rule, State};
use super::says::{Before, Ended, Found, Marks, Next, View};

/// This long after a delivery was stored, somebody has said who answers it, or nobody will.
pub(super) const UNANSWERED: Duration = Duration::from_secs(10);

/// What waits, what is under way, and the state of the target.
pub(super) struct Queue<S> {
    rule: Rule,
    /// Counts how often it was switched on or off: whoever drives an earlier run ends.
    opened: u64,
    /// Whether the history is still being searched for deliveries to send: nothing is sent before that ends.
    filling: bool,
    waiting: BTreeMap<i64, Waiting>,
    under_way: BTreeMap<i64, UnderWay>,
    /// Those whose senders wait for the target's own answer: their events.
    own: BTreeMap<i64, Own>,
    /// Events with an attempt under way: their next one waits for it.
    busy: HashSet<i64>,
    /// Stored without an answer, and nobody has said yet who answers.
    told: BTreeMap<i64, Told>,
    /// The reverse: somebody said who answers before the delivery was announced.
    early: HashSet<i64>,
    /// Settled while the history was being searched, which may have found them before.
    done: HashSet<i64>,
    /// The run for which the history is being read, because not everything was announced one by one.
    catching_up: Option<u64>,
    target: BackOff,
    /// The newest delivery that was announced.
    seen: i64,
    marks: Marks,
    tally: Tally<S>,
}

#[derive(Clone, Copy)]
struct Waiting {
    event: Option<i64>,
    outcome: Outcome,
    tries: u32,
    /// It was answered, but refused for now.
    not_before: Option<Instant>,
}

struct UnderWay {
    waiting: Waiting,
    /// Dropped by hand meanwhile: it is not tried again.
    dropped: bool,
    /// From an earlier run, and not requested since.
    stale: bool,
}

struct Told {
    event: Option<i64>,
    outcome: Outcome,
    since: Instant,
}

/// A delivery whose sender waits.
struct Own {
    event: Option<i64>,
    begun: bool,
}

/// Results since it was switched on.
struct Tally<S> {
    accepted: u64,
    refused: u64,
    dropped: u64,
    last: Option<S>,
}

impl<S> Default for Tally<S> {
    fn default() -> Self {
        Self { accepted: 0, refused: 0, dropped: 0, last: None }
    }
}

impl<S> Tally<S> {
    fn count(&mut self, status: Option<u16>) {
        match status {
            Some(200..300) => self.accepted += 1,
            _ => self.refused += 1,
        }
    }
}

/// The rule and the marks.
impl<S> Queue<S> {
    pub(super) fn new(rule: Rule, marks: Marks) -> Self {
        Self {
            rule,
            opened: 0,
            filling: false,
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            own: BTreeMap::new(),
            busy: HashSet::new(),
            told: BTreeMap::new(),
            early: HashSet::new(),
            done: HashSet::new(),
            catching_up: None,
            target: BackOff::default(),
            seen: marks.reached,
            marks,
            tally: Tally::default(),
        }
    }

    pub(super) fn rule(&self) -> &Rule {
        &self.rule
    }

    pub(super) fn marks(&self) -> Marks {
        if self.rule.on { self.marks_now() } else { self.marks }
    }

    /// Everything up to this delivery is done.
    fn marks_now(&self) -> Marks {
        // What goes on from an earlier run is not tried again, nor at the next start.
        let going = self.under_way.iter().filter(|(_, one)| !one.stale).map(|(id, _)| id);
        let all = self.waiting.keys().chain(going).chain(self.own.keys()).chain(self.told.keys());
        let reached = if self.filling { self.marks.reached } else { all.min().map_or(self.seen, |first| first - 1) };
        Marks { reached, ..self.marks }
    }

    pub(super) fn begin(&mut self, rule: Rule, last: i64) -> Before {
        let before = Before { rule: std::mem::replace(&mut self.rule, rule), marks: self.marks };
        self.reopen();
        self.filling = true;
        self.seen = last;
        for one in self.under_way.values_mut() {
            one.stale = true;
        }
        self.tally = Tally::default();
        before
    }

    pub(super) fn filled(&mut self, found: impl IntoIterator<Item = Found>) {
        self.filling = false;
        let done = std::mem::take(&mut self.done);
        self.add(found.into_iter().filter(|found| !done.contains(&found.id)));
    }

    pub(super) fn undo(&mut self, Before { rule, marks }: Before) {
        (self.rule, self.marks) = (rule, marks);
        self.reopen();
    }

    pub(super) fn put(&mut self, rule: Rule, now: Instant) {
        self.waiting.retain(|_, waiting| rule.which.takes(waiting.outcome));
        self.rule = rule;
        self.retry_now(now);
    }

    pub(super) fn close(&mut self, rule: Rule, last: i64) {
        if self.rule.on {
            self.marks = Marks { off_at: self.seen.max(last), ..self.marks_now() };
        }
        self.rule = rule;
        self.reopen();
    }

    /// Ends whoever drives an earlier run; nothing waits any more.
    fn reopen(&mut self) {
        self.opened += 1;
        self.filling = false;
        self.done.clear();
        self.forget();
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.told.clear();
        self.early.clear();
        self.target.mark_up();
    }

    pub(super) fn drop_left(&mut self) {
        self.marks.dropped_to = self.marks.off_at;
    }

    pub(super) fn ask_again(&mut self) {
        self.marks.dropped_to = 0;
    }
}

/// Incoming.
impl<S> Queue<S> {
    /// Whether something can be sent now that could not be before; `None` if the delivery is not for this lane.
    pub(super) fn arrived(
        &mut self,
        id: i64,
        event: Option<i64>,
        outcome: Outcome,
        open: bool,
        now: Instant,
    ) -> Option<bool> {
        if !self.rule.on || id <= self.seen {
            return None;
        }
        self.seen = id;
        if !open {
            self.add_one(id, event, outcome);
        } else if !self.early.remove(&id) {
            self.told.insert(id, Told { event, outcome, since: now });
        }
        Some(!open)
    }

    /// Returns whether the rule is on.
    pub(super) fn offer(&mut self, id: i64, event: Option<i64>, outcome: Outcome) -> bool {
        if self.rule.on {
            self.said(id);
            self.add_one(id, event, outcome);
        }
        self.rule.on
    }

    /// Returns whether there were any.
    pub(super) fn adopt(&mut self, now: Instant) -> bool {
        let left: Vec<_> = self.told.extract_if(.., |_, told| now.duration_since(told.since) >= UNANSWERED).collect();
        let any = !left.is_empty();
        for (id, Told { event, outcome, .. }) in left {
            self.add_one(id, event, outcome);
        }
        any
    }

    pub(super) fn catch_up_from(&mut self, last: i64) -> Option<i64> {
        let from = (self.rule.on && last > self.seen).then_some(self.seen);
        self.catching_up = from.map(|_| self.opened);
        from
    }

    pub(super) fn caught_up(&mut self, last: i64, found: impl IntoIterator<Item = Found>) {
        // A run that began meanwhile knows what is there.
        if self.catching_up.take() != Some(self.opened) {
            return;
        }
        self.seen = self.seen.max(last);
        // Of these it is known who answers them.
        let said: HashSet<i64> = self.early.extract_if(|id| *id <= last).collect();
        self.add(found.into_iter().filter(|found| !said.contains(&found.id)));
    }

    fn said(&mut self, id: i64) {
        if self.told.remove(&id).is_none() && id > self.seen {
            self.early.insert(id);
        }
    }

    fn add_one(&mut self, id: i64, event: Option<i64>, outcome: Outcome) {
        let wanted = self.rule.which.takes(outcome);
        if wanted && !self.under_way.contains_key(&id) && !self.own.contains_key(&id) {
            self.waiting.entry(id).or_insert(Waiting { event, outcome, tries: 0, not_before: None });
        }
    }

    fn add(&mut self, found: impl IntoIterator<Item = Found>) {
        for Found { id, event, outcome } in found {
            match self.under_way.get_mut(&id) {
                Some(one) => {
                    one.stale = false;
                    one.dropped &= id <= self.marks.dropped_to;
                }
                None if id > self.marks.dropped_to && !self.told.contains_key(&id) => self.add_one(id, event, outcome),
                None => {}
            }
        }
    }
}

/// Outgoing.
impl<S> Queue<S> {
    pub(super) fn drop_waiting(&mut self) -> u64 {
        let dropped = self.waiting.len() as u64;
        self.tally.dropped += dropped;
        self.marks.dropped_to = self.seen;
        self.forget();
        for one in self.under_way.values_mut() {
            one.dropped = true;
        }
        dropped
    }

    pub(super) fn retry_now(&mut self, now: Instant) {
        self.target.retry_now(now);
        for waiting in self.waiting.values_mut() {
            waiting.not_before = None;
        }
    }

    pub(super) fn opened(&self) -> u64 {
        self.opened
    }

    pub(super) fn next(&mut self, opened: u64, now: Instant) -> Next {
        if self.opened != opened || !self.rule.on {
            return Next::End;
        }
        if self.filling {
            return Next::WaitUntil(None);
        }
        let places = match self.target.next() {
            Some(next) if next > now => return Next::WaitUntil(Some(next)),
            // One is enough to see whether it is back.
            Some(_) => 1,
            None => self.rule.concurrency as usize,
        };
        if self.under_way.len() >= places {
            return Next::WaitUntil(None);
        }
        let id = match self.pick(now) {
            Ok(id) => id,
            Err(until) => return Next::WaitUntil(until),
        };
        let Some(waiting) = self.waiting.remove(&id) else { return Next::WaitUntil(None) };
        self.busy.extend(waiting.event);
        self.under_way.insert(id, UnderWay { waiting, dropped: false, stale: false });
        Next::Send { id, number: waiting.tries + 1 }
    }

    /// Picks the next one, or when to look again. Of an event, only its first attempt; if the target is down, the one
    /// with the fewest tries, so that a single odd delivery does not block all others.
    fn pick(&self, now: Instant) -> Result<i64, Option<Instant>> {
        let mut events = HashSet::new();
        let mut earliest: Option<Instant> = None;
        let mut free = self.waiting.iter().filter(|(_, waiting)| {
            let first = waiting.event.is_none_or(|event| !self.busy.contains(&event) && events.insert(event));
            let due = waiting.not_before.is_none_or(|at| at <= now);
            if first && !due {
                earliest = earliest.into_iter().chain(waiting.not_before).min();
            }
            first && due
        });
        let down = self.target.next().is_some();
        let picked = if down { free.min_by_key(|(id, one)| (one.tries, **id)) } else { free.next() };
        picked.map(|(id, _)| *id).ok_or(earliest)
    }

    /// Returns whether it was under way.
    pub(super) fn ended(&mut self, id: i64, ended: Ended, sent: Option<S>, now: Instant, now_ms: i64) -> bool {
        let Some(UnderWay { waiting, dropped, stale }) = self.under_way.remove(&id) else { return false };
        if let Some(event) = waiting.event {
            self.busy.remove(&event);
        }
        if self.filling && matches!(ended, Ended::Settled { .. } | Ended::Gone) {
            self.done.insert(id);
        }
        match ended {
            Ended::Settled { status } => {
                self.target.mark_up();
                self.tally.count(status);
            }
            Ended::Gone => {}
            Ended::Later { .. } | Ended::Down { .. } if dropped => self.tally.dropped += 1,
            Ended::Later { .. } | Ended::Down { .. } if stale || !self.rule.on => {}
            Ended::Later { why, retry_after } => {
                let tries = waiting.tries.saturating_add(1);
                let not_before = Some(now + gap(tries, retry_after));
                self.waiting.insert(id, Waiting { tries, not_before, ..waiting });
                self.target.count_refusal(why, retry_after, now, now_ms);
            }
            Ended::Down { why } => {
                let tries = waiting.tries.saturating_add(1);
                self.waiting.insert(id, Waiting { tries, ..waiting });
                self.target.mark_down(why, None, now, now_ms);
            }
        }
        self.tally.last = sent.or(self.tally.last.take());
        true
    }
}

/// Deliveries whose senders wait for the target's own answer.
impl<S> Queue<S> {
    /// Returns whether the target answers it.
    pub(super) fn claim(&mut self, id: i64, event: Option<i64>, outcome: Outcome) -> bool {
        let wanted = self.rule.which.takes(outcome);
        // One that was found in the history may be under way already.
        let free = !self.under_way.contains_key(&id);
        let claimed = self.rule.on && self.rule.answer != Answer::AtOnce && wanted && free;
        if claimed {
            self.waiting.remove(&id);
            self.said(id);
            self.own.insert(id, Own { event, begun: false });
        }
        claimed
    }

    /// Lets it be sent if it is its turn; returns whether it is.
    pub(super) fn take_turn(&mut self, id: i64) -> bool {
        let begun = self.own.values().filter(|own| own.begun).count();
        let Some(event) = self.own.get(&id).map(|own| own.event) else { return true };
        if let Some(event) = event {
            let earlier = self.own.range(..id).any(|(_, own)| own.event == Some(event));
            if earlier || self.busy.contains(&event) {
                return false;
            }
        }
        if begun >= self.rule.concurrency as usize {
            return false;
        }
        self.busy.extend(event);
        if let Some(own) = self.own.get_mut(&id) {
            own.begun = true;
        }
        true
    }

    pub(super) fn end_turn(&mut self, id: i64) {
        if let Some(own) = self.own.remove(&id)
            && own.begun
            && let Some(event) = own.event
        {
            self.busy.remove(&event);
        }
    }

    pub(super) fn answered(&mut self, status: Option<u16>, sent: S) {
        self.tally.count(status);
        self.tally.last = Some(sent);
    }
}

impl<S: Clone> Queue<S> {
    pub(super) fn view(&self) -> View<S> {
        let idle = self.under_way.is_empty() && self.waiting.is_empty() && !self.filling;
        let state = match (self.rule.on, self.target.state()) {
            (false, _) => State::Off,
            (true, Some(down)) => down,
            (true, None) if idle => State::Idle,
            (true, None) => State::Sending,
        };
        View {
            rule: self.rule.clone(),
            state,
            waiting: (self.waiting.len() + self.under_way.len()) as u64,
            accepted: self.tally.accepted,
            refused: self.tally.refused,
            dropped: self.tally.dropped,
            last: self.tally.last.clone(),
        }
    }
}
