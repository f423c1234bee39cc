//! Makes other people's texts fit to be shown.

/// How many characters of a line are shown.
pub(crate) const SHOWN: usize = 300;

/// One line for people to read: without characters that steer a terminal or reverse the writing direction, and not too
/// long.
pub(crate) fn printable(text: &str) -> String {
    let text: String = text.chars().filter(|c| !gemini::steers(*c)).collect();
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
