//! Makes a new history of what of a damaged one can be read. The damaged one is left as it is.
//!
//! First every table is copied the way SQLite reads it, stepping over what cannot be read. Then, if something could not,
//! the leaves of deliveries are looked for page by page, as `.recover` of SQLite's shell does: a damaged page in the middle
//! of a tree hides whole ones below it. A row that was found so counts only where its other half was found, too, since a
//! free page may hold what was deleted.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::check::last;
use super::leaves::{self, Leaf};
use super::pages::Pages;
use super::reading::{Span, Way, is_damage, sweep};
use crate::phrases::Phrases;
use crate::table::{delivery, later, phrase, tally, unsigned};
use crate::{Error, Options, open, readers};

/// What became of a damaged history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Deliveries in the new history.
    pub deliveries: u64,
    /// Deliveries that the damaged one counted; `None` if its count cannot be read.
    pub of: Option<u64>,
    /// Of those in the new history: found only page by page.
    pub found_by_page: u64,
    /// Of those in the new history: the details of the verdict are lost.
    pub without_verdict: u64,
    /// Tables, other than those of deliveries, of which something could not be read.
    pub others: Vec<String>,
}

impl Recovered {
    /// Deliveries that are lost; `None` if the damaged history's own count cannot be read.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        self.of.map(|of| of.saturating_sub(self.deliveries))
    }
}

/// Rows in one transaction.
const AT_ONCE: usize = 512;
/// How far beyond the last row that can be read a key is looked for, where nobody knows the last one.
const BEYOND: i64 = 100_000;

/// Copies what can be read of the history at `from` into a new one at `to`. Blocks for about as long as copying the file
/// takes; ends early, with nothing left at `to`, once `gone` is set.
///
/// # Errors
/// If there is something at `to`, or it cannot be written; [`Error::NotAHistory`] if there is no history at `from`;
/// [`Error::Closed`] if it was ended.
pub fn recover(from: &Path, to: &Path, gone: &AtomicBool) -> Result<Recovered, Error> {
    let unreachable = |path: &Path, source| Error::Unreachable { path: path.to_owned(), source };
    if std::fs::symlink_metadata(to).is_ok() {
        let taken = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "there is a file already");
        return Err(unreachable(to, taken));
    }
    std::fs::metadata(from).map_err(|source| unreachable(from, source))?;
    let made = make(from, to, gone);
    if made.is_err() {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(super::mark::beside(to, ending));
        }
    }
    made
}

fn make(from: &Path, to: &Path, gone: &AtomicBool) -> Result<Recovered, Error> {
    let ready = open::make_ready(to)?;
    let new = open::connect(&ready.path, &Options::default())?;
    // It is worth nothing before it is complete, so it waits for the disk once, at the end.
    new.pragma_update(None, "synchronous", "OFF")?;
    new.pragma_update(None, "foreign_keys", false)?;
    let mut copy = Copy { old: readers::open(from)?, new, gone, recovered: Recovered::default(), is_whole: true };
    copy.tables()?;
    if !copy.is_whole {
        copy.leaves(from)?;
    }
    copy.settle()?;
    if copy.recovered.deliveries == 0 && copy.recovered.of.is_none() {
        return Err(Error::Damaged("beginning of the file"));
    }
    let Copy { new, recovered, .. } = copy;
    new.pragma_update(None, "synchronous", "FULL")?;
    new.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    new.close().map_err(|(_, error)| error)?;
    std::fs::File::open(&ready.path)
        .and_then(|file| file.sync_all())
        .map_err(|source| Error::Unreachable { path: ready.path, source })?;
    Ok(recovered)
}

struct Copy<'a> {
    old: Connection,
    new: Connection,
    gone: &'a AtomicBool,
    recovered: Recovered,
    is_whole: bool,
}

