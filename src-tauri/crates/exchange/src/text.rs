//! Bytes as JSON: text where they are text, base64 where they are not.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// White space is allowed: some tools break the lines.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        return STANDARD.decode(packed).ok();
    }
    STANDARD.decode(text).ok()
}

/// `"text"`, or `{"base64":"…"}`.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &base64(self.0))?;
                map.end()
            }
        }
    }
}

/// The same, read.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum BytesIn<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Packed {
        #[serde(borrow)]
        base64: Cow<'a, str>,
    },
}

impl BytesIn<'_> {
    /// `None` if the base64 is none.
    pub(crate) fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.into_owned().into_bytes()),
            Self::Packed { base64 } => from_base64(&base64),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// `2026-11-29T18:30:00.123456789Z`.
pub(crate) fn time(ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(ns.into()).map(|at| format!("{at:.9}")).unwrap_or_default()
}

/// Unix nanoseconds of an RFC 3339 time.
pub(crate) fn from_time(text: &str) -> Option<i64> {
    let at: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(at.as_nanosecond()).ok()
}

/// The same, read from what does not stay in memory.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OwnedBytes {
    Text(String),
    Packed { base64: String },
}

impl OwnedBytes {
    /// `None` if the base64 is none.
    pub(crate) fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.into_bytes()),
            Self::Packed { base64 } => from_base64(&base64),
        }
    }
}
