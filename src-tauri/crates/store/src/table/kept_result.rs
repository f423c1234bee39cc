//! `kept_result`: opened results that are kept with a delivery, since the service forgets them.

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE kept_result (
  delivery INTEGER NOT NULL,
  name     TEXT    NOT NULL,  -- files/…
  file     TEXT    NOT NULL,  -- in the folder of results, beside the history
  bytes    INTEGER NOT NULL,
  mime     TEXT,
  PRIMARY KEY (delivery, name)
) WITHOUT ROWID;
";

/// A result that is kept with a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptResult {
    /// The delivery: it goes when that does.
    pub delivery: i64,
    /// `files/…`.
    pub name: String,
    /// The name of its file in the folder of results.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// `application/jsonl`.
    pub mime: Option<String>,
}

/// Results that are kept with deliveries. From [`Store::kept_results`].
#[derive(Clone, Copy)]
pub struct KeptResults<'a>(pub(crate) &'a Store);

impl KeptResults<'_> {
    /// Keeps one, in the place of one of its name.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn put(&self, kept: KeptResult) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO kept_result (delivery, name, file, bytes, mime) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.0
            .write(Vec::new(), move |conn| {
                let bytes = crate::table::signed(kept.bytes);
                conn.prepare_cached(sql)?.execute((kept.delivery, &kept.name, &kept.file, bytes, &kept.mime))?;
                Ok(())
            })
            .await
    }

    /// Keeps it no longer. False if it was not kept.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn remove(&self, delivery: i64, name: &str) -> Result<bool, Error> {
        let name = name.to_owned();
        let sql = "DELETE FROM kept_result WHERE delivery = ?1 AND name = ?2";
        self.0.write(Vec::new(), move |conn| Ok(conn.prepare_cached(sql)?.execute((delivery, name))? > 0)).await
    }

    /// All of them.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn list(&self) -> Result<Vec<KeptResult>, Error> {
        self.0
            .read(|conn, _| {
                let take = |row: &rusqlite::Row<'_>| {
                    Ok(KeptResult {
                        delivery: row.get(0)?,
                        name: row.get(1)?,
                        file: row.get(2)?,
                        bytes: crate::table::unsigned(row.get(3)?),
                        mime: row.get(4)?,
                    })
                };
                let sql = "SELECT delivery, name, file, bytes, mime FROM kept_result ORDER BY delivery, name";
                Ok(conn.prepare_cached(sql)?.query_map([], take)?.collect::<rusqlite::Result<_>>()?)
            })
            .await
    }
}
