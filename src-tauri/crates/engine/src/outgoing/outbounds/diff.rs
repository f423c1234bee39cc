//! How two answers differ.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};
use store::Outbound;

use crate::dto::{AnswerDiff, DiffLine, DiffSide};

/// Longer bodies are only said to differ.
const LONGEST: usize = 256 * 1024;
/// Lines of context around a difference.
const AROUND: usize = 3;
/// Most lines of a difference.
const LINES: usize = 2_000;
/// How long to look for the shortest difference. For two bodies that share little it would take minutes, and after this
/// time a longer one is good enough.
const LOOKED_FOR: Duration = Duration::from_millis(300);
/// Headers that naturally differ from one answer to the next. They are left out where both answers have them.
const OF_THE_MOMENT: [&str; 2] = ["date", "x-request-id"];

/// `one` and `two` are the bodies as they are shown.
pub(super) fn of(first: &Outbound, one: &[u8], other: &Outbound, two: &[u8]) -> AnswerDiff {
    let status = first.row.status.zip(other.row.status).filter(|(one, two)| one != two);
    let left_out = left_out(first, other);
    let headers = headers(first, other);
    let (body, body_note) = bodies(one, two);
    let same = status.is_none()
        && first.row.status.is_some() == other.row.status.is_some()
        && headers.is_empty()
        && body.is_empty()
        && body_note.is_none();
    AnswerDiff { same, status, headers, left_out, body, body_note }
}

/// The values of a header.
fn values<'a>(outbound: &'a Outbound, name: &str) -> Vec<&'a [u8]> {
    let lines = outbound.answer_headers.iter().filter(|(header, _)| header == name);
    lines.map(|(_, value)| value.as_slice()).collect()
}

/// The headers of the moment that differ.
fn left_out(first: &Outbound, other: &Outbound) -> Vec<String> {
    let differs = |name: &str| {
        let (one, two) = (values(first, name), values(other, name));
        !one.is_empty() && !two.is_empty() && one != two
    };
    OF_THE_MOMENT.into_iter().filter(|name| differs(name)).map(str::to_owned).collect()
}

fn headers(first: &Outbound, other: &Outbound) -> Vec<DiffLine> {
    // Where one of the two has no such header, that is a difference.
    let of_the_moment = |name: &str| {
        OF_THE_MOMENT.contains(&name) && !values(first, name).is_empty() && !values(other, name).is_empty()
    };
    let lines = |outbound: &Outbound| -> Vec<String> {
        let lines = outbound.answer_headers.iter();
        let lasting = lines.filter(|(name, _)| !of_the_moment(name));
        lasting.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value))).collect()
    };
    let (one, two) = (lines(first), lines(other));
    let gone = one.iter().filter(|line| !two.contains(line)).map(|line| (DiffSide::First, line));
    let new = two.iter().filter(|line| !one.contains(line)).map(|line| (DiffSide::Other, line));
    let mut all: Vec<DiffLine> = gone.chain(new).map(|(side, text)| DiffLine { side, text: text.clone() }).collect();
    // Keep the two values of a header together.
    all.sort_by(|a, b| a.text.split(':').next().cmp(&b.text.split(':').next()));
    all
}

fn bodies(one: &[u8], two: &[u8]) -> (Vec<DiffLine>, Option<String>) {
    if one == two {
        return (Vec::new(), None);
    }
    let short = one.len() <= LONGEST && two.len() <= LONGEST;
    let (Ok(one), Ok(two), true) = (std::str::from_utf8(one), std::str::from_utf8(two), short) else {
        let note = format!(
            "The bodies differ ({} and {} bytes), but are too long to compare, or not text.",
            one.len(),
            two.len()
        );
        return (Vec::new(), Some(note));
    };
    // Compare JSON in one line by its content, not by how it is written.
    let (one, two) = match (printed(one), printed(two)) {
        (Some(one), Some(two)) if one != two => (one, two),
        _ => (one.to_owned(), two.to_owned()),
    };
    let diff = TextDiff::configure().timeout(LOOKED_FOR).diff_lines(&one, &two);
    let mut lines = Vec::new();
    for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            lines.push(DiffLine { side: DiffSide::Both, text: "…".to_owned() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let side = match change.tag() {
                ChangeTag::Equal => DiffSide::Both,
                ChangeTag::Delete => DiffSide::First,
                ChangeTag::Insert => DiffSide::Other,
            };
            lines.push(DiffLine { side, text: change.value().trim_end_matches(['\r', '\n']).to_owned() });
        }
    }
    let note = (lines.len() > LINES).then(|| format!("Only the first {LINES} lines of the difference are shown."));
    lines.truncate(LINES);
    if lines.iter().all(|line| line.side == DiffSide::Both) {
        return (Vec::new(), Some("The bodies differ in white space or line ends only.".to_owned()));
    }
    (lines, note)
}

fn printed(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_share_little_are_compared_in_time() {
        // 40,000 lines of few kinds, in orders that have little in common.
        let body = |step: u32| -> Vec<u8> {
            let mut seed = step;
            let mut line = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                format!("{}\n", seed >> 18)
            };
            (0..40_000).map(|_| line()).collect::<String>().into_bytes()
        };
        let (one, two) = (body(1), body(2));
        assert!(one.len() <= LONGEST, "{}", one.len());
        let started = std::time::Instant::now();
        let (lines, note) = bodies(&one, &two);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert_eq!(lines.len(), LINES);
        assert!(note.is_some());
    }
}
