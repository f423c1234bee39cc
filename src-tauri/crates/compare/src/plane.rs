//! The plane of meaning: by path where both bodies are JSON, by line where both are text.

use std::time::Duration;

use serde::Serialize;

use crate::json::{DEPTH, Doc, Unread, VALUES};
use crate::lines::{self, Line};
use crate::meaning::{Change, Counts, LISTED, Same, walk};
use crate::side::Side;

/// How the bodies could be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "MeaningForm"))]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// By path.
    Json,
    /// By line.
    Text,
    /// Only by their bytes.
    #[default]
    Bytes,
    /// Neither has a body.
    Empty,
}

/// The plane of meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Meaning {
    /// How they were compared.
    pub form: Form,
    /// What differs, in the order of A; what only B has stands where it is there. At most 1,000.
    pub changes: Vec<Change>,
    /// How much of that there is, listed or not.
    pub counts: Counts,
    /// How many values are the same, those that hold others not counted; of texts, how many lines.
    pub equal: u64,
    /// The first of them.
    pub same: Vec<Same>,
    /// Members that stand elsewhere in their object. That changes no meaning.
    pub moved: Vec<String>,
    /// How many they are, listed or not.
    pub moved_count: u64,
    /// Whether the white space between the values differs.
    pub spacing: bool,
    /// Names that occur more than once in an object, by their paths.
    pub repeated: Vec<String>,
    /// Lines of two texts.
    pub lines: Vec<Line>,
    /// How many lines only one has, listed or not.
    pub differing_lines: u64,
    /// What could not be compared, and why; what else is odd.
    pub notes: Vec<String>,
}

pub(crate) fn compare(a: &Side<'_>, b: &Side<'_>, time: Duration) -> Meaning {
    let mut found = Meaning::default();
    let (one, two) = (a.read(), b.read());
    for (name, side) in [("A", a), ("B", b)] {
        if side.cut {
            let (kept, all) = (side.body.len(), side.body_len);
            found.notes.push(format!("Only {kept} of the {all} bytes of {name}'s body were kept."));
        }
    }
    if one.is_empty() && two.is_empty() {
        // What was not kept is not empty.
        found.form = if a.cut || b.cut { Form::Bytes } else { Form::Empty };
        return found;
    }
    let (text_a, text_b) = match (std::str::from_utf8(one), std::str::from_utf8(two)) {
        (Ok(text_a), Ok(text_b)) => (text_a, text_b),
        (read_a, read_b) => {
            let which = match (read_a.is_err(), read_b.is_err()) {
                (true, true) => "Neither body is",
                (true, false) => "A's body is not",
                _ => "B's body is not",
            };
            found.notes.push(format!("{which} text in UTF-8: only the bytes are compared."));
            return found;
        }
    };
    if a.cut || b.cut {
        by_line(text_a, text_b, time, &mut found);
        return found;
    }
    match (Doc::read(text_a), Doc::read(text_b)) {
        (Ok(doc_a), Ok(doc_b)) => by_path(&doc_a, &doc_b, one == two, &mut found),
        (read_a, read_b) => {
            let why = [("A", read_a.err()), ("B", read_b.err())].map(|(name, why)| why.map(|why| unread(name, why)));
            let is_json = why.iter().filter(|why| why.is_none()).count();
            let bounded = why.iter().flatten().any(|why| !why.ends_with("is not JSON."));
            let [why_a, why_b] = why;
            // Two texts that are not JSON at all need no excuse.
            if is_json > 0 || bounded {
                found.notes.extend(why_a.into_iter().chain(why_b));
            }
            by_line(text_a, text_b, time, &mut found);
        }
    }
    found
}

fn unread(name: &str, why: Unread) -> String {
    match why {
        Unread::NotJson(_) => format!("{name}'s body is not JSON."),
        Unread::Deep => format!("{name}'s body is nested deeper than {DEPTH} levels: it is not compared by path."),
        Unread::Many => format!("{name}'s body holds more than {VALUES} values: it is not compared by path."),
    }
}

fn by_path(a: &Doc<'_>, b: &Doc<'_>, same_bytes: bool, found: &mut Meaning) {
    found.form = Form::Json;
    let walked = walk(a, b);
    if walked.counts.all() > LISTED as u64 {
        found.notes.push(format!("{} differences; the first {LISTED} are listed.", walked.counts.all()));
    }
    let nothing = walked.counts.all() == 0 && walked.moved == 0 && a.marked == b.marked;
    found.spacing = a.spaces != b.spaces || (nothing && !same_bytes);
    match (a.marked, b.marked) {
        (true, false) => found.notes.push("A begins with a byte order mark.".to_owned()),
        (false, true) => found.notes.push("B begins with a byte order mark.".to_owned()),
        _ => {}
    }
    for (name, repeated) in [("A", walked.repeated[0]), ("B", walked.repeated[1])] {
        if repeated > 0 {
            let members = if repeated == 1 { "member repeats" } else { "members repeat" };
            let note = format!("{repeated} {members} a name in {name}: readers differ in which one they take.");
            found.notes.push(note);
        }
    }
    found.changes = walked.changes;
    found.counts = walked.counts;
    found.equal = walked.equal;
    found.same = walked.same;
    found.moved = walked.moved_paths;
    found.moved_count = walked.moved;
    found.repeated = walked.repeated_paths;
}

fn by_line(a: &str, b: &str, time: Duration, found: &mut Meaning) {
    found.form = Form::Text;
    if a == b {
        found.equal = a.lines().count() as u64;
        return;
    }
    let lined = lines::compare(a, b, time);
    found.lines = lined.lines;
    found.differing_lines = lined.differing;
    found.equal = lined.equal;
    found.notes.extend(lined.note);
    found.spacing = a.split_ascii_whitespace().eq(b.split_ascii_whitespace());
}
