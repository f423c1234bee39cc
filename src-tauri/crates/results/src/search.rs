//! Looks for text in all rows.

use std::fmt::Write;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use memchr::{memchr, memchr2_iter, memmem};

use crate::answer::Answer;
use crate::error::Error;
use crate::index::Index;
use crate::row::{message, said};

/// How much is read at once, and how much of a line that is too long is looked at at once.
const PIECE: usize = 1 << 20;

/// Looks for a text in every row, in either case, and gives the number of each row that has it to `on_match`, in
/// order. Returns false if `cancel` said so before the end; it is asked every few hundred rows.
///
/// A row has the text if the bytes of its line do, names and escapes included, with ASCII letters in either case; or
/// if what it says does: its key, its text (as in [`Row`](crate::Row), but all of it) and its message, with escapes
/// resolved and letters of every script in either case. The second is looked at only where it can find more: the
/// needle has a character that JSON may escape, or the line escapes ones that need no escape. What is longer than the
/// longest line is looked at as bytes alone.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or has become shorter.
pub fn search(
    reader: &mut (impl Read + Seek),
    index: &Index,
    needle: &str,
    on_match: &mut dyn FnMut(u32),
    cancel: &dyn Fn() -> bool,
) -> Result<bool, Error> {
    let needle = Needle::new(needle);
    reader.seek(SeekFrom::Start(0))?;
    let mut input = BufReader::with_capacity(PIECE, reader);
    let (mut at, mut line) = (0_u64, Vec::new());
    for (row, place) in (0_u32..).zip(index.places()) {
        if row % 256 == 0 && cancel() {
            return Ok(false);
        }
        input.seek_relative(i64::try_from(place.offset - at).unwrap_or(i64::MAX))?;
        at = place.offset + place.len;
        let found = if place.longer_than(index.longest) {
            match needle.in_long(&mut input, place.len, cancel)? {
                Some(found) => found,
                None => return Ok(false),
            }
        } else {
            let len = usize::try_from(place.len).unwrap_or(usize::MAX);
            if input.buffer().len() >= len {
                let found = needle.in_row(input.buffer().get(..len).unwrap_or_default());
                input.consume(len);
                found
            } else {
                line.clear();
                if (&mut input).take(place.len).read_to_end(&mut line)? < len {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                }
                needle.in_row(&line)
            }
        };
        if found {
            on_match(row);
        }
    }
    Ok(true)
}

/// What is looked for.
struct Needle {
    /// In small letters, of every script.
    folded: Bytes,
    /// The longest run in it of what JSON has no reason to escape: a line without it cannot have the whole, as long
    /// as it escapes nothing else.
    run: Bytes,
}

impl Needle {
    fn new(needle: &str) -> Self {
        let folded = needle.to_lowercase();
        let runs = folded.as_bytes().split(|byte| !plain(*byte));
        let run = runs.max_by_key(|run| run.len()).unwrap_or_default();
        Self { run: Bytes::new(run), folded: Bytes::new(folded.as_bytes()) }
    }

    fn in_row(&self, line: &[u8]) -> bool {
        self.folded.within(line) || (self.may_be_escaped(line) && self.in_text(line))
    }

    fn may_be_escaped(&self, line: &[u8]) -> bool {
        if memmem::find(line, b"\\u00").is_some() {
            return true;
        }
        // If nothing in it is ever escaped, the bytes were enough.
        self.run.0.len() < self.folded.0.len()
            && self.run.within(line)
            && (memchr(b'\\', line).is_some() || (!self.folded.0.is_ascii() && !line.is_ascii()))
    }

    fn in_text(&self, line: &[u8]) -> bool {
        let answer = Answer::read(line, false);
        let (mut text, _) = said(&answer, usize::MAX).end();
        for more in [answer.key.as_deref(), message(&answer).as_deref()].into_iter().flatten() {
            _ = write!(text, "\n{more}");
        }
        memmem::find(text.to_lowercase().as_bytes(), &self.folded.0).is_some()
    }

    /// Looks through a line in pieces that overlap; `None` if it was cancelled.
    fn in_long(&self, input: &mut impl Read, len: u64, cancel: &dyn Fn() -> bool) -> Result<Option<bool>, Error> {
        let (mut left, mut found, mut piece) = (len, false, Vec::new());
        while left > 0 {
            if cancel() {
                return Ok(None);
            }
            let read = input.take(left.min(PIECE as u64)).read_to_end(&mut piece)?;
            if read == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            left -= read as u64;
            found = found || self.folded.within(&piece);
            let kept = piece.len().min(self.folded.0.len().saturating_sub(1));
            piece.drain(..piece.len() - kept);
        }
        Ok(Some(found))
    }
}

/// Bytes to be found with ASCII letters in either case, and which of them is the least frequent.
struct Bytes(Vec<u8>, usize);

impl Bytes {
    fn new(needle: &[u8]) -> Self {
        let rare = (0..needle.len()).max_by_key(|at| rarity(needle.get(*at))).unwrap_or(0);
        Self(needle.to_vec(), rare)
    }

    fn within(&self, bytes: &[u8]) -> bool {
        let Self(needle, at_rare) = self;
        let Some(rare) = needle.get(*at_rare) else { return true };
        memchr2_iter(*rare, rare.to_ascii_uppercase(), bytes).any(|at| {
            let window = at.checked_sub(*at_rare).and_then(|from| bytes.get(from..from + needle.len()));
            window.is_some_and(|window| window.eq_ignore_ascii_case(needle))
        })
    }
}

/// Whether JSON has no reason to escape it. Those listed are escaped for the sake of HTML by some writers, Google's
/// among them.
fn plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !b"\"\\/<>&='".contains(&byte)
}

/// How seldom a byte is in JSON and in English, roughly.
fn rarity(byte: Option<&u8>) -> u8 {
    match byte {
        Some(b' ' | b'"' | b'e' | b't' | b'a' | b'o' | b'n' | b'i' | b's' | b'r') => 0,
        Some(b'h' | b'l' | b'd' | b'c' | b'u' | b'm' | b'p' | b',' | b':' | b'0'..=b'9') => 1,
        Some(b'f' | b'g' | b'w' | b'y' | b'b' | b'v' | b'k' | b'.' | b'-') => 2,
        _ => 3,
    }
}
