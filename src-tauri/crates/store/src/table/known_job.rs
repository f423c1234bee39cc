//! `known_job`: batches, interactions and videos that Pollux knows, as the service last described them.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow};

use crate::{Error, Store};

pub use ended::JobEnd;

mod ended;
mod telling;

/// The order of the list is the order of `known_job_order`: what waits for the user, what runs, what ended, each with
/// the newest first. `bare` is the last part of the name: events name a job by it, with or without what precedes it.
pub(crate) const CREATE: &str = "
CREATE TABLE known_job (
  project       INTEGER NOT NULL,
  name          TEXT    NOT NULL,  -- batches/…, interactions/…, models/…/operations/…
  bare          TEXT    NOT NULL,
  kind          INTEGER NOT NULL,  -- 0 batch, 1 interaction, 2 video
  rank          INTEGER NOT NULL,  -- 0 waits for the user, 1 runs, 2 ended
  at_ms         INTEGER NOT NULL,  -- its place in the list: ended, created, or first heard of
  state         TEXT    NOT NULL,  -- the service's word; empty: never asked
  title         TEXT,
  model         TEXT,
  created_ms    INTEGER,
  ended_ms      INTEGER,
  expires_ms    INTEGER,
  known_by      INTEGER NOT NULL,  -- 0 listed, 1 told, 2 dispatched, 3 opened
  first_ms      INTEGER NOT NULL,
  dispatched_ms INTEGER,
  asked_ms      INTEGER,
  next_ms       INTEGER,           -- when to ask again
  asks          INTEGER NOT NULL,  -- in its present state
  settled       INTEGER NOT NULL,  -- 0 to be looked at by the watchdog, 1 told, 2 not expected, 3 missed
  aside         INTEGER NOT NULL,  -- 1: no alarm for it
  finding       TEXT,              -- JSON
  about         TEXT    NOT NULL,  -- JSON: what else the service said
  PRIMARY KEY (project, name)
) WITHOUT ROWID;
CREATE INDEX known_job_order ON known_job (project, rank, at_ms DESC);
CREATE INDEX known_job_bare ON known_job (project, bare);
CREATE INDEX known_job_next ON known_job (project, next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX known_job_open ON known_job (project, ended_ms) WHERE settled IN (0, 3) AND rank <> 1;
";

const FIELDS: &str =
    "project, name, kind, rank, at_ms, state, title, model, created_ms, ended_ms, expires_ms, known_by,
  first_ms, dispatched_ms, asked_ms, next_ms, asks, settled, aside, finding, about";

/// What a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// A batch.
    Batch,
    /// An interaction.
    Interaction,
    /// A video operation.
    Video,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobRank {
    /// It waits for the user.
    Waiting,
    /// It runs, or that is not known.
    Running,
    /// It ended.
    Ended,
}

/// How Pollux came to know of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// The service listed it.
    Listed,
    /// An event told of it.
    Told,
    /// It was sent from here.
    Dispatched,
    /// The user opened it.
    Opened,
}

/// What the watchdog made of a job that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Not looked at yet, or still within its grace.
    Open,
    /// A verified event told of it, and was accepted.
    Told,
    /// No event is expected.
    NotExpected,
    /// It was missed.
    Missed,
}

