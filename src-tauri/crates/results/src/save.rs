//! Writes lines out again, byte for byte: the requests that have to be sent again, and rows of the answers.

use std::hash::RandomState;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::index::Index;
use crate::keys::Keys;
use crate::lines::HEAD;
use crate::page::Filter;
use crate::requests::request_key;
use crate::state::Packed;

/// Which requests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Those whose answer failed.
    Failed,
    /// Those without an answer.
    Missing,
    /// Both.
    Both,
}

/// What was written, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Saved {
    /// Requests that were written.
    pub written: u64,
    /// Those among them whose answer failed.
    pub failed: u64,
    /// Those among them without an answer.
    pub missing: u64,
    /// Failed rows whose request is not in the file: their key is not, or cannot be read.
    pub unknown: u64,
    /// Requests left out because their key is that of a request before them, which was written.
    pub again: u64,
    /// Requests left out because they have no key, so nobody can tell what became of them.
    pub without_key: u64,
}

/// Writes the lines of those requests that failed or have no answer, byte for byte and in the order of the requests,
/// each ended by a `\n`: a file that can be sent as a batch of its own.
///
/// `requests` is the file of requests from its beginning, and need not have been known to the scanner. What is held
/// in memory are one line and 11 bytes for each request that is written.
///
/// # Errors
/// If the requests cannot be read, or `out` cannot be written.
pub fn save_failed_requests(
    requests: &mut impl Read,
    index: &Index,
    which: Which,
    out: &mut impl Write,
) -> Result<Saved, Error> {
    let mut input = BufReader::with_capacity(1 << 20, requests);
    let mut out = BufWriter::with_capacity(1 << 20, out);
    let mut saved = Saved::default();
    let mut written = Keys::new(RandomState::new());
    let mut line = Vec::new();
    let mut first = true;
    while begin_line(&mut input, index.longest, &mut line)? > 0 {
        let ended = line.last() == Some(&b'\n');
        let long = !ended && line.len() > index.longest;
        let content = if std::mem::take(&mut first) { line.strip_prefix(b"\xef\xbb\xbf") } else { None };
        let content = content.unwrap_or(&line);
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        if !long && content.trim_ascii().is_empty() {
            continue;
        }
        let head = if long { content.get(..HEAD.min(index.longest)).unwrap_or(content) } else { content };
        let take = match request_key(head, long) {
            Some(key) => saved.take(&key, index, which, &mut written),
            None => {
                saved.without_key += 1;
                false
            }
        };
        if take {
            out.write_all(content).map_err(Error::Unwritten)?;
        }
        if long {
            rest_of_line(&mut input, if take { Some(&mut out) } else { None })?;
        }
        if take {
            out.write_all(b"\n").map_err(Error::Unwritten)?;
        }
    }
    out.flush().map_err(Error::Unwritten)?;
    if which != Which::Missing {
        let failed = index.states.iter().filter(|row| !row.is(Packed::REPEAT) && row.state().failed()).count() as u64;
        saved.unknown = failed.saturating_sub(saved.failed);
    }
    Ok(saved)
}

impl Saved {
    /// Whether the request is written.
    fn take(&mut self, key: &str, index: &Index, which: Which, written: &mut Keys) -> bool {
        let answer = index.row_of(key).and_then(|row| index.state(row));
        let wanted = match answer {
            Some(state) => which != Which::Missing && state.failed(),
            None => which != Which::Failed,
        };
        if !wanted {
            return false;
        }
        if written.insert(key, 0).is_some() {
            self.again += 1;
            return false;
        }
        self.written += 1;
        self.failed += u64::from(answer.is_some());
        self.missing += u64::from(answer.is_none());
        true
    }
}

/// Writes the lines of the rows that a filter takes, byte for byte and in the order of the file, each ended by a
/// `\n`. Returns how many. What is missing has no line.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or has become shorter, or `out` cannot be written.
pub fn save_rows(
    reader: &mut (impl Read + Seek),
    index: &Index,
    filter: Filter,
    out: &mut impl Write,
) -> Result<u64, Error> {
    reader.seek(SeekFrom::Start(0))?;
    let mut input = BufReader::with_capacity(1 << 20, reader);
    let mut out = BufWriter::with_capacity(1 << 20, out);
    let (mut at, mut rows) = (0, 0);
    for (row, place) in index.states.iter().zip(index.places()) {
        if !filter.takes(*row) {
            continue;
        }
        input.seek_relative(i64::try_from(place.offset - at).unwrap_or(i64::MAX))?;
        at = place.offset + place.len;
        copy(&mut input, place.len, &mut out)?;
        out.write_all(b"\n").map_err(Error::Unwritten)?;
        rows += 1;
    }
    out.flush().map_err(Error::Unwritten)?;
    Ok(rows)
}

/// Copies so many bytes.
fn copy(input: &mut impl BufRead, mut left: u64, out: &mut impl Write) -> Result<(), Error> {
    while left > 0 {
        let ahead = input.fill_buf()?;
        let piece = ahead.get(..usize::try_from(left).unwrap_or(usize::MAX).min(ahead.len())).unwrap_or_default();
        if piece.is_empty() {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        out.write_all(piece).map_err(Error::Unwritten)?;
        let read = piece.len();
        input.consume(read);
        left -= read as u64;
    }
    Ok(())
}

/// Reads a line with its `\n`, or the beginning of one that is longer than `longest`: then it has one byte more.
fn begin_line(input: &mut impl BufRead, longest: usize, line: &mut Vec<u8>) -> Result<usize, Error> {
    line.clear();
    Ok(input.take(longest as u64 + 1).read_until(b'\n', line)?)
}

/// Goes on to the end of a line, and writes it to `out`, without the `\n`.
fn rest_of_line(input: &mut impl BufRead, mut out: Option<&mut impl Write>) -> Result<(), Error> {
    loop {
        let ahead = input.fill_buf()?;
        let end = memchr::memchr(b'\n', ahead);
        let piece = ahead.get(..end.unwrap_or(ahead.len())).unwrap_or_default();
        if let Some(out) = &mut out {
            out.write_all(piece).map_err(Error::Unwritten)?;
        }
        let read = piece.len();
        input.consume(read + usize::from(end.is_some()));
        if end.is_some() || read == 0 {
            return Ok(());
        }
    }
}
