//! Prints what was understood, in the one form that it is saved and shown in.

use std::fmt;

use crate::ast::{Expr, Field, Query, Step, Term, Test, Written};
use crate::field::Takes;
use crate::moment;
use crate::name::ends_name;

impl fmt::Display for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() { Ok(()) } else { self.expr.fmt(out) }
    }
}

/// What stands around an expression.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Nothing,
    Or,
    And,
    Not,
}

impl fmt::Display for Expr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_expr(self, Within::Nothing, out)
    }
}

fn write_expr(expr: &Expr, within: Within, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match expr {
        Expr::Everything => out.write_str("*"),
        Expr::Term(term) => write!(out, "{term}"),
        Expr::Not(inner) => {
            out.write_str("-")?;
            match **inner {
                Expr::Not(_) => {
                    out.write_str("(")?;
                    write_expr(inner, Within::Nothing, out)?;
                    out.write_str(")")
                }
                _ => write_expr(inner, Within::Not, out),
            }
        }
        Expr::And(parts) if parts.is_empty() => out.write_str("*"),
        Expr::Or(parts) if parts.is_empty() => out.write_str("-*"),
        Expr::And(parts) => list(parts, " ", within == Within::Not || within == Within::And, Within::And, out),
        Expr::Or(parts) => list(parts, " or ", within != Within::Nothing, Within::Or, out),
    }
}

fn list(parts: &[Expr], between: &str, paren: bool, within: Within, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if paren {
        out.write_str("(")?;
    }
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.write_str(between)?;
        }
        write_expr(part, within, out)?;
    }
    if paren { out.write_str(")") } else { Ok(()) }
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field == Field::Text {
            // More than one cannot be written; the parser makes one.
            return match self.any_of.as_slice() {
                [Test::Contains(text)] => out.write_str(&text_word(text)),
                _ => out.write_str("*"),
            };
        }
        write!(out, "{}:", self.field)?;
        for (at, test) in self.any_of.iter().enumerate() {
            if at > 0 {
                out.write_str(",")?;
            }
            out.write_str(&test_text(&self.field, test))?;
        }
        Ok(())
    }
}

impl fmt::Display for Field {
    /// The name with what belongs to it, without the colon.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())?;
        match self {
            Self::Meta(key) | Self::Header(key) if !key.is_empty() => write!(out, ".{}", name_text(key, ":")),
            Self::Body(path) => out.write_str(&steps(path)),
            _ => Ok(()),
        }
    }
}

/// A path behind `body`.
pub(crate) fn steps(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Any => out.push_str("[*]"),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
            Step::Key(key) => {
                out.push('.');
                out.push_str(&if key == "*" { quoted(key) } else { name_text(key, ".:[]") });
            }
        }
    }
    out
}

fn name_text(name: &str, special: &str) -> String {
    if name.is_empty() || name.contains(|letter: char| ends_name(letter) || special.contains(letter)) {
        quoted(name)
    } else {
        name.to_owned()
    }
}

/// One value of a field, as it is written behind the colon or a comma.
pub(crate) fn test_text(field: &Field, test: &Test) -> String {
    let takes = field.takes();
    match test {
        Test::Present if takes == Takes::YesNo => "yes".to_owned(),
        Test::Absent if takes == Takes::YesNo => "no".to_owned(),
        Test::Present => "*".to_owned(),
        Test::Absent => "none".to_owned(),
        Test::Contains(text) => value(text),
        Test::Exactly(text) if matches!(takes, Takes::Word(_) | Takes::Name) => value(text),
        Test::Exactly(text) => format!("={}", value(text)),
        Test::Range { from, to, written: Written(written) } if written.is_empty() => range_text(field, *from, *to),
        Test::Range { written: Written(written), .. } if written.contains(|letter: char| ends_name(letter)) => {
            quoted(written)
        }
        Test::Range { written: Written(written), .. } => written.clone(),
    }
}

fn range_text(field: &Field, from: Option<i64>, to: Option<i64>) -> String {
    let text = |number: i64| match field.takes() {
        Takes::Time => moment::written(number),
        Takes::Span => format!("{number}us"),
        Takes::Id => format!("#{number}"),
        _ => number.to_string(),
    };
    match (field, from, to) {
        (Field::Since, Some(from), _) => text(from),
        (Field::Until, _, Some(to)) => text(to.saturating_add(1)),
        (_, Some(from), Some(to)) if from == to => text(from),
        (_, None, None) => "*".to_owned(),
        (_, from, to) => format!("{}..{}", from.map(text).unwrap_or_default(), to.map(text).unwrap_or_default()),
    }
}

/// A value that is read back as this text.
pub(crate) fn value(text: &str) -> String {
    let special = text.is_empty()
        || text.starts_with(['=', '<', '>', '#', '.'])
        || text.eq_ignore_ascii_case("none")
        || text.contains(|letter: char| ends_name(letter) || letter == '*');
    if special { quoted(text) } else { text.to_owned() }
}

/// Free text that is read back as this text.
pub(crate) fn text_word(text: &str) -> String {
    let special = text.is_empty()
        || text.starts_with('-')
        || ["or", "and", "*"].iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.contains(|letter: char| ends_name(letter) || letter == ':');
    if special { quoted(text) } else { text.to_owned() }
}

/// In quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
