//! Decides what leaves the file next, and how much at a time, so that the writer never waits for long.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::limits::{Keep, Limits};
use super::slice::{self, Oldest, Removed, cutoff};
use super::{Keeping, rebuild, sizes};
use crate::space::Reserve;
use crate::table::{gone, share, tally};
use crate::{Error, open};

/// How long a slice may take while deliveries wait, and in a pause.
const BUSY: Duration = Duration::from_millis(12);
const PAUSE: Duration = Duration::from_millis(30);
/// After this long without deliveries, free pages are not kept for new ones; more than this part of all pages never is.
const QUIET: Duration = Duration::from_secs(1);
const MUCH: i64 = 8;
/// Nothing is tried again before this, after an error.
const AFTER_ERROR: Duration = Duration::from_secs(5);
/// The fewest and the most deliveries of a slice.
const FEWEST: u64 = 64;
const MOST: u64 = 8192;
/// While deliveries wait, slices come no more often than once in so many bytes written, and in this part of the limit.
const EVERY: u64 = 2 << 20;
const EVERY_PART: u64 = 64;
/// What is removed beyond a limit, so that the next slice is not due at once: this fraction of the limit.
const BEYOND: u64 = 128;
/// A slice may take twice the time where the history is this part too large, three times where it is twice that.
const URGENT: u64 = 50;
const MOST_URGENT: u64 = 8;
/// Pages given back to the disk in one slice.
const PAGES: i64 = 256;
/// Free pages are worth giving back from this many on: half a MiB.
const WORTH: i64 = 64;
/// What the write-ahead log may take of the limit: this fraction of it, within these bounds. Then it is copied.
const LOG_PART: u64 = 32;
const LEAST_LOG: u64 = 1 << 20;
const MOST_LOG: u64 = 64 << 20;
/// What is left to it of the limit, likewise.
const ROOM_PART: u64 = 8;
const MOST_ROOM: u64 = 192 << 20;

/// What there is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// Of a deletion whose time is over.
    Purge(i64),
    /// So many of the oldest.
    Oldest { project: Option<i64>, most: u64 },
    /// Those that are too old.
    TooOld { project: Option<i64>, before_ns: i64 },
    /// Ids of events that are gone.
    Forget,
    /// Free pages.
    GiveBack,
}

/// What a turn did, for the writer to announce.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Deliveries that are gone.
    pub(crate) removed: Vec<(i64, i64)>,
    /// The ids of events have to leave the index.
    pub(crate) forget: bool,
    /// Something was written.
    pub(crate) wrote: bool,
}

/// Owned by the writer, whose thread it runs on.
pub(crate) struct Keeper {
    path: PathBuf,
    keeping: Arc<Keeping>,
    reserve: Arc<Reserve>,
    conn: Option<Connection>,
    /// The turn that was looked at last, and what was found to do.
    looked_at: u64,
    due: bool,
    /// Bytes written since the last look, and after how many to look again.
    written: u64,
    every: u64,
    wrote_at: Option<Instant>,
    /// Everything before these ids stays: by project, `None` for all.
    from: BTreeMap<Option<i64>, i64>,
    /// Deliveries that a slice removes in a millisecond, as measured.
    pace: u64,
    /// How many times as long as usual a slice may take.
    urgency: u64,
    /// The size at which the disk became short; it must not grow beyond that.
    held_at: Option<u64>,
    /// Bytes of the files beside the history.
    beside: u64,
    /// Do not try again before this, after an error.
    not_before: Option<Instant>,
    /// Events whose ids are still in the index; `None` if they have to be counted.
    gone: Option<i64>,
}

impl Keeper {
    pub(crate) fn new(path: &Path, keeping: Arc<Keeping>, reserve: Arc<Reserve>) -> Self {
        Self {
            path: path.to_owned(),
            keeping,
            reserve,
            conn: None,
            looked_at: 0,
            due: false,
            written: 0,
            every: EVERY,
            wrote_at: None,
            from: BTreeMap::new(),
            pace: 50,
            urgency: 1,
            held_at: None,
            beside: 0,
            not_before: None,
            gone: None,
        }
    }

    /// So many bytes were committed.
    pub(crate) fn wrote(&mut self, bytes: u64) {
        self.written = self.written.saturating_add(bytes);
        self.wrote_at = Some(Instant::now());
    }

