//! `gone_event`: events that left the file and whose ids are still in `event_key`. Taking each id out of there by itself
//! would nearly always rewrite another page, so they leave many at once, together with those that enter.
//!
//! A key whose event is gone does no harm: a further attempt becomes the first of a new event, and takes the key over.

use rusqlite::Connection;

/// The most that leave in one pass, see [`crate::events::Events::go_on`].
pub(crate) const AT_ONCE: usize = 65_536;

/// Those of these events (from, to; both included) that have no delivery left, before they are deleted.
pub(crate) const NOTE: &str = "
INSERT INTO gone_event (id, project, message_id)
SELECT id, project, message_id FROM event e WHERE id BETWEEN ?1 AND ?2
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE id = e.first_delivery)
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = e.id AND attempt > 1)
";

/// Those after one event, up to another: id, project, message id.
pub(crate) const AFTER: &str =
    "SELECT id, project, message_id FROM gone_event WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3";

/// Takes an id out of the index, unless a later event has it.
pub(crate) const TAKE_KEY: &str = "DELETE FROM event_key WHERE project = ?1 AND message_id = ?2 AND event = ?3";

/// It has left the index.
pub(crate) const FORGET: &str = "DELETE FROM gone_event WHERE id = ?1";

/// Whether most of the index is of no use, so that it is better made anew: more are gone than are left.
pub(crate) fn is_most(conn: &Connection) -> rusqlite::Result<bool> {
    let gone = count(conn)?;
    let left = || conn.prepare_cached("SELECT count(*) FROM event")?.query_row([], |row| row.get::<_, i64>(0));
    Ok(gone > AT_ONCE as i64 && gone > left()?)
}

pub(crate) fn count(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT count(*) FROM gone_event")?.query_row([], |row| row.get(0))
}

/// Takes their ids out of the index, all in this transaction.
pub(crate) fn forget(conn: &Connection, indexed_event: i64) -> rusqlite::Result<()> {
    if is_most(conn)? {
        conn.execute_batch("DELETE FROM event_key; DELETE FROM gone_event;")?;
        conn.prepare_cached(
            "INSERT OR REPLACE INTO event_key (project, message_id, event)
             SELECT project, message_id, id FROM event WHERE id <= ?1 ORDER BY project, message_id",
        )?
        .execute([indexed_event])?;
        return Ok(());
    }
    let mut gone =
        conn.prepare_cached("SELECT project, message_id, id FROM gone_event ORDER BY project, message_id")?;
    let mut take = conn.prepare_cached(TAKE_KEY)?;
    let mut rows = gone.query([])?;
    while let Some(row) = rows.next()? {
        take.execute((row.get::<_, i64>(0)?, row.get_ref(1)?.as_str()?, row.get::<_, i64>(2)?))?;
    }
    conn.prepare_cached("DELETE FROM gone_event")?.execute([])?;
    Ok(())
}
