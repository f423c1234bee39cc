//! Rows that are made when they are read, so that a file of a gigabyte needs no memory.

use std::ops::Range;

use bytes::Bytes;

/// The length of a row in bytes, with the line feed at its end.
pub(crate) const ROW: u64 = 1024;
/// The most bytes that are made at once.
const PIECE: u64 = 64 * ROW;

const BEFORE: &str = r#"{"key":"filler-"#;
/// Digits of a row's number.
const DIGITS: usize = 12;
const TEXT: &str = r#"","response":{"candidates":[{"content":{"parts":[{"text":"Echo: "#;
const AFTER: &str = concat!(
    r#""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":180,"#,
    r#""candidatesTokenCount":182,"totalTokenCount":362},"modelVersion":"filler"}}"#,
    "\n"
);

/// The row with this number, from 0.
fn row(number: u64) -> String {
    let words = (ROW as usize).saturating_sub(BEFORE.len() + DIGITS + TEXT.len() + AFTER.len());
    let text: String = "Pollux, a giant in the Twins. ".chars().cycle().take(words).collect();
    format!("{BEFORE}{:0DIGITS$}{TEXT}{text}{AFTER}", number + 1)
}

/// The first bytes of this range of the rows; as many as are made at once.
pub(crate) fn piece(range: &Range<u64>) -> Bytes {
    let end = range.end.min(range.start.saturating_add(PIECE));
    let (first, last) = (range.start / ROW, end.div_ceil(ROW));
    let mut made = Vec::with_capacity(((last - first) * ROW) as usize);
    let mut one = row(first).into_bytes();
    for number in first..last {
        let digits = format!("{:0DIGITS$}", number + 1);
        if let Some(place) = one.get_mut(BEFORE.len()..BEFORE.len() + DIGITS) {
            place.copy_from_slice(digits.as_bytes());
        }
        made.extend_from_slice(&one);
    }
    let from = (range.start - first * ROW) as usize;
    Bytes::from(made).slice(from..from + (end - range.start) as usize)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn rows_are_json_of_one_length_and_any_part_of_them_can_be_made() {
        assert_eq!(row(0).len() as u64, ROW);
        let whole: String = (0..200).map(row).collect();
        assert!(whole.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
        for start in [0, 1, ROW - 1, ROW, 5000] {
            let mut range = start..200 * ROW - 3;
            let mut made = Vec::new();
            while range.start < range.end {
                let piece = piece(&range);
                range.start += piece.len() as u64;
                made.extend_from_slice(&piece);
            }
            assert_eq!(made, whole.as_bytes()[start as usize..whole.len() - 3], "{start}");
        }
    }
}
