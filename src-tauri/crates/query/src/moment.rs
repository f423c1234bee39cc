//! Points in time as they are written: so long ago, a day, a minute.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The clock and the zone that a query is read with.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Now, Unix ns.
    pub now_ns: i64,
    /// The zone of days and of times that name none.
    pub zone: TimeZone,
}

impl Clock {
    /// The system's clock and zone.
    #[must_use]
    pub fn system() -> Self {
        let now_ns = i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
        Self { now_ns, zone: TimeZone::system() }
    }

    fn date(&self, days_ago: i64) -> Option<Date> {
        let now = Timestamp::from_nanosecond(i128::from(self.now_ns)).ok()?;
        now.to_zoned(self.zone.clone()).date().checked_sub(days_ago.days()).ok()
    }
}

/// What a written time covers, Unix ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Where it begins.
    pub(crate) start: i64,
    /// The last nanosecond of it.
    pub(crate) last: i64,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// So long ago: a point that moves.
    Ago,
    /// A whole day.
    Day,
    /// A minute, a second, or less.
    Time,
}

/// Words that stand for a time.
pub(crate) const WORDS: &[&str] = &["now", "today", "yesterday"];

/// Reads a time; `None` if it is none, or outside of what 64 bits of nanoseconds hold (1677 to 2262).
pub(crate) fn moment(text: &str, clock: &Clock) -> Option<Moment> {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "now" => return Some(Moment { start: clock.now_ns, last: clock.now_ns, kind: Kind::Ago }),
        "today" => return day(clock.date(0)?, clock),
        "yesterday" => return day(clock.date(1)?, clock),
        _ => {}
    }
    if let Some(ago) = ago(&lower) {
        let at = clock.now_ns.saturating_sub(ago);
        return Some(Moment { start: at, last: at, kind: Kind::Ago });
    }
    if let Some(date) = date(&lower) {
        return day(date, clock);
    }
    time(&lower, clock)
}

fn day(date: Date, clock: &Clock) -> Option<Moment> {
    let start = date.to_zoned(clock.zone.clone()).ok()?;
    let end = date.tomorrow().ok()?.to_zoned(clock.zone.clone()).ok()?;
    between(start.timestamp(), end.timestamp(), Kind::Day)
}

fn between(start: Timestamp, end: Timestamp, kind: Kind) -> Option<Moment> {
    let start = i64::try_from(start.as_nanosecond()).ok()?;
    let last = i64::try_from(end.as_nanosecond()).ok()? - 1;
    Some(Moment { start, last, kind })
}

/// `2026-11-19`
fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    if shape { text.parse().ok() } else { None }
}

/// `2026-11-19t08:30`, `…:15`, `…:15.25`, each also with `z` or `+01:00`; `08:30` is today's.
fn time(text: &str, clock: &Clock) -> Option<Moment> {
    let (date_text, rest) = match text.split_once(['t', ' ']) {
        Some((date_text, rest)) => (date(date_text)?, rest),
        None => (clock.date(0)?, text),
    };
    let zone_at = rest.find(['z', '+', '-']).unwrap_or(rest.len());
    let (hours, zone) = rest.split_at_checked(zone_at)?;
    let colons = hours.matches(':').count();
    let digits = |piece: &str| piece.len() == 2 && piece.bytes().all(|byte| byte.is_ascii_digit());
    let mut pieces = hours.split(':');
    if !(1..=2).contains(&colons) || !pieces.by_ref().take(2).all(digits) {
        return None;
    }
    let step = match pieces.next() {
        None => 60_000_000_000,
        Some(seconds) => match seconds.split_once('.') {
            None if digits(seconds) => 1_000_000_000,
            None => return None,
            Some((whole, fraction)) => {
                let fine = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
                if !digits(whole) || !fine {
                    return None;
                }
                10_i64.pow(9 - u32::try_from(fraction.len()).ok()?)
            }
        },
    };
    let local: DateTime = format!("{date_text}T{hours}").parse().ok()?;
    let start = if zone.is_empty() {
        local.to_zoned(clock.zone.clone()).ok()?.timestamp()
    } else {
        format!("{local}{zone}").to_ascii_uppercase().parse::<Timestamp>().ok()?
    };
    let start = i64::try_from(start.as_nanosecond()).ok()?;
    Some(Moment { start, last: start.checked_add(step - 1)?, kind: Kind::Time })
}

