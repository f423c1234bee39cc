//! What a query means, without where it was written.

/// A query that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The condition that a delivery must meet.
    pub expr: Expr,
}

/// A condition on a delivery.
///
/// What the parser makes is in normal form ([`Expr::normal`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// Every delivery meets it.
    Everything,
    /// One condition on one field.
    Term(Term),
    /// What does not meet it.
    Not(Box<Expr>),
    /// All of them must be met. Without any, it is [`Expr::Everything`].
    And(Vec<Expr>),
    /// One of them must be met. Without any, nothing meets it.
    Or(Vec<Expr>),
}

/// A condition on one field: one of the tests must be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What is looked at.
    pub field: Field,
    /// At least one. Text without a field has exactly one, [`Test::Contains`].
    pub any_of: Vec<Test>,
}

/// What a term looks at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Free text: path, query string, message id, names and values of the headers, body.
    Text,
    /// The event's type.
    Type,
    /// `verified` (with a current key), `old-secret` (verified with a key in its grace), `rejected`, `unchecked`, `unbound`.
    Verdict,
    /// The verdict's reason, as code or in words.
    Reason,
    /// What the near-miss probe found, as code.
    Diagnosis,
    /// `v1`, `v1a`, `jwt`.
    Scheme,
    /// The key that matched: its name or its id.
    Secret,
    /// The status that was answered.
    Answer,
    /// How many attempts of its event there are.
    Attempts,
    /// Whether an earlier attempt had been accepted.
    Duplicate,
    /// The project's name, whole.
    Project,
    /// The `webhook-id`; a [`Test::Range`] is over Pollux's own numbers (`#123`).
    Id,
    /// What the event points to, such as `batches/abc`.
    Job,
    /// A key of `user_metadata`; empty: any key.
    Meta(String),
    /// A header by its name in lower case; empty: the name or the value of any header.
    Header(String),
    /// A value of the JSON body by its path; empty: the body as text.
    Body(Vec<Step>),
    /// Path and query string, as in the request line.
    Path,
    /// The sender's address.
    Ip,
    /// Bytes of the body.
    Size,
    /// From arrival to answer, µs.
    Took,
    /// Arrived then or later, Unix ns.
    Since,
    /// Arrived before then, Unix ns. The range that it is read to ends one nanosecond before.
    Until,
    /// Arrived within, Unix ns.
    At,
    /// Whether it is pinned.
    Pinned,
    /// The user's note.
    Note,
    /// Whether it was replayed.
    Replayed,
    /// How its forward went: `done`, `failed`, `waiting`.
    Forwarded,
    /// Whether it came from a file.
    Imported,
}

/// A step down into JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The members of an object with this key (JSON may repeat a key: any of them).
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
    /// Every element of an array, every member of an object.
    Any,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Contains this text; `A` to `Z` match `a` to `z`. In the reason and the diagnosis `-`, `_` and a space are equal.
    /// A number, `true`, `false` or `null` in a body must be written just so.
    Contains(String),
    /// Is this text from end to end, letter for letter. For the closed values (verdict, scheme, forwarded) one of
    /// them in lower case; for the project `A` to `Z` match `a` to `z`.
    Exactly(String),
    /// Is there at all. For a field that is yes or no: yes.
    Present,
    /// Is not there. For a field that is yes or no: no.
    Absent,
    /// Is a number within, both ends included; `None` is open. Status codes, counts, bytes, µs, Unix ns, own numbers.
    Range {
        /// The lowest that matches.
        from: Option<i64>,
        /// The highest that matches.
        to: Option<i64>,
        /// How it was written: `1h`, `>10k`. [`Test::range`] makes one without.
        written: Written,
    },
}

/// The text that a range was written as, so that `since:1h` is printed, and saved, as `since:1h`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written(pub(crate) String);

impl Test {
    /// A range that nobody wrote: it is printed from its numbers.
    #[must_use]
    pub fn range(from: Option<i64>, to: Option<i64>) -> Self {
        Self::Range { from, to, written: Written::default() }
    }
}

impl Query {
    /// Whether every delivery matches.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.expr == Expr::Everything
    }
}

impl Expr {
    /// The same condition without nesting that says nothing: no `And` in an `And`, none with a single member, and
    /// [`Expr::Everything`] in no `And`. Printing and parsing gives back what is in this form.
    #[must_use]
    pub fn normal(self) -> Self {
        match self {
            Self::Not(inner) => Self::Not(Box::new(inner.normal())),
            Self::And(parts) => {
                let mut flat = Vec::with_capacity(parts.len());
                for part in parts {
                    match part.normal() {
                        Self::Everything => {}
                        Self::And(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                single(flat, Self::And).unwrap_or(Self::Everything)
            }
            Self::Or(parts) => {
                let mut flat = Vec::with_capacity(parts.len());
                for part in parts {
                    match part.normal() {
                        Self::Or(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                single(flat, Self::Or).unwrap_or_else(|| Self::Not(Box::new(Self::Everything)))
            }
            other => other,
        }
    }

    /// Every term, in the order of the text.
    #[must_use]
    pub fn terms(&self) -> Vec<&Term> {
        match self {
            Self::Everything => Vec::new(),
            Self::Term(term) => vec![term],
            Self::Not(inner) => inner.terms(),
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::terms).collect(),
        }
    }
}

/// One member stands for itself; none is `None`.
fn single(mut parts: Vec<Expr>, many: impl FnOnce(Vec<Expr>) -> Expr) -> Option<Expr> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(many(parts)),
    }
}
