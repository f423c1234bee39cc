//! Keeps the facets up to date: filled from the tables, then told by each commit, and read again where that does not do.
//!
//! A search brings them up to its own snapshot ([`Known::catch_up`]), so nothing depends on news that come late or not
//! at all. Another process may write to the same file: what it stores is found by the ids that are new, what it changes
//! by `tally.revision`, which then has moved without us.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use super::columns::{Columns, Facets, Plane};
use super::fill::{self, Flags, ManyAttempts};
use crate::table::tally;
use crate::{Arrived, Change, Error};

/// Rows that may have to be read again; beyond, all are.
const DIRTY: usize = 1 << 16;

/// Between two looks whether a search that waits for its turn is still wanted.
const PATIENCE: Duration = Duration::from_millis(20);

/// Revisions that this process has committed.
pub(crate) type OwnRevisions = Arc<AtomicU64>;

pub(crate) struct Known {
    /// News of what is committed; `None` until somebody follows them.
    news: Mutex<Option<Receiver<Change>>>,
    state: Mutex<State>,
    /// Held by whoever reads from the tables.
    turn: Mutex<()>,
    own: OwnRevisions,
}

#[derive(Default)]
struct State {
    columns: Columns,
    many: ManyAttempts,
    /// The columns have been filled.
    ready: bool,
    /// Something was not heard of: only reading all rows helps.
    stale: bool,
    /// Rows that are not what the columns say.
    dirty: HashSet<i64>,
    /// Events with another attempt, of which the rows of the earlier ones do not know.
    again: HashSet<i64>,
    /// Somebody reads all rows: what changes meanwhile may not be in what it reads.
    reading: bool,
    /// Ranges that were removed meanwhile.
    removed: Vec<(i64, i64)>,
    /// `tally.revision`, and our own revisions, of which the columns know.
    revision: i64,
    own: u64,
}

impl State {
    fn touch(&mut self, id: i64) {
        if self.dirty.len() < DIRTY {
            self.dirty.insert(id);
        } else {
            self.stale = true;
        }
    }

    fn hear(&mut self, change: &Change) {
        match change {
            Change::Inserted(arrived) => self.insert(arrived),
            Change::Answered(answered) => {
                for (id, took_us) in answered.iter() {
                    if self.reading {
                        self.touch(*id);
                    }
                    let took_us = fill::took(Some(*took_us));
                    self.columns.change(*id, |chunk, at| chunk.took_us[at] = took_us);
                }
            }
            Change::Changed(ids) => ids.iter().for_each(|id| self.touch(*id)),
            Change::Removed(ranges) => {
                for (from, to) in ranges.iter() {
                    self.columns.remove(*from, *to);
                    if self.reading {
                        self.removed.push((*from, *to));
                    }
                }
            }
            Change::Restored => self.stale = true,
            // What was stored is found by its ids; what was sent on is read when it is asked for.
            Change::Resync | Change::SentOn(_) => {}
        }
    }

    fn insert(&mut self, arrived: &Arrived) {
        let row = &arrived.row;
        if !self.ready || row.id != self.columns.last_id + 1 {
            // Another process stored some in between, or they were not announced: they are read together.
            return;
        }
        if let Some(event) = row.event.filter(|_| row.attempts > 1) {
            self.again.insert(event);
            self.stale |= self.again.len() > DIRTY;
        }
        let columns = &mut self.columns;
        let facets = Facets {
            received_ns: row.received_ns,
            size: fill::size(row.body_len),
            took_us: fill::took(row.took_us),
            project: Columns::number(&mut columns.projects, Some(row.project)),
            kind: Columns::text(&mut columns.kinds, row.event_type.as_deref()),
            reason: Columns::text(&mut columns.reasons, Some(&row.reason)),
            signer: Columns::text(&mut columns.signers, arrived.signer()),
            status: row.status,
            attempts: fill::attempts(row.attempts.into()),
            bits: Flags::of(row).bits() | if row.note.is_some() { Plane::Noted.bit() } else { 0 },
        };
        columns.put(row.id, facets);
    }
}

impl Known {
    pub(crate) fn new(own: OwnRevisions) -> Self {
        Self { news: Mutex::default(), state: Mutex::default(), turn: Mutex::new(()), own }
    }

