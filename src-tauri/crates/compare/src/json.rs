//! JSON read into a flat list of values, each with its place in the text.
//!
//! `serde_json` cannot be used here: it forgets how a number or a string was written, and which of two members of one
//! name came first. The reader is strict (RFC 8259), and bounded in depth and in the number of values, because a body of
//! 20 MiB may hold ten million of them.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The deepest nesting that is read, as in `serde_json`.
pub(crate) const DEPTH: usize = 128;
/// The most values that are read of one body: about 20 MiB of memory.
pub(crate) const VALUES: usize = 400_000;

/// The mark that some editors put before UTF-8.
const BOM: &str = "\u{feff}";

/// Why a text was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is not JSON; the byte at which that shows.
    NotJson(usize),
    /// It is nested deeper than [`DEPTH`].
    Deep,
    /// It holds more than [`VALUES`] values.
    Many,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A value and its place. Those within it follow it, up to `next`.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) sort: Sort,
    /// Its text.
    text: (u32, u32),
    /// The text of its name with the quotes; empty if it is not a member.
    name: (u32, u32),
    /// The first value that is not within it.
    pub(crate) next: u32,
    /// How many values within it, or itself, hold no others.
    pub(crate) leaves: u32,
    /// Equal for values that are written alike, but for white space and the order of members. Others may share it.
    pub(crate) hash: u64,
}

/// A text and its values.
#[derive(Debug)]
pub(crate) struct Doc<'a> {
    text: &'a str,
    nodes: Vec<Node>,
    /// Bytes of white space between the tokens.
    pub(crate) spaces: usize,
    /// Whether the text begins with a byte order mark.
    pub(crate) marked: bool,
}

impl<'a> Doc<'a> {
    /// Reads a text.
    pub(crate) fn read(text: &'a str) -> Result<Self, Unread> {
        let marked = text.starts_with(BOM);
        // Offsets are kept in 32 bits.
        if u32::try_from(text.len()).is_err() {
            return Err(Unread::Many);
        }
        let mut reader = Reader {
            text,
            bytes: text.as_bytes(),
            at: if marked { BOM.len() } else { 0 },
            nodes: Vec::new(),
            spaces: 0,
            leaves: 0,
        };
        reader.space();
        reader.value((0, 0), 0)?;
        reader.space();
        match reader.at == text.len() {
            true => Ok(Self { text, nodes: reader.nodes, spaces: reader.spaces, marked }),
            false => Err(Unread::NotJson(reader.at)),
        }
    }

    pub(crate) fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    /// A value as it is written.
    pub(crate) fn text(&self, at: u32) -> &'a str {
        self.slice(self.node(at).text)
    }

    /// A member's name as it is written, with its quotes.
    pub(crate) fn name(&self, at: u32) -> &'a str {
        self.slice(self.node(at).name)
    }

    fn slice(&self, (start, end): (u32, u32)) -> &'a str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The values right within a value, in order.
    pub(crate) fn within(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.node(at).next;
        let first = Some(at + 1).filter(|at| *at < end);
        std::iter::successors(first, move |at| Some(self.node(*at).next).filter(|at| *at < end))
    }
}

/// The meaning of a string with its quotes, as bytes: UTF-8, and a lone half of a pair in the same manner, so that
/// different texts stay different.
pub(crate) fn meant(quoted: &str) -> Cow<'_, [u8]> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return Cow::Borrowed(inner.as_bytes());
    }
    let bytes = inner.as_bytes();
    let mut meant = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            meant.push(bytes[at]);
            at += 1;
            continue;
        }
        let escape = bytes.get(at + 1).copied().unwrap_or(b'\\');
        at += 2;
        match escape {
            b'b' => meant.push(8),
            b'f' => meant.push(12),
            b'n' => meant.push(b'\n'),
            b'r' => meant.push(b'\r'),
            b't' => meant.push(b'\t'),
            b'u' => {
                let unit = unit(inner, at);
                at += 4;
                let second = (bytes.get(at) == Some(&b'\\') && bytes.get(at + 1) == Some(&b'u'))
                    .then(|| unit_of_pair(inner, at + 2))
                    .flatten();
                match second.filter(|_| (0xd800..0xdc00).contains(&unit)) {
                    Some(second) => {
                        at += 6;
                        push(&mut meant, 0x1_0000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
                    }
                    None => push(&mut meant, unit),
                }
            }
            other => meant.push(other),
        }
    }
    Cow::Owned(meant)
}

