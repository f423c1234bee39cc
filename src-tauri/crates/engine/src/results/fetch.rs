//! Fetches a file and reads it as it comes.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gemini::client::{Client, ClientError};
use jiff::Timestamp;
use results::{Asked, RequestScanner, Scanner};
use tokio_util::sync::CancellationToken;

use super::open::Open;
use super::resolve::Target;
use super::{Results, blocking, not_readable, not_written, summary};
use crate::dto::{Live, ResultKind, ResultState};
use crate::error::{Code, Error, Result};
use crate::service_error::service_error;

/// The largest file that is fetched, in bytes.
const LARGEST: u64 = 16 << 30;
/// What must stay free on the disk, in bytes.
const RESERVE: u64 = 256 << 20;
/// Bytes that are read in one go.
const PIECE: usize = 256 * 1024;
/// How often to report progress, at most.
const TELL: Duration = Duration::from_millis(100);

impl Results {
    /// Fetches or reads it in the background, unless that is under way.
    pub(super) fn start(&self, open: &Arc<Open>) {
        let Some(stop) = open.begin() else { return };
        open.change(|view| (view.state, view.error) = (ResultState::Resolving, None));
        let (room, open) = (self.clone(), open.clone());
        self.common.spawn_to_the_end(async move {
            let done = room.run(&open, &stop).await;
            let stopped = stop.is_cancelled();
            // Both at once: who sees that it was stopped can go on.
            open.change(|view| {
                (view.state, view.error) = match done {
                    Ok(()) => (ResultState::Ready, None),
                    Err(_) if stopped => (ResultState::Stopped, None),
                    Err(error) => (ResultState::Failed, Some(error)),
                };
                open.busy.store(false, Ordering::Release);
            });
            room.tell(&open);
        });
    }

    pub(super) fn tell(&self, open: &Open) {
        self.common.tell(Live::Result { result: Box::new(open.view()) });
    }

    async fn run(&self, open: &Arc<Open>, stop: &CancellationToken) -> Result<()> {
        self.tell(open);
        match open.target().clone() {
            Target::File { project, name, .. } if self.take_kept(open, project, &name).await? => {
                self.know_requests(open).await?;
                self.read_local(open, stop).await?;
            }
            Target::File { project, name, .. } => {
                let client = self.projects.client(project)?;
                self.describe(open, &client, &name).await?;
                self.know_requests(open).await?;
                let (room, held) = (self.clone(), open.clone());
                // What has come before is read first.
                let from = blocking({
                    let stop = stop.clone();
                    move || read_from_disk(&room, &held, &stop, false)
                })
                .await?;
                self.download(open, &client, &name, from, stop).await?;
            }
            Target::Inlined { project, job, .. } => {
                self.know_requests(open).await?;
                let lines = self.jobs.inlined(project, &job).await?;
                let path = open.path();
                blocking(move || std::fs::write(&path, lines).map_err(|error| not_written(&path, error))).await?;
                self.read_local(open, stop).await?;
            }
            Target::Interaction { .. } => return Ok(()),
            Target::Local { .. } => {
                open.change(|view| view.kind = ResultKind::Rows);
                self.read_local(open, stop).await?;
            }
        }
        self.note_counts(open).await
    }

    /// Whether a copy of it is kept; then nobody has to be asked.
    async fn take_kept(&self, open: &Open, project: i64, name: &str) -> Result<bool> {
        let Some(kept) = self.kept(project, name).await? else { return Ok(false) };
        let from = crate::run_folder::folder(self.common.store().file())?.join(&kept.file);
        if !from.is_file() {
            return Ok(false);
        }
        let to = open.path();
        blocking(move || super::keep::link(&from, &to)).await?;
        open.change(|view| {
            view.kept_with = Some(kept.delivery);
            if view.kind == ResultKind::Unknown {
                view.kind = kind_of(kept.mime.as_deref().unwrap_or_default());
            }
            view.mime_type = kept.mime;
        });
        Ok(true)
    }

    async fn read_local(&self, open: &Arc<Open>, stop: &CancellationToken) -> Result<()> {
        let (room, held, stop) = (self.clone(), open.clone(), stop.clone());
        blocking(move || read_from_disk(&room, &held, &stop, true).map(|_| ())).await
    }

