//! `signer`: the numbers of the secrets that verified deliveries, and how many each verified.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::table::unsigned;

/// It holds only ids of the user's own secrets, so no sender can make it grow.
pub(crate) const CREATE: &str = "
CREATE TABLE signer (
  number        INTEGER PRIMARY KEY,
  key           TEXT    NOT NULL UNIQUE,  -- the secret's id
  deliveries    INTEGER NOT NULL,         -- how many it verified
  last_delivery INTEGER NOT NULL,         -- the newest of them
  last_ns       INTEGER NOT NULL          -- when that one arrived, Unix nanoseconds
);
ALTER TABLE delivery ADD COLUMN signer INTEGER;  -- number of the secret that verified it; NULL also for older ones
";

/// What a secret verified in the whole history, except deliveries from before this was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// The secret's id.
    pub key: String,
    /// Deliveries that it verified and no earlier secret in the keyring did.
    pub deliveries: u64,
    /// The one stored last.
    pub last_delivery: i64,
    /// When that one arrived, Unix nanoseconds.
    pub last_ns: i64,
}

/// The number of a secret, assigned if it has none yet.
pub(crate) fn ensure(conn: &Connection, key: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO signer (key, deliveries, last_delivery, last_ns) VALUES (?1, 0, 0, 0)
         ON CONFLICT (key) DO UPDATE SET key = key RETURNING number",
    )?
    .query_row([key], |row| row.get(0))
}

/// Adds deliveries that a secret verified: its number, how many, the last of them and its arrival.
pub(crate) const TALLY: &str =
    "UPDATE signer SET deliveries = deliveries + ?2, last_delivery = ?3, last_ns = ?4 WHERE number = ?1";

/// Adds one delivery whose secret was found only later: number, id, arrival.
pub(crate) const TALLY_LATER: &str = "
UPDATE signer SET deliveries = deliveries + 1,
                  last_ns = CASE WHEN ?2 > last_delivery THEN ?3 ELSE last_ns END,
                  last_delivery = max(last_delivery, ?2)
WHERE number = ?1
";

/// Those of these keys that verified anything, in the order of the keys.
pub(crate) fn of(conn: &Connection, keys: &[String]) -> rusqlite::Result<Vec<Signer>> {
    let mut statement =
        conn.prepare_cached("SELECT key, deliveries, last_delivery, last_ns FROM signer WHERE key = ?1")?;
    let find = |key| {
        statement
            .query_row([key], |row| {
                let deliveries = unsigned(row.get(1)?);
                Ok(Signer { key: row.get(0)?, deliveries, last_delivery: row.get(2)?, last_ns: row.get(3)? })
            })
            .optional()
            .transpose()
    };
    keys.iter().filter_map(find).collect()
}

pub(crate) fn key(conn: &Connection, number: i64) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT key FROM signer WHERE number = ?1")?.query_row([number], |row| row.get(0)).optional()
}
