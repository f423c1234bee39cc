//! A piece of text to look for: ASCII letters in either case, all else byte by byte.

use memchr::{memchr_iter, memchr2_iter};

/// A piece of text that is looked for many times.
#[derive(Clone, Debug)]
pub struct Needle {
    text: Box<[u8]>,
    /// Where its rarest byte is, and that byte in both cases.
    at: usize,
    rare: (u8, u8),
}

impl Needle {
    /// Prepares a piece of text. An empty one is found everywhere.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        let folded: Box<[u8]> = text.to_ascii_lowercase().into();
        let at = folded.iter().enumerate().min_by_key(|(_, byte)| frequency(**byte)).map_or(0, |(at, _)| at);
        let byte = folded.get(at).copied().unwrap_or_default();
        Self { text: folded, at, rare: (byte, byte.to_ascii_uppercase()) }
    }

    /// Where it first is in `hay`, in bytes.
    #[must_use]
    pub fn find(&self, hay: &[u8]) -> Option<usize> {
        let last = hay.len().checked_sub(self.text.len())?;
        if self.text.is_empty() {
            return Some(0);
        }
        // The rarest byte of a hit lies between these.
        let window = hay.get(self.at..=last + self.at)?;
        let hit = |start: &usize| {
            let piece = hay.get(*start..*start + self.text.len());
            piece.is_some_and(|piece| piece.eq_ignore_ascii_case(&self.text))
        };
        let (lower, upper) = self.rare;
        if lower == upper { memchr_iter(lower, window).find(hit) } else { memchr2_iter(lower, upper, window).find(hit) }
    }

    /// Whether it is all of `hay`.
    #[must_use]
    pub fn is(&self, hay: &[u8]) -> bool {
        hay.eq_ignore_ascii_case(&self.text)
    }

    /// Whether it is in `hay`.
    #[must_use]
    pub fn is_in(&self, hay: &[u8]) -> bool {
        self.find(hay).is_some()
    }
}

/// Where `needle` first is in `hay`, `A` to `Z` as `a` to `z`. For a single look; [`Needle`] prepares for many.
#[must_use]
pub fn contains_folded(hay: &[u8], needle: &[u8]) -> Option<usize> {
    Needle::new(needle).find(hay)
}

/// How often a byte is in headers and JSON, roughly: only the order matters, and a wrong guess only costs time.
fn frequency(byte: u8) -> u8 {
    match byte {
        b'"' | b' ' | b'e' | b't' | b'a' => 9,
        b'i' | b'o' | b'n' | b's' | b'r' | b':' => 8,
        b'0' | b'1' | b'2' | b'-' | b',' | b'd' | b'c' | b'l' => 7,
        b'3'..=b'9' | b'u' | b'p' | b'm' | b'h' | b'b' | b'_' | b'.' | b'/' => 6,
        b'f' | b'g' | b'w' | b'y' | b'v' | b'k' | b'{' | b'}' => 5,
        b'a'..=b'z' => 4,
        _ if byte.is_ascii_graphic() => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, without any cleverness.
    fn slowly(hay: &[u8], needle: &[u8]) -> Option<usize> {
        (0..=hay.len().checked_sub(needle.len())?).find(|at| hay[*at..at + needle.len()].eq_ignore_ascii_case(needle))
    }

    proptest! {
        #[test]
        fn it_is_found_where_it_is(
            hay in prop::collection::vec(prop::sample::select(b"aAbBz@[`{\0\xc3\xa4\xc3\x84".to_vec()), 0..40),
            needle in prop::collection::vec(prop::sample::select(b"aAbBz@[`{\0\xc3\xa4\xc3\x84".to_vec()), 0..4),
        ) {
            prop_assert_eq!(contains_folded(&hay, &needle), slowly(&hay, &needle));
        }
    }
}
