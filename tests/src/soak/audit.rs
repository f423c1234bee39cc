//! The history read back and compared with what the oracle knows.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::message::{Key, Maker, STALLED};
use super::oracle::{Oracle, Wrong};
use super::row::{Row, SELECT};

/// Reads a history again and again.
pub(super) struct Audit {
    database: PathBuf,
    maker: Arc<Maker>,
    oracle: Arc<Oracle>,
    /// Rows up to this one were compared.
    upto: i64,
}

/// How long a writer may keep it locked.
const BUSY: Duration = Duration::from_secs(10);

type Read<T> = Result<T, rusqlite::Error>;

impl Audit {
    pub(super) fn new(database: &Path, maker: &Arc<Maker>, oracle: &Arc<Oracle>) -> Self {
        Self { database: database.to_owned(), maker: maker.clone(), oracle: oracle.clone(), upto: 0 }
    }

    /// Compares the rows that are new. Everything that was acknowledged before must be among them, or have been found.
    pub(super) fn newest(&mut self) -> Result<(), String> {
        let due = self.oracle.due();
        self.compare_newest(&due).map_err(|error| {
            self.oracle.put_back(due);
            format!("the history could not be read: {error}")
        })
    }

    fn compare_newest(&mut self, due: &[(Key, u32)]) -> Read<()> {
        let mut conn = open(&self.database)?;
        let snapshot = conn.transaction()?;
        // The oldest leave first, and no id is given twice.
        let first: Option<i64> =
            snapshot.query_row("SELECT id FROM delivery ORDER BY id LIMIT 1", [], |row| row.get(0)).optional()?;
        let unseen = first.is_some_and(|first| first > self.upto + 1);
        {
            let mut statement = snapshot.prepare(SELECT)?;
            let mut rows = statement.query([self.upto])?;
            while let Some(row) = rows.next()? {
                let row = Row::read(row)?;
                self.compare(&row, true);
                // At once: where reading fails further on, this row is not found a second time.
                self.upto = row.id;
            }
        }
        if unseen {
            // What left in between was never compared, so nothing can be said of it: the run is worth less than it
            // says.
            self.oracle.wrong(Wrong::Other, "deliveries left the history before they were compared: keep more of them");
        } else {
            for (key, stored) in due {
                let found = self.oracle.known(*key).map_or(0, |known| known.whole.len());
                if found < *stored as usize {
                    self.oracle.wrong(Wrong::Lost, missing(*key, *stored, found));
                }
            }
        }
        if let Some(first) = first {
            self.oracle.forget(first);
        }
        Ok(())
    }

    /// Compares a row with its message. `new`: it has not been found before.
    fn compare(&self, row: &Row, new: bool) {
        let Some(key) = row.key() else {
            let words = format!("row {} is of {:?}, which nobody sent", row.id, row.message_id);
            return self.oracle.wrong(Wrong::Other, words);
        };
        if key.sender == STALLED {
            if let Some((wrong, words)) = row.stalled() {
                self.oracle.wrong(wrong, words);
            }
            return;
        }
        let Some(known) = self.oracle.known(key) else {
            let words = format!("row {} is of {}, which was not sent or had left long ago", row.id, key.id());
            return self.oracle.wrong(Wrong::Doubled, words);
        };
        for (wrong, words) in row.compare(&known.message, &self.maker) {
            self.oracle.wrong(wrong, words);
        }
        if new {
            self.oracle.found(key, row.id, !row.is_part());
        }
    }

    /// Compares all that is there, at the end: every row again, and every message with its rows. Returns how many rows
    /// there are.
    pub(super) fn everything(&mut self) -> Result<u64, String> {
        // What is new is counted first; then nothing is.
        self.newest()?;
        self.compare_all().map_err(|error| format!("the history could not be read: {error}"))
    }

    fn compare_all(&self) -> Read<u64> {
        let mut conn = open(&self.database)?;
        let snapshot = conn.transaction()?;
        let mut by_key: HashMap<Key, Vec<Row>> = HashMap::new();
        let mut there = BTreeSet::new();
        {
            let mut statement = snapshot.prepare(SELECT)?;
            let mut rows = statement.query([0])?;
            while let Some(row) = rows.next()? {
                let row = Row::read(row)?;
                self.compare(&row, false);
                there.insert(row.id);
                if let Some(key) = row.key() {
                    by_key.entry(key).or_default().push(row.without_content());
                }
            }
        }
        let first = there.first().copied().unwrap_or(i64::MAX);
        for known in self.oracle.all() {
            let key = known.message.key;
            for row in known.whole.iter().chain(&known.parts).filter(|row| **row >= first && !there.contains(*row)) {
                self.oracle.wrong(Wrong::Lost, format!("row {row} of {} was there, and is gone", key.id()));
            }
            if known.whole.len() < known.stored as usize {
                self.oracle.wrong(Wrong::Lost, missing(key, known.stored, known.whole.len()));
            }
            let found = |row: &Row| known.whole.contains(&row.id) || known.parts.contains(&row.id);
            let rows = by_key.get(&key).map(Vec::as_slice).unwrap_or_default();
            for row in rows.iter().filter(|row| !found(row)) {
                self.oracle.wrong(Wrong::Doubled, format!("row {} of {} came between older ones", row.id, key.id()));
            }
            if let Some(words) = miscounted(rows) {
                self.oracle.wrong(Wrong::Attempt, format!("{}: {words}", key.id()));
            }
        }
        let total: i64 = snapshot.query_row("SELECT total FROM tally", [], |row| row.get(0))?;
        if total != there.len() as i64 {
            self.oracle.wrong(Wrong::Damage, format!("the history counts {total} deliveries, and has {}", there.len()));
        }
        Ok(there.len() as u64)
    }

    /// Has SQLite look at the file: the structure of its pages, or also its indexes.
    pub(super) fn sound(&self, whole: bool) {
        let pragma = if whole { "PRAGMA integrity_check(5)" } else { "PRAGMA quick_check(5)" };
        let read = || {
            let conn = open(&self.database)?;
            let mut statement = conn.prepare(pragma)?;
            let told: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Read<_>>()?;
            Read::Ok(told)
        };
        match read() {
            Ok(told) if told == ["ok"] => {}
            Ok(told) => self.oracle.wrong(Wrong::Damage, told.join("; ")),
            Err(error) => self.oracle.wrong(Wrong::Damage, format!("the history cannot be checked: {error}")),
        }
    }
}

fn missing(key: Key, stored: u32, found: usize) -> String {
    format!("{} was acknowledged {stored} times, and {found} rows of it were found", key.id())
}

/// Attempts of one message, by rows in their order: each counts further, and what follows an accepted one is a
/// duplicate.
fn miscounted(rows: &[Row]) -> Option<String> {
    let mut accepted = false;
    let mut before = 0;
    for row in rows {
        if row.attempt <= before {
            return Some(format!("row {} is attempt {}, behind attempt {before}", row.id, row.attempt));
        }
        if accepted && row.outcome == 0 && !row.duplicate {
            return Some(format!("row {} follows an accepted attempt, and is no duplicate", row.id));
        }
        before = row.attempt;
        accepted |= row.is_accepted();
    }
    None
}

/// Writable, since the log of one that was killed could not be read otherwise; but nothing is written.
fn open(database: &Path) -> Read<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(database, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

#[cfg(test)]
mod tests;
