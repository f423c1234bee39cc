//! Headers opened for display. Nothing here is verified.

use serde::Serialize;

use crate::Scheme;

/// The headers of a delivery, opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Decoded {
    /// `webhook-id`, the first line of that name.
    pub id: Option<String>,
    /// `webhook-timestamp` in Unix seconds, where it is an integer.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub timestamp: Option<i64>,
    /// `webhook-signature`, the first line of that name.
    pub signature: Option<DecodedSignature>,
}

/// A `webhook-signature` value, opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DecodedSignature {
    /// The scheme that the shape chooses.
    pub scheme: Option<Scheme>,
    /// The entries of a Standard Webhooks list; empty for a JWT.
    pub entries: Vec<DecodedEntry>,
    /// The token, where it is one.
    pub token: Option<DecodedToken>,
    /// What is odd about the whole value.
    pub note: Option<String>,
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DecodedEntry {
    /// What stands before the comma: `v1`, `v1a`, or something else.
    pub version: String,
    /// What stands after it.
    pub text: String,
    /// The version is known, and the text is canonical base64 of the right length.
    pub well_formed: bool,
    /// Why it is not well formed, or what it looks like.
    pub note: Option<String>,
}

/// A JWT, opened without verification.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DecodedToken {
    /// The header, or null where it is not JSON.
    pub header: serde_json::Value,
    /// The claims, or null where they are not JSON.
    pub claims: serde_json::Value,
    /// Length of the signature in bytes; 0 where it is not base64url.
    pub signature_len: usize,
}

/// Opens the headers of a delivery.
pub fn decode(headers: &[(String, Vec<u8>)]) -> Decoded {
    let _ = headers;
    Decoded::default()
}

/// Opens a `webhook-signature` value.
pub fn decode_signature(value: &[u8]) -> DecodedSignature {
    let _ = value;
    DecodedSignature::default()
}
