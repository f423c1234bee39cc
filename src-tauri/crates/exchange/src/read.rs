//! Reads a file of deliveries, whichever of the formats it is in.

use std::io::{BufRead, BufReader, Chain, Cursor, Read};

use crate::item::{Item, Limits};
use crate::problem::{Error, Problem};
use crate::{curl, har, ndjson};

/// How much of the beginning is looked at to find out what it is.
const BEGINNING: usize = 8 * 1024;

/// What was found in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Pollux's own form.
    Ndjson,
    /// HTTP Archive.
    Har,
    /// `curl` commands.
    Curl,
}

/// Reads deliveries and gives each to `take`, until it returns false. `said` learns what was found before the first
/// one.
///
/// # Errors
/// [`Error::Unknown`] if it is none of the formats; [`Error::Broken`] if nothing after a line can be read.
pub fn read(
    input: impl Read,
    limits: &Limits,
    said: &mut dyn FnMut(Source),
    take: &mut dyn FnMut(Item) -> bool,
) -> Result<(), Error> {
    let (source, input) = source(input)?;
    let Some(source) = source else { return Ok(()) };
    said(source);
    match source {
        Source::Ndjson => lines(input, limits, take),
        Source::Har => har::read::read(input, limits, take),
        Source::Curl => Ok(curl::read::read(input, limits, take)?),
    }
}

type Whole<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// What it is by its beginning, and all of it; `None` if it is empty.
fn source<R: Read>(mut input: R) -> Result<(Option<Source>, Whole<R>), Error> {
    let mut beginning = Vec::new();
    (&mut input).take(BEGINNING as u64).read_to_end(&mut beginning)?;
    if let Some(rest) = beginning.strip_prefix(b"\xef\xbb\xbf") {
        beginning = rest.to_vec();
    }
    let found = recognise(&beginning).map_err(Error::Unknown)?;
    Ok((found, BufReader::with_capacity(256 * 1024, Cursor::new(beginning).chain(input))))
}

fn recognise(beginning: &[u8]) -> Result<Option<Source>, String> {
    let expected = "Pollux's NDJSON, a HAR or curl commands were expected";
    let text = beginning.trim_ascii_start();
    match text {
        [] if beginning.len() < BEGINNING => return Ok(None),
        [0x1f, 0x8b, ..] => return Err("It is compressed by gzip. Unpack it first: gunzip FILE.".to_owned()),
        [b'P', b'K', 3, 4, ..] => return Err(format!("It is a ZIP archive; {expected}. Unpack it first.")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(format!("It is text in UTF-16; {expected}, in UTF-8. Save it as UTF-8 first."));
        }
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => {
            return Err(format!("It is a database; {expected}. To look into a history, give it with --db."));
        }
        [b'{', ..] => {}
        [b'[', ..] => return Err(format!("It is a JSON array; {expected}. NDJSON has one object on each line.")),
        _ if is_curl(text) => return Ok(Some(Source::Curl)),
        _ => return Err(format!("It is none of the forms that are read here; {expected}.")),
    }
    match first_name(text) {
        Some("pollux") => Ok(Some(Source::Ndjson)),
        Some("log") => Ok(Some(Source::Har)),
        Some("specversion") => Err(
            "These are CloudEvents, which are written and not read: they hold no headers, so no signature could be \
             verified. Export NDJSON instead."
                .to_owned(),
        ),
        // A HAR may begin with anything, and so may a line.
        _ if text.contains_str(b"\"log\"") => Ok(Some(Source::Har)),
        _ => Ok(Some(Source::Ndjson)),
    }
}

trait ContainsStr {
    fn contains_str(&self, needle: &[u8]) -> bool;
}

impl ContainsStr for [u8] {
    fn contains_str(&self, needle: &[u8]) -> bool {
        memchr::memmem::find(self, needle).is_some()
    }
}

/// The name of the first member of an object.
fn first_name(text: &[u8]) -> Option<&str> {
    let rest = text.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', rest)?;
    std::str::from_utf8(rest.get(..end)?).ok()
}

/// Whether the first line that is no comment is a command.
fn is_curl(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && line[0] != b'#').unwrap_or_default();
    let first = first.strip_prefix(b"$ ").or_else(|| first.strip_prefix(b"% ")).unwrap_or(first);
    ["curl ", "curl.exe ", "printf %s ", "curl\\", "curl\t"].iter().any(|begin| first.starts_with(begin.as_bytes()))
}

/// One record a line.
fn lines(mut input: impl BufRead, limits: &Limits, take: &mut dyn FnMut(Item) -> bool) -> Result<(), Error> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        number += 1;
        let most = limits.record as u64 + 1;
        let read = (&mut input).take(most).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let ended = line.last() == Some(&b'\n');
        let item = if !ended && read as u64 == most {
            skip_line(&mut input)?;
            Item::Problem(Problem::new(number, format!("The line is longer than {} bytes.", limits.record)))
        } else {
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let read = ndjson::read(text).and_then(|record| match limits.refuses(&record) {
                None => Ok(record),
                Some(message) => Err(message),
            });
            match read {
                Ok(record) => Item::Record(Box::new(record), number),
                Err(message) => Item::Problem(Problem::new(number, message)),
            }
        };
        if !take(item) {
            return Ok(());
        }
    }
}

/// Goes on behind the end of the line, without keeping it.
fn skip_line(input: &mut impl BufRead) -> Result<(), Error> {
    loop {
        let ahead = input.fill_buf()?;
        let length = ahead.len();
        match memchr::memchr(b'\n', ahead) {
            Some(at) => {
                input.consume(at + 1);
                return Ok(());
            }
            None if length == 0 => return Ok(()),
            None => input.consume(length),
        }
    }
}
