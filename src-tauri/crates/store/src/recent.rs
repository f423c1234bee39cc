//! What a project's recent deliveries show: which secret verified them, and which were refused.
//!
//! No index over deliveries is needed: arrivals rise with the id, nearly, so a binary search finds where to start, and
//! the rest is read in the order of ids.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OptionalExtension, Statement};
use serde::Serialize;

use crate::table::{content, delivery, imported, signer};
use crate::{Error, Row};

/// Deliveries that one secret verified within one span of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignedBin {
    /// The secret's id.
    pub key: String,
    /// The number of the span, from 0: `(received_ns - from_ns) / bin_ns`.
    pub bin: i64,
    /// How many.
    pub count: u32,
    /// The id of the one stored last.
    pub last: i64,
    /// When that one arrived, Unix nanoseconds.
    pub last_ns: i64,
}

/// A delivery that was not in order: its row and its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unverified {
    /// What the list shows.
    pub row: Row,
    /// The path as received, without the query.
    pub path: String,
}

/// How far a clock may be set back between two deliveries, or by how much a delivery may be stored after a later
/// arrival. Beyond this, deliveries from before the step may be left out.
const SLACK_NS: i64 = 600_000_000_000;

/// No delivery before this id arrived at `from_ns` or later, provided that none arrived more than [`SLACK_NS`] before
/// one with a smaller id. What came out of a file is not looked at.
///
/// The reason: the delivery found is either the first of all, or directly follows one that arrived before `from_ns -
/// SLACK_NS`; then everything before that one arrived before `from_ns`.
pub(crate) fn start(conn: &Connection, from_ns: i64) -> rusqlite::Result<i64> {
    let Some((mut lowest, mut highest)) = delivery::bounds(conn)? else { return Ok(0) };
    let target = from_ns.saturating_sub(SLACK_NS);
    let mut statement = conn.prepare_cached(delivery::ARRIVAL)?;
    while lowest < highest {
        let middle = lowest + (highest - lowest) / 2;
        // Ids may be missing: take the next one that exists.
        let found = arrival(conn, &mut statement, middle)?;
        let Some((id, received_ns)) = found else {
            highest = middle;
            continue;
        };
        if received_ns >= target {
            highest = middle;
        } else {
            lowest = id + 1;
        }
    }
    Ok(lowest)
}

