//! `told`: which delivery's event names which job.

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow};
use signature::{Outcome, Scheme};

use crate::verdict_blob::{outcome_of, scheme_of};
use crate::{Error, Store};

/// `job` is the last part of the job's name. What is known of the delivery is read from its own row.
pub(crate) const CREATE: &str = "
CREATE TABLE told (
  delivery INTEGER PRIMARY KEY,
  project  INTEGER NOT NULL,
  job      TEXT    NOT NULL,
  type     TEXT    NOT NULL  -- batch.succeeded
);
CREATE INDEX told_job ON told (project, job);
";

/// A delivery that names a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTold {
    /// The delivery.
    pub delivery: i64,
    /// The project.
    pub project: i64,
    /// The last part of the job's name.
    pub job: String,
    /// The type of its event.
    pub event_type: String,
}

/// A delivery that names a job, with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldRow {
    /// The delivery.
    pub delivery: i64,
    /// The last part of the job's name.
    pub job: String,
    /// The type of its event.
    pub event_type: String,
    /// When it arrived, Unix nanoseconds.
    pub received_ns: i64,
    /// The verdict.
    pub outcome: Outcome,
    /// How it was signed.
    pub scheme: Option<Scheme>,
    /// What Pollux answered; 0: nothing.
    pub status: u16,
    /// The event, where it has a `webhook-id`.
    pub event: Option<i64>,
    /// The `webhook-id`.
    pub message_id: Option<String>,
    /// It came from a file.
    pub imported: bool,
    /// The last forward of it: when (Unix milliseconds), the answer's status, how long it took in microseconds.
    pub forward: Option<(i64, Option<u16>, u64)>,
}

/// Which delivery names which job. From [`Store::told_of`].
#[derive(Clone, Copy)]
pub struct ToldOf<'a>(pub(crate) &'a Store);

impl ToldOf<'_> {
    /// Notes these; one that is noted already stays as it is.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn note(&self, told: Vec<NewTold>) -> Result<(), Error> {
        if told.is_empty() {
            return Ok(());
        }
        let sql = "INSERT OR IGNORE INTO told (delivery, project, job, type)
                   SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM delivery WHERE id = ?1)";
        self.0
            .write(Vec::new(), move |conn| {
                let mut statement = conn.prepare_cached(sql)?;
                for one in &told {
                    statement.execute((one.delivery, one.project, &one.job, &one.event_type))?;
                }
                Ok(())
            })
            .await
    }

    /// What a delivery tells; `None` if its event names no job that is known.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn by(&self, delivery: i64) -> Result<Option<ToldRow>, Error> {
        self.0
            .read(move |conn, _| {
                let sql = format!("{ROWS} AND t.delivery = ?1");
                Ok(conn.prepare_cached(&sql)?.query_row([delivery], take).optional()?)
            })
            .await
    }

    /// The deliveries that name these jobs (by the last part of their names), the oldest first, at most `each` of a job:
    /// its newest.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn of(&self, project: i64, jobs: Vec<String>, each: u32) -> Result<Vec<ToldRow>, Error> {
        self.0
            .read(move |conn, _| {
                let mut found = Vec::new();
                for job in &jobs {
                    let mut rows = of(conn, project, job, each)?;
                    rows.reverse();
                    found.extend(rows);
                }
                Ok(found)
            })
            .await
    }
}

const ROWS: &str = "
SELECT t.delivery, t.job, t.type, d.received_ns, d.outcome, d.scheme, d.status, d.event, e.message_id,
       d.imported, o.at_ms, o.status, o.total_us
FROM told t JOIN delivery d ON d.id = t.delivery LEFT JOIN event e ON e.id = d.event
LEFT JOIN outbound o ON o.id = (SELECT max(id) FROM outbound WHERE delivery = t.delivery AND kind = 1)
WHERE d.deleted = 0";

fn of(conn: &Connection, project: i64, job: &str, each: u32) -> rusqlite::Result<Vec<ToldRow>> {
    let sql = format!("{ROWS} AND t.project = ?1 AND t.job = ?2 ORDER BY t.delivery DESC LIMIT ?3");
    conn.prepare_cached(&sql)?.query_map((project, job, each), take)?.collect()
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<ToldRow> {
    let odd = |column| {
        let why = "a number that this version does not know".into();
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Integer, why)
    };
    let sent = row.get::<_, Option<i64>>(10)?;
    let forward = match sent {
        Some(at) => Some((at, row.get(11)?, crate::table::unsigned(row.get(12)?))),
        None => None,
    };
    Ok(ToldRow {
        delivery: row.get(0)?,
        job: row.get(1)?,
        event_type: row.get(2)?,
        received_ns: row.get(3)?,
        outcome: outcome_of(row.get(4)?).ok_or_else(|| odd(4))?,
        scheme: scheme_of(row.get(5)?).ok_or_else(|| odd(5))?,
        status: row.get(6)?,
        event: row.get(7)?,
        message_id: row.get(8)?,
        imported: row.get(9)?,
        forward,
    })
}
