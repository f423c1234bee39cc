//! What was done to a body on its way, in words: `1.0 became 1, a null was dropped, keys moved`.

use crate::finding::Piece;
use crate::meaning::{Change, Kind};
use crate::plane::{Form, Meaning};
use crate::shown::Value;

/// Characters of a value within a sentence.
const SHORT: usize = 40;

/// The parts of the sentence. `backwards`: B is the original, and A was made of it.
pub(crate) fn rewriting(meaning: &Meaning, backwards: bool) -> Vec<Piece> {
    let mut parts: Vec<Vec<Piece>> = Vec::new();
    let counts = meaning.counts;
    let (dropped, added) = match backwards {
        false => ((Kind::Removed, counts.removed), (Kind::Added, counts.added)),
        true => ((Kind::Added, counts.added), (Kind::Removed, counts.removed)),
    };
    let first = |kind| meaning.changes.iter().find(|change: &&Change| change.kind == kind);
    if let Some(change) = first(Kind::Rewritten) {
        parts.push(became(change, backwards, counts.rewritten));
    }
    if let Some(change) = first(Kind::Changed) {
        parts.push(became(change, backwards, counts.changed));
    }
    if let (kind, count @ 1..) = dropped {
        parts.push(gone_or_new(first(kind), count, "dropped"));
    }
    match meaning.moved_count {
        0 => {}
        1 => parts.push(vec![Piece::plain("a key moved")]),
        _ => parts.push(vec![Piece::plain("keys moved")]),
    }
    if let (kind, count @ 1..) = added {
        parts.push(gone_or_new(first(kind), count, "added"));
    }
    if meaning.spacing {
        parts.push(vec![Piece::plain("white space changed")]);
    }
    if meaning.form == Form::Text && meaning.differing_lines > 0 && !meaning.spacing {
        parts.push(vec![Piece::plain("lines changed")]);
    }
    let mut all = Vec::new();
    for part in parts {
        if !all.is_empty() {
            all.push(Piece::plain(", "));
        }
        all.extend(part);
    }
    all
}

fn became(change: &Change, backwards: bool, count: u64) -> Vec<Piece> {
    let (before, after) = if backwards { (&change.b, &change.a) } else { (&change.a, &change.b) };
    let mut part = vec![code(before.as_ref()), Piece::plain(" became "), code(after.as_ref())];
    match count {
        0 | 1 => {}
        2 => part.push(Piece::plain(" and another value changed")),
        count => part.push(Piece::plain(&format!(" and {} other values changed", count - 1))),
    }
    part
}

fn gone_or_new(first: Option<&Change>, count: u64, what: &str) -> Vec<Piece> {
    let Some(change) = first.filter(|_| count == 1) else {
        return vec![Piece::plain(&format!("{count} values were {what}"))];
    };
    let value = change.a.as_ref().or(change.b.as_ref());
    if value.is_some_and(|value| value.text == "null") {
        return vec![Piece::plain(&format!("a null was {what}"))];
    }
    let name = change.path.rsplit('.').next().unwrap_or_default();
    vec![Piece::code(&short(name)), Piece::plain(&format!(" was {what}"))]
}

fn code(value: Option<&Value>) -> Piece {
    Piece::code(&value.map(|value| short(&value.text)).unwrap_or_default())
}

/// The beginning of a text, with an ellipsis where there is more.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(SHORT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
