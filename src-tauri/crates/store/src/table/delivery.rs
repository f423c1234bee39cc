//! `delivery`: what a row of the list needs, and nothing wide.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};
use signature::{KeyState, Verdict};

use crate::delivery::{has_type, message_id_in_row};
use crate::duplicate::Earlier;
use crate::table::{event, request, unsigned};
use crate::verdict_blob::{outcome_number, outcome_of, scheme_number, scheme_of};
use crate::{AnsweredBy, Row, Tried};

pub(crate) const CREATE: &str = "
CREATE TABLE delivery (
  id          INTEGER PRIMARY KEY,
  project     INTEGER NOT NULL REFERENCES project (id),
  received_ns INTEGER NOT NULL,  -- Unix nanoseconds
  outcome     INTEGER NOT NULL,  -- 0 verified, 1 rejected, 2 unchecked, 3 unbound
  scheme      INTEGER NOT NULL,  -- 0 unknown, 1 v1, 2 v1a, 3 JWT
  reason      TEXT    NOT NULL,
  cause       TEXT    NOT NULL,
  grace_until INTEGER,           -- Unix seconds
  event       INTEGER REFERENCES event (id),
  event_type  TEXT,
  pointer     TEXT,
  attempt     INTEGER NOT NULL,  -- from 1
  duplicate   INTEGER NOT NULL,
  warnings    INTEGER NOT NULL,
  status      INTEGER NOT NULL,  -- answered
  took_us     INTEGER NOT NULL DEFAULT -2147483648,  -- that is: not known yet
  body_len    INTEGER NOT NULL,  -- of the whole body, as far as known
  truncated   INTEGER NOT NULL
);
CREATE INDEX delivery_facets ON delivery (project, outcome, event_type);
CREATE INDEX delivery_event ON delivery (event) WHERE event IS NOT NULL;
";

/// One entry for every attempt but an event's first, which `event.first_delivery` names: most events have one attempt,
/// and an index over all of them was an eighth of what a commit wrote. Another index over project, outcome and type was
/// a sixth; the rows are narrow, so a filter reads them all in the order of their ids (0.1 s per million).
pub(crate) const INDEX_AGAIN: &str = "
ALTER TABLE event ADD COLUMN first_delivery INTEGER NOT NULL DEFAULT 0;  -- id of the first attempt stored
UPDATE event SET first_delivery = coalesce((SELECT min(id) FROM delivery WHERE event = event.id), 0);
DROP INDEX delivery_facets;
DROP INDEX delivery_event;
CREATE INDEX delivery_again ON delivery (event) WHERE attempt > 1;
";

pub(crate) const ANSWERED_BY: &str = "
ALTER TABLE delivery ADD COLUMN answered_by INTEGER;  -- 1 a rule of the fault lab, 2 the target; NULL: the usual answer
";

pub(crate) const PINGED: &str = "
ALTER TABLE delivery ADD COLUMN pinged INTEGER;  -- 1: the answer to a ping that was asked for here
";

/// Records that a delivery answers a ping that was requested. False if there is no such delivery.
pub(crate) fn pinged(conn: &Connection, id: i64) -> rusqlite::Result<bool> {
    Ok(conn.prepare_cached("UPDATE delivery SET pinged = 1 WHERE id = ?1")?.execute([id])? > 0)
}

/// Pins a delivery or unpins it: id, 1 or 0.
pub(crate) const PIN: &str = "UPDATE delivery SET pinned = ?2 WHERE id = ?1 AND deleted = 0";

/// Whether there is such a delivery, hidden or not.
pub(crate) fn is_there(conn: &Connection, id: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM delivery WHERE id = ?1)")?.query_row([id], |row| row.get(0))
}

/// Whether there is such a delivery, and nothing hides it.
pub(crate) fn is_shown(conn: &Connection, id: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM delivery WHERE id = ?1 AND deleted = 0)";
    conn.prepare_cached(sql)?.query_row([id], |row| row.get(0))
}

/// Records the answer to a delivery that was stored without one: id, status, by, microseconds. Returns its event, and
/// whether it was verified.
pub(crate) const ANSWER_GIVEN: &str = "
UPDATE delivery SET status = ?2, answered_by = ?3, took_us = ?4 WHERE id = ?1 RETURNING event, outcome = 0
";

/// Verdicts on a token that does not cover its body were verifications before; their blobs are read as what they are.
pub(crate) const UNBOUND: &str = "
UPDATE delivery SET outcome = 3, reason = 'body_not_bound_to_token', cause = 'body not covered',
                    warnings = max(warnings - 1, 0)
