//! Whether two values that hold no others mean the same, however they are written.

use crate::json::{Sort, meant};

/// How two texts of values differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Differ {
    /// Byte for byte the same.
    Not,
    /// The same number, other digits: `1.0` and `1`.
    SameNumber,
    /// The same text, other escapes: `\u00e9` and `é`.
    SameText,
    /// Other numbers that a reader with 64-bit floating point takes for one.
    Rounded,
    /// Other values.
    Really,
}

/// Compares two values by their sort and text.
pub(crate) fn differ((sort_a, a): (Sort, &str), (sort_b, b): (Sort, &str)) -> Differ {
    if a == b {
        return Differ::Not;
    }
    match (sort_a, sort_b) {
        (Sort::String, Sort::String) if meant(a) == meant(b) => Differ::SameText,
        (Sort::Number, Sort::Number) => match (Decimal::of(a), Decimal::of(b)) {
            (Some(one), Some(two)) if one == two => Differ::SameNumber,
            _ => match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(one), Ok(two)) if one == two && one.is_finite() => Differ::Rounded,
                _ => Differ::Really,
            },
        },
        _ => Differ::Really,
    }
}

/// A number as its digits, without leading or trailing zeros, and the power of ten of the last one. Exact, unlike
/// floating point.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    power: i64,
}

impl Decimal {
    /// `None` if the exponent is too long to count with.
    fn of(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0').collect();
        if digits.is_empty() {
            // Nought is the same with every sign and power.
            return Some(Self { negative: false, digits, power: 0 });
        }
        let mut power = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        while digits.last() == Some(&b'0') {
            digits.pop();
            power = power.checked_add(1)?;
        }
        Some(Self { negative, digits, power })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        let differ = |a, b| differ((Sort::Number, a), (Sort::Number, b));
        for (a, b, expected) in [
            ("1", "1", Differ::Not),
            ("1.0", "1", Differ::SameNumber),
            ("1e2", "100", Differ::SameNumber),
            ("100E-2", "1.000", Differ::SameNumber),
            ("-0", "0.0e7", Differ::SameNumber),
            ("1e+05", "100000", Differ::SameNumber),
            ("9007199254740993", "9007199254740992", Differ::Rounded),
            ("0.1", "0.10000000000000001", Differ::Rounded),
            ("1", "-1", Differ::Really),
            ("1", "2", Differ::Really),
            ("1e400", "1e401", Differ::Really),
            ("1e99999999999999999999", "1e99999999999999999998", Differ::Really),
        ] {
            assert_eq!(differ(a, b), expected, "{a} {b}");
            assert_eq!(differ(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn texts_are_compared_by_their_characters() {
        let differ = |a, b| differ((Sort::String, a), (Sort::String, b));
        assert_eq!(differ(r#""\u00e9""#, "\"é\""), Differ::SameText);
        assert_eq!(differ(r#""\/""#, r#""/""#), Differ::SameText);
        assert_eq!(differ(r#""\ud800""#, r#""\ud801""#), Differ::Really);
        // Unicode forms are other characters.
        assert_eq!(differ("\"é\"", "\"e\u{301}\""), Differ::Really);
        assert_eq!(super::differ((Sort::String, "\"1\""), (Sort::Number, "1")), Differ::Really);
    }
}
