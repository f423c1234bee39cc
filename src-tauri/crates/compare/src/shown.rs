//! Values as they are given out: bounded, whatever a body holds.

use serde::Serialize;

use crate::json::meant;

/// Bytes of a value that are given out.
const VALUE: usize = 2_000;
/// Bytes of a name within a path.
const NAME: usize = 120;
/// Bytes of a whole path.
const PATH: usize = 600;

/// A value as it is written, or the beginning of a long one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CompareValue"))]
pub struct Value {
    /// Its text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Length of the whole in bytes.
    pub len: u64,
    /// Whether `text` is only its beginning.
    pub cut: bool,
    /// The bytes in hexadecimal, as far as `text` goes, if they are not UTF-8.
    pub hex: Option<String>,
}

impl Value {
    /// Of text.
    pub(crate) fn of(text: &str) -> Self {
        let shown = beginning(text, VALUE);
        Self { text: shown.to_owned(), len: text.len() as u64, cut: shown.len() < text.len(), hex: None }
    }

    /// Of any bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self::of(text);
        }
        let shown = &bytes[..bytes.len().min(VALUE)];
        Self {
            text: String::from_utf8_lossy(shown).into_owned(),
            len: bytes.len() as u64,
            cut: shown.len() < bytes.len(),
            hex: Some(hex(shown)),
        }
    }
}

/// `0a1b…`
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| char::from(DIGITS[usize::from(four & 0x0f)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The longest beginning of at most this many bytes, whole characters only.
pub(crate) fn beginning(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// A step of a path through JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// A member's name as it is written, with its quotes, and which of the members of that name it is, from 0.
    Name(&'a str, u32),
    /// Its place in each list.
    Item(Option<usize>, Option<usize>),
}

/// Which body a path goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    A,
    B,
}

/// `data.items[2].id`, `data["a b"]`; the second member of a name is `id#2`. The root is empty.
pub(crate) fn path(steps: &[Step<'_>], which: Which) -> String {
    let mut path = String::new();
    for step in steps {
        if path.len() > PATH {
            path.push('…');
            break;
        }
        match step {
            Step::Name(quoted, nth) => {
                let is_plain = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
                let meant = meant(quoted);
                let plain = std::str::from_utf8(&meant).ok().filter(is_plain);
                let inner = plain.unwrap_or_else(|| quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
                let shown = beginning(inner, NAME);
                let more = if shown.len() < inner.len() { "…" } else { "" };
                if plain.is_some() && !inner.is_empty() {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(shown);
                    path.push_str(more);
                } else {
                    path.push_str(&format!("[\"{shown}{more}\"]"));
                }
                if *nth > 0 {
                    path.push_str(&format!("#{}", nth + 1));
                }
            }
            Step::Item(a, b) => {
                let at = match which {
                    Which::A => a.or(*b),
                    Which::B => b.or(*a),
                };
                path.push_str(&format!("[{}]", at.unwrap_or_default()));
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_typed() {
        let steps = [
            Step::Name("\"data\"", 0),
            Step::Name("\"a.b\"", 0),
            Step::Item(Some(2), Some(3)),
            Step::Name("\"id\"", 1),
        ];
        assert_eq!(path(&steps, Which::A), "data[\"a.b\"][2].id#2");
        assert_eq!(path(&steps, Which::B), "data[\"a.b\"][3].id#2");
        assert_eq!(path(&[], Which::A), "");
        assert_eq!(path(&[Step::Name("\"\"", 0)], Which::A), "[\"\"]");
        let long = format!("\"{}\"", "é".repeat(400));
        let shown = path(&[Step::Name(&long, 0), Step::Item(None, Some(1))], Which::B);
        assert!(shown.len() < 200 && shown.ends_with("…[1]"), "{shown}");
        let deep = vec![Step::Name(&long, 0); 128];
        assert!(path(&deep, Which::A).len() < PATH + 200);
    }

    #[test]
    fn values_are_bounded_and_say_so() {
        let long = Value::of(&"é".repeat(5_000));
        assert!(long.cut && long.len == 10_000 && long.text.len() == VALUE);
        let odd = Value::of_bytes(b"a\xff");
        assert_eq!((odd.text.as_str(), odd.hex.as_deref(), odd.cut), ("a\u{fffd}", Some("61ff"), false));
    }
}