/// The first delivery from this id on that did not come out of a file, and its arrival; `None` if there is none.
fn arrival(conn: &Connection, statement: &mut Statement<'_>, mut from: i64) -> rusqlite::Result<Option<(i64, i64)>> {
    loop {
        let next = statement.query_row([from], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((id, received_ns)) = next else { return Ok(None) };
        match imported::end(conn, id)? {
            Some(last) => from = last.saturating_add(1),
            None => return Ok(Some((id, received_ns))),
        }
    }
}

/// By span, then by the number of the secret.
pub(crate) fn signed(
    conn: &Connection,
    project: i64,
    from_ns: i64,
    bin_ns: i64,
    gone: &AtomicBool,
) -> Result<Vec<SignedBin>, Error> {
    /// How many, the last one, and its arrival.
    type Bin = (u32, i64, i64);
    let mut bins: BTreeMap<(i64, i64), Bin> = BTreeMap::new();
    let mut statement = conn.prepare_cached(delivery::SIGNED)?;
    let mut rows = statement.query((start(conn, from_ns)?, project, from_ns))?;
    while let Some(row) = rows.next()? {
        if gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        let (id, received_ns, number): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let bin = received_ns.saturating_sub(from_ns) / bin_ns.max(1);
        let (count, last, last_ns) = bins.entry((bin, number)).or_default();
        *count = count.saturating_add(1);
        (*last, *last_ns) = (id, received_ns);
    }
    let mut keys = BTreeMap::new();
    bins.into_iter()
        .map(|((bin, number), (count, last, last_ns))| {
            let key = match keys.get(&number) {
                Some(key) => String::clone(key),
                None => {
                    let key = signer::key(conn, number)?.ok_or(Error::Damaged("signer"))?;
                    keys.insert(number, key.clone());
                    key
                }
            };
            Ok(SignedBin { key, bin, count, last, last_ns })
        })
        .collect()
}

pub(crate) fn unverified(
    conn: &Connection,
    project: i64,
    from_ns: i64,
    limit: u32,
) -> rusqlite::Result<Vec<Unverified>> {
    newest(conn, delivery::UNVERIFIED, project, from_ns, limit)
}

pub(crate) fn unanswered(
    conn: &Connection,
    project: i64,
    from_ns: i64,
    limit: u32,
) -> rusqlite::Result<Vec<Unverified>> {
    newest(conn, delivery::UNANSWERED, project, from_ns, limit)
}

/// Id, arrival and whether it is verified, of those of a project in a span of time; the newest `most`, oldest first.
pub(crate) fn arrived(
    conn: &Connection,
    project: i64,
    from_ns: i64,
    to_ns: i64,
    most: usize,
    gone: &AtomicBool,
) -> Result<Vec<(i64, i64, bool)>, Error> {
    let mut statement = conn.prepare_cached(delivery::ARRIVED)?;
    let mut rows = statement.query((start(conn, from_ns)?, project))?;
    let mut found = std::collections::VecDeque::new();
    while let Some(row) = rows.next()? {
        if gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        let (id, received_ns, verified): (i64, i64, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        // Arrivals rise with the ids, but for a clock that was set back.
        if received_ns >= to_ns.saturating_add(SLACK_NS) {
            break;
        }
        if (from_ns..to_ns).contains(&received_ns) {
            found.push_back((id, received_ns, verified));
            if found.len() > most {
                found.pop_front();
            }
        }
    }
    Ok(found.into())
}

fn newest(conn: &Connection, sql: &str, project: i64, from_ns: i64, limit: u32) -> rusqlite::Result<Vec<Unverified>> {
    let ids: Vec<i64> = conn
        .prepare_cached(sql)?
        .query_map((start(conn, from_ns)?, project, from_ns, limit), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        if let (Some(row), Some(path)) = (delivery::row(conn, id)?, content::path(conn, id)?) {
            found.push(Unverified { row, path });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ids and arrivals, in ascending order of ids.
    fn history(deliveries: &[(i64, i64)]) -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut conn).unwrap();
        conn.execute("INSERT INTO project (id, name, sandbox, path) VALUES (1, 'Mine', 0, 'mine')", []).unwrap();
        let mut insert = conn
            .prepare(
                "INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, attempt, duplicate,
                                       warnings, status, body_len, truncated)
                 VALUES (?1, 1, ?2, 1, 0, '', '', 1, 0, 0, 401, 0, 0)",
            )
            .unwrap();
        for delivery in deliveries {
            insert.execute(*delivery).unwrap();
        }
        drop(insert);
        conn
    }

    proptest! {
        #[test]
        fn nothing_is_left_out_and_little_is_read_in_vain(
            steps in proptest::collection::vec((1..4_i64, 0..SLACK_NS, 0..SLACK_NS), 0..80),
            from in 0..80 * SLACK_NS,
        ) {
            let (mut id, mut clock, mut deliveries) = (0, 0, Vec::new());
            for (gap, step, late) in steps {
                (id, clock) = (id + gap, clock + step);
                deliveries.push((id, clock - late));
            }
            let start = start(&history(&deliveries), from).unwrap();
            prop_assert!(deliveries.iter().all(|(id, at)| *id >= start || *at < from));
            // Except the last one, which costs nothing to read.
            let first = deliveries.iter().find(|(id, _)| *id >= start).filter(|first| deliveries.last() != Some(first));
            prop_assert!(first.is_none_or(|(_, at)| *at >= from - SLACK_NS), "{start} {first:?}");
        }
    }

    #[test]
    fn a_long_history_is_not_read_from_its_beginning() {
        let deliveries: Vec<_> = (1..=5000).map(|n| (n * 7, n * SLACK_NS)).collect();
        let conn = history(&deliveries);
        // Ids between two deliveries are equivalent to the latter.
        let behind = |n: i64| (n - 1) * 7 + 1..=n * 7;
        for n in [2, 3, 2500, 4999, 5000] {
            assert!(behind(n - 1).contains(&start(&conn, n * SLACK_NS).unwrap()), "{n}");
            assert!(behind(n).contains(&start(&conn, n * SLACK_NS + 1).unwrap()), "{n}");
        }
        assert!(start(&conn, i64::MIN).unwrap() <= 7);
        assert!(start(&conn, i64::MAX).unwrap() > 4999 * 7);
        assert_eq!(start(&history(&[]), 0).unwrap(), 0);
    }

    #[test]
    fn they_are_read_in_the_order_of_ids_and_never_sorted() {
        let conn = history(&[]);
        for sql in [delivery::SIGNED, delivery::UNVERIFIED, delivery::UNANSWERED, delivery::ARRIVED] {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan: Vec<String> =
                statement.raw_query().mapped(|row| row.get(3)).collect::<rusqlite::Result<_>>().unwrap();
            assert!(plan.iter().any(|step| step.contains("USING INTEGER PRIMARY KEY (rowid>?)")), "{plan:?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE") || step.starts_with("SCAN")), "{plan:?}");
        }
    }
}