    /// Whether there is something to do now: `busy` while deliveries wait.
    pub(crate) fn is_due(&mut self, busy: bool) -> bool {
        if self.keeping.now_ms().is_none() || self.is_waiting() {
            return false;
        }
        let turned = self.keeping.turn() != self.looked_at;
        let written = self.written >= self.every;
        match busy {
            true => written && (self.due || turned || self.is_bounded()),
            false => self.due || turned || written,
        }
    }

    fn is_bounded(&self) -> bool {
        let keep = self.keeping.keep();
        keep.all.max_bytes.is_some()
            || keep.all.max_count.is_some()
            || self.reserve.is_pressing()
            || !keep.projects.is_empty()
    }

    /// The number of pages at which the log is copied into the file.
    pub(crate) fn log_pages(&self, usual: i32) -> i32 {
        let pages = log(self.keeping.keep().all.max_bytes) / open::PAGE as u64;
        i32::try_from(pages).unwrap_or(usual).min(usual)
    }

    /// Bytes that the file of the log keeps when the log begins anew.
    pub(crate) fn log_length(&self) -> i64 {
        let room = log_room(self.keeping.keep().all.max_bytes).min(MOST_LOG);
        i64::try_from(room).unwrap_or(i64::MAX)
    }

    /// Does a slice of what is to be done.
    pub(crate) fn turn(&mut self, busy: bool) -> Result<Turn, Error> {
        let done = self.try_turn(busy);
        self.not_before = done.is_err().then(|| Instant::now() + AFTER_ERROR);
        done
    }

    fn try_turn(&mut self, busy: bool) -> Result<Turn, Error> {
        let turn = self.keeping.turn();
        let turned = turn != self.looked_at;
        if turned {
            self.looked_at = turn;
            self.from.clear();
            self.beside = sizes::beside(&self.path);
            self.every = self.keeping.keep().all.max_bytes.map_or(EVERY, |limit| (limit / EVERY_PART).min(EVERY));
        }
        self.written = 0;
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => open::beside(&self.path)?,
        };
        let keep = self.keeping.keep();
        if turned {
            // Whoever begins the log anew cuts it off.
            conn.pragma_update(None, "journal_size_limit", self.log_length())?;
        }
        if turned {
            self.reserve.may_go(slice::any(&conn, i64::MIN, &keep.waiting)?);
        }
        let aim = self.aim(&conn, &keep, busy);
        let done = match aim {
            Ok(Some(aim)) => self.act(&mut conn, &keep, aim, busy).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.conn = Some(conn);
        let done = done?;
        self.due = done.is_some();
        Ok(done.unwrap_or_default())
    }

    /// Rebuilds the file, which gives pages back from then on.
    pub(crate) fn rebuild(&mut self, conn: &Connection) -> Result<(), Error> {
        self.conn = None;
        rebuild::run(conn, &self.path, &self.keeping)
    }

    fn aim(&mut self, conn: &Connection, keep: &Keep, busy: bool) -> Result<Option<Aim>, Error> {
        let Some(now_ms) = self.keeping.now_ms() else { return Ok(None) };
        let (pages, free) = pages(conn)?;
        let used = (pages - free).unsigned_abs() * open::PAGE as u64;
        // The log comes and goes: what it may take counts.
        let size = used + log_room(keep.all.max_bytes) + self.beside;
        self.urgency = 1;
        let counts = tally::read(conn)?.counts;
        if let Some(over) = self.over(keep, size) {
            self.urgency = 1 + over.saturating_mul(URGENT) / size.max(1);
            let each = (used / counts.total.max(1)).max(256);
            if let Some(aim) = self.some(conn, None, over / each + 1)? {
                return Ok(Some(aim));
            }
        }
        if let Some(over) = keep.all.max_count.and_then(|most| counts.total.checked_sub(most)).filter(|over| *over > 0)
            && let Some(aim) = self.some(conn, None, over)?
        {
            return Ok(Some(aim));
        }
        if let Some(aim) = self.too_old(conn, &keep.all, None, now_ms)? {
            return Ok(Some(aim));
        }
        if let Some(aim) = self.of_projects(conn, keep, now_ms)? {
            return Ok(Some(aim));
        }
        if let Some(number) = over_deletion(conn, now_ms)? {
            return Ok(Some(Aim::Purge(number)));
        }
        if self.gone(conn)? >= gone::AT_ONCE as i64 {
            return Ok(Some(Aim::Forget));
        }
        let gives_back = self.gives_back(keep, pages, free, busy) && is_incremental(conn)?;
        Ok(gives_back.then_some(Aim::GiveBack))
    }

