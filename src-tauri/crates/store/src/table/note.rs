//! `note`: what the user wrote about a delivery. Its own table, because most deliveries have none, and because a row
//! that grew would split its page.

use rusqlite::{Connection, OptionalExtension};

use crate::table::delivery;

pub(crate) const CREATE: &str = "
CREATE TABLE note (
  delivery   INTEGER PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
  text       TEXT    NOT NULL,
  changed_ms INTEGER NOT NULL  -- Unix milliseconds
);
";

/// Writes, replaces or removes the note of a delivery. False if there is no such delivery.
pub(crate) fn put(conn: &Connection, id: i64, text: Option<&str>, at_ms: i64) -> rusqlite::Result<bool> {
    if !delivery::is_shown(conn, id)? {
        return Ok(false);
    }
    match text {
        Some(text) => {
            let sql = "INSERT OR REPLACE INTO note (delivery, text, changed_ms) VALUES (?1, ?2, ?3)";
            conn.prepare_cached(sql)?.execute((id, text, at_ms))?;
        }
        None => {
            conn.prepare_cached("DELETE FROM note WHERE delivery = ?1")?.execute([id])?;
        }
    }
    Ok(true)
}

/// The whole note of a delivery.
pub(crate) fn of(conn: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    Ok(with_time(conn, id)?.map(|(text, _)| text))
}

/// The whole note of a delivery, and when it was last changed (Unix milliseconds).
pub(crate) fn with_time(conn: &Connection, id: i64) -> rusqlite::Result<Option<(String, i64)>> {
    let mut statement = conn.prepare_cached("SELECT text, changed_ms FROM note WHERE delivery = ?1")?;
    statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}
