//! Saves a result, or what of it failed; and sends again what failed.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use results::{Asked, Filter, Scanner, Which, save_failed_requests, save_rows};

use super::open::Open;
use super::rows::unread;
use super::{Results, blocking, fetch, not_readable, not_written};
use crate::dto::{
    BatchPreview, BatchRequests, JobDetail, JobMetadata, NewJob, NewWork, ResultSave, ResultSaved, ResultState,
    ResultView, RowFilter,
};
use crate::error::{Code, Error, Result};
use crate::whole::Whole;

/// What was written of a batch's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SavedRows {
    /// Lines.
    pub lines: u64,
}

impl Results {
    /// Saves a result under a path, whole or not at all.
    ///
    /// # Errors
    /// `not_found` if it is not open; `result_gone` if it is not all here; `not_written`.
    pub async fn save(&self, id: u32, what: ResultSave, path: PathBuf) -> Result<ResultSaved> {
        let open = self.ready(id)?;
        blocking(move || {
            let part = Whole::beside(&path)?;
            let saved = match what {
                ResultSave::All => save_all(&open, part.path())?,
                ResultSave::Failed => save_failed(&open, part.path())?,
            };
            part.keep()?;
            Ok(ResultSaved { path: path.display().to_string(), ..saved })
        })
        .await
    }

    /// Writes the lines of rows, byte for byte: for the command line. Missing rows are written as their requests.
    ///
    /// # Errors
    /// As for [`Results::save`].
    pub async fn write_rows(
        &self,
        id: u32,
        filter: RowFilter,
        mut out: impl std::io::Write + Send + 'static,
    ) -> Result<SavedRows> {
        let open = self.ready(id)?;
        blocking(move || {
            let lines = match filter {
                RowFilter::Missing => {
                    let requests = open.requests.lock().clone();
                    let (path, _) = requests.ok_or_else(unknown_requests)?;
                    let mut file = File::open(&path).map_err(|error| not_readable(&path, &error))?;
                    let scanner = open.scanner.lock();
                    let scanner = scanner.as_ref().ok_or_else(|| Error::not_found("row"))?;
                    save_failed_requests(&mut file, scanner.index(), Which::Missing, &mut out).map_err(unsaved)?.written
                }
                filter => {
                    let path = open.path();
                    let mut file = File::open(&path).map_err(|error| not_readable(&path, &error))?;
                    let scanner = open.scanner.lock();
                    let scanner = scanner.as_ref().ok_or_else(|| Error::not_found("row"))?;
                    save_rows(&mut file, scanner.index(), filter.into(), &mut out).map_err(unsaved)?
                }
            };
            out.flush().map_err(|error| unsaved(results::Error::Unwritten(error)))?;
            Ok(SavedRows { lines })
        })
        .await
    }

    /// Writes all bytes of a result, and returns how many: for the command line.
    ///
    /// # Errors
    /// As for [`Results::save`].
    pub async fn write_file(&self, id: u32, mut out: impl std::io::Write + Send + 'static) -> Result<u64> {
        let open = self.ready(id)?;
        blocking(move || {
            let path = open.path();
            let mut file = File::open(&path).map_err(|error| not_readable(&path, &error))?;
            let copied = std::io::copy(&mut file, &mut out).and_then(|bytes| out.flush().map(|()| bytes));
            copied.map_err(|error| unsaved(results::Error::Unwritten(error)))
        })
        .await
    }

    /// Gives the file with the requests of a batch, so that missing keys can be named and failed rows sent again.
    ///
    /// # Errors
    /// `not_readable` if it holds no requests of these rows.
    pub async fn give_requests(&self, id: u32, path: PathBuf) -> Result<ResultView> {
        let open = self.ready(id)?;
        let (held, read) = (open.clone(), path.clone());
        blocking(move || {
            let requests = fetch::read_requests(&read)?;
            let mut scanner = Scanner::new(Some(Asked::Requests(requests.clone())));
            let answers = held.path();
            let mut file = File::open(&answers).map_err(|error| not_readable(&answers, &error))?;
            let mut piece = vec![0; 256 * 1024];
            loop {
                let count =
                    std::io::Read::read(&mut file, &mut piece).map_err(|error| not_readable(&answers, &error))?;
                let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
                scanner.feed(bytes);
            }
            scanner.finish();
            let summary = scanner.summary();
            if summary.rows > 0 && summary.strays == summary.rows {
                let message = format!(
                    "None of the rows answers a request in {}. Choose the file that this batch was made from.",
                    read.display()
                );
                return Err(Error::new(Code::NotReadable, message));
            }
            *held.requests.lock() = Some((read, requests));
            *held.selected.lock() = None;
            let shown = super::summary::of(&summary, scanner.index());
            *held.scanner.lock() = Some(scanner);
            held.change(|view| {
                view.has_requests = true;
                view.summary = Some(shown);
            });
            Ok(())
        })
        .await?;
        if let (Some(project), Some(job)) = (open.view().project, open.view().job) {
            self.jobs.note_requests(project, &job, &path).await?;
        }
        self.tell(&open);
        Ok(open.view())
    }

