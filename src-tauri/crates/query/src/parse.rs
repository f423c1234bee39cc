//! Reads a query: terms, `-`, `or`, parentheses.

use crate::ast::{Expr, Field, Query, Term, Test};
use crate::lex::{self, Head, Token, TokenKind, Word};
use crate::moment::Clock;
use crate::print;
use crate::problem::{Problem, Problems};
use crate::value;

/// The longest query, in bytes.
pub const MAX_LENGTH: usize = 8_192;
/// The most terms and values together.
pub const MAX_TERMS: usize = 256;
/// How deep parentheses may be nested.
pub const MAX_DEPTH: usize = 32;
/// How many problems are reported.
pub const MAX_PROBLEMS: usize = 16;

/// A piece of a query for a box that shows it. All bytes between the parts are white space or commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// What it is.
    pub kind: PartKind,
    /// Whether it excludes.
    pub negated: bool,
    /// The field of a chip.
    pub field: Option<Field>,
    /// What to show: the term as it is printed, without the `-`; of a bad part the text itself.
    pub label: String,
}

/// What a [`Part`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Free text.
    Text,
    /// A field with its values.
    Chip,
    /// `or`; `and` says nothing and is [`PartKind::And`].
    Or,
    /// `and`
    And,
    /// `(`, `-(`, `not(`
    Open,
    /// `)`
    Close,
    /// Not understood.
    Bad,
}

/// One of the conditions that must all be met, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conjunct {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// The condition.
    pub expr: Expr,
}

/// All that a query's text says.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The query, with only the parts that were understood.
    pub query: Query,
    /// The pieces in their order.
    pub parts: Vec<Part>,
    /// What must all be met. With an `or` at the top there is only one.
    pub conjuncts: Vec<Conjunct>,
    /// What was not understood; at most [`MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
}

impl Query {
    /// Reads a query. Times and days are those of `clock`.
    ///
    /// # Errors
    /// What was not understood, and what is nearest to it.
    pub fn parse(text: &str, clock: &Clock) -> Result<Self, Problems> {
        let reading = Reading::of(text, clock);
        if reading.problems.is_empty() { Ok(reading.query) } else { Err(Problems(reading.problems)) }
    }
}

impl Reading {
    /// Reads a query as far as it can be understood.
    #[must_use]
    pub fn of(text: &str, clock: &Clock) -> Self {
        let mut problems = Vec::new();
        if text.len() > MAX_LENGTH {
            let message = format!("This is {} bytes long; a search has at most {MAX_LENGTH}.", text.len());
            let problems = vec![Problem::new(0, text.len(), message, None)];
            return Self {
                query: Query { expr: Expr::Everything },
                parts: Vec::new(),
                conjuncts: Vec::new(),
                problems,
            };
        }
        let tokens = lex::tokens(text, &mut problems);
        let mut parser = Parser {
            text,
            clock,
            tokens: &tokens,
            at: 0,
            terms: 0,
            open: 0,
            given_up: false,
            parts: Vec::new(),
            conjuncts: Vec::new(),
            problems,
        };
        let mut expr = parser.any(0);
        while let Some(token) = parser.peek() {
            // Only a `)` that closes nothing ends the reading early.
            let (start, end) = (token.start, token.end);
            parser.at += 1;
            parser.part(start, end, PartKind::Bad, false, None);
            parser.problem(
                start,
                end,
                "This ) closes nothing. To search for it, put it in quotes: \")\".",
                Some(String::new()),
            );
            expr = Expr::And(vec![expr, parser.any(0)]);
        }
        let Parser { parts, conjuncts, mut problems, .. } = parser;
        problems.sort_by_key(|problem| (problem.start, problem.end));
        problems.truncate(MAX_PROBLEMS);
        Self { query: Query { expr: expr.normal() }, parts, conjuncts, problems }
    }
}

