//! Pins and notes.

use rusqlite::Connection;

use crate::table::{delivery, note};
use crate::{Error, Store};

impl Store {
    /// Pins deliveries, so that no limit of the history removes them, or unpins them. Returns how many there are; the
    /// others are left out.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn pin(&self, ids: &[i64], pinned: bool) -> Result<u64, Error> {
        let ids = ids.to_vec();
        let found = self.write(ids.clone(), move |conn| Ok(pin(conn, &ids, pinned)?)).await?;
        self.keeping().again();
        Ok(found)
    }

    /// Writes, replaces or removes the note of a delivery. `at_ms`: now, Unix milliseconds. False if there is no such
    /// delivery.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn note(&self, id: i64, text: Option<String>, at_ms: i64) -> Result<bool, Error> {
        self.write(vec![id], move |conn| Ok(note::put(conn, id, text.as_deref(), at_ms)?)).await
    }
}

fn pin(conn: &Connection, ids: &[i64], pinned: bool) -> rusqlite::Result<u64> {
    let mut statement = conn.prepare_cached(delivery::PIN)?;
    let mut found = 0;
    for id in ids {
        found += statement.execute((id, pinned))? as u64;
    }
    Ok(found)
}
