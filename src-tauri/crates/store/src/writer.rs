//! The one thread that writes: drains the queue, commits many deliveries at once, and answers after COMMIT.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{CachedStatement, Connection, TransactionBehavior, params};
use signature::{Outcome, Verdict};
use tokio::sync::{broadcast, oneshot};

use crate::delivery::Held;
use crate::phrases::Phrases;
use crate::table::delivery::{grace_until, warnings};
use crate::table::tally::Tally;
use crate::table::{content, delivery, event, phrase, project, signed, tally};
use crate::verdict_blob::{self, Encoded, outcome_number, scheme_number};
use crate::{Arrived, Change, Error, InsertError, Inserted, NewDelivery, Options, Row, duplicate, encode};

/// What was answered is written this long after the first of it, where no delivery comes by to be written with.
const ANSWERED_AFTER: Duration = Duration::from_millis(100);
/// Answers noted in one transaction, so that they never hold up deliveries for long.
const ANSWERED_AT_ONCE: usize = 1024;
/// Answers that may wait to be noted; more are forgotten, which leaves their time unknown.
const ANSWERED_MOST: usize = 65_536;
/// Quiet for this long, the log is copied into the database.
const IDLE: Duration = Duration::from_secs(1);
/// Pages in the log from which on it is copied into the database: 64 MiB.
const LOG_PAGES: i32 = 8192;

thread_local! {
    /// Pages in the log after the latest commit of this thread's connection.
    static LOGGED: Cell<i32> = const { Cell::new(0) };
}

pub(crate) enum Job {
    Insert(Box<Pending>, Held),
    /// The ids are of deliveries whose rows it changes.
    Write(Box<dyn Work>, Vec<i64>),
    /// Something was answered.
    Nudge,
    Close,
}

/// A delivery that waits, with all that could be prepared on the caller's side.
pub(crate) struct Pending {
    pub(crate) size: usize,
    delivery: NewDelivery,
    headers: Vec<u8>,
    answer: Vec<u8>,
    verdict: Encoded,
    reply: oneshot::Sender<Result<Inserted, InsertError>>,
}

impl Pending {
    pub(crate) fn new(
        mut delivery: NewDelivery,
        phrases: &Phrases,
        reply: oneshot::Sender<Result<Inserted, InsertError>>,
    ) -> Self {
        let headers = encode::headers(&std::mem::take(&mut delivery.headers));
        let answer = encode::answer(&delivery.answer);
        let verdict = verdict_blob::encode(&delivery.verdict, phrases);
        let size = delivery.body.len() + headers.len() + answer.len() + verdict.blob.len() + 512;
        Self { size, delivery, headers, answer, verdict, reply }
    }
}

/// Something else to write. Run once, then told whether it was committed.
pub(crate) trait Work: Send {
    /// False: undo it.
    fn run(&mut self, conn: &Connection) -> bool;
    fn finish(self: Box<Self>, failed: Option<&rusqlite::Error>);
}

pub(crate) struct Task<F, T> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Task<F, T> {
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T, Error>>) -> Self {
        Self { work: Some(work), result: None, reply }
    }
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, Error> + Send> Work for Task<F, T> {
    fn run(&mut self, conn: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(conn));
        matches!(self.result, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, failed: Option<&rusqlite::Error>) {
        let result = match (failed, self.result) {
            (Some(error), None | Some(Ok(_))) => Err(Error::Sqlite(again(error))),
            (_, Some(result)) => result,
            (None, None) => Err(Error::Closed),
        };
        let _ = self.reply.send(result);
    }
}

/// The same error for the next one who has to hear of it.
fn again(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => rusqlite::Error::SqliteFailure(*code, text.clone()),
        other => rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(1), Some(other.to_string())),
    }
}

/// What was answered and is not written yet: ids and microseconds.
#[derive(Default)]
pub(crate) struct Answered(Mutex<Vec<(i64, u64)>>);

impl Answered {
    /// True where it is the first.
    pub(crate) fn push(&self, id: i64, took_us: u64) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < ANSWERED_MOST {
            waiting.push((id, took_us));
        }
        waiting.len() == 1
    }

    fn take(&self) -> Vec<(i64, u64)> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = waiting.len().min(ANSWERED_AT_ONCE);
        waiting.drain(..most).collect()
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// Where a delivery ended up; its verdict where it had to be changed.
struct Placed {
    id: i64,
    event: Option<i64>,
    attempt: u32,
    duplicate: Option<Verdict>,
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
    checkpoint_at: i32,
}