struct Parser<'a> {
    text: &'a str,
    clock: &'a Clock,
    tokens: &'a [Token],
    at: usize,
    terms: usize,
    /// Parentheses that were still open at the end.
    open: usize,
    /// A limit was reached; the rest was not read.
    given_up: bool,
    parts: Vec<Part>,
    conjuncts: Vec<Conjunct>,
    problems: Vec<Problem>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn problem(&mut self, start: usize, end: usize, message: impl Into<String>, nearest: Option<String>) {
        self.problems.push(Problem::new(start, end, message, nearest));
    }

    fn part(&mut self, start: usize, end: usize, kind: PartKind, negated: bool, said: Option<(Field, String)>) {
        let (field, label) = match said {
            Some((Field::Text, label)) => (None, label),
            Some((field, label)) => (Some(field), label),
            None => (None, self.text.get(start..end).unwrap_or_default().to_owned()),
        };
        self.parts.push(Part { start, end, kind, negated, field, label });
    }

    /// Alternatives between `or`, up to a `)` or the end.
    fn any(&mut self, depth: usize) -> Expr {
        let mut alternatives = Vec::new();
        let mut before: Option<(usize, usize)> = None;
        loop {
            let first = self.at;
            let members = self.all(depth);
            let or =
                self.peek().filter(|token| matches!(token.kind, TokenKind::Or)).map(|token| (token.start, token.end));
            if self.at == first
                && let Some((start, end)) = or.or(before)
            {
                let message = "or needs something on both sides. To search for the word, put it in quotes: \"or\".";
                self.problem(start, end, message, Some(print::quoted("or")));
            }
            alternatives.push(members);
            let Some((start, end)) = or else { break };
            self.at += 1;
            self.part(start, end, PartKind::Or, false, None);
            before = Some((start, end));
        }
        if depth == 0 {
            self.note_conjuncts(&alternatives);
        }
        let and = |members: Vec<Conjunct>| Expr::And(members.into_iter().map(|member| member.expr).collect());
        Expr::Or(alternatives.into_iter().map(and).collect()).normal()
    }

    fn note_conjuncts(&mut self, alternatives: &[Vec<Conjunct>]) {
        if let [members] = alternatives {
            self.conjuncts.extend(members.iter().cloned());
        } else {
            let all = || alternatives.iter().flatten();
            let start = all().map(|member| member.start).min().unwrap_or(0);
            let end = all().map(|member| member.end).max().unwrap_or(0);
            let and = |members: &Vec<Conjunct>| Expr::And(members.iter().map(|member| member.expr.clone()).collect());
            let expr = Expr::Or(alternatives.iter().map(and).collect()).normal();
            self.conjuncts.push(Conjunct { start, end, expr });
        }
    }

    /// Conditions side by side, up to an `or`, a `)` or the end.
    fn all(&mut self, depth: usize) -> Vec<Conjunct> {
        let mut members = Vec::new();
        while let Some(token) = self.peek() {
            let start = token.start;
            let expr = match &token.kind {
                TokenKind::Or | TokenKind::Close => break,
                TokenKind::And => {
                    self.at += 1;
                    self.part(token.start, token.end, PartKind::And, false, None);
                    continue;
                }
                TokenKind::Open { negated } => self.group(token, *negated, depth),
                TokenKind::Word(word) => {
                    self.at += 1;
                    self.word(token, word)
                }
            };
            let end = self.tokens.get(self.at.saturating_sub(1)).map_or(start, |token| token.end);
            if let Some(expr) = expr {
                members.push(Conjunct { start, end, expr: expr.normal() });
            }
        }
        members
    }

    fn group(&mut self, open: &Token, negated: bool, depth: usize) -> Option<Expr> {
        self.at += 1;
        self.part(open.start, open.end, PartKind::Open, negated, None);
        if depth >= MAX_DEPTH {
            let message = format!("Parentheses are nested more than {MAX_DEPTH} deep.");
            return self.give_up(open.start, message);
        }
        let first = self.at;
        let inner = self.any(depth + 1);
        match self.peek() {
            Some(close) if matches!(close.kind, TokenKind::Close) => {
                if self.at == first {
                    self.problem(open.start, close.end, "There is nothing in these parentheses.", Some(String::new()));
                }
                self.at += 1;
                self.part(close.start, close.end, PartKind::Close, false, None);
            }
            // The outermost speaks for all that are open at the end.
            _ => {
                self.open += 1;
                if depth == 0 && !self.given_up {
                    let rest = self.text.get(open.start..).unwrap_or_default().trim_end();
                    let closed = format!("{rest}{}", ")".repeat(self.open));
                    let message = "A parenthesis is opened here and never closed.";
                    self.problem(open.start, open.start + rest.len(), message, Some(closed));
                }
            }
        }
        Some(if negated { Expr::Not(Box::new(inner)) } else { inner })
    }

    fn give_up(&mut self, start: usize, message: String) -> Option<Expr> {
        self.problem(start, self.text.len(), message, None);
        self.at = self.tokens.len();
        self.given_up = true;
        None
    }

    fn word(&mut self, token: &Token, word: &Word) -> Option<Expr> {
        self.terms += word.items.len();
        if self.terms > MAX_TERMS {
            let message = format!("A search has at most {MAX_TERMS} conditions and values.");
            return self.give_up(token.start, message);
        }
        let term = match &word.head {
            Head::Bad => None,
            Head::Text => self.text_term(word),
            Head::Field { field, info } => {
                let mut any_of = Vec::with_capacity(word.items.len());
                for item in &word.items {
                    match value::test(field, info, item, self.clock) {
                        Ok(test) => any_of.push(test),
                        Err(problem) => self.problems.push(problem),
                    }
                }
                (any_of.len() == word.items.len()).then(|| Expr::Term(Term { field: field.clone(), any_of }))
            }
        };
        let Some(term) = term else {
            self.part(token.start, token.end, PartKind::Bad, word.negated, None);
            return None;
        };
        let (kind, said) = match &term {
            Expr::Term(Term { field: Field::Text, .. }) | Expr::Everything => {
                (PartKind::Text, (Field::Text, word.items.first().map(|item| item.text.clone()).unwrap_or_default()))
            }
            Expr::Term(term) => (PartKind::Chip, (term.field.clone(), term.to_string())),
            other => (PartKind::Chip, (Field::Text, other.to_string())),
        };
        self.part(token.start, token.end, kind, word.negated, Some(said));
        Some(if word.negated { Expr::Not(Box::new(term)) } else { term })
    }

    /// `*` is everything; an empty quote is a problem, since it would be, too.
    fn text_term(&mut self, word: &Word) -> Option<Expr> {
        let item = word.items.first()?;
        if item.text.is_empty() {
            self.problem(item.start, item.end, "There is no text in these quotes.", Some(String::new()));
            return None;
        }
        if !item.quoted && item.text == "*" {
            return Some(Expr::Everything);
        }
        Some(Expr::Term(Term { field: Field::Text, any_of: vec![Test::Contains(item.text.clone())] }))
    }
}