    /// What the service says of the file.
    async fn describe(&self, open: &Open, client: &Client, name: &str) -> Result<()> {
        let file = client.file_get(name).await.map_err(|error| self.gone(open, error))?;
        let total = file.size_bytes;
        if total.is_some_and(|total| total > LARGEST) {
            let message = format!("The file has {} bytes; Pollux opens up to 16 GiB.", total.unwrap_or_default());
            return Err(Error::new(Code::TooLarge, message));
        }
        let missing = total.unwrap_or_default().saturating_sub(open.view().bytes).saturating_add(RESERVE);
        if self.common.store().free_space().is_some_and(|free| free < missing) {
            let message = "The disk has too little free space for this file. Free some space, then try again.";
            return Err(Error::new(Code::DiskNearlyFull, message));
        }
        let expires = file.expiration_time.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
        let expires = expires.map(Timestamp::as_millisecond);
        let mime = file.mime_type.clone();
        open.change(|view| {
            view.total = total;
            view.expires_ms = expires;
            if view.kind == ResultKind::Unknown {
                view.kind = kind_of(mime.as_deref().unwrap_or_default());
            }
            view.mime_type = mime;
        });
        self.tell(open);
        Ok(())
    }

    /// Why a file cannot be had. The service answers 403 or 404 for one that has expired.
    fn gone(&self, open: &Open, error: ClientError) -> Error {
        let gone = matches!(error.http(), Some(403 | 404 | 410));
        let told = service_error(error, false);
        if !gone {
            return told;
        }
        let view = open.view();
        let since = view.expires_ms.filter(|expired| *expired < self.common.now_ms());
        let message = match since {
            Some(_) => "The service has deleted this file: it keeps the files of a job for 48 hours.",
            None => {
                "The service does not give this file with this project's key: it has expired (files are kept for 48 \
                     hours), was deleted, or was perhaps made with another key."
            }
        };
        Error { code: Code::ResultGone, message: message.to_owned(), ..told }
    }

    /// What is known of the requests that the rows answer.
    async fn know_requests(&self, open: &Arc<Open>) -> Result<()> {
        let view = open.view();
        if view.kind != ResultKind::Rows || open.scanner.lock().is_some() {
            return Ok(());
        }
        let known = match (view.project, &view.job) {
            (Some(project), Some(job)) => self.jobs.requests_of(project, job).await?,
            _ => (None, None),
        };
        let (path, count) = known;
        let asked = match path {
            Some(path) if path.is_file() => {
                let read = path.clone();
                let requests = blocking(move || read_requests(&read)).await?;
                *open.requests.lock() = Some((path, requests.clone()));
                open.change(|view| view.has_requests = true);
                Some(Asked::Requests(requests))
            }
            _ => count.map(Asked::Count),
        };
        *open.scanner.lock() = Some(Scanner::new(asked));
        Ok(())
    }

    async fn download(
        &self,
        open: &Arc<Open>,
        client: &Client,
        name: &str,
        from: u64,
        stop: &CancellationToken,
    ) -> Result<()> {
        let total = open.view().total;
        if total == Some(from) && from > 0 {
            finish(open, Instant::now());
            return Ok(());
        }
        let began = Instant::now();
        open.change(|view| view.state = ResultState::Downloading);
        self.tell(open);
        let asked = client.file_download_from(name, from);
        let begun = stop.run_until_cancelled(asked).await.ok_or_else(stopped)?;
        let mut download = match begun {
            // It has no more bytes than these.
            Err(error) if error.http() == Some(416) => {
                finish(open, began);
                return Ok(());
            }
            begun => begun.map_err(|error| self.gone(open, error))?,
        };
        let path = open.path();
        if download.offset() != from {
            // A service without ranges starts at the beginning.
            restart(open, &path)?;
        }
        let mut file = append(&path)?;
        let mut told = Instant::now();
        loop {
            let next = stop.run_until_cancelled(download.chunk()).await.ok_or_else(stopped)?;
            let Some(chunk) = next.map_err(|error| service_error(error, false))? else { break };
            // A chunk has a few KiB: to write it and to read its rows is quicker than to hand it over.
            file.write_all(&chunk).map_err(|error| not_written(&path, error))?;
            feed(open, &chunk);
            let bytes = open.view().bytes;
            if bytes > LARGEST {
                return Err(Error::new(
                    Code::TooLarge,
                    "The file is larger than 16 GiB, so it was not read to its end.",
                ));
            }
            if told.elapsed() >= TELL {
                told = Instant::now();
                refresh(open);
                self.tell(open);
                tokio::task::yield_now().await;
            }
        }
        if let Some(total) = total.filter(|total| open.view().bytes != *total) {
            let message =
                format!("The file ended after {} of {total} bytes. Fetch it again to get the rest.", open.view().bytes);
            return Err(Error::new(Code::ServiceTimedOut, message));
        }
        finish(open, began);
        Ok(())
    }

