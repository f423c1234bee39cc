//! What was asked for, as far as it is known.

use std::borrow::Cow;
use std::hash::RandomState;
use std::io::{Read, Seek};
use std::sync::Arc;

use serde::Serialize;

use crate::error::Error;
use crate::json::Maybe;
use crate::keys::Keys;
use crate::line::{RequestLine, leading_key};
use crate::lines::{LONGEST_LINE, Lines, Place};
use crate::places::{Places, grow};
use crate::row::read_bytes;

/// What is known of the requests.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The file of them.
    Requests(Arc<Requests>),
    /// Their number alone, as the service tells it (`requestCount`).
    Count(u64),
}

/// The first request with its key, one that comes again, or one without a key.
const FIRST: u8 = 0;
const AGAIN: u8 = 1;
const KEYLESS: u8 = 2;

/// The requests of a batch, out of its JSONL file: which keys, in which order, and where the lines lie.
#[derive(Debug)]
pub struct Requests {
    kinds: Vec<u8>,
    places: Places,
    keys: Keys,
    again: u64,
    keyless: u64,
    longest: usize,
}

/// One request, for the list of those that are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Request {
    /// Its number in the file, from 0.
    pub number: u32,
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its key.
    pub key: Option<String>,
}

impl Requests {
    /// How many lines of requests there are, those included whose key came before.
    #[must_use]
    pub fn row_count(&self) -> u32 {
        u32::try_from(self.kinds.len()).unwrap_or(u32::MAX)
    }

    /// How many answers are to come: each key once, and every request without one.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.kinds.len() as u64 - self.again
    }

    /// Requests whose key came before. The service takes a key once.
    #[must_use]
    pub fn doubled(&self) -> u64 {
        self.again
    }

    /// Requests without a key, or that cannot be read.
    #[must_use]
    pub fn without_key(&self) -> u64 {
        self.keyless
    }

    /// The numbers of the requests whose key came before, in order.
    pub fn doubled_numbers(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.kinds).filter(|(_, kind)| **kind == AGAIN).map(|(number, _)| number)
    }

    /// Where a request lies.
    #[must_use]
    pub fn place(&self, number: u32) -> Option<Place> {
        self.places.get(number)
    }

    /// Reads a request's key and line from the file.
    ///
    /// # Errors
    /// [`Error::NoRow`] if there is none of this number; [`Error::Io`] if the file cannot be read.
    pub fn read(&self, reader: &mut (impl Read + Seek), number: u32) -> Result<Request, Error> {
        let place = self.place(number).ok_or(Error::NoRow(number))?;
        let bytes = read_bytes(reader, place, place.readable(self.longest))?;
        let key = request_key(&bytes, place.longer_than(self.longest)).map(Cow::into_owned);
        Ok(Request { number, line: place.line, key })
    }

    /// Bytes of memory that are held, by what is reserved.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.kinds.capacity() + self.places.memory() + self.keys.memory()
    }

    pub(crate) fn number_of(&self, key: &str) -> Option<u32> {
        self.keys.get(key)
    }

    pub(crate) fn hasher(&self) -> RandomState {
        self.keys.hasher().clone()
    }

    /// Whether it is the first of its key.
    pub(crate) fn is_first(&self, number: usize) -> bool {
        self.kinds.get(number) == Some(&FIRST)
    }
}

/// Reads a file of requests as it comes: `{"key":"…","request":{…}}`, one a line.
///
/// It is as tolerant as a [`Scanner`](crate::Scanner): a line that cannot be read is a request without a key, unless
/// the key stands first in it.
pub struct RequestScanner {
    lines: Lines,
    requests: Requests,
}

impl Default for RequestScanner {
    fn default() -> Self {
        Self::new()
    }
}

impl RequestScanner {
    /// One that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::with_longest_line(LONGEST_LINE)
    }

    /// One that looks at the beginning only of lines with more than `longest` bytes.
    #[must_use]
    pub fn with_longest_line(longest: usize) -> Self {
        let requests = Requests {
            kinds: Vec::new(),
            places: Places::default(),
            keys: Keys::new(RandomState::new()),
            again: 0,
            keyless: 0,
            longest,
        };
        Self { lines: Lines::new(longest), requests }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Self { lines, requests } = self;
        lines.feed(bytes, &mut |line| requests.add(line.place, request_key(line.bytes, line.long).as_deref()));
    }

    /// Takes the last line if nothing ended it, and gives out what was read.
    #[must_use]
    pub fn finish(mut self) -> Requests {
        let requests = &mut self.requests;
        self.lines.finish(&mut |line| requests.add(line.place, request_key(line.bytes, line.long).as_deref()));
        self.requests
    }

    /// Lines of requests so far.
    #[must_use]
    pub fn row_count(&self) -> u32 {
        self.requests.row_count()
    }

    /// Reads a whole file of requests.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(reader: &mut impl Read) -> Result<Requests, Error> {
        let mut scanner = Self::new();
        let mut bytes = vec![0; 256 << 10];
        loop {
            match reader.read(&mut bytes) {
                Ok(0) => return Ok(scanner.finish()),
                Ok(read) => scanner.feed(bytes.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Requests {
    fn add(&mut self, place: Place, key: Option<&str>) {
        let number = self.row_count();
        // What has no number cannot be listed: nothing that any service takes is as long.
        if number == u32::MAX {
            return;
        }
        let kind = match key {
            None => KEYLESS,
            Some(key) if self.keys.insert(key, number).is_some() => AGAIN,
            Some(_) => FIRST,
        };
        self.again += u64::from(kind == AGAIN);
        self.keyless += u64::from(kind == KEYLESS);
        grow(&mut self.kinds, 1);
        self.kinds.push(kind);
        self.places.push(place);
    }
}

/// The key of a line of requests; of a `long` one, `bytes` are the beginning.
pub(crate) fn request_key(bytes: &[u8], long: bool) -> Option<Cow<'_, str>> {
    let line = (!long).then(|| serde_json::from_slice::<Maybe<RequestLine<'_>>>(bytes).ok()).flatten();
    match line {
        Some(line) => line.0?.key(),
        None => leading_key(bytes),
    }
}
