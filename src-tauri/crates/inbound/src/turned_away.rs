//! Requests that were turned away: counts per kind, and the newest ones with what is known of each. Kept in memory
//! only, without bodies, queries and path tokens, and with every text bounded, since whoever sends them decides what
//! they contain.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use parking_lot::{Mutex, MutexGuard};

/// How many are remembered.
pub const REMEMBERED: usize = 1000;
/// Longest method, path, address and reason, in bytes.
const METHOD: usize = 16;
const PATH: usize = 256;
const PEER: usize = 64;
const REASON: usize = 240;

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// 503: the queue was full, or the commit failed.
    NotStored,
    /// 503: the bodies being received fill the memory set aside for them.
    NoRoom,
    /// 503: too many connections are open.
    TooManyConnections,
    /// 413: the body is over the limit. Kept as a rejected delivery, cut off.
    TooLarge,
    /// 408: the body arrived too slowly. Kept as a rejected delivery, as far as it arrived.
    BodyTooSlow,
    /// 400: the body ended too early. Kept as a rejected delivery, as far as it arrived.
    BodyCutShort,
    /// 405: not a POST.
    OtherMethod,
    /// 404: from the internet without the path token.
    NoToken,
    /// 429: from the internet beyond the rate.
    TooManyPublic,
    /// 429: from this machine beyond the rate.
    TooManyLocal,
    /// 403: sent by a web page.
    CrossSite,
    /// 431: too many header lines, or a head that is too large.
    HeadTooLarge,
    /// 414: the target is too long.
    TargetTooLong,
    /// 408: the head arrived too slowly.
    HeadTooSlow,
    /// 400: not HTTP/1, or malformed.
    NotHttp,
}

impl Refusal {
    /// All kinds, the most telling first.
    pub const ALL: [Self; 15] = [
        Self::NotStored,
        Self::NoRoom,
        Self::TooManyConnections,
        Self::TooLarge,
        Self::BodyTooSlow,
        Self::BodyCutShort,
        Self::HeadTooLarge,
        Self::TargetTooLong,
        Self::HeadTooSlow,
        Self::NotHttp,
        Self::CrossSite,
        Self::NoToken,
        Self::TooManyPublic,
        Self::TooManyLocal,
        Self::OtherMethod,
    ];

    /// The status of the answer. A connection that spoke no HTTP may have been closed without one.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotStored | Self::NoRoom | Self::TooManyConnections => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow | Self::HeadTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyCutShort | Self::NotHttp => StatusCode::BAD_REQUEST,
            Self::OtherMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoToken => StatusCode::NOT_FOUND,
            Self::TooManyPublic | Self::TooManyLocal => StatusCode::TOO_MANY_REQUESTS,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
        }
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or_default()
    }
}

/// A request that was turned away, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// Counts all of them, from 1.
    pub number: u64,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// Why.
    pub refusal: Refusal,
    /// The method, such as `GET`; `None` if the head was not read that far.
    pub method: Option<String>,
    /// Its path without the path token and query; `None` if the head was not read that far.
    pub path: Option<String>,
    /// The other end of the connection: `192.0.2.7:4711`.
    pub peer: String,
    /// What was wrong with this one, in a sentence.
    pub reason: String,
}

/// What is known of a request that is turned away.
pub(crate) struct About<'a> {
    pub(crate) at: SystemTime,
    pub(crate) method: Option<&'a str>,
    /// Without query and path token.
    pub(crate) path: Option<&'a str>,
    pub(crate) peer: &'a str,
    pub(crate) reason: &'a str,
}

/// What a listener has counted since it started.
#[derive(Debug, Default)]
pub struct Tally {
    counts: [AtomicU64; Refusal::ALL.len()],
    newest: Mutex<Newest>,
}

