//! Deliveries that are judged again: a key arrived later, or the user asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OptionalExtension};
use signature::{Outcome, Verdict};

use crate::job::Changes;
use crate::phrases::Phrases;
use crate::signers::verified_by;
use crate::table::delivery::grace_until;
use crate::table::{delivery, event, later, signer};
use crate::{Error, Store, duplicate, encode};

/// Roughly the bytes of bodies that one call of [`crate::Store::doubtful`] returns; a single body may be larger.
pub const DOUBTFUL_BYTES: usize = 8 << 20;

/// A rejected or unchecked delivery, with everything needed to judge it again.
#[derive(Clone, Debug)]
pub struct Doubtful {
    /// Its id.
    pub id: i64,
    /// Its project.
    pub project: i64,
    /// When it arrived, Unix nanoseconds.
    pub received_ns: i64,
    /// Only part of its body was kept; `body` is empty then, and it cannot be judged again.
    pub truncated: bool,
    /// Its headers, as in [`crate::Delivery`].
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body.
    pub body: Vec<u8>,
    /// Its verdict so far.
    pub verdict: Verdict,
}

/// Which deliveries are to be judged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubtfulRange {
    /// Of this project.
    pub project: i64,
    /// After this id.
    pub after: i64,
    /// Up to this id.
    pub upto: i64,
    /// Only those with this reason.
    pub reason: Option<&'static str>,
}

impl Store {
    /// Deliveries of a project that are not verified, in the order of their ids, with everything needed to judge them
    /// again: those after `after` and up to `upto`, with this reason if one is given. At most `limit` of them, and no
    /// more once their bodies reach [`DOUBTFUL_BYTES`].
    ///
    /// # Errors
    /// [`Error::Damaged`] if one cannot be read back; any SQLite error.
    pub async fn doubtful(&self, range: DoubtfulRange, limit: u32) -> Result<Vec<Doubtful>, Error> {
        let phrases = Arc::clone(self.phrases());
        self.read(move |conn, gone| in_range(conn, &range, limit, &phrases, gone)).await
    }

    /// Those of these deliveries that are not verified, in this order, and how many of the ids were examined: no more
    /// once their bodies reach [`DOUBTFUL_BYTES`].
    ///
    /// # Errors
    /// Those of [`Store::doubtful`].
    pub async fn doubtful_of(&self, ids: &[i64]) -> Result<(Vec<Doubtful>, usize), Error> {
        let (ids, phrases) = (ids.to_vec(), Arc::clone(self.phrases()));
        self.read(move |conn, gone| of(conn, &ids, &phrases, gone)).await
    }

    /// How many [`Store::doubtful`] would return without a limit. Costs a read of the narrow rows.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn doubtful_count(&self, range: DoubtfulRange) -> Result<u64, Error> {
        self.read(move |conn, _| Ok(count(conn, &range)?)).await
    }

    /// Replaces the verdicts of deliveries that are not verified and whose body was kept whole: all of them or none.
    /// Any other delivery is left as it is. `at_ms`, in Unix milliseconds, is recorded if the outcome changes. Answers
    /// stay as they were. The rows are announced as changed if `tell` is set. Returns the ids and the new outcomes of
    /// those that were replaced.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn judged_again(
        &self,
        verdicts: Vec<(i64, Verdict)>,
        at_ms: i64,
        tell: bool,
    ) -> Result<Vec<(i64, Outcome)>, Error> {
        let phrases = Arc::clone(self.phrases());
        let told = if tell { verdicts.iter().map(|(id, _)| *id).collect() } else { Vec::new() };
        let changes = Changes { told, revises: true, ..Changes::default() };
        self.write_with(changes, move |conn| replace(conn, verdicts, at_ms, &phrases)).await
    }
}

const IN_RANGE: &str = "FROM delivery WHERE id > ?1 AND id <= ?2 AND project = ?3 AND outcome <> 0 AND deleted = 0 \
                        AND (?4 IS NULL OR reason = ?4)";

fn count(conn: &Connection, range: &DoubtfulRange) -> rusqlite::Result<u64> {
    let DoubtfulRange { project, after, upto, reason } = range;
    conn.prepare_cached(&format!("SELECT count(*) {IN_RANGE}"))?
        .query_row((after, upto, project, reason), |row| row.get::<_, i64>(0))
        .map(crate::table::unsigned)
}

fn in_range(
    conn: &Connection,
    range: &DoubtfulRange,
    limit: u32,
    phrases: &Phrases,
    gone: &AtomicBool,
) -> Result<Vec<Doubtful>, Error> {
    let DoubtfulRange { project, after, upto, reason } = range;
    let ids: Vec<i64> = conn
        .prepare_cached(&format!("SELECT id {IN_RANGE} ORDER BY id LIMIT ?5"))?
        .query_map((after, upto, project, reason, limit), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(of(conn, &ids, phrases, gone)?.0)
}

fn of(conn: &Connection, ids: &[i64], phrases: &Phrases, gone: &AtomicBool) -> Result<(Vec<Doubtful>, usize), Error> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    for (looked_at, id) in ids.iter().enumerate() {
        if gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        if bytes >= DOUBTFUL_BYTES {
            return Ok((found, looked_at));
        }
        if let Some(one) = read(conn, *id, phrases)? {
            bytes += one.body.len();
            found.push(one);
        }
    }
    Ok((found, ids.len()))
}

