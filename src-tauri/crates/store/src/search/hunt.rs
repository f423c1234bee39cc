//! Finds what matches a query: the columns say which deliveries may, the signatures which blocks may, and what is left
//! is read, newest first, and decided by the one matcher.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;

use query::{Expr, Matcher};
use rusqlite::Connection;

use super::columns::{BLOCK, BLOCKS, CHUNK, Columns};
use super::facets::{Facets, Marks};
use super::names::Names;
use super::record::{Around, CONTENT, Content, Live, Stored};
use super::segment::{Blocks, SEGMENT};
use super::sent::Sent;
use super::shelf::{Needed, Signatures};
use crate::phrases::Phrases;
use crate::{Arrived, Error, Waiting, readers};

/// Blocks that a thread takes at once.
const TAKEN: usize = 64;
/// Threads that go on with a search.
const THREADS: usize = 2;
/// Blocks that are read before others help.
const ALONE: u64 = 48;

/// A query, ready to be asked of stored deliveries and of those that arrive.
#[derive(Debug)]
pub struct Wanted {
    pub(crate) expr: Expr,
    pub(crate) names: Names,
    matcher: Matcher,
}

impl Wanted {
    /// `names`: of projects and secrets, as the query may use them.
    #[must_use]
    pub fn new(expr: Expr, names: Names) -> Self {
        Self { matcher: Matcher::new(&expr), expr, names }
    }

    /// The condition.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Whether a delivery that has just been stored matches.
    #[must_use]
    pub fn matches(&self, arrived: &Arrived) -> bool {
        self.matcher.matches(&Live { arrived, names: &self.names })
    }
}

/// How a search was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// Blocks of 64 ids of which deliveries were read.
    pub blocks_read: u64,
    /// Blocks that there are.
    pub blocks: u64,
}

/// A block in which something may match.
#[derive(Clone, Copy)]
struct Candidate {
    /// Its smallest id.
    first: i64,
    marks: Marks,
}

/// A search under way.
pub(crate) struct Hunt {
    wanted: Arc<Wanted>,
    columns: Columns,
    signatures: Signatures,
    needed: Needed,
    phrases: Arc<Phrases>,
    waiting: Arc<[Waiting]>,
    path: PathBuf,
    /// Newest first.
    candidates: Vec<Candidate>,
    /// Those before this one are done with.
    next: usize,
    pub(crate) explained: Explained,
}

impl Hunt {
    pub(crate) fn new(
        wanted: Arc<Wanted>,
        columns: Columns,
        signatures: Signatures,
        sent: &Sent,
        phrases: Arc<Phrases>,
        path: &Path,
    ) -> Self {
        let facets = Facets::new(&wanted.expr, &columns, &wanted.names, sent);
        let needed = Needed::new(&wanted.expr.necessary());
        let (mut candidates, mut blocks) = (Vec::new(), 0);
        let (from, to) = columns.bounds();
        for number in (from..to).rev() {
            let Some(chunk) = columns.chunk(number) else { continue };
            for block in (0..BLOCKS as i64).rev() {
                let first = number * CHUNK + block * BLOCK;
                if first > columns.last_id {
                    continue;
                }
                blocks += 1;
                let marks = facets.of(chunk, first);
                if marks.possible != 0 {
                    candidates.push(Candidate { first, marks });
                }
            }
        }
        let explained = Explained { blocks_read: 0, blocks };
        Self {
            wanted,
            columns,
            signatures,
            needed,
            phrases,
            waiting: sent.waiting(),
            path: path.to_owned(),
            candidates,
            next: 0,
            explained,
        }
    }

    /// Only these deliveries, which ascend.
    pub(crate) fn only(&mut self, ids: &[i64]) {
        self.candidates.retain_mut(|candidate| {
            let from = ids.partition_point(|id| *id < candidate.first);
            let of_block = ids.get(from..).unwrap_or_default().iter().map(|id| id - candidate.first);
            let mask = of_block.take_while(|bit| *bit < BLOCK).fold(0_u64, |mask, bit| mask | 1 << bit);
            candidate.marks.yes &= mask;
            candidate.marks.possible &= mask;
            candidate.marks.possible != 0
        });
    }

