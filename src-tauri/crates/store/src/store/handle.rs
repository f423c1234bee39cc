//! What the rest of this crate asks of the handle: reads, writes, and jobs for the writer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::TrySendError;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Store;
use crate::health::{Began, Checking};
use crate::job::{Changes, Job, Task};
use crate::phrases::Phrases;
use crate::retention::Keeping;
use crate::space::Reserve;
use crate::table::tally;
use crate::{Change, Error, KeptResults};

impl Store {
    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.0.path
    }

    /// How the run before this one ended, as far as the files tell.
    #[must_use]
    pub fn began(&self) -> &Began {
        &self.0.began
    }

    pub(crate) fn checking(&self) -> &Checking {
        &self.0.checking
    }

    /// What is free on its disk, in bytes, if that is known.
    #[must_use]
    pub fn free_space(&self) -> Option<u64> {
        self.0.reserve.space().map(|space| space.free)
    }

    /// Results that are kept with deliveries.
    #[must_use]
    pub fn kept_results(&self) -> KeptResults<'_> {
        KeptResults(self)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    pub(crate) fn keeping(&self) -> &Arc<Keeping> {
        &self.0.keeping
    }

    pub(crate) fn reserve(&self) -> &Arc<Reserve> {
        &self.0.reserve
    }

    /// Has the writer look whether something has to leave the file.
    pub(crate) fn nudge(&self) {
        // Full: it looks by itself.
        let _ = self.0.jobs.try_send(Job::Nudge);
    }

    pub(crate) fn phrases(&self) -> &Arc<Phrases> {
        &self.0.phrases
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &AtomicBool) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.0.readers.read(work).await
    }

    /// Raised by every transaction that changes deliveries which were there before: verdicts, attempts, pins, notes,
    /// deletions, limits. A new delivery alone does not raise it, nor does the time of an answer, which
    /// follows each of them. Costs the same for one delivery and for a million.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn revision(&self) -> Result<i64, Error> {
        self.read(|conn, _| Ok(tally::revision(conn)?)).await
    }

    /// Runs `work` on the writing connection; returns its result after COMMIT. If it fails, only it is undone. The rows
    /// of `changed` are announced.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        changed: Vec<i64>,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let revises = !changed.is_empty();
        self.write_with(Changes { told: changed, revises, ..Changes::default() }, work).await
    }

    /// Likewise, with what it changes.
    pub(crate) async fn write_with<T: Send + 'static>(
        &self,
        changes: Changes,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, committed) = oneshot::channel();
        self.send(Job::Write(Box::new(Task::new(work, reply)), changes)).await?;
        committed.await.unwrap_or(Err(Error::Closed))
    }

    /// Hands a job to the writer, and waits for room in its queue.
    pub(crate) async fn send(&self, job: Job) -> Result<(), Error> {
        match self.0.jobs.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(job)) => {
                let jobs = self.0.jobs.clone();
                let sent = tokio::task::spawn_blocking(move || jobs.send(job));
                if matches!(sent.await, Ok(Ok(()))) { Ok(()) } else { Err(Error::Closed) }
            }
            Err(TrySendError::Disconnected(_)) => Err(Error::Closed),
        }
    }

    /// Tells those who watch that there is more to read than is announced one by one.
    pub(crate) fn resync(&self) {
        let _ = self.0.changes.send(Change::Resync);
    }
}
