//! `delivery_content`: the wide part of a delivery, read only when one is opened or searched.

use rusqlite::{Connection, OptionalExtension};
use signature::{Outcome, Verdict};

use crate::phrases::Phrases;
use crate::table::{delivery, event, later, phrase, signed};
use crate::{Answer, Delivery, Error, duplicate, encode, verdict_blob};

/// `body` is last: SQLite reads a row from the front, and finds whatever comes first without reading it.
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

/// Passes the body to `take` without copying any of it. `None` if there is no such delivery.
pub(crate) fn with_body<T>(conn: &Connection, id: i64, take: impl FnOnce(&[u8]) -> T) -> rusqlite::Result<Option<T>> {
    let mut statement = conn.prepare_cached("SELECT body FROM delivery_content WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(take(row.get_ref(0)?.as_blob()?)))
}

/// How many bytes of the body are kept. Costs the same for any body.
pub(crate) fn kept(conn: &Connection, id: i64) -> rusqlite::Result<u64> {
    let length: Option<i64> = conn
        .prepare_cached("SELECT length(body) FROM delivery_content WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0))
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
        "SELECT method, path, query, http_version, peer, token_id, headers,
                coalesce((SELECT verdict FROM later_verdict WHERE delivery = ?1), verdict), answer
         FROM delivery_content WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(wide) = rows.next()? else {
        return Err(Error::Damaged("delivery"));
    };
    let phrase = |number| known(number).or_else(|| phrase::text(conn, number).ok().flatten());
    let sha256 = if row.truncated { super::digest::of(conn, id)? } else { None };
    let note = match row.note {
        Some(_) => super::note::with_time(conn, id)?,
        None => None,
    };
    let (note, noted_ms) = note.unzip();
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
        note,
        noted_ms,
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

/// Records an answer. False if there is no such delivery.
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

/// Replaces the verdict of a delivery with one that has its diagnosis. One that was judged differently meanwhile is
/// left as it is. False if there is no such delivery.
pub(crate) fn explained(conn: &Connection, id: i64, mut verdict: Verdict, phrases: &Phrases) -> Result<bool, Error> {
    let Some(before) = later::verdict(conn, id, phrases)? else { return Ok(false) };
    let judged = delivery::row(conn, id)?.is_some_and(|row| row.judged_ms.is_some());
    if before.outcome == Outcome::Rejected || !judged {
        duplicate::keep_other_body(&mut verdict, &before);
        later::put(conn, id, &verdict, phrases)?;
    }
    Ok(true)
}
