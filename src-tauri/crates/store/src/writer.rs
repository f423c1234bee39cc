//! The only thread that writes: drains the queue, commits many deliveries at once, and answers after COMMIT.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::broadcast;

use crate::checkpointer::Checkpointer;
use crate::complaints::Complaints;
use crate::events::Events;
use crate::health::Mark;
use crate::job::{Answered, Changes, Job, Pending, Work};
use crate::phrases::Phrases;
use crate::placing::{Placed, Statements};
use crate::replies::Replies;
use crate::retention::Keeper;
use crate::search::OwnRevisions;
use crate::signers::Signers;
use crate::space::Reserve;
use crate::table::share::Shares;
use crate::table::{imported, phrase, project, signed, tally};
use crate::{Change, Error, InsertError, Options};

/// Answers are written this long after the first of them, unless a delivery comes along to be written with.
const ANSWERED_AFTER: Duration = Duration::from_millis(100);
/// After this long without deliveries, the log is copied into the database.
const IDLE: Duration = Duration::from_secs(1);
/// The number of pages in the log at which it is copied into the database: 64 MiB.
const LOG_PAGES: i32 = 8192;
/// Steps of a pass over the index of events in one transaction, for each delivery in it, and at least and at most: a
/// pass has three for each of 65,536 events, and must end before as many new ones have arrived.
const INDEXED_EACH: usize = 8;
const INDEXED_LEAST: usize = 256;
const INDEXED_MOST: usize = 4096;

thread_local! {
    /// Pages in the log after this connection's latest commit.
    static LOGGED: Cell<i32> = const { Cell::new(0) };
}

pub(crate) struct Writer {
    conn: Connection,
    queue: Receiver<Job>,
    options: Options,
    phrases: Arc<Phrases>,
    answered: Arc<Answered>,
    changes: broadcast::Sender<Change>,
    announced: Arc<AtomicUsize>,
    projects: HashSet<i64>,
    events: Events,
    signers: Signers,
    checkpointer: Checkpointer,
    keeper: Keeper,
    mark: Mark,
    /// The newest delivery.
    last_id: i64,
    replies: Replies,
    reserve: Arc<Reserve>,
    complaints: Arc<Complaints>,
    revisions: OwnRevisions,
    /// A long read keeps the log from being copied: when to try again.
    checkpoint_at: Option<i32>,
    /// Bytes of the log's file that stay when the log begins anew; 0 until that was set.
    log_length: i64,
    /// When answers have to be written, even without a delivery.
    answer_by: Option<Instant>,
    /// When something was written last.
    worked: Instant,
}

/// What accompanies the writing.
pub(crate) struct Beside {
    pub(crate) mark: Mark,
    pub(crate) replies: Replies,
    pub(crate) reserve: Arc<Reserve>,
    pub(crate) complaints: Arc<Complaints>,
    pub(crate) checkpointer: Checkpointer,
    pub(crate) keeper: Keeper,
    pub(crate) revisions: OwnRevisions,
}

mod importing;
mod keeping;
mod telling;

type Waiting = Box<Pending>;
type Write = (Box<dyn Work>, Changes);
/// Constants that have just received a number.
type Learnt = Vec<(u64, String)>;

impl Writer {
    pub(crate) fn new(
        conn: Connection,
        queue: Receiver<Job>,
        options: Options,
        phrases: Arc<Phrases>,
        answered: Arc<Answered>,
        changes: broadcast::Sender<Change>,
        beside: Beside,
    ) -> Self {
        let Beside { mark, replies, reserve, complaints, checkpointer, keeper, revisions } = beside;
        let announced = Arc::new(AtomicUsize::new(0));
        let (projects, events, signers) = (HashSet::new(), Events::default(), Signers::default());
        Self {
            conn,
            queue,
            options,
            phrases,
            answered,
            changes,
            announced,
            projects,
            events,
            signers,
            checkpointer,
            keeper,
            mark,
            last_id: 0,
            replies,
            reserve,
            complaints,
            revisions,
            checkpoint_at: None,
            log_length: 0,
            answer_by: None,
            worked: Instant::now(),
        }
    }

