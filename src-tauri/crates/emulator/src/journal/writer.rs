//! The only thread that writes.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::{ErrorCode, Transaction};
use tokio::sync::watch;

use crate::journal::file::Stored;
use crate::world::table::Content;

/// How long to wait after a failed commit before the next try.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A row that changed.
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) content: Content,
}

/// What is to be written: the latest version of each.
#[derive(Default)]
struct Changes {
    rows: HashMap<(&'static str, String), Content>,
    kept: HashMap<&'static str, Vec<u8>>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.kept.is_empty()
    }
}

#[derive(Default)]
struct State {
    changes: Changes,
    /// Counts everything that was put here.
    put: u64,
    closed: bool,
}

/// How far the writer has got.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// Everything up to here has been tried.
    done: u64,
    /// Whether the last commit failed, so that its content is only in memory.
    failed: bool,
    ended: bool,
}

/// The changes that wait for the writer.
pub(super) struct Waiting {
    state: Mutex<State>,
    wake: Condvar,
    progress: watch::Sender<Progress>,
}

impl Default for Waiting {
    fn default() -> Self {
        let progress = watch::Sender::new(Progress::default());
        Self { state: Mutex::default(), wake: Condvar::new(), progress }
    }
}

impl Waiting {
    pub(super) fn put(&self, rows: Vec<Row>, kept: Vec<(&'static str, Vec<u8>)>) {
        let mut state = self.state();
        state.put += 1;
        state.changes.rows.extend(rows.into_iter().map(|row| ((row.kind, row.id), row.content)));
        state.changes.kept.extend(kept);
        drop(state);
        self.wake.notify_one();
    }

    /// False if what was put so far could not be written.
    pub(super) async fn flushed(&self) -> bool {
        let put = self.state().put;
        self.until(|progress| progress.done >= put || progress.ended).await;
        !self.progress.borrow().failed
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.wake.notify_one();
    }

    pub(super) async fn ended(&self) {
        self.until(|progress| progress.ended).await;
    }

    async fn until(&self, condition: impl FnMut(&Progress) -> bool) {
        // Fails only if the sender is gone, and the sender is part of this struct.
        let _ = self.progress.subscribe().wait_for(condition).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Waits for changes. False with the last of them.
    fn take(&self, pause: Option<Duration>) -> (Changes, u64, bool) {
        let mut state = self.state();
        if let Some(pause) = pause
            && !state.closed
        {
            self.wake.wait_for(&mut state, pause);
        }
        while pause.is_none() && state.changes.is_empty() && !state.closed {
            self.wake.wait(&mut state);
        }
        (std::mem::take(&mut state.changes), state.put, !state.closed)
    }

    /// Tries again to write what failed, unless something newer replaced it.
    fn put_back(&self, changes: Changes) {
        let mut state = self.state();
        for (key, content) in changes.rows {
            state.changes.rows.entry(key).or_insert(content);
        }
        for (name, json) in changes.kept {
            state.changes.kept.entry(name).or_insert(json);
        }
    }
}

/// Writes until the journal is closed.
pub(super) fn run(stored: &Stored, waiting: &Waiting) {
    let mut failed = false;
    loop {
        let (changes, put, open) = waiting.take(failed.then_some(TRY_AGAIN));
        let written =
            if changes.is_empty() { Ok(()) } else { stored.write(|transaction| write(transaction, &changes)) };
        match written {
            Ok(()) => failed = false,
            Err(error) => {
                if !failed {
                    let path = stored.path().display();
                    tracing::error!(%error, "the emulator's state could not be written to {path}; trying again");
                }
                failed = true;
                waiting.put_back(changes);
            }
        }
        waiting.progress.send_modify(|progress| (progress.done, progress.failed) = (put, failed));
        if !open {
            if failed {
                let path = stored.path().display();
                tracing::error!("the emulator is ending, and its last changes are not in {path}");
            }
            break;
        }
    }
    waiting.progress.send_modify(|progress| progress.ended = true);
}

fn write(transaction: &Transaction<'_>, changes: &Changes) -> rusqlite::Result<()> {
    let mut put = transaction.prepare_cached(
        "INSERT INTO entity (kind, id, number, json) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, id) DO UPDATE SET number = excluded.number, json = excluded.json",
    )?;
    let mut remove = transaction.prepare_cached("DELETE FROM entity WHERE kind = ?1 AND id = ?2")?;
    for ((kind, id), content) in &changes.rows {
        match content {
            Some((number, json)) => match put.execute((kind, id, i64::try_from(*number).unwrap_or(i64::MAX), json)) {
                // It will never fit, and must not keep all others from being written.
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::TooBig) => {
                    tracing::error!("the {kind} {id} is too long for the state, and lost when the emulator ends");
                    remove.execute((kind, id))?
                }
                written => written?,
            },
            None => remove.execute((kind, id))?,
        };
    }
    let mut keep = transaction.prepare_cached(
        "INSERT INTO kept (name, json) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET json = excluded.json",
    )?;
    for (name, json) in &changes.kept {
        keep.execute((name, json))?;
    }
    Ok(())
}
