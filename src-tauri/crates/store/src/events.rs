//! Events that are stored but not yet in the index, see [`crate::table::event`].

use std::collections::HashMap;

use rusqlite::Connection;

use crate::table::tally::Tally;
use crate::table::{event, gone};

/// Roughly the bytes that one event takes besides its message id.
const ENTRY: usize = 80;

/// By project, then by message id.
type ByMessage = HashMap<i64, HashMap<Box<str>, i64>>;

/// What the writer remembers, in two layers: committed, and in the transaction under way.
#[derive(Default)]
pub(crate) struct Events {
    committed: ByMessage,
    fresh: ByMessage,
    /// Every event up to this one is in the index or in `committed`.
    known_to: i64,
    /// Bytes of `committed`.
    count: usize,
    bytes: usize,
    /// Bytes of `fresh`.
    fresh_bytes: usize,
}

impl Events {
    /// Starts a transaction: loads what an earlier run or another process stored without indexing it.
    ///
    /// If what is remembered reaches twice `most_bytes` (a lot was left over, or it could not be indexed), puts all of
    /// it into the index in this transaction and remembers nothing.
    pub(crate) fn begin(&mut self, conn: &Connection, tally: &mut Tally, most_bytes: usize) -> rusqlite::Result<()> {
        self.fresh.clear();
        self.fresh_bytes = 0;
        let most = most_bytes.saturating_mul(2);
        if self.known_to < tally.last_event {
            let Self { committed, count, bytes, .. } = self;
            event::after(conn, self.known_to.max(tally.indexed_event), |id, project, message_id| {
                committed.entry(project).or_default().insert(message_id.into(), id);
                *count += 1;
                *bytes += ENTRY + message_id.len();
                *bytes < most
            })?;
            self.known_to = tally.last_event;
        }
        if self.bytes >= most {
            // Nothing refers to these: should this transaction fail, the next one rereads what is not in the index.
            *self = Self::default();
            Self::index(conn, tally)?;
        }
        Ok(())
    }

    pub(crate) fn find(&self, project: i64, message_id: &str) -> Option<i64> {
        let within = |layer: &ByMessage| layer.get(&project)?.get(message_id).copied();
        within(&self.fresh).or_else(|| within(&self.committed))
    }

    pub(crate) fn add(&mut self, project: i64, message_id: &str, id: i64) {
        self.fresh.entry(project).or_default().insert(message_id.into(), id);
        self.fresh_bytes += ENTRY + message_id.len();
    }

    /// Runs after COMMIT. Otherwise the next [`Events::begin`] forgets what was added.
    pub(crate) fn commit(&mut self, tally: &Tally) {
        for (project, fresh) in self.fresh.drain() {
            self.count += fresh.len();
            self.committed.entry(project).or_default().extend(fresh);
        }
        self.bytes += std::mem::take(&mut self.fresh_bytes);
        self.known_to = tally.last_event;
    }

    /// How many are not in the index.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Roughly how many bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts all of them into the index, and takes out those that left the file, inside a transaction that begins with
    /// this and ends with a COMMIT.
    pub(crate) fn index(conn: &Connection, tally: &mut Tally) -> rusqlite::Result<()> {
        event::index_after(conn, tally.indexed_event)?;
        tally.indexed_event = tally.last_event;
        gone::forget(conn, tally.indexed_event)
    }

    /// Runs after the COMMIT of [`Events::index`].
    pub(crate) fn indexed(&mut self, tally: &Tally) {
        *self = Self { known_to: tally.last_event, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tally;

    const MOST: usize = 10_000;

    fn history() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut conn).unwrap();
        conn.execute("INSERT INTO project (id, name, sandbox, path) VALUES (1, 'Mine', 0, 'mine')", []).unwrap();
        conn
    }

    /// Adds an event with an id of `len` bytes, as the writer does.
    fn store(events: &mut Events, conn: &Connection, number: usize, len: usize) {
        let mut tally = tally::read(conn).unwrap();
        events.begin(conn, &mut tally, MOST).unwrap();
        let id = format!("{number:0len$}");
        tally.last_event += 1;
        conn.execute(event::INSERT, (tally.last_event, 1, &id, 0, 0, 1)).unwrap();
        events.add(1, &id, tally.last_event);
        tally::write(conn, tally).unwrap();
        events.commit(&tally);
    }

    fn find(events: &Events, conn: &Connection, id: &str) -> Option<i64> {
        let indexed = || conn.query_row(event::FIND, (1, id), |row| row.get(0)).ok();
        events.find(1, id).or_else(indexed)
    }

    #[test]
    fn what_could_not_be_indexed_is_bounded_by_bytes_all_the_same() {
        for len in [10, 900, 5_000, 30_000] {
            let (conn, mut events) = (history(), Events::default());
            for number in 0..300 {
                // Nobody calls `index`.
                store(&mut events, &conn, number, len);
                assert!(events.bytes() < 2 * MOST + ENTRY + len, "{len}: {}", events.bytes());
                let held: usize = events.committed.values().flat_map(HashMap::keys).map(|id| id.len() + ENTRY).sum();
                assert_eq!(held, events.bytes());
            }
            for number in 0..300 {
                assert_eq!(find(&events, &conn, &format!("{number:0len$}")), Some(number as i64 + 1), "{len}");
            }
        }
    }

    #[test]
    fn what_another_run_left_is_not_read_beyond_the_bound_and_survives_a_rollback() {
        let conn = history();
        let mut other = Events::default();
        for number in 0..20 {
            let mut tally = tally::read(&conn).unwrap();
            other.begin(&conn, &mut tally, usize::MAX).unwrap();
            tally.last_event += 1;
            conn.execute(event::INSERT, (tally.last_event, 1, format!("{number:05000}"), 0, 0, 1)).unwrap();
            tally::write(&conn, tally).unwrap();
        }
        let mut events = Events::default();
        for rolled_back in [true, false] {
            conn.execute_batch("BEGIN").unwrap();
            let mut tally = tally::read(&conn).unwrap();
            assert_eq!((tally.last_event, tally.indexed_event), (20, 0));
            events.begin(&conn, &mut tally, MOST).unwrap();
            assert_eq!((events.count(), events.bytes(), tally.indexed_event), (0, 0, 20));
            for number in [0, 3, 19] {
                assert_eq!(find(&events, &conn, &format!("{number:05000}")), Some(number + 1));
            }
            if rolled_back {
                conn.execute_batch("ROLLBACK").unwrap();
            } else {
                tally::write(&conn, tally).unwrap();
                conn.execute_batch("COMMIT").unwrap();
                events.commit(&tally);
            }
        }
    }
}
