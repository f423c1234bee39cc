//! Reads the values of a field.

use crate::amount::{self, Amount};
use crate::ast::{Field, Test, Written};
use crate::field::{FieldInfo, Takes};
use crate::lex::Item;
use crate::moment::{self, Clock, Kind, Moment};
use crate::print;
use crate::problem::{Problem, nearest};

/// Reads one value. The problem covers the value, or a part of it.
pub(crate) fn test(field: &Field, info: &FieldInfo, item: &Item, clock: &Clock) -> Result<Test, Problem> {
    let reader = Reader { field, info, item, clock };
    if item.text.is_empty() && !(item.quoted && matches!(info.takes, Takes::Text)) {
        return Err(reader.empty());
    }
    if !item.quoted && !item.exactly && info.optional && info.takes != Takes::YesNo {
        if item.text.bytes().all(|byte| byte == b'*') {
            return Ok(Test::Present);
        }
        if item.text.eq_ignore_ascii_case("none") {
            return Ok(Test::Absent);
        }
    }
    match info.takes {
        Takes::Text => reader.text(),
        Takes::Code => reader.code(),
        Takes::Word(words) => reader.word(words),
        Takes::Name => Ok(Test::Exactly(item.text.clone())),
        Takes::YesNo => reader.yes_or_no(),
        Takes::Status => reader.number(amount::status, "a status code, such as 503, 5xx, >=400 or 400..499"),
        Takes::Count => reader.number(amount::count, "a number, such as 2, >1 or 2..5"),
        Takes::Size => reader.number(amount::size, "a size in bytes, such as 500, >10k, <=2MiB or 1k..2k"),
        Takes::Span => reader.number(amount::span, "a time, such as 250ms, >1.5s or 1s..2s"),
        Takes::Time => reader.time(),
        Takes::Id => reader.id(),
    }
}

struct Reader<'a> {
    field: &'a Field,
    info: &'a FieldInfo,
    item: &'a Item,
    clock: &'a Clock,
}

impl Reader<'_> {
    fn bad(&self, message: String, nearest: Option<String>) -> Problem {
        Problem::new(self.item.start, self.item.end, message, nearest)
    }

    fn empty(&self) -> Problem {
        let example = self.info.examples.first().unwrap_or(&"");
        self.bad(format!("{}: needs a value, such as {example}.", self.field), None)
    }

    fn text(&self) -> Result<Test, Problem> {
        let item = self.item;
        if item.exactly {
            return Ok(Test::Exactly(item.text.clone()));
        }
        if item.quoted {
            return Ok(Test::Contains(item.text.clone()));
        }
        let order = item.text.strip_prefix(['<', '>']);
        if order.is_some_and(|rest| rest.trim_start_matches('=').starts_with(|first: char| first.is_ascii_digit())) {
            let message = format!("{}: is compared as text, which has no greater and less.", self.field);
            return Err(self.bad(message, Some(print::quoted(&item.text))));
        }
        if item.text == "*" {
            let message = format!("Every delivery has {}: there is nothing to ask for.", self.info.name);
            return Err(self.bad(message, Some(print::quoted("*"))));
        }
        Ok(Test::Contains(item.text.clone()))
    }

    fn code(&self) -> Result<Test, Problem> {
        let Test::Contains(text) = self.text()? else { return Ok(Test::Exactly(self.item.text.clone())) };
        if self.item.quoted {
            return Ok(Test::Contains(text));
        }
        let piece = text.trim_matches('*');
        if piece.is_empty() || piece.contains('*') {
            let message = format!("A * is not known within {}: a piece of the text is enough.", self.info.name);
            let longest = piece.split('*').max_by_key(|piece| piece.len()).unwrap_or_default();
            return Err(self.bad(message, Some(print::value(longest)).filter(|_| !longest.is_empty())));
        }
        Ok(Test::Contains(piece.to_owned()))
    }

    fn word(&self, words: &[&str]) -> Result<Test, Problem> {
        let text = self.item.text.to_ascii_lowercase().replace('_', "-");
        if words.contains(&text.as_str()) {
            return Ok(Test::Exactly(text));
        }
        let none = if self.info.optional { ", *, or none" } else { "" };
        let message = format!(
            "{}: has no value {}. It has {}{none}.",
            self.info.name,
            print::value(&self.item.text),
            words.join(", ")
        );
        Err(self.bad(message, nearest(&text, words.iter().copied()).map(str::to_owned)))
    }

    fn yes_or_no(&self) -> Result<Test, Problem> {
        match self.item.text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "*" => Ok(Test::Present),
            "no" | "false" | "none" => Ok(Test::Absent),
            other => {
                let message = format!("{}: is yes or no.", self.info.name);
                Err(self.bad(message, Some(nearest(other, ["yes", "no"]).unwrap_or("yes").to_owned())))
            }
        }
    }

    fn id(&self) -> Result<Test, Problem> {
        if self.item.quoted
            || self.item.exactly
            || !self.item.text.trim_start_matches(['<', '>', '=', '.']).starts_with('#')
        {
            return self.code();
        }
        self.number(
            amount::own_number,
            "Pollux's number of a delivery, such as #123 or #100..#200; another id in quotes",
        )
    }

    /// `x`, `>x`, `>=x`, `<x`, `<=x`, `a..b`, `a..`, `..b`
    fn number(&self, read: fn(&str) -> Option<Amount>, expected: &str) -> Result<Test, Problem> {
        let text = self.item.text.trim();
        let bad = || {
            let message = format!("{} is not {expected}.", print::value(text));
            let equal = if self.item.exactly { "=" } else { "" };
            let repaired = repaired(&format!("{equal}{text}")).filter(|text| ends(text, read).is_some());
            self.bad(message, repaired)
        };
        // An `=` before `>` was taken for the one of whole texts.
        let (from, to) = ends(text, read).filter(|_| !self.item.exactly || order_length(text) == 0).ok_or_else(bad)?;
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            let swapped = text.split_once("..").map(|(from, to)| format!("{to}..{from}"));
            return Err(self.bad(format!("{text} begins behind its end."), swapped));
        }
        Ok(Test::Range { from, to, written: Written(text.to_owned()) })
    }

    fn time(&self) -> Result<Test, Problem> {
        let text = self.item.text.trim();
        let written = Written(text.to_owned());
        if let Some((from, to)) = text.split_once("..") {
            if *self.field != Field::At {
                let message = format!("{}: is one time. From one to another is at:.", self.info.name);
                return Err(self.bad(message, Some(from.to_owned()).filter(|from| self.moment(from).is_ok())));
            }
            let from = if from.is_empty() { None } else { Some(self.moment(from)?.start) };
            let to = if to.is_empty() { None } else { Some(self.moment(to)?.last) };
            return match (from, to) {
                (None, None) => Err(self.empty()),
                (Some(first), Some(last)) if first > last => {
                    Err(self.bad(format!("{text} begins behind its end."), None))
                }
                _ => Ok(Test::Range { from, to, written }),
            };
        }
        let moment = self.moment(text)?;
        let (from, to) = match (self.field, moment.kind) {
            (Field::Since, _) => (Some(moment.start), None),
            (Field::Until, Kind::Day) => (None, Some(moment.last)),
            (Field::Until, _) => (None, Some(moment.start.saturating_sub(1))),
            (_, Kind::Ago) => {
                let message =
                    format!("{text} is a moment, in which nothing arrives; at: takes a day, a minute, or a..b.");
                return Err(self.bad(message, Some(format!("{text}..now")).filter(|_| text != "now")));
            }
            _ => (Some(moment.start), Some(moment.last)),
        };
        Ok(Test::Range { from, to, written })
    }

    fn moment(&self, text: &str) -> Result<Moment, Problem> {
        moment::moment(text, self.clock).ok_or_else(|| {
            let message = format!(
                "{} is not a time. Expected is how long ago (90m, 2d), today, yesterday, a day (2026-11-19) or a time \
                 (2026-11-19T08:30, with Z or +01:00 if it is not local).",
                print::value(text)
            );
            let whole = text == self.item.text.trim();
            let near = nearest(text, moment::WORDS.iter().copied()).map(str::to_owned).or_else(|| repaired_time(text));
            self.bad(message, near.filter(|near| whole && moment::moment(near, self.clock).is_some()))
        })
    }
}