    /// Runs until [`Job::Close`], or until every handle is gone.
    pub(crate) fn run(mut self) {
        self.conn.wal_hook(Some(|_, pages| {
            LOGGED.set(pages);
            Ok(())
        }));
        self.last_id = tally::read(&self.conn).map_or(0, |tally| tally.last_id);
        self.mark.note(self.last_id);
        let mut open = true;
        while open {
            let due = self.events.is_indexing() || self.keeper.is_due(false);
            let quiet = match self.answer_by {
                _ if due => Some(Duration::ZERO),
                Some(by) => Some(by.saturating_duration_since(Instant::now())),
                None => (LOGGED.get() > 0).then(|| IDLE.saturating_sub(self.worked.elapsed())),
            };
            let first = match quiet {
                None => self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(quiet) => self.queue.recv_timeout(quiet),
            };
            match first {
                Ok(job) => {
                    open = self.round(job);
                    if self.keeper.is_due(true) {
                        self.keep(true);
                    }
                    // It may only have been nudged.
                    if LOGGED.get() > 0 && self.worked.elapsed() >= IDLE {
                        self.rest();
                    }
                }
                Err(RecvTimeoutError::Timeout) if self.answer_by.is_some_and(|by| by <= Instant::now()) => {
                    self.note_answered();
                }
                Err(RecvTimeoutError::Timeout) if self.events.is_indexing() => _ = self.index_some(INDEXED_MOST),
                Err(RecvTimeoutError::Timeout) if due => self.keep(false),
                Err(RecvTimeoutError::Timeout) if self.answer_by.is_some() => {}
                Err(RecvTimeoutError::Timeout) => self.rest(),
                Err(RecvTimeoutError::Disconnected) => open = false,
            }
            self.answer_by = match (self.answered.is_empty(), self.answer_by) {
                (true, _) => None,
                (false, Some(by)) => Some(by),
                (false, None) => Some(Instant::now() + ANSWERED_AFTER),
            };
        }
        while let Ok(job) = self.queue.try_recv() {
            self.round(job);
        }
        while !self.answered.is_empty() {
            self.note_answered();
        }
        self.index_events();
        while self.events.is_indexing() && self.index_some(usize::MAX) {}
        // Best effort: the next start does whatever is left undone here.
        self.checkpointer.end();
        let _ = self.conn.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
        let Self { conn, mark, last_id, .. } = self;
        drop(conn);
        mark.close(last_id);
    }

