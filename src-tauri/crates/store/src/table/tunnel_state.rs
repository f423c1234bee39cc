//! `tunnel_state`: the timeline of the tunnel. "Was it up at 12:04?"

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow};
use serde::Serialize;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE tunnel_state (
  id       INTEGER PRIMARY KEY,
  at_ms    INTEGER NOT NULL,  -- Unix milliseconds: since when
  seen_ms  INTEGER NOT NULL,  -- until when at least, while it is the latest
  provider TEXT    NOT NULL,  -- ngrok, cloudflared, own
  state    TEXT    NOT NULL,  -- off, starting, online, reconnecting, failed
  public   TEXT,              -- https://x.example/
  detail   TEXT               -- why, where there is a why
);
CREATE INDEX tunnel_state_at ON tunnel_state (at_ms);
";

/// How many are kept, newest first. A tunnel that is cut once a minute fills them in two weeks.
const MOST: i64 = 40_000;
const FIELDS: &str = "at_ms, seen_ms, provider, state, public, detail";

/// A state of the tunnel and when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TunnelState {
    /// Since when, Unix milliseconds.
    pub at_ms: i64,
    /// The last time it is known to have held, Unix milliseconds. Only for the latest state: earlier ones end where the
    /// next one begins.
    pub seen_ms: i64,
    /// `ngrok`, `cloudflared`, `own`.
    pub provider: String,
    /// `off`, `starting`, `online`, `reconnecting`, `failed`.
    pub state: String,
    /// The public address, with its trailing slash.
    pub public: Option<String>,
    /// The reason, if there is one. Never a token.
    pub detail: Option<String>,
}

/// The timeline of the tunnel. From [`Store::tunnel_states`].
#[derive(Clone, Copy)]
pub struct TunnelStates<'a>(pub(crate) &'a Store);

impl TunnelStates<'_> {
    /// Records a state. Beyond 40,000 the oldest are forgotten.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn add(&self, state: TunnelState) -> Result<(), Error> {
        self.0.write(Vec::new(), move |conn| Ok(add(conn, &state)?)).await
    }

    /// Records that the latest state still holds at `now_ms` (Unix milliseconds), so that after a crash it is known how
    /// long it did.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn seen(&self, now_ms: i64) -> Result<(), Error> {
        let sql = "UPDATE tunnel_state SET seen_ms = ?1 WHERE id = (SELECT max(id) FROM tunnel_state) AND seen_ms < ?1";
        self.0
            .write(Vec::new(), move |conn| {
                conn.prepare_cached(sql)?.execute([now_ms])?;
                Ok(())
            })
            .await
    }

    /// The states that began in `from_ms..to_ms` (Unix milliseconds), oldest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<TunnelState>, Error> {
        self.0.read(move |conn, _| Ok(between(conn, from_ms, to_ms)?)).await
    }

    /// The state at a time (Unix milliseconds); `None` before the first one.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn at(&self, ms: i64) -> Result<Option<TunnelState>, Error> {
        self.0
            .read(move |conn, _| Ok(one(conn, "WHERE at_ms <= ?1 ORDER BY at_ms DESC, id DESC LIMIT 1", (ms,))?))
            .await
    }

    /// The one recorded last.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn latest(&self) -> Result<Option<TunnelState>, Error> {
        self.0.read(|conn, _| Ok(one(conn, "ORDER BY id DESC LIMIT 1", ())?)).await
    }

    /// The first time that any provider was online, of those that are kept.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn first_online(&self) -> Result<Option<TunnelState>, Error> {
        self.0.read(|conn, _| Ok(one(conn, "WHERE state = 'online' ORDER BY id LIMIT 1", ())?)).await
    }

    /// The last time this provider was online.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn online(&self, provider: &str) -> Result<Option<TunnelState>, Error> {
        let provider = provider.to_owned();
        let which = "WHERE provider = ?1 AND state = 'online' ORDER BY id DESC LIMIT 1";
        self.0.read(move |conn, _| Ok(one(conn, which, (provider,))?)).await
    }
}

fn add(conn: &Connection, new: &TunnelState) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO tunnel_state (at_ms, seen_ms, provider, state, public, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((new.at_ms, new.seen_ms, &new.provider, &new.state, &new.public, &new.detail))?;
    conn.prepare_cached("DELETE FROM tunnel_state WHERE id <= (SELECT max(id) FROM tunnel_state) - ?1")?
        .execute([MOST])?;
    Ok(())
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<TunnelState> {
    Ok(TunnelState {
        at_ms: row.get(0)?,
        seen_ms: row.get(1)?,
        provider: row.get(2)?,
        state: row.get(3)?,
        public: row.get(4)?,
        detail: row.get(5)?,
    })
}

fn one(conn: &Connection, which: &str, values: impl rusqlite::Params) -> rusqlite::Result<Option<TunnelState>> {
    conn.prepare_cached(&format!("SELECT {FIELDS} FROM tunnel_state {which}"))?.query_row(values, take).optional()
}

fn between(conn: &Connection, from_ms: i64, to_ms: i64) -> rusqlite::Result<Vec<TunnelState>> {
    conn.prepare_cached(&format!(
        "SELECT {FIELDS} FROM tunnel_state WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, id"
    ))?
    .query_map((from_ms, to_ms), take)?
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_states_are_forgotten() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut conn).unwrap();
        conn.execute_batch(&format!(
            "INSERT INTO tunnel_state (id, at_ms, seen_ms, provider, state)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MOST})
             SELECT i, i, i, 'own', 'online' FROM n"
        ))
        .unwrap();
        let state = TunnelState {
            at_ms: 0, // the clock was set back: the newest all the same
            seen_ms: 0,
            provider: "own".into(),
            state: "off".into(),
            public: None,
            detail: None,
        };
        add(&conn, &state).unwrap();
        let (count, first): (i64, i64) = conn
            .query_row("SELECT count(*), min(id) FROM tunnel_state", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!((count, first), (MOST, 2));
        assert_eq!(one(&conn, "ORDER BY id DESC LIMIT 1", ()).unwrap(), Some(state));
    }
}