type Waiting = Box<Pending>;

impl Writer {
    pub(crate) fn new(
        conn: Connection,
        queue: Receiver<Job>,
        options: Options,
        phrases: Arc<Phrases>,
        answered: Arc<Answered>,
        changes: broadcast::Sender<Change>,
    ) -> Self {
        let announced = Arc::new(AtomicUsize::new(0));
        let projects = HashSet::new();
        Self { conn, queue, options, phrases, answered, changes, announced, projects, checkpoint_at: LOG_PAGES }
    }

    /// Until [`Job::Close`], or until every handle is gone.
    pub(crate) fn run(mut self) {
        self.conn.wal_hook(Some(|_, pages| {
            LOGGED.set(pages);
            Ok(())
        }));
        let mut answer_by: Option<Instant> = None;
        let mut open = true;
        while open {
            let quiet = match answer_by {
                Some(by) => Some(by.saturating_duration_since(Instant::now())),
                None => (LOGGED.get() > 0).then_some(IDLE),
            };
            let first = match quiet {
                None => self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(quiet) => self.queue.recv_timeout(quiet),
            };
            match first {
                Ok(job) => open = self.round(job),
                Err(RecvTimeoutError::Timeout) if answer_by.is_some() => self.note_answered(),
                Err(RecvTimeoutError::Timeout) => {
                    self.checkpoint();
                    LOGGED.set(0);
                }
                Err(RecvTimeoutError::Disconnected) => open = false,
            }
            answer_by = match (self.answered.is_empty(), answer_by) {
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
        // Best effort: the next start does what is left undone here.
        let _ = self.conn.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
    }

    /// One job and all that wait behind it, up to the limits of a transaction. False after [`Job::Close`].
    fn round(&mut self, first: Job) -> bool {
        let mut open = true;
        let (mut inserts, mut held, mut writes): (Vec<Waiting>, Vec<Held>, Vec<_>) = Default::default();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Insert(pending, weight) => {
                    bytes += pending.size;
                    inserts.push(pending);
                    held.push(weight);
                }
                Job::Write(work, changed) => writes.push((work, changed)),
                Job::Nudge => {}
                Job::Close => open = false,
            }
            let more = inserts.len() + writes.len() < self.options.batch && bytes < self.options.batch_bytes;
            next = if more { self.queue.try_recv().ok() } else { None };
        }
        if !inserts.is_empty() {
            self.commit(inserts);
        }
        drop(held);
        if !writes.is_empty() {
            self.commit_writes(writes);
        }
        if LOGGED.get() >= self.checkpoint_at {
            self.checkpoint();
        }
        open
    }

