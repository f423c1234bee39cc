//! Opens the file. Examines it first, so that a file that is not ours stays as it is.

use std::cell::Cell;
#[cfg(unix)]
use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use files::Refusal;
use files::sqlite::{Ready, Unusable};
use parking_lot::RwLock;
use rusqlite::{Connection, OpenFlags};

use crate::{Error, Options, migration};

/// Creates the folder (0700) and the file (0600) if they are missing, and restricts an existing history to its owner.
/// Refuses, unchanged, whatever is not ours, too new or not a file.
pub(crate) fn make_ready(path: &Path) -> Result<Ready, Error> {
    let unreachable = |source| Error::Unreachable { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        files::make_folder(folder).map_err(unreachable)?;
    }
    let known = migration::newest();
    files::sqlite::make_ready(path, migration::APPLICATION, known).map_err(|unusable| match unusable {
        Unusable::NotOurs => Error::NotAHistory(path.to_owned()),
        Unusable::Newer(found) => Error::DatabaseTooNew { found, known },
        Unusable::Refused(Refusal::Io(source)) => unreachable(source),
        Unusable::Refused(refusal) => Error::NotAFile { path: path.to_owned(), refusal },
    })
}

/// Whether there is a Pollux history at `path`. Changes nothing. Do not call this while this process has it open:
/// closing any handle of a file releases the locks on it.
#[must_use]
pub fn is_history(path: &Path) -> bool {
    files::sqlite::is_of(path, migration::APPLICATION)
}

/// While another process creates the history, or is the last one to close it, SQLite reports that it is busy without
/// calling [`wait`].
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
    // It was created if it was missing. A link in its place, or in place of a file beside it, is not followed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut conn = sqlite(path, flags)?;
    conn.busy_handler(Some(wait))?;
    migration::check(&conn, path)?;
    conn.pragma_update(None, "page_size", PAGE)?;
    // Has an effect only before the first table: an older file has to be rebuilt. Where it is so already, setting it again
    // would write, which a full disk refuses.
    if conn.query_row("PRAGMA auto_vacuum", [], |row| row.get::<_, i64>(0))? != INCREMENTAL {
        conn.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    }
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

/// Another connection of the thread that writes, for what leaves the file: see [`crate::retention`]. A lost COMMIT of it
/// only leaves more in the file, so it does not wait for the disk.
pub(crate) fn beside(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let conn = sqlite(path, flags)?;
    conn.busy_handler(Some(wait))?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "cache_size", -8192)?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.set_prepared_statement_cache_capacity(48);
    Ok(conn)
}

/// Histories that this process has for itself, since its disk has no room for what processes share (`-shm`): their index
/// of the log is in memory. SQLite keeps that per process, and so is this.
static ALONE: RwLock<Vec<PathBuf>> = RwLock::new(Vec::new());

/// SQLite's way of opening a file for one process, with the index of its log in memory (sqlite.org/vfs.html).
#[cfg(unix)]
const FOR_ONE: &CStr = c"unix-excl";

/// Opens a connection: every one to a history goes through here.
pub(crate) fn sqlite(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    #[cfg(unix)]
    if ALONE.read().iter().any(|alone| alone == path) {
        return Connection::open_with_flags_and_vfs(path, flags, FOR_ONE);
    }
    Connection::open_with_flags(path, flags)
}

/// Connects as [`connect`] does. On a full disk the history is opened for this process alone, so that it can at least be
/// read; what is written then fails as it would later.
pub(crate) fn connect_or_read(path: &Path, options: &Options) -> Result<Connection, Error> {
    match connect(path, options) {
        Err(error) if cfg!(unix) && has_no_room(&error) => {
            alone(path);
            connect(path, options).map_err(|_| {
                let_go(path);
                error
            })
        }
        done => done,
    }
}

/// Whether SQLite may have failed because there is no room for what it keeps beside the file.
pub(crate) fn has_no_room(error: &Error) -> bool {
    matches!(error.code(), "disk_full" | "disk_error")
}

/// From now on this process has it for itself.
pub(crate) fn alone(path: &Path) {
    ALONE.write().push(path.to_owned());
}

/// Forgets that this process has it for itself. To be called once every connection is closed.
pub(crate) fn let_go(path: &Path) {
    ALONE.write().retain(|alone| alone != path);
}

/// How long another process may keep the history locked.
const BUSY: Duration = Duration::from_secs(5);
/// The pause before asking for the lock again.
const AGAIN: Duration = Duration::from_millis(1);

/// Another process has the history locked: decides whether to ask again, after a short sleep. SQLite's own handler ends
/// up sleeping for a tenth of a second, and so hardly ever hits the moment between two commits of a busy writer.
fn wait(asked: i32) -> bool {
    // Do not count sleeps: some systems sleep far longer than requested.
    thread_local!(static SINCE: Cell<Instant> = Cell::new(Instant::now()));
    if asked == 0 {
        SINCE.set(Instant::now());
    }
    std::thread::sleep(AGAIN);
    SINCE.get().elapsed() < BUSY
}

/// The number of SQLite's incremental vacuum.
const INCREMENTAL: i64 = 2;
/// Larger pages than SQLite's default: fewer of them for a body, and fewer frames in the log.
pub(crate) const PAGE: i32 = 8192;
