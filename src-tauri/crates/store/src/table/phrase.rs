//! `phrase`: the numbers of constant texts, see [`crate::phrases`].

use rusqlite::{Connection, OptionalExtension};

use crate::phrases::{LONGEST, MOST};
use crate::table::{signed, unsigned};

pub(crate) const CREATE: &str = "
CREATE TABLE phrase (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);
";

/// As many as are kept in memory; [`text`] finds the others.
pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Vec<(u64, String)>> {
    conn.prepare_cached("SELECT id, text FROM phrase WHERE octet_length(text) <= ?1 ORDER BY id LIMIT ?2")?
        .query_map((signed(LONGEST as u64), signed(MOST as u64)), |row| Ok((unsigned(row.get(0)?), row.get(1)?)))?
        .collect()
}

/// Another process may have learnt a phrase since this one started.
pub(crate) fn text(conn: &Connection, number: u64) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT text FROM phrase WHERE id = ?1")?
        .query_row([signed(number)], |row| row.get(0))
        .optional()
}

pub(crate) fn ensure(conn: &Connection, text: &str) -> rusqlite::Result<u64> {
    conn.prepare_cached(
        "INSERT INTO phrase (text) VALUES (?1) ON CONFLICT (text) DO UPDATE SET text = text RETURNING id",
    )?
    .query_row([text], |row| row.get(0).map(unsigned))
}
