//! Counts of a stretch of time, hour by hour, from the columns alone: what the overview shows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use query::Judged;
use rusqlite::Connection;

use super::Search;
use super::columns::{CHUNK, Chunk, Columns, Plane, UNKNOWN};
use super::dictionary::NONE;
use super::values::{Bin, judged};
use crate::Error;

/// Of so many deliveries the median time of the answer is taken, the newest.
const TIMED: usize = 200;

/// Deliveries of a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Between each two edges, the oldest first.
    pub hours: Vec<Bin>,
    /// How many of them came from a file.
    pub imported: u64,
    /// Why they were not verified, the most frequent first.
    pub causes: Vec<DayCause>,
    /// By project, the one with the most first.
    pub projects: Vec<DayShare>,
    /// The median time of the answer of the newest 200, in µs; `None` where none is known.
    pub took_us: Option<u32>,
}

/// Deliveries that were not verified for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCause {
    /// The verdict that they have in common.
    pub judged: Judged,
    /// The reason's code; empty where it has too many different ones.
    pub reason: String,
    /// How many.
    pub deliveries: u64,
    /// When the last of them arrived, Unix nanoseconds.
    pub last_ns: i64,
    /// The last of them.
    pub last: i64,
}

/// Deliveries of one project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayShare {
    /// The project.
    pub project: i64,
    /// How many.
    pub deliveries: u64,
    /// How many of them were rejected.
    pub rejected: u64,
    /// How many of the newest that arrived were rejected, without one in between that was not.
    pub rejected_in_a_row: u64,
}

/// What may be counted of one history.
struct Counting<'a> {
    columns: &'a Columns,
    project: Option<i64>,
    gone: &'a AtomicBool,
}

/// How many of a cause, and the last of them.
#[derive(Clone, Copy, Default)]
struct Tally {
    deliveries: u64,
    last_ns: i64,
    last: i64,
}

/// A project's share while it is counted.
#[derive(Default)]
struct Open {
    share: DayShare,
    /// One came that was not rejected.
    broken: bool,
}

impl Search {
    /// Deliveries that arrived between edges (Unix nanoseconds, ascending), of one project or of all.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn day(&self, project: Option<i64>, edges_ns: Vec<i64>) -> Result<Day, Error> {
        let inner = Arc::clone(&self.0);
        let read = move |conn: &Connection, gone: &AtomicBool| {
            let columns = inner.known.catch_up(conn, gone)?;
            Counting { columns: &columns, project, gone }.day(&edges_ns)
        };
        self.0.parts.readers.read(read).await
    }

    /// How many arrived between the edges of each of several days, and since when (Unix nanoseconds) nothing has left
    /// the history for its age or size; `None` where there is nothing.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn arrivals(
        &self,
        project: Option<i64>,
        days_ns: Vec<Vec<i64>>,
    ) -> Result<(Vec<Vec<u64>>, Option<i64>), Error> {
        let inner = Arc::clone(&self.0);
        let read = move |conn: &Connection, gone: &AtomicBool| {
            let columns = inner.known.catch_up(conn, gone)?;
            let counting = Counting { columns: &columns, project, gone };
            let mut counts = Vec::with_capacity(days_ns.len());
            for edges in &days_ns {
                let hours = counting.day(edges)?.hours;
                counts.push(hours.iter().map(Bin::total).collect());
            }
            Ok((counts, counting.oldest_ns()))
        };
        self.0.parts.readers.read(read).await
    }
}

