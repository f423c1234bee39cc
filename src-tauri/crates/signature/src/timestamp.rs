//! `webhook-timestamp`: whole Unix seconds (SW-32), within the tolerance of now (SW-39).

use crate::ladder::{Ladder, Rung};
use crate::received::shown;
use crate::wording::span;
use crate::{StepStatus, Text};

pub(crate) const TIME: Rung = ("timestamp", "Time", "whole Unix seconds, at most 300 s from now");

/// What a timestamp is worth at this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// Within the tolerance; seconds since then, negative when it lies ahead.
    Near(i128),
    /// No canonical decimal integer.
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
            Self::TooOld(age) => (StepStatus::Failed, format!("{} ago, only {tolerance} s allowed", span(age)).into()),
            Self::TooNew(age) => {
                (StepStatus::Failed, format!("{} ahead, only {tolerance} s allowed", span(age)).into())
            }
        };
        let expected: Text = match tolerance {
            300 => TIME.2.into(),
            other => format!("whole Unix seconds, at most {other} s from now").into(),
        };
        ladder.add_with(TIME, status, expected, seen);
    }
}
