//! Keeps the history of a run without `--db` in a folder that only the user can read. It is removed at the end, or by
//! the next start after a crash.
//!
//! A file in it is locked for as long as the process lives (`flock`), and says whose it is. A folder is swept only if
//! it is this user's, nobody else can write to it, and that file is there, ours and not locked.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::escape::printable;

/// How the folders' names begin.
const PREFIX: &str = "pollux-history-";
/// The locked file.
const LOCK: &str = "lock";
/// What it begins with.
const MARK: &str = "A temporary history of pollux. Locked while it is in use.";
/// How many folders to try: a sweep may remove one before it is locked.
const TRIES: usize = 8;

/// A temporary history. Removed when dropped.
pub(crate) struct Temporary {
    folder: PathBuf,
    /// Held until everything else is removed.
    _lock: File,
}

impl Temporary {
    /// Makes one.
    pub(crate) fn make() -> Result<Self, String> {
        let base = std::env::temp_dir();
        let in_words = |error: io::Error| format!("no temporary folder could be made in {}: {error}", base.display());
        let mut tried = Ok(());
        for _ in 0..TRIES {
            let folder = new_folder(&base).map_err(in_words)?;
            match locked(&folder) {
                Ok(lock) => return Ok(Self { folder, _lock: lock }),
                Err(error) => tried = Err(error),
            }
        }
        Err(in_words(tried.err().unwrap_or_else(|| io::Error::other("it was removed again and again"))))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the history goes.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("pollux.db")
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

fn new_folder(base: &Path) -> io::Result<PathBuf> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.tempdir_in(base).map(tempfile::TempDir::keep)
}

/// Marks the folder only once it is locked: an unmarked folder is not swept.
fn locked(folder: &Path) -> io::Result<File> {
    let mut file = files::create(&folder.join(LOCK))?.file;
    file.lock()?;
    write!(file, "{MARK}\npid {}\n", std::process::id())?;
    Ok(file)
}

/// Removes a temporary history; its lock last, so that what an interrupted removal leaves is swept later.
pub(crate) fn remove(folder: &Path) {
    let removed = || -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name() != LOCK {
                match entry.file_type()?.is_dir() {
                    true => fs::remove_dir_all(entry.path())?,
                    false => fs::remove_file(entry.path())?,
                }
            }
        }
        fs::remove_file(folder.join(LOCK))?;
        fs::remove_dir(folder)
    };
    match removed() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %printable(&folder.display().to_string()), "a temporary history stays behind");
        }
        _ => {}
    }
}

/// Removes what crashed runs have left in the system's temporary folder.
pub(crate) fn sweep() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            sweep_one(&entry.path());
        }
    }
}

fn sweep_one(folder: &Path) {
    if !files::is_private_folder(folder) {
        return;
    }
    match files::look(&folder.join(LOCK)) {
        // Its process ended before locking it, or is about to lock it; it then makes another one.
        Ok(None) => _ = fs::remove_dir(folder),
        Ok(Some(mut lock)) if lock.is_ours() && lock.file.try_lock().is_ok() => {
            let mut text = String::new();
            let read = (&mut lock.file).take(MARK.len() as u64).read_to_string(&mut text);
            if read.is_ok() && text == MARK {
                remove(folder);
            }
        }
        _ => {}
    }
}
