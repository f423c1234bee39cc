//! The events that are stored but not in the index yet, see [`crate::table::event`].

use std::collections::HashMap;

use rusqlite::Connection;

use crate::table::event;
use crate::table::tally::Tally;

/// By project, then by message id.
type ByMessage = HashMap<i64, HashMap<Box<str>, i64>>;

/// What the writer remembers. Two layers: committed, and of the transaction under way.
#[derive(Default)]
pub(crate) struct Events {
    committed: ByMessage,
    fresh: ByMessage,
    /// Every event up to this one is in the index or in `committed`.
    known_to: i64,
    count: usize,
}

impl Events {
    /// At the start of a transaction: what an earlier run or another process has stored and not indexed.
    pub(crate) fn begin(&mut self, conn: &Connection, tally: &Tally) -> rusqlite::Result<()> {
        self.fresh.clear();
        if self.known_to < tally.last_event {
            let Self { committed, count, .. } = self;
            event::after(conn, self.known_to.max(tally.indexed_event), |id, project, message_id| {
                committed.entry(project).or_default().insert(message_id.into(), id);
                *count += 1;
            })?;
            self.known_to = tally.last_event;
        }
        Ok(())
    }

    pub(crate) fn find(&self, project: i64, message_id: &str) -> Option<i64> {
        let within = |layer: &ByMessage| layer.get(&project)?.get(message_id).copied();
        within(&self.fresh).or_else(|| within(&self.committed))
    }

    pub(crate) fn add(&mut self, project: i64, message_id: &str, id: i64) {
        self.fresh.entry(project).or_default().insert(message_id.into(), id);
    }

    /// After COMMIT. Without it, what was added is forgotten with the next [`Events::begin`].
    pub(crate) fn commit(&mut self, tally: &Tally) {
        for (project, fresh) in self.fresh.drain() {
            self.count += fresh.len();
            self.committed.entry(project).or_default().extend(fresh);
        }
        self.known_to = tally.last_event;
    }

    /// How many are not in the index.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Puts them all there, inside a transaction that begins with this and ends with a COMMIT.
    pub(crate) fn index(conn: &Connection, tally: &mut Tally) -> rusqlite::Result<()> {
        event::index_after(conn, tally.indexed_event)?;
        tally.indexed_event = tally.last_event;
        Ok(())
    }

    /// After the COMMIT of [`Events::index`].
    pub(crate) fn indexed(&mut self, tally: &Tally) {
        *self = Self { known_to: tally.last_event, ..Self::default() };
    }
}
