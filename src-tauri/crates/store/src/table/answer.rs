//! `given_answer`: answers that were made after the commit. Separate from `delivery_content`, where changing a row
//! would write its body again.

use rusqlite::{Connection, OptionalExtension};

pub(crate) const CREATE: &str = "
CREATE TABLE given_answer (
  delivery INTEGER PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
  answer   BLOB NOT NULL  -- as in delivery_content
);
";

pub(crate) fn keep(conn: &Connection, delivery: i64, encoded: &[u8]) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO given_answer (delivery, answer) VALUES (?1, ?2)";
    conn.prepare_cached(sql)?.execute((delivery, encoded))?;
    Ok(())
}

pub(crate) fn of(conn: &Connection, delivery: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    let sql = "SELECT answer FROM given_answer WHERE delivery = ?1";
    conn.prepare_cached(sql)?.query_row([delivery], |row| row.get(0)).optional()
}
