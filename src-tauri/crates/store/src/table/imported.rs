//! `imported_range`: ids of deliveries that came out of a file. Their arrivals do not rise with their ids, so whoever
//! searches for a time by ids steps over them.

use rusqlite::{Connection, OptionalExtension};

pub(crate) const CREATE: &str = "
CREATE TABLE imported_range (
  first INTEGER PRIMARY KEY,  -- id
  last  INTEGER NOT NULL      -- id; every delivery between was imported
);
";

/// Notes that these were imported, both included. Adjoining ranges become one.
pub(crate) fn add(conn: &Connection, first: i64, last: i64) -> rusqlite::Result<()> {
    let extended =
        conn.prepare_cached("UPDATE imported_range SET last = ?2 WHERE last = ?1 - 1")?.execute((first, last))?;
    if extended == 0 {
        conn.prepare_cached("INSERT INTO imported_range (first, last) VALUES (?1, ?2)")?.execute((first, last))?;
    }
    Ok(())
}

/// The end of the range that this id is in.
pub(crate) fn end(conn: &Connection, id: i64) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT last FROM imported_range WHERE first <= ?1 ORDER BY first DESC LIMIT 1";
    let last: Option<i64> = conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(last.filter(|last| *last >= id))
}

/// Completes the row of a delivery that came out of a file: id, microseconds to its answer, pinned, who answered.
pub(crate) const MARK: &str = "
UPDATE delivery SET imported = 1, took_us = coalesce(?2, took_us), pinned = ?3, answered_by = ?4 WHERE id = ?1
";
