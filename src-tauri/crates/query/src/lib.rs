//! The language of the search: one grammar that reads, prints, matches and suggests.
//!
//! Pure: no I/O, and clock and zone are passed in. Nothing here panics on any input, and what a query may cost is
//! bounded ([`MAX_LENGTH`], [`MAX_TERMS`], [`MAX_DEPTH`]).
//!
//! Conditions stand side by side and must all be met; `or` binds less; `-` before a condition or a parenthesis, and
//! `not(…)`, exclude. A condition is a piece of text, or a field with values between commas, one of which must be met.

mod amount;
mod ast;
mod deciding;
mod field;
mod json;
mod lex;
mod matching;
mod moment;
mod name;
mod needle;
mod parse;
mod print;
mod problem;
mod suggest;
mod value;
mod values;

pub use ast::{Expr, Field, Query, Step, Term, Test, Written};
pub use deciding::Truth;
pub use field::{FIELDS, FORWARDED, FieldInfo, Of, SCHEMES, Takes, VERDICTS, named};
pub use matching::{Forwarded, Judged, Matcher, Record, matches};
pub use moment::Clock;
pub use needle::{Needle, contains_folded};
pub use parse::{Conjunct, MAX_DEPTH, MAX_LENGTH, MAX_PROBLEMS, MAX_TERMS, Part, PartKind, Reading};
pub use problem::{Problem, Problems};
pub use suggest::{Completing, Wanted, field_named, fields_for, free_text, value_text, values_for};
pub use values::{keys_of, places, values_of};
