//! `setting`: key and JSON value.

use rusqlite::OptionalExtension;
use serde_json::Value;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE setting (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL  -- JSON
) WITHOUT ROWID;
";

/// The settings. From [`Store::settings`].
#[derive(Clone, Copy)]
pub struct Settings<'a>(pub(crate) &'a Store);

impl Settings<'_> {
    /// The value of a key; `None` if it was never set.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the value is not JSON; any SQLite error.
    pub async fn get(&self, key: &str) -> Result<Option<Value>, Error> {
        let key = key.to_owned();
        let text: Option<String> = self
            .0
            .read(move |conn, _| {
                let mut statement = conn.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
                Ok(statement.query_row([key], |row| row.get(0)).optional()?)
            })
            .await?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| Error::Damaged("setting"))).transpose()
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn set(&self, key: &str, value: &Value) -> Result<(), Error> {
        let (key, value) = (key.to_owned(), value.to_string());
        let sql =
            "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.0
            .write(Vec::new(), move |conn| {
                conn.prepare_cached(sql)?.execute((key, value))?;
                Ok(())
            })
            .await
    }

    /// Deletes a key. False if it was not set.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn remove(&self, key: &str) -> Result<bool, Error> {
        let key = key.to_owned();
        let sql = "DELETE FROM setting WHERE key = ?1";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute([key])? > 0)).await
    }
}