    /// Only those with smaller ids.
    pub(crate) fn before(&mut self, id: i64) {
        self.candidates.retain_mut(|candidate| {
            let before = (id - candidate.first).clamp(0, BLOCK);
            let mask = if before == BLOCK { !0 } else { (1 << before) - 1 };
            candidate.marks.yes &= mask;
            candidate.marks.possible &= mask;
            candidate.marks.possible != 0
        });
    }

    /// How many may match, and whether just so many do.
    pub(crate) fn at_most(&self) -> (u64, bool) {
        let count =
            |of: fn(&Marks) -> u64| self.candidates.iter().map(|one| u64::from(of(&one.marks).count_ones())).sum();
        let possible: u64 = count(|marks| marks.possible);
        (possible, possible == count(|marks| marks.yes))
    }

    /// The newest that match, newest first: `limit` of them and a few more. All if it says so.
    pub(crate) fn newest(
        &mut self,
        conn: &Connection,
        limit: usize,
        gone: &AtomicBool,
    ) -> Result<(Vec<i64>, bool), Error> {
        let mut ids = Vec::new();
        let mut looker = Looker::new(self, conn)?;
        let mut at = self.next;
        while let Some(candidate) = self.candidates.get(at) {
            if ids.len() >= limit || looker.read >= ALONE {
                break;
            }
            if gone.load(Ordering::Relaxed) {
                return Err(Error::Closed);
            }
            looker.look(*candidate, &mut ids)?;
            at += 1;
        }
        let read = looker.read;
        drop(looker);
        self.explained.blocks_read += read;
        self.next = at;
        if ids.len() < limit && at < self.candidates.len() {
            let mut blocks_read = 0;
            let tell = |more: &[i64], read: u64| {
                ids.extend_from_slice(more);
                blocks_read = read;
                ids.len() < limit
            };
            let told = self.side_by_side(gone, tell)?;
            self.explained.blocks_read = blocks_read;
            self.next = (at + told * TAKEN).min(self.candidates.len());
            if ids.len() < limit && self.next < self.candidates.len() {
                return Err(Error::Closed);
            }
        }
        Ok((ids, self.next >= self.candidates.len()))
    }

    /// All the others, newest first, with readers of its own. `tell` gets them in order, a few at a time, with the
    /// blocks read so far, until it returns false.
    pub(crate) fn rest(&self, gone: &AtomicBool, tell: impl FnMut(&[i64], u64) -> bool) -> Result<(), Error> {
        let groups = self.left().len().div_ceil(TAKEN);
        if self.side_by_side(gone, tell)? < groups { Err(Error::Closed) } else { Ok(()) }
    }

    fn left(&self) -> &[Candidate] {
        self.candidates.get(self.next..).unwrap_or_default()
    }

    /// Looks into the blocks that are left, some at once. Returns how many groups of them were told: all, unless `tell`
    /// returned false or `gone` became true.
    fn side_by_side(&self, gone: &AtomicBool, mut tell: impl FnMut(&[i64], u64) -> bool) -> Result<usize, Error> {
        let left = self.left();
        let (taken, read, stop) =
            (AtomicUsize::new(0), AtomicU64::new(self.explained.blocks_read), AtomicBool::new(false));
        let groups = left.len().div_ceil(TAKEN);
        let (results, received) = mpsc::sync_channel::<(usize, Result<Vec<i64>, Error>)>(THREADS * 4);
        std::thread::scope(|scope| {
            for _ in 0..THREADS.min(groups) {
                let (results, taken, read, stop) = (results.clone(), &taken, &read, &stop);
                scope.spawn(move || {
                    let done = self.take_groups(
                        left,
                        taken,
                        read,
                        &|| stop.load(Ordering::Relaxed) || gone.load(Ordering::Relaxed),
                        &results,
                    );
                    if let Err(error) = done {
                        let _ = results.send((usize::MAX, Err(error)));
                    }
                });
            }
            drop(results);
            // They come out of order, and are told in order.
            let (mut next, mut early) = (0, std::collections::BTreeMap::new());
            let mut outcome = Ok(());
            let mut goes_on = true;
            while goes_on && let Ok((group, ids)) = received.recv() {
                match ids {
                    Ok(ids) => early.insert(group, ids),
                    Err(error) => {
                        outcome = Err(error);
                        break;
                    }
                };
                while goes_on && let Some(ids) = early.remove(&next) {
                    next += 1;
                    goes_on = tell(&ids, read.load(Ordering::Relaxed));
                }
            }
            stop.store(true, Ordering::Relaxed);
            // Whoever waits to hand over something goes on.
            drop(received);
            outcome.map(|()| next)
        })
    }

