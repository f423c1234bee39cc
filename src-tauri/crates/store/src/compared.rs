//! What a comparison looks for: another delivery to compare with.

use rusqlite::{Connection, OptionalExtension};

use crate::table::content;
use crate::{Error, Store};

/// The newest verified delivery of a project and a type that is not of this event. Reads the narrow rows backwards until
/// it finds one: 0.1 s per million where there is none.
const LAST_VERIFIED: &str = "
SELECT id FROM delivery
WHERE project = ?1 AND event_type = ?2 AND outcome = 0 AND id <> ?3
  AND (event IS NULL OR event IS NOT ?4) AND deleted = 0
ORDER BY id DESC LIMIT 1
";

impl Store {
    /// The newest verified delivery of this type in the project, other than `id` and of another event than `event`.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn last_verified(
        &self,
        project: i64,
        event_type: &str,
        id: i64,
        event: Option<i64>,
    ) -> Result<Option<i64>, Error> {
        let event_type = event_type.to_owned();
        self.read(move |conn, _| {
            let mut statement = conn.prepare_cached(LAST_VERIFIED)?;
            Ok(statement.query_row((project, event_type, id, event), |row| row.get(0)).optional()?)
        })
        .await
    }

    /// The first of `others` whose kept body is not byte for byte that of `id`. Bodies are read until `most` bytes of
    /// them were: nothing is said of those behind.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn unlike(&self, id: i64, others: Vec<i64>, most: u64) -> Result<Option<i64>, Error> {
        self.read(move |conn, _| Ok(unlike(conn, id, &others, most)?)).await
    }
}

fn unlike(conn: &Connection, id: i64, others: &[i64], most: u64) -> rusqlite::Result<Option<i64>> {
    let Some(body) = content::body(conn, id)? else { return Ok(None) };
    let mut read = 0;
    for other in others {
        read += body.len() as u64;
        if read > most {
            break;
        }
        // The lengths are asked first: they cost the same for any body.
        if content::kept(conn, *other)? != body.len() as u64
            || content::with_body(conn, *other, |bytes| bytes != body)? == Some(true)
        {
            return Ok(Some(*other));
        }
    }
    Ok(None)
}