    /// One job and all that wait behind it, up to the limits of a transaction. False after [`Job::Close`].
    fn round(&mut self, first: Job) -> bool {
        let mut open = true;
        let (mut inserts, mut writes): (Vec<Waiting>, Vec<Write>) = Default::default();
        let mut imports = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Insert(pending) => {
                    bytes += pending.size;
                    inserts.push(pending);
                }
                Job::Import(batch) => imports.push(batch),
                Job::Write(work, changed) => writes.push((work, changed)),
                Job::Rebuild(reply) => {
                    let _ = reply.send(self.rebuild());
                }
                Job::Nudge => {}
                Job::Close => open = false,
            }
            let more = inserts.len() + writes.len() < self.options.batch
                && bytes < self.options.batch_bytes
                && imports.is_empty();
            next = if more { self.queue.try_recv().ok() } else { None };
        }
        if !inserts.is_empty() || !writes.is_empty() || !imports.is_empty() {
            self.worked = Instant::now();
        }
        if !inserts.is_empty() {
            self.commit(inserts);
            self.reserve.wrote(bytes as u64);
            self.keeper.wrote(bytes as u64);
        }
        if !writes.is_empty() {
            self.commit_writes(writes);
        }
        for batch in imports {
            self.import(*batch);
        }
        if self.events.count() >= self.options.index_after || self.events.bytes() >= self.options.index_after_bytes {
            self.index_events();
        }
        self.mark.note(self.last_id);
        // Everything was copied during the quiet time: there is nothing left to do.
        let copied = self.checkpointer.has_copied();
        if LOGGED.get() >= self.checkpoint_at.unwrap_or(self.keeper.log_pages(LOG_PAGES)) {
            if copied {
                self.checkpoint();
            } else {
                self.checkpointer.request();
            }
        }
        open
    }

    fn commit(&mut self, inserts: Vec<Waiting>) {
        let answered = self.take_answered();
        let (inserts, refused) = self.known_projects(inserts);
        for (pending, error) in refused {
            pending.done(Err((&error).into()));
        }
        match self.transaction(&inserts, &answered) {
            Ok((placed, learnt)) => {
                self.phrases.learn(learnt);
                self.tell(inserts, placed, &answered);
            }
            // One of them may be at fault, so each is tried alone; a disk that refuses one refuses all.
            Err(error) if inserts.len() > 1 && !is_storage(&error) => {
                for pending in inserts {
                    let one = vec![pending];
                    match self.transaction(&one, &[]) {
                        Ok((placed, learnt)) => {
                            self.phrases.learn(learnt);
                            self.tell(one, placed, &[]);
                        }
                        Err(error) => fail(one, error),
                    }
                }
            }
            Err(error) => fail(inserts, error),
        }
    }

    fn known_projects(&mut self, inserts: Vec<Waiting>) -> (Vec<Waiting>, Vec<(Waiting, Error)>) {
        let (mut known, mut refused) = (Vec::with_capacity(inserts.len()), Vec::new());
        for pending in inserts {
            let id = pending.delivery.project;
            if self.projects.contains(&id) {
                known.push(pending);
                continue;
            }
            match project::exists(&self.conn, id) {
                Ok(true) => {
                    self.projects.insert(id);
                    known.push(pending);
                }
                Ok(false) => refused.push((pending, Error::UnknownProject(id))),
                Err(error) => refused.push((pending, Error::Sqlite(error))),
            }
        }
        (known, refused)
    }

    /// All or nothing.
    fn transaction(&mut self, inserts: &[Waiting], answered: &[(i64, u64)]) -> rusqlite::Result<(Vec<Placed>, Learnt)> {
        match self.try_transaction(inserts, answered) {
            // The index may be at fault, and can wait. What was taken from memory is read again.
            Err(_) if self.events.has_changed_index() => {
                self.events = Events::default();
                self.keeper.wait();
                self.try_transaction(inserts, answered)
            }
            done => done,
        }
    }

    fn try_transaction(
        &mut self,
        inserts: &[Waiting],
        answered: &[(i64, u64)],
    ) -> rusqlite::Result<(Vec<Placed>, Learnt)> {
        let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut tally = tally::read(&transaction)?;
        self.events.begin(&transaction, &mut tally, self.options.index_after_bytes)?;
        self.signers.begin();
        let mut learnt = BTreeMap::new();
        for constant in inserts.iter().flat_map(|pending| &pending.verdict.unknown) {
            if !learnt.contains_key(constant) {
                learnt.insert(*constant, phrase::ensure(&transaction, constant)?);
            }
        }
        let mut placed = Vec::with_capacity(inserts.len());
        let mut shares = Shares::default();
        {
            let mut statements = Statements::new(&transaction)?;
            for pending in inserts {
                placed.push(statements.insert(
                    pending,
                    &mut tally,
                    &mut self.events,
                    &mut self.signers,
                    &mut shares,
                    &self.phrases,
                )?);
            }
            for (id, took_us) in answered {
                statements.answered.execute((id, signed(*took_us)))?;
            }
        }
        // Those of a file come alone, so their ids follow each other.
        let of_file = |pending: &&Waiting| pending.file.is_some();
        if let (Some(first), Some(last)) = (placed.first(), placed.last())
            && inserts.first().as_ref().is_some_and(of_file)
        {
            imported::add(&transaction, first.id, last.id)?;
        }
        self.signers.write(&transaction)?;
        shares.put(&transaction)?;
        let steps = (inserts.len() * INDEXED_EACH).clamp(INDEXED_LEAST, INDEXED_MOST);
        let indexed = self.events.go_on(&transaction, &mut tally, steps)?;
        tally::write(&transaction, tally)?;
        let revised = placed.iter().any(|placed| placed.attempt > 1);
        if revised {
            tally::revise(&transaction)?;
        }
        transaction.commit()?;
        self.revised(revised);
        self.events.commit(&tally);
        self.last_id = tally.last_id;
        if indexed {
            self.keeper.indexed();
        }
        self.signers.commit();
        let learnt = learnt.into_iter().map(|(constant, number)| (number, constant.to_owned())).collect();
        Ok((placed, learnt))
    }

    fn take_answered(&mut self) -> Vec<(i64, u64)> {
        self.answer_by = None;
        self.answered.take()
    }

    fn note_answered(&mut self) {
        let answered = self.take_answered();
        match self.transaction(&[], &answered) {
            Ok(_) => self.tell(Vec::new(), Vec::new(), &answered),
            Err(error) => self.complain("the times of answers were not recorded", error),
        }
    }

    /// Other writes share a transaction too; each is undone alone if it fails.
    fn commit_writes(&mut self, mut writes: Vec<Write>) {
        let failed = self.transaction_of_writes(&mut writes).err();
        // Announce first: a caller with an answer may rely on the announcement.
        if failed.is_none() {
            self.changed(writes.iter_mut().flat_map(|(_, changes)| changes.told.drain(..)).collect());
            for (_, changes) in &mut writes {
                self.removed(std::mem::take(&mut changes.removed));
                if changes.restored {
                    let _ = self.changes.send(Change::Restored);
                }
                if !changes.sent_on.is_empty() {
                    let _ = self.changes.send(Change::SentOn(std::mem::take(&mut changes.sent_on).into()));
                }
            }
        }
        for (work, _) in writes {
            work.finish(failed.as_ref());
        }
    }

    fn transaction_of_writes(&mut self, writes: &mut [Write]) -> rusqlite::Result<()> {
        let mut transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut revised = false;
        for (work, changes) in writes {
            let savepoint = transaction.savepoint()?;
            if work.run(&savepoint) {
                revised |= changes.revises;
                savepoint.commit()?;
            } else {
                *changes = Changes::default();
                savepoint.finish()?;
            }
        }
        if revised {
            tally::revise(&transaction)?;
        }
        transaction.commit()?;
        self.revised(revised);
        Ok(())
    }

    /// Counts what moved `tally.revision`, so that others know when another process did.
    fn revised(&self, revised: bool) {
        self.revisions.fetch_add(u64::from(revised), Ordering::Release);
    }

    fn complain(&self, what: &'static str, error: rusqlite::Error) {
        self.complaints.warn(what, Error::from(error).code(), &"", Instant::now());
    }
}

fn fail(inserts: Vec<Waiting>, error: rusqlite::Error) {
    let error = InsertError::from(&Error::Sqlite(error));
    for pending in inserts {
        pending.done(Err(error.clone()));
    }
}

fn is_storage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseCorrupt, DiskFull, ReadOnly, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | DatabaseBusy | DatabaseCorrupt | DiskFull | ReadOnly | SystemIoFailure)
    )
}
