//! Opens the view of a query, counts on in the background, and tells what is in it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use query::{Expr, Field, Query};
use store::{Explained, Rest, Wanted};

use super::feed::Feed;
use super::view::{PAGE, View};
use super::{History, query as reading, rows};
use crate::dto::{
    Histogram, HistogramBucket, Hit, Live, Nothing, Row, SearchExplained, ValueCount, ValueCounts, ViewOpened,
};
use crate::error::{Code, Error, Result};

/// Between two reports of a count that goes on.
const REPORTED: Duration = Duration::from_millis(100);
/// Matches to count without one part of a query.
const WITHOUT: usize = 1_000;
/// Most buckets, values and hits that are given out.
const BUCKETS: u32 = 400;
const VALUES: u32 = 200;
const HITS: usize = 200;
const NS_PER_MS: i64 = 1_000_000;

impl Feed {
    /// Opens the view of a query in place of the current one.
    pub(crate) async fn open(self: &Arc<Self>, text: &str) -> Result<ViewOpened> {
        let (started, clock) = (Instant::now(), reading::clock(self.common()));
        let query = Query::parse(text, &clock)?;
        let search = self.common().store().search();
        // From the first view on: a program that opens none has no use for it.
        if let Err(error) = search.begin() {
            self.complain("searches are slower than they could be", &error);
        }
        super::found::know_waiting(self.common(), &query.expr).await?;
        let number = self.next_number();
        let wanted = Arc::new(Wanted::new(query.expr, search.names().await?));
        *self.view() = Some(View::loading(number, Arc::clone(&wanted)));
        let found = search.find(&wanted, PAGE).await?;
        let exact = found.rest.is_none();
        let (page, first, matched, gone) = {
            let mut slot = self.view();
            let view = slot.as_mut().filter(|view| view.number == number).ok_or_else(replaced)?;
            view.loaded(found.ids, found.at_most, exact, found.explained);
            (view.newest(), view.first(), view.len(), view.gone())
        };
        let rows = self.load(&page, Some(&wanted)).await?;
        let total = self.common().store().counts().await?.total;
        let took_us = micros(started);
        let nothing = if exact && matched == 0 { self.nothing(&wanted, total).await? } else { None };
        if let Some(rest) = found.rest {
            let feed = Arc::clone(self);
            self.common().spawn(async move { feed.count_on(number, rest, gone, started, total).await });
        }
        let query = reading::read(text, &clock);
        let explained = explained(found.explained);
        Ok(ViewOpened { view: number, first, matched, exact, total, took_us, rows, query, nothing, explained })
    }

    /// Finds the older ones, and reports them as they come.
    async fn count_on(
        self: Arc<Self>,
        number: u32,
        rest: Rest,
        gone: Arc<std::sync::atomic::AtomicBool>,
        started: Instant,
        total: u64,
    ) {
        let feed = Arc::clone(&self);
        let ended = Arc::clone(&gone);
        let run = tokio::task::spawn_blocking(move || {
            let mut reported = Instant::now();
            rest.run(&ended, |ids, explained| {
                let mut slot = feed.view();
                let Some(view) = slot.as_mut().filter(|view| view.number == number) else { return false };
                view.found(ids, explained);
                if reported.elapsed() >= REPORTED {
                    reported = Instant::now();
                    let told = counted(view, started, None);
                    drop(slot);
                    feed.common().tell(told);
                }
                !feed.common().stop().is_cancelled()
            })
        });
        // A view that was closed meanwhile, or an engine that ends.
        let ends = gone.load(Ordering::Relaxed);
        match run.await {
            Ok(Ok(())) => {}
            Ok(Err(store::Error::Closed)) => return,
            Ok(Err(error)) if !ends => {
                self.complain("the search could not be finished", &error);
                return;
            }
            _ => return,
        }
        let nothing = {
            let mut slot = self.view();
            let Some(view) = slot.as_mut().filter(|view| view.number == number) else { return };
            view.counted();
            (view.len() == 0).then(|| Arc::clone(&view.wanted))
        };
        let nothing = match nothing {
            Some(wanted) => self.nothing(&wanted, total).await.unwrap_or_default(),
            None => None,
        };
        let told =
            self.view().as_ref().filter(|view| view.number == number).map(|view| counted(view, started, nothing));
        if let Some(told) = told {
            self.common().tell(told);
        }
    }

