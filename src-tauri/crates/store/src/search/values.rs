//! Counts of what was found: over time, and by the values of a field.

use std::collections::HashMap;
use std::sync::Arc;

use query::{Field, Judged};

use super::Search;
use super::columns::{Chunk, Columns, Plane};
use super::dictionary::{NONE, UNNUMBERED};
use super::names::Names;
use super::record::Around;
use super::sample;
use crate::Error;

/// Deliveries of one span of time, by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Verified with a current key.
    pub verified: u32,
    /// Verified with a key in its grace.
    pub old_secret: u32,
    /// Rejected.
    pub rejected: u32,
    /// Not checked.
    pub unchecked: u32,
    /// A genuine token that does not cover the body.
    pub unbound: u32,
}

impl Bin {
    /// One more.
    pub(super) fn add(&mut self, judged: Judged) {
        match judged {
            Judged::Verified => self.verified += 1,
            Judged::OldSecret => self.old_secret += 1,
            Judged::Rejected => self.rejected += 1,
            Judged::Unchecked => self.unchecked += 1,
            Judged::Unbound => self.unbound += 1,
        }
    }

    /// All of them.
    pub(super) fn total(&self) -> u64 {
        [self.verified, self.old_secret, self.rejected, self.unchecked, self.unbound].map(u64::from).iter().sum()
    }
}

/// Deliveries over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// When the first span begins, Unix nanoseconds.
    pub from_ns: i64,
    /// How long each is, nanoseconds.
    pub step_ns: i64,
    /// Oldest first; empty if there are no deliveries.
    pub bins: Vec<Bin>,
}

/// Values of a field, and how many deliveries have each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The most frequent first.
    pub values: Vec<(String, u64)>,
    /// How many deliveries were counted.
    pub counted: u64,
    /// Whether these are all.
    pub exact: bool,
}

impl Search {
    /// These deliveries over time, in at most so many spans.
    #[must_use]
    pub fn spans(&self, ids: &[i64], most: usize) -> Spans {
        let Some(columns) = self.0.known.columns() else { return Spans::default() };
        let rows = || ids.iter().filter_map(|id| columns.at(*id));
        let times = || rows().map(|(chunk, at)| chunk.received_ns[at]);
        let (Some(from), Some(to)) = (times().min(), times().max()) else { return Spans::default() };
        let most = i64::try_from(most).unwrap_or(i64::MAX).max(1);
        let (from_ns, step_ns) = steps(from, to, most);
        let length = usize::try_from((to - from_ns) / step_ns + 1).unwrap_or(0);
        let mut bins = vec![Bin::default(); length];
        for (chunk, at) in rows() {
            let index = usize::try_from((chunk.received_ns[at] - from_ns) / step_ns).unwrap_or(0);
            let Some(bin) = bins.get_mut(index) else { continue };
            bin.add(judged(chunk, at));
        }
        Spans { from_ns, step_ns, bins }
    }

    /// How many of these deliveries, newest first, have which value of a field. Fields that are not in memory are
    /// counted over the newest 2,000.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn values(&self, field: &Field, ids: Arc<Vec<i64>>, limit: usize) -> Result<Values, Error> {
        let names = self.names().await?;
        let (inner, field) = (Arc::clone(&self.0), field.clone());
        let read = move |conn: &rusqlite::Connection, gone: &std::sync::atomic::AtomicBool| {
            let columns = inner.known.catch_up(conn, gone)?;
            if let Some(count) = of_column(&field, &columns, &names) {
                return Ok(Values { values: sorted(count(&ids), limit), counted: ids.len() as u64, exact: true });
            }
            let some = ids.get(..sample::SAMPLE.min(ids.len())).unwrap_or_default();
            let (phrases, waiting) = (&*inner.parts.phrases, inner.parts.keeping.waiting());
            let around = Around { conn, columns: &columns, names: &names, phrases, waiting: &waiting };
            let counts = sample::values(around, &field, some)?;
            Ok(Values { values: sorted(counts, limit), counted: some.len() as u64, exact: some.len() == ids.len() })
        };
        self.0.parts.readers.read(read).await
    }
}

/// Where the first span begins and how long each is: round, so that they stay where they are as deliveries arrive.
fn steps(from: i64, to: i64, most: i64) -> (i64, i64) {
    const MS: i64 = 1_000_000;
    const STEPS: [i64; 23] = [
        1,
        10,
        100,
        500,
        1_000,
        2_000,
        5_000,
        10_000,
        15_000,
        30_000,
        60_000,
        120_000,
        300_000,
        600_000,
        900_000,
        1_800_000,
        3_600_000,
        7_200_000,
        14_400_000,
        21_600_000,
        43_200_000,
        86_400_000,
        172_800_000,
    ];
    let begin = |step: i64| from.div_euclid(step) * step;
    let fits = |step: &i64| (to - begin(*step)) / *step < most;
    let step = STEPS.into_iter().map(|ms| ms * MS).find(fits).unwrap_or_else(|| {
        let days = (to - from) / most / (86_400_000 * MS) + 2;
        days * 86_400_000 * MS
    });
    (begin(step), step)
}