macro_rules! numbered {
    ($type:ident: $($number:literal $variant:ident),*) => {
        impl $type {
            fn number(self) -> u8 {
                match self { $(Self::$variant => $number),* }
            }

            fn read(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Self> {
                match row.get::<_, u8>(column)? {
                    $($number => Ok(Self::$variant),)*
                    _ => Err(rusqlite::Error::FromSqlConversionFailure(
                        column,
                        Type::Integer,
                        "a number that this version does not know".into(),
                    )),
                }
            }
        }
    };
}
numbered!(JobKind: 0 Batch, 1 Interaction, 2 Video);
numbered!(JobRank: 0 Waiting, 1 Running, 2 Ended);
numbered!(KnownBy: 0 Listed, 1 Told, 2 Dispatched, 3 Opened);
numbered!(Settled: 0 Open, 1 Told, 2 NotExpected, 3 Missed);

/// A job. Times: Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// The project.
    pub project: i64,
    /// `batches/…`, `interactions/…`, `models/…/operations/…`.
    pub name: String,
    /// What it is.
    pub kind: JobKind,
    /// How far it is.
    pub rank: JobRank,
    /// Its place in the list: when it ended, was created, or was first heard of.
    pub at_ms: i64,
    /// The service's word for its state; empty if it was never asked.
    pub state: String,
    /// What its owner calls it.
    pub title: Option<String>,
    /// Its model or agent.
    pub model: Option<String>,
    /// When the service created it.
    pub created_ms: Option<i64>,
    /// When it ended, or stopped to wait.
    pub ended_ms: Option<i64>,
    /// When its result is deleted.
    pub expires_ms: Option<i64>,
    /// How Pollux came to know of it.
    pub known_by: KnownBy,
    /// When Pollux first heard of it.
    pub first_ms: i64,
    /// When it was sent from here.
    pub dispatched_ms: Option<i64>,
    /// When the service was last asked about it.
    pub asked_ms: Option<i64>,
    /// When to ask again; `None`: not by itself.
    pub next_ms: Option<i64>,
    /// How often it was asked in its present state.
    pub asks: u32,
    /// What the watchdog made of it.
    pub settled: Settled,
    /// The user wants no alarm for it.
    pub aside: bool,
    /// What the watchdog found, as JSON.
    pub finding: Option<String>,
    /// What else the service said, as JSON.
    pub about: String,
}

impl JobRecord {
    /// The last part of the name.
    #[must_use]
    pub fn bare(&self) -> &str {
        bare(&self.name)
    }
}

/// The last part of a job's name.
#[must_use]
pub fn bare(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Which jobs of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobsWanted {
    /// In name, title, model, state or `user_metadata`; without regard to ASCII case.
    pub text: String,
    /// In what else the service said.
    pub about: Option<String>,
    /// Of this kind only.
    pub kind: Option<JobKind>,
    /// Only those that were missed.
    pub missed: bool,
}

/// How many jobs of a project there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// All.
    pub known: u32,
    /// Those that match.
    pub matched: u32,
    /// Of those that match, those that have not ended.
    pub running: u32,
    /// Of all, those that were missed and not set aside.
    pub missed: u32,
    /// Of all, those that wait for the user.
    pub waiting: u32,
}

/// The known jobs. From [`Store::known_jobs`].
#[derive(Clone, Copy)]
pub struct KnownJobs<'a>(pub(crate) &'a Store);

