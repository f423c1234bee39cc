//! Removes deliveries with all that belongs to them, in one short transaction.
//!
//! Runs on a connection without foreign keys: what refers to a delivery is removed by ranges of ids here, in a fraction
//! of the time; and to look for attempts of an event that leaves would read all deliveries.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::limits::{AT_ARRIVAL, Limits, Waiting};
use crate::table::share::Shares;
use crate::table::{gone, tally, unsigned};

/// Rows that one slice looks at.
const LOOKED_AT: u32 = 20_000;
/// Bytes of headers and bodies that one slice removes; a single delivery may have more.
const BYTES: u64 = 8 << 20;
/// Bytes of headers that are assumed where they were not noted.
pub(super) const HEADERS: u64 = 600;

/// A delivery that may go.
#[derive(Clone, Copy, Debug)]
struct Victim {
    id: i64,
    project: i64,
    event: Option<i64>,
    /// Bytes of its headers and body, where that was noted.
    kept: Option<u64>,
    /// Hidden before: it is not counted any more.
    hidden: bool,
}

/// Which of the oldest deliveries go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oldest {
    /// Of this project only.
    pub(super) project: Option<i64>,
    /// Look from this id on.
    pub(super) from: i64,
    /// At most this many.
    pub(super) most: u64,
    /// Only those that arrived before, Unix nanoseconds. The first younger one ends it.
    pub(super) before_ns: Option<i64>,
    /// Those that the user deleted, too.
    pub(super) hidden: bool,
}

/// What a slice did.
#[derive(Debug, Default)]
pub(super) struct Removed {
    /// Ranges of ids that are gone, ascending.
    pub(super) ranges: Vec<(i64, i64)>,
    pub(super) deliveries: u64,
    /// Events that have no delivery left.
    pub(super) events: i64,
    /// Everything before this id stays.
    pub(super) upto: i64,
    /// There is nothing more to remove.
    pub(super) exhausted: bool,
}

/// Removes some of the oldest.
pub(super) fn oldest(conn: &mut Connection, which: Oldest, waiting: &[Waiting]) -> rusqlite::Result<Removed> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (found, upto, exhausted) = victims(&transaction, which, waiting)?;
    let removed = remove(&transaction, &found)?;
    transaction.commit()?;
    Ok(Removed { upto, exhausted, ..removed })
}

/// Removes some that one deletion hides.
pub(super) fn deleted(conn: &mut Connection, number: i64, most: u64) -> rusqlite::Result<Removed> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "SELECT id, project, event, kept, body_len FROM delivery WHERE deleted = ?1 ORDER BY id LIMIT ?2";
    let mut found: Vec<(i64, Victim)> = Vec::new();
    let mut bytes = 0;
    {
        let mut statement = transaction.prepare_cached(sql)?;
        let mut rows = statement.query((number, crate::table::signed(most)))?;
        while bytes < BYTES
            && let Some(row) = rows.next()?
        {
            let id: i64 = row.get(0)?;
            let kept = row.get::<_, Option<i64>>(3)?.map(unsigned);
            bytes += kept.map_or_else(|| row.get(4).map(unsigned), Ok)?;
            // What stands between two of them is not known here.
            let run = found.last().map_or(id, |(run, last)| if last.id + 1 == id { *run } else { id });
            found.push((run, Victim { id, project: row.get(1)?, event: row.get(2)?, kept, hidden: true }));
        }
    }
    let exhausted = found.is_empty();
    if exhausted {
        transaction.prepare_cached("DELETE FROM deletion WHERE number = ?1")?.execute([number])?;
    }
    let removed = remove(&transaction, &found)?;
    transaction.commit()?;
    Ok(Removed { exhausted, ..removed })
}

/// Whether any delivery may go.
pub(super) fn any(conn: &Connection, from: i64, waiting: &[Waiting]) -> rusqlite::Result<bool> {
    let which = Oldest { project: None, from, most: 1, before_ns: None, hidden: true };
    Ok(!victims(conn, which, waiting)?.0.is_empty())
}

/// Victims with the run that each belongs to; where the next look begins; whether there is nothing more.
type Found = (Vec<(i64, Victim)>, i64, bool);

fn victims(conn: &Connection, which: Oldest, waiting: &[Waiting]) -> rusqlite::Result<Found> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT id, project, received_ns, event, kept, pinned, deleted, {AT_ARRIVAL}, body_len
         FROM delivery WHERE id >= ?1 ORDER BY id LIMIT ?2"
    ))?;
    let mut rows = statement.query((which.from, LOOKED_AT))?;
    let mut found: Vec<(i64, Victim)> = Vec::new();
    let (mut bytes, mut looked_at, mut next, mut run) = (0, 0, which.from, None);
    while (found.len() as u64) < which.most && bytes < BYTES {
        let Some(row) = rows.next()? else { return Ok((found, next, looked_at < LOOKED_AT)) };
        looked_at += 1;
        let (id, project): (i64, i64) = (row.get(0)?, row.get(1)?);
        let hidden = row.get::<_, i64>(6)? != 0;
        let arrived: u8 = row.get(7)?;
        let of_it = which.project.is_none_or(|asked| asked == project);
        let stays = row.get::<_, bool>(5)?
            || (hidden && !which.hidden)
            || !of_it
            || waits(conn, waiting, (project, id, arrived))?;
        if stays {
            run = None;
        } else if which.before_ns.is_some_and(|before| row.get(2).is_ok_and(|at: i64| at >= before)) {
            return Ok((found, next, true));
        } else {
            let kept = row.get::<_, Option<i64>>(4)?.map(unsigned);
            bytes += kept.map_or_else(|| row.get(8).map(unsigned), Ok)?;
            let run = *run.get_or_insert(id);
            found.push((run, Victim { id, project, event: row.get(3)?, kept, hidden }));
        }
        next = id + 1;
    }
    Ok((found, next, false))
}