WHERE outcome = 0 AND scheme = 3 AND cause = 'body not bound';
UPDATE event SET accepted = max(accepted - n, 0)
FROM (SELECT event AS of_it, count(*) AS n FROM delivery
      WHERE outcome = 3 AND status BETWEEN 200 AND 299 AND event IS NOT NULL GROUP BY event)
WHERE id = of_it;
";

/// `took_us` starts as a number that takes as much space as any that replaces it: rows are packed to the end of a page,
/// and one that grew would split it.
pub(crate) const INSERT: &str = "
INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, grace_until, event, event_type,
                      pointer, attempt, duplicate, warnings, status, body_len, truncated, signer, kept)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
";

pub(crate) const ANSWERED: &str = "UPDATE delivery SET took_us = ?2 WHERE id = ?1";

macro_rules! row {
    ($tail:literal) => {
        concat!(
            "SELECT d.id, d.project, d.received_ns, d.outcome, d.scheme, d.reason, d.cause, d.grace_until, d.event,
                    d.event_type, d.pointer, e.message_id, d.attempt, coalesce(e.attempts, 1), d.duplicate,
                    d.warnings, d.status, d.took_us, d.body_len, d.truncated, d.answered_by, d.judged_ms,
                    d.pinged IS NOT NULL, d.pinned, d.imported,
                    (SELECT substr(text, 1, 240) FROM note WHERE delivery = d.id)
             FROM delivery d LEFT JOIN event e ON e.id = d.event ",
            $tail
        )
    };
}

pub(crate) fn row(conn: &Connection, id: i64) -> rusqlite::Result<Option<Row>> {
    let row = conn.prepare_cached(row!("WHERE d.id = ?1 AND d.deleted = 0"))?.query_row([id], take).optional()?;
    row.map(|row| with_request(conn, row)).transpose()
}

/// A row without a type shows its request instead. Only for such a row the wide table is read, and only what precedes
/// its headers and body.
fn with_request(conn: &Connection, row: Row) -> rusqlite::Result<Row> {
    if has_type(row.event_type.as_deref()) {
        return Ok(row);
    }
    Ok(Row { request: request::of(conn, row.id)?, ..row })
}

/// Reads `delivery_again` backwards; its entries for one event are in the order of their ids.
const AGAIN: &str = row!("WHERE d.event = ?1 AND d.attempt > 1 AND d.deleted = 0 ORDER BY d.id DESC LIMIT ?2");

/// The newest attempts of an event, at most `limit`, oldest first.
pub(crate) fn attempts(conn: &Connection, event: i64, limit: u32) -> rusqlite::Result<Vec<Row>> {
    let mut rows: Vec<Row> = conn
        .prepare_cached(AGAIN)?
        .query_map((event, limit), take)?
        .map(|row| with_request(conn, row?))
        .collect::<rusqlite::Result<_>>()?;
    if rows.len() < limit as usize
        && let Some(first) = event::first_delivery(conn, event)?
    {
        rows.extend(row(conn, first)?);
    }
    rows.reverse();
    Ok(rows)
}

/// Of each of these events (ids as JSON) the newest of its further attempts, so many of each, and its first one. What
/// is read depends on what it returns, however many attempts there are.
const TRIED: &str = "
SELECT w.value, d.id, d.received_ns, d.outcome, d.status, d.answered_by
FROM json_each(?1) w CROSS JOIN delivery d ON d.id IN (
  SELECT id FROM (SELECT id FROM delivery WHERE event = w.value AND attempt > 1 AND deleted = 0
                  ORDER BY id DESC LIMIT ?2)
  UNION ALL SELECT first_delivery FROM event WHERE id = w.value)
WHERE d.deleted = 0 ORDER BY w.value, d.id
";

/// The newest attempts of each of these events, at most `most` of each, oldest first.
pub(crate) fn tried(conn: &Connection, events: &[i64], most: u32) -> rusqlite::Result<Vec<Tried>> {
    let take = |row: &SqlRow<'_>| {
        Ok(Tried {
            event: row.get(0)?,
            id: row.get(1)?,
            received_ns: row.get(2)?,
            outcome: outcome_of(row.get(3)?).ok_or_else(|| odd(3))?,
            status: row.get(4)?,
            answered_by: row.get::<_, Option<u8>>(5)?.and_then(AnsweredBy::of),
        })
    };
    let found: Vec<Tried> =
        conn.prepare_cached(TRIED)?.query_map((as_json(events), most), take)?.collect::<rusqlite::Result<_>>()?;
    // The first one is read along, and left out where there are enough newer ones.
    let newest = |event: &[Tried]| event[event.len().saturating_sub(most as usize)..].to_vec();
    Ok(found.chunk_by(|one, other| one.event == other.event).flat_map(newest).collect())
}

