//! Decodes headers for display. Verifies nothing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::Value;

use crate::jwt::token::Parts;
use crate::received::{self, values};
use crate::tokens::{self, Entry, Malformed, Shape};
use crate::{Scheme, timestamp};

/// How many entries of a hostile header are shown.
const MOST_ENTRIES: usize = 64;

/// The decoded headers of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Decoded {
    /// `webhook-id`, from the first line of that name.
    pub id: Option<String>,
    /// `webhook-timestamp` in Unix seconds, if it is an integer.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub timestamp: Option<i64>,
    /// `webhook-signature`, from the first line of that name.
    pub signature: Option<DecodedSignature>,
}

/// A decoded `webhook-signature` value.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DecodedSignature {
    /// The scheme that its shape indicates.
    pub scheme: Option<Scheme>,
    /// The entries of a Standard Webhooks list; empty for a JWT.
    pub entries: Vec<DecodedEntry>,
    /// The token, if it is one.
    pub token: Option<DecodedToken>,
    /// What is odd about the whole value.
    pub note: Option<String>,
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DecodedEntry {
    /// The part before the comma: `v1`, `v1a`, or something else.
    pub version: String,
    /// The part after it.
    pub text: String,
    /// Whether the version is known and the text is canonical base64 of the right length.
    pub well_formed: bool,
    /// Why it is not well formed, or what it looks like.
    pub note: Option<String>,
}

/// A JWT, decoded without verification.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DecodedToken {
    /// The header, or null if it is not JSON.
    pub header: Value,
    /// The claims, or null if they are not JSON.
    pub claims: Value,
    /// Length of the signature in bytes; 0 if it is not base64url.
    pub signature_len: usize,
}

/// Decodes the headers of a delivery.
pub fn decode(headers: &[(String, Vec<u8>)]) -> Decoded {
    let first = |name| values(headers, name).next();
    Decoded {
        id: first(received::ID).map(|id| String::from_utf8_lossy(id).into_owned()),
        timestamp: first(received::TIMESTAMP).and_then(timestamp::parse),
        signature: first(received::SIGNATURE).map(decode_signature),
    }
}

/// Decodes a `webhook-signature` value.
pub fn decode_signature(value: &[u8]) -> DecodedSignature {
    match tokens::shape(value, false) {
        Shape::Token => DecodedSignature {
            scheme: Some(Scheme::Jwt),
            entries: Vec::new(),
            token: token(value),
            note: Parts::read(value).err().map(|refusal| refusal.seen.into_owned()),
        },
        Shape::List => {
            let entries: Vec<DecodedEntry> =
                tokens::entries(value).take(MOST_ENTRIES).map(|(text, read)| entry(text, read)).collect();
            let version = |wanted: &str| entries.iter().any(|entry| entry.version == wanted);
            let scheme = if version("v1") {
                Some(Scheme::V1)
            } else if version("v1a") {
                Some(Scheme::V1a)
            } else {
                None
            };
            let note = match () {
                () if entries.is_empty() => Some("There is no signature in it.".to_owned()),
                () if tokens::entries(value).nth(MOST_ENTRIES).is_some() => {
                    Some(format!("Only the first {MOST_ENTRIES} entries are shown."))
                }
                () => None,
            };
            DecodedSignature { scheme, entries, token: None, note }
        }
    }
}

/// A token decoded as far as possible: its parts need not be well formed.
fn token(value: &[u8]) -> Option<DecodedToken> {
    let text = std::str::from_utf8(value.trim_ascii()).ok()?;
    let mut parts = text.split('.');
    let mut open = || -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok() };
    let (header, claims) = (open().unwrap_or_default(), open().unwrap_or_default());
    let signature_len = parts.next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).map_or(0, |bytes| bytes.len());
    Some(DecodedToken { header, claims, signature_len })
}

fn entry(text: &[u8], read: Entry) -> DecodedEntry {
    let shown = String::from_utf8_lossy(text);
    let (version, text) = shown.split_once(',').unwrap_or((&shown, ""));
    let note = match read {
        Entry::V1(_) | Entry::V1a(_) => None,
        Entry::Unknown => Some("Not a known version; it is skipped.".to_owned()),
        Entry::Malformed(Malformed::TrailingComma) => {
            Some("It ends with a comma: the list must be joined by spaces.".to_owned())
        }
        Entry::Malformed(Malformed::Other) => Some("Expected a version, a comma and base64.".to_owned()),
        Entry::Malformed(Malformed::V1) => Some(malformed(text, 32)),
        Entry::Malformed(Malformed::V1a) => Some(malformed(text, 64)),
    };
    DecodedEntry { version: version.to_owned(), text: text.to_owned(), well_formed: note.is_none(), note }
}

/// What a malformed signature looks like instead.
fn malformed(text: &str, bytes: usize) -> String {
    let hexadecimal = text.len() == bytes * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let looks = match STANDARD.decode(text) {
        _ if text.is_empty() => "there is nothing after the comma".to_owned(),
        _ if hexadecimal => "it looks like hexadecimal".to_owned(),
        Ok(decoded) if decoded.len() == 20 => "it has 20 bytes, as HMAC-SHA1 has".to_owned(),
        Ok(decoded) if decoded.len() == 64 => "it has 64 bytes, as Ed25519 (v1a) and HMAC-SHA512 have".to_owned(),
        Ok(decoded) if decoded.len() == 32 => "it has 32 bytes, as HMAC-SHA256 (v1) has".to_owned(),
        Ok(decoded) => format!("it has {} bytes", decoded.len()),
        Err(_) if text.contains(',') => "it has a second comma".to_owned(),
        Err(_) if URL_SAFE_NO_PAD.decode(text).is_ok() && text.contains(['-', '_']) => {
            "it is in the URL-safe alphabet".to_owned()
        }
        Err(_) if URL_SAFE_NO_PAD.decode(text.replace('+', "-").replace('/', "_")).is_ok() => {
            "it lacks its = padding".to_owned()
        }
        Err(_) => "it is not base64".to_owned(),
    };
    format!("Expected {bytes} bytes of padded base64: {looks}.")
}