impl Copy<'_> {
    /// Copies all tables that both have.
    fn tables(&mut self) -> Result<(), Error> {
        let counted = tally::read(&self.old);
        self.recovered.of = counted.as_ref().ok().map(|tally| tally.counts.total);
        let last = counted.map_or_else(|_| last(&self.old), |tally| tally.last_id);
        let names: Vec<String> = self
            .new
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for name in names.iter().filter(|name| !MADE_ANEW.contains(&name.as_str())) {
            let whole = match self.columns(name)? {
                None => false,
                Some(columns) if is_keyed(&self.new, name)? => self.keyed(name, &columns, last)?,
                Some(columns) => self.unkeyed(name, &columns)?,
            };
            let is_delivery = DELIVERIES.contains(&name.as_str());
            self.is_whole &= whole || !is_delivery;
            if !whole && !is_delivery {
                self.recovered.others.push(name.clone());
            }
        }
        Ok(())
    }

    /// The columns that a table has in both; `None` if the damaged history does not tell.
    fn columns(&self, table: &str) -> Result<Option<Vec<String>>, Error> {
        let of = |conn: &Connection| -> rusqlite::Result<Vec<String>> {
            conn.prepare("SELECT name FROM pragma_table_info(?1)")?.query_map([table], |row| row.get(0))?.collect()
        };
        let old = match of(&self.old) {
            Ok(old) => old,
            Err(error) if is_damage(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let both: Vec<String> = of(&self.new)?.into_iter().filter(|name| old.contains(name)).collect();
        // A table that an older history did not have yet has nothing to lose.
        Ok(Some(both))
    }

    /// One whose rows are in the order of an integer. Returns whether everything could be read.
    fn keyed(&mut self, table: &str, columns: &[String], last: i64) -> Result<bool, Error> {
        if columns.is_empty() {
            return Ok(true);
        }
        let key = &key_of(&self.new, table)?;
        let before = if BY_DELIVERY.contains(&table) { last } else { self.highest(table, key) }.saturating_add(1);
        let (old, gone) = (&self.old, self.gone);
        let mut rows = Rows::new(&self.new, table, columns);
        let list = columns.join(", ");
        let at = columns.iter().position(|column| column == key).unwrap_or(0);
        let gaps = sweep((-1, before), &mut |span| {
            let order = if span.backwards { " DESC" } else { "" };
            let sql = format!("SELECT {list} FROM {table} WHERE {key} > ?1 AND {key} < ?2 ORDER BY {key}{order}");
            read(old, &sql, span, at, gone, &mut |row| rows.put(row))
        })?;
        rows.end()?;
        Ok(gaps.is_empty())
    }

    /// The highest key that can be read, or one far beyond any that is likely to be there.
    fn highest(&self, table: &str, key: &str) -> i64 {
        let newest = |order: &str| {
            let sql = format!("SELECT {key} FROM {table} ORDER BY {key}{order} LIMIT 1");
            self.old.query_row(&sql, [], |row| row.get::<_, i64>(0)).optional()
        };
        match newest(" DESC") {
            Ok(highest) => highest.unwrap_or(0),
            Err(_) => newest("").ok().flatten().unwrap_or(0).saturating_add(BEYOND),
        }
    }

    /// One without such a key: from its beginning, and from its end, until something cannot be read.
    fn unkeyed(&mut self, table: &str, columns: &[String]) -> Result<bool, Error> {
        if columns.is_empty() {
            return Ok(true);
        }
        let list = columns.join(", ");
        let keys: Vec<String> = self
            .new
            .prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?
            .query_map([table], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut rows = Rows::new(&self.new, table, columns);
        for order in ["", " DESC"] {
            let by: Vec<String> = keys.iter().map(|key| format!("{key}{order}")).collect();
            let sql = format!("SELECT {list} FROM {table} ORDER BY {}", by.join(", "));
            if all(&self.old, &sql, self.gone, &mut |row| rows.put(row))? {
                rows.end()?;
                return Ok(true);
            }
        }
        rows.end()?;
        Ok(false)
    }

    /// Deliveries whose leaves no tree leads to any more.
    fn leaves(&mut self, from: &Path) -> Result<(), Error> {
        let Ok(mut pages) = Pages::open(from) else { return Ok(()) };
        let narrow = table_columns(&self.new, "delivery")?;
        let wide = table_columns(&self.new, "delivery_content")?;
        let (has_narrow, has_wide) = (ids(&self.new, "delivery")?, ids(&self.new, "delivery_content")?);
        let widths = LEAST_NARROW..=narrow.len();
        // Either half is there, or both may be found. Both halves are never taken from leaves alone: a free page may
        // hold what was deleted.
        let wanted = |columns: usize, rowid: i64| match columns {
            columns if columns == wide.len() && has_narrow.contains(&rowid) => !has_wide.contains(&rowid),
            columns if widths.contains(&columns) && has_wide.contains(&rowid) => !has_narrow.contains(&rowid),
            _ => false,
        };
        for number in 1..=pages.count() {
            if self.gone.load(Ordering::Relaxed) {
                return Err(Error::Closed);
            }
            for leaf in leaves::rows(&mut pages, number, wanted) {
                let (table, names) =
                    if leaf.columns.len() == wide.len() { ("delivery_content", &wide) } else { ("delivery", &narrow) };
                let fits = if table == "delivery" { is_narrow(&leaf) } else { is_wide(&leaf) };
                if fits && put_leaf(&self.new, table, names, leaf)? {
                    self.recovered.found_by_page += 1;
                }
            }
        }
        Ok(())
    }

    /// Makes one history of what was found: what belongs to nothing goes, and the counts are made anew.
    fn settle(&mut self) -> Result<(), Error> {
        let last_id = tally::read(&self.old).map_or(0, |tally| tally.last_id);
        let last_event = tally::read(&self.old).map_or(0, |tally| tally.last_event);
        self.new.execute_batch(SETTLE)?;
        drop_dangling(&self.new)?;
        self.new.execute_batch(COUNT)?;
        self.new.execute(
            "UPDATE tally SET last_id = max(?1, (SELECT coalesce(max(id), 0) FROM delivery)), total = t.total,
                              kept_bytes = t.bytes,
                              last_event = max(?2, (SELECT coalesce(max(id), 0) FROM event)),
                              indexed_event = (SELECT coalesce(max(id), 0) FROM event)
             FROM (SELECT count(*) AS total, coalesce(sum(kept), 0) AS bytes FROM delivery WHERE deleted = 0) t",
            (last_id, last_event),
        )?;
        self.verdicts()?;
        self.recovered.deliveries = unsigned(self.new.query_row("SELECT total FROM tally", [], |row| row.get(0))?);
        Ok(())
    }

    /// A verdict that cannot be read any more is replaced with what its row says.
    fn verdicts(&mut self) -> Result<(), Error> {
        let phrases = Arc::new(Phrases::default());
        phrases.learn(phrase::all(&self.new)?);
        let ids: Vec<i64> = self
            .new
            .prepare("SELECT id FROM delivery WHERE deleted = 0 ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in ids {
            if self.gone.load(Ordering::Relaxed) {
                return Err(Error::Closed);
            }
            if !matches!(later::verdict(&self.new, id, &phrases), Err(Error::Damaged(_))) {
                continue;
            }
            let Some(row) = delivery::row(&self.new, id)? else { continue };
            let verdict = signature::Verdict {
                outcome: row.outcome,
                scheme: row.scheme,
                reason: row.reason,
                key: None,
                warnings: Vec::new(),
                diagnosis: None,
                steps: Vec::new(),
                cause: row.cause,
                sentence:
                    "The details of this verdict were lost when the history was damaged. What the row says is left; \
                           verify the delivery again for the rest."
                        .to_owned(),
            };
            later::put(&self.new, id, &verdict, &phrases)?;
            self.recovered.without_verdict += 1;
        }
        Ok(())
    }
}

const DELIVERIES: [&str; 2] = ["delivery", "delivery_content"];
/// Tables whose key is a delivery.
const BY_DELIVERY: [&str; 7] =
    ["delivery", "delivery_content", "given_answer", "body_digest", "later_verdict", "note", "told"];
/// Counts and indexes, which follow from the rest.
const MADE_ANEW: [&str; 4] = ["tally", "share", "event_key", "gone_event"];
/// The columns that a row of `delivery` has at least: it may be older than the latest of them.
const LEAST_NARROW: usize = 18;

const SETTLE: &str = "
DELETE FROM delivery WHERE id NOT IN (SELECT id FROM delivery_content) OR project NOT IN (SELECT id FROM project);
DELETE FROM delivery_content WHERE id NOT IN (SELECT id FROM delivery);
DELETE FROM given_answer WHERE delivery NOT IN (SELECT id FROM delivery);
DELETE FROM body_digest WHERE delivery NOT IN (SELECT id FROM delivery);
DELETE FROM later_verdict WHERE delivery NOT IN (SELECT id FROM delivery);
DELETE FROM note WHERE delivery NOT IN (SELECT id FROM delivery);
DELETE FROM outbound WHERE delivery NOT IN (SELECT id FROM delivery);
DELETE FROM told WHERE delivery NOT IN (SELECT id FROM delivery);
DELETE FROM secret WHERE project NOT IN (SELECT id FROM project);
DELETE FROM place WHERE project NOT IN (SELECT id FROM project);
DELETE FROM target WHERE project IS NOT NULL AND project NOT IN (SELECT id FROM project);
UPDATE delivery SET event = NULL WHERE event NOT IN (SELECT id FROM event);
UPDATE delivery SET deleted = 0 WHERE deleted NOT IN (SELECT number FROM deletion);
UPDATE delivery SET kept = (SELECT length(headers) + length(body) FROM delivery_content c WHERE c.id = delivery.id);
DELETE FROM event WHERE id NOT IN (SELECT event FROM delivery WHERE event IS NOT NULL);
";

/// Counts and indexes, from what is left.
const COUNT: &str = "
DELETE FROM event_key;
INSERT OR REPLACE INTO event_key (project, message_id, event)
SELECT project, message_id, id FROM event ORDER BY project, message_id, id;
DELETE FROM share;
INSERT INTO share SELECT project, count(*), sum(kept) FROM delivery WHERE deleted = 0 GROUP BY project;
";

/// Drops rows that refer to what is not there: a number in them was damaged.
fn drop_dangling(conn: &Connection) -> Result<(), Error> {
    loop {
        let rows: Vec<(String, i64)> = conn
            .prepare("SELECT DISTINCT \"table\", rowid FROM pragma_foreign_key_check WHERE rowid IS NOT NULL")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        for (table, rowid) in rows {
            conn.prepare_cached(&format!("DELETE FROM {table} WHERE rowid = ?1"))?.execute([rowid])?;
        }
        conn.execute_batch(SETTLE)?;
    }
}

fn table_columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    conn.prepare("SELECT name FROM pragma_table_info(?1)")?.query_map([table], |row| row.get(0))?.collect()
}

fn ids(conn: &Connection, table: &str) -> rusqlite::Result<HashSet<i64>> {
    conn.prepare(&format!("SELECT id FROM {table}"))?.query_map([], |row| row.get(0))?.collect()
}

/// Whether one column alone, an integer, is the key.
fn is_keyed(conn: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) = 1 AND max(type) = 'INTEGER' FROM pragma_table_info(?1) WHERE pk > 0";
    conn.query_row(sql, [table], |row| row.get(0))
}