    /// By how many bytes the history is too large; a little more than that, so that it does not come to it at once again.
    fn over(&mut self, keep: &Keep, size: u64) -> Option<u64> {
        let held = match (self.reserve.is_pressing(), self.held_at) {
            (false, _) => None,
            (true, Some(held)) => Some(held),
            (true, None) => Some(size),
        };
        self.held_at = held;
        let most = match (keep.all.max_bytes, held) {
            (Some(limit), Some(held)) => limit.min(held),
            (one, other) => one.or(other)?,
        };
        let over = size.checked_sub(most).filter(|over| *over > 0)?;
        Some(over + most / BEYOND)
    }

    /// Events whose ids are still in the index.
    fn gone(&mut self, conn: &Connection) -> Result<i64, Error> {
        match self.gone {
            Some(gone) => Ok(gone),
            None => Ok(*self.gone.insert(gone::count(conn)?)),
        }
    }

    /// Whether so many ids have to leave the index that it is worth it by itself: most of its pages are written anew.
    pub(crate) fn has_gone(&mut self, conn: &Connection) -> bool {
        self.gone(conn).is_ok_and(|gone| gone >= gone::AT_ONCE as i64 / 4)
    }

    /// Something else failed that would fail again at once.
    pub(crate) fn wait(&mut self) {
        self.not_before = Some(Instant::now() + AFTER_ERROR);
    }

    /// Whether nothing is tried yet, after an error.
    pub(crate) fn is_waiting(&self) -> bool {
        self.not_before.is_some_and(|then| Instant::now() < then)
    }

    /// Some left the index.
    pub(crate) fn indexed(&mut self) {
        self.gone = None;
    }

    fn from(&self, project: Option<i64>) -> i64 {
        self.from.get(&project).copied().unwrap_or(i64::MIN)
    }

    /// So many of the oldest, if any may go.
    fn some(&self, conn: &Connection, project: Option<i64>, most: u64) -> Result<Option<Aim>, Error> {
        let any = slice::first(conn, self.from(project), project)?.is_some();
        Ok(any.then_some(Aim::Oldest { project, most }))
    }

    fn too_old(
        &self,
        conn: &Connection,
        limits: &Limits,
        project: Option<i64>,
        now_ms: i64,
    ) -> Result<Option<Aim>, Error> {
        let Some(before_ns) = cutoff(limits, now_ms) else { return Ok(None) };
        let first = slice::first(conn, self.from(project), project)?;
        Ok(first.filter(|(_, at)| *at < before_ns).map(|_| Aim::TooOld { project, before_ns }))
    }

    fn of_projects(&self, conn: &Connection, keep: &Keep, now_ms: i64) -> Result<Option<Aim>, Error> {
        if keep.projects.is_empty() {
            return Ok(None);
        }
        for (project, deliveries, bytes) in share::all(conn)? {
            let Some(limits) = keep.projects.get(&project) else { continue };
            let each = (bytes / deliveries.max(1)).max(1);
            let count = limits.max_count.and_then(|most| deliveries.checked_sub(most)).unwrap_or(0);
            let size = limits.max_bytes.and_then(|most| bytes.checked_sub(most)).unwrap_or(0);
            let over = count.max(size.div_ceil(each));
            if over > 0
                && let Some(aim) = self.some(conn, Some(project), over)?
            {
                return Ok(Some(aim));
            }
            if let Some(aim) = self.too_old(conn, limits, Some(project), now_ms)? {
                return Ok(Some(aim));
            }
        }
        Ok(None)
    }

    /// In a quiet time all that is worth it, so that the space comes back; otherwise only where there is much of it, or
    /// the file is too large: new deliveries use free pages.
    fn gives_back(&self, keep: &Keep, pages: i64, free: i64, busy: bool) -> bool {
        let quiet = !busy && self.wrote_at.is_none_or(|at| at.elapsed() >= QUIET);
        let size = pages.unsigned_abs() * open::PAGE as u64;
        let most = keep.all.max_bytes.map(|most| (most + most / EVERY_PART).saturating_sub(log_room(Some(most))));
        let too_large = most.is_some_and(|most| size > most) || self.reserve.is_pressing();
        free > 0 && (too_large || (free >= WORTH && (quiet || (!busy && free > pages / MUCH))))
    }

