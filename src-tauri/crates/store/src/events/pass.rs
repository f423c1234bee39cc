//! One pass over the index of events, a part at a time: what is new enters, what is gone leaves, in the order of the
//! index, so that each of its pages is written once however many parts there are.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::table::{event, gone};

/// The most bytes of message ids that leave in one pass: a sender chooses how long they are.
const LEAVE_BYTES: usize = 16 << 20;

/// Events by project, then by message id.
pub(super) type ByMessage = BTreeMap<i64, BTreeMap<Box<str>, i64>>;

/// What is still to be done.
pub(super) struct Pass {
    /// Events that enter. Those that entered are found in the index, so they are not here any more.
    pub(super) enter: ByMessage,
    /// Every event up to this one enters.
    pub(super) upto: i64,
    /// Events that leave: project, message id, event.
    leave: BTreeSet<(i64, Box<str>, i64)>,
    /// Bytes of their message ids.
    leave_bytes: usize,
    /// The ids of those that are gone are read after this one.
    read_to: i64,
    /// All that leave are known.
    read: bool,
    /// Bytes of `enter` when it began.
    pub(super) bytes: usize,
}

impl Pass {
    pub(super) fn new(enter: ByMessage, upto: i64, bytes: usize) -> Self {
        Self { enter, upto, leave: BTreeSet::new(), leave_bytes: 0, read_to: i64::MIN, read: false, bytes }
    }

    /// Does so many steps inside a transaction. True if that was all.
    pub(super) fn go_on(&mut self, conn: &Connection, most: usize) -> rusqlite::Result<bool> {
        let mut left = most;
        if !self.read {
            left -= self.read_gone(conn, left)?;
        }
        if !self.read {
            return Ok(false);
        }
        let mut put = conn.prepare_cached(event::PUT_KEY)?;
        let mut take = conn.prepare_cached(gone::TAKE_KEY)?;
        let mut taken = conn.prepare_cached(gone::FORGET)?;
        while left > 0 {
            left -= 1;
            // The same key enters before it leaves: its event is gone already.
            match (first_of(&self.enter), self.leave.first()) {
                (None, None) => return Ok(true),
                (Some((project, message_id, event)), leaves)
                    if leaves.is_none_or(|(other, id, _)| (project, message_id) <= (*other, &**id)) =>
                {
                    put.execute((project, message_id, event))?;
                    pop(&mut self.enter);
                }
                _ => {
                    if let Some((project, message_id, event)) = self.leave.pop_first() {
                        take.execute((project, &message_id, event))?;
                        taken.execute([event])?;
                    }
                }
            }
        }
        Ok(false)
    }

    /// Reads some of those that are gone; returns how many.
    fn read_gone(&mut self, conn: &Connection, most: usize) -> rusqlite::Result<usize> {
        let mut statement = conn.prepare_cached(gone::AFTER)?;
        // What is not in the index yet leaves it in a later pass.
        let most = most.min(gone::AT_ONCE - self.leave.len().min(gone::AT_ONCE));
        let mut rows = statement.query((self.read_to, self.upto, i64::try_from(most).unwrap_or(i64::MAX)))?;
        let mut count = 0;
        while self.leave_bytes < LEAVE_BYTES
            && let Some(row) = rows.next()?
        {
            count += 1;
            self.read_to = row.get(0)?;
            let message_id: Box<str> = row.get_ref(2)?.as_str()?.into();
            self.leave_bytes += message_id.len();
            self.leave.insert((row.get(1)?, message_id, self.read_to));
        }
        // What is beyond leaves in the next pass.
        self.read = count < most || self.leave.len() >= gone::AT_ONCE || self.leave_bytes >= LEAVE_BYTES;
        Ok(count)
    }
}

fn first_of(events: &ByMessage) -> Option<(i64, &str, i64)> {
    let (project, of_project) = events.first_key_value()?;
    let (message_id, event) = of_project.first_key_value()?;
    Some((*project, message_id, *event))
}

fn pop(events: &mut ByMessage) {
    if let Some(mut of_project) = events.first_entry() {
        of_project.get_mut().pop_first();
        if of_project.get().is_empty() {
            of_project.remove();
        }
    }
}
