//! Where a result goes: standard output, or a file that appears under its name only once it is whole.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::{Code, Error};
use parking_lot::Mutex;
use tempfile::NamedTempFile;

use crate::escape;
use crate::manage::Undone;
use crate::print::Unwritten;

/// Why standard output took no more.
pub(super) type Failed = Arc<Mutex<Option<Unwritten>>>;

/// Standard output: byte for byte, except at a terminal, which gets whole lines without what could steer it.
pub(super) struct Streamed {
    terminal: bool,
    /// The beginning of a line.
    held: Vec<u8>,
    failed: Failed,
}

impl Streamed {
    /// With the place where it says why it ended, since whoever writes to it tells only that it did.
    pub(super) fn new() -> (Self, Failed) {
        let failed = Failed::default();
        (Self { terminal: io::stdout().is_terminal(), held: Vec::new(), failed: failed.clone() }, failed)
    }

    /// Writes a file.
    pub(super) fn copy(&mut self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        io::copy(&mut file, self)?;
        self.flush()
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().lock().write_all(bytes).map_err(|error| self.noted(error))
    }

    fn noted(&self, error: io::Error) -> io::Error {
        *self.failed.lock() = Some(match error.kind() {
            io::ErrorKind::BrokenPipe => Unwritten::ReaderGone,
            _ => Unwritten::Failed(format!("standard output: {error}")),
        });
        error
    }

    fn put_lines(&self, lines: &[u8]) -> io::Result<()> {
        self.put(escape::lines(&String::from_utf8_lossy(lines), false).as_bytes())
    }
}

impl Write for Streamed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.terminal {
            self.put(bytes)?;
            return Ok(bytes.len());
        }
        self.held.extend_from_slice(bytes);
        if let Some(end) = self.held.iter().rposition(|byte| *byte == b'\n') {
            let lines: Vec<u8> = self.held.drain(..=end).collect();
            self.put_lines(&lines)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.held);
        self.put_lines(&rest)?;
        io::stdout().lock().flush().map_err(|error| self.noted(error))
    }
}

/// A file beside the one that is meant, removed unless it is kept.
pub(super) struct Part {
    file: NamedTempFile,
    path: PathBuf,
}

impl Part {
    /// Makes it.
    pub(super) fn beside(path: &Path) -> Result<Self, Undone> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder).map_err(|error| not_written(path, error))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// What writes into it.
    pub(super) fn writer(&self) -> Result<File, Undone> {
        self.file.reopen().map_err(|error| not_written(&self.path, error))
    }

    /// Writes all of this into it.
    pub(super) fn put(&self, bytes: &[u8]) -> Result<(), Undone> {
        self.writer()?.write_all(bytes).map_err(|error| not_written(&self.path, error))
    }

    /// Gives it its name.
    pub(super) fn keep(self) -> Result<(), Undone> {
        let Self { file, path } = self;
        file.persist(&path).map(drop).map_err(|error| not_written(&path, error.error))
    }
}

pub(super) fn not_written(path: &Path, error: io::Error) -> Undone {
    let message = format!("{} could not be written.", path.display());
    Undone::Refused(Error::new(Code::NotWritten, message).with_detail(error))
}
