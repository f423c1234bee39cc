//! The file: identifying it, laying it out, and reading and writing it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use files::Refusal;
use files::sqlite::Unusable;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Transaction};
use serde::de::DeserializeOwned;

use crate::journal::JournalError;

/// `PxEm`: marks the file as the emulator's.
const APPLICATION: i64 = 0x5078_456d;
/// The version of the layout below.
const FORMAT: i64 = 1;
/// How long to wait for another emulator that is about to end.
const PATIENCE: Duration = Duration::from_secs(2);

const LAYOUT: &str = "
    CREATE TABLE entity (
        kind   TEXT NOT NULL,
        id     TEXT NOT NULL,
        number INTEGER NOT NULL,
        json   BLOB NOT NULL,
        PRIMARY KEY (kind, id)
    );
    CREATE TABLE kept (
        name TEXT NOT NULL PRIMARY KEY,
        json BLOB NOT NULL
    ) WITHOUT ROWID;
";

/// The open file. Nobody else can open it while this lives.
pub(super) struct Stored {
    conn: Connection,
    path: PathBuf,
}

impl Stored {
    /// Opens the file, or creates it with access for its owner only, since it holds keys and secrets.
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let path = path.to_owned();
        let not_a_file = |refusal| JournalError::NotAFile { path: path.clone(), refusal };
        let ready = match files::sqlite::make_ready(&path, APPLICATION, FORMAT) {
            Ok(ready) => ready,
            Err(Unusable::NotOurs) => return Err(JournalError::NotOurs { path }),
            Err(Unusable::Newer(found)) => return Err(JournalError::Newer { path, found, known: FORMAT }),
            Err(Unusable::Refused(Refusal::Io(source))) => return Err(JournalError::File { path, source }),
            Err(Unusable::Refused(refusal)) => return Err(not_a_file(refusal)),
        };
        match prepare(&ready.path) {
            Ok(Some(conn)) => {
                ready.is_still_there().map_err(not_a_file)?;
                Ok(Self { conn, path })
            }
            Ok(None) => Err(JournalError::NotOurs { path }),
            Err(Refused::Newer(found)) => Err(JournalError::Newer { path, found, known: FORMAT }),
            Err(Refused::Sqlite(source)) => Err(match source.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => JournalError::NotOurs { path },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::InUse { path },
                _ => JournalError::Sqlite { path, source },
            }),
        }
    }

    pub(super) fn kept<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JournalError> {
        let query = || {
            let mut statement = self.conn.prepare("SELECT json FROM kept WHERE name = ?1")?;
            statement.query_row([name], |row| row.get::<_, Vec<u8>>(0)).optional()
        };
        let Some(json) = query().map_err(|source| self.sqlite(source))? else { return Ok(None) };
        serde_json::from_slice(&json).map(Some).map_err(|_| self.damaged(name.to_owned()))
    }

    /// All rows of a kind, in the order in which they were created.
    pub(super) fn each<T: DeserializeOwned>(
        &self,
        kind: &str,
        mut take: impl FnMut(u64, T),
    ) -> Result<(), JournalError> {
        let sqlite = |source| self.sqlite(source);
        let query = "SELECT id, number, json FROM entity WHERE kind = ?1 ORDER BY number";
        let mut statement = self.conn.prepare(query).map_err(sqlite)?;
        let mut rows = statement.query([kind]).map_err(sqlite)?;
        while let Some(row) = rows.next().map_err(sqlite)? {
            let number: i64 = row.get(1).map_err(sqlite)?;
            let json = row.get_ref(2).map_err(sqlite)?.as_blob().unwrap_or_default();
            let entity = serde_json::from_slice(json);
            let (Ok(number), Ok(entity)) = (u64::try_from(number), entity) else {
                let id: String = row.get(0).map_err(sqlite)?;
                return Err(self.damaged(format!("{kind} {id}")));
            };
            take(number, entity);
        }
        Ok(())
    }

    /// Runs `work` in one transaction.
    pub(super) fn write(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let transaction = self.conn.unchecked_transaction()?;
        work(&transaction)?;
        transaction.commit()?;
        self.give_back()
    }

    /// Gives free pages back to the disk, a few at a time. Has no effect on the file of an older version.
    fn give_back(&self) -> rusqlite::Result<()> {
        let free: i64 = self.conn.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        if free < WORTH {
            return Ok(());
        }
        let mut statement = self.conn.prepare(&format!("PRAGMA incremental_vacuum({WORTH})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn sqlite(&self, source: rusqlite::Error) -> JournalError {
        JournalError::Sqlite { path: self.path.clone(), source }
    }

    fn damaged(&self, what: String) -> JournalError {
        JournalError::Damaged { path: self.path.clone(), what }
    }
}

/// Free pages that are worth giving back: a quarter of a MiB.
const WORTH: i64 = 64;

enum Refused {
    Newer(i64),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// `None` if the file belongs to something else; it was not changed then.
fn prepare(path: &Path) -> Result<Option<Connection>, Refused> {
    // A link in its place, or in place of a file beside it, is not followed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    // Locked from the first read until the end: two emulators with one state would overwrite each other.
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let format: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let fresh = tables == 0 && application == 0 && format == 0;
    if !fresh && application != APPLICATION {
        return Ok(None);
    }
    if format > FORMAT {
        return Err(Refused::Newer(format));
    }
    // Has an effect only before the first table.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "journal_size_limit", 16 << 20)?;
    let transaction = conn.unchecked_transaction()?;
    if fresh {
        transaction.execute_batch(LAYOUT)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    } else {
        // Takes the lock for writing as well.
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    transaction.commit()?;
    Ok(Some(conn))
}