    /// Notes with the job how many of its rows are of no use.
    async fn note_counts(&self, open: &Open) -> Result<()> {
        let view = open.view();
        if let (Some(project), Some(job), Some(summary)) = (view.project, &view.job, &view.summary) {
            let unusable = summary.failed.saturating_add(summary.missing.unwrap_or_default());
            self.jobs.note_unusable(project, job, unusable).await?;
        }
        Ok(())
    }
}

fn stopped() -> Error {
    Error::new(Code::NotFound, "It was stopped.")
}

pub(super) fn read_requests(path: &Path) -> Result<Arc<results::Requests>> {
    let mut file = File::open(path).map_err(|error| not_readable(path, &error))?;
    let read = RequestScanner::read(&mut file);
    read.map(Arc::new).map_err(|error| {
        Error::new(Code::NotReadable, format!("{} could not be read as requests.", path.display())).with_detail(error)
    })
}

fn append(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map_err(|error| not_written(path, error))
}

/// Begins anew, with an empty file.
fn restart(open: &Open, path: &PathBuf) -> Result<()> {
    File::create(path).map_err(|error| not_written(path, error))?;
    forget_rows(open);
    Ok(())
}

/// Reads from the beginning what comes now.
fn forget_rows(open: &Open) {
    let mut scanner = open.scanner.lock();
    if scanner.is_some() {
        let asked = open.requests.lock().as_ref().map(|(_, requests)| Asked::Requests(requests.clone()));
        let count = scanner.as_ref().and_then(|scanner| scanner.index().asked()).map(Asked::Count);
        *scanner = Some(Scanner::new(asked.or(count)));
    }
    drop(scanner);
    open.change(|view| view.bytes = 0);
}

fn feed(open: &Open, bytes: &[u8]) {
    if let Some(scanner) = open.scanner.lock().as_mut() {
        scanner.feed(bytes);
    }
    open.change(|view| view.bytes = view.bytes.saturating_add(bytes.len() as u64));
}

/// Puts the counts so far into the view.
fn refresh(open: &Open) {
    let summary = open.scanner.lock().as_ref().map(|scanner| summary::of(&scanner.summary(), scanner.index()));
    open.change(|view| view.summary = summary);
}

fn finish(open: &Open, began: Instant) {
    if let Some(scanner) = open.scanner.lock().as_mut() {
        scanner.finish();
    }
    refresh(open);
    let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    open.change(|view| view.read_us = Some(took));
}

/// Reads what is on the disk, and returns how many bytes that were. `whole`: that is all there is.
fn read_from_disk(room: &Results, open: &Arc<Open>, stop: &CancellationToken, whole: bool) -> Result<u64> {
    let path = open.path();
    let began = Instant::now();
    let already = open.view().bytes;
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !whole => return Ok(0),
        Err(error) => return Err(not_readable(&path, &error)),
    };
    let length = file.metadata().map_err(|error| not_readable(&path, &error))?.len();
    if already == length && already > 0 {
        if whole {
            finish(open, began);
        }
        return Ok(length);
    }
    // What was read before may be a part of it, or more than got to the disk.
    forget_rows(open);
    if open.scanner.lock().is_none() && open.view().kind == ResultKind::Rows {
        *open.scanner.lock() = Some(Scanner::new(None));
    }
    open.change(|view| {
        view.state = ResultState::Reading;
        if whole {
            view.total = Some(length);
        }
    });
    let (mut piece, mut told) = (vec![0; PIECE], Instant::now());
    loop {
        let count = file.read(&mut piece).map_err(|error| not_readable(&path, &error))?;
        let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        feed(open, bytes);
        if stop.is_cancelled() {
            return Err(stopped());
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            refresh(open);
            room.tell(open);
        }
    }
    if whole {
        finish(open, began);
    }
    Ok(open.view().bytes)
}

fn kind_of(mime: &str) -> ResultKind {
    let bare = mime.split(';').next().unwrap_or_default().trim();
    match bare {
        "application/jsonl" | "application/x-ndjson" | "application/x-jsonl" | "text/jsonl" => ResultKind::Rows,
        "application/json" => ResultKind::Json,
        _ if bare.starts_with("video/") => ResultKind::Video,
        _ if bare.starts_with("image/") => ResultKind::Image,
        _ if bare.starts_with("text/") => ResultKind::Text,
        _ => ResultKind::Binary,
    }
}
