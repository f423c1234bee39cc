//! `secret`: what is known about a secret. Its value is never in this database: it is in the keychain, or wherever
//! `stored_in` says.

use rusqlite::{Connection, ErrorCode};
use serde::Serialize;
use signature::KeyState;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE secret (
  id         TEXT    PRIMARY KEY,  -- UUID: the name of the value where it is stored
  project    INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  label      TEXT    NOT NULL,
  hint       TEXT    NOT NULL,     -- whsec_…a91f
  expires_at INTEGER,              -- Unix seconds; NULL: the current one
  added_ms   INTEGER NOT NULL,     -- Unix milliseconds
  stored_in  TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX secret_project ON secret (project, added_ms);
";

pub(crate) const MANAGED: &str = "
ALTER TABLE secret ADD COLUMN webhook      TEXT;     -- the service's id; NULL: given by hand
ALTER TABLE secret ADD COLUMN created_ms   INTEGER;  -- made at the service, Unix milliseconds
ALTER TABLE secret ADD COLUMN destroyed_ms INTEGER;  -- its value was destroyed, Unix milliseconds
";

/// What is known about a secret, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretRecord {
    /// UUID; the name under which the value is stored elsewhere.
    pub id: String,
    /// The project whose deliveries it verifies.
    pub project: i64,
    /// Its label; may be empty.
    pub label: String,
    /// `whsec_…a91f`: what may be shown.
    pub hint: String,
    /// Accepted until then, Unix seconds; `None` if it was not replaced.
    pub expires_at: Option<i64>,
    /// When it was added, Unix milliseconds.
    pub added_ms: i64,
    /// Where its value is: `keychain`, `memory`…
    pub stored_in: String,
    /// The service's id of the webhook it signs for; `None` if it was entered by hand.
    pub webhook: Option<String>,
    /// When the service created it, Unix milliseconds; `None` if that is not known.
    pub created_ms: Option<i64>,
    /// When its value was destroyed, Unix milliseconds: only the hint is left of it.
    pub destroyed_ms: Option<i64>,
}

impl SecretRecord {
    /// Current, in its grace or expired at `now` (Unix seconds).
    #[must_use]
    pub fn state(&self, now: i64) -> KeyState {
        match self.expires_at {
            None => KeyState::Current,
            Some(until) if now < until => KeyState::Grace { until },
            Some(at) => KeyState::Expired { at },
        }
    }
}

/// What is known about secrets. From [`Store::secrets`].
#[derive(Clone, Copy)]
pub struct Secrets<'a>(pub(crate) &'a Store);

impl Secrets<'_> {
    /// Those of a project, or with `None` all (including those of removed projects), oldest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn list(&self, project: Option<i64>) -> Result<Vec<SecretRecord>, Error> {
        self.0.read(move |conn, _| Ok(list(conn, project)?)).await
    }

    /// Adds the record, or replaces the one with the same id.
    ///
    /// # Errors
    /// [`Error::UnknownProject`]; any SQLite error.
    pub async fn put(&self, record: SecretRecord) -> Result<(), Error> {
        self.0.write(Vec::new(), move |conn| put(conn, &record)).await
    }

    /// Sets or clears the time until which a secret is accepted. False if there is none with this id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn expire(&self, id: &str, expires_at: Option<i64>) -> Result<bool, Error> {
        let id = id.to_owned();
        let sql = "UPDATE secret SET expires_at = ?2 WHERE id = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute((id, expires_at))? > 0)).await
    }

    /// Records that the value of a secret was destroyed at `at_ms` (Unix milliseconds); the first time is kept. False
    /// if there is none with this id. The caller must destroy the value where it is stored.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn destroyed(&self, id: &str, at_ms: i64) -> Result<bool, Error> {
        let id = id.to_owned();
        let sql = "UPDATE secret SET destroyed_ms = coalesce(destroyed_ms, ?2) WHERE id = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute((id, at_ms))? > 0)).await
    }

    /// Deletes all records of a project; returns how many there were.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn forget_project(&self, project: i64) -> Result<usize, Error> {
        let sql = "DELETE FROM secret WHERE project = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute([project])?)).await
    }

    /// Deletes the record. False if there is none with this id. The caller must remove the value where it is stored.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn remove(&self, id: &str) -> Result<bool, Error> {
        let id = id.to_owned();
        let sql = "DELETE FROM secret WHERE id = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute([id])? > 0)).await
    }
}

fn list(conn: &Connection, project: Option<i64>) -> rusqlite::Result<Vec<SecretRecord>> {
    conn.prepare_cached(
        "SELECT id, project, label, hint, expires_at, added_ms, stored_in, webhook, created_ms, destroyed_ms FROM secret
         WHERE ?1 IS NULL OR project = ?1 ORDER BY added_ms, id",
    )?
    .query_map([project], |row| {
        Ok(SecretRecord {
            id: row.get(0)?,
            project: row.get(1)?,
            label: row.get(2)?,
            hint: row.get(3)?,
            expires_at: row.get(4)?,
            added_ms: row.get(5)?,
            stored_in: row.get(6)?,
            webhook: row.get(7)?,
            created_ms: row.get(8)?,
            destroyed_ms: row.get(9)?,
        })
    })?
    .collect()
}

fn put(conn: &Connection, record: &SecretRecord) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO secret (id, project, label, hint, expires_at, added_ms, stored_in, webhook, created_ms, destroyed_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET project = excluded.project, label = excluded.label, hint = excluded.hint,
           expires_at = excluded.expires_at, added_ms = excluded.added_ms, stored_in = excluded.stored_in,
           webhook = excluded.webhook, created_ms = excluded.created_ms, destroyed_ms = excluded.destroyed_ms",
    )?
    .execute((
        &record.id,
        record.project,
        &record.label,
        &record.hint,
        record.expires_at,
        record.added_ms,
        &record.stored_in,
        &record.webhook,
        record.created_ms,
        record.destroyed_ms,
    ))
    .map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => Error::UnknownProject(record.project),
        _ => Error::Sqlite(error),
    })?;
    Ok(())
}
