//! What others say, made fit to be shown.

/// Characters of a line that are shown.
pub(crate) const SHOWN: usize = 300;

/// One line for people: nothing that steers a terminal or turns the direction of writing, not too long.
pub(crate) fn printable(text: &str) -> String {
    let text: String = text.chars().filter(|c| !gemini::steers(*c)).collect();
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
