//! `webhook_state`: what the service said of each webhook, and when. "Was it enabled at 14:02?"

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow};

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE webhook_state (
  id      INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  webhook TEXT    NOT NULL,
  at_ms   INTEGER NOT NULL,  -- Unix milliseconds: first seen so
  seen_ms INTEGER NOT NULL,  -- last seen so
  name    TEXT,
  uri     TEXT    NOT NULL,
  events  TEXT    NOT NULL,  -- a line each
  state   TEXT    NOT NULL   -- enabled, disabled, …; 'gone': the service no longer lists it
);
CREATE INDEX webhook_state_at ON webhook_state (project, webhook, at_ms);
";

/// How many are kept of a project.
const MOST: i64 = 10_000;
const FIELDS: &str = "project, webhook, at_ms, seen_ms, name, uri, events, state";

/// In the place of a webhook's id: the list as a whole was read, and may have been empty.
const LIST: &str = "";

/// The state of a webhook that the service no longer lists.
pub const GONE: &str = "gone";

/// What the service said of a webhook, as long as it was the same. Times: Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSeen {
    /// The project.
    pub project: i64,
    /// Its id.
    pub webhook: String,
    /// When it was first seen so.
    pub at_ms: i64,
    /// When it was last seen so.
    pub seen_ms: i64,
    /// Its name.
    pub name: Option<String>,
    /// Where its events go.
    pub uri: String,
    /// The events that it subscribes to.
    pub events: Vec<String>,
    /// `enabled`, `disabled`, …; [`GONE`].
    pub state: String,
}

/// What the service said of webhooks. From [`Store::webhook_states`].
#[derive(Clone, Copy)]
pub struct WebhookStates<'a>(pub(crate) &'a Store);

impl WebhookStates<'_> {
    /// Notes the whole list of a project's webhooks as it is at `now_ms`. One that is as before is only seen again; one
    /// that is not listed any more is gone.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn listed(&self, project: i64, now_ms: i64, listed: Vec<WebhookSeen>) -> Result<(), Error> {
        self.0
            .write(Vec::new(), move |conn| {
                let list = WebhookSeen {
                    project,
                    webhook: LIST.to_owned(),
                    at_ms: now_ms,
                    seen_ms: now_ms,
                    name: None,
                    uri: String::new(),
                    events: Vec::new(),
                    state: "listed".to_owned(),
                };
                note(conn, &list)?;
                for one in latest(conn, project)?.into_iter().filter(|one| one.webhook != LIST) {
                    if one.state != GONE && !listed.iter().any(|now| now.webhook == one.webhook) {
                        let gone = WebhookSeen { at_ms: now_ms, seen_ms: now_ms, state: GONE.to_owned(), ..one };
                        note(conn, &gone)?;
                    }
                }
                for one in &listed {
                    note(conn, &WebhookSeen { project, at_ms: now_ms, seen_ms: now_ms, ..one.clone() })?;
                }
                let sql = "DELETE FROM webhook_state WHERE project = ?1 AND id <= (SELECT id FROM webhook_state
                             WHERE project = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
                conn.prepare_cached(sql)?.execute((project, MOST))?;
                Ok(())
            })
            .await
    }

    /// When the list of a project's webhooks was first read; `None` if it never was.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn first_read(&self, project: i64) -> Result<Option<i64>, Error> {
        let sql = "SELECT min(at_ms) FROM webhook_state WHERE project = ?1 AND webhook = ?2";
        self.0.read(move |conn, _| Ok(conn.prepare_cached(sql)?.query_row((project, LIST), |row| row.get(0))?)).await
    }

    /// All that is known of a project's webhooks from `from_ms` on, with what held then, the oldest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn since(&self, project: i64, from_ms: i64) -> Result<Vec<WebhookSeen>, Error> {
        self.0
            .read(move |conn, _| {
                let sql = format!(
                    "SELECT {FIELDS} FROM webhook_state w WHERE project = ?1 AND webhook <> '' AND (at_ms >= ?2 OR id =
                       (SELECT id FROM webhook_state WHERE project = ?1 AND webhook = w.webhook AND at_ms < ?2
                        ORDER BY at_ms DESC, id DESC LIMIT 1)) ORDER BY at_ms, id"
                );
                let rows = conn.prepare_cached(&sql)?.query_map((project, from_ms), take)?.collect::<Result<_, _>>()?;
                Ok(rows)
            })
            .await
    }
}

fn latest(conn: &Connection, project: i64) -> rusqlite::Result<Vec<WebhookSeen>> {
    let sql = format!(
        "SELECT {FIELDS} FROM webhook_state WHERE id IN
           (SELECT max(id) FROM webhook_state WHERE project = ?1 GROUP BY webhook)"
    );
    conn.prepare_cached(&sql)?.query_map([project], take)?.collect()
}

fn note(conn: &Connection, one: &WebhookSeen) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT {FIELDS}, id FROM webhook_state WHERE project = ?1 AND webhook = ?2 ORDER BY at_ms DESC, id DESC LIMIT 1"
    );
    let known = conn
        .prepare_cached(&sql)?
        .query_row((one.project, &one.webhook), |row| Ok((take(row)?, row.get::<_, i64>(8)?)))
        .optional()?;
    if let Some((known, id)) = &known {
        let same = WebhookSeen { at_ms: known.at_ms, seen_ms: known.seen_ms, ..one.clone() } == *known;
        if same {
            conn.prepare_cached("UPDATE webhook_state SET seen_ms = max(seen_ms, ?2) WHERE id = ?1")?
                .execute((id, one.seen_ms))?;
            return Ok(());
        }
    }
    conn.prepare_cached(&format!("INSERT INTO webhook_state ({FIELDS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"))?
        .execute((
            one.project,
            &one.webhook,
            one.at_ms,
            one.seen_ms,
            &one.name,
            &one.uri,
            one.events.join("\n"),
            &one.state,
        ))?;
    Ok(())
}

fn take(row: &SqlRow<'_>) -> rusqlite::Result<WebhookSeen> {
    let events: String = row.get(6)?;
    Ok(WebhookSeen {
        project: row.get(0)?,
        webhook: row.get(1)?,
        at_ms: row.get(2)?,
        seen_ms: row.get(3)?,
        name: row.get(4)?,
        uri: row.get(5)?,
        events: events.lines().map(str::to_owned).collect(),
        state: row.get(7)?,
    })
}
