//! Makes the signatures, in a thread that gives way to everything else.
//!
//! It reads what is committed, a block at a time, with a connection of its own; the writer does not know of it. While
//! deliveries arrive it works in small steps with long pauses. What is not signed yet is read by a search
//! as it is, so being late costs time and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::columns::BLOCK;
use super::fill;
use super::grams::Signature;
use super::known::Known;
use super::segment::{SEGMENT, SEGMENT_BLOCKS, Witness};
use super::shelf::{Partial, Shelf};
use crate::complaints::Complaints;
use crate::space::Reserve;
use crate::table::tally;
use crate::{Error, readers};

/// Between two looks for something to do.
const IDLE: Duration = Duration::from_millis(250);
/// Between two blocks while deliveries arrive.
const BUSY: Duration = Duration::from_millis(20);
/// Between two looks for news, after some and after none. A channel holds 4,096; more than 60,000 a second never came.
const HEARD: Duration = Duration::from_millis(5);
const QUIET: Duration = Duration::from_millis(60);
/// Rows that may wait to be read while deliveries arrive.
const FAR: i64 = 4096;
/// After a failure.
const FAILED: Duration = Duration::from_secs(10);
/// The lowest priority that a thread can be given.
#[cfg(target_os = "linux")]
const NICE: i32 = 19;

/// What it works with.
pub(crate) struct Beside {
    pub(crate) path: PathBuf,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) known: Arc<Known>,
    /// Bytes that wait for the writer.
    pub(crate) queued: Arc<AtomicUsize>,
    /// A full disk is no place for signatures.
    pub(crate) reserve: Arc<Reserve>,
    pub(crate) complaints: Arc<Complaints>,
}

/// The thread that makes signatures.
pub(crate) struct Indexer(Thread);

/// A thread that takes the news of what is committed, often enough that none are lost, and without being woken by each.
pub(crate) struct Listener(Thread);

struct Thread {
    stop: Arc<Stop>,
    handle: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
    gone: AtomicBool,
}

impl Stop {
    /// Waits; true if it is time to end.
    fn wait(&self, pause: Duration) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped && !pause.is_zero() {
            self.changed.wait_for(&mut stopped, pause);
        }
        *stopped
    }
}

impl Thread {
    fn start(name: &str, run: impl FnOnce(&Stop) + Send + 'static) -> Result<Self, Error> {
        let stop = Arc::new(Stop::default());
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&told));
        Ok(Self { stop, handle: Some(thread.map_err(Error::NoThread)?) })
    }

    fn end(mut self) {
        self.tell();
        if self.handle.take().is_some_and(|handle| handle.join().is_err()) {
            tracing::error!("a thread of the search ended badly");
        }
    }

    fn tell(&self) {
        *self.stop.stopped.lock() = true;
        self.stop.gone.store(true, Ordering::Relaxed);
        self.stop.changed.notify_all();
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.tell();
    }
}

impl Indexer {
    pub(crate) fn start(beside: Beside) -> Result<Self, Error> {
        Thread::start("history-index", move |stop| run(&beside, stop)).map(Self)
    }

    /// Ends the thread, and waits for it.
    pub(crate) fn end(self) {
        self.0.end();
    }
}

impl Listener {
    pub(crate) fn start(known: Arc<Known>) -> Result<Self, Error> {
        let listen = move |stop: &Stop| {
            while let Some(heard) = known.listen() {
                if stop.wait(if heard { HEARD } else { QUIET }) {
                    return;
                }
            }
        };
        Thread::start("history-news", listen).map(Self)
    }

    /// Ends the thread, and waits for it.
    pub(crate) fn end(self) {
        self.0.end();
    }
}

fn run(beside: &Beside, stop: &Stop) {
    // Whoever searches meanwhile waits for it, so it does not give way yet. What fails is tried again below.
    let _ = readers::open(&beside.path).and_then(|mut conn| catch_up(beside, &mut conn, &stop.gone));
    // Of this thread only; other systems lower the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
    let mut work = None;
    loop {
        let done = match &mut work {
            Some(work) => step(beside, work, &stop.gone),
            None => Work::begin(beside).map(|begun| {
                work = Some(begun);
                true
            }),
        };
        let pause = match done {
            Ok(true) if work.as_ref().is_some_and(|work| work.busy) => BUSY,
            Ok(true) => Duration::ZERO,
            Ok(false) => IDLE,
            Err(Error::Closed) => return,
            Err(error) => {
                beside.complaints.warn("the search could not be prepared", error.code(), &error, Instant::now());
                FAILED
            }
        };
        if stop.wait(pause) {
            return;
        }
    }
}

struct Work {
    conn: Connection,
    /// The newest segment.
    open: Partial,
    /// An older one that is missing.
    older: Option<Partial>,
    /// The newest delivery at the last step.
    last_id: i64,
    /// Deliveries waited, or had arrived since the step before: a queue is empty most of the time even at the highest
    /// rate.
    busy: bool,
}

