//! The bytes that a signature covers: `{id}.{timestamp}.{body}` (SW-14).

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::shown::{Value, hex};
use crate::side::Side;

/// Bytes in a row of a hex view.
const ROW: usize = 16;
/// Rows before the first difference.
const BEFORE: usize = 1;
/// Rows of a window.
const ROWS: usize = 16;

/// Whether two bodies are the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    /// Byte for byte, to the end.
    Equal,
    /// They differ.
    Differ,
    /// As far as they were kept they are equal, and the rest is not known.
    EqualAsKept,
}

/// Some bytes around the first difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "HexWindow"))]
pub struct Window {
    /// Where it begins in the body: a multiple of 16.
    pub start: u64,
    /// The bytes in hexadecimal, at most 256 of them.
    pub hex: String,
}

/// A part of the signed content that stands in a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "SignedPart"))]
pub struct Part {
    /// Of A, if exactly one line of it came.
    pub a: Option<Value>,
    /// Of B.
    pub b: Option<Value>,
    /// Whether both have it and it is the same.
    pub equal: bool,
}

/// The plane of bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "SignedBytes"))]
pub struct Bytes {
    /// Whether the bodies are the same bytes.
    pub body: Sameness,
    /// Length of A's body as sent, in bytes.
    pub len_a: u64,
    /// How much of it is kept.
    pub kept_a: u64,
    /// Length of B's body as sent, in bytes.
    pub len_b: u64,
    /// How much of it is kept.
    pub kept_b: u64,
    /// Bytes that are equal at the beginning: the offset of the first difference, if there is one.
    pub equal_start: u64,
    /// Bytes that are equal at the end, where they differ before it and both are whole.
    pub equal_end: u64,
    /// Around the first difference in A, or the beginning.
    pub window_a: Window,
    /// Around the first difference in B, or the beginning.
    pub window_b: Window,
    /// `webhook-id`. `None` for answers, which are not signed.
    pub id: Option<Part>,
    /// `webhook-timestamp`.
    pub timestamp: Option<Part>,
    /// B's timestamp minus A's in seconds, where both are numbers.
    pub later_s: Option<i64>,
}

/// Compares the bytes.
pub(crate) fn compare(a: &Side<'_>, b: &Side<'_>) -> Bytes {
    let (one, two) = (a.body, b.body);
    let equal_start = one.iter().zip(two).take_while(|(x, y)| x == y).count();
    let whole = a.is_whole() && b.is_whole();
    let body = sameness(a, b, equal_start);
    let equal_end = match (body, whole) {
        (Sameness::Differ, true) => {
            let (rest_a, rest_b) = (&one[equal_start..], &two[equal_start..]);
            rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(x, y)| x == y).count()
        }
        _ => 0,
    };
    let from = if body == Sameness::Differ { equal_start } else { 0 };
    let signed = a.is_signed() && b.is_signed();
    let part = |name: &str| {
        let value = |side: &Side<'_>| side.only(name).map(Value::of_bytes);
        let equal = a.only(name).is_some() && a.only(name) == b.only(name);
        signed.then(|| Part { a: value(a), b: value(b), equal })
    };
    let seconds = |side: &Side<'_>| std::str::from_utf8(side.only("webhook-timestamp")?).ok()?.parse::<i64>().ok();
    Bytes {
        body,
        len_a: a.body_len,
        kept_a: one.len() as u64,
        len_b: b.body_len,
        kept_b: two.len() as u64,
        equal_start: equal_start as u64,
        equal_end: equal_end as u64,
        window_a: window(one, from),
        window_b: window(two, from),
        id: part("webhook-id"),
        timestamp: part("webhook-timestamp"),
        later_s: seconds(b).zip(seconds(a)).filter(|_| signed).and_then(|(b, a)| b.checked_sub(a)),
    }
}

fn sameness(a: &Side<'_>, b: &Side<'_>, equal_start: usize) -> Sameness {
    let shorter = a.body.len().min(b.body.len());
    if equal_start < shorter {
        return Sameness::Differ;
    }
    match (a.is_whole(), b.is_whole()) {
        (true, true) if a.body.len() == b.body.len() => Sameness::Equal,
        // The one that is whole ends before what is there of the other.
        (true, true) => Sameness::Differ,
        (true, false) if b.body.len() > a.body.len() => Sameness::Differ,
        (false, true) if a.body.len() > b.body.len() => Sameness::Differ,
        _ => match digest(a).zip(digest(b)) {
            Some((one, two)) if one == two => Sameness::Equal,
            Some(_) => Sameness::Differ,
            None => Sameness::EqualAsKept,
        },
    }
}

/// SHA-256 of the whole body, as far as it is known.
fn digest(side: &Side<'_>) -> Option<[u8; 32]> {
    match side.is_whole() {
        true => Some(Sha256::digest(side.body).into()),
        false => side.sha256,
    }
}

fn window(body: &[u8], at: usize) -> Window {
    let start = (at / ROW).saturating_sub(BEFORE) * ROW;
    let end = start.saturating_add(ROWS * ROW).min(body.len());
    Window { start: start as u64, hex: hex(body.get(start..end).unwrap_or_default()) }
}
