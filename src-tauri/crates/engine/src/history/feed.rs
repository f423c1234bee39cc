//! What the open window hears: rows as they arrive, changes, counts. Merged into at most one message of a kind per
//! frame; when too much happens, the window is asked to open its view again. Capture never waits for it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use query::{Expr, Field};
use store::{Change, Wanted};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::rows;
use super::view::{PAGE, View};
use crate::common::Common;
use crate::dto::{Counts, Live, Row};
use crate::error::Result;
use crate::registry::Registry;

/// One frame of a 60 Hz screen.
const FRAME: Duration = Duration::from_millis(16);
/// More rows than this in one frame: the window opens its view again.
const OVERFLOW: usize = 2_000;
/// How often the counts are read.
const COUNTS: Duration = Duration::from_millis(500);
/// The counts are read in so many ticks after something was heard.
const COUNTED_AFTER: u32 = 6;
/// The counts are read after so many ticks even if nothing was heard.
const COUNTED_ANYWAY: u32 = 10;
/// Attempts of an event that its rows show.
const TRIES: u32 = 4;
/// The span over which the rate is counted.
const MINUTE: Duration = Duration::from_secs(60);

/// The feed of one engine.
pub(crate) struct Feed {
    common: Common,
    registry: Arc<Registry>,
    view: Mutex<Option<View>>,
    next_view: Mutex<u32>,
    counts: watch::Sender<Counts>,
    tally: Arc<inbound::Tally>,
}

impl Feed {
    pub(crate) fn new(common: Common, registry: Arc<Registry>, tally: Arc<inbound::Tally>) -> Arc<Self> {
        Arc::new(Self {
            common,
            registry,
            view: Mutex::new(None),
            next_view: Mutex::new(1),
            counts: watch::Sender::new(Counts::default()),
            tally,
        })
    }

    pub(crate) async fn counts(&self) -> Counts {
        let per_minute = self.counts.borrow().per_minute;
        self.current_counts(per_minute).await
    }

    /// Has the window open its view again after the outcomes of many deliveries changed: where its query asks for what
    /// may have changed, and so shows others now, or where the rows were not sent one by one (`told` is false).
    pub(crate) fn reopen(&self, told: bool) {
        let number =
            self.view().as_ref().filter(|view| !told || is_volatile(view.wanted.expr())).map(|view| view.number);
        if let Some(view) = number {
            self.common.tell(Live::Resync { view });
        }
    }