impl KnownJobs<'_> {
    /// Adds these, each in the place of the one of its name.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn put(&self, records: Vec<JobRecord>) -> Result<(), Error> {
        self.0.write(Vec::new(), move |conn| Ok(records.iter().try_for_each(|record| put(conn, record))?)).await
    }

    /// Hands each of these to `change`, with its name, and writes what that returns; `None` leaves it as it is. All of
    /// it is one transaction: nobody changes one in between, in this process or another. Returns what was written.
    ///
    /// # Errors
    /// Any SQLite error; then nothing was written.
    pub async fn change(
        &self,
        project: i64,
        names: Vec<String>,
        mut change: impl FnMut(&str, Option<JobRecord>) -> Option<JobRecord> + Send + 'static,
    ) -> Result<Vec<JobRecord>, Error> {
        self.0
            .write(Vec::new(), move |conn| {
                let mut written = Vec::with_capacity(names.len());
                for name in &names {
                    let known = one(conn, "project = ?1 AND name = ?2", (project, name))?;
                    if let Some(record) = change(name, known) {
                        put(conn, &record)?;
                        written.push(record);
                    }
                }
                Ok(written)
            })
            .await
    }

    /// One of them.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn get(&self, project: i64, name: &str) -> Result<Option<JobRecord>, Error> {
        let name = name.to_owned();
        self.0.read(move |conn, _| Ok(one(conn, "project = ?1 AND name = ?2", (project, name))?)).await
    }

    /// Those with these last parts of their names, in no order.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn by_bare(&self, project: i64, bare: Vec<String>) -> Result<Vec<JobRecord>, Error> {
        self.0
            .read(move |conn, _| {
                let mut found = Vec::new();
                for bare in &bare {
                    found.extend(many(conn, "project = ?1 AND bare = ?2", (project, bare))?);
                }
                Ok(found)
            })
            .await
    }

    /// At most `count` of those that match, in the order of the list, from a place on.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn page(
        &self,
        project: i64,
        wanted: JobsWanted,
        start: u32,
        count: u32,
    ) -> Result<Vec<JobRecord>, Error> {
        self.0
            .read(move |conn, _| {
                let (text, kind) = (pattern(&wanted.text), wanted.kind.map(JobKind::number));
                let about = wanted.about.as_deref().and_then(pattern);
                let which = format!("{WANTED} ORDER BY rank, at_ms DESC, name LIMIT ?6 OFFSET ?7");
                Ok(many(conn, &which, (project, text, kind, wanted.missed, about, count, start))?)
            })
            .await
    }

    /// How many there are.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn counts(&self, project: i64, wanted: JobsWanted) -> Result<JobCounts, Error> {
        self.0
            .read(move |conn, _| {
                let (text, kind) = (pattern(&wanted.text), wanted.kind.map(JobKind::number));
                let of_all = "SELECT count(*), total(settled = 3 AND aside = 0), total(rank = 0)
                              FROM known_job WHERE project = ?1";
                let (known, missed, waiting) = conn.prepare_cached(of_all)?.query_row([project], |row| {
                    Ok((row.get(0)?, row.get::<_, f64>(1)? as u32, row.get::<_, f64>(2)? as u32))
                })?;
                let about = wanted.about.as_deref().and_then(pattern);
                let of_these = format!("SELECT count(*), total(rank < 2) FROM known_job WHERE {WANTED}");
                let (matched, running) =
                    conn.prepare_cached(&of_these)?.query_row((project, text, kind, wanted.missed, about), |row| {
                        Ok((row.get(0)?, row.get::<_, f64>(1)? as u32))
                    })?;
                Ok(JobCounts { known, matched, running, missed, waiting })
            })
            .await
    }

    /// Those of a project that are due to be asked about at `now_ms`, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn due(&self, project: i64, now_ms: i64, limit: u32) -> Result<Vec<JobRecord>, Error> {
        let which = "project = ?1 AND next_ms <= ?2 ORDER BY next_ms LIMIT ?3";
        self.0.read(move |conn, _| Ok(many(conn, which, (project, now_ms, limit))?)).await
    }

    /// Those of a project that ended in `from_ms..until_ms` and that the watchdog has to look at, the newest first, at
    /// most `limit`. `again`: also those that were missed.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn unsettled(
        &self,
        project: i64,
        from_ms: i64,
        until_ms: i64,
        again: bool,
        limit: u32,
    ) -> Result<Vec<JobRecord>, Error> {
        let which = "project = ?1 AND settled IN (0, 3) AND rank <> 1 AND (?4 OR settled = 0)
                       AND ended_ms >= ?2 AND ended_ms < ?3 ORDER BY ended_ms DESC LIMIT ?5";
        self.0.read(move |conn, _| Ok(many(conn, which, (project, from_ms, until_ms, again, limit))?)).await
    }

    /// The paths of the files with requests that the jobs of all projects refer to.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn request_files(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT json_extract(about, '$.requests') FROM known_job WHERE about LIKE '%\"requests\":\"%'";
        self.0
            .read(move |conn, _| {
                let paths = conn.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                Ok(paths)
            })
            .await
    }

    /// Forgets one. False if it was not there.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn remove(&self, project: i64, name: &str) -> Result<bool, Error> {
        let name = name.to_owned();
        let sql = "DELETE FROM known_job WHERE project = ?1 AND name = ?2";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute((project, name))? > 0)).await
    }

    /// Forgets all of a project.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn clear(&self, project: i64) -> Result<(), Error> {
        let sql = "DELETE FROM known_job WHERE project = ?1";
        self.0
            .write(Vec::new(), move |conn| {
                conn.prepare_cached(sql)?.execute([project])?;
                Ok(())
            })
            .await
    }

    /// Forgets what the user opened by an id and the service never knew.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn forget_unknown(&self) -> Result<(), Error> {
        let sql = "DELETE FROM known_job WHERE known_by = 3 AND state = '' AND json_extract(about, '$.not_found') = 1";
        self.0
            .write(Vec::new(), move |conn| {
                conn.prepare_cached(sql)?.execute([])?;
                Ok(())
            })
            .await
    }

    /// Forgets what was only listed or told of and ended, beyond the newest `most` of each project.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn trim(&self, project: i64, most: u32) -> Result<usize, Error> {
        let sql = "DELETE FROM known_job WHERE project = ?1 AND rank = 2 AND known_by < 2 AND at_ms <
                     (SELECT at_ms FROM known_job WHERE project = ?1 AND rank = 2 ORDER BY at_ms DESC LIMIT 1 OFFSET max(?2 - 1, 0))";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute((project, most))?)).await
    }
}

