//! Whether a delivery meets a query: one definition for stored and live ones.

use std::borrow::Cow;

use memchr::memchr;
use memchr::memmem::Finder;

use crate::ast::{Expr, Field, Query, Step, Term, Test};
use crate::json::{self, Value};
use crate::needle::Needle;

/// What the check of the signature said, as `verdict:` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judged {
    /// Verified with a current key.
    Verified,
    /// Verified with a key in its grace.
    OldSecret,
    /// Rejected.
    Rejected,
    /// There was no key to check with.
    Unchecked,
    /// A genuine token that does not cover the body.
    Unbound,
}

impl Judged {
    /// As it is written in a query.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::OldSecret => "old-secret",
            Self::Rejected => "rejected",
            Self::Unchecked => "unchecked",
            Self::Unbound => "unbound",
        }
    }
}

/// How a forward went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forwarded {
    /// It was answered with success.
    Done,
    /// It was given up.
    Failed,
    /// It is still to be sent.
    Waiting,
}

impl Forwarded {
    /// As it is written in a query.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
        }
    }
}

/// A delivery, as far as a query can ask. Each method is called only when a test needs it, the cheap ones first.
pub trait Record {
    /// Pollux's own number.
    fn id(&self) -> i64;
    /// The `webhook-id`.
    fn message_id(&self) -> Option<Cow<'_, str>>;
    /// The project's name.
    fn project(&self) -> Option<Cow<'_, str>>;
    /// `type` of the payload.
    fn event_type(&self) -> Option<&str>;
    /// The verdict.
    fn verdict(&self) -> Judged;
    /// The reason's code, and the words of the list for it.
    fn reason(&self) -> [&str; 2];
    /// What the near-miss probe found, as code.
    fn diagnosis(&self) -> Option<Cow<'_, str>>;
    /// `v1`, `v1a`, `jwt`.
    fn scheme(&self) -> Option<&str>;
    /// What names the key that matched: its id, and what the user sees of it. Empty if none did.
    fn secret(&self) -> Vec<Cow<'_, str>>;
    /// The status that was answered; 0 if none was.
    fn status(&self) -> u16;
    /// How many attempts of its event there are.
    fn attempts(&self) -> u32;
    /// An earlier attempt had been accepted.
    fn duplicate(&self) -> bool;
    /// What the event points to.
    fn pointer(&self) -> Option<&str>;
    /// The path, without the query string.
    fn path(&self) -> Cow<'_, str>;
    /// The query string, without the `?`.
    fn query(&self) -> Option<Cow<'_, str>>;
    /// The sender's address.
    fn ip(&self) -> Cow<'_, str>;
    /// Bytes of the body.
    fn size(&self) -> u64;
    /// From arrival to answer, µs; `None` until known.
    fn took_us(&self) -> Option<u64>;
    /// When it arrived, Unix ns.
    fn received_ns(&self) -> i64;
    /// The user pinned it.
    fn pinned(&self) -> bool;
    /// It came from a file.
    fn imported(&self) -> bool;
    /// The user replayed it.
    fn replayed(&self) -> bool;
    /// The user's note.
    fn note(&self) -> Option<Cow<'_, str>>;
    /// How its forward went; `None` if it was not to be forwarded.
    fn forwarded(&self) -> Option<Forwarded>;
    /// Names and values of the headers, as received.
    fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])>;
    /// Bytes within which all names and all values are, each in one piece, whatever is between them; `None` if there are
    /// no such bytes. One look at them tells that a text is in no header.
    fn headers_together(&self) -> Option<&[u8]> {
        None
    }
    /// What is kept of the body.
    fn body(&self) -> Cow<'_, [u8]>;
}

/// A query made ready to be asked of many deliveries.
#[derive(Clone, Debug)]
pub struct Matcher(Node);

impl Matcher {
    /// Makes a condition ready.
    #[must_use]
    pub fn new(expr: &Expr) -> Self {
        Self(Node::new(expr))
    }

    /// Whether this delivery meets it.
    #[must_use]
    pub fn matches(&self, record: &impl Record) -> bool {
        self.0.matches(record)
    }
}

/// Whether this delivery meets a condition. For a single look; [`Matcher`] is made once for many.
#[must_use]
pub fn matches(expr: &Expr, record: &impl Record) -> bool {
    Matcher::new(expr).matches(record)
}

impl Query {
    /// Makes the query ready to be asked of many deliveries.
    #[must_use]
    pub fn matcher(&self) -> Matcher {
        Matcher::new(&self.expr)
    }
}

