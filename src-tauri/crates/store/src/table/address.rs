//! `address`: every base under which the listener was reached, so that a webhook with an earlier one is recognised as
//! ours.

use rusqlite::Connection;
use serde::Serialize;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE address (
  base     TEXT    PRIMARY KEY,  -- https://x.example/
  public   INTEGER NOT NULL,     -- 0: on this machine or its network only
  first_ms INTEGER NOT NULL,     -- Unix milliseconds
  last_ms  INTEGER NOT NULL
) WITHOUT ROWID;
";

/// How many are kept, newest first: a tunnel may give a different address every day.
const MOST: i64 = 200;

/// A base under which the listener was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Address {
    /// `https://x.example/`: with the trailing slash.
    pub base: String,
    /// Whether it can be reached from elsewhere, as far as known.
    pub public: bool,
    /// When it was first in use, Unix milliseconds.
    pub first_ms: i64,
    /// When it was last in use, Unix milliseconds.
    pub last_ms: i64,
}

/// The addresses under which the listener was reached. From [`Store::addresses`].
#[derive(Clone, Copy)]
pub struct Addresses<'a>(pub(crate) &'a Store);

impl Addresses<'_> {
    /// Records that the listener is reached under this base (`https://x.example/`, with the slash) at `now_ms` (Unix
    /// milliseconds). Beyond 200, those whose last use is longest ago are forgotten.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn seen(&self, base: &str, public: bool, now_ms: i64) -> Result<(), Error> {
        let base = base.to_owned();
        self.0.write(Vec::new(), move |conn| Ok(seen(conn, &base, public, now_ms)?)).await
    }

    /// All that are kept, last used first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn list(&self) -> Result<Vec<Address>, Error> {
        self.0.read(|conn, _| Ok(list(conn)?)).await
    }
}

fn seen(conn: &Connection, base: &str, public: bool, now_ms: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO address (base, public, first_ms, last_ms) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT (base) DO UPDATE SET public = excluded.public, first_ms = min(first_ms, excluded.first_ms),
           last_ms = max(last_ms, excluded.last_ms)",
    )?
    .execute((base, public, now_ms))?;
    // The one in use stays, whatever the clock says.
    conn.prepare_cached(
        "DELETE FROM address WHERE base NOT IN
           (SELECT base FROM address ORDER BY base = ?1 DESC, last_ms DESC, base LIMIT ?2)",
    )?
    .execute((base, MOST))?;
    Ok(())
}

fn list(conn: &Connection) -> rusqlite::Result<Vec<Address>> {
    conn.prepare_cached("SELECT base, public, first_ms, last_ms FROM address ORDER BY last_ms DESC, base")?
        .query_map([], |row| {
            Ok(Address { base: row.get(0)?, public: row.get(1)?, first_ms: row.get(2)?, last_ms: row.get(3)? })
        })?
        .collect()
}