    /// The batch that would be sent to try what failed and is missing again.
    ///
    /// # Errors
    /// `result_gone` if the requests are not known.
    pub async fn resubmit_preview(&self, id: u32) -> Result<BatchPreview> {
        let open = self.ready(id)?;
        let (project, _) = job_of(&open)?;
        let path = self.failed_requests(&open).await?;
        self.jobs.preview(project, BatchRequests::File { path: path.display().to_string() }).await
    }

    /// Sends it.
    ///
    /// # Errors
    /// `result_gone` if the requests are not known; why the service refused.
    pub async fn resubmit(
        &self,
        id: u32,
        title: String,
        receivers: Option<Vec<String>>,
        metadata: Vec<JobMetadata>,
    ) -> Result<JobDetail> {
        let open = self.ready(id)?;
        let (project, job) = job_of(&open)?;
        let model = self.jobs.get(project, &job, false).await?.job.model;
        let model = model.ok_or_else(|| {
            Error::new(Code::InvalidJob, "The service did not say which model this batch ran. Send it as a new job.")
        })?;
        let path = self.failed_requests(&open).await?;
        let requests = BatchRequests::File { path: path.display().to_string() };
        let job = NewJob { work: NewWork::Batch { title, requests }, model, receivers, metadata };
        self.jobs.dispatch(project, job).await
    }

    /// A file with the requests of what failed and is missing.
    async fn failed_requests(&self, open: &Arc<Open>) -> Result<PathBuf> {
        let folder = self.run.path()?;
        let held = open.clone();
        blocking(move || {
            if held.requests.lock().is_none() {
                return Err(unknown_requests());
            }
            let path = folder.join(format!("again-{}.jsonl", uuid::Uuid::new_v4().simple()));
            let saved = save_failed(&held, &path)?;
            if saved.lines == 0 {
                let _ = fs::remove_file(&path);
                return Err(Error::new(
                    Code::InvalidJob,
                    "No row failed and none is missing: there is nothing to send.",
                ));
            }
            Ok(path)
        })
        .await
    }

    fn ready(&self, id: u32) -> Result<Arc<Open>> {
        let open = self.get(id)?;
        match open.view().state {
            ResultState::Ready => Ok(open),
            _ => Err(Error::new(Code::ResultGone, "It is not all here yet. Wait until it is fetched, or go on.")),
        }
    }
}

fn job_of(open: &Open) -> Result<(i64, String)> {
    let view = open.view();
    view.project
        .zip(view.job)
        .ok_or_else(|| Error::new(Code::InvalidJob, "It is not known which batch these rows belong to."))
}

fn unknown_requests() -> Error {
    let message = "The requests of this batch are not known here: the service does not give back files that were \
                   uploaded. Choose the file with the requests.";
    Error::new(Code::ResultGone, message)
}

/// Why rows could not be copied to where they were to go.
fn unsaved(error: results::Error) -> Error {
    match error {
        results::Error::Unwritten(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Error::new(Code::ReaderGone, "Whoever read the rows has gone away.")
        }
        results::Error::Unwritten(error) => {
            let message = "The rows could not be written. Is there room on the disk?";
            Error::new(Code::NotWritten, message).with_detail(error)
        }
        error => unread(error),
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| not_written(path, error))
}

fn save_all(open: &Open, to: &Path) -> Result<ResultSaved> {
    let from = open.path();
    let bytes = fs::copy(&from, to).map_err(|error| not_written(to, error))?;
    let lines = open.view().summary.map_or(0, |summary| summary.answered);
    Ok(ResultSaved { path: String::new(), lines, bytes, requests: false, unknown: 0 })
}

/// The requests of what failed and is missing; where they are not known, the failed rows themselves.
fn save_failed(open: &Open, to: &Path) -> Result<ResultSaved> {
    let mut out = BufWriter::new(create(to)?);
    let requests = open.requests.lock().clone();
    let scanner = open.scanner.lock();
    let scanner = scanner.as_ref().ok_or_else(|| Error::new(Code::ResultGone, "This result has no rows."))?;
    let (lines, unknown) = match &requests {
        Some((path, _)) => {
            let mut file = File::open(path).map_err(|error| not_readable(path, &error))?;
            let saved = save_failed_requests(&mut file, scanner.index(), Which::Both, &mut out).map_err(unsaved)?;
            (saved.written, saved.unknown)
        }
        None => {
            let path = open.path();
            let mut file = File::open(&path).map_err(|error| not_readable(&path, &error))?;
            (save_rows(&mut file, scanner.index(), Filter::Failed, &mut out).map_err(unsaved)?, 0)
        }
    };
    out.flush().map_err(|error| not_written(to, error))?;
    let bytes = fs::metadata(to).map_err(|error| not_written(to, error))?.len();
    Ok(ResultSaved { path: String::new(), lines, bytes, requests: requests.is_some(), unknown })
}
