//! A file taken apart into lines, however it comes.

use memchr::memchr;

/// Bytes of the longest line that is read: 64 MiB. Of a longer one only the beginning is looked at, and its key if it
/// stands there.
pub const LONGEST_LINE: usize = 64 << 20;

/// How much of the beginning of a line that is too long is kept.
pub(crate) const HEAD: usize = 64 << 10;

/// Where a row lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// Its bytes, without the `\n` that ends it. A `\r` before that belongs to it.
    pub len: u64,
    /// The line, from 1, blank ones counted.
    pub line: u64,
}

impl Place {
    /// Whether the line is too long to be read. A byte order mark counts, though it is not part of the row.
    pub(crate) fn longer_than(self, longest: usize) -> bool {
        let mark = if self.line == 1 { self.offset } else { 0 };
        self.len + mark > longest as u64
    }

    /// How many of its bytes are looked at.
    pub(crate) fn readable(self, longest: usize) -> u64 {
        if self.longer_than(longest) { self.len.min(HEAD.min(longest) as u64) } else { self.len }
    }
}

/// A line that is not blank.
pub(crate) struct Line<'a> {
    pub(crate) place: Place,
    /// All of it, or only its beginning if it is `long`.
    pub(crate) bytes: &'a [u8],
    /// It is longer than is read.
    pub(crate) long: bool,
    /// It was ended by a `\n`.
    pub(crate) ended: bool,
}

/// What is held between two pieces of a file: at most one line.
pub(crate) struct Lines {
    longest: usize,
    /// Where the line that is being read began.
    start: u64,
    line: u64,
    held: Vec<u8>,
    /// Bytes of the line that is being read, of which `held` may have the beginning only.
    len: u64,
}

impl Lines {
    pub(crate) fn new(longest: usize) -> Self {
        Self { longest, start: 0, line: 1, held: Vec::new(), len: 0 }
    }

    /// Bytes that came so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.start + self.len
    }

    /// Takes the next bytes of the file, and gives each line that ends in them to `take`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], take: &mut impl FnMut(Line<'_>)) {
        while let Some(at) = memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(at);
            bytes = rest.get(1..).unwrap_or_default();
            if self.len == 0 && line.len() <= self.longest {
                self.give(line, line.len() as u64, true, take);
            } else {
                self.hold(line);
                self.give_held(true, take);
            }
        }
        self.hold(bytes);
    }

    /// Gives the last line if nothing ended it.
    pub(crate) fn finish(&mut self, take: &mut impl FnMut(Line<'_>)) {
        if self.len > 0 {
            self.give_held(false, take);
        }
    }

    fn give_held(&mut self, ended: bool, take: &mut impl FnMut(Line<'_>)) {
        let held = std::mem::take(&mut self.held);
        self.give(&held, self.len, ended, take);
        // One very long line must not be paid for until the end of the file.
        if held.capacity() <= 1 << 20 {
            self.held = held;
            self.held.clear();
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        let had = self.len;
        self.len += bytes.len() as u64;
        if self.len <= self.longest as u64 {
            self.held.extend_from_slice(bytes);
            return;
        }
        let head = HEAD.min(self.longest);
        if had <= self.longest as u64 {
            self.held.truncate(head);
        }
        let missing = head.saturating_sub(self.held.len()).min(bytes.len());
        self.held.extend_from_slice(bytes.get(..missing).unwrap_or_default());
        self.held.shrink_to(head);
    }

    fn give(&mut self, bytes: &[u8], len: u64, ended: bool, take: &mut impl FnMut(Line<'_>)) {
        let mut place = Place { offset: self.start, len, line: self.line };
        let mut bytes = bytes;
        if self.start == 0
            && let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf")
        {
            bytes = rest;
            place.offset = 3;
            place.len -= 3;
        }
        self.start += len + u64::from(ended);
        self.line += 1;
        self.len = 0;
        let long = len > self.longest as u64;
        if long || !bytes.trim_ascii().is_empty() {
            take(Line { place, bytes, long, ended });
        }
    }
}