/// Both ends of what a text says.
fn ends(text: &str, read: fn(&str) -> Option<Amount>) -> Option<(Option<i64>, Option<i64>)> {
    if let Some((from, to)) = text.split_once("..") {
        let from = if from.is_empty() { None } else { Some(read(from)?.low) };
        let to = if to.is_empty() { None } else { Some(read(to)?.high) };
        return (from.is_some() || to.is_some()).then_some((from, to));
    }
    let (order, number) = text.split_at(order_length(text));
    let amount = read(number)?;
    Some(match order {
        "" => (Some(amount.low), Some(amount.within)),
        ">=" => (Some(amount.low), None),
        ">" => (Some(amount.high.checked_add(1)?), None),
        "<=" => (None, Some(amount.high)),
        "<" => (None, Some(amount.low.checked_sub(1)?)),
        _ => return None,
    })
}

/// How many signs of comparison a text begins with.
fn order_length(text: &str) -> usize {
    text.bytes().take_while(|byte| b"<>=".contains(byte)).count()
}

/// The number that was probably meant: letters that look like digits, `=>`, `500s`, a comma in the thousands.
fn repaired(text: &str) -> Option<String> {
    let (order, number) = text.split_at(order_length(text));
    let order = match order {
        "=>" => ">=",
        "=<" => "<=",
        "=" | "==" => "",
        other => other,
    };
    let begins = number.starts_with(|first: char| first.is_ascii_digit() || "oOlI#".contains(first));
    if !begins || number.len() > 32 {
        return None;
    }
    let digits: String = number
        .chars()
        .filter(|letter| !"_' ".contains(*letter))
        .map(|letter| match letter {
            'o' | 'O' => '0',
            'l' | 'I' => '1',
            other => other,
        })
        .collect();
    Some(match digits.strip_suffix('x') {
        Some(first) if first.len() == 1 => format!("{order}{first}xx"),
        _ => format!("{order}{digits}"),
    })
}

/// The time that was probably meant: a point or slash instead of `-`, missing zeros.
fn repaired_time(text: &str) -> Option<String> {
    if text.len() > 32 {
        return None;
    }
    let text = text.replace(['/', '.'], "-").replace(' ', "");
    let pieces: Vec<&str> = text.split('-').collect();
    match pieces.as_slice() {
        [year, month, day] if year.len() == 4 => Some(format!("{year}-{month:0>2}-{day:0>2}")),
        [day, month, year] if year.len() == 4 => Some(format!("{year}-{month:0>2}-{day:0>2}")),
        [span] => Some(span.to_ascii_lowercase()),
        _ => None,
    }
}
