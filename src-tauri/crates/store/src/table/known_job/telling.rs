//! Jobs by what the service said of them besides what has a column.

use rusqlite::Connection;

use super::{FIELDS, JobRecord, KnownJobs, take};
use crate::Error;

/// The place of `about` among the fields.
const ABOUT: usize = 20;

impl KnownJobs<'_> {
    /// Those of a project of which the service said something with one of these texts in it, at most `most`. All of the
    /// project's jobs are read once, however many texts there are.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn telling(&self, project: i64, texts: Vec<String>, most: usize) -> Result<Vec<JobRecord>, Error> {
        self.0.read(move |conn, _| Ok(telling(conn, project, &texts, most)?)).await
    }
}

fn telling(conn: &Connection, project: i64, texts: &[String], most: usize) -> rusqlite::Result<Vec<JobRecord>> {
    let mut found = Vec::new();
    if texts.is_empty() {
        return Ok(found);
    }
    let mut statement = conn.prepare_cached(&format!("SELECT {FIELDS} FROM known_job WHERE project = ?1"))?;
    let mut rows = statement.query([project])?;
    while let Some(row) = rows.next()? {
        let about = row.get_ref(ABOUT)?.as_str()?;
        if texts.iter().any(|text| about.contains(text.as_str())) {
            found.push(take(row)?);
            if found.len() >= most {
                break;
            }
        }
    }
    Ok(found)
}
