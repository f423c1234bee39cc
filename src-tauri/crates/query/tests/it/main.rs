//! The language as its users see it.

#![allow(clippy::expect_used, clippy::panic)]

mod delivery;
mod language;
mod matching;
mod page;
mod problems;
mod round_trip;
mod suggest;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use query::{Clock, Expr, Field, Query, Term, Test};

/// 2026-11-21, 12:00 UTC, in a zone of its own one hour ahead.
fn clock() -> Clock {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
    Clock { now_ns: i64::try_from(now.as_nanosecond()).expect("in range"), zone: TimeZone::fixed(jiff::tz::offset(1)) }
}

fn parse(text: &str) -> Query {
    Query::parse(text, &clock()).unwrap_or_else(|problems| panic!("{text}: {problems}"))
}

fn term(field: Field, any_of: impl Into<Vec<Test>>) -> Expr {
    Expr::Term(Term { field, any_of: any_of.into() })
}

fn has(text: &str) -> Test {
    Test::Contains(text.to_owned())
}

fn text(text: &str) -> Expr {
    term(Field::Text, [has(text)])
}

fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}
