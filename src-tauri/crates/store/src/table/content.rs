//! `delivery_content`: the wide part of a delivery, read only when one is opened or searched.

use rusqlite::{Connection, OptionalExtension};
use signature::Verdict;

use crate::table::{delivery, event, phrase, signed};
use crate::verdict_blob::Encoded;
use crate::{Answer, Delivery, Error, encode, verdict_blob};

/// `body` is last: SQLite reads a row from the front, and what comes before is found without reading it.
pub(crate) const CREATE: &str = "
CREATE TABLE delivery_content (
  id           INTEGER PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
  method       TEXT NOT NULL,
  path         TEXT NOT NULL,
  query        TEXT,
  http_version TEXT NOT NULL,
  peer         TEXT NOT NULL,
  token_id     TEXT,
  headers      BLOB NOT NULL,  -- a count; per header the name and the value, each after its length (LEB128)
  verdict      BLOB NOT NULL,
  answer       BLOB NOT NULL,  -- its headers as above, then its body after its length
  body         BLOB NOT NULL
);
";

pub(crate) const INSERT: &str = "
INSERT INTO delivery_content (id, method, path, query, http_version, peer, token_id, headers, verdict, answer, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
";

pub(crate) fn body(conn: &Connection, id: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.prepare_cached("SELECT body FROM delivery_content WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
}

pub(crate) fn path(conn: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT path FROM delivery_content WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
}

pub(crate) fn delivery(
    conn: &Connection,
    id: i64,
    known: &dyn Fn(u64) -> Option<String>,
) -> Result<Option<Delivery>, Error> {
    let Some(row) = delivery::row(conn, id)? else {
        return Ok(None);
    };
    let mut statement = conn.prepare_cached(
        "SELECT method, path, query, http_version, peer, token_id, headers, verdict, answer
         FROM delivery_content WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(wide) = rows.next()? else {
        return Err(Error::Damaged("delivery"));
    };
    let phrase = |number| known(number).or_else(|| phrase::text(conn, number).ok().flatten());
    let sha256 = if row.truncated { super::digest::of(conn, id)? } else { None };
    let given = if row.answered_by.is_some() { super::answer::of(conn, id)? } else { None };
    let blob = |column| wide.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
    Ok(Some(Delivery {
        method: wide.get(0)?,
        path: wide.get(1)?,
        query: wide.get(2)?,
        http_version: wide.get(3)?,
        peer: wide.get(4)?,
        token_id: wide.get(5)?,
        sha256,
        headers: encode::take_headers(blob(6)?).ok_or(Error::Damaged("headers"))?,
        verdict: verdict_blob::decode(blob(7)?, &phrase).ok_or(Error::Damaged("verdict"))?,
        answer: match &given {
            Some(given) => encode::take_answer(row.status, given),
            None => encode::take_answer(row.status, blob(8)?),
        }
        .ok_or(Error::Damaged("answer"))?,
        row,
    }))
}

/// Notes an answer. False where there is no such delivery.
pub(crate) fn answer_given(
    conn: &Connection,
    id: i64,
    answer: &Answer,
    encoded: &[u8],
    took_us: u64,
) -> rusqlite::Result<bool> {
    let by = answer.by.as_ref().map(|(by, _)| by.number());
    let given: Option<(Option<i64>, bool)> = conn
        .prepare_cached(delivery::ANSWER_GIVEN)?
        .query_row((id, answer.status, by, signed(took_us)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((event, verified)) = given else { return Ok(false) };
    if by.is_some() {
        super::answer::keep(conn, id, encoded)?;
    }
    if let Some(event) = event.filter(|_| verified && (200..300).contains(&answer.status)) {
        conn.prepare_cached(event::ACCEPTED)?.execute([event])?;
    }
    Ok(true)
}

/// Replaces the verdict of a delivery by one with its diagnosis. False where there is no such delivery.
pub(crate) fn explained(conn: &Connection, id: i64, verdict: &Verdict, encoded: &Encoded) -> rusqlite::Result<bool> {
    conn.prepare_cached("UPDATE delivery_content SET verdict = ?2 WHERE id = ?1")?.execute((id, &encoded.blob))?;
    delivery::explained(conn, id, verdict)
}
