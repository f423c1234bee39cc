//! Words for spans of time and keys.

use std::borrow::Cow;

use crate::{KeyState, MatchedKey, Text};

/// A span of time in one rough unit: `412 s`, `38 min`, `31 h`, `12 days`, `5 years`.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..600 => format!("{seconds} s"),
        600..7_200 => format!("{} min", seconds / 60),
        7_200..259_200 => format!("{} h", seconds / 3_600),
        259_200..126_230_400 => format!("{} days", seconds / 86_400),
        _ => format!("{} years", seconds / 31_557_600),
    }
}

/// How far a time is off if `tolerance` seconds are allowed: exact if a rounded figure could read the same for both.
pub(crate) fn distance(seconds: u64, tolerance: u64) -> String {
    if seconds / 2 < tolerance { format!("{seconds} s") } else { span(seconds) }
}

/// The seconds between two moments, however far apart.
pub(crate) fn between(from: i64, to: i64) -> u64 {
    from.abs_diff(to)
}

/// `current`, `3 h left`, `expired 31 h ago`.
pub(crate) fn life(state: KeyState, now: i64) -> Text {
    match settled(state, now) {
        KeyState::Current => Cow::Borrowed("current"),
        KeyState::Grace { until } => format!("{} left", span(between(now, until))).into(),
        KeyState::Expired { at } if at > now => Cow::Borrowed("expired"),
        KeyState::Expired { at } => format!("expired {} ago", span(between(at, now))).into(),
    }
}

/// The state at this time: a grace that has run out counts as expired.
pub(crate) fn settled(state: KeyState, now: i64) -> KeyState {
    match state {
        KeyState::Grace { until } if until <= now => KeyState::Expired { at: until },
        other => other,
    }
}

/// `…a91f`: the end of a hint.
pub(crate) fn short(hint: &str) -> &str {
    hint.find('…').map_or(hint, |at| &hint[at..])
}

/// `…a91f (current)`.
pub(crate) fn key(key: &MatchedKey, now: i64) -> String {
    format!("{} ({})", short(&key.hint), life(key.state, now))
}

#[cfg(test)]
mod tests {
    use super::{distance, span};

    #[test]
    fn a_distance_never_reads_like_the_tolerance() {
        let cases = [
            (301, 300, "301 s"),
            (599, 300, "599 s"),
            (712, 300, "11 min"),
            (601, 600, "601 s"),
            (86_401, 86_400, "86401 s"),
            (172_800, 86_400, "48 h"),
            (1, 0, "1 s"),
        ];
        for (seconds, tolerance, words) in cases {
            assert_eq!(distance(seconds, tolerance), words);
        }
    }

    #[test]
    fn spans_change_their_unit_at_the_edges() {
        let cases = [
            (0, "0 s"),
            (599, "599 s"),
            (600, "10 min"),
            (7_199, "119 min"),
            (7_200, "2 h"),
            (259_199, "71 h"),
            (259_200, "3 days"),
            (126_230_399, "1460 days"),
            (126_230_400, "4 years"),
        ];
        for (seconds, words) in cases {
            assert_eq!(span(seconds), words);
        }
        assert!(span(u64::MAX).ends_with(" years"));
    }
}