    /// From now on, takes these news. [`Known::listen`] must be called often enough that none are lost.
    pub(crate) fn follow(&self, news: Receiver<Change>) {
        let mut slot = self.news.lock();
        // Whatever happened before was not heard of.
        self.state.lock().stale = true;
        *slot = Some(news);
    }

    /// Takes what was told. False if there was nothing; `None` once nothing more can come.
    pub(crate) fn listen(&self) -> Option<bool> {
        let mut slot = self.news.lock();
        let Some(news) = &mut *slot else { return Some(false) };
        let mut heard = false;
        loop {
            match news.try_recv() {
                Ok(change) => self.state.lock().hear(&change),
                Err(TryRecvError::Lagged(_)) => self.state.lock().stale = true,
                Err(TryRecvError::Empty) => return Some(heard),
                Err(TryRecvError::Closed) => return None,
            }
            heard = true;
        }
    }

    /// About how many rows are to be read, for those who have time; 1 where all have to be.
    pub(crate) fn behind(&self, last_id: i64) -> i64 {
        let state = self.state.lock();
        match state.ready && !state.stale {
            true => (last_id - state.columns.last_id).max(0) + (state.dirty.len() + state.again.len()) as i64,
            false => 1,
        }
    }

    /// The columns as they are, if they were filled once.
    pub(crate) fn columns(&self) -> Option<Columns> {
        self.listen();
        let state = self.state.lock();
        state.ready.then(|| state.columns.clone())
    }

    /// Brings the columns up to the snapshot of `conn`, which must not have read anything yet, and returns them.
    pub(crate) fn catch_up(&self, conn: &Connection, gone: &AtomicBool) -> Result<Columns, Error> {
        let _turn = loop {
            // Filling takes long, and who waits for it may no longer want it.
            match self.turn.try_lock_for(PATIENCE) {
                Some(turn) => break turn,
                None if gone.load(Ordering::Relaxed) => return Err(Error::Closed),
                None => {}
            }
        };
        self.listen();
        let before = self.own.load(Ordering::Acquire);
        let last_id = tally::read(conn)?.last_id;
        let revision = tally::revision(conn)?;
        let settled = before == self.own.load(Ordering::Acquire);
        let follows = self.news.lock().is_some();
        let mut state = self.state.lock();
        let moved = revision - state.revision;
        let foreign = settled && self.is_foreign(moved, state.own);
        let restored = state.columns.last_id > last_id && self.own.load(Ordering::Acquire) == before && !follows;
        if !state.ready || state.stale || foreign || restored || (!follows && moved != 0) {
            state.reading = true;
            state.stale = false;
            state.dirty.clear();
            state.again.clear();
            state.removed.clear();
            drop(state);
            let filled = fill::all(conn, last_id, gone);
            let mut state = self.state.lock();
            state.reading = false;
            let (columns, many) = filled.inspect_err(|_| state.stale = true)?;
            (state.columns, state.many, state.ready) = (columns, many, true);
            (state.revision, state.own) = (revision, before);
            for (from, to) in std::mem::take(&mut state.removed) {
                state.columns.remove(from, to);
            }
            return Ok(state.columns.clone());
        }
        if settled {
            (state.revision, state.own) = (revision, before);
        }
        // Held meanwhile: few rows are read, and who is told of news can wait for a moment.
        read_few(conn, &mut state, last_id).inspect_err(|_| state.stale = true)?;
        Ok(state.columns.clone())
    }

    /// Whether the revision moved by other than our own commits.
    fn is_foreign(&self, moved: i64, own: u64) -> bool {
        let is = || i64::try_from(self.own.load(Ordering::Acquire) - own) != Ok(moved);
        is() && {
            // Our own are counted just after they are committed.
            std::thread::sleep(Duration::from_millis(2));
            is()
        }
    }
}

fn read_few(conn: &Connection, state: &mut State, last_id: i64) -> Result<(), Error> {
    let State { columns, many, dirty, again, .. } = state;
    let known = columns.last_id;
    for id in std::mem::take(dirty) {
        if id <= known {
            columns.remove(id, id);
            fill::few(conn, columns, many, id - 1, id)?;
        }
    }
    for event in std::mem::take(again) {
        fill::attempts_of(conn, columns, many, event)?;
    }
    if known < last_id {
        fill::few(conn, columns, many, known, last_id)?;
        columns.last_id = columns.last_id.max(last_id);
    }
    Ok(())
}
