//! What would go if limits were set.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::limits::{AT_ARRIVAL, Limits, Waiting};
use super::slice::{self, HEADERS, cutoff};
use super::{keeper, sizes};
use crate::table::{share, tally, unsigned};
use crate::{Error, Store, open};

/// The most spans.
const SPANS: usize = 40;

/// What would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Deliveries that would go.
    pub deliveries: u64,
    /// Bytes of their headers and bodies.
    pub bytes: u64,
    /// When the last of them arrived, Unix nanoseconds.
    pub until_ns: Option<i64>,
    /// Deliveries before that one that stay, because they are pinned.
    pub pinned: u64,
    /// Deliveries before that one that stay, because they wait to be forwarded.
    pub waiting: u64,
    /// All deliveries, in spans of the same length.
    pub spans: Vec<Span>,
}

/// A span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Where it begins, Unix nanoseconds.
    pub from_ns: i64,
    /// Deliveries that would go.
    pub going: u64,
    /// Deliveries that would stay.
    pub staying: u64,
}

/// What limits would be set, and when.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    project: Option<i64>,
    limits: Limits,
    now_ms: i64,
    waiting: Vec<Waiting>,
}

impl Store {
    /// What would go at `now_ms` (Unix milliseconds) if these were the limits of a project, or of all together. Reads the
    /// narrow rows: a tenth of a second per million.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn preview(&self, project: Option<i64>, limits: Limits, now_ms: i64) -> Result<Preview, Error> {
        let asked = Asked { project, limits, now_ms, waiting: self.keeping().keep().waiting.clone() };
        let path = self.path().to_owned();
        self.read(move |conn, gone| {
            let aside = sizes::beside(&path) + keeper::log_room(asked.limits.max_bytes);
            preview(conn, &asked, aside, gone)
        })
        .await
    }
}

/// How much has to go.
struct ToGo {
    deliveries: u64,
    bytes: u64,
    /// Bytes that each delivery takes besides its headers and body.
    besides: u64,
    before_ns: Option<i64>,
}

impl ToGo {
    fn of(conn: &Connection, asked: &Asked, aside: u64) -> rusqlite::Result<Self> {
        let Asked { project, limits, now_ms, .. } = asked;
        let counts = tally::read(conn)?.counts;
        let (deliveries, bytes, besides) = match project {
            None => {
                let (pages, free) = keeper::pages(conn)?;
                let used = unsigned(pages - free) * open::PAGE as u64;
                (counts.total, used + aside, used.saturating_sub(counts.kept_bytes) / counts.total.max(1))
            }
            Some(project) => {
                let of_it = share::all(conn)?.into_iter().find(|(id, ..)| id == project);
                of_it.map_or((0, 0, 0), |(_, deliveries, bytes)| (deliveries, bytes, 0))
            }
        };
        let beyond = |most: Option<u64>, there: u64| most.map_or(0, |most| there.saturating_sub(most));
        Ok(Self {
            deliveries: beyond(limits.max_count, deliveries),
            bytes: beyond(limits.max_bytes, bytes),
            besides,
            before_ns: cutoff(limits, *now_ms),
        })
    }

    /// Whether the next one goes, too, after so many.
    fn takes(&self, gone: &Preview, received_ns: i64) -> bool {
        gone.deliveries < self.deliveries
            || gone.bytes + gone.deliveries * self.besides < self.bytes
            || self.before_ns.is_some_and(|before| received_ns < before)
    }
}

fn preview(conn: &Connection, asked: &Asked, aside: u64, gone: &AtomicBool) -> Result<Preview, Error> {
    let to_go = ToGo::of(conn, asked, aside)?;
    let mut found = Preview::default();
    let (mut pinned, mut waiting, mut ends) = (0, 0, false);
    let mut spans = Spans::default();
    let mut statement = conn.prepare_cached(&format!(
        "SELECT id, project, received_ns, pinned, coalesce(kept, body_len + ?2), {AT_ARRIVAL}
         FROM delivery WHERE deleted = 0 AND (?1 IS NULL OR project = ?1) ORDER BY id"
    ))?;
    let mut rows = statement.query((asked.project, crate::table::signed(HEADERS)))?;
    while let Some(row) = rows.next()? {
        if gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        let (id, project, received_ns): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let mut goes = false;
        if !ends {
            if row.get(3)? {
                pinned += 1;
            } else if slice::waits(conn, &asked.waiting, (project, id, row.get(5)?))? {
                waiting += 1;
            } else if to_go.takes(&found, received_ns) {
                goes = true;
                found.deliveries += 1;
                found.bytes += unsigned(row.get(4)?);
                found.until_ns = found.until_ns.max(Some(received_ns));
                (found.pinned, found.waiting) = (pinned, waiting);
            } else {
                ends = true;
            }
        }
        spans.add(received_ns, goes);
    }
    found.spans = spans.spread();
    Ok(found)
}

/// Counts by time without knowing where the time ends: by minutes at first.
#[derive(Default)]
struct Spans(HashMap<i64, (u64, u64)>);

const MINUTE_NS: i64 = 60_000_000_000;

impl Spans {
    fn add(&mut self, received_ns: i64, goes: bool) {
        let minute = self.0.entry(received_ns.div_euclid(MINUTE_NS)).or_default();
        if goes {
            minute.0 += 1;
        } else {
            minute.1 += 1;
        }
    }

    fn spread(&self) -> Vec<Span> {
        let (Some(first), Some(last)) = (self.0.keys().min(), self.0.keys().max()) else { return Vec::new() };
        let step = ((last - first) / SPANS as i64 + 1).max(1);
        let count = usize::try_from((last - first) / step + 1).unwrap_or(1);
        let start = |at: usize| first.saturating_add(step.saturating_mul(at as i64)).saturating_mul(MINUTE_NS);
        let mut spans: Vec<Span> = (0..count).map(|at| Span { from_ns: start(at), ..Span::default() }).collect();
        for (minute, (going, staying)) in &self.0 {
            let at = usize::try_from((minute - first) / step).unwrap_or(0);
            if let Some(span) = spans.get_mut(at) {
                span.going += going;
                span.staying += staying;
            }
        }
        spans
    }
}
