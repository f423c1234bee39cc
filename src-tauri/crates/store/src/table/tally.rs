//! `tally`: a single row, updated by the writer in every transaction, so that nobody ever counts a million rows.

use rusqlite::Connection;

use crate::Counts;
use crate::table::{signed, unsigned};

pub(crate) const CREATE: &str = "
CREATE TABLE tally (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  last_id    INTEGER NOT NULL,  -- the newest delivery's id; also after that delivery was removed: no id twice
  total      INTEGER NOT NULL,  -- deliveries kept
  kept_bytes INTEGER NOT NULL,  -- bytes of their headers and bodies
  last_event    INTEGER NOT NULL,  -- the newest event's id
  indexed_event INTEGER NOT NULL   -- every event up to this one is in event_key
);
INSERT INTO tally VALUES (1, 0, 0, 0, 0, 0);
";

#[derive(Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) last_id: i64,
    pub(crate) counts: Counts,
    pub(crate) last_event: i64,
    pub(crate) indexed_event: i64,
}

pub(crate) fn read(conn: &Connection) -> rusqlite::Result<Tally> {
    conn.prepare_cached("SELECT last_id, total, kept_bytes, last_event, indexed_event FROM tally")?.query_row(
        [],
        |row| {
            Ok(Tally {
                last_id: row.get(0)?,
                counts: Counts { total: unsigned(row.get(1)?), kept_bytes: unsigned(row.get(2)?) },
                last_event: row.get(3)?,
                indexed_event: row.get(4)?,
            })
        },
    )
}

/// Notes that rows which were there have changed.
pub(crate) fn revise(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE tally SET revision = revision + 1")?.execute([])?;
    Ok(())
}

pub(crate) fn revision(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT revision FROM tally")?.query_row([], |row| row.get(0))
}

pub(crate) fn write(conn: &Connection, tally: Tally) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE tally SET last_id = ?1, total = ?2, kept_bytes = ?3, last_event = ?4, indexed_event = ?5",
    )?
    .execute((
        tally.last_id,
        signed(tally.counts.total),
        signed(tally.counts.kept_bytes),
        tally.last_event,
        tally.indexed_event,
    ))?;
    Ok(())
}
