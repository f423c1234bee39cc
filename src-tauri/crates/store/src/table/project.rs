//! `project`: one API key with its base URL, or the built-in Sandbox.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};
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

/// A removed project stays, because its deliveries refer to it. Its name and path are free for others: they move to
/// `removed_name` and `removed_path`, and `name` and `path` get values that nobody can type.
pub(crate) const MANAGED: &str = "
ALTER TABLE project ADD COLUMN base_url      TEXT;     -- NULL: the default of the program
ALTER TABLE project ADD COLUMN api_version   TEXT NOT NULL DEFAULT 'v1';
ALTER TABLE project ADD COLUMN key_hint      TEXT;     -- …a91f; NULL: no API key
ALTER TABLE project ADD COLUMN key_stored_in TEXT;
ALTER TABLE project ADD COLUMN removed_ms    INTEGER;  -- Unix milliseconds
ALTER TABLE project ADD COLUMN removed_name  TEXT;
ALTER TABLE project ADD COLUMN removed_path  TEXT;
";

/// A project, as deliveries refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Project {
    /// What deliveries and secrets refer to.
    pub id: i64,
    /// Its name; unique among those that are not removed.
    pub name: String,
    /// Whether it talks to the emulator in the same process.
    pub sandbox: bool,
    /// The first segment of the paths of its deliveries; unique among those that are not removed. Empty for the default
    /// project, which gets whatever belongs to no other project.
    pub path: String,
    /// The base URL of its service; `None` means the program's default.
    pub base_url: Option<String>,
    /// The version segment of the service's paths: `v1`, `v1beta`.
    pub api_version: String,
    /// What is known about its API key; `None` if it has none.
    pub key: Option<KeyRecord>,
    /// When it was removed, Unix milliseconds; `None` if it is not.
    pub removed_ms: Option<i64>,
}

/// What is known about an API key, without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyRecord {
    /// `…a91f`: what may be shown.
    pub hint: String,
    /// Where the key is: `keychain`, `file`, `memory`.
    pub stored_in: String,
}

/// A project to be added. See [`Project`] for its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// Its name.
    pub name: String,
    /// The first segment of the paths of its deliveries.
    pub path: String,
    /// The base URL of its service; `None` means the program's default.
    pub base_url: Option<String>,
    /// The version segment of the service's paths.
    pub api_version: String,
    /// What is known about its API key.
    pub key: Option<KeyRecord>,
}

/// The projects. From [`Store::projects`].
#[derive(Clone, Copy)]
pub struct Projects<'a>(pub(crate) &'a Store);

impl Projects<'_> {
    /// Those that are not removed: the Sandbox first, then in order of creation.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn list(&self) -> Result<Vec<Project>, Error> {
        self.0.read(|conn, _| Ok(list(conn, false)?)).await
    }

    /// All of them, removed ones with the name and path they had: deliveries still refer to them. Same order.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn all(&self) -> Result<Vec<Project>, Error> {
        self.0.read(|conn, _| Ok(list(conn, true)?)).await
    }

    /// The Sandbox, created if there is none, with this path. It keeps its name.
    ///
    /// # Errors
    /// [`Error::PathTaken`] if another project has the path; any SQLite error.
    pub async fn sandbox(&self, path: &str) -> Result<Project, Error> {
        let path = path.to_owned();
        self.0.write(Vec::new(), move |conn| sandbox(conn, &path)).await
    }

    /// The project whose path is empty, created if there is none. It keeps its name.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn default(&self) -> Result<Project, Error> {
        self.0.write(Vec::new(), default).await
    }

    /// The id of the project with this name. Creates it, or gives it this path and kind, if needed.
    ///
    /// # Errors
    /// [`Error::PathTaken`] if another project has the path; any SQLite error.
    pub async fn ensure(&self, name: &str, sandbox: bool, path: &str) -> Result<i64, Error> {
        let (name, path) = (name.to_owned(), path.to_owned());
        self.0.write(Vec::new(), move |conn| ensure(conn, &name, sandbox, &path)).await
    }

    /// Adds a project; returns it with its id.
    ///
    /// # Errors
    /// [`Error::NameTaken`] or [`Error::PathTaken`] if another project has the name or the path; any SQLite error.
    pub async fn add(&self, new: NewProject) -> Result<Project, Error> {
        self.0.write(Vec::new(), move |conn| add(conn, new, false)).await
    }

    /// Replaces name, path, base URL, version and what is known about the key. A removed project stays removed; its
    /// name and path are then checked when it is restored.
    ///
    /// # Errors
    /// [`Error::UnknownProject`]; [`Error::NameTaken`] or [`Error::PathTaken`] if another project has the name or the
    /// path; any SQLite error.
    pub async fn update(&self, project: &Project) -> Result<(), Error> {
        let project = project.clone();
        self.0.write(Vec::new(), move |conn| update(conn, &project)).await
    }

    /// Removes a project at `now_ms` (Unix milliseconds): its name and path become free; its deliveries and what is
    /// known about its secrets stay. False if there is none with this id, or it is already removed.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn remove(&self, id: i64, now_ms: i64) -> Result<bool, Error> {
        self.0.write(Vec::new(), move |conn| Ok(remove(conn, id, now_ms)?)).await
    }

    /// Brings a removed project back under the name and path it had. One that is not removed is left as it is.
    ///
    /// # Errors
    /// [`Error::UnknownProject`]; [`Error::NameTaken`] or [`Error::PathTaken`] if another project has them now; any
    /// SQLite error.
    pub async fn restore(&self, id: i64) -> Result<Project, Error> {
        self.0.write(Vec::new(), move |conn| restore(conn, id)).await
    }
}