fn unit(text: &str, at: usize) -> u32 {
    text.get(at..at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

fn unit_of_pair(text: &str, at: usize) -> Option<u32> {
    Some(unit(text, at)).filter(|unit| (0xdc00..0xe000).contains(unit))
}

/// UTF-8 of any number, halves of pairs included.
fn push(bytes: &mut Vec<u8>, point: u32) {
    match char::from_u32(point) {
        Some(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        // Three bytes, 1110xxxx 10xxxxxx 10xxxxxx.
        None => bytes.extend([
            0xe0 | (point >> 12) as u8 & 0x0f,
            0x80 | (point >> 6) as u8 & 0x3f,
            0x80 | point as u8 & 0x3f,
        ]),
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    spaces: usize,
    leaves: u32,
}

type Read<T = ()> = Result<T, Unread>;

impl Reader<'_> {
    fn here(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn wrong<T>(&self) -> Read<T> {
        Err(Unread::NotJson(self.at))
    }

    fn space(&mut self) {
        let start = self.at;
        while matches!(self.here(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.spaces += self.at - start;
    }

    fn value(&mut self, name: (u32, u32), depth: usize) -> Read {
        if self.nodes.len() >= VALUES {
            return Err(Unread::Many);
        }
        let (node, leaves, start) = (self.nodes.len(), self.leaves, self.at);
        // Filled in at its end.
        self.nodes.push(Node { sort: Sort::Null, text: (0, 0), name, next: 0, leaves: 1, hash: 0 });
        let (sort, hash) = match self.here() {
            Some(b'{') => (Sort::Object, Some(self.object(depth)?)),
            Some(b'[') => (Sort::Array, Some(self.array(depth)?)),
            Some(b'"') => (Sort::String, self.string().map(|()| None)?),
            Some(b'-' | b'0'..=b'9') => (Sort::Number, self.number().map(|()| None)?),
            Some(b't') => (Sort::Bool, self.word(b"true").map(|()| None)?),
            Some(b'f') => (Sort::Bool, self.word(b"false").map(|()| None)?),
            Some(b'n') => (Sort::Null, self.word(b"null").map(|()| None)?),
            _ => return self.wrong(),
        };
        let next = self.nodes.len();
        self.leaves += u32::from(next == node + 1);
        let written = &self.bytes[start..self.at];
        self.nodes[node] = Node {
            sort,
            text: (start as u32, self.at as u32),
            name,
            next: next as u32,
            leaves: self.leaves - leaves,
            hash: hash.unwrap_or_else(|| hashed(|hasher| written.hash(hasher))),
        };
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Read<u64> {
        // A sum does not depend on the order.
        let mut sum = 0_u64;
        self.items(depth, b'}', |reader| {
            let start = reader.at;
            if reader.here() != Some(b'"') {
                return reader.wrong();
            }
            reader.string()?;
            let name = (start as u32, reader.at as u32);
            reader.space();
            if reader.here() != Some(b':') {
                return reader.wrong();
            }
            reader.at += 1;
            reader.space();
            let node = reader.nodes.len();
            reader.value(name, depth + 1)?;
            let text = reader.text.get(name.0 as usize..name.1 as usize).unwrap_or_default();
            let value = reader.nodes[node].hash;
            sum = sum.wrapping_add(hashed(|hasher| (text, value).hash(hasher)));
            Ok(())
        })?;
        Ok(hashed(|hasher| ('{', sum).hash(hasher)))
    }

    fn array(&mut self, depth: usize) -> Read<u64> {
        let mut hasher = DefaultHasher::new();
        '['.hash(&mut hasher);
        self.items(depth, b']', |reader| {
            let node = reader.nodes.len();
            reader.value((0, 0), depth + 1)?;
            reader.nodes[node].hash.hash(&mut hasher);
            Ok(())
        })?;
        Ok(hasher.finish())
    }

    fn items(&mut self, depth: usize, end: u8, mut item: impl FnMut(&mut Self) -> Read) -> Read {
        if depth >= DEPTH {
            return Err(Unread::Deep);
        }
        self.at += 1;
        self.space();
        if self.here() == Some(end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            self.space();
            match self.here() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == end => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.wrong(),
            }
            self.space();
        }
    }

    fn string(&mut self) -> Read {
        self.at += 1;
        loop {
            match self.here() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    match self.here() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            let digits = self.bytes.get(self.at + 1..self.at + 5).unwrap_or_default();
                            if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
                                return self.wrong();
                            }
                            self.at += 5;
                        }
                        _ => return self.wrong(),
                    }
                }
                Some(byte) if byte >= b' ' => self.at += 1,
                _ => return self.wrong(),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn number(&mut self) -> Read {
        self.at += usize::from(self.here() == Some(b'-'));
        match self.here() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.here() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.here(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.here(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Read {
        let start = self.at;
        while matches!(self.here(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.wrong() } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8]) -> Read {
        match self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            true => self.at += word.len(),
            false => return self.wrong(),
        }
        Ok(())
    }
}

fn hashed(put: impl FnOnce(&mut DefaultHasher)) -> u64 {
    let mut hasher = DefaultHasher::new();
    put(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads_and_nothing_else() {
        for text in [
            "{}",
            "[]",
            " null ",
            "-0",
            "0",
            "1.5e-3",
            "01",
            "1.",
            ".5",
            "-",
            "+1",
            "1e",
            "\"\"",
            "\"\\u00e9\"",
            "\"\\u00g9\"",
            "\"\\x\"",
            "\"\n\"",
            "\"",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\":1,}",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "tru",
            "truex",
            "nul",
            "[1]]",
            "",
            " ",
            "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"a\":2}",
            "\u{7f}",
            "\"\u{7f}é\"",
            "[[[]]]",
        ] {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(Doc::read(text).is_ok(), theirs, "{text:?}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Doc::read(&nested(DEPTH)).is_ok());
        assert_eq!(Doc::read(&nested(DEPTH + 1)).err(), Some(Unread::Deep));
        assert_eq!(Doc::read(&"[".repeat(10_000_000)).err(), Some(Unread::Deep));
        let many = format!("[{}0]", "0,".repeat(VALUES));
        assert_eq!(Doc::read(&many).err(), Some(Unread::Many));
    }

    #[test]
    fn values_know_their_places() {
        let doc = Doc::read("\u{feff}{ \"a\" : [1, {}], \"b\":\"x\" }\n").unwrap();
        assert!(doc.marked);
        assert_eq!(doc.spaces, 7);
        let members: Vec<u32> = doc.within(0).collect();
        assert_eq!(
            members.iter().map(|at| (doc.name(*at), doc.text(*at))).collect::<Vec<_>>(),
            [("\"a\"", "[1, {}]"), ("\"b\"", "\"x\"")]
        );
        assert_eq!((doc.node(0).leaves, doc.node(1).leaves), (3, 2));
        assert_eq!(doc.within(members[0]).map(|at| doc.text(at)).collect::<Vec<_>>(), ["1", "{}"]);
    }

    #[test]
    fn a_hash_ignores_order_and_spaces_and_nothing_else() {
        let hash = |text: &str| Doc::read(text).unwrap().node(0).hash;
        assert_eq!(hash(r#"{"a":1,"b":[true,null]}"#), hash(r#"{ "b" : [true, null], "a": 1 }"#));
        for other in
            [r#"{"a":1.0,"b":[true,null]}"#, r#"{"a":1,"b":[null,true]}"#, r#"{"a":1,"c":[true,null]}"#, "{}", "[]"]
        {
            assert_ne!(hash(r#"{"a":1,"b":[true,null]}"#), hash(other), "{other}");
        }
    }

    #[test]
    fn strings_are_meant() {
        for (quoted, expected) in [
            (r#""a""#, "a".as_bytes()),
            (r#""\u00e9\n\/""#, "é\n/".as_bytes()),
            (r#""\ud83d\ude00""#, "😀".as_bytes()),
            (r#""\ud83dx""#, b"\xed\xa0\xbdx"),
            (r#""\ude00\ud83d""#, b"\xed\xb8\x80\xed\xa0\xbd"),
        ] {
            assert_eq!(&*meant(quoted), expected, "{quoted}");
        }
    }
}
