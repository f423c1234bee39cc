//! The file of the history, and the connection that writes it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::{Error, Options, migration};

/// While another process makes the history or lets go of it as the last one, SQLite says that it is busy without asking
/// [`wait`].
pub(crate) fn connect(path: &Path, options: &Options) -> Result<Connection, Error> {
    let since = Instant::now();
    loop {
        match connect_now(path, options) {
            Err(error) if error.code() == "history_busy" && since.elapsed() < BUSY => std::thread::sleep(AGAIN),
            done => return done,
        }
    }
}

fn connect_now(path: &Path, options: &Options) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_handler(Some(wait))?;
    migration::check(&conn, path)?;
    conn.pragma_update(None, "page_size", PAGE)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "cache_size", -8192)?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    if let Some(bytes) = options.max_bytes {
        conn.pragma_update(None, "max_page_count", i64::try_from(bytes / PAGE as u64).unwrap_or(i64::MAX).max(1))?;
    }
    conn.set_prepared_statement_cache_capacity(64);
    migration::run(&mut conn)?;
    Ok(conn)
}

/// How long another process may keep the history locked.
const BUSY: Duration = Duration::from_secs(5);
/// Asked for the lock again after this long.
const AGAIN: Duration = Duration::from_millis(1);

/// Another process has the history locked: whether to ask again, after a short sleep. SQLite's own handler comes to
/// sleep for a tenth of a second, and so hardly ever meets the moment between two commits of a busy writer.
fn wait(asked: i32) -> bool {
    // Not counted in sleeps: some systems sleep far longer than they are asked to.
    thread_local!(static SINCE: Cell<Instant> = Cell::new(Instant::now()));
    if asked == 0 {
        SINCE.set(Instant::now());
    }
    std::thread::sleep(AGAIN);
    SINCE.get().elapsed() < BUSY
}

/// Larger pages than SQLite's own: fewer of them for a body, and fewer frames in the log.
const PAGE: i32 = 8192;

/// Only the user may read what arrived. A folder that exists keeps its permissions: it may be shared on purpose.
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(PathBuf::from);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(folder) = folder {
        builder.create(folder)?;
    }
    let file = file.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    drop(file);
    Ok(())
}