impl Work {
    fn begin(beside: &Beside) -> Result<Self, Error> {
        let conn = readers::open(&beside.path)?;
        conn.pragma_update(None, "cache_size", -512)?;
        let last_id = tally::read(&conn)?.last_id;
        beside.shelf.load(&conn, last_id)?;
        let open = Partial::new((last_id + 1).div_euclid(SEGMENT));
        beside.shelf.show(&open);
        Ok(Self { conn, open, older: None, last_id, busy: false })
    }
}

/// Brings the columns up to date.
fn catch_up(beside: &Beside, conn: &mut Connection, gone: &AtomicBool) -> Result<(), Error> {
    let snapshot = conn.transaction_with_behavior(TransactionBehavior::Deferred)?;
    beside.known.catch_up(&snapshot, gone).map(drop)
}

/// Does a little. False if there is nothing to do.
fn step(beside: &Beside, work: &mut Work, gone: &AtomicBool) -> Result<bool, Error> {
    let last_id = tally::read(&work.conn)?.last_id;
    let arrived = std::mem::replace(&mut work.last_id, last_id) != last_id;
    work.busy = arrived || beside.queued.load(Ordering::Relaxed) > 0;
    // News may come so fast that rows are read in vain.
    let behind = beside.known.behind(last_id);
    if behind > FAR || (behind > 0 && !work.busy) {
        catch_up(beside, &mut work.conn, gone)?;
    }
    let current = (last_id + 1).div_euclid(SEGMENT);
    if work.open.number < current {
        return finish(beside, &work.conn, &mut work.open, || Partial::new(current));
    }
    let complete = (last_id + 1 - current * SEGMENT).div_euclid(BLOCK);
    if i64::try_from(work.open.blocks.len()).is_ok_and(|made| made < complete) {
        let signature = add_block(&work.conn, &mut work.open)?;
        beside.shelf.show_block(current, &signature);
        return Ok(true);
    }
    let Some((lowest, _)) = fill::bounds(&work.conn)? else { return Ok(false) };
    let lowest = lowest.div_euclid(SEGMENT);
    if let Some(older) = &mut work.older {
        if older.blocks.len() < SEGMENT_BLOCKS {
            add_block(&work.conn, older)?;
        } else {
            put(beside, older)?;
            work.older = None;
        }
        return Ok(true);
    }
    beside.shelf.forget_before(lowest);
    work.older = beside.shelf.missing(lowest, current).map(Partial::new);
    Ok(work.older.is_some())
}

/// Goes on with a segment that has become complete, then begins the next.
fn finish(
    beside: &Beside,
    conn: &Connection,
    partial: &mut Partial,
    next: impl FnOnce() -> Partial,
) -> Result<bool, Error> {
    if partial.blocks.len() < SEGMENT_BLOCKS {
        let signature = add_block(conn, partial)?;
        beside.shelf.show_block(partial.number, &signature);
        return Ok(true);
    }
    put(beside, partial)?;
    *partial = next();
    beside.shelf.show(partial);
    Ok(true)
}

fn put(beside: &Beside, partial: &Partial) -> Result<(), Error> {
    if beside.reserve.is_short() {
        return Err(Error::ShortOfSpace);
    }
    let folder = |source| Error::Unreachable { path: folder(&beside.path), source };
    beside.shelf.put(partial).map_err(folder)
}

fn add_block(conn: &Connection, partial: &mut Partial) -> Result<Arc<Signature>, Error> {
    let first = partial.number * SEGMENT + partial.blocks.len() as i64 * BLOCK;
    let (signature, witness) = block(conn, first)?;
    let signature = Arc::new(signature);
    partial.blocks.push(Arc::clone(&signature));
    partial.witnesses.extend(witness);
    Ok(signature)
}

/// The signature of the deliveries from this id on, and the last of them.
fn block(conn: &Connection, first: i64) -> Result<(Signature, Option<Witness>), Error> {
    let mut signature = Signature::default();
    let mut last = None;
    {
        let mut statement = conn.prepare_cached(
            "SELECT id, path, query, headers, body FROM delivery_content WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        )?;
        let mut rows = statement.query((first, first + BLOCK - 1))?;
        while let Some(row) = rows.next()? {
            let bytes = |column: usize| row.get_ref(column)?.as_bytes_or_null().map_err(rusqlite::Error::from);
            signature.add(bytes(1)?.unwrap_or_default());
            signature.add(bytes(2)?.unwrap_or_default());
            signature.add_headers(bytes(3)?.unwrap_or_default());
            signature.add(bytes(4)?.unwrap_or_default());
            last = Some(row.get(0)?);
        }
    }
    let Some(id) = last else { return Ok((signature, None)) };
    let received_ns = conn
        .prepare_cached("SELECT received_ns FROM delivery WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok((signature, received_ns.map(|received_ns| (id, received_ns))))
}

/// The folder of a history's signatures.
pub(crate) fn folder(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-search");
    PathBuf::from(name)
}
