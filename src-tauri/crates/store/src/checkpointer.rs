//! Copies the log into the database alongside the writer.
//!
//! A checkpoint of a full log keeps the disk busy for a twentieth of a second, in which the writer could commit
//! thousands of deliveries. `PASSIVE` needs no lock that the writer holds, so a thread with its own connection does
//! most of the copying. The writer then copies the few pages that were added meanwhile, after which SQLite restarts the
//! log from its beginning.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::{Complaints, Error};

/// Nothing to do.
const IDLE: u8 = 0;
const COPYING: u8 = 1;
/// A copy is done, and the writer has not seen it yet.
const COPIED: u8 = 2;

pub(crate) struct Checkpointer {
    requests: SyncSender<()>,
    state: Arc<AtomicU8>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(crate) fn new(path: &Path, complaints: Arc<Complaints>) -> Result<Self, Error> {
        let (requests, waiting) = sync_channel(1);
        let state = Arc::new(AtomicU8::new(IDLE));
        let (path, shared) = (path.to_owned(), Arc::clone(&state));
        let thread = std::thread::Builder::new()
            .name("history-checkpoint".to_owned())
            .spawn(move || run(path, &waiting, &shared, &complaints))
            .map_err(Error::NoThread)?;
        Ok(Self { requests, state, thread })
    }

    /// Asks for a checkpoint. False if one is under way, which may not copy what was written last.
    pub(crate) fn request(&self) -> bool {
        let idle = self.state.compare_exchange(IDLE, COPYING, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if idle {
            // Never full: one request at a time.
            let _ = self.requests.try_send(());
        }
        idle
    }

    /// True once after each checkpoint.
    pub(crate) fn has_copied(&self) -> bool {
        self.state.compare_exchange(COPIED, IDLE, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Waits for the one under way, and releases the file.
    pub(crate) fn end(self) {
        drop(self.requests);
        if self.thread.join().is_err() {
            tracing::error!("the thread that copies the log into the history ended badly");
        }
    }
}

fn run(path: PathBuf, waiting: &Receiver<()>, state: &AtomicU8, complaints: &Complaints) {
    let mut conn = None;
    while waiting.recv().is_ok() {
        if let Err(error) = copy(&mut conn, &path) {
            let code = Error::from(error).code();
            complaints.warn("the log was not copied into the history", code, &"", Instant::now());
        }
        state.store(COPIED, Ordering::Release);
    }
}

/// Copies as much as readers allow.
fn copy(conn: &mut Option<Connection>, path: &Path) -> rusqlite::Result<()> {
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(open(path)?),
    };
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let conn = crate::open::sqlite(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(conn)
}