/// The most frequent first.
pub(crate) fn sorted(counts: Counts, limit: usize) -> Vec<(String, u64)> {
    let mut values: Vec<(String, u64)> = counts.into_iter().collect();
    values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    values.truncate(limit);
    values
}

pub(super) fn judged(chunk: &Chunk, at: usize) -> Judged {
    match (chunk.has(at, Plane::Verified), chunk.has(at, Plane::Old), chunk.has(at, Plane::Rejected)) {
        (true, false, _) => Judged::Verified,
        (true, true, _) => Judged::OldSecret,
        (false, _, true) => Judged::Rejected,
        (false, _, false) if chunk.has(at, Plane::Unbound) => Judged::Unbound,
        (false, _, false) => Judged::Unchecked,
    }
}

type Counts = HashMap<String, u64>;
type Count<'a> = Box<dyn Fn(&[i64]) -> Counts + 'a>;

/// Counts the values of a field that is in the columns.
fn of_column<'a>(field: &Field, columns: &'a Columns, names: &'a Names) -> Option<Count<'a>> {
    let by_code = |column: fn(&Chunk) -> &Vec<u16>, name: Box<dyn Fn(u16) -> Option<String> + 'a>| {
        let count = move |ids: &[i64]| {
            // A place for each code: a map is asked a million times.
            let mut codes = vec![0_u64; usize::from(u16::MAX) + 1];
            for (chunk, at) in ids.iter().filter_map(|id| columns.at(*id)) {
                codes[usize::from(column(chunk)[at])] += 1;
            }
            (0..=u16::MAX)
                .zip(codes)
                .filter(|(code, count)| *count > 0 && *code != NONE && *code != UNNUMBERED)
                .filter_map(|(code, count)| Some((name(code)?, count)))
                .collect()
        };
        Some(Box::new(count) as Count<'a>)
    };
    let by_word = |word: fn(&Chunk, usize) -> &'static str| {
        let count = move |ids: &[i64]| {
            // Four at most.
            let mut words: Vec<(&'static str, u64)> = Vec::new();
            for (chunk, at) in ids.iter().filter_map(|id| columns.at(*id)) {
                let word = word(chunk, at);
                match words.iter_mut().find(|(other, _)| *other == word) {
                    Some((_, count)) => *count += 1,
                    None => words.push((word, 1)),
                }
            }
            words.into_iter().map(|(word, count)| (word.to_owned(), count)).collect()
        };
        Some(Box::new(count) as Count<'a>)
    };
    let text =
        |number: u16, all: &'a super::dictionary::Dictionary<Box<str>>| all.value(number).map(|text| text.to_string());
    match field {
        Field::Type => by_code(|chunk| &chunk.kind, Box::new(move |code| text(code, &columns.kinds))),
        Field::Reason => by_code(|chunk| &chunk.reason, Box::new(move |code| text(code, &columns.reasons))),
        Field::Project => by_code(
            |chunk| &chunk.project,
            Box::new(|code| names.project(*columns.projects.value(code)?).map(str::to_owned)),
        ),
        Field::Secret => by_code(
            |chunk| &chunk.signer,
            Box::new(|code| names.secret(columns.signers.value(code)?).last().map(|name| (*name).to_owned())),
        ),
        Field::Answer => by_code(|chunk| &chunk.status, Box::new(|code| Some(code.to_string()))),
        Field::Attempts => by_code(|chunk| &chunk.attempts, Box::new(|code| Some(code.to_string()))),
        Field::Verdict => by_word(|chunk, at| judged(chunk, at).word()),
        Field::Scheme => by_word(|chunk, at| {
            let all = [(Plane::V1, "v1"), (Plane::V1a, "v1a"), (Plane::Jwt, "jwt")];
            all.into_iter().find(|(plane, _)| chunk.has(at, *plane)).map_or("none", |(_, word)| word)
        }),
        Field::Duplicate => by_word(|chunk, at| yes(chunk.has(at, Plane::Duplicate))),
        Field::Pinned => by_word(|chunk, at| yes(chunk.has(at, Plane::Pinned))),
        Field::Imported => by_word(|chunk, at| yes(chunk.has(at, Plane::Imported))),
        _ => None,
    }
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}