fn key_of(conn: &Connection, table: &str) -> rusqlite::Result<String> {
    conn.query_row("SELECT name FROM pragma_table_info(?1) WHERE pk = 1", [table], |row| row.get(0))
}

/// Reads rows until the first that cannot be read.
fn read(
    conn: &Connection,
    sql: &str,
    span: Span,
    key: usize,
    gone: &AtomicBool,
    put: &mut impl FnMut(Vec<Value>) -> Result<(), Error>,
) -> Result<Way, Error> {
    let mut reached = if span.backwards { span.before } else { span.after };
    let mut each = |row: &rusqlite::Row<'_>| {
        let values = values(row)?;
        if let Some(Value::Integer(id)) = values.get(key) {
            reached = *id;
        }
        Ok(values)
    };
    let whole = through(conn, sql, &[span.after, span.before], gone, &mut each, put)?;
    Ok(Way { reached, whole })
}

/// Reads all rows until the first that cannot be read; whether there was none.
fn all(
    conn: &Connection,
    sql: &str,
    gone: &AtomicBool,
    put: &mut impl FnMut(Vec<Value>) -> Result<(), Error>,
) -> Result<bool, Error> {
    through(conn, sql, &[], gone, &mut |row| values(row), put)
}

fn through(
    conn: &Connection,
    sql: &str,
    parameters: &[i64],
    gone: &AtomicBool,
    each: &mut impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<Vec<Value>>,
    put: &mut impl FnMut(Vec<Value>) -> Result<(), Error>,
) -> Result<bool, Error> {
    let damaged = |error: rusqlite::Error| if is_damage(&error) { Ok(false) } else { Err(error.into()) };
    let mut statement = match conn.prepare_cached(sql) {
        Ok(statement) => statement,
        Err(error) => return damaged(error),
    };
    let mut rows = statement.query(params_from_iter(parameters))?;
    loop {
        if gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        match rows.next().and_then(|row| row.map(&mut *each).transpose()) {
            Ok(Some(values)) => put(values)?,
            Ok(None) => return Ok(true),
            Err(error) => return damaged(error),
        }
    }
}

