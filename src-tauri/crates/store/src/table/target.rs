//! `target`: addresses that deliveries are sent on to.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row as SqlRow, params};

use crate::{Error, Store};

/// One row per address. Ids are never reused.
pub(crate) const CREATE: &str = "
CREATE TABLE target (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  project         INTEGER REFERENCES project (id) ON DELETE CASCADE,  -- NULL: every project's
  name            TEXT,              -- NULL: remembered from its use only
  url             TEXT    NOT NULL UNIQUE,
  confirmed_ms    INTEGER,           -- when the user agreed that deliveries leave this machine for it, Unix milliseconds
  any_certificate INTEGER NOT NULL,  -- accepted without anybody who vouches for it
  used_ms         INTEGER            -- Unix milliseconds
);
";

/// An address that deliveries are sent on to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Its id; 0 for a new one.
    pub id: i64,
    /// The project it is for; `None` for all projects.
    pub project: Option<i64>,
    /// Its name; `None` if it is only remembered because it was used.
    pub name: Option<String>,
    /// The address.
    pub url: String,
    /// When the user allowed deliveries to leave this machine for it, Unix milliseconds.
    pub confirmed_ms: Option<i64>,
    /// Whether a certificate that nobody vouches for is accepted.
    pub any_certificate: bool,
    /// When it was used last, Unix milliseconds.
    pub used_ms: Option<i64>,
}

/// How many without a name are remembered: the latest ones.
const REMEMBERED: u32 = 20;

/// The addresses that deliveries are sent on to. From [`Store::targets`].
#[derive(Clone, Copy)]
pub struct Targets<'a>(pub(crate) &'a Store);

impl Targets<'_> {
    /// All of them: those with a name by name, then those without, latest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn list(&self) -> Result<Vec<Target>, Error> {
        self.0.read(|conn, _| Ok(list(conn)?)).await
    }

    /// The one with this address.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn find(&self, url: &str) -> Result<Option<Target>, Error> {
        let url = url.to_owned();
        self.0.read(move |conn, _| Ok(one(conn, "url = ?1", &url)?)).await
    }

    /// The one with this id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn get(&self, id: i64) -> Result<Option<Target>, Error> {
        self.0.read(move |conn, _| Ok(one(conn, "id = ?1", id)?)).await
    }

    /// Replaces the target with this id or this address; returns it with its id. Targets without a name that were never
    /// allowed are forgotten beyond the latest 20.
    ///
    /// # Errors
    /// [`Error::UnknownProject`]; any SQLite error: two targets cannot have one address.
    pub async fn put(&self, target: Target) -> Result<Target, Error> {
        self.0.write(Vec::new(), move |conn| put(conn, target)).await
    }

    /// Deletes one. False if there is none with this id.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn remove(&self, id: i64) -> Result<bool, Error> {
        let sql = "DELETE FROM target WHERE id = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute([id])? > 0)).await
    }
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<Target> {
    Ok(Target {
        id: row.get(0)?,
        project: row.get(1)?,
        name: row.get(2)?,
        url: row.get(3)?,
        confirmed_ms: row.get(4)?,
        any_certificate: row.get(5)?,
        used_ms: row.get(6)?,
    })
}

const COLUMNS: &str = "id, project, name, url, confirmed_ms, any_certificate, used_ms";

fn list(conn: &Connection) -> rusqlite::Result<Vec<Target>> {
    let order = "name IS NULL, name COLLATE NOCASE, used_ms DESC, id DESC";
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM target ORDER BY {order}"))?.query_map([], take)?.collect()
}

fn one(conn: &Connection, condition: &str, value: impl rusqlite::ToSql) -> rusqlite::Result<Option<Target>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM target WHERE {condition}"))?.query_row([value], take).optional()
}

fn put(conn: &Connection, target: Target) -> Result<Target, Error> {
    let Target { id, project, name, url, confirmed_ms, any_certificate, used_ms } = target;
    let refused = |error: rusqlite::Error| match (error.sqlite_error_code(), project) {
        (Some(ErrorCode::ConstraintViolation), Some(project)) if !error.to_string().contains("UNIQUE") => {
            Error::UnknownProject(project)
        }
        _ => Error::Sqlite(error),
    };
    let kept = if id == 0 {
        let sql = "INSERT INTO target (project, name, url, confirmed_ms, any_certificate, used_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (url) DO UPDATE SET project = excluded.project, name = excluded.name,
                     confirmed_ms = excluded.confirmed_ms, any_certificate = excluded.any_certificate,
                     used_ms = excluded.used_ms
                   RETURNING id";
        conn.prepare_cached(sql)?
            .query_row(params![project, name, url, confirmed_ms, any_certificate, used_ms], |row| row.get(0))
            .map_err(refused)?
    } else {
        let sql = "UPDATE target SET project = ?1, name = ?2, url = ?3, confirmed_ms = ?4, any_certificate = ?5,
                     used_ms = ?6 WHERE id = ?7";
        conn.prepare_cached(sql)?
            .execute(params![project, name, url, confirmed_ms, any_certificate, used_ms, id])
            .map_err(refused)?;
        id
    };
    conn.prepare_cached(
        "DELETE FROM target
         WHERE name IS NULL AND confirmed_ms IS NULL AND any_certificate = 0 AND id <> ?1 AND id NOT IN
           (SELECT id FROM target WHERE name IS NULL ORDER BY used_ms DESC, id DESC LIMIT ?2)",
    )?
    .execute((kept, REMEMBERED))?;
    one(conn, "id = ?1", kept)?.ok_or(Error::Damaged("target"))
}