macro_rules! project {
    ($tail:literal) => {
        concat!(
            "SELECT id, coalesce(removed_name, name), sandbox, coalesce(removed_path, path), base_url, api_version,
                    key_hint, key_stored_in, removed_ms
             FROM project ",
            $tail
        )
    };
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<Project> {
    let (hint, stored_in) = (row.get::<_, Option<String>>(6)?, row.get::<_, Option<String>>(7)?);
    Ok(Project {
        id: row.get(0)?,
        name: row.get(1)?,
        sandbox: row.get(2)?,
        path: row.get(3)?,
        base_url: row.get(4)?,
        api_version: row.get(5)?,
        key: hint.map(|hint| KeyRecord { hint, stored_in: stored_in.unwrap_or_default() }),
        removed_ms: row.get(8)?,
    })
}

fn list(conn: &Connection, removed: bool) -> rusqlite::Result<Vec<Project>> {
    conn.prepare_cached(project!("WHERE ?1 OR removed_ms IS NULL ORDER BY sandbox DESC, id"))?
        .query_map([removed], take)?
        .collect()
}

fn get(conn: &Connection, id: i64) -> Result<Project, Error> {
    conn.prepare_cached(project!("WHERE id = ?1"))?.query_row([id], take).optional()?.ok_or(Error::UnknownProject(id))
}

fn sandbox(conn: &Connection, path: &str) -> Result<Project, Error> {
    let found = conn
        .prepare_cached(project!("WHERE sandbox AND removed_ms IS NULL ORDER BY id LIMIT 1"))?
        .query_row([], take)
        .optional()?;
    match found {
        Some(project) if project.path == path => Ok(project),
        Some(project) => {
            let project = Project { path: path.to_owned(), ..project };
            update(conn, &project)?;
            Ok(project)
        }
        None => add(conn, built_in(conn, "Sandbox", path)?, true),
    }
}

fn default(conn: &Connection) -> Result<Project, Error> {
    let found = conn.prepare_cached(project!("WHERE path = '' LIMIT 1"))?.query_row([], take).optional()?;
    match found {
        Some(project) => Ok(project),
        None => add(conn, built_in(conn, "Default", "")?, false),
    }
}

/// If a project of the user's already has the name, the built-in one takes the next free one.
fn built_in(conn: &Connection, name: &str, path: &str) -> Result<NewProject, Error> {
    let mut free = name.to_owned();
    let mut number = 2;
    while holder(conn, "name", &free)?.is_some() {
        free = format!("{name} {number}");
        number += 1;
    }
    let api_version = "v1".to_owned();
    Ok(NewProject { name: free, path: path.to_owned(), base_url: None, api_version, key: None })
}

/// The project that has this name or path now.
fn holder(conn: &Connection, column: &'static str, value: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(&format!("SELECT id FROM project WHERE {column} = ?1"))?
        .query_row([value], |row| row.get(0))
        .optional()
}

/// Whether a project other than `id` has the name or the path. Must run inside the transaction that then takes them.
fn free(conn: &Connection, id: Option<i64>, name: &str, path: &str) -> Result<(), Error> {
    let taken = |holder: Option<i64>| holder.is_some() && holder != id;
    if taken(holder(conn, "name", name)?) {
        return Err(Error::NameTaken(name.to_owned()));
    }
    if taken(holder(conn, "path", path)?) {
        return Err(Error::PathTaken(path.to_owned()));
    }
    Ok(())
}

fn ensure(conn: &Connection, name: &str, sandbox: bool, path: &str) -> Result<i64, Error> {
    let id = holder(conn, "name", name)?;
    free(conn, id, name, path)?;
    let sql = "INSERT INTO project (name, sandbox, path) VALUES (?1, ?2, ?3)
               ON CONFLICT (name) DO UPDATE SET sandbox = excluded.sandbox, path = excluded.path
               RETURNING id";
    Ok(conn.prepare_cached(sql)?.query_row((name, sandbox, path), |row| row.get(0))?)
}

fn add(conn: &Connection, new: NewProject, sandbox: bool) -> Result<Project, Error> {
    free(conn, None, &new.name, &new.path)?;
    let NewProject { name, path, base_url, api_version, key } = new;
    let hint = key.as_ref().map(|key| &key.hint);
    let stored_in = key.as_ref().map(|key| &key.stored_in);
    let id = conn
        .prepare_cached(
            "INSERT INTO project (name, sandbox, path, base_url, api_version, key_hint, key_stored_in)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        )?
        .query_row((&name, sandbox, &path, &base_url, &api_version, hint, stored_in), |row| row.get(0))?;
    Ok(Project { id, name, sandbox, path, base_url, api_version, key, removed_ms: None })
}

fn update(conn: &Connection, project: &Project) -> Result<(), Error> {
    let Project { id, name, path, .. } = project;
    let removed = get(conn, *id)?.removed_ms.is_some();
    if !removed {
        free(conn, Some(*id), name, path)?;
    }
    let sql = if removed {
        "UPDATE project SET removed_name = ?2, removed_path = ?3, base_url = ?4, api_version = ?5, key_hint = ?6,
                            key_stored_in = ?7 WHERE id = ?1"
    } else {
        "UPDATE project SET name = ?2, path = ?3, base_url = ?4, api_version = ?5, key_hint = ?6,
                            key_stored_in = ?7 WHERE id = ?1"
    };
    let hint = project.key.as_ref().map(|key| &key.hint);
    let stored_in = project.key.as_ref().map(|key| &key.stored_in);
    conn.prepare_cached(sql)?.execute((id, name, path, &project.base_url, &project.api_version, hint, stored_in))?;
    Ok(())
}

fn remove(conn: &Connection, id: i64, now_ms: i64) -> rusqlite::Result<bool> {
    let parked = format!("\u{0}removed {id}");
    let removed = conn
        .prepare_cached(
            "UPDATE project SET removed_ms = ?2, removed_name = name, removed_path = path, name = ?3, path = ?3
             WHERE id = ?1 AND removed_ms IS NULL",
        )?
        .execute((id, now_ms, parked))?;
    Ok(removed > 0)
}

fn restore(conn: &Connection, id: i64) -> Result<Project, Error> {
    let project = get(conn, id)?;
    if project.removed_ms.is_none() {
        return Ok(project);
    }
    free(conn, Some(id), &project.name, &project.path)?;
    conn.prepare_cached(
        "UPDATE project SET name = ?2, path = ?3, removed_ms = NULL, removed_name = NULL, removed_path = NULL
         WHERE id = ?1",
    )?
    .execute((id, &project.name, &project.path))?;
    Ok(Project { removed_ms: None, ..project })
}

/// Includes removed ones: what was on its way when a project was removed is stored all the same.
pub(crate) fn exists(conn: &Connection, id: i64) -> rusqlite::Result<bool> {
    let found = conn
        .prepare_cached("SELECT 1 FROM project WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(found.is_some())
}
