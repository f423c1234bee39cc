//! The near-miss probe: finds what a rejected delivery would have matched.
//!
//! It runs after the answer, only on rejected deliveries, and costs a bounded number of hashes: see [`MOST_TRIALS`],
//! [`MOST_BODY`] and the `out_of_time` of [`probe`].

mod bodies;
mod explain;
mod json_forms;
mod search;
mod token;
mod words;

pub use explain::{explain, probed};

use crate::received::{Field, Fields, ID, SIGNATURE, TIMESTAMP, values};
use crate::standard::Content;
use crate::timestamp;
use crate::tokens::{Shape, shape};
use crate::{Diagnosis, Keyring, Others, Outcome, Policy, Received, Verdict};

use self::search::{Hit, Search};

/// The most signatures that are computed for one delivery.
const MOST_TRIALS: usize = 4_096;

/// A larger body is not tried in other forms.
const MOST_BODY: usize = 1 << 20;

/// Searches for what would have matched: another derivation of the key, other content, another form of the body, a key
/// that has expired or belongs to another project, a header that a proxy merged.
///
/// Does nothing unless the verdict is a rejection. `out_of_time` is called before each trial and ends the search if it
/// returns true; whatever was found by then is dropped, and nothing is claimed.
pub fn probe(
    received: &Received<'_>,
    keys: &Keyring,
    others: &Others<'_>,
    policy: &Policy,
    now: i64,
    verdict: &Verdict,
    mut out_of_time: impl FnMut() -> bool,
) -> Option<Diagnosis> {
    if verdict.outcome != Outcome::Rejected {
        return None;
    }
    let fields = Fields::read(received.headers);
    if let Field::One(value) = fields.signature
        && shape(value, false) == Shape::Token
    {
        return token::probe(value, received.body, keys, policy, now, verdict, &mut out_of_time);
    }
    if let Some(found) = by_time(&fields, policy.tolerance, now, verdict) {
        return Some(found);
    }
    let values: Vec<&[u8]> = values(received.headers, SIGNATURE).collect();
    let mut search = Search::new(&values, keys, others, now, &mut out_of_time);
    if search.has_nothing_to_compare() {
        return None;
    }
    if let Some(found) = by_headers(received, &mut search) {
        return Some(found);
    }
    let content = Content { id: fields.id.value()?, timestamp: fields.timestamp.value()?, body: received.body };
    let hit = search
        .forms(&content)
        .or_else(|| if content.body.len() <= MOST_BODY { search.bodies(&content) } else { None })?;
    Some(words::diagnosis(&hit, &content, now))
}

/// A time that is off, recognised by the time alone or by a signature that matches.
fn by_time(fields: &Fields<'_>, tolerance: u64, now: i64, verdict: &Verdict) -> Option<Diagnosis> {
    let then = timestamp::parse(fields.timestamp.value()?)?;
    let stale = verdict.reason == "timestamp_too_old";
    if !stale && verdict.reason != "timestamp_too_new" {
        return None;
    }
    const YEAR: u64 = 366 * 86_400;
    if !stale && [1_000, 1_000_000, 1_000_000_000].iter().any(|unit| (then / unit).abs_diff(now) < YEAR) {
        return Some(words::milliseconds(then));
    }
    let key = verdict.key.clone()?;
    let away = then.abs_diff(now);
    Some(if stale { words::stale(key, away, tolerance) } else { words::future(key, away, tolerance) })
}

/// Header lines that were merged into one, repeated, or rewritten on the way.
fn by_headers(received: &Received<'_>, search: &mut Search<'_>) -> Option<Diagnosis> {
    const MOST: usize = 8;
    let lines = |name| values(received.headers, name).collect::<Vec<_>>();
    let (ids, timestamps, signatures) = (lines(ID), lines(TIMESTAMP), lines(SIGNATURE));
    let repeated = ids.len() > 1 || timestamps.len() > 1 || signatures.len() > 1;
    let id_parts = parts(&ids, MOST);
    let timestamp_parts = parts(&timestamps, MOST);
    let joined = |whole: &[&[u8]], parts: &[Vec<u8>]| parts.len() > whole.len();
    let merged = joined(&ids, &id_parts) || joined(&timestamps, &timestamp_parts) || search.comma_joined();
    for id in &id_parts {
        for timestamp in &timestamp_parts {
            for (as_sent, timestamp) in plain_seconds(timestamp) {
                let content = Content { id, timestamp: &timestamp, body: received.body };
                if as_sent && !repeated && !merged {
                    continue;
                }
                if let Some(hit) = search.exactly(&content) {
                    return Some(match () {
                        () if merged => words::merged(&hit),
                        () if repeated => words::repeated(&hit),
                        () => words::timestamp_rewritten(&hit, &timestamp),
                    });
                }
            }
        }
    }
    None
}

/// The values, and what separates them besides commas.
fn parts(values: &[&[u8]], most: usize) -> Vec<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> = values.iter().map(|value| value.to_vec()).collect();
    for value in values.iter().filter(|value| value.contains(&b',')) {
        parts.extend(value.split(|byte| *byte == b',').map(|part| part.trim_ascii().to_vec()));
    }
    parts.dedup();
    parts.truncate(most);
    parts
}

/// The text as it arrived, and the whole seconds that a lenient reader makes of it.
fn plain_seconds(value: &[u8]) -> Vec<(bool, Vec<u8>)> {
    let mut readings = vec![(true, value.to_vec())];
    if timestamp::parse(value).is_some() {
        return readings;
    }
    readings[0].0 = false;
    let bare = value.trim_ascii();
    let bare = bare.strip_prefix(b"+").unwrap_or(bare);
    let digits: Vec<u8> =
        bare.iter().copied().take_while(u8::is_ascii_digit).skip_while(|byte| *byte == b'0').collect();
    if timestamp::parse(&digits).is_some() && digits != value {
        readings.push((false, digits));
    }
    readings
}

/// A hit and its words are kept apart, so that the search knows nothing of sentences.
type Found<'a> = Option<Hit<'a>>;