#[derive(Clone, Debug)]
enum Node {
    Everything,
    Term(Ready),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

impl Node {
    fn new(expr: &Expr) -> Self {
        let sorted = |parts: &[Expr]| {
            let mut nodes: Vec<_> = parts.iter().map(Self::new).collect();
            nodes.sort_by_key(Self::cost);
            nodes
        };
        match expr {
            Expr::Everything => Self::Everything,
            Expr::Term(term) => Self::Term(Ready::new(term)),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner))),
            Expr::And(parts) => Self::All(sorted(parts)),
            Expr::Or(parts) => Self::Any(sorted(parts)),
        }
    }

    /// How much must be read to know; only the order matters.
    fn cost(&self) -> u8 {
        match self {
            Self::Everything => 0,
            Self::Term(ready) => ready.cost(),
            Self::Not(inner) => inner.cost(),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().map(Self::cost).max().unwrap_or(0),
        }
    }

    fn matches(&self, record: &impl Record) -> bool {
        match self {
            Self::Everything => true,
            Self::Term(ready) => ready.matches(record),
            Self::Not(inner) => !inner.matches(record),
            Self::All(nodes) => nodes.iter().all(|node| node.matches(record)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(record)),
        }
    }
}

/// A term with its needles made.
#[derive(Clone, Debug)]
struct Ready {
    field: Field,
    checks: Vec<Check>,
    /// Where in the body its value may be.
    paths: Vec<Way>,
}

/// A path, and its longest key: a body that does not have that, nor an escape, is not read.
#[derive(Clone, Debug)]
struct Way {
    path: Vec<Step>,
    key: Option<Finder<'static>>,
}

impl Way {
    fn new(path: Vec<Step>) -> Self {
        let keys = path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_bytes()),
            Step::Index(_) | Step::Any => None,
        });
        let key = keys.max_by_key(|key| key.len()).map(|key| Finder::new(key).into_owned());
        Self { path, key }
    }

    fn may_be_in(&self, body: &[u8]) -> bool {
        self.key.as_ref().is_none_or(|key| key.find(body).is_some()) || memchr(b'\\', body).is_some()
    }
}

#[derive(Clone, Debug)]
enum Check {
    Contains(Needle),
    Exactly(String),
    Present,
    Absent,
    Range(Option<i64>, Option<i64>),
}

impl Check {
    fn of(test: &Test, fold: fn(&str) -> Cow<'_, str>) -> Self {
        match test {
            Test::Contains(text) => Self::Contains(Needle::new(fold(text).as_bytes())),
            Test::Exactly(text) => Self::Exactly(fold(text).into_owned()),
            Test::Present => Self::Present,
            Test::Absent => Self::Absent,
            Test::Range { from, to, .. } => Self::Range(*from, *to),
        }
    }

    fn text(&self, value: &[u8]) -> bool {
        match self {
            Self::Contains(needle) => needle.is_in(value),
            Self::Exactly(text) => text.as_bytes() == value,
            Self::Present => true,
            Self::Absent | Self::Range(..) => false,
        }
    }

    /// A number, `true`, `false` or `null`, by its text.
    fn bare(&self, value: &[u8]) -> bool {
        match self {
            Self::Contains(needle) => needle.is(value),
            other => other.text(value),
        }
    }

    fn number(&self, value: i64) -> bool {
        match self {
            Self::Range(from, to) => from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to),
            Self::Present => true,
            _ => false,
        }
    }
}

/// How the text of a field is made comparable before it is compared.
fn fold_of(field: &Field) -> fn(&str) -> Cow<'_, str> {
    match field {
        Field::Reason | Field::Diagnosis => |text| Cow::Owned(text.to_ascii_lowercase().replace(['-', ' '], "_")),
        Field::Project => |text| Cow::Owned(text.to_ascii_lowercase()),
        _ => |text| Cow::Borrowed(text),
    }
}

impl Term {
    /// What it says of a field with this text, or without any. For fields with one text: type, verdict, scheme,
    /// project, reason…
    #[must_use]
    pub fn of_text(&self, value: Option<&str>) -> bool {
        Ready::new(self).one(value)
    }

    /// What it says of a field with this number, or without any.
    #[must_use]
    pub fn of_number(&self, value: Option<i64>) -> bool {
        Ready::new(self).number(value)
    }

    /// What it says of a field that is yes or no.
    #[must_use]
    pub fn of_flag(&self, value: bool) -> bool {
        Ready::new(self).flag(value)
    }
}

impl Ready {
    fn new(term: &Term) -> Self {
        let fold = fold_of(&term.field);
        let checks = term.any_of.iter().map(|test| Check::of(test, fold)).collect();
        let paths = match &term.field {
            Field::Meta(key) => metadata_paths(key).into_iter().map(Way::new).collect(),
            Field::Body(path) => vec![Way::new(path.clone())],
            _ => Vec::new(),
        };
        Self { field: term.field.clone(), checks, paths }
    }

    fn cost(&self) -> u8 {
        match &self.field {
            Field::Body(path) if !path.is_empty() => 5,
            Field::Meta(_) => 5,
            Field::Text | Field::Body(_) => 4,
            Field::Header(_) => 3,
            Field::Path | Field::Ip | Field::Id | Field::Note | Field::Diagnosis => 2,
            Field::Replayed | Field::Forwarded | Field::Secret => 1,
            _ => 0,
        }
    }