    fn commit(&mut self, inserts: Vec<Waiting>) {
        let answered = self.answered.take();
        let (inserts, refused) = self.known_projects(inserts);
        for (pending, error) in refused {
            let _ = pending.reply.send(Err((&error).into()));
        }
        match self.transaction(&inserts, &answered) {
            Ok((placed, learnt)) => {
                self.phrases.learn(learnt);
                self.tell(inserts, placed, &answered);
            }
            // One of them may be at fault, so that each is tried alone; a disk that refuses refuses all.
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
    fn transaction(
        &mut self,
        inserts: &[Waiting],
        answered: &[(i64, u64)],
    ) -> rusqlite::Result<(Vec<Placed>, Vec<(u64, String)>)> {
        let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut tally = tally::read(&transaction)?;
        let mut learnt = BTreeMap::new();
        for constant in inserts.iter().flat_map(|pending| &pending.verdict.unknown) {
            if !learnt.contains_key(constant) {
                learnt.insert(*constant, phrase::ensure(&transaction, constant)?);
            }
        }
        let mut placed = Vec::with_capacity(inserts.len());
        {
            let mut statements = Statements::new(&transaction)?;
            for pending in inserts {
                placed.push(statements.insert(pending, &mut tally, &self.phrases)?);
            }
            for (id, took_us) in answered {
                statements.answered.execute((id, signed(*took_us)))?;
            }
        }
        tally::write(&transaction, tally)?;
        transaction.commit()?;
        let learnt = learnt.into_iter().map(|(constant, number)| (number, constant.to_owned())).collect();
        Ok((placed, learnt))
    }

    /// After COMMIT: the callers first, then those who watch.
    fn tell(&self, inserts: Vec<Waiting>, placed: Vec<Placed>, answered: &[(i64, u64)]) {
        let watched = self.changes.receiver_count() > 0;
        // Of events with more than one attempt: the newest attempt here.
        let mut again = BTreeMap::new();
        for (pending, placed) in inserts.into_iter().zip(placed) {
            let Pending { mut delivery, headers, reply, .. } = *pending;
            let Placed { id, event, attempt, duplicate } = placed;
            let was_duplicate = duplicate.is_some();
            if let Some(verdict) = duplicate {
                delivery.verdict = verdict;
            }
            if !watched {
                let verdict = delivery.verdict;
                let inserted = Inserted { id, event, attempt, attempts: attempt, duplicate: was_duplicate, verdict };
                let _ = reply.send(Ok(inserted));
                continue;
            }
            let arrived = self.arrived(&mut delivery, headers, (id, event, attempt, was_duplicate));
            let verdict = delivery.verdict;
            let inserted = Inserted { id, event, attempt, attempts: attempt, duplicate: was_duplicate, verdict };
            let _ = reply.send(Ok(inserted));
            let _ = self.changes.send(arrived);
            if let Some(event) = event.filter(|_| attempt > 1) {
                again.insert(event, id);
            }
        }
        if watched {
            let mut changed: Vec<i64> = answered.iter().map(|(id, _)| *id).collect();
            for (event, id) in again {
                // A row that is out of date until it is next loaded is no reason to fail what is committed.
                changed.extend(delivery::earlier_attempts(&self.conn, event, id).unwrap_or_default());
            }
            self.changed(changed);
        }
    }

    fn arrived(
        &self,
        delivery: &mut NewDelivery,
        headers: Vec<u8>,
        (id, event, attempt, duplicate): (i64, Option<i64>, u32, bool),
    ) -> Change {
        let size = delivery.body.len() + headers.len();
        if self.announced.load(Ordering::Relaxed) + size > self.options.changes_bytes {
            return Change::Resync;
        }
        let verdict = &delivery.verdict;
        let row = Row {
            id,
            project: delivery.project,
            received_ns: delivery.received_ns,
            outcome: verdict.outcome,
            scheme: verdict.scheme,
            reason: verdict.reason.clone(),
            cause: verdict.cause.clone(),
            grace_until: grace_until(verdict),
            event,
            event_type: delivery.event_type.take(),
            pointer: delivery.pointer.take(),
            message_id: delivery.message_id.take(),
            attempt,
            attempts: attempt,
            duplicate,
            warnings: warnings(verdict),
            status: delivery.answer.status,
            took_us: None,
            body_len: delivery.body_len,
            truncated: delivery.truncated,
        };
        Change::Inserted(Arc::new(Arrived {
            row,
            started: delivery.started,
            path: std::mem::take(&mut delivery.path),
            query: delivery.query.take(),
            body: std::mem::take(&mut delivery.body),
            headers,
            _held: Held::new(size, &self.announced),
        }))
    }

    fn changed(&self, ids: Vec<i64>) {
        if !ids.is_empty() {
            let _ = self.changes.send(Change::Changed(ids.into()));
        }
    }

    fn note_answered(&mut self) {
        let answered = self.answered.take();
        match self.transaction(&[], &answered) {
            Ok(_) => self.tell(Vec::new(), Vec::new(), &answered),
            Err(error) => tracing::warn!(code = Error::from(error).code(), "the times of answers were not noted"),
        }
    }

    /// Other writes share a transaction too, each undone alone where it fails.
    fn commit_writes(&mut self, mut writes: Vec<(Box<dyn Work>, Vec<i64>)>) {
        let failed = self.transaction_of_writes(&mut writes).err();
        let mut changed = Vec::new();
        for (work, ids) in writes {
            work.finish(failed.as_ref());
            changed.extend(ids);
        }
        if failed.is_none() {
            self.changed(changed);
        }
    }

    fn transaction_of_writes(&mut self, writes: &mut [(Box<dyn Work>, Vec<i64>)]) -> rusqlite::Result<()> {
        let mut transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (work, _) in writes {
            let savepoint = transaction.savepoint()?;
            if work.run(&savepoint) {
                savepoint.commit()?;
            } else {
                savepoint.finish()?;
            }
        }
        transaction.commit()
    }

    /// Copies the log into the database, as far as readers let it.
    fn checkpoint(&mut self) {
        let pages: rusqlite::Result<(i32, i32)> =
            self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)));
        self.checkpoint_at = match pages {
            // Whole: the next commit starts the log again from its beginning.
            Ok((logged, copied)) if copied >= logged => LOG_PAGES,
            // A long read holds it up: not again with every commit.
            Ok((logged, _)) => logged.saturating_add(LOG_PAGES / 4),
            Err(error) => {
                tracing::warn!(code = Error::from(error).code(), "the log was not copied into the history");
                LOGGED.get().saturating_add(LOG_PAGES / 4)
            }
        };
    }
}

