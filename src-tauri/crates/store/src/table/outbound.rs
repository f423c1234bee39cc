//! `outbound`: requests that were sent on, each with the delivery it came from.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};
use signature::Outcome;

use crate::job::Changes;
use crate::retention::AT_ARRIVAL;
use crate::table::{delivery, signed, unsigned};
use crate::{Error, Store, WhichWait, encode};

/// Wide columns are last: SQLite reads a row from the front.
pub(crate) const CREATE: &str = "
CREATE TABLE outbound (
  id             INTEGER PRIMARY KEY,
  delivery       INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  kind           INTEGER NOT NULL,  -- 0 replay, 1 forward
  number         INTEGER NOT NULL,  -- which request to this target, or which try; from 1
  settled        INTEGER NOT NULL,  -- a forward that is not tried again
  url            TEXT    NOT NULL,
  at_ms          INTEGER NOT NULL,  -- Unix milliseconds
  changes        TEXT    NOT NULL,  -- a line each
  rejected       INTEGER NOT NULL,  -- the delivery had been
  status         INTEGER,
  first_us       INTEGER,           -- until the head of the answer
  total_us       INTEGER NOT NULL,
  answer_len     INTEGER,           -- bytes of its body that were read
  problem        TEXT,              -- code
  problem_text   TEXT,
  altered        TEXT    NOT NULL,  -- a line each: name, tab, what
  headers        BLOB    NOT NULL,  -- as in delivery_content
  answer_headers BLOB,
  answer_body    BLOB,              -- its beginning
  body           BLOB               -- NULL: that of the delivery
);
CREATE INDEX outbound_delivery ON outbound (delivery, kind, settled);
";

/// Why it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboundKind {
    /// By hand.
    Replay,
    /// Automatically, as the delivery arrived.
    Forward,
}

impl OutboundKind {
    fn number(self) -> u8 {
        match self {
            Self::Replay => 0,
            Self::Forward => 1,
        }
    }
}

/// The answer to a request that was sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundAnswer {
    /// HTTP status.
    pub status: u16,
    /// Microseconds until its head arrived.
    pub first_us: u64,
    /// Header lines.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The beginning of its body.
    pub body: Vec<u8>,
    /// Bytes of its body that were read.
    pub len: u64,
}

/// A request that was sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutbound {
    /// The delivery it came from.
    pub delivery: i64,
    /// By hand or automatic.
    pub kind: OutboundKind,
    /// The number of the request to this target, or of the try; from 1.
    pub number: u32,
    /// Whether it is a forward that is not tried again.
    pub settled: bool,
    /// Where it was sent.
    pub url: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// What was changed, in a few words each. Empty if it went as received.
    pub changes: Vec<String>,
    /// Whether the delivery had been rejected.
    pub rejected: bool,
    /// Header lines as they were sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, if it was not that of the delivery.
    pub body: Option<Bytes>,
    /// What was not sent as received: its name and what was done.
    pub altered: Vec<(String, String)>,
    /// The answer, if at least its head arrived.
    pub answer: Option<OutboundAnswer>,
    /// Microseconds until the end, whatever it was.
    pub total_us: u64,
    /// Why there is no whole answer: code and sentence.
    pub problem: Option<(String, String)>,
}

/// What a list shows of a request that was sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundRow {
    /// Its id.
    pub id: i64,
    /// The delivery it came from.
    pub delivery: i64,
    /// By hand or automatic.
    pub kind: OutboundKind,
    /// The number of the request to this target, or of the try; from 1.
    pub number: u32,
    /// Where it was sent.
    pub url: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// What was changed.
    pub changes: Vec<String>,
    /// Whether the delivery had been rejected.
    pub rejected: bool,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Microseconds until its head arrived.
    pub first_us: Option<u64>,
    /// Microseconds until the end.
    pub total_us: u64,
    /// Bytes of the answer's body that were read.
    pub answer_len: Option<u64>,
    /// Why there is no whole answer: code and sentence.
    pub problem: Option<(String, String)>,
}

/// A request that was sent on, complete except for a body that is the delivery's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// What a list shows.
    pub row: OutboundRow,
    /// What was not sent as received: its name and what was done.
    pub altered: Vec<(String, String)>,
    /// Header lines as they were sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Header lines of the answer.
    pub answer_headers: Vec<(String, Vec<u8>)>,
    /// The beginning of the answer's body.
    pub answer_body: Vec<u8>,
    /// The body that was sent, if it was not that of the delivery.
    pub body: Option<Vec<u8>>,
}

/// A delivery that can be sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sendable {
    /// The delivery.
    pub id: i64,
    /// Its project.
    pub project: i64,
    /// Whether it was rejected.
    pub rejected: bool,
    /// Whether only part of its body was kept.
    pub truncated: bool,
    /// Bytes of the whole body, as far as known.
    pub body_len: u64,
    /// Path and query.
    pub path: String,
    /// Header lines in the order of arrival.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as far as it was kept.
    pub body: Bytes,
}

