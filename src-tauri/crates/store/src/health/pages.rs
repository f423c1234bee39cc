//! The pages of a database, read past SQLite: a page that SQLite can no longer find its way to may still be whole.
//!
//! The layout is that of SQLite's file format (sqlite.org/fileformat2.html, 1.3 and 4).

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::mark::beside;
use crate::open;

const HEADER: usize = 100;
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Pages are numbered from 1.
pub(super) struct Pages {
    file: File,
    size: usize,
    count: u32,
    log: Option<File>,
    /// Where the newest committed form of a page is in the log.
    logged: HashMap<u32, u64>,
    bytes: Vec<u8>,
}

impl Pages {
    /// # Errors
    /// If the file cannot be opened or measured. A log that cannot be read counts as empty.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut header = [0; HEADER];
        let read = file.read(&mut header)?;
        let size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            size if read == HEADER && size.is_power_of_two() && size >= 512 => usize::from(size),
            // The header is damaged. Ours are of this size.
            _ => usize::try_from(open::PAGE).unwrap_or(8192),
        };
        let length = file.metadata()?.len();
        let count = u32::try_from(length / size as u64).unwrap_or(u32::MAX);
        let mut pages = Self { file, size, count, log: None, logged: HashMap::new(), bytes: vec![0; size] };
        if let Ok(mut log) = File::open(beside(path, "-wal")) {
            pages.read_log(&mut log);
            pages.log = Some(log);
        }
        Ok(pages)
    }

    /// How many there are, those of the log included.
    pub(super) fn count(&self) -> u32 {
        self.logged.keys().copied().max().unwrap_or(0).max(self.count)
    }

    /// Bytes of a page.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// A page, if it can be read.
    pub(super) fn read(&mut self, number: u32) -> Option<&[u8]> {
        let (file, at) = match (self.logged.get(&number), &mut self.log) {
            (Some(at), Some(log)) => (log, *at),
            _ => (&mut self.file, u64::from(number.checked_sub(1)?) * self.size as u64),
        };
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut self.bytes).ok()?;
        Some(&self.bytes)
    }

    /// Frames up to the last commit whose salts are those of the log's header. Their checksums are not asked for: a page
    /// that was half written is told by what it holds.
    fn read_log(&mut self, log: &mut File) {
        let mut header = [0; LOG_HEADER];
        if log.read_exact(&mut header).is_err() {
            return;
        }
        let mut pending: Vec<(u32, u64)> = Vec::new();
        let mut at = LOG_HEADER as u64;
        let mut frame = [0; FRAME_HEADER];
        while log.seek(SeekFrom::Start(at)).is_ok() && log.read_exact(&mut frame).is_ok() {
            if frame[8..16] != header[16..24] {
                break;
            }
            let number = |from: usize| {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(&frame[from..from + 4]);
                u32::from_be_bytes(bytes)
            };
            pending.push((number(0), at + FRAME_HEADER as u64));
            if number(4) != 0 {
                self.logged.extend(pending.drain(..));
            }
            at += (FRAME_HEADER + self.size) as u64;
        }
    }
}
