//! Holds one rule for everything the command line prints: text from others must not steer the terminal or hide in the
//! line. In JSON it is escaped as JSON escapes, so that it parses to the same value; in text it is shown as `\u{…}`.

use std::borrow::Cow;
use std::io::{self, Write};

use gemini::steers;
use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Gives the value as one line of JSON, without a line end.
pub(crate) fn json(value: &Value) -> String {
    let mut line = Vec::with_capacity(1024);
    // Neither writing to memory nor a value's members can fail.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut line, Escaping));
    String::from_utf8(line).unwrap_or_else(|_| value.to_string())
}

/// Escapes text from others within a line, line ends included.
pub(crate) fn printable(text: &str) -> String {
    gemini::printable(text, usize::MAX)
}

/// Checks whole lines last, on their way out. Line ends stay, and so do our colours if `coloured`.
pub(crate) fn lines(text: &str, coloured: bool) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && steers(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let own = if coloured && c == '\u{1b}' { colour(rest) } else { usize::from(c == '\n') };
        let taken = if own > 0 { own } else { c.len_utf8() };
        let (piece, behind) = rest.split_at(taken);
        match own == 0 && steers(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push_str(piece),
        }
        rest = behind;
    }
    Cow::Owned(shown)
}

/// Counts the bytes of a sequence at the beginning that sets a colour or weight (SGR); 0 if it is another one, or none.
fn colour(text: &str) -> usize {
    let Some(numbers) = text.strip_prefix("\u{1b}[") else { return 0 };
    match numbers.find(|c: char| !c.is_ascii_digit() && c != ';') {
        Some(end) if numbers[end..].starts_with('m') => "\u{1b}[".len() + end + 1,
        _ => 0,
    }
}

/// serde_json's compact form; it escapes C0 by itself.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut from = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| steers(*c)) {
            writer.write_all(&fragment.as_bytes()[from..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            from = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[from..])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_holds_no_character_that_steers_and_is_the_same_value() {
        let all: String = (0..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
        let value = json!({ "a\u{9b}b": ["\u{202e}", "\u{e0041}\u{1f600}é", 1.5], "all": all });
        let line = json(&value);
        assert!(!line.chars().any(steers));
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        assert!(json(&value).starts_with(r#"{"a\u009bb":["\u202e","\udb40\udc41😀é",1.5]"#));
    }

    #[test]
    fn lines_keep_their_ends_and_the_colours_of_ours() {
        let text = "\u{1b}[1;32mok\u{1b}[0m\n\u{1b}[2J\u{ad}\u{9b}é\u{1b}";
        assert_eq!(lines(text, true), "\u{1b}[1;32mok\u{1b}[0m\n\\u{1b}[2J\\u{ad}\\u{9b}é\\u{1b}");
        assert_eq!(lines(text, false), "\\u{1b}[1;32mok\\u{1b}[0m\n\\u{1b}[2J\\u{ad}\\u{9b}é\\u{1b}");
        assert!(matches!(lines("plain\n中文", false), Cow::Borrowed(_)));
        assert_eq!(lines("\u{1b}[", true), "\\u{1b}[");
    }
}
