//! What is done between two commits: what leaves the file, the index of events, and the log.

use std::time::Instant;

use rusqlite::TransactionBehavior;

use super::{LOG_PAGES, LOGGED, Writer};
use crate::events::Events;
use crate::table::{gone, tally};
use crate::{Change, Error};

const NOT_REMOVED: &str = "what has to leave the history is still there";
const NOT_INDEXED: &str = "new events were not put into their index";

impl Writer {
    /// A slice of what has to leave the file. `busy`: deliveries wait.
    pub(super) fn keep(&mut self, busy: bool) {
        let length = self.keeper.log_length();
        if self.log_length != length && self.conn.pragma_update(None, "journal_size_limit", length).is_ok() {
            self.log_length = length;
        }
        match self.keeper.turn(busy) {
            Ok(turn) => {
                self.revised(!turn.removed.is_empty());
                self.removed(turn.removed);
                if turn.wrote {
                    // The next quiet time copies the log.
                    LOGGED.set(LOGGED.get().max(1));
                    self.worked = Instant::now();
                }
                if turn.forget {
                    self.index_events();
                }
            }
            Err(error) => self.complaints.warn(NOT_REMOVED, error.code(), &error, Instant::now()),
        }
    }

    pub(super) fn rebuild(&mut self) -> Result<(), Error> {
        let rebuilt = self.keeper.rebuild(&self.conn);
        // All of the file went through the log.
        let _ = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
        LOGGED.set(0);
        rebuilt
    }

    pub(super) fn removed(&self, ranges: Vec<(i64, i64)>) {
        if !ranges.is_empty() {
            let _ = self.changes.send(Change::Removed(ranges.into()));
        }
    }

    /// Tidies up in a quiet time.
    pub(super) fn rest(&mut self) {
        self.mark.note(self.last_id);
        self.index_events();
        // The one before may have ended since.
        self.checkpointer.has_copied();
        if self.checkpointer.request() {
            LOGGED.set(0);
        } else {
            // The next quiet time copies what this one does not.
            self.worked = Instant::now();
        }
    }

    /// Begins to put the message ids of new events into the index, and to take out those that left the file.
    pub(super) fn index_events(&mut self) {
        if self.events.is_indexing()
            || self.keeper.is_waiting()
            || (self.events.count() == 0 && !self.keeper.has_gone(&self.conn))
        {
            return;
        }
        let most = self.options.index_after_bytes;
        let mut begun = || -> rusqlite::Result<_> {
            let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut tally = tally::read(&transaction)?;
            self.events.begin(&transaction, &mut tally, most)?;
            let anew = gone::is_most(&transaction)?;
            match anew {
                true => Events::index(&transaction, &mut tally)?,
                false => self.events.begin_pass(&tally),
            }
            tally::write(&transaction, tally)?;
            transaction.commit()?;
            Ok((tally, anew))
        };
        match begun() {
            Ok((tally, true)) => {
                self.events.indexed(&tally);
                self.keeper.indexed();
            }
            Ok((tally, false)) => self.events.commit(&tally),
            Err(error) => {
                self.complain(NOT_INDEXED, error);
                self.keeper.wait();
            }
        }
    }

    /// Goes on with that, by itself. False if it failed.
    pub(super) fn index_some(&mut self, steps: usize) -> bool {
        let most = self.options.index_after_bytes;
        let mut indexed = || -> rusqlite::Result<_> {
            let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut tally = tally::read(&transaction)?;
            self.events.begin(&transaction, &mut tally, most)?;
            let ended = self.events.go_on(&transaction, &mut tally, steps)?;
            tally::write(&transaction, tally)?;
            transaction.commit()?;
            Ok((tally, ended))
        };
        match indexed() {
            Ok((tally, ended)) => {
                self.events.commit(&tally);
                if ended {
                    self.keeper.indexed();
                }
                true
            }
            Err(error) => {
                self.complain(NOT_INDEXED, error);
                // What was taken from memory is read again.
                self.events = Events::default();
                self.keeper.wait();
                false
            }
        }
    }

    /// Copies the rest of the log into the database, as far as readers allow.
    pub(super) fn checkpoint(&mut self) {
        let pages: rusqlite::Result<(i32, i32)> =
            self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)));
        self.checkpoint_at = match pages {
            // All of it is copied: the next commit restarts the log from its beginning.
            Ok((logged, copied)) if copied >= logged => None,
            // A long read blocks it: do not try again with every commit.
            Ok((logged, _)) => Some(logged.saturating_add(self.keeper.log_pages(LOG_PAGES) / 4)),
            Err(error) => {
                self.complain("the log was not copied into the history", error);
                Some(LOGGED.get().saturating_add(LOG_PAGES / 4))
            }
        };
    }
}