fn values(row: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..row.as_ref().column_count()).map(|at| row.get(at)).collect()
}

/// Puts rows into a table, many in a transaction. A row that a table does not take (a text where there is none allowed,
/// say) was damaged, and is left out.
struct Rows<'a> {
    conn: &'a Connection,
    sql: String,
    open: usize,
}

impl<'a> Rows<'a> {
    fn new(conn: &'a Connection, table: &str, columns: &[String]) -> Self {
        let marks: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        let sql = format!("INSERT OR REPLACE INTO {table} ({}) VALUES ({})", columns.join(", "), marks.join(", "));
        Self { conn, sql, open: 0 }
    }

    fn put(&mut self, row: Vec<Value>) -> Result<(), Error> {
        if self.open == 0 {
            self.conn.execute_batch("BEGIN IMMEDIATE")?;
        }
        match self.conn.prepare_cached(&self.sql)?.execute(params_from_iter(row)) {
            Ok(_) => {}
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {}
            Err(error) => return Err(error.into()),
        }
        self.open += 1;
        if self.open >= AT_ONCE { self.end() } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.open) > 0 {
            self.conn.execute_batch("COMMIT")?;
        }
        Ok(())
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::Text(_))
}

fn is_integer(value: &Value) -> bool {
    matches!(value, Value::Integer(_))
}