/// Of the events of these deliveries, those with more than one attempt.
pub(crate) fn retried_among(conn: &Connection, ids: &[i64]) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT DISTINCT d.event FROM json_each(?1) w CROSS JOIN delivery d ON d.id = w.value
               CROSS JOIN event e ON e.id = d.event WHERE e.attempts > 1";
    conn.prepare_cached(sql)?.query_map([as_json(ids)], |row| row.get(0))?.collect()
}

fn as_json(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(","))
}

/// The most rows that one further attempt changes.
const EARLIER: usize = 200;

/// The newest attempts of this event before that one: their rows now count one attempt more.
pub(crate) fn earlier_attempts(conn: &Connection, event: i64, before: i64) -> rusqlite::Result<Vec<i64>> {
    let mut ids: Vec<i64> = conn
        .prepare_cached(
            "SELECT id FROM delivery WHERE event = ?1 AND attempt > 1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
        )?
        .query_map((event, before, EARLIER as i64), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if ids.len() < EARLIER {
        ids.extend(event::first_delivery(conn, event)?.filter(|first| *first < before));
    }
    Ok(ids)
}

/// Earlier attempts that are examined when another one arrives: the newest, and the first.
const LOOKED_AT: usize = 20;

/// What is known of the attempts of an event before this one, newest first.
pub(crate) fn earlier(conn: &Connection, event: i64, before: i64) -> rusqlite::Result<Vec<Earlier>> {
    let columns = "SELECT id, received_ns, outcome, status, body_len, truncated FROM delivery";
    let take = |row: &SqlRow<'_>| {
        Ok(Earlier {
            id: row.get(0)?,
            received_ns: row.get(1)?,
            outcome: outcome_of(row.get(2)?).ok_or_else(|| odd(2))?,
            status: row.get(3)?,
            body_len: unsigned(row.get(4)?),
            truncated: row.get(5)?,
        })
    };
    let again = format!("{columns} WHERE event = ?1 AND attempt > 1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
    let mut found: Vec<Earlier> = conn
        .prepare_cached(&again)?
        .query_map((event, before, LOOKED_AT as i64 - 1), take)?
        .collect::<rusqlite::Result<_>>()?;
    if let Some(first) = event::first_delivery(conn, event)?.filter(|first| *first < before) {
        found.extend(conn.prepare_cached(&format!("{columns} WHERE id = ?1"))?.query_row([first], take).optional()?);
    }
    Ok(found)
}

/// Whether an earlier attempt of the event is verified and was answered 2xx.
pub(crate) fn accepted_before(conn: &Connection, event: i64, before: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM delivery WHERE id = (SELECT first_delivery FROM event WHERE id = ?1) AND id < ?2
                              AND outcome = 0 AND status BETWEEN 200 AND 299)
                   OR EXISTS (SELECT 1 FROM (SELECT outcome, status FROM delivery WHERE event = ?1 AND attempt > 1 AND id < ?2
                                             ORDER BY id DESC LIMIT 200)
                              WHERE outcome = 0 AND status BETWEEN 200 AND 299)";
    conn.prepare_cached(sql)?.query_row((event, before), |row| row.get(0))
}

/// The smallest and the largest id.
pub(crate) fn bounds(conn: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let first = |sql| conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).optional();
    let lowest = first("SELECT id FROM delivery ORDER BY id LIMIT 1")?;
    let highest = first("SELECT id FROM delivery ORDER BY id DESC LIMIT 1")?;
    Ok(lowest.zip(highest))
}

/// Id and arrival of the first delivery with at least this id.
pub(crate) const ARRIVAL: &str = "SELECT id, received_ns FROM delivery WHERE id >= ?1 ORDER BY id LIMIT 1";

/// From this id on, of a project, not before a time: id, arrival and signer of those that a secret verified.
pub(crate) const SIGNED: &str = "
SELECT id, received_ns, signer FROM delivery
WHERE id >= ?1 AND project = ?2 AND received_ns >= ?3 AND signer IS NOT NULL
  AND imported = 0 AND deleted = 0 ORDER BY id
";

/// From this id on, of a project, not before a time, at most this many: ids of those that were not verified.
pub(crate) const UNVERIFIED: &str = "
SELECT id FROM delivery
WHERE id >= ?1 AND project = ?2 AND received_ns >= ?3 AND outcome <> 0 AND imported = 0 AND deleted = 0
ORDER BY id DESC LIMIT ?4
";

/// From this id on, of a project: id, arrival, whether it is verified.
pub(crate) const ARRIVED: &str = "
SELECT id, received_ns, outcome = 0 FROM delivery
WHERE id >= ?1 AND project = ?2 AND imported = 0 AND deleted = 0 ORDER BY id
";