    fn act(&mut self, conn: &mut Connection, keep: &Keep, aim: Aim, busy: bool) -> Result<Turn, Error> {
        let time = if busy { BUSY } else { PAUSE };
        let time = time.as_millis() as u64 * self.urgency.min(MOST_URGENT);
        let most = self.pace.saturating_mul(time).clamp(FEWEST, MOST);
        let started = Instant::now();
        let before_ns = if let Aim::TooOld { before_ns, .. } = aim { Some(before_ns) } else { None };
        let (project, removed) = match aim {
            Aim::Forget => return Ok(Turn { forget: true, ..Turn::default() }),
            Aim::GiveBack => {
                give_back(conn)?;
                return Ok(Turn { wrote: true, ..Turn::default() });
            }
            Aim::Purge(number) => (None, slice::deleted(conn, number, most)?),
            Aim::Oldest { project, most: asked } => {
                let (from, hidden) = (self.from(project), project.is_none() && self.reserve.is_pressing());
                let which = Oldest { project, from, most: asked.min(most), before_ns: None, hidden };
                (Some(project), slice::oldest(conn, which, &keep.waiting)?)
            }
            Aim::TooOld { project, before_ns } => {
                let from = self.from(project);
                let which = Oldest { project, from, most, before_ns: Some(before_ns), hidden: false };
                (Some(project), slice::oldest(conn, which, &keep.waiting)?)
            }
        };
        let Removed { ranges, deliveries, events, upto, exhausted } = removed;
        self.gone = self.gone.map(|gone| gone + events);
        if let Some(project) = project {
            let nothing = exhausted && deliveries == 0;
            self.from.insert(project, if nothing { i64::MAX } else { upto });
            if nothing && project.is_none() && before_ns.is_none() {
                self.reserve.may_go(false);
            }
        }
        self.measure(deliveries, started.elapsed());
        Ok(Turn { removed: ranges, wrote: true, ..Turn::default() })
    }

    /// Follows what a slice takes on this machine.
    fn measure(&mut self, deliveries: u64, took: Duration) {
        if deliveries >= FEWEST {
            let seen = deliveries.saturating_mul(1000) / (took.as_micros() as u64).max(1);
            self.pace = ((self.pace * 3 + seen) / 4).max(1);
        }
    }
}

/// Bytes of the write-ahead log at which it is copied under this limit.
fn log(limit: Option<u64>) -> u64 {
    limit.map_or(MOST_LOG, |limit| (limit / LOG_PART).clamp(LEAST_LOG, MOST_LOG))
}

/// Bytes of the limit that are left to the log: while it is copied, it grows on, and new ids of events in their index
/// take much of it at once.
pub(super) fn log_room(limit: Option<u64>) -> u64 {
    limit.map_or(MOST_ROOM, |limit| (limit / ROOM_PART).clamp(2 * LEAST_LOG, MOST_ROOM))
}

/// A deletion that cannot be taken back any more.
fn over_deletion(conn: &Connection, now_ms: i64) -> rusqlite::Result<Option<i64>> {
    use rusqlite::OptionalExtension;
    conn.prepare_cached("SELECT number FROM deletion WHERE until_ms <= ?1 ORDER BY number LIMIT 1")?
        .query_row([now_ms], |row| row.get(0))
        .optional()
}

/// Whether the file can give pages back. Another process may have rebuilt it: read something of it first.
pub(super) fn is_incremental(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("PRAGMA auto_vacuum", [], |row| row.get::<_, i64>(0)).map(|mode| mode == 2)
}

/// Pages of the file, and how many of them are free.
pub(super) fn pages(conn: &Connection) -> rusqlite::Result<(i64, i64)> {
    let number = |sql| conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    Ok((number("PRAGMA page_count")?, number("PRAGMA freelist_count")?))
}

/// Moves pages from the end of the file into free ones. The file shrinks when the log is copied into it.
fn give_back(conn: &Connection) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
