//! A small pool of read-only connections; each read sees one snapshot, of committed deliveries only.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::Error;

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

/// A read-only connection.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -4096)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}
