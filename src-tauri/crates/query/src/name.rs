//! Reads what stands before a colon.

use crate::ast::{Field, Step};
use crate::field::{FIELDS, FieldInfo, Of, named};
use crate::print;
use crate::problem::{Problem, nearest};

/// The most steps of a path.
const MAX_STEPS: usize = 32;

/// Headers that a user may take for fields.
const HEADERS: &[&str] = &[
    "accept",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "traceparent",
    "tracestate",
    "user-agent",
    "via",
];

/// What a word begins with. `end` is behind the colon.
pub(crate) enum Name {
    /// No colon that would make a field: text.
    None,
    Field {
        field: Field,
        info: &'static FieldInfo,
        end: usize,
    },
    /// A field, but what belongs to its name cannot be read.
    Bad {
        end: usize,
        problem: Option<Problem>,
    },
    /// Shaped like a field. `nearest` stands for all up to `end`.
    Unknown {
        end: usize,
        word: String,
        nearest: Option<String>,
    },
}

/// Reads the name that begins at `start`.
pub(crate) fn name(text: &str, start: usize) -> Name {
    let rest = text.get(start..).unwrap_or_default();
    if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return Name::None;
    }
    let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '-');
    let Some((head, tail)) = length.and_then(|length| rest.split_at_checked(length)) else { return Name::None };
    let behind = start + head.len();
    let Some(info) = named(head) else { return unknown(head, tail, start) };
    if tail.starts_with(':') {
        let field = match info.of {
            Of::Nothing => Field::plain(info.name),
            Of::Name if info.name == "meta" => Some(Field::Meta(String::new())),
            Of::Name => Some(Field::Header(String::new())),
            Of::Path => Some(Field::Body(Vec::new())),
        };
        return field.map_or(Name::None, |field| Name::Field { field, info, end: behind + 1 });
    }
    if !tail.starts_with(['.', '[']) {
        return Name::None;
    }
    match info.of {
        Of::Nothing => match colon(tail) {
            Some(at) => {
                let message = format!("{}: stands alone; nothing belongs to its name.", info.name);
                let problem = Problem::new(start, behind + at + 1, message, Some(format!("{}:", info.name)));
                Name::Bad { end: behind + at + 1, problem: Some(problem) }
            }
            None => Name::None,
        },
        Of::Name => of_name(info, text, start, behind),
        Of::Path => of_path(info, text, start, behind),
    }
}

/// Where the colon is of a name with dots; `None` if there is none.
fn colon(tail: &str) -> Option<usize> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "_-.[]*".contains(letter);
    let at = tail.find(|other: char| !letter(other))?;
    tail[at..].starts_with(':').then_some(at)
}

fn unknown(head: &str, tail: &str, start: usize) -> Name {
    let Some(at) = colon(tail) else { return Name::None };
    if tail[at + 1..].starts_with("//") {
        return Name::None; // an address
    }
    let word = format!("{head}{}", &tail[..at]);
    let lower = head.to_ascii_lowercase();
    let end = start + word.len() + 1;
    if lower == "missed" {
        let message = "missed: is no field: what was never delivered is not in this history. Operations lists it.";
        return Name::Bad { end, problem: Some(Problem::new(start, end, message, None)) };
    }
    // Behind a short word with dots there is rather a path.
    let like = |info: &&FieldInfo| at == 0 || (info.of != Of::Nothing && head.len() > 4);
    let known = FIELDS.iter().filter(like).flat_map(|info| std::iter::once(&info.name).chain(info.aliases)).copied();
    let nearest = if HEADERS.contains(&lower.as_str()) || lower.starts_with("x-") || lower.starts_with("webhook-") {
        Some(format!("header.{}:", word.to_ascii_lowercase()))
    } else if let Some(info) = nearest(head, known).and_then(named) {
        Some(format!("{}{}:", info.name, if info.of == Of::Nothing { "" } else { &tail[..at] }))
    } else if at > 0 {
        Some(format!("body.{word}:"))
    } else {
        None
    };
    Name::Unknown { end, word, nearest }
}

