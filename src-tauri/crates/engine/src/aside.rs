//! Moves a history that does not open out of the way: renames it, never deletes it, and never writes over another file.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};

/// How many names to try while a file of the name is already there.
const TRIES: u32 = 100;
/// What SQLite keeps beside a database. Only the first of these may hold deliveries. The database itself goes last: if
/// the process ends in between, the history still does not open, and no part of it is taken for a new one's.
const BESIDE: [&str; 4] = ["-wal", "-shm", "-journal", "-mark"];

/// Renames the history at `path`, with what SQLite keeps beside it, to `NAME-STAMP.db` in the same folder. Blocks.
/// `stamp`: the date, in a form that fits a file name.
///
/// # Errors
/// `not_found` if there is no file, `not_moved` if it could not be renamed; then nothing is changed.
pub fn move_aside(path: &Path, stamp: &str) -> Result<PathBuf> {
    if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        let message =
            format!("There is no file at {} any more, so there is nothing to move. Try again.", path.display());
        return Err(Error::new(Code::NotFound, message));
    }
    renamed(path, stamp).map_err(|error| {
        let message = format!(
            "The history at {} could not be moved aside and is where it was. Check that you may write to its folder.",
            path.display()
        );
        Error::new(Code::NotMoved, message).with_detail(error)
    })
}

fn renamed(path: &Path, stamp: &str) -> io::Result<PathBuf> {
    for number in 1..=TRIES {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let to = named(path, &format!("-{stamp}{more}"));
        let pairs: Vec<_> = BESIDE
            .iter()
            .map(|suffix| (with_suffix(path, suffix), with_suffix(&to, suffix)))
            .filter(|(from, _)| std::fs::symlink_metadata(from).is_ok())
            .chain([(path.to_owned(), to.clone())])
            .collect();
        match all(&pairs) {
            Ok(()) => return Ok(to),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, format!("{TRIES} files of this second already exist")))
}

/// Renames all of them or none. First takes each name with an empty file of ours, so that no other file is written
/// over.
fn all(pairs: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    let mut taken: Vec<&Path> = Vec::new();
    let mut moved: Vec<(&Path, &Path)> = Vec::new();
    let done = (|| {
        for (_, to) in pairs {
            OpenOptions::new().write(true).create_new(true).open(to)?;
            taken.push(to);
        }
        for (from, to) in pairs {
            std::fs::rename(from, to)?;
            taken.retain(|path| path != to);
            moved.push((from, to));
        }
        Ok(())
    })();
    if done.is_err() {
        for (from, to) in moved.into_iter().rev() {
            if let Err(error) = std::fs::rename(to, from) {
                tracing::error!(path = %to.display(), %error, "a part of the history could not be moved back");
            }
        }
        for path in taken {
            // It is empty, and ours.
            let _ = std::fs::remove_file(path);
        }
    }
    done
}

/// `pollux.db` → `pollux-2026-11-29.db`.
fn named(path: &Path, more: &str) -> PathBuf {
    let mut name = path.file_stem().map(OsString::from).unwrap_or_default();
    name.push(more);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