/// id, project, received_ns, outcome, scheme, reason, cause…
fn is_narrow(leaf: &Leaf) -> bool {
    let [id, project, received, outcome, scheme, reason, cause, ..] = leaf.columns.as_slice() else { return false };
    *id == Value::Null
        && [project, received, outcome, scheme].into_iter().all(is_integer)
        && is_text(reason)
        && is_text(cause)
}

/// id, method, path, query, version, peer, token, headers, verdict, answer, body.
fn is_wide(leaf: &Leaf) -> bool {
    let [id, method, path, _, version, peer, _, blobs @ ..] = leaf.columns.as_slice() else { return false };
    *id == Value::Null
        && [method, path, version, peer].into_iter().all(is_text)
        && blobs.iter().all(|blob| matches!(blob, Value::Blob(_)))
}

/// Whether the table took it.
fn put_leaf(conn: &Connection, table: &str, names: &[String], leaf: Leaf) -> Result<bool, Error> {
    let Leaf { rowid, mut columns } = leaf;
    if let Some(id) = columns.first_mut() {
        *id = Value::Integer(rowid);
    }
    let names = names.get(..columns.len()).unwrap_or(names).join(", ");
    let marks: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
    let sql = format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({})", marks.join(", "));
    match conn.prepare_cached(&sql)?.execute(params_from_iter(columns)) {
        Ok(taken) => Ok(taken > 0),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
