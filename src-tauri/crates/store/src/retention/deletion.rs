//! Deletes deliveries for the user: they are hidden at once, can be taken back for a while, and then leave the file.

use rusqlite::Connection;

use crate::job::Changes;
use crate::table::share::Shares;
use crate::table::{signed, tally, unsigned};
use crate::{Error, Store};

/// Deliveries that are hidden or shown in one transaction, so that those that arrive never wait for long.
const AT_ONCE: usize = 4096;

/// Which deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// These. Those that are not there are left out.
    Ids(Vec<i64>),
    /// All that are there now.
    All,
}

/// What was deleted and can still be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Names it; never used twice.
    pub number: i64,
    /// What was selected, in the user's words.
    pub what: String,
    /// How many deliveries.
    pub deliveries: u64,
    /// Bytes of their headers and bodies.
    pub bytes: u64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Until when it can be taken back, Unix milliseconds.
    pub until_ms: i64,
}

impl Store {
    /// Hides deliveries from every read, pinned ones as well. Until `until_ms` they can be taken back ([`Store::undo`]);
    /// then they leave the file. `at_ms`: now. Both in Unix milliseconds.
    ///
    /// Many are hidden in several transactions. If one fails, or Pollux ends, those that are hidden by then stay so, as
    /// the deletion says.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn delete(&self, which: Which, what: &str, at_ms: i64, until_ms: i64) -> Result<Deleted, Error> {
        let text = what.to_owned();
        let number = self.write(Vec::new(), move |conn| Ok(add(conn, &text, at_ms, until_ms)?)).await?;
        let mut deleted = Deleted { number, what: what.to_owned(), deliveries: 0, bytes: 0, at_ms, until_ms };
        for ranges in self.ranges(which).await? {
            let changes = Changes { removed: ranges.clone(), revises: true, ..Changes::default() };
            let of = deleted.clone();
            let (deliveries, bytes) = self.write_with(changes, move |conn| Ok(hide(conn, &of, &ranges)?)).await?;
            deleted.deliveries += deliveries;
            deleted.bytes += bytes;
        }
        Ok(deleted)
    }

    /// Takes a deletion back. False if there is none with this number, or its time is over at `now_ms` (Unix
    /// milliseconds).
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn undo(&self, number: i64, now_ms: i64) -> Result<bool, Error> {
        // From here on its time does not run out.
        let sql = "UPDATE deletion SET until_ms = ?3 WHERE number = ?1 AND until_ms > ?2";
        let args = (number, now_ms, i64::MAX);
        if !self.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute(args)? > 0)).await? {
            return Ok(false);
        }
        loop {
            let changes = Changes { restored: true, revises: true, ..Changes::default() };
            if self.write_with(changes, move |conn| Ok(show(conn, number)?)).await? {
                self.keeping().again();
                return Ok(true);
            }
        }
    }

    /// What can still be taken back at `now_ms` (Unix milliseconds), the latest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn deletions(&self, now_ms: i64) -> Result<Vec<Deleted>, Error> {
        self.read(move |conn, _| {
            let sql = format!("{COLUMNS} WHERE until_ms > ?1 AND deliveries > 0 ORDER BY number DESC");
            Ok(conn.prepare_cached(&sql)?.query_map([now_ms], take)?.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// In portions, each for one transaction.
    async fn ranges(&self, which: Which) -> Result<Vec<Vec<(i64, i64)>>, Error> {
        match which {
            Which::Ids(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                Ok(ids.chunks(AT_ONCE).map(runs).collect())
            }
            Which::All => {
                let bounds = self.read(|conn, _| Ok(crate::table::delivery::bounds(conn)?)).await?;
                let Some((lowest, highest)) = bounds else { return Ok(Vec::new()) };
                let step = AT_ONCE as i64;
                let starts = (lowest..=highest).step_by(AT_ONCE);
                Ok(starts.map(|first| vec![(first, highest.min(first.saturating_add(step - 1)))]).collect())
            }
        }
    }
}

/// Ascending ids as ranges without a gap.
fn runs(ids: &[i64]) -> Vec<(i64, i64)> {
    let ends = |run: &[i64]| Some((*run.first()?, *run.last()?));
    ids.chunk_by(|one, next| one + 1 == *next).filter_map(ends).collect()
}

fn add(conn: &Connection, what: &str, at_ms: i64, until_ms: i64) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO deletion (at_ms, until_ms, what, deliveries, bytes) VALUES (?1, ?2, ?3, 0, 0)";
    conn.prepare_cached(sql)?.insert((at_ms, until_ms, what))
}

/// Hides these. Returns how many were hidden now, and their bytes.
fn hide(conn: &Connection, of: &Deleted, ranges: &[(i64, i64)]) -> rusqlite::Result<(u64, u64)> {
    let mut shares = Shares::default();
    for range in ranges {
        count(conn, &format!("{COUNT} id BETWEEN ?1 AND ?2 AND deleted = 0 GROUP BY project"), *range, &mut shares)?;
        let sql = "UPDATE delivery SET deleted = ?3 WHERE id BETWEEN ?1 AND ?2 AND deleted = 0";
        conn.prepare_cached(sql)?.execute((range.0, range.1, of.number))?;
    }
    let (deliveries, bytes) = shares.sum();
    // Its time may have run out before it hid anything: then it was taken for one whose deliveries are gone.
    let sql = "INSERT INTO deletion (number, at_ms, until_ms, what, deliveries, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (number)
               DO UPDATE SET deliveries = deliveries + excluded.deliveries, bytes = bytes + excluded.bytes";
    let row = (of.number, of.at_ms, of.until_ms, &of.what, signed(deliveries), signed(bytes));
    conn.prepare_cached(sql)?.execute(row)?;
    let mut tally = tally::read(conn)?;
    tally.counts.total = tally.counts.total.saturating_sub(deliveries);
    tally.counts.kept_bytes = tally.counts.kept_bytes.saturating_sub(bytes);
    tally::write(conn, tally)?;
    shares.take(conn)?;
    Ok((deliveries, bytes))
}

/// Shows some of a deletion again. True if there was nothing left to show; then the deletion is gone.
fn show(conn: &Connection, number: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT id FROM delivery WHERE deleted = ?1 ORDER BY id LIMIT ?2";
    let ids: Vec<i64> = conn
        .prepare_cached(sql)?
        .query_map((number, AT_ONCE as i64), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if ids.is_empty() {
        conn.prepare_cached("DELETE FROM deletion WHERE number = ?1")?.execute([number])?;
        return Ok(true);
    }
    let mut shares = Shares::default();
    for (first, last) in runs(&ids) {
        let of_it = format!("{COUNT} id BETWEEN ?1 AND ?2 AND deleted = ?3 GROUP BY project");
        count(conn, &of_it, (first, last, number), &mut shares)?;
        let sql = "UPDATE delivery SET deleted = 0 WHERE id BETWEEN ?1 AND ?2 AND deleted = ?3";
        conn.prepare_cached(sql)?.execute((first, last, number))?;
    }
    let (deliveries, bytes) = shares.sum();
    let mut tally = tally::read(conn)?;
    tally.counts.total += deliveries;
    tally.counts.kept_bytes += bytes;
    tally::write(conn, tally)?;
    shares.put(conn)?;
    Ok(false)
}

const COUNT: &str = "
SELECT project, count(*), sum(coalesce(kept,
  (SELECT length(headers) + length(body) FROM delivery_content c WHERE c.id = d.id), 0))
FROM delivery d WHERE";

fn count(conn: &Connection, sql: &str, args: impl rusqlite::Params, shares: &mut Shares) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(args)?;
    while let Some(row) = rows.next()? {
        shares.add(row.get(0)?, unsigned(row.get(1)?), unsigned(row.get(2)?));
    }
    Ok(())
}

const COLUMNS: &str = "SELECT number, what, deliveries, bytes, at_ms, until_ms FROM deletion";

fn take(row: &rusqlite::Row<'_>) -> rusqlite::Result<Deleted> {
    Ok(Deleted {
        number: row.get(0)?,
        what: row.get(1)?,
        deliveries: unsigned(row.get(2)?),
        bytes: unsigned(row.get(3)?),
        at_ms: row.get(4)?,
        until_ms: row.get(5)?,
    })
}
