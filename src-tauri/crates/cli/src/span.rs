//! Reads lengths of time as people write them: `90s`, `10m`, `24h`, `7d`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// A hundred years: what is longer is a mistake.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// Reads `90s`, `10m`, `1h30m`, `24h`, `7d`, `2w`. A day has 24 hours.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a length of time such as 90s, 10m, 24h or 7d".to_owned();
    let span: Span = text.trim().parse().map_err(|_| expected())?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| expected())?;
    let read = Duration::try_from(signed).map_err(|_| expected())?;
    if read > LONGEST { Err(expected()) } else { Ok(read) }
}

/// `12 s`, `5 min`, `3 h`, `2 d`: the largest unit that fits.
pub(crate) fn in_words(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("10m", 600),
            ("1h30m", 5_400),
            ("24h", 86_400),
            ("7d", 604_800),
            ("2w", 1_209_600),
            (" 5 min ", 300),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "h", "-5m", "1mo", "1y", "soon", "24 apples", "9999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_largest_unit_that_fits_is_said() {
        let table = [(-5, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (7_200_000, "2 h"), (172_800_000, "2 d")];
        for (ms, words) in table {
            assert_eq!(in_words(ms), words);
        }
    }
}
