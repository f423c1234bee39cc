//! What waits and what is under way, the order in which it is sent, and when a target counts as down.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use super::rule::{Rule, Which};
use super::says::{Found, Marks};

/// The first gap between two tries of a target that is down, and the longest. The same for one delivery that it refuses for now.
pub(super) const GAPS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// The longest time that a target may ask to be left alone for (`Retry-After`).
pub(super) const LEFT_ALONE: Duration = Duration::from_secs(300);

/// What waits, what is under way, and how the target is.
pub(super) struct Queue<S> {
    pub(super) rule: Rule,
    /// Counts how often it was switched on or off: whoever drives an earlier time ends.
    pub(super) opened: u64,
    /// The history is being looked through for what else has to be sent: nothing is sent before.
    pub(super) filling: bool,
    pub(super) waiting: BTreeMap<i64, Waiting>,
    pub(super) under_way: BTreeMap<i64, UnderWay>,
    /// Those whose senders wait for the target's own answer: their events.
    pub(super) own: BTreeMap<i64, Own>,
    /// Events of which an attempt is under way: the next one waits for it.
    pub(super) busy: HashSet<i64>,
    /// Stored without an answer, and nobody has said yet who answers.
    pub(super) told: BTreeMap<i64, Told>,
    /// The other way round: it was said before it was told.
    pub(super) early: HashSet<i64>,
    pub(super) down: Option<Down>,
    pub(super) gaps: Option<ExponentialBackoff>,
    pub(super) refused_in_a_row: u32,
    /// The newest delivery that was told.
    pub(super) seen: i64,
    pub(super) marks: Marks,
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) dropped: u64,
    pub(super) last: Option<S>,
}

#[derive(Clone, Copy)]
pub(super) struct Waiting {
    pub(super) event: Option<i64>,
    pub(super) verified: bool,
    pub(super) tries: u32,
    /// It was answered, and not taken for now.
    pub(super) not_before: Option<Instant>,
}

pub(super) struct UnderWay {
    pub(super) waiting: Waiting,
    /// Dropped by hand meanwhile: it is not tried again.
    pub(super) dropped: bool,
    /// Of an earlier time of being switched on, and nobody asked for it since.
    pub(super) stale: bool,
}

pub(super) struct Told {
    pub(super) event: Option<i64>,
    pub(super) verified: bool,
    pub(super) since: Instant,
}

#[derive(Clone)]
pub(super) struct Down {
    pub(super) why: String,
    pub(super) since_ms: i64,
    pub(super) next: Instant,
    pub(super) next_ms: i64,
    pub(super) attempt: u32,
}

/// A delivery whose sender waits.
pub(super) struct Own {
    pub(super) event: Option<i64>,
    pub(super) begun: bool,
}

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
            down: None,
            gaps: None,
            refused_in_a_row: 0,
            seen: marks.reached,
            marks,
            accepted: 0,
            refused: 0,
            dropped: 0,
            last: None,
        }
    }

    /// Everything up to this delivery is dealt with.
    pub(super) fn marks_now(&self) -> Marks {
        let all = self.waiting.keys().chain(self.under_way.keys()).chain(self.own.keys()).chain(self.told.keys());
        let reached = if self.filling { self.marks.reached } else { all.min().map_or(self.seen, |first| first - 1) };
        Marks { reached, ..self.marks }
    }

    /// Nothing waits any more.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.told.clear();
        self.early.clear();
        self.mark_up();
    }

    pub(super) fn mark_up(&mut self) {
        (self.down, self.gaps, self.refused_in_a_row) = (None, None, 0);
    }

    pub(super) fn count(&mut self, status: Option<u16>) {
        match status {
            Some(200..300) => self.accepted += 1,
            _ => self.refused += 1,
        }
    }

    pub(super) fn said(&mut self, id: i64) {
        if self.told.remove(&id).is_none() && id > self.seen {
            self.early.insert(id);
        }
    }

    pub(super) fn offer(&mut self, id: i64, event: Option<i64>, verified: bool) {
        let wanted = verified || self.rule.which == Which::All;
        if wanted && !self.under_way.contains_key(&id) && !self.own.contains_key(&id) {
            self.waiting.entry(id).or_insert(Waiting { event, verified, tries: 0, not_before: None });
        }
    }

    pub(super) fn add(&mut self, found: impl IntoIterator<Item = Found>) {
        for Found { id, event, verified } in found {
            match self.under_way.get_mut(&id) {
                Some(one) => one.stale = false,
                None if id > self.marks.dropped_to && !self.told.contains_key(&id) => self.offer(id, event, verified),
                None => {}
            }
        }
    }

    /// Which one is next, or when to look again. Of an event only its first attempt; where the target is down, one that was
    /// not tried as often as others, so that a single odd one does not stand in the way of all.
    pub(super) fn pick(&self, now: Instant) -> Result<i64, Option<Instant>> {
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
        let picked = if self.down.is_some() { free.min_by_key(|(id, one)| (one.tries, **id)) } else { free.next() };
        picked.map(|(id, _)| *id).ok_or(earliest)
    }

    pub(super) fn mark_down(&mut self, why: String, retry_after: Option<Duration>, now: Instant, now_ms: i64) {
        let gaps = self.gaps.get_or_insert_with(gaps);
        let gap = gaps.next().unwrap_or(GAPS.1).max(bounded(retry_after));
        let (since_ms, attempt) = self.down.as_ref().map_or((now_ms, 1), |down| (down.since_ms, down.attempt));
        let next_ms = now_ms.saturating_add(i64::try_from(gap.as_millis()).unwrap_or(i64::MAX));
        let attempt = attempt.saturating_add(1);
        self.down = Some(Down { why, since_ms, next: now + gap, next_ms, attempt });
    }
}

fn gaps() -> ExponentialBackoff {
    let (first, longest) = GAPS;
    ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times().build()
}

/// The gap after so many tries.
pub(super) fn gap(tries: u32) -> Duration {
    gaps().nth(tries.saturating_sub(1) as usize).unwrap_or(GAPS.1)
}

pub(super) fn bounded(retry_after: Option<Duration>) -> Duration {
    retry_after.unwrap_or_default().min(LEFT_ALONE)
}
