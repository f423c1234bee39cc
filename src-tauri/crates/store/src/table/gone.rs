//! `gone_event`: events that left the file and whose ids are still in `event_key`. Taking each id out of there by itself
//! would nearly always rewrite another page, so they leave many at once, together with those that enter.
//!
//! A key whose event is gone does no harm: a further attempt becomes the first of a new event, and takes the key over.

use rusqlite::Connection;

/// The most that leave in one transaction.
pub(crate) const AT_ONCE: i64 = 65_536;

/// Those of these events (from, to; both included) that have no delivery left, before they are deleted.
pub(crate) const NOTE: &str = "
INSERT INTO gone_event (id, project, message_id)
SELECT id, project, message_id FROM event e WHERE id BETWEEN ?1 AND ?2
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE id = e.first_delivery)
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = e.id AND attempt > 1)
";

pub(crate) fn count(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT count(*) FROM gone_event")?.query_row([], |row| row.get(0))
}

/// Takes their ids out of the index.
pub(crate) fn forget(conn: &Connection, indexed_event: i64) -> rusqlite::Result<()> {
    let gone = count(conn)?;
    if gone == 0 {
        return Ok(());
    }
    let left: i64 = conn.prepare_cached("SELECT count(*) FROM event")?.query_row([], |row| row.get(0))?;
    if gone > left.max(AT_ONCE) {
        // Most of the index is of no use: what remains is put in again.
        conn.execute_batch("DELETE FROM event_key; DELETE FROM gone_event;")?;
        conn.prepare_cached(
            "INSERT OR REPLACE INTO event_key (project, message_id, event)
             SELECT project, message_id, id FROM event WHERE id <= ?1 ORDER BY project, message_id",
        )?
        .execute([indexed_event])?;
        return Ok(());
    }
    let mut ids = conn.prepare_cached(
        "SELECT project, message_id, id FROM (SELECT * FROM gone_event ORDER BY id LIMIT ?1)
         ORDER BY project, message_id",
    )?;
    let mut key = conn.prepare_cached("DELETE FROM event_key WHERE project = ?1 AND message_id = ?2 AND event = ?3")?;
    let mut rows = ids.query([AT_ONCE])?;
    while let Some(row) = rows.next()? {
        key.execute((row.get::<_, i64>(0)?, row.get_ref(1)?.as_str()?, row.get::<_, i64>(2)?))?;
    }
    let sql = "DELETE FROM gone_event WHERE id IN (SELECT id FROM gone_event ORDER BY id LIMIT ?1)";
    conn.prepare_cached(sql)?.execute([AT_ONCE])?;
    Ok(())
}
