//! What a lane promises, in plain loops: the reference that everything it does is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use outbound::forward::{Ended, Found, Marks, Next, State, View};
use tokio::time::Instant;

/// The first and the longest gap between two tries, in milliseconds.
const GAPS: (u64, u64) = (500, 30_000);
/// The longest that a target may ask to be left alone.
const LEFT_ALONE: Duration = Duration::from_secs(300);
/// So many deliveries in a row that are refused for now mean that the target is down.
const IN_A_ROW: u32 = 3;

/// A delivery that waits.
#[derive(Clone, Copy)]
struct One {
    event: Option<i64>,
    tries: u32,
    not_before: Option<Instant>,
}

/// A delivery that is under way.
struct Going {
    one: One,
    /// Dropped by hand meanwhile.
    dropped: bool,
    /// From an earlier run, and not asked for since.
    stale: bool,
}

struct Down {
    since_ms: i64,
    next: Instant,
    next_ms: i64,
    attempt: u32,
}

pub(super) struct Model {
    pub(super) on: bool,
    /// Whether the history is being looked through.
    pub(super) filling: bool,
    /// The newest delivery that it knows of.
    pub(super) seen: i64,
    pub(super) dropped_to: i64,
    concurrency: usize,
    waiting: BTreeMap<i64, One>,
    under_way: BTreeMap<i64, Going>,
    /// Settled while the history was being looked through.
    done: BTreeSet<i64>,
    down: Option<Down>,
    /// Tries that failed since it was last up, or was last tried by hand.
    failed: u32,
    refused_in_a_row: u32,
    /// Since it was switched on.
    accepted: u64,
    refused: u64,
    dropped: u64,
}

/// The gap after so many failures.
fn gap(failed: u32, retry_after: Option<Duration>) -> Duration {
    let grown = Duration::from_millis((GAPS.0 << (failed - 1).min(10)).min(GAPS.1));
    grown.max(retry_after.unwrap_or_default().min(LEFT_ALONE))
}

/// What the user does, and what is found in the history.
impl Model {
    /// A lane that is off.
    pub(super) fn new(concurrency: u32, marks: Marks) -> Self {
        Self {
            on: false,
            filling: false,
            seen: marks.reached,
            dropped_to: marks.dropped_to,
            concurrency: concurrency as usize,
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            done: BTreeSet::new(),
            down: None,
            failed: 0,
            refused_in_a_row: 0,
            accepted: 0,
            refused: 0,
            dropped: 0,
        }
    }

    pub(super) fn begins(&mut self, concurrency: u32, last: i64) {
        self.forget();
        (self.on, self.filling, self.seen, self.concurrency) = (true, true, last, concurrency as usize);
        self.under_way.values_mut().for_each(|going| going.stale = true);
        (self.accepted, self.refused, self.dropped) = (0, 0, 0);
    }

    pub(super) fn filled(&mut self, found: &[Found]) {
        self.filling = false;
        let done = std::mem::take(&mut self.done);
        found.iter().filter(|found| !done.contains(&found.id)).for_each(|found| self.add(found));
    }

    /// The history could not be read: it is off again.
    pub(super) fn undone(&mut self, dropped_to: i64) {
        self.closed();
        self.dropped_to = dropped_to;
    }

    pub(super) fn closed(&mut self) {
        self.forget();
        (self.on, self.filling) = (false, false);
    }

    pub(super) fn put(&mut self, concurrency: u32, now: Instant) {
        self.concurrency = concurrency as usize;
        self.retried(now);
    }

    pub(super) fn retried(&mut self, now: Instant) {
        if let Some(down) = &mut self.down {
            down.next = now;
        }
        self.failed = 0;
        self.waiting.values_mut().for_each(|one| one.not_before = None);
    }

    /// Returns how many wait no longer.
    pub(super) fn drop_waiting(&mut self) -> u64 {
        let dropped = self.waiting.len() as u64;
        self.dropped += dropped;
        self.dropped_to = self.seen;
        self.waiting.clear();
        self.up();
        self.under_way.values_mut().for_each(|going| going.dropped = true);
        dropped
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.done.clear();
        self.up();
    }

    /// `wanted`: the rule is for such deliveries.
    pub(super) fn arrived(&mut self, id: i64, event: Option<i64>, wanted: bool) {
        if !self.on || id <= self.seen {
            return;
        }
        self.seen = id;
        if wanted {
            self.waiting.insert(id, One { event, tries: 0, not_before: None });
        }
    }

    /// From where the history is to be read, if its newest delivery is this one.
    pub(super) fn is_behind(&self, last: i64) -> Option<i64> {
        (self.on && last > self.seen).then_some(self.seen)
    }

    pub(super) fn caught_up(&mut self, last: i64, found: &[Found]) {
        self.seen = self.seen.max(last);
        found.iter().for_each(|found| self.add(found));
    }

    fn add(&mut self, found: &Found) {
        let asked = found.id > self.dropped_to;
        match self.under_way.get_mut(&found.id) {
            Some(going) => (going.stale, going.dropped) = (false, going.dropped && !asked),
            None if asked => {
                let one = One { event: found.event, tries: 0, not_before: None };
                self.waiting.entry(found.id).or_insert(one);
            }
            None => {}
        }
    }
}