fn read(conn: &Connection, id: i64, phrases: &Phrases) -> Result<Option<Doubtful>, Error> {
    type Wide = (i64, i64, bool, Vec<u8>, Vec<u8>);
    let sql = "SELECT d.project, d.received_ns, d.truncated, c.headers, CASE WHEN d.truncated THEN x'' ELSE c.body END
               FROM delivery d JOIN delivery_content c ON c.id = d.id WHERE d.id = ?1 AND d.outcome <> 0 AND d.deleted = 0";
    let take = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    let wide: Option<Wide> = conn.prepare_cached(sql)?.query_row([id], take).optional()?;
    let Some((project, received_ns, truncated, headers, body)) = wide else { return Ok(None) };
    let headers = encode::take_headers(&headers).ok_or(Error::Damaged("headers"))?;
    let verdict = later::verdict(conn, id, phrases)?.ok_or(Error::Damaged("verdict"))?;
    Ok(Some(Doubtful { id, project, received_ns, truncated, headers, body, verdict }))
}

fn replace(
    conn: &Connection,
    verdicts: Vec<(i64, Verdict)>,
    at_ms: i64,
    phrases: &Phrases,
) -> Result<Vec<(i64, Outcome)>, Error> {
    let mut replaced = Vec::with_capacity(verdicts.len());
    for (id, mut verdict) in verdicts {
        let Some(row) = delivery::row(conn, id)?.filter(|row| row.outcome != Outcome::Verified && !row.truncated)
        else {
            continue;
        };
        if let Some(before) = later::verdict(conn, id, phrases)? {
            duplicate::keep_other_body(&mut verdict, &before);
        }
        let mut again = false;
        if let Some(event) = row.event.filter(|_| row.attempt > 1) {
            again = delivery::accepted_before(conn, event, id)?;
            tell(conn, event, &row, again, &mut verdict)?;
        }
        later::put(conn, id, &verdict, phrases)?;
        let verified = verdict.outcome == Outcome::Verified;
        let signer = match verified_by(&verdict) {
            Some(key) => {
                let number = signer::ensure(conn, key)?;
                conn.prepare_cached(signer::TALLY_LATER)?.execute((number, id, row.received_ns))?;
                Some(number)
            }
            None => None,
        };
        let judged_ms = if verdict.outcome == row.outcome { row.judged_ms } else { Some(at_ms) };
        conn.prepare_cached(delivery::JUDGED_AGAIN)?.execute((id, grace_until(&verdict), again, signer, judged_ms))?;
        if let Some(event) = row.event.filter(|_| verified && (200..300).contains(&row.status)) {
            conn.prepare_cached(event::ACCEPTED)?.execute([event])?;
            follow(conn, event, id, phrases)?;
        }
        replaced.push((id, verdict.outcome));
    }
    Ok(replaced)
}

/// The rung of earlier attempts, as it would be at an arrival.
fn tell(conn: &Connection, event: i64, row: &crate::Row, again: bool, verdict: &mut Verdict) -> rusqlite::Result<()> {
    if again {
        let seconds = |ns: i64| ns.div_euclid(1_000_000_000);
        let first_ns = event::first_ns(conn, event)?.unwrap_or(row.received_ns);
        duplicate::mark(verdict, row.attempt, seconds(first_ns), seconds(row.received_ns));
    } else {
        let earlier = delivery::earlier(conn, event, row.id)?;
        duplicate::tell(verdict, &earlier, row.attempt.saturating_sub(1), row.received_ns);
    }
    Ok(())
}

/// An attempt is now accepted, so later ones that were also judged again are its repeats. What was verified at its
/// arrival stays as it was reported then.
fn follow(conn: &Connection, event: i64, id: i64, phrases: &Phrases) -> Result<(), Error> {
    let ids: Vec<i64> = conn
        .prepare_cached(delivery::FOLLOWING)?
        .query_map((event, id), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in ids {
        let (Some(row), Some(mut verdict)) = (delivery::row(conn, id)?, later::verdict(conn, id, phrases)?) else {
            continue;
        };
        tell(conn, event, &row, true, &mut verdict)?;
        later::put(conn, id, &verdict, phrases)?;
        conn.prepare_cached(delivery::IS_DUPLICATE)?.execute([id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_in_the_order_of_ids_and_never_sorted() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut conn).unwrap();
        for sql in [format!("SELECT id {IN_RANGE} ORDER BY id LIMIT ?5"), delivery::FOLLOWING.to_owned()] {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan: Vec<String> =
                statement.raw_query().mapped(|row| row.get(3)).collect::<rusqlite::Result<_>>().unwrap();
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE") || step.starts_with("SCAN")), "{plan:?}");
        }
    }
}
