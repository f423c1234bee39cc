//! `--keep-size`, `--keep-days`, `--keep-count`: how much stays in a history.

use clap::Args;
use engine::KeepLimits;

/// How much stays. The oldest deliveries go first; pinned ones stay.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Bytes that the history may take, such as 500M or 2G; none for no limit. Default: what the history says, at first
    /// 2G.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    keep_size: Option<Most>,
    /// Days that a delivery stays. Default: what the history says, at first no limit.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_days: Option<u32>,
    /// Deliveries that stay. Default: what the history says, at first no limit.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    keep_count: Option<u64>,
}

/// A number of bytes, or no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Most(pub(crate) Option<u64>);

impl Keep {
    /// The limits of this run; `None` if none was given. What was not given is as in a new history.
    pub(crate) fn limits(&self) -> Option<KeepLimits> {
        if *self == Self::default() {
            return None;
        }
        let usual = KeepLimits::usual();
        Some(KeepLimits {
            max_bytes: self.keep_size.map_or(usual.max_bytes, |Most(bytes)| bytes),
            max_days: self.keep_days,
            max_count: self.keep_count,
            ..usual
        })
    }
}

/// Less than this holds no history.
const LEAST: u64 = 16 << 20;

fn size(text: &str) -> Result<Most, String> {
    match bytes(text)? {
        Most(Some(bytes)) if bytes < LEAST => Err("a history needs at least 16M".to_owned()),
        most => Ok(most),
    }
}

/// `500M`, `2G`, `1.5GiB`, `1048576`, `none`. The units are powers of 1024, as for the size of a file.
pub(crate) fn bytes(text: &str) -> Result<Most, String> {
    let expected = || "expected a size such as 500M or 2G, or none".to_owned();
    let text = text.trim();
    if text.eq_ignore_ascii_case("none") {
        return Ok(Most(None));
    }
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| expected())?;
    let unit = match unit.trim().to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 1_u64,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        _ => return Err(expected()),
    };
    let bytes = number * unit as f64;
    // Larger than any file.
    if !(1.0..9e15).contains(&bytes) {
        return Err(expected());
    }
    Ok(Most(Some(bytes as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let read = |text| bytes(text).map(|Most(bytes)| bytes);
        for (text, expected) in [
            ("2G", Some(2 << 30)),
            ("2g", Some(2 << 30)),
            ("1.5 GiB", Some(3 << 29)),
            ("500MB", Some(500 << 20)),
            ("1048576", Some(1 << 20)),
            ("64k", Some(64 << 10)),
            ("none", None),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        for text in ["", "G", "-1G", "2X", "1e3", "two", "0", "NaN", "99999999T", "1.2.3M"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(size("1M").is_err() && size("16M").is_ok());
    }

    #[test]
    fn what_was_not_given_is_as_usual() {
        assert_eq!(Keep::default().limits(), None);
        let by_days = Keep { keep_days: Some(7), ..Keep::default() }.limits().unwrap();
        assert_eq!((by_days.max_bytes, by_days.max_days, by_days.max_count), (Some(2 << 30), Some(7), None));
        let unlimited = Keep { keep_size: Some(Most(None)), ..Keep::default() }.limits().unwrap();
        assert_eq!(unlimited.max_bytes, None);
    }
}