/// `header.NAME:`, `meta.KEY:`, `meta."a key":`
fn of_name(info: &'static FieldInfo, text: &str, start: usize, behind: usize) -> Name {
    let rest = text.get(behind..).unwrap_or_default();
    let Some(rest) = rest.strip_prefix('.') else { return Name::None };
    let (name, length) = match quoted_name(rest) {
        Some(read) => read,
        None => {
            let length = rest.find(|letter: char| ends_name(letter) || letter == ':').unwrap_or(rest.len());
            (rest.get(..length).unwrap_or_default().to_owned(), length)
        }
    };
    if !rest.get(length..).is_some_and(|tail| tail.starts_with(':')) {
        return Name::None;
    }
    let end = behind + 1 + length + 1;
    if name.is_empty() {
        let message = format!("{}. needs a name, such as {}.", info.name, info.examples.first().unwrap_or(&""));
        return Name::Bad { end, problem: Some(Problem::new(start, end, message, Some(format!("{}:", info.name)))) };
    }
    if info.name == "meta" {
        return Name::Field { field: Field::Meta(name), info, end };
    }
    if !name.bytes().all(is_token) {
        let message = format!("{} cannot be the name of a header.", print::quoted(&name));
        return Name::Bad { end, problem: Some(Problem::new(start, end, message, Some("header:".to_owned()))) };
    }
    Name::Field { field: Field::Header(name.to_ascii_lowercase()), info, end }
}

/// A letter of a header's name (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Ends a name that is not in quotes.
pub(crate) fn ends_name(letter: char) -> bool {
    letter.is_whitespace() || "\"(),".contains(letter)
}

/// A name in quotes, and how many bytes it takes; `None` if there is none, or it is not closed.
fn quoted_name(rest: &str) -> Option<(String, usize)> {
    let mut letters = rest.strip_prefix('"')?.char_indices();
    let mut name = String::new();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name, at + 2)),
            '\\' => match letters.clone().next() {
                Some((_, escaped @ ('"' | '\\'))) => {
                    letters.next();
                    name.push(escaped);
                }
                _ => name.push('\\'),
            },
            _ => name.push(letter),
        }
    }
    None
}

/// `body.data.id:`, `body.items[0].x:`, `body[*]:`, `body."a key":`
fn of_path(info: &'static FieldInfo, text: &str, start: usize, behind: usize) -> Name {
    let mut steps = Vec::new();
    let mut at = behind;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let bad = |length: usize, message: &str| {
            let tail = rest.get(length..).unwrap_or_default();
            let colon = tail.find(|letter: char| letter == ':' || letter.is_whitespace()).unwrap_or(tail.len());
            if !tail.get(colon..).is_some_and(|tail| tail.starts_with(':')) {
                return Name::None; // text
            }
            let end = at + length + colon + 1;
            let nearest = format!("body{}:", print::steps(&steps));
            Name::Bad { end, problem: Some(Problem::new(start, end, message, Some(nearest))) }
        };
        if rest.starts_with(':') {
            return Name::Field { field: Field::Body(steps), info, end: at + 1 };
        }
        if steps.len() == MAX_STEPS {
            return bad(0, &format!("A path has at most {MAX_STEPS} steps."));
        }
        if let Some(tail) = rest.strip_prefix('[') {
            let Some(close) = tail.find(']') else { return Name::None };
            let inside = &tail[..close];
            let (step, length) = match quoted_name(tail) {
                Some((key, length)) if tail[length..].starts_with(']') => (Some(Step::Key(key)), length),
                _ if inside == "*" => (Some(Step::Any), close),
                _ if !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (inside.parse().ok().map(Step::Index), close)
                }
                _ => (None, close),
            };
            let Some(step) = step else {
                if inside.contains(char::is_whitespace) {
                    return Name::None;
                }
                return bad(close + 2, "In [ ] there is a number, or * for any: body.items[0].");
            };
            steps.push(step);
            at += 1 + length + 1;
        } else if let Some(tail) = rest.strip_prefix('.') {
            if let Some((key, length)) = quoted_name(tail) {
                steps.push(Step::Key(key));
                at += 1 + length;
                continue;
            }
            let length = tail.find(|letter: char| ends_name(letter) || ".:[]".contains(letter)).unwrap_or(tail.len());
            match &tail[..length] {
                "" if tail.starts_with([':', '.', '[']) => {
                    return bad(0, "A key is missing in this path: body.data.id.");
                }
                "" => return Name::None,
                "*" => steps.push(Step::Any),
                key => steps.push(Step::Key(key.to_owned())),
            }
            at += 1 + length;
        } else {
            return Name::None;
        }
    }
}
