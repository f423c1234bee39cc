//! `place`: where the secrets of a webhook are in use, in the user's words.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row as SqlRow};
use serde::Serialize;

use crate::{Error, Store};

/// Ids are never reused: what was ticked by id is this place or none.
pub(crate) const CREATE: &str = "
CREATE TABLE place (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  project  INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  webhook  TEXT    NOT NULL,  -- the service's id
  text     TEXT    NOT NULL,
  done_for TEXT,              -- the secret it was ticked for; NULL: not ticked
  done_ms  INTEGER            -- Unix milliseconds
);
CREATE INDEX place_webhook ON place (project, webhook);
";

/// A place that holds a secret of a webhook: `.env of results-worker`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The id by which it is ticked and removed.
    pub id: i64,
    /// The webhook's project.
    pub project: i64,
    /// The service's id of the webhook.
    pub webhook: String,
    /// The user's note. Never a secret.
    pub text: String,
    /// The secret that the user ticked it for (its id or hint); `None` if it is not ticked.
    pub done_for: Option<String>,
    /// When it was ticked, Unix milliseconds.
    pub done_ms: Option<i64>,
}

/// The user's notes of where secrets are in use. From [`Store::places`].
#[derive(Clone, Copy)]
pub struct Places<'a>(pub(crate) &'a Store);

impl Places<'_> {
    /// Those of a webhook, in order of creation.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn list(&self, project: i64, webhook: &str) -> Result<Vec<Place>, Error> {
        let webhook = webhook.to_owned();
        self.0.read(move |conn, _| Ok(list(conn, project, &webhook)?)).await
    }

    /// Adds a place, not ticked; returns its id.
    ///
    /// # Errors
    /// [`Error::UnknownProject`]; any SQLite error.
    pub async fn add(&self, project: i64, webhook: &str, text: &str) -> Result<i64, Error> {
        let (webhook, text) = (webhook.to_owned(), text.to_owned());
        self.0.write(Vec::new(), move |conn| add(conn, project, &webhook, &text)).await
    }

    /// One place; `None` if there is none with this id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn get(&self, id: i64) -> Result<Option<Place>, Error> {
        self.0.read(move |conn, _| Ok(get(conn, id)?)).await
    }

    /// Ticks a place for a secret (its id or hint) at a time (Unix milliseconds), or unticks it. False if there is none
    /// with this id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn tick(&self, id: i64, done: Option<(String, i64)>) -> Result<bool, Error> {
        let (done_for, done_ms) = done.unzip();
        let sql = "UPDATE place SET done_for = ?2, done_ms = ?3 WHERE id = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute((id, done_for, done_ms))? > 0)).await
    }

    /// Deletes a place. False if there is none with this id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn remove(&self, id: i64) -> Result<bool, Error> {
        let sql = "DELETE FROM place WHERE id = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute([id])? > 0)).await
    }
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        id: row.get(0)?,
        project: row.get(1)?,
        webhook: row.get(2)?,
        text: row.get(3)?,
        done_for: row.get(4)?,
        done_ms: row.get(5)?,
    })
}

fn list(conn: &Connection, project: i64, webhook: &str) -> rusqlite::Result<Vec<Place>> {
    conn.prepare_cached(
        "SELECT id, project, webhook, text, done_for, done_ms FROM place WHERE project = ?1 AND webhook = ?2 ORDER BY id",
    )?
    .query_map((project, webhook), take)?
    .collect()
}

fn get(conn: &Connection, id: i64) -> rusqlite::Result<Option<Place>> {
    conn.prepare_cached("SELECT id, project, webhook, text, done_for, done_ms FROM place WHERE id = ?1")?
        .query_row([id], take)
        .optional()
}

fn add(conn: &Connection, project: i64, webhook: &str, text: &str) -> Result<i64, Error> {
    conn.prepare_cached("INSERT INTO place (project, webhook, text) VALUES (?1, ?2, ?3) RETURNING id")?
        .query_row((project, webhook, text), |row| row.get(0))
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Error::UnknownProject(project),
            _ => Error::Sqlite(error),
        })
}
