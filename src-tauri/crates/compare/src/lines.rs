//! How two texts differ, line by line.

use std::time::Duration;

use serde::Serialize;
use similar::{Algorithm, ChangeTag, TextDiff};

use crate::shown::beginning;

/// Lines of context around a difference.
const AROUND: usize = 3;
/// Lines that are listed.
const LISTED: usize = 2_000;
/// Bytes of a line.
const LINE: usize = 2_000;
/// The most bytes of each text, after what is equal at both ends, that are compared line by line.
const LONGEST: usize = 1 << 20;

/// Whose a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "LineOf"))]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// It is in both.
    Both,
    /// Only A has it.
    A,
    /// Only B has it.
    B,
    /// No line: equal ones are left out here.
    Gap,
}

/// A line of two texts laid over each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CompareLine"))]
pub struct Line {
    /// Whose it is.
    pub whose: Whose,
    /// Its number in A, from 1.
    pub number_a: Option<u64>,
    /// Its number in B.
    pub number_b: Option<u64>,
    /// Its text without the line end, or the beginning of it.
    pub text: String,
    /// Bytes of the text that are not in `text`; for a gap the number of lines.
    pub more: u64,
}

/// The lines that differ, with a few around them.
#[derive(Debug, Default)]
pub(crate) struct Lined {
    pub(crate) lines: Vec<Line>,
    /// Lines that only A or only B has.
    pub(crate) differing: u64,
    pub(crate) equal: u64,
    pub(crate) note: Option<String>,
}

/// Compares two texts that differ. `time`: how long the shortest difference may be looked for; after that a longer one
/// is good enough.
pub(crate) fn compare(a: &str, b: &str, time: Duration) -> Lined {
    let (start, lines_before) = common(a, b);
    let (rest_a, rest_b) = (&a[start..], &b[start..]);
    if rest_a.len().max(rest_b.len()) > LONGEST {
        let note = format!(
            "The texts differ from line {} on, and are too long to compare line by line ({} and {} bytes from there).",
            lines_before + 1,
            rest_a.len(),
            rest_b.len()
        );
        return Lined { equal: lines_before, note: Some(note), ..Lined::default() };
    }
    // Some lines of what is equal stay, for the context.
    let (kept, dropped) = context(&a[..start], lines_before);
    let (text_a, text_b) = (&a[kept..], &b[kept..]);
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(time).diff_lines(text_a, text_b);
    let mut found = Lined { equal: dropped, ..Lined::default() };
    let mut last_a = 0;
    for group in diff.grouped_ops(AROUND) {
        let first = group.first().map_or(0, |op| op.old_range().start);
        let skipped = (first - last_a) as u64 + if last_a == 0 { dropped } else { 0 };
        found.gap(skipped);
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let number = |index: Option<usize>| index.map(|index| dropped + index as u64 + 1);
            let whose = match change.tag() {
                ChangeTag::Equal => Whose::Both,
                ChangeTag::Delete => Whose::A,
                ChangeTag::Insert => Whose::B,
            };
            found.differing += u64::from(whose != Whose::Both);
            let text = change.value().trim_end_matches(['\r', '\n']);
            let shown = beginning(text, LINE);
            found.push(Line {
                whose,
                number_a: number(change.old_index()),
                number_b: number(change.new_index()),
                text: shown.to_owned(),
                more: (text.len() - shown.len()) as u64,
            });
        }
        last_a = group.iter().map(|op| op.old_range().end).max().unwrap_or(last_a);
    }
    let all_a = text_a.lines().count();
    found.gap(all_a.saturating_sub(last_a) as u64);
    let only_a = diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Delete).count();
    found.equal += (all_a - only_a.min(all_a)) as u64;
    if found.lines.len() == LISTED && found.lines.last().is_none_or(|line| line.whose != Whose::Gap) {
        found.note = Some(format!("Only the first {LISTED} lines of the difference are shown."));
    }
    found
}

impl Lined {
    fn gap(&mut self, lines: u64) {
        if lines > 0 {
            self.push(Line { whose: Whose::Gap, number_a: None, number_b: None, text: String::new(), more: lines });
        }
    }

    fn push(&mut self, line: Line) {
        if self.lines.len() < LISTED {
            self.lines.push(line);
        }
    }
}

/// How many bytes of whole lines are equal at the beginning, and how many lines that is.
fn common(a: &str, b: &str) -> (usize, u64) {
    let equal = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let start = a.as_bytes()[..equal].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    (start, a.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() as u64)
}

/// Where the last lines of an equal beginning start, and how many lines come before them.
fn context(equal: &str, lines: u64) -> (usize, u64) {
    let bytes = equal.as_bytes();
    let mut at = bytes.len();
    let mut kept = 0;
    while at > 0 && kept < AROUND as u64 {
        at = bytes[..at - 1].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        kept += 1;
    }
    (at, lines - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(a: &str, b: &str) -> Vec<String> {
        let found = compare(a, b, Duration::from_secs(5));
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let lines = found.lines.iter().map(|line| match line.whose {
            Whose::Gap => format!("…{}", line.more),
            whose => format!("{whose:?} {}:{} {}", number(line.number_a), number(line.number_b), line.text),
        });
        lines.collect()
    }

    #[test]
    fn lines_are_numbered_and_equal_ones_left_out() {
        let text: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let other = text.replace("line 10\n", "other\nand more\n");
        assert_eq!(
            shown(&text, &other),
            [
                "…6",
                "Both 7:7 line 7",
                "Both 8:8 line 8",
                "Both 9:9 line 9",
                "A 10: line 10",
                "B :10 other",
                "B :11 and more",
                "Both 11:12 line 11",
                "Both 12:13 line 12",
                "Both 13:14 line 13",
                "…7"
            ]
        );
        let found = compare(&text, &other, Duration::from_secs(5));
        assert_eq!((found.differing, found.equal), (3, 19));
    }

    #[test]
    fn what_is_listed_is_bounded() {
        let a: String = (0..5_000).map(|line| format!("a{line}\n")).collect();
        let b: String = (0..5_000).map(|line| format!("b{line}\n")).collect();
        let found = compare(&a, &b, Duration::from_millis(100));
        assert_eq!((found.lines.len(), found.differing), (LISTED, 10_000));
        assert!(found.note.is_some());
        let long = "x".repeat(LONGEST + 1);
        let found = compare(&format!("same\n{long}"), "same\ny", Duration::from_millis(100));
        assert!(found.note.unwrap().contains("from line 2 on"));
    }

    #[test]
    fn texts_without_line_ends_and_empty_ones_are_texts() {
        assert_eq!(shown("a", "b"), ["A 1: a", "B :1 b"]);
        assert_eq!(shown("", "b"), ["B :1 b"]);
    }
}