    fn any(&self, holds: impl FnMut(&Check) -> bool) -> bool {
        self.checks.iter().any(holds)
    }

    /// Some tests ask whether it is not there.
    fn absent(&self) -> bool {
        self.any(|check| matches!(check, Check::Absent))
    }

    fn one(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return self.absent() };
        let value = fold_of(&self.field)(value);
        self.any(|check| check.text(value.as_bytes()))
    }

    fn number(&self, value: Option<i64>) -> bool {
        value.map_or_else(|| self.absent(), |value| self.any(|check| check.number(value)))
    }

    fn size(&self, value: u64) -> bool {
        self.number(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn flag(&self, value: bool) -> bool {
        self.any(|check| matches!((check, value), (Check::Present, true) | (Check::Absent, false)))
    }

    fn matches(&self, record: &impl Record) -> bool {
        match &self.field {
            Field::Text => self.text(record),
            Field::Type => self.one(record.event_type()),
            Field::Verdict => self.one(Some(record.verdict().word())),
            Field::Reason => record.reason().into_iter().any(|text| self.one(Some(text))),
            Field::Diagnosis => self.one(record.diagnosis().as_deref()),
            Field::Scheme => self.one(record.scheme()),
            Field::Secret => {
                let names = record.secret();
                if names.is_empty() { self.absent() } else { names.iter().any(|name| self.one(Some(name))) }
            }
            Field::Answer => self.number(Some(i64::from(record.status())).filter(|status| *status != 0)),
            Field::Attempts => self.number(Some(i64::from(record.attempts()))),
            Field::Duplicate => self.flag(record.duplicate()),
            Field::Project => self.one(record.project().as_deref()),
            Field::Id => {
                self.any(|check| matches!(check, Check::Range(..)) && check.number(record.id()))
                    || self.one(record.message_id().as_deref())
            }
            Field::Job => self.one(record.pointer()),
            Field::Meta(_) => self.values(record),
            Field::Header(name) => self.header(name, record),
            Field::Body(path) if path.is_empty() => {
                let body = record.body();
                if body.is_empty() { self.absent() } else { self.any(|check| check.text(&body)) }
            }
            Field::Body(_) => self.values(record),
            Field::Path => match record.query() {
                Some(query) => self.one(Some(&format!("{}?{query}", record.path()))),
                None => self.one(Some(&record.path())),
            },
            Field::Ip => self.one(Some(&record.ip())),
            Field::Size => self.size(record.size()),
            Field::Took => record.took_us().map_or_else(|| self.absent(), |took| self.size(took)),
            Field::Since | Field::Until | Field::At => self.number(Some(record.received_ns())),
            Field::Pinned => self.flag(record.pinned()),
            Field::Note => self.one(record.note().as_deref()),
            Field::Replayed => self.flag(record.replayed()),
            Field::Forwarded => self.one(record.forwarded().map(Forwarded::word)),
            Field::Imported => self.flag(record.imported()),
        }
    }

    fn text(&self, record: &impl Record) -> bool {
        let here = |hay: &[u8]| self.any(|check| check.text(hay));
        // A text that is in none of the pieces may still be across two.
        let in_headers = || {
            record.headers_together().is_none_or(here)
                && record.headers().any(|(name, value)| here(name) || here(value))
        };
        here(record.path().as_bytes())
            || record.query().is_some_and(|query| here(query.as_bytes()))
            || in_headers()
            || here(&record.body())
    }

    fn header(&self, wanted: &str, record: &impl Record) -> bool {
        let mut there = false;
        for (name, value) in record.headers() {
            if wanted.is_empty() {
                there = true;
                if self.any(|check| check.text(name) || check.text(value)) {
                    return true;
                }
            } else if name.eq_ignore_ascii_case(wanted.as_bytes()) {
                there = true;
                if self.any(|check| check.text(value)) {
                    return true;
                }
            }
        }
        !there && self.absent()
    }

    /// The values that a path of the body leads to.
    fn values(&self, record: &impl Record) -> bool {
        let body = record.body();
        let mut there = false;
        let found = self.paths.iter().filter(|way| way.may_be_in(&body)).any(|way| {
            json::look(&body, &way.path, &mut |value| {
                there = true;
                self.any(|check| match (check, value) {
                    (Check::Present, _) => true,
                    (_, Value::Text(raw)) => check.text(&raw.bytes()),
                    (_, Value::Bare(bytes)) => check.bare(bytes),
                    (_, Value::Container) => false,
                })
            })
        });
        found || (!there && self.absent())
    }
}

/// Nobody has published where `user_metadata` is, so both places and both spellings are read, as the event view does.
pub(crate) fn metadata_paths(key: &str) -> Vec<Vec<Step>> {
    let step = |key: &str| Step::Key(key.to_owned());
    let last = if key.is_empty() { Step::Any } else { step(key) };
    ["user_metadata", "userMetadata"]
        .into_iter()
        .flat_map(|name| [vec![step("data"), step(name), last.clone()], vec![step(name), last.clone()]])
        .collect()
}