/// Likewise: ids of those that were not answered 2xx and are the newest attempt of their event, or have no event.
pub(crate) const UNANSWERED: &str = "
SELECT id FROM delivery d
WHERE id >= ?1 AND project = ?2 AND received_ns >= ?3 AND status NOT BETWEEN 200 AND 299
  AND imported = 0 AND deleted = 0 AND (event IS NULL OR attempt = (SELECT attempts FROM event e WHERE e.id = d.event))
ORDER BY id DESC LIMIT ?4
";

/// Until when the matched key is accepted, if it is in its grace (Unix seconds).
pub(crate) fn grace_until(verdict: &Verdict) -> Option<i64> {
    match verdict.key.as_ref()?.state {
        KeyState::Grace { until } => Some(until),
        KeyState::Current | KeyState::Expired { .. } => None,
    }
}

pub(crate) fn warnings(verdict: &Verdict) -> u32 {
    u32::try_from(verdict.warnings.len()).unwrap_or(u32::MAX)
}

/// What a later verdict changes in a row, besides [`explained`]: id, grace, duplicate, signer, when.
pub(crate) const JUDGED_AGAIN: &str =
    "UPDATE delivery SET grace_until = ?2, duplicate = ?3, signer = ?4, judged_ms = ?5 WHERE id = ?1";

/// Attempts of an event after this one that were judged again, verified, and are not known to be repeats.
pub(crate) const FOLLOWING: &str = "
SELECT id FROM delivery
WHERE event = ?1 AND attempt > 1 AND id > ?2 AND outcome = 0 AND judged_ms IS NOT NULL AND duplicate = 0
ORDER BY id LIMIT 200
";

pub(crate) const IS_DUPLICATE: &str = "UPDATE delivery SET duplicate = 1 WHERE id = ?1";

/// Writes an explained verdict into the row. False if there is no such delivery.
pub(crate) fn explained(conn: &Connection, id: i64, verdict: &Verdict) -> rusqlite::Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE delivery SET outcome = ?2, scheme = ?3, reason = ?4, cause = ?5, warnings = ?6 WHERE id = ?1",
        )?
        .execute((
            id,
            outcome_number(verdict.outcome),
            scheme_number(verdict.scheme),
            &*verdict.reason,
            &*verdict.cause,
            warnings(verdict),
        ))?;
    Ok(changed > 0)
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        project: row.get(1)?,
        received_ns: row.get(2)?,
        outcome: outcome_of(row.get(3)?).ok_or_else(|| odd(3))?,
        scheme: scheme_of(row.get(4)?).ok_or_else(|| odd(4))?,
        reason: row.get::<_, String>(5)?.into(),
        cause: row.get::<_, String>(6)?.into(),
        grace_until: row.get(7)?,
        event: row.get(8)?,
        event_type: row.get(9)?,
        pointer: row.get(10)?,
        message_id: row.get_ref(11)?.as_str_or_null()?.map(|id| message_id_in_row(id).to_owned()),
        attempt: row.get(12)?,
        attempts: row.get(13)?,
        duplicate: row.get(14)?,
        warnings: row.get(15)?,
        status: row.get(16)?,
        took_us: u64::try_from(row.get::<_, i64>(17)?).ok(),
        body_len: unsigned(row.get(18)?),
        truncated: row.get(19)?,
        answered_by: row.get::<_, Option<u8>>(20)?.and_then(AnsweredBy::of),
        judged_ms: row.get(21)?,
        pinged: row.get(22)?,
        pinned: row.get(23)?,
        imported: row.get(24)?,
        note: row.get(25)?,
        request: None,
    })
}

fn odd(column: usize) -> rusqlite::Error {
    let why = "a number that this version does not know".into();
    rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, why)
}

/// All ids, ascending.
pub(crate) fn ids(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = conn.prepare_cached("SELECT id FROM delivery WHERE deleted = 0 ORDER BY id")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// A project's ids after this one, ascending.
pub(crate) fn ids_of(conn: &Connection, project: i64, after: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT id FROM delivery WHERE id > ?2 AND project = ?1 AND deleted = 0 ORDER BY id";
    conn.prepare_cached(sql)?.query_map([project, after], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_read_off_the_index_and_never_sorted() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut conn).unwrap();
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {AGAIN}")).unwrap();
        let plan: Vec<String> =
            statement.query_map((1, 2), |row| row.get(3)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
        assert!(plan.iter().any(|step| step.contains("INDEX delivery_again (event=?)")), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE") || step.starts_with("SCAN")), "{plan:?}");
    }
}