const WANTED: &str = "project = ?1 AND (?2 IS NULL OR name LIKE ?2 ESCAPE '\\' OR title LIKE ?2 ESCAPE '\\'
      OR model LIKE ?2 ESCAPE '\\' OR state LIKE ?2 ESCAPE '\\'
      OR json_extract(about, '$.metadata') LIKE ?2 ESCAPE '\\')
  AND (?3 IS NULL OR kind = ?3) AND (?4 = 0 OR settled = 3)
  AND (?5 IS NULL OR about LIKE ?5 ESCAPE '\\')";

fn pattern(text: &str) -> Option<String> {
    let text = text.trim();
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    (!text.is_empty()).then(|| format!("%{escaped}%"))
}

fn put(conn: &Connection, job: &JobRecord) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO known_job (project, name, kind, rank, at_ms, state, title, model, created_ms, ended_ms,
           expires_ms, known_by, first_ms, dispatched_ms, asked_ms, next_ms, asks, settled, aside, finding, about, bare)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
    )?
    .execute(rusqlite::params![
        job.project,
        job.name,
        job.kind.number(),
        job.rank.number(),
        job.at_ms,
        job.state,
        job.title,
        job.model,
        job.created_ms,
        job.ended_ms,
        job.expires_ms,
        job.known_by.number(),
        job.first_ms,
        job.dispatched_ms,
        job.asked_ms,
        job.next_ms,
        job.asks,
        job.settled.number(),
        job.aside,
        job.finding,
        job.about,
        job.bare(),
    ])?;
    Ok(())
}

fn one(conn: &Connection, which: &str, values: impl rusqlite::Params) -> rusqlite::Result<Option<JobRecord>> {
    conn.prepare_cached(&format!("SELECT {FIELDS} FROM known_job WHERE {which}"))?.query_row(values, take).optional()
}

fn many(conn: &Connection, which: &str, values: impl rusqlite::Params) -> rusqlite::Result<Vec<JobRecord>> {
    conn.prepare_cached(&format!("SELECT {FIELDS} FROM known_job WHERE {which}"))?.query_map(values, take)?.collect()
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<JobRecord> {
    Ok(JobRecord {
        project: row.get(0)?,
        name: row.get(1)?,
        kind: JobKind::read(row, 2)?,
        rank: JobRank::read(row, 3)?,
        at_ms: row.get(4)?,
        state: row.get(5)?,
        title: row.get(6)?,
        model: row.get(7)?,
        created_ms: row.get(8)?,
        ended_ms: row.get(9)?,
        expires_ms: row.get(10)?,
        known_by: KnownBy::read(row, 11)?,
        first_ms: row.get(12)?,
        dispatched_ms: row.get(13)?,
        asked_ms: row.get(14)?,
        next_ms: row.get(15)?,
        asks: row.get(16)?,
        settled: Settled::read(row, 17)?,
        aside: row.get(18)?,
        finding: row.get(19)?,
        about: row.get(20)?,
    })
}
