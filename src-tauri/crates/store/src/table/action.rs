//! `action`: the log of management actions. Only appended to; never contains a secret.

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow};
use serde::Serialize;

use crate::{Error, Store};

/// The project is not a reference: the log also records what was done to projects that never came to be or are gone.
pub(crate) const CREATE: &str = "
CREATE TABLE action (
  id           INTEGER PRIMARY KEY,
  at_ms        INTEGER NOT NULL,  -- Unix milliseconds
  who          TEXT    NOT NULL,
  project      INTEGER,
  project_name TEXT,              -- at that time
  what         TEXT    NOT NULL,  -- webhook.rotate
  target       TEXT    NOT NULL,
  result       TEXT    NOT NULL,  -- done, refused, failed, unknown
  detail       TEXT    NOT NULL
);
";

/// An action to be recorded. See [`Action`] for its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAction {
    /// When it ended, Unix milliseconds.
    pub at_ms: i64,
    /// Who did it, and from where.
    pub who: String,
    /// The project it was about.
    pub project: Option<i64>,
    /// The project's name at that time.
    pub project_name: Option<String>,
    /// The action, such as `webhook.rotate`.
    pub what: String,
    /// Its object, in words.
    pub target: String,
    /// `done`, `refused`, `failed` or `unknown`.
    pub result: String,
    /// What changed, or what the service said. Never a secret.
    pub detail: String,
}

/// A management action that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Rises in the order of recording.
    pub id: i64,
    /// When it ended, Unix milliseconds.
    pub at_ms: i64,
    /// Who did it, and from where: `ada, window`.
    pub who: String,
    /// The project it was about.
    pub project: Option<i64>,
    /// The project's name at that time.
    pub project_name: Option<String>,
    /// The action, such as `webhook.rotate`.
    pub what: String,
    /// Its object, in words.
    pub target: String,
    /// `done`, `refused`, `failed` or `unknown` (the request may have taken effect).
    pub result: String,
    /// What changed, or what the service said.
    pub detail: String,
}

/// The log of management actions. From [`Store::actions`].
#[derive(Clone, Copy)]
pub struct Actions<'a>(pub(crate) &'a Store);

impl Actions<'_> {
    /// Records an action and returns its id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn add(&self, new: NewAction) -> Result<i64, Error> {
        self.0.write(Vec::new(), move |conn| Ok(add(conn, &new)?)).await
    }

    /// The newest ones before `before` (an id; `None` for no bound), at most `limit`, newest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn page(&self, before: Option<i64>, limit: u32) -> Result<Vec<Action>, Error> {
        self.0.read(move |conn, _| Ok(page(conn, before, limit)?)).await
    }

    /// The whole log, oldest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn all(&self) -> Result<Vec<Action>, Error> {
        self.0.read(|conn, _| Ok(all(conn)?)).await
    }

    /// When an action (`project.add`) was first done to a project, Unix milliseconds; `None` if the log has no such
    /// entry.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn first_done(&self, project: i64, what: &'static str) -> Result<Option<i64>, Error> {
        self.0.read(move |conn, _| Ok(first_done(conn, project, what)?)).await
    }
}

fn add(conn: &Connection, new: &NewAction) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO action (at_ms, who, project, project_name, what, target, result, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
    )?
    .query_row(
        (new.at_ms, &new.who, new.project, &new.project_name, &new.what, &new.target, &new.result, &new.detail),
        |row| row.get(0),
    )
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<Action> {
    Ok(Action {
        id: row.get(0)?,
        at_ms: row.get(1)?,
        who: row.get(2)?,
        project: row.get(3)?,
        project_name: row.get(4)?,
        what: row.get(5)?,
        target: row.get(6)?,
        result: row.get(7)?,
        detail: row.get(8)?,
    })
}

fn page(conn: &Connection, before: Option<i64>, limit: u32) -> rusqlite::Result<Vec<Action>> {
    conn.prepare_cached(
        "SELECT id, at_ms, who, project, project_name, what, target, result, detail FROM action
         WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    )?
    .query_map((before.unwrap_or(i64::MAX), limit), take)?
    .collect()
}

fn all(conn: &Connection) -> rusqlite::Result<Vec<Action>> {
    conn.prepare_cached(
        "SELECT id, at_ms, who, project, project_name, what, target, result, detail FROM action ORDER BY id",
    )?
    .query_map([], take)?
    .collect()
}

fn first_done(conn: &Connection, project: i64, what: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT at_ms FROM action WHERE project = ?1 AND what = ?2 AND result = 'done' ORDER BY id LIMIT 1";
    conn.prepare_cached(sql)?.query_row((project, what), |row| row.get(0)).optional()
}
