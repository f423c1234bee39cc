//! `uptime`: when the listener was open. "Was Pollux running at 14:02?"

use rusqlite::Row as SqlRow;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE uptime (
  id      INTEGER PRIMARY KEY,
  from_ms INTEGER NOT NULL,  -- Unix milliseconds
  seen_ms INTEGER NOT NULL,  -- until when at least
  ended   INTEGER NOT NULL   -- 1: it ended at seen_ms; 0: it was running then
);
CREATE INDEX uptime_from ON uptime (from_ms);
";

/// How many are kept.
const MOST: i64 = 20_000;

/// A stretch of time in which the listener was open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// Names it in [`Uptimes::seen`].
    pub id: i64,
    /// From when, Unix milliseconds.
    pub from_ms: i64,
    /// Until when at least.
    pub seen_ms: i64,
    /// It ended in order then. Otherwise it was open when it was last seen.
    pub ended: bool,
}

/// When the listener was open. From [`Store::uptimes`].
#[derive(Clone, Copy)]
pub struct Uptimes<'a>(pub(crate) &'a Store);

impl Uptimes<'_> {
    /// Begins one, and returns its id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn begin(&self, now_ms: i64) -> Result<i64, Error> {
        self.0
            .write(Vec::new(), move |conn| {
                conn.prepare_cached("DELETE FROM uptime WHERE id <= (SELECT max(id) FROM uptime) - ?1")?
                    .execute([MOST])?;
                let sql = "INSERT INTO uptime (from_ms, seen_ms, ended) VALUES (?1, ?1, 0) RETURNING id";
                Ok(conn.prepare_cached(sql)?.query_row([now_ms], |row| row.get(0))?)
            })
            .await
    }

    /// It is still open at `now_ms`, or ends then.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn seen(&self, id: i64, now_ms: i64, ended: bool) -> Result<(), Error> {
        let sql = "UPDATE uptime SET seen_ms = max(seen_ms, ?2), ended = ?3 WHERE id = ?1";
        self.0
            .write(Vec::new(), move |conn| {
                conn.prepare_cached(sql)?.execute((id, now_ms, ended))?;
                Ok(())
            })
            .await
    }

    /// Since when it is known whether it was open, Unix milliseconds; `None` if it never was.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn first(&self) -> Result<Option<i64>, Error> {
        let sql = "SELECT min(from_ms) FROM uptime";
        self.0.read(move |conn, _| Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)).await
    }

    /// Those that touch `from_ms..to_ms` (Unix milliseconds), the oldest first, at most 2,000.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Uptime>, Error> {
        let sql = "SELECT id, from_ms, seen_ms, ended FROM uptime WHERE from_ms < ?2 AND seen_ms >= ?1
                   ORDER BY from_ms LIMIT 2000";
        self.0
            .read(move |conn, _| {
                let rows = conn.prepare_cached(sql)?.query_map((from_ms, to_ms), take)?.collect::<Result<_, _>>()?;
                Ok(rows)
            })
            .await
    }
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<Uptime> {
    Ok(Uptime { id: row.get(0)?, from_ms: row.get(1)?, seen_ms: row.get(2)?, ended: row.get(3)? })
}
