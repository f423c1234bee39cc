//! Makes foreign text fit to be shown. This is the one rule on unprintable characters, for whatever people read and for
//! NDJSON.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Characters that steer a terminal or a line of text instead of being part of it: controls, format characters
/// (including those that set the writing direction), line and paragraph separators, and whatever Unicode lets a program
/// leave invisible (`Default_Ignorable_Code_Point`).
#[must_use]
pub fn steers(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The text with the characters that [`steers`] names written as `\u{…}`, cut after `limit` characters with an
/// ellipsis.
#[must_use]
pub fn printable(text: &str, limit: usize) -> String {
    // The usual case, met by every delivery.
    if text.len() <= limit && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        if steers(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}
