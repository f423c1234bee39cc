//! Opened results: what a pointer leads to, fetched with its project's key and read from the disk.
//!
//! A file streams into a folder beside the history and can be stopped and resumed; a batch's rows are counted while they
//! come, in the memory of a few bytes a row. What was opened is forgotten when it is closed or at the next start, unless
//! it is kept with a delivery.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::common::Common;
use crate::dto::{ResultSource, ResultState, ResultView};
use crate::error::{Code, Error, Result};
use crate::jobs::Jobs;
use crate::projects::Projects;
use crate::registry::Registry;
use crate::run_folder::RunFolder;
use open::Open;

mod fetch;
mod keep;
mod open;
mod resolve;
mod rows;
mod saving;
mod searching;
mod summary;

pub(crate) use resolve::file_of;
pub use saving::SavedRows;

/// Results that may be open at once.
const MOST: usize = 20;
/// How often to remove files that nothing refers to.
const SWEEP: Duration = Duration::from_secs(600);
/// The most bytes of a file that is given to the window.
const BYTES: u64 = 64 << 20;

/// The room of opened results. Cloning shares it.
#[derive(Clone)]
pub struct Results {
    common: Common,
    registry: Arc<Registry>,
    projects: Projects,
    jobs: Jobs,
    all: Arc<Mutex<Vec<Arc<Open>>>>,
    numbers: Arc<AtomicU32>,
    run: RunFolder,
}

impl Results {
    pub(crate) fn new(common: Common, registry: Arc<Registry>, projects: Projects, jobs: Jobs, run: RunFolder) -> Self {
        Self { common, registry, projects, jobs, all: Arc::default(), numbers: Arc::default(), run }
    }

    /// Removes, now and in time, what is kept with a delivery that is gone, and the requests of jobs that are.
    pub(crate) fn begin(&self) {
        let room = self.clone();
        self.common.spawn(async move {
            let mut every = tokio::time::interval(SWEEP);
            loop {
                every.tick().await;
                if let Err(error) = room.sweep().await {
                    tracing::warn!(code = %error.code, "old results could not be removed");
                }
            }
        });
    }

    /// Opens what a pointer leads to, and begins to fetch it. One that is open already is given again.
    ///
    /// # Errors
    /// `not_verified` for a pointer of a delivery that is not verified, unless the user confirmed it; `result_gone` if
    /// there is nothing to open; `not_found`; why the service could not be asked.
    pub async fn open(&self, source: ResultSource) -> Result<ResultView> {
        let target = self.resolve(source).await?;
        let mut all = self.all.lock();
        if let Some(open) = all.iter().find(|open| open.is_of(&target)) {
            let (open, state) = (open.clone(), open.view().state);
            drop(all);
            if matches!(state, ResultState::Failed | ResultState::Stopped) {
                self.start(&open);
            }
            return Ok(open.view());
        }
        while all.len() >= MOST {
            let gone = all.remove(0);
            gone.forget();
        }
        let id = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let open = Arc::new(Open::new(id, target, &self.run.path()?, self.common.stop()));
        all.push(open.clone());
        drop(all);
        self.start(&open);
        Ok(open.view())
    }

    /// Those that are open, the newest first.
    #[must_use]
    pub fn list(&self) -> Vec<ResultView> {
        self.all.lock().iter().rev().map(|open| open.view()).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub fn view(&self, id: u32) -> Result<ResultView> {
        Ok(self.get(id)?.view())
    }

    /// Waits until it is ready, stopped or failed.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub async fn ended(&self, id: u32) -> Result<ResultView> {
        let mut follow = self.get(id)?.follow();
        let over =
            |view: &ResultView| matches!(view.state, ResultState::Ready | ResultState::Failed | ResultState::Stopped);
        follow.wait_for(over).await.map(|view| view.clone()).map_err(|_| Error::not_found("result"))
    }

    /// Stops fetching. What has come stays.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub async fn stop(&self, id: u32) -> Result<ResultView> {
        self.get(id)?.stop();
        self.ended(id).await
    }

    /// Goes on where it was stopped, or where it failed.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub fn go_on(&self, id: u32) -> Result<ResultView> {
        let open = self.get(id)?;
        self.start(&open);
        Ok(open.view())
    }

    /// Forgets it. Its file goes, unless it is kept.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub fn close(&self, id: u32) -> Result<()> {
        let mut all = self.all.lock();
        let place = all.iter().position(|open| open.id() == id).ok_or_else(|| Error::not_found("result"))?;
        all.remove(place).forget();
        Ok(())
    }

    /// The bytes of a file that is not rows, at most `limit`, and never more than 64 MiB.
    ///
    /// # Errors
    /// `not_found` if it is not open; `not_readable` if its file cannot be read.
    pub async fn bytes(&self, id: u32, limit: u64) -> Result<Vec<u8>> {
        let path = self.get(id)?.path();
        blocking(move || {
            use std::io::Read as _;
            let mut bytes = Vec::new();
            let file = std::fs::File::open(&path).map_err(|error| not_readable(&path, &error))?;
            file.take(limit.min(BYTES)).read_to_end(&mut bytes).map_err(|error| not_readable(&path, &error))?;
            Ok(bytes)
        })
        .await
    }

    fn get(&self, id: u32) -> Result<Arc<Open>> {
        self.all.lock().iter().find(|open| open.id() == id).cloned().ok_or_else(|| Error::not_found("result"))
    }
}

fn not_readable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::NotReadable, format!("{} could not be read.", path.display())).with_detail(error)
}

fn not_written(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::new(Code::NotWritten, format!("{} could not be written.", path.display())).with_detail(error)
}

/// Runs work that reads or writes files.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::new(Code::Internal, "A result could not be read.").with_detail(error))?
}
