//! Numbers with their units: status codes, counts, bytes, spans of time.

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    /// The number itself, or the lowest of what it stands for (`5xx`: 500).
    pub(crate) low: i64,
    /// The highest that it stands for when it is compared (`<=5xx`: 599).
    pub(crate) high: i64,
    /// The highest that is equal to it: `250ms` also takes 250.9 ms.
    pub(crate) within: i64,
}

impl Amount {
    fn one(number: i64) -> Self {
        Self { low: number, high: number, within: number }
    }
}

/// `200`, `5xx`. HTTP has three digits (RFC 9110, section 15).
pub(crate) fn status(text: &str) -> Option<Amount> {
    let [first, rest @ ..] = text.as_bytes() else { return None };
    if rest.eq_ignore_ascii_case(b"xx") && (b'1'..=b'9').contains(first) {
        let low = i64::from(first - b'0') * 100;
        return Some(Amount { low, high: low + 99, within: low + 99 });
    }
    count(text).filter(|amount| text.len() == 3 && amount.low >= 100)
}

/// Digits.
pub(crate) fn count(text: &str) -> Option<Amount> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok().map(Amount::one) } else { None }
}

/// `#123`, a number of Pollux's own.
pub(crate) fn own_number(text: &str) -> Option<Amount> {
    count(text.strip_prefix('#')?)
}

/// `10k`, `2MiB`, `1.5M`, in bytes.
pub(crate) fn size(text: &str) -> Option<Amount> {
    let (number, unit) = number(text)?;
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let bytes: i64 = match unit {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        "ki" => 1 << 10,
        "mi" => 1 << 20,
        "gi" => 1 << 30,
        _ => return None,
    };
    number.times(bytes).map(|(low, _)| Amount::one(low))
}

/// `250ms`, `1.5s`, `90us`, in µs. A number alone is in ms, as the list shows them.
pub(crate) fn span(text: &str) -> Option<Amount> {
    let (number, unit) = number(text)?;
    let micros: i64 = match unit.to_ascii_lowercase().as_str() {
        "us" | "µs" | "μs" => 1,
        "" | "ms" => 1_000,
        "s" | "sec" => 1_000_000,
        "m" | "min" => 60_000_000,
        _ => return None,
    };
    let (low, step) = number.times(micros)?;
    Some(Amount { low, high: low, within: low.checked_add(step - 1)? })
}

/// A number with a decimal point: 1.5 is 15 and one digit.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i64,
    scale: i64,
}

impl Decimal {
    /// The product, rounded down, and how much one in the last digit is (at least 1).
    fn times(self, unit: i64) -> Option<(i64, i64)> {
        Some((self.digits.checked_mul(unit)? / self.scale, (unit / self.scale).max(1)))
    }
}

fn number(text: &str) -> Option<(Decimal, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || fraction.contains('.') || fraction.len() > 6 {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some((Decimal { digits, scale: 10_i64.pow(u32::try_from(fraction.len()).ok()?) }, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn low_and_within(amount: Option<Amount>) -> Option<(i64, i64)> {
        amount.map(|amount| (amount.low, amount.within))
    }

    #[test]
    fn amounts_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("10k", 10_000),
            ("10kB", 10_000),
            ("10KiB", 10_240),
            ("2MiB", 2_097_152),
            ("1.5M", 1_500_000),
            ("1.5", 1),
            ("2gi", 2_147_483_648),
        ] {
            assert_eq!(low_and_within(size(text)), Some((bytes, bytes)), "{text}");
        }
        for (text, low, within) in [
            ("250ms", 250_000, 250_999),
            ("250", 250_000, 250_999),
            ("1.5s", 1_500_000, 1_599_999),
            ("90us", 90, 90),
            ("90µs", 90, 90),
            ("0.5us", 0, 0),
            ("2m", 120_000_000, 179_999_999),
        ] {
            assert_eq!(low_and_within(span(text)), Some((low, within)), "{text}");
        }
        for (text, low, within) in [("200", 200, 200), ("5xx", 500, 599), ("4XX", 400, 499)] {
            assert_eq!(low_and_within(status(text)), Some((low, within)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in
            ["", "k", ".5k", "1.", "1.2.3", "-1", "1x", "10 k", "99999999999999999999", "9223372036854775807k", "١"]
        {
            assert_eq!(size(text), None, "{text}");
            assert_eq!(span(text), None, "{text}");
        }
        for text in ["", "xx", "0xx", "20", "2000", "4o0", "099", "+99"] {
            assert_eq!(status(text), None, "{text}");
        }
    }
}