/// What is sent, and what becomes of it.
impl Model {
    /// The delivery that is to be sent now, if one may be: in order while the target is up; while it is down, one at a
    /// time, and first the one that was tried least.
    fn free(&self, now: Instant) -> Option<i64> {
        let places = match &self.down {
            Some(down) if down.next > now => 0,
            Some(_) => 1,
            None => self.concurrency,
        };
        if self.filling || self.under_way.len() >= places {
            return None;
        }
        let free = self.waiting.iter().filter(|(id, one)| {
            let due = one.not_before.is_none_or(|at| at <= now);
            let same = |event: Option<i64>| event.is_some() && event == one.event;
            let earlier = self.waiting.range(..**id).any(|(_, other)| same(other.event));
            due && !earlier && !self.under_way.values().any(|going| same(going.one.event))
        });
        match self.down {
            Some(_) => free.min_by_key(|(id, one)| (one.tries, **id)).map(|(id, _)| *id),
            None => free.map(|(id, _)| *id).next(),
        }
    }

    /// Checks what the lane says is next.
    pub(super) fn follow(&mut self, next: &Next, now: Instant) {
        let free = self.free(now);
        match *next {
            Next::End => panic!("it ends while it is on"),
            Next::Send { id, number } => {
                assert_eq!(free, Some(id), "another was to be sent, or none");
                let one = self.waiting.remove(&id).unwrap();
                assert_eq!(number, one.tries + 1);
                self.under_way.insert(id, Going { one, dropped: false, stale: false });
            }
            Next::WaitUntil(until) => {
                assert_eq!(free, None, "it waits though one may be sent");
                let bound = until.is_some_and(|until| until > now && until <= now + LEFT_ALONE);
                let something_comes = self.filling || !self.under_way.is_empty() || self.waiting.is_empty();
                assert!(
                    bound || (until.is_none() && something_comes),
                    "it waits too long: {:?}",
                    until.map(|at| at - now)
                );
            }
        }
    }

    pub(super) fn ended(&mut self, id: i64, ended: &Ended, now: Instant, now_ms: i64) {
        let Going { one, dropped, stale } = self.under_way.remove(&id).expect("it was under way");
        let tries = one.tries + 1;
        match ended {
            Ended::Settled { status } => {
                self.up();
                match status {
                    Some(200..300) => self.accepted += 1,
                    _ => self.refused += 1,
                }
            }
            Ended::Gone => {}
            _ if dropped => self.dropped += 1,
            _ if stale || !self.on => {}
            Ended::Later { retry_after, .. } => {
                let not_before = Some(now + gap(tries, *retry_after));
                self.waiting.insert(id, One { tries, not_before, ..one });
                self.refused_in_a_row += 1;
                if self.refused_in_a_row >= IN_A_ROW {
                    self.fails(*retry_after, now, now_ms);
                }
            }
            Ended::Down { .. } => {
                self.waiting.insert(id, One { tries, ..one });
                self.fails(None, now, now_ms);
            }
        }
        if self.filling && matches!(ended, Ended::Settled { .. } | Ended::Gone) {
            self.done.insert(id);
        }
    }

    fn up(&mut self) {
        (self.down, self.failed, self.refused_in_a_row) = (None, 0, 0);
    }

    fn fails(&mut self, retry_after: Option<Duration>, now: Instant, now_ms: i64) {
        self.failed += 1;
        let gap = gap(self.failed, retry_after);
        let (since_ms, attempt) = self.down.as_ref().map_or((now_ms, 1), |down| (down.since_ms, down.attempt));
        let next_ms = now_ms + i64::try_from(gap.as_millis()).unwrap();
        self.down = Some(Down { since_ms, next: now + gap, next_ms, attempt: attempt + 1 });
    }
}

/// What is shown and written down.
impl Model {
    pub(super) fn agrees(&self, view: &View<()>, marks: Marks) {
        let open = (self.waiting.len() + self.under_way.len()) as u64;
        let counts = (view.waiting, view.accepted, view.refused, view.dropped);
        assert_eq!(counts, (open, self.accepted, self.refused, self.dropped), "what is counted");
        match (&view.state, &self.down) {
            (State::Down { since_ms, next_ms, attempt, .. }, Some(down)) => {
                assert_eq!((*since_ms, *next_ms, *attempt), (down.since_ms, down.next_ms, down.attempt));
            }
            (State::Off, _) => assert!(!self.on),
            (State::Idle, None) => assert!(self.on && self.is_idle()),
            (State::Sending, None) => assert!(self.on && !self.is_idle()),
            (other, _) => panic!("it says {other:?}"),
        }
        if self.on && !self.filling {
            let asked = self.under_way.iter().filter(|(_, going)| !going.stale).map(|(id, _)| *id);
            let first = self.waiting.keys().copied().chain(asked).min();
            assert_eq!(marks.reached, first.map_or(self.seen, |first| first - 1), "the mark");
        }
    }

    /// Whether nothing waits, is under way or is being looked for.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty() && !self.filling
    }
}
