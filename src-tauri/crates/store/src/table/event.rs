//! `event`: what the sender calls one message; its attempts share a `webhook-id`. `event_key` finds one by that id.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension};

use crate::table::tally;

/// Message ids come in random order: putting each into `event_key` by itself would nearly always rewrite another page,
/// nine tenths of all that a commit writes. So they are added many at a time ([`INDEX`]), and [`crate::events::Events`]
/// remembers those that are missing: all after `tally.indexed_event`, so that nothing depends on its memory.
pub(crate) const CREATE: &str = "
CREATE TABLE event (
  id         INTEGER PRIMARY KEY,
  project    INTEGER NOT NULL REFERENCES project (id),
  message_id TEXT    NOT NULL,
  first_ns   INTEGER NOT NULL,  -- arrival of the first attempt stored, Unix nanoseconds
  last_ns    INTEGER NOT NULL,
  attempts   INTEGER NOT NULL,  -- how many have arrived
  accepted   INTEGER NOT NULL   -- how many of them were verified and answered 2xx
);
CREATE TABLE event_key (
  project    INTEGER NOT NULL,
  message_id TEXT    NOT NULL,
  event      INTEGER NOT NULL,
  PRIMARY KEY (project, message_id)
) WITHOUT ROWID;
";

/// The event of a project's message id, if it is in the index.
pub(crate) const FIND: &str = "SELECT event FROM event_key WHERE project = ?1 AND message_id = ?2";

/// The first attempt: id, project, message id, arrival, 1 if it is accepted, its delivery.
pub(crate) const INSERT: &str = "
INSERT INTO event (id, project, message_id, first_ns, last_ns, attempts, accepted, first_delivery)
VALUES (?1, ?2, ?3, ?4, ?4, 1, ?5, ?6)
";

/// A further attempt: id, arrival, 1 if it is accepted. Returns the event's first arrival, its attempts and its
/// accepted attempts, this one included, and whether bodies differ.
pub(crate) const ATTEMPT: &str = "
UPDATE event SET last_ns = max(last_ns, ?2), attempts = attempts + 1, accepted = accepted + ?3 WHERE id = ?1
RETURNING first_ns, attempts, accepted, bodies
";

/// One of its attempts, stored without an answer, was accepted.
pub(crate) const ACCEPTED: &str = "UPDATE event SET accepted = accepted + 1 WHERE id = ?1";

/// Two of its attempts have different bodies.
pub(crate) const BODIES_DIFFER: &str = "UPDATE event SET bodies = 1 WHERE id = ?1";

/// The first attempt that was stored.
pub(crate) fn first_delivery(conn: &Connection, id: i64) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT first_delivery FROM event WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
}

/// When the first attempt that was stored arrived, Unix nanoseconds.
pub(crate) fn first_ns(conn: &Connection, id: i64) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT first_ns FROM event WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
}

/// Calls `each` with id, project and message id of the events after this one, until it returns false.
pub(crate) fn after(conn: &Connection, id: i64, mut each: impl FnMut(i64, i64, &str) -> bool) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("SELECT id, project, message_id FROM event WHERE id > ?1")?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        if !each(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_str()?) {
            break;
        }
    }
    Ok(())
}

/// The events of a project with these message ids, by the id. Those that are not in the index yet are looked through.
pub(crate) fn named(conn: &Connection, project: i64, ids: &[String]) -> rusqlite::Result<HashMap<String, i64>> {
    let mut found = HashMap::new();
    let mut find = conn.prepare_cached(FIND)?;
    for id in ids {
        if let Some(event) = find.query_row((project, id), |row| row.get(0)).optional()? {
            found.insert(id.clone(), event);
        }
    }
    let sought: HashSet<&str> = ids.iter().map(String::as_str).collect();
    after(conn, tally::read(conn)?.indexed_event, |event, of, message_id| {
        if of == project && sought.contains(message_id) {
            found.insert(message_id.to_owned(), event);
        }
        true
    })?;
    Ok(found)
}

/// Puts an event into the index, if it is still there: another process may have seen it leave. It takes over the key of
/// an earlier one that has left the file.
pub(crate) const PUT_KEY: &str = "
INSERT INTO event_key (project, message_id, event)
SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM event WHERE id = ?3)
ON CONFLICT (project, message_id) DO UPDATE SET event = excluded.event WHERE excluded.event > event
";

/// Puts all events after this one into the index, in the index's order. One takes over the key of an earlier event that
/// has left the file.
pub(crate) fn index_after(conn: &Connection, id: i64) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO event_key (project, message_id, event)
         SELECT project, message_id, id FROM event WHERE id > ?1 ORDER BY project, message_id",
    )?
    .execute([id])
}
