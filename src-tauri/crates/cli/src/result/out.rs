//! Where a result goes that is piped on.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use engine::{Code, Error};
use parking_lot::Mutex;

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

pub(super) fn not_written(path: &Path, error: io::Error) -> Undone {
    let message = format!("{} could not be written.", path.display());
    Undone::Refused(Error::new(Code::NotWritten, message).with_detail(error))
}