/// Whether a delivery (project, id, what it was at its arrival) waits to be forwarded.
pub(super) fn waits(
    conn: &Connection,
    waiting: &[Waiting],
    (project, id, arrived): (i64, i64, u8),
) -> rusqlite::Result<bool> {
    let of_it = |one: &&Waiting| one.project == project && id > one.after && arrived <= one.which.most();
    if waiting.iter().find(of_it).is_none() {
        return Ok(false);
    }
    let sql = "SELECT 1 FROM delivery WHERE id = ?1 AND imported = 0
               AND NOT EXISTS (SELECT 1 FROM outbound WHERE delivery = ?1 AND kind = 1 AND settled = 1)";
    conn.prepare_cached(sql)?.exists([id])
}

fn remove(conn: &Connection, victims: &[(i64, Victim)]) -> rusqlite::Result<Removed> {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for (run, victim) in victims {
        match ranges.last_mut().filter(|(first, _)| first == run) {
            Some((_, last)) => *last = victim.id,
            None => ranges.push((*run, victim.id)),
        }
    }
    let shares = shares(conn, victims)?;
    for range in &ranges {
        for sql in BY_RANGE {
            conn.prepare_cached(sql)?.execute(*range)?;
        }
    }
    let events = forget_events(conn, victims)?;
    if !victims.is_empty() {
        let (deliveries, bytes) = shares.sum();
        let mut tally = tally::read(conn)?;
        tally.counts.total = tally.counts.total.saturating_sub(deliveries);
        tally.counts.kept_bytes = tally.counts.kept_bytes.saturating_sub(bytes);
        tally::write(conn, tally)?;
        shares.take(conn)?;
        tally::revise(conn)?;
    }
    Ok(Removed { ranges, deliveries: victims.len() as u64, events, ..Removed::default() })
}

const BY_RANGE: [&str; 9] = [
    "DELETE FROM delivery_content WHERE id BETWEEN ?1 AND ?2",
    "DELETE FROM later_verdict WHERE delivery BETWEEN ?1 AND ?2",
    "DELETE FROM given_answer WHERE delivery BETWEEN ?1 AND ?2",
    "DELETE FROM body_digest WHERE delivery BETWEEN ?1 AND ?2",
    "DELETE FROM note WHERE delivery BETWEEN ?1 AND ?2",
    "DELETE FROM told WHERE delivery BETWEEN ?1 AND ?2",
    "DELETE FROM kept_result WHERE delivery BETWEEN ?1 AND ?2",
    "DELETE FROM outbound WHERE delivery BETWEEN ?1 AND ?2",
    "DELETE FROM delivery WHERE id BETWEEN ?1 AND ?2",
];

/// What those of them that are still counted have.
fn shares(conn: &Connection, victims: &[(i64, Victim)]) -> rusqlite::Result<Shares> {
    let mut shares = Shares::default();
    let mut statement = conn.prepare_cached(KEPT)?;
    for (_, victim) in victims.iter().filter(|(_, victim)| !victim.hidden) {
        let kept = match victim.kept {
            Some(kept) => kept,
            None => statement.query_row([victim.id], |row| row.get(0).map(unsigned))?,
        };
        shares.add(victim.project, 1, kept);
    }
    Ok(shares)
}

/// Bytes of headers and body of a delivery, read from themselves.
const KEPT: &str = "SELECT coalesce(sum(length(headers) + length(body)), 0) FROM delivery_content WHERE id = ?1";

/// Events that have no delivery left go, and their ids leave the index later.
fn forget_events(conn: &Connection, victims: &[(i64, Victim)]) -> rusqlite::Result<i64> {
    let mut events: Vec<i64> = victims.iter().filter_map(|(_, victim)| victim.event).collect();
    events.sort_unstable();
    events.dedup();
    let mut gone = 0;
    let mut note = conn.prepare_cached(gone::NOTE)?;
    let mut delete = conn.prepare_cached(
        "DELETE FROM event WHERE id BETWEEN ?1 AND ?2 AND id IN (SELECT id FROM gone_event WHERE id BETWEEN ?1 AND ?2)",
    )?;
    for run in events.chunk_by(|one, next| one + 1 == *next) {
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            note.execute((first, last))?;
            gone += delete.execute((first, last))? as i64;
        }
    }
    Ok(gone)
}

/// When the oldest that may go arrived, Unix nanoseconds, and its id.
pub(super) fn first(conn: &Connection, from: i64, project: Option<i64>) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = "SELECT id, received_ns FROM delivery
               WHERE id >= ?1 AND pinned = 0 AND deleted = 0 AND (?2 IS NULL OR project = ?2) ORDER BY id LIMIT 1";
    conn.prepare_cached(sql)?.query_row((from, project), |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// The time before which a delivery is too old, Unix nanoseconds.
pub(super) fn cutoff(limits: &Limits, now_ms: i64) -> Option<i64> {
    limits.max_age_ns.map(|age| now_ms.saturating_mul(1_000_000).saturating_sub(age))
}
