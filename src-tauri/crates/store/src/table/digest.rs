//! `body_digest`: digests of bodies that are kept only in part. Its own table, because most deliveries have no such
//! row.

use rusqlite::{Connection, OptionalExtension};

pub(crate) const CREATE: &str = "
CREATE TABLE body_digest (
  delivery INTEGER PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
  sha256   BLOB NOT NULL  -- of the whole body, 32 bytes
);
";

pub(crate) fn keep(conn: &Connection, delivery: i64, sha256: &[u8; 32]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO body_digest (delivery, sha256) VALUES (?1, ?2)";
    conn.prepare_cached(sql)?.execute((delivery, sha256))?;
    Ok(())
}

pub(crate) fn of(conn: &Connection, delivery: i64) -> rusqlite::Result<Option<[u8; 32]>> {
    let sql = "SELECT sha256 FROM body_digest WHERE delivery = ?1";
    conn.prepare_cached(sql)?.query_row([delivery], |row| row.get(0)).optional()
}