/// The requests that were sent on. From [`Store::outbounds`].
#[derive(Clone, Copy)]
pub struct Outbounds<'a>(pub(crate) &'a Store);

impl Outbounds<'_> {
    /// Stores requests; returns their ids, in this order: 0 for one whose delivery is no longer there, which is not
    /// stored.
    ///
    /// # Errors
    /// Any SQLite error; then none is kept.
    pub async fn add(&self, all: Vec<NewOutbound>) -> Result<Vec<i64>, Error> {
        // Encoded here: everybody shares the writing thread.
        let changes = Changes { sent_on: all.iter().map(|one| one.delivery).collect(), ..Changes::default() };
        let all: Vec<_> = all.into_iter().map(Encoded::of).collect();
        let add = move |conn: &Connection| Ok(all.iter().map(|one| one.add(conn)).collect::<rusqlite::Result<_>>()?);
        self.0.write_with(changes, add).await
    }

    /// Those of a delivery, newest first, at most `limit`.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn of(&self, delivery: i64, limit: u32) -> Result<Vec<OutboundRow>, Error> {
        self.0.read(move |conn, _| Ok(of(conn, delivery, limit)?)).await
    }

    /// A single one, complete; `None` if there is none with this id.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it cannot be read back; any SQLite error.
    pub async fn get(&self, id: i64) -> Result<Option<Outbound>, Error> {
        self.0.read(move |conn, _| get(conn, id)).await
    }

    /// Deliveries in the form in which they are sent on, in the order of `ids`; missing ones are left out.
    ///
    /// # Errors
    /// [`Error::Damaged`] if one cannot be read back; any SQLite error.
    pub async fn sendable(&self, ids: &[i64]) -> Result<Vec<Sendable>, Error> {
        let ids = ids.to_vec();
        self.0.read(move |conn, _| ids.into_iter().filter_map(|id| sendable(conn, id).transpose()).collect()).await
    }

    /// The deliveries of a project that were not forwarded yet, from an id or a time (Unix nanoseconds) up to an id,
    /// ascending, each with its event and whether it was verified. `all` includes those that are not verified.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn not_forwarded(
        &self,
        project: i64,
        after: After,
        last: i64,
        which: WhichWait,
    ) -> Result<Vec<Left>, Error> {
        let mut found = Vec::new();
        self.0
            .read(move |conn, gone| {
                left(conn, (project, after, last, which), gone, |one| found.push(one))?;
                Ok(found)
            })
            .await
    }

    /// How many those are.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn count_not_forwarded(
        &self,
        project: i64,
        after: After,
        last: i64,
        which: WhichWait,
    ) -> Result<u64, Error> {
        let mut count = 0;
        self.0
            .read(move |conn, gone| {
                left(conn, (project, after, last, which), gone, |_| count += 1)?;
                Ok(count)
            })
            .await
    }
}

/// A delivery that was not forwarded yet: its id, its event, and what it was at its arrival, where only a verification
/// and a genuine token are told from the rest ([`Outcome::Unchecked`]).
pub type Left = (i64, Option<i64>, Outcome);

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// After this id.
    Id(i64),
    /// With whatever arrived at this time or later, Unix nanoseconds.
    Time(i64),
}

struct Encoded {
    new: NewOutbound,
    changes: String,
    altered: String,
    headers: Vec<u8>,
    answer_headers: Option<Vec<u8>>,
}

impl Encoded {
    fn of(new: NewOutbound) -> Self {
        let altered: Vec<String> = new.altered.iter().map(|(name, what)| format!("{name}\t{what}")).collect();
        Self {
            changes: new.changes.join("\n"),
            altered: altered.join("\n"),
            headers: encode::headers(&new.headers),
            answer_headers: new.answer.as_ref().map(|answer| encode::headers(&answer.headers)),
            new,
        }
    }

    fn add(&self, conn: &Connection) -> rusqlite::Result<i64> {
        let Self { new, changes, altered, headers, answer_headers } = self;
        let answer = new.answer.as_ref();
        if !delivery::is_there(conn, new.delivery)? {
            return Ok(0);
        }
        conn.prepare_cached(
            "INSERT INTO outbound (delivery, kind, number, settled, url, at_ms, changes, rejected, status, first_us,
               total_us, answer_len, problem, problem_text, altered, headers, answer_headers, answer_body, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        )?
        .insert(params![
            new.delivery,
            new.kind.number(),
            new.number,
            new.settled,
            new.url,
            new.at_ms,
            changes,
            new.rejected,
            answer.map(|answer| answer.status),
            answer.map(|answer| signed(answer.first_us)),
            signed(new.total_us),
            answer.map(|answer| signed(answer.len)),
            new.problem.as_ref().map(|(code, _)| code),
            new.problem.as_ref().map(|(_, text)| text),
            altered,
            headers,
            answer_headers,
            answer.map(|answer| &answer.body),
            new.body.as_deref(),
        ])
    }
}

