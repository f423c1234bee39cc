//! `webhook-timestamp`: whole Unix seconds (SW-32), within the tolerance of now (SW-39).

use crate::ladder::{Ladder, Rung};
use crate::received::shown;
use crate::wording::distance;
use crate::{StepStatus, Text};

pub(crate) const TIME: Rung = ("timestamp", "Time", "whole Unix seconds, at most 300 s from now");

/// What a timestamp means at this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// Within the tolerance; seconds since then, negative if it is in the future.
    Near(i128),
    /// Not a canonical decimal integer.
    Invalid,
    /// Seconds since then.
    TooOld(u64),
    /// Seconds until then.
    TooNew(u64),
}

/// Decimal digits without sign, leading zero or anything else, that fit a 64-bit integer.
pub(crate) fn parse(value: &[u8]) -> Option<i64> {
    let digits = value.iter().all(u8::is_ascii_digit);
    if !digits || value.is_empty() || (value.len() > 1 && value[0] == b'0') {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

impl Time {
    pub(crate) fn read(value: &[u8], now: i64, tolerance: u64) -> Self {
        let Some(then) = parse(value) else { return Self::Invalid };
        let age = now.abs_diff(then);
        match () {
            () if age <= tolerance => Self::Near(i128::from(now) - i128::from(then)),
            () if then < now => Self::TooOld(age),
            () => Self::TooNew(age),
        }
    }

    /// Adds the rung.
    pub(crate) fn add_to(self, ladder: &mut Ladder, value: &[u8], tolerance: u64) {
        let (status, seen): (_, Text) = match self {
            Self::Near(0) => (StepStatus::Passed, format!("now, within {tolerance} s").into()),
            Self::Near(age) if age > 0 => (StepStatus::Passed, format!("{age} s ago, within {tolerance} s").into()),
            Self::Near(age) => (StepStatus::Passed, format!("{} s ahead, within {tolerance} s", -age).into()),
            Self::Invalid => (StepStatus::Failed, format!("not whole seconds: {}", shown(value)).into()),
            Self::TooOld(age) => {
                let old = distance(age, tolerance);
                (StepStatus::Failed, format!("{old} old; at most {tolerance} s is allowed").into())
            }
            Self::TooNew(age) => {
                let ahead = distance(age, tolerance);
                (StepStatus::Failed, format!("{ahead} ahead; at most {tolerance} s is allowed").into())
            }
        };
        let expected: Text = match tolerance {
            300 => TIME.2.into(),
            other => format!("whole Unix seconds, at most {other} s from now").into(),
        };
        ladder.add_with(TIME, status, expected, seen);
    }
}

#[cfg(test)]
mod tests {
    use super::{Time, parse};

    #[test]
    fn only_plain_digits_are_a_timestamp() {
        for (text, value) in
            [("0", Some(0)), ("1614265330", Some(1_614_265_330)), ("9223372036854775807", Some(i64::MAX))]
        {
            assert_eq!(parse(text.as_bytes()), value);
        }
        for text in ["", "-1", "+1", "01", "1 ", " 1", "1.0", "1e9", "0x1", "1_0", "9223372036854775808", "１", "1\n"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn the_far_ends_of_time_do_not_overflow() {
        let most = i64::MAX.to_string();
        assert_eq!(Time::read(most.as_bytes(), i64::MIN, 300), Time::TooNew(u64::MAX));
        assert_eq!(Time::read(b"0", i64::MAX, 300), Time::TooOld(i64::MAX.unsigned_abs()));
        assert_eq!(Time::read(most.as_bytes(), i64::MIN, u64::MAX), Time::Near(-i128::from(u64::MAX)));
    }
}
