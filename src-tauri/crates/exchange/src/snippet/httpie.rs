//! An HTTPie command.

use super::notes;
use crate::curl::{quote, sent, shown};
use crate::record::Record;
use crate::text;

/// Characters that end a name of HTTPie's, or begin another kind of value.
const SPECIAL: [u8; 4] = *b":;=@";
/// What HTTPie adds by itself.
const ADDED: [&str; 4] = ["Content-Type", "User-Agent", "Accept", "Accept-Encoding"];

pub(super) fn command(record: &Record, base: &str) -> String {
    let mut out = String::new();
    for note in notes(record) {
        out.push_str(&format!("# {note}\n"));
    }
    let mut lines = String::new();
    for (name, value) in sent(record) {
        match item(name, value) {
            Some(item) => lines.push_str(&format!(" \\\n  {}", quote(&item))),
            None => out.push_str(&format!("# The header {name} is left out: its value cannot be given to HTTPie.\n")),
        }
    }
    for name in ADDED.into_iter().filter(|name| !record.has(name)) {
        lines.push_str(&format!(" \\\n  '{name}:'"));
    }
    // HTTPie reads the body from its standard input, where nothing in it means anything.
    let body = match shown(&record.body) {
        Some(text) => format!("printf %s {} | ", quote(text)),
        None => format!("printf %s '{}' | base64 -d | ", text::base64(&record.body)),
    };
    let address = quote(&format!("{base}{}", record.target()));
    out.push_str(&format!("{body}http {} {address}{lines}", quote(&record.method)));
    out
}

/// `name:value`, which HTTPie takes apart again. `None` where it could not.
fn item(name: &str, value: &[u8]) -> Option<String> {
    let text = shown(value)?;
    if text.is_empty() {
        return Some(format!("{name};"));
    }
    // A backslash before one of its characters vanishes, and cannot be escaped itself.
    let vanishes = |pair: &[u8]| matches!(pair, [b'\\', next] if SPECIAL.contains(next));
    if value.windows(2).any(vanishes) {
        return None;
    }
    let escape = if matches!(text.as_bytes().first(), Some(first) if SPECIAL.contains(first)) { "\\" } else { "" };
    Some(format!("{name}:{escape}{text}"))
}
