//! Where results are: a folder beside the history, with what is kept and the requests of jobs, and within it one folder
//! for each process that has results open. That one goes with its process: nobody else touches it while its lock is held.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{Code, Error, Result};

/// The file that a process holds locked.
const LOCK: &str = "lock";
/// How the folder of a process begins.
const RUN: &str = "run-";

/// The folder of this process: made when it is first needed, removed when the last clone of this is gone. Cloning shares
/// it.
#[derive(Clone)]
pub(crate) struct RunFolder(Arc<Inner>);

struct Inner {
    history: PathBuf,
    held: Mutex<Option<Held>>,
}

struct Held {
    folder: PathBuf,
    /// Locked until the end.
    _lock: File,
}

impl RunFolder {
    /// The one beside a history. Removes those that ended processes left.
    pub(crate) fn beside(history: &Path) -> Self {
        remove_left(&beside(history));
        Self(Arc::new(Inner { history: history.to_owned(), held: Mutex::default() }))
    }

    /// Where it is.
    ///
    /// # Errors
    /// `not_written` if it cannot be made.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        let mut held = self.0.held.lock();
        if let Some(held) = &*held {
            return Ok(held.folder.clone());
        }
        let folder = folder(&self.0.history)?.join(format!("{RUN}{}", uuid::Uuid::new_v4().simple()));
        let failed = |error: std::io::Error| not_made(&folder, &error);
        files::make_folder(&folder).map_err(failed)?;
        let lock = File::create(folder.join(LOCK)).map_err(failed)?;
        // A file system without locks: what is left there is left.
        let _ = lock.try_lock();
        *held = Some(Held { folder: folder.clone(), _lock: lock });
        Ok(folder)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What cannot be removed now goes at the next start.
        if let Some(held) = self.held.lock().take() {
            let _ = fs::remove_dir_all(&held.folder);
            // Only where nothing is kept in it.
            let _ = fs::remove_dir(beside(&self.history));
        }
    }
}

/// Where the folder of results beside a history is, or would be.
pub(crate) fn beside(history: &Path) -> PathBuf {
    let mut name = history.file_name().unwrap_or_default().to_owned();
    name.push("-results");
    history.with_file_name(name)
}

/// The folder of results beside a history, made if it is missing.
pub(crate) fn folder(history: &Path) -> Result<PathBuf> {
    let folder = beside(history);
    files::make_folder(&folder).map_err(|error| not_made(&folder, &error))?;
    Ok(folder)
}

/// Removes the folders whose process is gone.
fn remove_left(all: &Path) {
    let Ok(entries) = fs::read_dir(all) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(RUN) {
            continue;
        }
        let gone = match File::open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // One that is just being made has no lock yet.
            Err(_) => false,
        };
        if gone {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn not_made(folder: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::NotWritten, format!("{} could not be made.", folder.display())).with_detail(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lives_as_long_as_its_process_and_no_longer() {
        let home = tempfile::tempdir().unwrap();
        let history = home.path().join("h.db");
        let first = RunFolder::beside(&history);
        assert!(!beside(&history).exists(), "nothing is made unasked");
        let gone = first.path().unwrap();
        let second = RunFolder::beside(&history);
        let stays = second.path().unwrap();
        assert!(gone.is_dir() && stays.is_dir(), "another process leaves it alone");
        drop(first);
        assert!(!gone.exists() && stays.exists());
        // A process that was ended hard leaves its folder, but not its lock.
        let left = folder(&history).unwrap().join("run-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        fs::write(left.join("result-x"), "x").unwrap();
        drop(RunFolder::beside(&history));
        assert!(!left.exists() && stays.exists());
        drop(second);
        assert!(!beside(&history).exists());
    }
}
