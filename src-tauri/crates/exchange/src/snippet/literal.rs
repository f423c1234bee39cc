//! Texts and bytes as literals of a language. Nothing in a literal ends it, hides, or turns the direction of the text.

use std::fmt::Write as _;

/// Whether a character may stand as it is. Letters and digits of any script may; spaces other than the usual one, and
/// whatever steers, may not.
fn shows(c: char) -> bool {
    matches!(c, ' '..='~') || (!c.is_ascii() && c.is_alphanumeric())
}

fn text(text: &str, escape: impl Fn(&mut String, char)) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if shows(c) => out.push(c),
            c => escape(&mut out, c),
        }
    }
    out.push('"');
    out
}

pub(super) fn python(value: &str) -> String {
    text(value, |out, c| {
        let number = u32::from(c);
        _ = if number > 0xffff { write!(out, "\\U{number:08x}") } else { write!(out, "\\u{number:04x}") };
    })
}

pub(super) fn javascript(value: &str) -> String {
    text(value, |out, c| _ = write!(out, "\\u{{{:x}}}", u32::from(c)))
}

pub(super) fn rust(value: &str) -> String {
    text(value, |out, c| _ = write!(out, "\\u{{{:x}}}", u32::from(c)))
}

fn bytes(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len() + 3);
    out.push_str("b\"");
    for byte in value {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'"' => out.push_str("\\\""),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(char::from(*byte)),
            byte => _ = write!(out, "\\x{byte:02x}"),
        }
    }
    out.push('"');
    out
}

/// Bytes in Python: as text where they are text that ASCII cannot hold.
pub(super) fn python_bytes(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.is_ascii() => format!("{}.encode()", python(text)),
        _ => bytes(value),
    }
}

/// Bytes in Rust.
pub(super) fn rust_bytes(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.is_ascii() => format!("{}.as_bytes()", rust(text)),
        _ => bytes(value),
    }
}

/// Bytes in Node.js.
pub(super) fn javascript_bytes(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => format!("Buffer.from({})", javascript(text)),
        Err(_) => format!("Buffer.from(\"{}\", \"base64\")", crate::text::base64(value)),
    }
}

/// A header's value for `fetch`, which takes each character for a byte.
pub(super) fn javascript_latin1(value: &[u8]) -> String {
    let text: String = value.iter().map(|byte| char::from(*byte)).collect();
    javascript(&text)
}