    fn take_groups(
        &self,
        left: &[Candidate],
        taken: &AtomicUsize,
        read: &AtomicU64,
        ends: &dyn Fn() -> bool,
        results: &mpsc::SyncSender<(usize, Result<Vec<i64>, Error>)>,
    ) -> Result<(), Error> {
        let conn = readers::open(&self.path)?;
        let mut looker = Looker::new(self, &conn)?;
        loop {
            let group = taken.fetch_add(1, Ordering::Relaxed);
            let Some(of_group) = left.chunks(TAKEN).nth(group) else { return Ok(()) };
            let mut ids = Vec::new();
            for candidate in of_group {
                if ends() {
                    return Ok(());
                }
                looker.look(*candidate, &mut ids)?;
            }
            read.fetch_add(std::mem::take(&mut looker.read), Ordering::Relaxed);
            if results.send((group, Ok(ids))).is_err() {
                return Ok(());
            }
        }
    }
}

/// Looks into blocks with one connection.
struct Looker<'a> {
    hunt: &'a Hunt,
    around: Around<'a>,
    statement: rusqlite::CachedStatement<'a>,
    /// The segment that was looked up last, and its blocks.
    segment: Option<(i64, Blocks)>,
    /// Blocks of which something was read.
    read: u64,
}

impl<'a> Looker<'a> {
    fn new(hunt: &'a Hunt, conn: &'a Connection) -> Result<Self, Error> {
        let sql = format!("SELECT id, {CONTENT} FROM delivery_content WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC");
        let statement = conn.prepare_cached(&sql)?;
        let around = Around {
            conn,
            columns: &hunt.columns,
            names: &hunt.wanted.names,
            phrases: &hunt.phrases,
            waiting: &hunt.waiting,
        };
        Ok(Self { hunt, around, statement, segment: None, read: 0 })
    }

    /// Adds those of a block that match, newest first.
    fn look(&mut self, candidate: Candidate, ids: &mut Vec<i64>) -> Result<(), Error> {
        let Candidate { first, marks } = candidate;
        if !self.may_have(first) {
            return Ok(());
        }
        let mut yes = marks.yes;
        let open = marks.possible & !marks.yes;
        if open != 0 {
            self.read += 1;
            yes |= self.check(first, open)?;
        }
        while yes != 0 {
            let bit = i64::from(63 - yes.leading_zeros());
            ids.push(first + bit);
            yes &= !(1 << bit);
        }
        Ok(())
    }

    fn may_have(&mut self, first: i64) -> bool {
        let segment = first.div_euclid(SEGMENT);
        if self.segment.as_ref().is_none_or(|(number, _)| *number != segment) {
            self.segment = Some((segment, self.hunt.signatures.may_have(segment, &self.hunt.needed)));
        }
        let block = ((first - segment * SEGMENT) / BLOCK) as usize;
        self.segment.as_ref().is_none_or(|(_, blocks)| blocks[block / 64] >> (block % 64) & 1 == 1)
    }

    /// Reads those of a block that are marked, and marks those that match.
    fn check(&mut self, first: i64, open: u64) -> Result<u64, Error> {
        let (lowest, highest) = (i64::from(open.trailing_zeros()), i64::from(63 - open.leading_zeros()));
        let Some(chunk) = self.hunt.columns.chunk(first.div_euclid(CHUNK)) else { return Ok(0) };
        let mut found = 0;
        let mut rows = self.statement.query((first + lowest, first + highest))?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let bit = id - first;
            if open >> bit & 1 == 0 {
                continue;
            }
            let at = id.rem_euclid(CHUNK) as usize;
            let stored = Stored::new(self.around, chunk, at, id, Content::take(row, 1)?);
            let matches = self.hunt.wanted.matcher.matches(&stored);
            if let Some(error) = stored.failed() {
                return Err(error);
            }
            found |= u64::from(matches) << bit;
        }
        Ok(found)
    }
}
