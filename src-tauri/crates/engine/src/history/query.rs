//! Reads a query for the search box: its parts, what is wrong with it, and the fields that there are.

use std::time::Instant;

use jiff::tz::TimeZone;
use query::{Clock, FIELDS, PartKind, Reading};

use super::History;
use super::suggest::{self, Hits as _};
use crate::common::Common;
use crate::dto::{GrammarField, QueryPart, QueryPartKind, QueryProblem, QueryRead, Suggestions};
use crate::error::Result;

/// The most queries whose matches are counted in one call.
const COUNTED_AT_ONCE: usize = 8;

impl History {
    /// Reads a query without using it.
    #[must_use]
    pub fn query_read(&self, text: &str) -> QueryRead {
        read(text, &clock(&self.common))
    }

    /// What may complete a query; `cursor` in UTF-16 units.
    pub async fn query_suggest(&self, text: &str, cursor: u32) -> Result<Suggestions> {
        let began = Instant::now();
        let searches = self.searches().await?;
        let groups = suggest::suggest(text, cursor, &self.feed.present(), &searches).await;
        Ok(Suggestions { groups, took_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX) })
    }

    /// How many deliveries each query matches, in the order of the queries; `None` if that is not known soon, or if the
    /// query cannot be read. At most 8 are answered.
    pub async fn query_counts(&self, queries: &[String]) -> Result<Vec<Option<u64>>> {
        let present = self.feed.present();
        let mut counts = Vec::new();
        for query in queries.iter().take(COUNTED_AT_ONCE) {
            counts.push(present.count_of_all(query).await);
        }
        Ok(counts)
    }

    /// Every field, in the order in which they are offered.
    #[must_use]
    pub fn query_grammar(&self) -> Vec<GrammarField> {
        grammar()
    }
}

/// Now, in the system's zone.
pub(crate) fn clock(common: &Common) -> Clock {
    Clock { now_ns: common.now_ms().saturating_mul(1_000_000), zone: TimeZone::system() }
}

/// Reads a query as far as it can be understood.
pub(crate) fn read(text: &str, clock: &Clock) -> QueryRead {
    let Reading { query, parts, problems, .. } = Reading::of(text, clock);
    let units = Units(text);
    let canonical = if problems.is_empty() { query.to_string() } else { String::new() };
    let part = |part: query::Part| QueryPart {
        start: units.at(part.start),
        end: units.at(part.end),
        kind: match part.kind {
            PartKind::Text => QueryPartKind::Text,
            PartKind::Chip => QueryPartKind::Chip,
            PartKind::Or | PartKind::And => QueryPartKind::Or,
            PartKind::Open => QueryPartKind::Open,
            PartKind::Close => QueryPartKind::Close,
            PartKind::Bad => QueryPartKind::Bad,
        },
        negated: part.negated,
        field: part.field.map(|field| field.to_string()),
        label: part.label,
    };
    let problem = |problem: query::Problem| QueryProblem {
        start: units.at(problem.start),
        end: units.at(problem.end),
        message: problem.message,
        nearest: problem.nearest,
    };
    QueryRead {
        parts: parts.into_iter().map(part).collect(),
        problems: problems.into_iter().map(problem).collect(),
        canonical,
    }
}

fn grammar() -> Vec<GrammarField> {
    FIELDS
        .iter()
        .map(|info| GrammarField {
            name: info.shown(),
            help: info.help.to_owned(),
            examples: info.examples.iter().map(|example| (*example).to_owned()).collect(),
        })
        .collect()
}

/// Counts a text as the window does, in UTF-16 units.
#[derive(Clone, Copy)]
pub(crate) struct Units<'a>(pub(crate) &'a str);

impl Units<'_> {
    /// How many units stand before a byte.
    pub(crate) fn at(self, byte: usize) -> u32 {
        let before = self.0.get(..byte).unwrap_or(self.0);
        u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
    }

    /// The byte before which so many units stand; within a letter it is the letter's first.
    pub(crate) fn byte(self, units: u32) -> usize {
        let mut left = units as usize;
        for (at, letter) in self.0.char_indices() {
            if left < letter.len_utf16() {
                return at;
            }
            left -= letter.len_utf16();
        }
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock { now_ns: 1_800_000_000_000_000_000, zone: TimeZone::UTC }
    }

    #[test]
    fn places_are_counted_as_the_window_counts_them() {
        let text = "😀 ß -type:a typ:b";
        let read = read(text, &clock());
        let units: Vec<u16> = text.encode_utf16().collect();
        let said = |start: u32, end: u32| String::from_utf16_lossy(&units[start as usize..end as usize]);
        let parts: Vec<_> = read.parts.iter().map(|part| (said(part.start, part.end), part.kind)).collect();
        assert_eq!(
            parts,
            [
                ("😀".to_owned(), QueryPartKind::Text),
                ("ß".to_owned(), QueryPartKind::Text),
                ("-type:a".to_owned(), QueryPartKind::Chip),
                ("typ:b".to_owned(), QueryPartKind::Bad),
            ]
        );
        assert!(read.parts[2].negated);
        assert_eq!((read.parts[2].field.as_deref(), read.parts[2].label.as_str()), (Some("type"), "type:a"));
        assert_eq!(said(read.problems[0].start, read.problems[0].end), "typ:");
        assert_eq!(read.canonical, "");
        for byte in text.char_indices().map(|(byte, _)| byte).chain([text.len()]) {
            assert_eq!(Units(text).byte(Units(text).at(byte)), byte);
        }
        assert_eq!((Units(text).byte(1), Units(text).byte(99)), (0, text.len()));
    }

    #[test]
    fn what_is_understood_has_one_form() {
        assert_eq!(read("  TYPE:a   (b)  and c ", &clock()).canonical, "type:a b c");
    }

    #[test]
    fn every_example_of_the_sheet_can_be_searched_for() {
        let fields = grammar();
        assert_eq!(fields.len(), FIELDS.len());
        for example in fields.iter().flat_map(|field| &field.examples) {
            assert_eq!(read(example, &clock()).problems, [], "{example}");
        }
    }
}
