//! What can be known of a query without reading a delivery's content.

use crate::ast::{Expr, Field, Step, Term, Test};

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is met.
    True,
    /// It is not met.
    False,
    /// More must be read.
    Unknown,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// The most pieces of which one must be there; a longer list tells little.
const MAX_ALTERNATIVES: usize = 64;

impl Expr {
    /// What is known if `holds` says what is known of each term. Asks for no more terms than it needs.
    pub fn decide(&self, holds: &mut impl FnMut(&Term) -> Truth) -> Truth {
        match self {
            Self::Everything => Truth::True,
            Self::Term(term) => holds(term),
            Self::Not(inner) => !inner.decide(holds),
            Self::And(parts) => fold(parts, Truth::False, holds),
            Self::Or(parts) => fold(parts, Truth::True, holds),
        }
    }

    /// Pieces of text, ASCII letters in lower case, without which nothing matches: of each list at least one is within
    /// the path, the query string, one header's name, one header's value or the body, ASCII letters in either case.
    ///
    /// Never wrong, but not complete: a delivery that has them may still not match. Empty: nothing is known.
    #[must_use]
    pub fn necessary(&self) -> Vec<Vec<Vec<u8>>> {
        let mut clauses = clauses(self, true);
        clauses.sort();
        clauses.dedup();
        clauses
    }

    /// The pieces of free text that it searches for, not those that it excludes: what to highlight.
    #[must_use]
    pub fn text_needles(&self) -> Vec<&str> {
        self.needles(&|field| *field == Field::Text)
    }

    /// The pieces of text that it searches for in such fields, not those that it excludes.
    #[must_use]
    pub fn needles(&self, wanted: &impl Fn(&Field) -> bool) -> Vec<&str> {
        let mut out = Vec::new();
        needles(self, true, wanted, &mut out);
        out
    }
}

fn fold(parts: &[Expr], end: Truth, holds: &mut impl FnMut(&Term) -> Truth) -> Truth {
    let mut all = !end;
    for part in parts {
        match part.decide(holds) {
            truth if truth == end => return end,
            Truth::Unknown => all = Truth::Unknown,
            _ => {}
        }
    }
    all
}

fn needles<'a>(expr: &'a Expr, positive: bool, wanted: &impl Fn(&Field) -> bool, out: &mut Vec<&'a str>) {
    match expr {
        Expr::Everything => {}
        Expr::Not(inner) => needles(inner, !positive, wanted, out),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| needles(part, positive, wanted, out)),
        Expr::Term(term) if positive && wanted(&term.field) => {
            for test in &term.any_of {
                if let Test::Contains(text) | Test::Exactly(text) = test
                    && !text.is_empty()
                    && !out.contains(&text.as_str())
                {
                    out.push(text);
                }
            }
        }
        Expr::Term(_) => {}
    }
}

type Clause = Vec<Vec<u8>>;

/// What must be there for `expr` to hold, or, if not `positive`, for it not to hold.
fn clauses(expr: &Expr, positive: bool) -> Vec<Clause> {
    match expr {
        Expr::Everything => Vec::new(),
        Expr::Not(inner) => clauses(inner, !positive),
        Expr::Term(term) if positive => of_term(term),
        // That a text is not there asks for nothing.
        Expr::Term(_) => Vec::new(),
        Expr::And(parts) if positive => parts.iter().flat_map(|part| clauses(part, true)).collect(),
        Expr::Or(parts) if !positive => parts.iter().flat_map(|part| clauses(part, false)).collect(),
        Expr::And(parts) | Expr::Or(parts) => one_of(parts.iter().map(|part| clauses(part, positive))),
    }
}

/// If one of these must hold: the strongest clause of each, together. Nothing, if one of them asks for nothing.
fn one_of(alternatives: impl Iterator<Item = Vec<Clause>>) -> Vec<Clause> {
    let mut together = Clause::new();
    for clauses in alternatives {
        let strength = |clause: &Clause| clause.iter().map(Vec::len).min().unwrap_or(0);
        let Some(best) = clauses.into_iter().max_by_key(strength) else { return Vec::new() };
        for piece in best {
            if !together.contains(&piece) {
                together.push(piece);
            }
        }
        if together.len() > MAX_ALTERNATIVES {
            return Vec::new();
        }
    }
    if together.is_empty() { Vec::new() } else { vec![together] }
}

fn of_term(term: &Term) -> Vec<Clause> {
    let mut all = match &term.field {
        // What is found below a key is found only where the key is.
        Field::Body(path) if !any_absent(term) => path.iter().flat_map(of_step).collect(),
        Field::Meta(key) if !any_absent(term) => {
            let mut clauses = vec![either_escaped(b"metadata\"")];
            if !key.is_empty() {
                clauses.extend(of_key(key));
            }
            clauses
        }
        Field::Header(name) if !any_absent(term) && !name.is_empty() => vec![vec![folded(name)]],
        _ => Vec::new(),
    };
    match term.any_of.as_slice() {
        [test] => all.extend(of_test(&term.field, test)),
        tests => all.extend(one_of(tests.iter().map(|test| of_test(&term.field, test)))),
    }
    all
}

fn any_absent(term: &Term) -> bool {
    term.any_of.contains(&Test::Absent)
}

fn of_test(field: &Field, test: &Test) -> Vec<Clause> {
    let (Test::Contains(text) | Test::Exactly(text)) = test else { return Vec::new() };
    let whole = |text: &str| if text.is_empty() { Vec::new() } else { vec![vec![folded(text)]] };
    match field {
        Field::Text | Field::Header(_) => whole(text),
        Field::Body(path) if path.is_empty() => whole(text),
        Field::Body(_) | Field::Meta(_) => pieces(text).map(|piece| either_escaped(piece.as_bytes())).collect(),
        // Path and query string are kept apart.
        Field::Path => text.split('?').flat_map(whole).collect(),
        // It is the value of a header. What is not UTF-8 there was replaced in the id.
        Field::Id => text.split(char::REPLACEMENT_CHARACTER).flat_map(whole).collect(),
        _ => Vec::new(),
    }
}

fn of_step(step: &Step) -> Option<Clause> {
    match step {
        Step::Key(key) => of_key(key),
        Step::Index(_) | Step::Any => None,
    }
}

/// A key stands in quotes, letter for letter, or with an escape in it.
fn of_key(key: &str) -> Option<Clause> {
    let plain = !key.is_empty() && pieces(key).eq([key]);
    plain.then(|| either_escaped(format!("\"{key}\"").as_bytes()))
}

/// What JSON writes letter for letter, unless it writes it as `\u00..`.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let plain = |letter: char| (letter.is_ascii_graphic() || letter == ' ') && !"\"\\/".contains(letter);
    text.split(move |letter| !plain(letter)).filter(|piece| !piece.is_empty())
}

fn either_escaped(piece: &[u8]) -> Clause {
    vec![piece.to_ascii_lowercase(), b"\\u00".to_vec()]
}

fn folded(text: &str) -> Vec<u8> {
    text.to_ascii_lowercase().into_bytes()
}
