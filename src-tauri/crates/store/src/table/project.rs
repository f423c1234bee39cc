//! `project`: one API key with its base URL, or the built-in Sandbox.

use rusqlite::{Connection, ErrorCode, OptionalExtension};
use serde::Serialize;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE project (
  id      INTEGER PRIMARY KEY,
  name    TEXT    NOT NULL UNIQUE,
  sandbox INTEGER NOT NULL,
  path    TEXT    NOT NULL UNIQUE
);
";

/// A project, as deliveries refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Project {
    /// What deliveries and secrets refer to.
    pub id: i64,
    /// What a person calls it; unique.
    pub name: String,
    /// Whether it talks to the emulator in the same process.
    pub sandbox: bool,
    /// The first segment of the paths whose deliveries are its own; unique.
    pub path: String,
}

/// The projects. From [`Store::projects`].
#[derive(Clone, Copy)]
pub struct Projects<'a>(pub(crate) &'a Store);

impl Projects<'_> {
    /// All of them, in the order of their making.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn list(&self) -> Result<Vec<Project>, Error> {
        self.0.read(|conn, _| Ok(list(conn)?)).await
    }

    /// The id of the project of this name; makes it, or gives it this path and kind, where it is not so yet.
    ///
    /// # Errors
    /// [`Error::PathTaken`] where another project has the path; what SQLite says.
    pub async fn ensure(&self, name: &str, sandbox: bool, path: &str) -> Result<i64, Error> {
        let (name, path) = (name.to_owned(), path.to_owned());
        self.0.write(Vec::new(), move |conn| ensure(conn, &name, sandbox, &path)).await
    }
}

fn list(conn: &Connection) -> rusqlite::Result<Vec<Project>> {
    conn.prepare_cached("SELECT id, name, sandbox, path FROM project ORDER BY id")?
        .query_map([], |row| {
            Ok(Project { id: row.get(0)?, name: row.get(1)?, sandbox: row.get(2)?, path: row.get(3)? })
        })?
        .collect()
}

fn ensure(conn: &Connection, name: &str, sandbox: bool, path: &str) -> Result<i64, Error> {
    conn.prepare_cached(
        "INSERT INTO project (name, sandbox, path) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET sandbox = excluded.sandbox, path = excluded.path
         RETURNING id",
    )?
    .query_row((name, sandbox, path), |row| row.get(0))
    .map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => Error::PathTaken(path.to_owned()),
        _ => Error::Sqlite(error),
    })
}

pub(crate) fn exists(conn: &Connection, id: i64) -> rusqlite::Result<bool> {
    let found = conn
        .prepare_cached("SELECT 1 FROM project WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(found.is_some())
}
