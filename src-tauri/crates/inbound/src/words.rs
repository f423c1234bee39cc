//! What others say, made fit to be shown.

/// Characters of a line that are shown.
pub(crate) const SHOWN: usize = 300;

/// One line for people: no control characters, nothing that turns the direction of writing, not too long.
pub(crate) fn printable(text: &str) -> String {
    let plain = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text: String = text.chars().filter(plain).collect();
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
