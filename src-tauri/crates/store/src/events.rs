//! Events that are stored but not yet in the index, see [`crate::table::event`].

use std::collections::HashMap;

use rusqlite::Connection;

use crate::table::tally::Tally;
use crate::table::{event, gone};

mod pass;

use pass::{ByMessage, Pass};

/// Roughly the bytes that one event takes besides its message id.
const ENTRY: usize = 80;

/// What the writer remembers, in three layers: what is entering the index, what is committed besides, and what is in
/// the transaction under way.
#[derive(Default)]
pub(crate) struct Events {
    pass: Option<Pass>,
    committed: ByMessage,
    fresh: HashMap<i64, HashMap<Box<str>, i64>>,
    /// Every event up to this one is in the index, in `pass` or in `committed`.
    known_to: i64,
    /// Of `committed`, and bytes of it.
    count: usize,
    bytes: usize,
    /// Bytes of `fresh`.
    fresh_bytes: usize,
    /// The transaction under way changed the index.
    changed_index: bool,
}

impl Events {
    /// Starts a transaction: loads what an earlier run or another process stored without indexing it.
    ///
    /// If what is remembered reaches twice `most_bytes` (a lot was left over, or it could not be indexed), puts all of
    /// it into the index in this transaction and remembers nothing.
    pub(crate) fn begin(&mut self, conn: &Connection, tally: &mut Tally, most_bytes: usize) -> rusqlite::Result<()> {
        if self.changed_index {
            // That transaction failed: what it took from memory is not in the index. It is read again.
            *self = Self::default();
        }
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
        if self.bytes + self.pass.as_ref().map_or(0, |pass| pass.bytes) >= most {
            // Nothing refers to these: should this transaction fail, the next one rereads what is not in the index.
            *self = Self::default();
            Self::index(conn, tally)?;
        }
        Ok(())
    }

    pub(crate) fn find(&self, project: i64, message_id: &str) -> Option<i64> {
        let fresh = || self.fresh.get(&project)?.get(message_id).copied();
        let within = |layer: &ByMessage| layer.get(&project)?.get(message_id).copied();
        fresh().or_else(|| within(&self.committed)).or_else(|| within(&self.pass.as_ref()?.enter))
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
        self.changed_index = false;
    }

    /// How many are not in the index, nor about to enter it.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Roughly how many bytes those take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the transaction under way, or the one that failed last, changed the index.
    pub(crate) fn has_changed_index(&self) -> bool {
        self.changed_index
    }

    /// Whether a pass over the index is under way.
    pub(crate) fn is_indexing(&self) -> bool {
        self.pass.is_some()
    }

    /// Begins a pass over the index, unless one is under way: what is remembered enters it, and what left the file
    /// leaves it. For a transaction that [`Events::begin`] has started; ends with [`Events::go_on`].
    pub(crate) fn begin_pass(&mut self, tally: &Tally) {
        if self.pass.is_none() && self.known_to == tally.last_event {
            let bytes = std::mem::take(&mut self.bytes);
            self.count = 0;
            self.pass = Some(Pass::new(std::mem::take(&mut self.committed), tally.last_event, bytes));
        }
    }

    /// Does so many steps of a pass. True if it has come to its end. Both only once the transaction is committed.
    pub(crate) fn go_on(&mut self, conn: &Connection, tally: &mut Tally, steps: usize) -> rusqlite::Result<bool> {
        let Some(pass) = &mut self.pass else { return Ok(false) };
        self.changed_index = true;
        if !pass.go_on(conn, steps)? {
            return Ok(false);
        }
        tally.indexed_event = tally.indexed_event.max(pass.upto);
        self.pass = None;
        Ok(true)
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
    use std::collections::BTreeMap;

    use proptest::prelude::*;

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
                let held: usize = events.committed.values().flat_map(|of| of.keys()).map(|id| id.len() + ENTRY).sum();
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

    #[derive(Clone, Debug)]
    enum Step {
        /// A delivery of this message, and whether its transaction is lost.
        Arrives(u8, bool),
        /// The event of this message leaves the file.
        Leaves(u8),
        Pass,
        GoesOn(usize, bool),
        /// As another process, or the next start.
        Forgotten,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (0..40_u8, prop::bool::weighted(0.1)).prop_map(|(message, lost)| Step::Arrives(message, lost)),
            3 => (0..40_u8).prop_map(Step::Leaves),
            1 => Just(Step::Pass),
            4 => (1..30_usize, prop::bool::weighted(0.1)).prop_map(|(steps, lost)| Step::GoesOn(steps, lost)),
            1 => Just(Step::Forgotten),
        ];
        prop::collection::vec(step, 1..200)
    }

    /// In a transaction that is lost or not; the tally as it is then.
    fn within<T>(
        events: &mut Events,
        conn: &Connection,
        lost: bool,
        work: impl FnOnce(&mut Events, &mut Tally) -> T,
    ) -> Option<T> {
        conn.execute_batch("BEGIN").unwrap();
        let mut tally = tally::read(conn).unwrap();
        events.begin(conn, &mut tally, usize::MAX / 4).unwrap();
        let done = work(events, &mut tally);
        tally::write(conn, tally).unwrap();
        conn.execute_batch(if lost { "ROLLBACK" } else { "COMMIT" }).unwrap();
        if !lost {
            events.commit(&tally);
        }
        (!lost).then_some(done)
    }

    proptest! {
        #[test]
        fn an_event_is_found_while_its_id_enters_the_index_and_not_once_it_has_left(steps in steps()) {
            let (conn, mut events) = (history(), Events::default());
            let mut there: BTreeMap<u8, i64> = BTreeMap::new();
            let name = |message: u8| format!("msg_{message}");
            for step in steps {
                match step {
                    Step::Arrives(message, _) if there.contains_key(&message) => {}
                    Step::Arrives(message, lost) => {
                        let stored = within(&mut events, &conn, lost, |events, tally| {
                            tally.last_event += 1;
                            let id = tally.last_event;
                            conn.execute(event::INSERT, (id, 1, name(message), 0, 0, 1)).unwrap();
                            events.add(1, &name(message), id);
                            id
                        });
                        there.extend(stored.map(|id| (message, id)));
                    }
                    Step::Leaves(message) => {
                        if let Some(id) = there.remove(&message) {
                            conn.prepare_cached(gone::NOTE).unwrap().execute((id, id)).unwrap();
                            conn.execute("DELETE FROM event WHERE id = ?1", [id]).unwrap();
                        }
                    }
                    Step::Pass => {
                        within(&mut events, &conn, false, |events, tally| events.begin_pass(tally));
                    }
                    Step::GoesOn(steps, lost) => {
                        within(&mut events, &conn, lost, |events, tally| events.go_on(&conn, tally, steps).unwrap());
                    }
                    Step::Forgotten => events = Events::default(),
                }
                within(&mut events, &conn, false, |_, _| ());
                for (message, id) in &there {
                    prop_assert_eq!(find(&events, &conn, &name(*message)), Some(*id));
                }
            }
            for _ in 0..3 {
                within(&mut events, &conn, false, |events, tally| events.begin_pass(tally));
                while events.is_indexing() {
                    within(&mut events, &conn, false, |events, tally| events.go_on(&conn, tally, 7).unwrap());
                }
            }
            let index = "SELECT event FROM event_key ORDER BY event";
            let index: Vec<i64> =
                conn.prepare(index).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            let mut expected: Vec<i64> = there.into_values().collect();
            expected.sort_unstable();
            prop_assert_eq!(index, expected);
            prop_assert_eq!(gone::count(&conn).unwrap(), 0);
        }
    }
}