impl Counting<'_> {
    fn is_wanted(chunk: &Chunk, at: usize, code: Option<u16>) -> bool {
        chunk.has(at, Plane::Present) && code.is_none_or(|code| chunk.project[at] == code)
    }

    /// The number of the project in the columns; `Err` if it has no deliveries.
    fn code(&self) -> Result<Option<u16>, ()> {
        match self.project {
            None => Ok(None),
            Some(project) => self.columns.projects.number(&project).map(Some).ok_or(()),
        }
    }

    fn day(&self, edges: &[i64]) -> Result<Day, Error> {
        let mut day = Day { hours: vec![Bin::default(); edges.len().saturating_sub(1)], ..Day::default() };
        let (Some(from), Some(to), Ok(code)) = (edges.first().copied(), edges.last().copied(), self.code()) else {
            return Ok(day);
        };
        let mut causes: HashMap<(Judged, u16), Tally> = HashMap::new();
        let mut projects: HashMap<u16, Open> = HashMap::new();
        let mut times = Vec::new();
        let (first, end) = self.columns.bounds();
        for number in (first..end).rev() {
            let Some(chunk) = self.columns.chunk(number) else { continue };
            let (least, most) = chunk.span();
            if most < from || least >= to {
                continue;
            }
            if self.gone.load(Ordering::Relaxed) {
                return Err(Error::Closed);
            }
            // The newest first: they decide how a row of rejections ends.
            for at in (0..CHUNK as usize).rev() {
                let received = chunk.received_ns[at];
                if received < from || received >= to || !Self::is_wanted(chunk, at, code) {
                    continue;
                }
                let judged = judged(chunk, at);
                let hour = edges.partition_point(|edge| *edge <= received).saturating_sub(1);
                if let Some(bin) = day.hours.get_mut(hour) {
                    bin.add(judged);
                }
                let imported = chunk.has(at, Plane::Imported);
                day.imported += u64::from(imported);
                if matches!(judged, Judged::Rejected | Judged::Unchecked | Judged::Unbound) {
                    let tally = causes.entry((judged, chunk.reason[at])).or_default();
                    if tally.deliveries == 0 || received > tally.last_ns {
                        (tally.last_ns, tally.last) = (received, number * CHUNK + at as i64);
                    }
                    tally.deliveries += 1;
                }
                projects.entry(chunk.project[at]).or_default().count(judged, imported);
                if !imported && times.len() < TIMED && chunk.took_us[at] < UNKNOWN {
                    times.push(chunk.took_us[at]);
                }
            }
        }
        times.sort_unstable();
        day.took_us = times.get(times.len() / 2).copied();
        day.causes = self.causes(causes);
        day.projects = self.shares(projects);
        Ok(day)
    }

    fn causes(&self, counted: HashMap<(Judged, u16), Tally>) -> Vec<DayCause> {
        let cause = |((judged, code), tally): ((Judged, u16), Tally)| DayCause {
            judged,
            reason: self.columns.reasons.value(code).map(ToString::to_string).unwrap_or_default(),
            deliveries: tally.deliveries,
            last_ns: tally.last_ns,
            last: tally.last,
        };
        let mut causes: Vec<DayCause> = counted.into_iter().map(cause).collect();
        causes.sort_by(|a, b| b.deliveries.cmp(&a.deliveries).then_with(|| b.last.cmp(&a.last)));
        causes
    }

    fn shares(&self, counted: HashMap<u16, Open>) -> Vec<DayShare> {
        let known = counted.into_iter().filter(|(code, _)| *code != NONE);
        let mut shares: Vec<DayShare> = known
            .filter_map(|(code, open)| {
                let project = *self.columns.projects.value(code)?;
                Some(DayShare { project, ..open.share })
            })
            .collect();
        shares.sort_by(|a, b| b.deliveries.cmp(&a.deliveries).then_with(|| a.project.cmp(&b.project)));
        shares
    }

    /// When the oldest arrived that no pin kept and no file brought.
    fn oldest_ns(&self) -> Option<i64> {
        let code = self.code().ok()?;
        let (first, end) = self.columns.bounds();
        (first..end).filter_map(|number| self.columns.chunk(number)).find_map(|chunk| {
            let kept = |at: &usize| chunk.has(*at, Plane::Pinned) || chunk.has(*at, Plane::Imported);
            (0..CHUNK as usize)
                .find(|at| Self::is_wanted(chunk, *at, code) && !kept(at))
                .map(|at| chunk.received_ns[at])
        })
    }
}

impl Open {
    /// One more, and older than those before it.
    fn count(&mut self, judged: Judged, imported: bool) {
        let rejected = judged == Judged::Rejected;
        self.share.deliveries += 1;
        self.share.rejected += u64::from(rejected);
        // What a file brought has not just arrived.
        if !imported {
            self.broken |= !rejected;
            self.share.rejected_in_a_row += u64::from(!self.broken);
        }
    }
}