const NARROW: &str =
    "id, delivery, kind, number, url, at_ms, changes, rejected, status, first_us, total_us, answer_len,
  problem, problem_text";

fn take(row: &SqlRow<'_>) -> rusqlite::Result<OutboundRow> {
    let problem: Option<String> = row.get(12)?;
    let text: Option<String> = row.get(13)?;
    Ok(OutboundRow {
        id: row.get(0)?,
        delivery: row.get(1)?,
        kind: if row.get::<_, u8>(2)? == 0 { OutboundKind::Replay } else { OutboundKind::Forward },
        number: row.get(3)?,
        url: row.get(4)?,
        at_ms: row.get(5)?,
        changes: row.get_ref(6)?.as_str()?.lines().map(str::to_owned).collect(),
        rejected: row.get(7)?,
        status: row.get(8)?,
        first_us: row.get::<_, Option<i64>>(9)?.map(unsigned),
        total_us: unsigned(row.get(10)?),
        answer_len: row.get::<_, Option<i64>>(11)?.map(unsigned),
        problem: problem.zip(text),
    })
}

fn of(conn: &Connection, delivery: i64, limit: u32) -> rusqlite::Result<Vec<OutboundRow>> {
    conn.prepare_cached(&format!("SELECT {NARROW} FROM outbound WHERE delivery = ?1 ORDER BY id DESC LIMIT ?2"))?
        .query_map((delivery, limit), take)?
        .collect()
}

fn get(conn: &Connection, id: i64) -> Result<Option<Outbound>, Error> {
    let sql = format!(
        "SELECT {NARROW}, altered, headers, answer_headers, answer_body, body FROM outbound o
                       WHERE id = ?1 AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = o.delivery AND d.deleted = 0)"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let altered = row.get_ref(14)?.as_str().map_err(rusqlite::Error::from)?;
    let lines = |blob: &[u8]| encode::take_headers(blob).ok_or(Error::Damaged("outbound"));
    let answer_headers: Option<Vec<u8>> = row.get(16)?;
    Ok(Some(Outbound {
        row: take(row)?,
        altered: altered
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, what)| (name.to_owned(), what.to_owned()))
            .collect(),
        headers: lines(row.get_ref(15)?.as_blob().map_err(rusqlite::Error::from)?)?,
        answer_headers: answer_headers.map_or(Ok(Vec::new()), |blob| lines(&blob))?,
        answer_body: row.get::<_, Option<Vec<u8>>>(17)?.unwrap_or_default(),
        body: row.get(18)?,
    }))
}

fn sendable(conn: &Connection, id: i64) -> Result<Option<Sendable>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT d.project, d.outcome, d.truncated, c.path, c.query, c.headers, c.body, d.body_len
         FROM delivery d JOIN delivery_content c ON c.id = d.id WHERE d.id = ?1 AND d.deleted = 0",
    )?;
    let read = |row: &SqlRow<'_>| {
        let (path, query): (String, Option<String>) = (row.get(3)?, row.get(4)?);
        let Some(headers) = encode::take_headers(row.get_ref(5)?.as_blob()?) else { return Ok(None) };
        Ok(Some(Sendable {
            id,
            project: row.get(0)?,
            rejected: row.get::<_, u8>(1)? == 1,
            truncated: row.get(2)?,
            body_len: unsigned(row.get(7)?),
            path: match query {
                Some(query) => format!("{path}?{query}"),
                None => path,
            },
            headers,
            body: Bytes::copy_from_slice(row.get_ref(6)?.as_blob()?),
        }))
    };
    match statement.query_row([id], read).optional()? {
        None => Ok(None),
        Some(None) => Err(Error::Damaged("headers")),
        Some(found) => Ok(found),
    }
}

/// Project, where from, up to which id, and which.
type Asked = (i64, After, i64, WhichWait);

fn left(conn: &Connection, asked: Asked, gone: &AtomicBool, mut each: impl FnMut(Left)) -> Result<(), Error> {
    let (project, after, last, which) = asked;
    let (first, from_ns) = match after {
        After::Id(id) => (id.saturating_add(1), i64::MIN),
        After::Time(from_ns) => (crate::recent::start(conn, from_ns)?, from_ns),
    };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT id, event, {AT_ARRIVAL} AS arrived FROM delivery d
         WHERE id >= ?1 AND id <= ?5 AND project = ?2 AND received_ns >= ?3 AND imported = 0 AND deleted = 0
           AND arrived <= ?4
           AND NOT EXISTS (SELECT 1 FROM outbound WHERE delivery = d.id AND kind = 1 AND settled = 1)
         ORDER BY id"
    ))?;
    let mut rows = statement.query((first, project, from_ns, which.most(), last))?;
    while let Some(row) = rows.next()? {
        if gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        let outcome = match row.get(2)? {
            0_u8 => Outcome::Verified,
            1 => Outcome::Unbound,
            _ => Outcome::Unchecked,
        };
        each((row.get(0)?, row.get(1)?, outcome));
    }
    Ok(())
}