#[derive(Debug, Default)]
struct Newest {
    number: u64,
    list: VecDeque<TurnedAway>,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TallySnapshot {
    /// Answered 503: the queue was full, the commit failed, there was no room, or there were too many connections.
    pub refused: u64,
    /// Answered 413.
    pub too_large: u64,
    /// Answered 405, not kept.
    pub other_methods: u64,
    /// From the internet without the path token: answered 404, not kept.
    pub stray: u64,
    /// From the internet beyond the rate: answered 429, not kept.
    pub too_many: u64,
    /// All that were turned away, of every kind.
    pub turned_away: u64,
}

impl Tally {
    /// The counts now.
    pub fn snapshot(&self) -> TallySnapshot {
        let of = |refusal| self.count_of(refusal);
        TallySnapshot {
            refused: of(Refusal::NotStored) + of(Refusal::NoRoom) + of(Refusal::TooManyConnections),
            too_large: of(Refusal::TooLarge),
            other_methods: of(Refusal::OtherMethod),
            stray: of(Refusal::NoToken),
            too_many: of(Refusal::TooManyPublic),
            turned_away: Refusal::ALL.iter().map(|refusal| of(*refusal)).sum(),
        }
    }

    /// How many were turned away for this reason.
    pub fn count_of(&self, refusal: Refusal) -> u64 {
        self.counts.get(refusal.index()).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// The newest that were turned away, latest first, at most `limit`. [`REMEMBERED`] are kept.
    pub fn newest(&self, limit: usize) -> Vec<TurnedAway> {
        self.list().list.iter().rev().take(limit).cloned().collect()
    }

    /// Counts one, and remembers what is known of it.
    pub(crate) fn turned_away(&self, refusal: Refusal, about: &About<'_>) {
        let since = about.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let one = TurnedAway {
            number: 0,
            at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            refusal,
            method: about.method.map(|method| bounded(method, METHOD)),
            path: about.path.map(|path| bounded(path, PATH)),
            peer: bounded(about.peer, PEER),
            reason: bounded(about.reason, REASON),
        };
        if let Some(count) = self.counts.get(refusal.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let mut newest = self.list();
        newest.number += 1;
        let number = newest.number;
        if newest.list.len() >= REMEMBERED {
            newest.list.pop_front();
        }
        newest.list.push_back(TurnedAway { number, ..one });
    }

    fn list(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock()
    }
}

/// At most `most` bytes of it, with `…` where more was cut off.
fn bounded(text: &str, most: usize) -> String {
    const CUT: &str = "…";
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most - CUT.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{CUT}", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about<'a>(path: &'a str, reason: &'a str) -> About<'a> {
        About { at: UNIX_EPOCH, method: Some("GET"), path: Some(path), peer: "127.0.0.1:1", reason }
    }

    #[test]
    fn the_newest_thousand_are_remembered_and_all_are_counted() {
        let tally = Tally::default();
        for number in 0..2_500 {
            let refusal = if number % 2 == 0 { Refusal::OtherMethod } else { Refusal::CrossSite };
            tally.turned_away(refusal, &about(&format!("/{number}"), ""));
        }
        let newest = tally.newest(usize::MAX);
        assert_eq!(newest.len(), REMEMBERED);
        assert_eq!((newest[0].number, newest[0].path.as_deref()), (2_500, Some("/2499")));
        assert_eq!(newest[999].number, 1_501);
        assert_eq!(tally.newest(3).len(), 3);
        let counts = (tally.count_of(Refusal::OtherMethod), tally.count_of(Refusal::CrossSite));
        assert_eq!(counts, (1_250, 1_250));
        let snapshot = tally.snapshot();
        assert_eq!((snapshot.turned_away, snapshot.other_methods, snapshot.refused), (2_500, 1_250, 0));
    }

    #[test]
    fn every_text_is_bounded_also_in_the_middle_of_a_letter() {
        let tally = Tally::default();
        let long = "é".repeat(5_000);
        let about = About { at: UNIX_EPOCH, method: Some(&long), path: Some(&long), peer: &long, reason: &long };
        tally.turned_away(Refusal::NotHttp, &about);
        let one = tally.newest(1).remove(0);
        for (text, most) in
            [(one.method.unwrap(), METHOD), (one.path.unwrap(), PATH), (one.peer, PEER), (one.reason, REASON)]
        {
            assert!(text.len() <= most && text.len() > most - 6 && text.ends_with("é…"), "{text}");
        }
    }

    #[test]
    fn each_kind_is_counted_by_itself() {
        let tally = Tally::default();
        for refusal in Refusal::ALL {
            tally.turned_away(refusal, &about("/", ""));
        }
        assert!(Refusal::ALL.iter().all(|refusal| tally.count_of(*refusal) == 1));
        let snapshot = tally.snapshot();
        assert_eq!((snapshot.refused, snapshot.turned_away), (3, Refusal::ALL.len() as u64));
    }
}
