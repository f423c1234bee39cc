//! A small pool of read-only connections; each read sees one snapshot, of committed deliveries only.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::{Error, SqliteFault, open as opening};

pub(crate) struct Readers {
    path: PathBuf,
    most: u32,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: &Path, most: usize) -> Self {
        let most = u32::try_from(most.clamp(1, 64)).unwrap_or(1);
        Self {
            path: path.to_owned(),
            most,
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(most as usize)),
        }
    }

    /// Runs `work` in a snapshot, off the async threads. The flag it is given becomes true when nobody waits any more.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection, &AtomicBool) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::Closed)?;
        let gone = Gone(Arc::new(AtomicBool::new(false)));
        let (readers, flag) = (Arc::clone(self), Arc::clone(&gone.0));
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let idle = readers.idle.lock().pop();
            let mut conn = idle.map_or_else(|| open(&readers.path), Ok)?;
            let snapshot = conn.transaction()?;
            let result = work(&snapshot, &flag);
            drop(snapshot);
            readers.idle.lock().push(conn);
            result
        });
        done.await.unwrap_or(Err(Error::Closed))
    }

    /// Waits for the reads under way and refuses further ones.
    pub(crate) async fn close(&self) {
        let all = self.permits.acquire_many(self.most).await;
        self.permits.close();
        self.idle.lock().clear();
        drop(all);
    }
}

/// Sets the flag when the future that waits for a read is dropped.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Likewise, also where the disk is full and nobody in this process has the history open: [`opening::let_go`] has to be
/// called after it.
pub(crate) fn open_alone(path: &Path) -> Result<Connection, Error> {
    let usable = |conn: Connection| {
        let read = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        match read {
            Err(error) if matches!(SqliteFault::of(&error), SqliteFault::Disk | SqliteFault::DiskFull) => {
                Err(error.into())
            }
            // Damage is for who reads on.
            _ => Ok(conn),
        }
    };
    match open(path).and_then(usable) {
        Err(error) if opening::has_no_room(&error) => {
            opening::alone(path);
            // A connection that may only read does not take the file for this process.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = opening::sqlite(path, flags)?;
            conn.pragma_update(None, "query_only", true)?;
            Ok(conn)
        }
        done => done,
    }
}

/// A read-only connection.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let conn = opening::sqlite(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -4096)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}