    pub(super) fn view(&self) -> parking_lot::MutexGuard<'_, Option<View>> {
        self.view.lock()
    }

    /// A number for the next view.
    pub(super) fn next_number(&self) -> u32 {
        let mut next = self.next_view.lock();
        *next += 1;
        *next
    }

    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    /// The rows of these deliveries, with the first hit of what is searched for.
    pub(super) async fn load(&self, ids: &[i64], wanted: Option<&Arc<Wanted>>) -> Result<Vec<Row>> {
        let rows = self.common.store().rows(ids).await?;
        let rows = self.shown(&rows.iter().collect::<Vec<_>>()).await?;
        self.with_hits(rows, wanted).await
    }

    /// Rows for the window, each with the newest attempts of its event: one more read for all of them, and none where
    /// no event has more than one attempt.
    async fn shown(&self, rows: &[&store::Row]) -> Result<Vec<Row>> {
        let events: BTreeSet<i64> = rows.iter().filter(|row| row.attempts > 1).filter_map(|row| row.event).collect();
        let tries = match events.is_empty() {
            true => HashMap::new(),
            false => {
                let events: Vec<i64> = events.into_iter().collect();
                rows::by_event(&self.common.store().tried(&events, TRIES).await?)
            }
        };
        let of_event = |row: &store::Row| row.event.and_then(|event| tries.get(&event).cloned()).unwrap_or_default();
        Ok(rows.iter().map(|row| Row { tries: of_event(row), ..rows::row(row, &self.registry) }).collect())
    }

    async fn with_hits(&self, mut rows: Vec<Row>, wanted: Option<&Arc<Wanted>>) -> Result<Vec<Row>> {
        if let Some(wanted) = wanted {
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            let hits = self.common.store().search().first_hits(wanted, &ids).await?;
            for (row, hit) in rows.iter_mut().zip(hits) {
                row.hit = hit.map(rows::hit);
            }
        }
        Ok(rows)
    }

    pub(super) fn complain(&self, what: &'static str, error: &impl std::fmt::Display) {
        self.common.store().complaints().warn(what, "history", error, Instant::now());
    }

    pub(super) async fn current_counts(&self, per_minute: u64) -> Counts {
        let kept = self.common.store().counts().await.unwrap_or_else(|error| {
            self.complain("the counts could not be read", &error);
            store::Counts::default()
        });
        let tally = self.tally.snapshot();
        Counts {
            total: kept.total,
            kept_bytes: kept.kept_bytes,
            refused: tally.refused,
            too_large: tally.too_large,
            turned_away: tally.turned_away,
            per_minute,
        }
    }

    /// Runs until the engine ends.
    pub(super) async fn run(self: Arc<Self>, mut changes: Receiver<Change>) {
        let mut pending = Pending::default();
        let mut rate = Rate::default();
        let mut last_flush = Instant::now() - FRAME;
        let mut tick = tokio::time::interval(COUNTS);
        let mut counting = Counting::default();
        loop {
            let flush_at = (!pending.is_empty()).then(|| last_flush + FRAME);
            counting.heard |= !pending.is_empty();
            tokio::select! {
                biased;
                () = self.common.stop().cancelled() => return,
                () = sleep_until(flush_at), if flush_at.is_some() => {
                    last_flush = Instant::now();
                    pending = self.flush(std::mem::take(&mut pending)).await;
                }
                change = changes.recv() => match change {
                    Ok(Change::Inserted(row)) => {
                        rate.add(1);
                        self.inserted(&row, &mut pending);
                    }
                    Ok(Change::Changed(ids)) => pending.changed(ids.iter().copied()),
                    Ok(Change::Answered(answered)) => pending.answered(answered.iter().map(|(id, _)| *id)),
                    Ok(Change::SentOn(ids)) => self.sent_on(&ids, &mut pending),
                    Ok(Change::Removed(ranges)) => self.removed(&ranges, &mut pending),
                    Ok(Change::Restored | Change::Resync) => pending.overflow = true,
                    Err(RecvError::Lagged(missed)) => {
                        rate.add(missed);
                        pending.overflow = true;
                        // What was missed is in the store, but only a new snapshot says what matches.
                        changes = self.common.store().subscribe();
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => self.count(&mut rate, &mut counting).await,
            }
        }
    }

    fn inserted(&self, row: &Arc<store::Arrived>, pending: &mut Pending) {
        let mut slot = self.view();
        pending.total = true;
        if row.row.attempts > 1
            && let Some(event) = row.row.event
        {
            pending.events.insert(event);
        }
        let Some(view) = slot.as_mut() else { return };
        pending.belong_to(view.number);
        if asks_for(view.wanted.expr(), |field| *field == Field::Forwarded) {
            // Only the store knows whether it waits for a target.
            pending.overflow |= push(&mut pending.unsure, row);
        } else if view.wanted.matches(row) && view.arrived(row.row.id) {
            pending.overflow |= push(&mut pending.added, row);
        }
    }

    /// Of no interest unless it is searched for.
    fn sent_on(&self, ids: &[i64], pending: &mut Pending) {
        if self.view().as_ref().is_some_and(|view| asks_for(view.wanted.expr(), is_sent_on)) {
            pending.changed(ids.iter().copied());
        }
    }

    fn removed(&self, ranges: &[(i64, i64)], pending: &mut Pending) {
        pending.total = true;
        if let Some(view) = self.view().as_mut() {
            pending.belong_to(view.number);
            pending.removed |= view.remove(ranges);
        }
    }

    /// Sends what has waited, and returns what must wait longer: a view that is still loading cannot be told that it
    /// missed something, but must be told in the end.
    async fn flush(&self, mut pending: Pending) -> Pending {
        let (number, loading, wanted) = match self.view().as_ref() {
            Some(view) => (view.number, view.is_loading(), Arc::clone(&view.wanted)),
            None => return Pending::default(),
        };
        // A view opened since then has these rows in its snapshot.
        pending.belong_to(number);
        if !pending.overflow && !loading {
            self.decide(&wanted, &mut pending).await;
            pending.overflow |= self.shows_others(&wanted, &pending).await;
        }
        pending.overflow |= !pending.unsure.is_empty();
        let (first, matched) = match self.view().as_ref().filter(|view| view.number == number) {
            Some(view) => (view.first(), view.len()),
            None => return Pending::default(),
        };
        if pending.overflow {
            if !loading {
                self.common.tell(Live::Resync { view: number });
                return Pending::default();
            }
            return Pending { view: number, overflow: true, ..Pending::default() };
        }
        if !loading && pending.removed {
            // The window reads its rows again, and with them what has arrived.
            pending.added.clear();
            self.common.tell(Live::Removed { view: number, first, matched });
        }
        if !loading && (!pending.added.is_empty() || pending.total) {
            let arrived: Vec<&store::Row> = pending.added.iter().map(|row| &row.row).collect();
            let added = match self.shown(&arrived).await {
                Ok(added) => self.with_hits(added, Some(&wanted)).await,
                Err(error) => Err(error),
            };
            match added {
                Ok(added) => {
                    let total = self.current_counts(0).await.total;
                    self.common.tell(Live::Rows { view: number, added, first, matched, total });
                }
                Err(error) => self.complain("what arrived could not be read", &error),
            }
        }
        let mut changed = pending.changed;
        // Another verdict or answer of one attempt shows in the rows of the others.
        let mut events = pending.events;
        if !changed.is_empty() {
            let ids: Vec<i64> = changed.iter().copied().collect();
            match self.common.store().retried_among(&ids).await {
                Ok(retried) => events.extend(retried),
                Err(error) => self.complain("the events of changed rows could not be read", &error),
            }
        }
        changed.extend(pending.answered);
        for event in events.into_iter().take(PAGE) {
            match self.common.store().attempts(event, PAGE as u32).await {
                Ok(attempts) => changed.extend(attempts.iter().map(|row| row.id)),
                Err(error) => self.complain("the attempts of an event could not be read", &error),
            }
        }
        let ids: Vec<i64> = changed.into_iter().collect();
        for page in ids.chunks(PAGE) {
            match self.load(page, Some(&wanted)).await {
                Ok(rows) => self.common.tell(Live::Changed { rows }),
                Err(error) => self.complain("changed rows could not be read", &error),
            }
        }
        Pending::default()
    }

    /// Asks the store which of those that arrived match, where they do not say it themselves.
    async fn decide(&self, wanted: &Arc<Wanted>, pending: &mut Pending) {
        let unsure = std::mem::take(&mut pending.unsure);
        if unsure.is_empty() {
            return;
        }
        let ids = unsure.iter().map(|row| row.row.id).collect();
        let match_now = match self.common.store().search().which(wanted, ids).await {
            Ok(match_now) => match_now,
            Err(error) => {
                self.complain("what arrived could not be searched", &error);
                pending.overflow = true;
                return;
            }
        };
        let mut slot = self.view();
        let Some(view) = slot.as_mut().filter(|view| view.number == pending.view) else { return };
        for row in unsure {
            if match_now.binary_search(&row.row.id).is_ok() && view.arrived(row.row.id) {
                pending.added.push(row);
            }
        }
    }

    /// Whether deliveries that changed match now and did not before, or the other way round.
    async fn shows_others(&self, wanted: &Arc<Wanted>, pending: &Pending) -> bool {
        let expr = wanted.expr();
        let mut ids: Vec<i64> = if is_volatile(expr) { pending.changed.iter().copied().collect() } else { Vec::new() };
        if asks_for(expr, |field| *field == Field::Took) {
            ids.extend(&pending.answered);
        }
        if ids.is_empty() {
            return false;
        }
        let now = match self.common.store().search().which(wanted, ids.clone()).await {
            Ok(now) => now,
            Err(error) => {
                self.complain("what changed could not be searched", &error);
                return false;
            }
        };
        let slot = self.view();
        let Some(view) = slot.as_ref() else { return false };
        // What is older than what was found so far is still to come.
        let known = if view.exact { 0 } else { view.page(view.first(), 1).first().copied().unwrap_or(i64::MAX) };
        ids.iter().any(|id| *id >= known && now.binary_search(id).is_ok() != view.ordinal(*id).is_some())
    }

    async fn count(&self, rate: &mut Rate, counting: &mut Counting) {
        let per_minute = rate.per_minute();
        let turned_away = self.tally.snapshot().turned_away;
        let known = *self.counts.borrow();
        let moved = (known.per_minute, known.turned_away) != (per_minute, turned_away);
        if !moved && !counting.is_due() {
            return;
        }
        let counts = self.current_counts(per_minute).await;
        if self.counts.send_if_modified(|known| std::mem::replace(known, counts) != counts) {
            self.common.tell(Live::Counts { counts });
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at.into()).await;
    }
}

/// Whether the counts in the history have to be read again.
#[derive(Default)]
struct Counting {
    /// Something was changed since they were read.
    heard: bool,
    /// Ticks in which they are read all the same: what is deleted leaves the file for a while after it was told.
    left: u32,
    /// Ticks since they were read.
    ticks: u32,
}

impl Counting {
    /// Nothing is announced of a deletion by another process, so they are read now and then all the same.
    fn is_due(&mut self) -> bool {
        if std::mem::take(&mut self.heard) {
            self.left = COUNTED_AFTER;
        }
        self.ticks += 1;
        let due = self.left > 0 || self.ticks >= COUNTED_ANYWAY;
        self.left = self.left.saturating_sub(1);
        if due {
            self.ticks = 0;
        }
        due
    }
}

/// What waits for the next frame.
#[derive(Default)]
struct Pending {
    view: u32,
    added: Vec<Arc<store::Arrived>>,
    /// Arrived, and may match.
    unsure: Vec<Arc<store::Arrived>>,
    changed: BTreeSet<i64>,
    answered: BTreeSet<i64>,
    events: BTreeSet<i64>,
    removed: bool,
    total: bool,
    overflow: bool,
}

impl Pending {
    /// Drops the rows of any other view: they are of no use to this one.
    fn belong_to(&mut self, view: u32) {
        if self.view != view {
            self.view = view;
            self.added.clear();
            self.unsure.clear();
            self.removed = false;
        }
    }

    fn is_empty(&self) -> bool {
        let rows =
            self.added.is_empty() && self.unsure.is_empty() && self.changed.is_empty() && self.answered.is_empty();
        rows && self.events.is_empty() && !self.total && !self.removed && !self.overflow
    }

    fn changed(&mut self, ids: impl Iterator<Item = i64>) {
        self.overflow |= add(&mut self.changed, ids);
    }

    fn answered(&mut self, ids: impl Iterator<Item = i64>) {
        self.overflow |= add(&mut self.answered, ids);
    }
}

/// True if there are too many.
fn push(rows: &mut Vec<Arc<store::Arrived>>, row: &Arc<store::Arrived>) -> bool {
    let room = rows.len() < OVERFLOW;
    if room {
        rows.push(Arc::clone(row));
    }
    !room
}

/// True if there were too many.
fn add(to: &mut BTreeSet<i64>, ids: impl Iterator<Item = i64>) -> bool {
    for id in ids {
        if to.len() >= OVERFLOW {
            return true;
        }
        to.insert(id);
    }
    false
}

/// What becomes of a delivery that is sent on.
fn is_sent_on(field: &Field) -> bool {
    matches!(field, Field::Replayed | Field::Forwarded)
}

/// Whether a delivery may match at one time and not at another.
fn is_volatile(expr: &Expr) -> bool {
    asks_for(expr, |field| {
        !matches!(
            field,
            Field::Text
                | Field::Type
                | Field::Job
                | Field::Meta(_)
                | Field::Header(_)
                | Field::Body(_)
                | Field::Path
                | Field::Ip
                | Field::Size
                | Field::Since
                | Field::Until
                | Field::At
                | Field::Id
                | Field::Imported
        )
    })
}

fn asks_for(expr: &Expr, wanted: impl Fn(&Field) -> bool) -> bool {
    expr.terms().iter().any(|term| wanted(&term.field))
}

/// Deliveries in the last minute, by second.
#[derive(Default)]
struct Rate {
    seconds: VecDeque<(Instant, u64)>,
}

impl Rate {
    fn add(&mut self, count: u64) {
        let now = Instant::now();
        match self.seconds.back_mut() {
            Some((second, counted)) if now.duration_since(*second) < Duration::from_secs(1) => *counted += count,
            _ => self.seconds.push_back((now, count)),
        }
    }

    fn per_minute(&mut self) -> u64 {
        while self.seconds.front().is_some_and(|(second, _)| second.elapsed() > MINUTE) {
            self.seconds.pop_front();
        }
        self.seconds.iter().map(|(_, count)| count).sum()
    }
}
