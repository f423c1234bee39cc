//! `later_verdict`: verdicts that were made or extended after the commit. Separate from `delivery_content`, where
//! changing a row would write its body again.

use rusqlite::{Connection, OptionalExtension};
use signature::Verdict;

use crate::phrases::Phrases;
use crate::table::{delivery, phrase};
use crate::{Error, verdict_blob};

pub(crate) const CREATE: &str = "
CREATE TABLE later_verdict (
  delivery INTEGER PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
  verdict  BLOB NOT NULL  -- as in delivery_content, and in its place
);
ALTER TABLE delivery ADD COLUMN judged_ms INTEGER;  -- when it was judged again and came out otherwise, Unix milliseconds
ALTER TABLE event ADD COLUMN bodies INTEGER NOT NULL DEFAULT 0;  -- 1: whole bodies of two of its attempts differ
";

/// The verdict in force. `None` if there is no such delivery.
pub(crate) fn verdict(conn: &Connection, id: i64, phrases: &Phrases) -> Result<Option<Verdict>, Error> {
    let sql = "SELECT coalesce(l.verdict, c.verdict) FROM delivery_content c
               LEFT JOIN later_verdict l ON l.delivery = c.id WHERE c.id = ?1";
    let blob: Option<Vec<u8>> = conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    let phrase = |number| {
        let known = phrases.known().text(number).map(str::to_owned);
        known.or_else(|| phrase::text(conn, number).ok().flatten())
    };
    let decode = |blob: Vec<u8>| verdict_blob::decode(&blob, &phrase).ok_or(Error::Damaged("verdict"));
    blob.map(decode).transpose()
}

/// Replaces the stored verdict, also in the row.
pub(crate) fn put(conn: &Connection, id: i64, verdict: &Verdict, phrases: &Phrases) -> rusqlite::Result<()> {
    let blob = verdict_blob::encode(verdict, phrases).blob;
    let sql = "INSERT OR REPLACE INTO later_verdict (delivery, verdict) VALUES (?1, ?2)";
    conn.prepare_cached(sql)?.execute((id, blob))?;
    delivery::explained(conn, id, verdict)?;
    Ok(())
}