fn fail(inserts: Vec<Waiting>, error: rusqlite::Error) {
    let error = InsertError::from(&Error::Sqlite(error));
    for pending in inserts {
        let _ = pending.reply.send(Err(error.clone()));
    }
}

fn is_storage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseCorrupt, DiskFull, ReadOnly, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | DatabaseBusy | DatabaseCorrupt | DiskFull | ReadOnly | SystemIoFailure)
    )
}

/// Prepared once for a transaction, not once for a delivery.
struct Statements<'c> {
    event: CachedStatement<'c>,
    delivery: CachedStatement<'c>,
    content: CachedStatement<'c>,
    answered: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            event: conn.prepare_cached(event::ATTEMPT)?,
            delivery: conn.prepare_cached(delivery::INSERT)?,
            content: conn.prepare_cached(content::INSERT)?,
            answered: conn.prepare_cached(delivery::ANSWERED)?,
        })
    }

    fn insert(&mut self, pending: &Pending, tally: &mut Tally, phrases: &Phrases) -> rusqlite::Result<Placed> {
        let Pending { delivery: new, headers, answer, verdict: encoded, .. } = pending;
        let id = tally.last_id + 1;
        let (mut event, mut attempt) = (None, 1);
        let mut duplicate = None;
        if let Some(message_id) = &new.message_id {
            let accepted = new.verdict.outcome == Outcome::Verified && (200..300).contains(&new.answer.status);
            let values = params![new.project, message_id, new.received_ns, accepted];
            let (found, first_ns, attempts, all_accepted): (i64, i64, u32, u32) =
                self.event.query_row(values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            (event, attempt) = (Some(found), attempts);
            if all_accepted > u32::from(accepted) {
                let mut verdict = new.verdict.clone();
                let seconds = |ns: i64| ns.div_euclid(1_000_000_000);
                duplicate::mark(&mut verdict, attempts, seconds(first_ns), seconds(new.received_ns));
                duplicate = Some(verdict);
            }
        }
        let verdict = duplicate.as_ref().unwrap_or(&new.verdict);
        self.delivery.execute(params![
            id,
            new.project,
            new.received_ns,
            outcome_number(verdict.outcome),
            scheme_number(verdict.scheme),
            &*verdict.reason,
            &*verdict.cause,
            grace_until(verdict),
            event,
            new.event_type,
            new.pointer,
            attempt,
            duplicate.is_some(),
            warnings(verdict),
            new.answer.status,
            signed(new.body_len),
            new.truncated,
        ])?;
        let marked = duplicate.as_ref().map(|verdict| verdict_blob::encode(verdict, phrases).blob);
        self.content.execute(params![
            id,
            new.method,
            new.path,
            new.query,
            new.http_version,
            new.peer,
            new.token_id,
            headers,
            marked.as_ref().unwrap_or(&encoded.blob),
            answer,
            &new.body[..],
        ])?;
        tally.last_id = id;
        tally.counts.total += 1;
        tally.counts.kept_bytes += (headers.len() + new.body.len()) as u64;
        Ok(Placed { id, event, attempt, duplicate })
    }
}