    /// The part of a query without which most would match. `None` if no single part is to blame.
    async fn nothing(&self, wanted: &Arc<Wanted>, total: u64) -> Result<Option<Nothing>> {
        let Expr::And(parts) = wanted.expr() else {
            let alone = |part: &Expr| Nothing { part: printed(part), without: total };
            return Ok((total > 0 && *wanted.expr() != Expr::Everything).then(|| alone(wanted.expr())));
        };
        let search = self.common().store().search();
        let names = search.names().await?;
        let mut best: Option<Nothing> = None;
        for (at, part) in parts.iter().enumerate() {
            let others = parts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, part)| part.clone());
            let without = Arc::new(Wanted::new(Expr::And(others.collect()).normal(), names.clone()));
            let found = search.find(&without, WITHOUT).await?;
            let count = found.ids.len() as u64;
            if count > best.as_ref().map_or(0, |best| best.without) {
                best = Some(Nothing { part: printed(part), without: count });
            }
        }
        Ok(best)
    }

    pub(crate) async fn page(&self, number: u32, start: u64, count: u32) -> Result<Vec<Row>> {
        let (ids, wanted) = {
            let slot = self.view();
            let view = slot.as_ref().filter(|view| view.number == number).ok_or_else(|| Error::not_found("view"))?;
            (view.page(start, (count as usize).min(PAGE)), Arc::clone(&view.wanted))
        };
        self.load(&ids, Some(&wanted)).await
    }

    pub(crate) fn find(&self, number: u32, id: i64) -> Option<u64> {
        self.view().as_ref().filter(|view| view.number == number)?.ordinal(id)
    }

    fn hits_of(&self, number: u32) -> Result<(Vec<i64>, bool)> {
        let slot = self.view();
        let view = slot.as_ref().filter(|view| view.number == number).ok_or_else(|| Error::not_found("view"))?;
        Ok((view.ids(), view.exact))
    }
}

impl History {
    /// The open view over time.
    pub async fn view_histogram(&self, view: u32, buckets: u32) -> Result<Histogram> {
        let (ids, exact) = self.feed.hits_of(view)?;
        let search = self.common.store().search().clone();
        let most = buckets.clamp(1, BUCKETS) as usize;
        let spans = tokio::task::spawn_blocking(move || search.spans(&ids, most)).await.unwrap_or_default();
        let bucket = |bin: &store::Bin| HistogramBucket {
            verified: bin.verified,
            old_secret: bin.old_secret,
            unbound: bin.unbound,
            rejected: bin.rejected,
            unchecked: bin.unchecked,
        };
        let (from_ms, step_ms) = (spans.from_ns / NS_PER_MS, spans.step_ns / NS_PER_MS);
        let buckets: Vec<HistogramBucket> = spans.bins.iter().map(bucket).collect();
        Ok(Histogram { from_ms, to_ms: from_ms + step_ms * buckets.len() as i64, step_ms, buckets, exact })
    }

    /// The most frequent values of a field in the open view; `field` as before the colon.
    pub async fn view_values(&self, view: u32, field: &str, limit: u32) -> Result<ValueCounts> {
        let (ids, exact) = self.feed.hits_of(view)?;
        let field: Field = query::field_named(field).ok_or_else(|| {
            let name: String = field.chars().take(80).collect();
            Error::new(Code::QueryInvalid, format!("There is no field {name:?}."))
        })?;
        let limit = limit.min(VALUES) as usize;
        let found = self.common.store().search().values(&field, Arc::new(ids), limit).await?;
        let values = found.values.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
        Ok(ValueCounts { values, counted: found.counted, exact: exact && found.exact })
    }

    /// Where a delivery has what a query searches for, at most 200 places.
    pub async fn hits(&self, id: i64, text: &str) -> Result<Vec<Hit>> {
        let query = Query::parse(text, &reading::clock(&self.common))?;
        let search = self.common.store().search();
        let wanted = Arc::new(Wanted::new(query.expr, store::Names::default()));
        Ok(search.hits(&wanted, id, HITS).await?.into_iter().map(rows::hit).collect())
    }
}

fn counted(view: &View, started: Instant, nothing: Option<Nothing>) -> Live {
    Live::Counted {
        view: view.number,
        first: view.first(),
        matched: view.len(),
        exact: view.exact,
        took_us: micros(started),
        explained: explained(view.explained),
        nothing,
    }
}

fn explained(explained: Explained) -> SearchExplained {
    SearchExplained { blocks_read: explained.blocks_read, blocks: explained.blocks }
}

fn printed(expr: &Expr) -> String {
    Query { expr: expr.clone() }.to_string()
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn replaced() -> Error {
    Error::new(Code::ViewReplaced, "Another view was opened meanwhile.")
}
