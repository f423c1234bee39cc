//! `phrase`: the numbers of constant texts, see [`crate::phrases`].

use rusqlite::{Connection, OptionalExtension};

use crate::table::unsigned;

pub(crate) const CREATE: &str = "
CREATE TABLE phrase (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);
";

pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Vec<(u64, String)>> {
    conn.prepare_cached("SELECT id, text FROM phrase")?
        .query_map([], |row| Ok((unsigned(row.get(0)?), row.get(1)?)))?
        .collect()
}

/// Another process may have learnt a phrase since this one started.
pub(crate) fn text(conn: &Connection, number: u64) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT text FROM phrase WHERE id = ?1")?
        .query_row([crate::table::signed(number)], |row| row.get(0))
        .optional()
}

pub(crate) fn ensure(conn: &Connection, text: &str) -> rusqlite::Result<u64> {
    conn.prepare_cached(
        "INSERT INTO phrase (text) VALUES (?1) ON CONFLICT (text) DO UPDATE SET text = text RETURNING id",
    )?
    .query_row([text], |row| row.get(0).map(unsigned))
}
