//! Looks at the values of a JSON body by their path, without building a tree: one pass, no recursion deeper than the
//! path, and whatever is there of a body that is cut off or broken.

use std::borrow::Cow;

use memchr::memchr2;

use crate::ast::Step;

/// A value that a path leads to, or one within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A string; between its quotes.
    Text(Raw<'a>),
    /// A number, `true`, `false` or `null`, as it is written.
    Bare(&'a [u8]),
    /// An object or an array; what is in it follows.
    Container,
}

/// A string as it is written, without the quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw<'a> {
    bytes: &'a [u8],
    escaped: bool,
}

impl<'a> Raw<'a> {
    /// What it stands for. A lone surrogate is U+FFFD, an escape that JSON has not stays as it is.
    pub(crate) fn bytes(self) -> Cow<'a, [u8]> {
        if self.escaped { Cow::Owned(unescape(self.bytes)) } else { Cow::Borrowed(self.bytes) }
    }

    fn is(self, key: &str) -> bool {
        if self.escaped { unescape(self.bytes) == key.as_bytes() } else { self.bytes == key.as_bytes() }
    }
}

/// Shows `found` each value that `path` leads to, and all that is in it, until it returns true. Returns whether it did.
///
/// A repeated key leads to each of its values.
pub(crate) fn look(body: &[u8], path: &[Step], found: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    Scanner { bytes: body, at: 0 }.walk(path, found)
}

/// How deep [`each`] looks.
const DEEPEST: usize = 16;

/// Shows `see` every string, number and word with the path to it, elements as [`Step::Any`], until it returns true.
/// What is deeper than 16 steps is left out.
pub(crate) fn each(body: &[u8], see: &mut dyn FnMut(&[Step], Value<'_>) -> bool) {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    Scanner { bytes: body, at: 0 }.each(&mut Vec::new(), see);
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Takes this byte, after white space.
    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// What is not JSON ends the reading.
    fn stop(&mut self) {
        self.at = self.bytes.len();
    }

    fn walk(&mut self, path: &[Step], found: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.space();
        let Some((step, rest)) = path.split_first() else { return self.value(found) };
        match (self.peek(), step) {
            (Some(b'{'), Step::Key(_) | Step::Any) => self.members(step, rest, found),
            (Some(b'['), Step::Index(_) | Step::Any) => self.elements(step, rest, found),
            _ => {
                self.skip();
                false
            }
        }
    }

    fn members(&mut self, step: &Step, rest: &[Step], found: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.at += 1;
        if self.take(b'}') {
            return false;
        }
        loop {
            self.space();
            let Some(key) = self.string().filter(|_| self.take(b':')) else {
                self.stop();
                return false;
            };
            let leads = match step {
                Step::Key(wanted) => key.is(wanted),
                Step::Any => true,
                Step::Index(_) => false,
            };
            if leads {
                if self.walk(rest, found) {
                    return true;
                }
            } else {
                self.skip();
            }
            if !self.another(b'}') {
                return false;
            }
        }
    }

    fn elements(&mut self, step: &Step, rest: &[Step], found: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.at += 1;
        if self.take(b']') {
            return false;
        }
        let mut index = 0;
        loop {
            if *step == Step::Any || *step == Step::Index(index) {
                if self.walk(rest, found) {
                    return true;
                }
            } else {
                self.skip();
            }
            index += 1;
            if !self.another(b']') {
                return false;
            }
        }
    }

    fn each(&mut self, path: &mut Vec<Step>, see: &mut dyn FnMut(&[Step], Value<'_>) -> bool) -> bool {
        self.space();
        let end = match self.peek() {
            Some(b'{') => b'}',
            Some(b'[') => b']',
            _ => return self.value(&mut |value| see(path, value)),
        };
        if path.len() == DEEPEST {
            self.skip();
            return false;
        }
        self.at += 1;
        if self.take(end) {
            return false;
        }
        loop {
            let step = if end == b']' {
                Step::Any
            } else {
                self.space();
                let Some(key) = self.string().filter(|_| self.take(b':')) else {
                    self.stop();
                    return false;
                };
                Step::Key(String::from_utf8_lossy(&key.bytes()).into_owned())
            };
            path.push(step);
            let seen = self.each(path, see);
            path.pop();
            if seen {
                return true;
            }
            if !self.another(end) {
                return false;
            }
        }
    }

    /// Whether a comma follows. If it is not the end that follows either, this is not JSON.
    fn another(&mut self, end: u8) -> bool {
        if self.take(b',') {
            return true;
        }
        if !self.take(end) {
            self.stop();
        }
        false
    }

    fn skip(&mut self) {
        self.value(&mut |_| false);
    }

    /// The value that comes next, with all that is in it. However deep it is, only a number is kept of that.
    fn value(&mut self, found: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut depth = 0_usize;
        let mut first = true;
        loop {
            self.space();
            let Some(byte) = self.peek() else { return false };
            let value = match byte {
                b'"' => {
                    let Some(text) = self.string() else { return false };
                    // In what holds others, a string before a colon is a key.
                    if depth > 0 && self.take(b':') { None } else { Some(Value::Text(text)) }
                }
                b'{' | b'[' => {
                    self.at += 1;
                    depth += 1;
                    first.then_some(Value::Container)
                }
                b'}' | b']' => {
                    // Outside of any it belongs to what is around, and there is no value.
                    if depth == 0 {
                        return false;
                    }
                    self.at += 1;
                    depth -= 1;
                    None
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    None
                }
                _ => Some(Value::Bare(self.bare())),
            };
            first = false;
            if value.is_some_and(&mut *found) {
                return true;
            }
            if depth == 0 {
                return false;
            }
        }
    }

    fn bare(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let ends =
            |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']');
        // A byte that ends it where it should begin is taken, so that the reading goes on.
        let length = rest.iter().position(ends).unwrap_or(rest.len()).max(1).min(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The string that begins here; one that is cut off is what there is of it.
    fn string(&mut self) -> Option<Raw<'a>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let rest = self.bytes.get(self.at + 1..)?;
        let mut length = 0;
        let mut escaped = false;
        while let Some(offset) = memchr2(b'"', b'\\', rest.get(length..)?) {
            length += offset;
            if rest.get(length) == Some(&b'"') {
                self.at += length + 2;
                return Some(Raw { bytes: rest.get(..length)?, escaped });
            }
            escaped = true;
            length = (length + 2).min(rest.len());
        }
        self.stop();
        Some(Raw { bytes: rest, escaped })
    }
}

fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let byte = match escape.get(1) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'u') if unit(escape).is_some() => {
                let (letter, length) = letter(escape);
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = escape.get(length..).unwrap_or_default();
                continue;
            }
            _ => {
                out.push(b'\\');
                rest = escape.get(1..).unwrap_or_default();
                continue;
            }
        };
        out.push(byte);
        rest = escape.get(2..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// The four digits of `\u1234`.
fn unit(escape: &[u8]) -> Option<u16> {
    let digits = escape.strip_prefix(b"\\u")?.get(..4)?;
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(text, 16).ok()
}

/// The letter that one escape stands for, or two for a pair of surrogates, and how many bytes they take.
fn letter(escape: &[u8]) -> (char, usize) {
    let first = unit(escape).unwrap_or_default();
    let second = escape.get(6..).and_then(unit);
    let pair = second.filter(|_| (0xd800..0xdc00).contains(&first)).map(|second| [first, second]);
    if let Some(Ok(letter)) = pair.and_then(|pair| char::decode_utf16(pair).next()) {
        return (letter, 12);
    }
    (char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

#[cfg(test)]
mod tests;
