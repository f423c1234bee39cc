//! The names that a query may use: of projects and of secrets.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::Error;

/// Names as they are at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    projects: HashMap<i64, String>,
    /// By a secret's id: what names it, the id itself among it.
    secrets: HashMap<String, Vec<String>>,
}

impl Names {
    pub(crate) fn read(conn: &Connection) -> Result<Self, Error> {
        let projects = conn
            .prepare_cached("SELECT id, name FROM project")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let secrets = conn
            .prepare_cached("SELECT id, label, hint FROM secret")?
            .query_map([], |row| Ok((row.get(0)?, vec![row.get(0)?, row.get(1)?, row.get(2)?])))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { projects, secrets })
    }

    /// The name of a project.
    #[must_use]
    pub fn project(&self, id: i64) -> Option<&str> {
        self.projects.get(&id).map(String::as_str)
    }

    /// What names a secret, by its id: that id, and what the user sees of it.
    #[must_use]
    pub fn secret<'a>(&'a self, key: &'a str) -> Vec<&'a str> {
        match self.secrets.get(key) {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => vec![key],
        }
    }
}
