//! What the history takes up, and what that consists of.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::keeper;
use crate::table::{delivery, share, tally, unsigned};
use crate::{Error, Store, open};

/// Deliveries that are read to see how they divide into parts.
const SAMPLED: i64 = 400;

/// Bytes of the files of the history. Exact: `total`, `log`, `results`, `search`, `free`, `kept_bytes`, `shares`. The other parts
/// divide the pages of the file in proportion to what is in them, as seen in a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// All files.
    pub total: u64,
    /// Headers, paths and verdicts.
    pub headers: u64,
    /// Bodies.
    pub bodies: u64,
    /// Answers, and requests that were sent on.
    pub answers: u64,
    /// Rows, events, and their indexes.
    pub rows: u64,
    /// What was deleted and is still in the file.
    pub deleted: u64,
    /// Pages of the file that hold nothing.
    pub free: u64,
    /// Results that are kept with deliveries.
    pub results: u64,
    /// What makes searches fast.
    pub search: u64,
    /// The write-ahead log.
    pub log: u64,
    /// Deliveries that are shown.
    pub deliveries: u64,
    /// Bytes of their headers and bodies.
    pub kept_bytes: u64,
    /// How many of them are pinned.
    pub pinned: u64,
    /// When the first of them arrived, Unix nanoseconds.
    pub oldest_ns: Option<i64>,
    /// What each project has.
    pub shares: Vec<Share>,
}

/// What a project has of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The project.
    pub project: i64,
    /// Its deliveries.
    pub deliveries: u64,
    /// Bytes of their headers and bodies; an estimate for those that an older version stored.
    pub bytes: u64,
}

impl Store {
    /// What the history takes up. Costs the same for one delivery and for a million.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn sizes(&self) -> Result<Sizes, Error> {
        let path = self.path().to_owned();
        self.read(move |conn, _| Ok(sizes(conn, &path)?)).await
    }
}

/// Bytes of the files that belong to the history but are not SQLite's.
pub(super) fn beside(path: &Path) -> u64 {
    of_search(path) + of_results(path)
}

/// Bytes of what makes searches fast.
fn of_search(path: &Path) -> u64 {
    bytes_in(&with_suffix(path, "-search"), "")
}

/// Bytes of the results that are kept with deliveries.
fn of_results(path: &Path) -> u64 {
    bytes_in(&with_suffix(path, "-results"), "kept-")
}

/// Bytes of the files in a folder whose names begin so.
fn bytes_in(folder: &Path, start: &str) -> u64 {
    let Ok(folder) = std::fs::read_dir(folder) else { return 0 };
    let ours = folder.filter_map(Result::ok).filter(|file| file.file_name().to_string_lossy().starts_with(start));
    ours.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

/// Bytes of the write-ahead log.
pub(super) fn log(path: &Path) -> u64 {
    let len = |suffix| std::fs::metadata(with_suffix(path, suffix)).map_or(0, |file| file.len());
    len("-wal") + len("-shm")
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn sizes(conn: &Connection, path: &Path) -> rusqlite::Result<Sizes> {
    let (pages, free) = keeper::pages(conn)?;
    let bytes = |pages: i64| unsigned(pages).saturating_mul(open::PAGE as u64);
    let counts = tally::read(conn)?.counts;
    let number = |sql| conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).map(unsigned);
    let hidden = number("SELECT coalesce(sum(bytes), 0) FROM deletion")?;
    let sampled = Sample::take(conn)?;
    let all = sampled.headers + sampled.bodies + sampled.answers + sampled.rows;
    let (search, results, log) = (of_search(path), of_results(path), log(path));
    let used = bytes(pages - free);
    let sent = number("SELECT count(*) FROM outbound")?.saturating_mul(sent_on_average(conn)?);
    let hidden_part = part(used.saturating_sub(sent), hidden, hidden + counts.kept_bytes);
    let of_deliveries = used.saturating_sub(sent).saturating_sub(hidden_part);
    let (headers, bodies) = (part(of_deliveries, sampled.headers, all), part(of_deliveries, sampled.bodies, all));
    let answers = part(of_deliveries, sampled.answers, all);
    Ok(Sizes {
        total: bytes(pages) + log + search + results,
        headers,
        bodies,
        answers: answers + sent.min(used),
        rows: of_deliveries.saturating_sub(headers + bodies + answers),
        deleted: hidden_part,
        free: bytes(free),
        results,
        search,
        log,
        deliveries: counts.total,
        kept_bytes: counts.kept_bytes,
        pinned: number("SELECT count(*) FROM delivery WHERE pinned <> 0 AND deleted = 0")?,
        oldest_ns: conn
            .prepare_cached("SELECT received_ns FROM delivery WHERE deleted = 0 ORDER BY id LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?,
        shares: share::all(conn)?
            .into_iter()
            .map(|(project, deliveries, bytes)| Share { project, deliveries, bytes })
            .collect(),
    })
}

/// The part of `whole` that `one` of `all` has.
fn part(whole: u64, one: u64, all: u64) -> u64 {
    let part = u128::from(whole) * u128::from(one) / u128::from(all.max(1));
    u64::try_from(part).unwrap_or(whole).min(whole)
}

/// Bytes of what is stored for some deliveries.
#[derive(Default)]
struct Sample {
    headers: u64,
    bodies: u64,
    answers: u64,
    rows: u64,
}

impl Sample {
    /// Evenly spread over the ids.
    fn take(conn: &Connection) -> rusqlite::Result<Self> {
        let Some((lowest, highest)) = delivery::bounds(conn)? else { return Ok(Self::default()) };
        let mut sample = Self::default();
        let mut one = conn.prepare_cached(
            "SELECT length(c.headers) + length(c.verdict) + octet_length(c.path) + coalesce(octet_length(c.query), 0),
                    length(c.body), length(c.answer),
                    90 + octet_length(d.reason) + octet_length(d.cause) + coalesce(octet_length(d.event_type), 0)
                       + coalesce(octet_length(d.pointer), 0) + coalesce(2 * octet_length(e.message_id) + 30, 0)
             FROM delivery d JOIN delivery_content c ON c.id = d.id LEFT JOIN event e ON e.id = d.event
             WHERE d.id >= ?1 ORDER BY d.id LIMIT 1",
        )?;
        let step = ((highest - lowest) / SAMPLED).max(1);
        for id in (lowest..=highest).step_by(usize::try_from(step).unwrap_or(1)).take(SAMPLED as usize + 1) {
            let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<[i64; 4]> {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
            };
            let [headers, body, answer, row] = one.query_row([id], read).optional()?.unwrap_or_default().map(unsigned);
            sample.headers += headers;
            sample.bodies += body;
            sample.answers += answer;
            sample.rows += row;
        }
        Ok(sample)
    }
}

/// Bytes of a request that was sent on, on average of the latest.
fn sent_on_average(conn: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(avg(200 + length(headers) + coalesce(length(answer_headers), 0)
                                   + coalesce(length(answer_body), 0) + coalesce(length(body), 0)), 0)
               FROM (SELECT * FROM outbound ORDER BY id DESC LIMIT 100)";
    conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, f64>(0)).map(|average| average.max(0.0) as u64)
}
