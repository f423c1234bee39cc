//! Names for types, which collide with nothing.

use std::collections::BTreeSet;

/// Names given so far.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// `BatchSucceeded` for `batch.succeeded`.
    pub(super) fn for_type(&mut self, kind: &str) -> String {
        let name = pascal(kind);
        self.free(if name.is_empty() { "Event".to_owned() } else { name })
    }

    /// The name, or the name with a number.
    pub(super) fn free(&mut self, name: String) -> String {
        let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("Type{name}") } else { name };
        let mut number = 1;
        let mut free = name.clone();
        while self.0.contains(&free) {
            number += 1;
            free = format!("{name}{number}");
        }
        self.0.insert(free.clone());
        free
    }
}

/// Letters and digits of ASCII, each word with a capital.
pub(super) fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    let mut name: String = words.map(capital).collect();
    name.truncate(80);
    name
}

/// A JSON text, which is a literal of TypeScript and of Python, too: no character in it hides or ends it.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

/// Text for a comment: one line, and nothing in it that ends the comment.
pub(super) fn comment(text: &str) -> String {
    let shown: String = text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
    shown.replace("*/", "* /")
}