/// `90m`, `1h30m`, `2days`, in ns. Bounded by what 64 bits hold.
fn ago(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let seconds: i64 = match rest.get(..letters)? {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hr" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(seconds)?.checked_mul(1_000_000_000)?)?;
        rest = rest.get(letters..)?;
    }
    (!text.is_empty()).then_some(sum)
}

/// A point in time that [`moment`] reads back, for a range that nobody wrote.
pub(crate) fn written(ns: i64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(ns)).unwrap_or_default();
    format!("{time:.9}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        let zone = TimeZone::get("Europe/Berlin").expect("bundled or of the system");
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
        Clock { now_ns: i64::try_from(now.as_nanosecond()).expect("in range"), zone }
    }

    fn seconds(text: &str) -> i64 {
        let time: Timestamp = text.parse().expect("a time");
        time.as_second()
    }

    #[test]
    fn times_are_read() {
        const S: i64 = 1_000_000_000;
        for (text, start, length) in [
            ("now", "2026-11-21T12:00:00Z", 1),
            ("1h", "2026-11-21T11:00:00Z", 1),
            ("90m", "2026-11-21T10:30:00Z", 1),
            ("1h30m", "2026-11-21T10:30:00Z", 1),
            ("2d", "2026-11-19T12:00:00Z", 1),
            ("1week", "2026-11-14T12:00:00Z", 1),
            ("today", "2026-11-20T23:00:00Z", 86_400 * S),
            ("Yesterday", "2026-11-19T23:00:00Z", 86_400 * S),
            ("2026-11-19", "2026-11-18T23:00:00Z", 86_400 * S),
            // The days on which the clock is changed have 25 and 23 hours.
            ("2026-10-25", "2026-10-24T22:00:00Z", 25 * 3_600 * S),
            ("2026-03-29", "2026-03-28T23:00:00Z", 23 * 3_600 * S),
            ("2026-11-19T08:30", "2026-11-19T07:30:00Z", 60 * S),
            ("2026-11-19 08:30", "2026-11-19T07:30:00Z", 60 * S),
            ("08:30", "2026-11-21T07:30:00Z", 60 * S),
            ("2026-11-19T08:30:15", "2026-11-19T07:30:15Z", S),
            ("2026-11-19T08:30Z", "2026-11-19T08:30:00Z", 60 * S),
            ("2026-11-19t08:30:00z", "2026-11-19T08:30:00Z", S),
            ("2026-11-19T08:30+05:30", "2026-11-19T03:00:00Z", 60 * S),
            ("2026-11-19T08:30-01:00", "2026-11-19T09:30:00Z", 60 * S),
        ] {
            let read = moment(text, &clock()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.start, seconds(start) * S, "{text}");
            assert_eq!(read.last - read.start + 1, length, "{text}");
        }
        let fine = moment("2026-11-19T08:30:15.250Z", &clock()).expect("a time");
        assert_eq!((fine.start % S, fine.last - fine.start), (250_000_000, 999_999));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "h",
            "1",
            "1x",
            "1hh",
            "-1h",
            "yesterdy",
            "2026-13-01",
            "2026-02-30",
            "2026-1-1",
            "9999-01-01",
            "T08:30",
            "2026-11-19T",
            "2026-11-19T8:30",
            "2026-11-19T08:60",
            "2026-11-19T08:30:15.",
            "2026-11-19T08:30X",
            "8:30",
            "99999999999999999999h",
            "9223372036854775807w",
            "2026-11-19T08:30+99:99",
            "٣h",
            "2026-11-19Tß",
        ] {
            assert_eq!(moment(text, &clock()), None, "{text}");
        }
    }

    #[test]
    fn a_point_is_written_so_that_it_is_read_back() {
        for ns in [0, 1, -1, clock().now_ns, clock().now_ns + 123_456_789] {
            let read = moment(&written(ns), &clock()).expect("a time");
            assert_eq!((read.start, read.last), (ns, ns));
        }
    }
}
