//! Whether a token covers the body. Google documents no claim for it, so both plausible ways are looked for: the event
//! itself among the claims, or a hash of the body.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::Refusal;

/// How a token covers the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The claims hold the event.
    Event,
    /// A claim holds a hash of the body.
    Hash,
    /// It does not.
    None,
}

/// Claims that are about the token (RFC 7519, 4.1) and so never part of an event.
const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// Claims that may hold the whole event, as JSON or as text.
const WHOLE: [&str; 4] = ["event", "payload", "body", "webhook_event"];

/// Compares the claims with the body.
pub(crate) fn check(claims: &Map<String, Value>, body: &[u8]) -> Result<Binding, Refusal> {
    if let Some(bound) = by_hash(claims, body)? {
        return Ok(bound);
    }
    let event: Option<Value> = serde_json::from_slice(body).ok();
    for name in WHOLE {
        let Some(claim) = claims.get(name) else { continue };
        let same = match claim {
            Value::String(text) => {
                text.as_bytes() == body || serde_json::from_str::<Value>(text).is_ok_and(|claim| Some(claim) == event)
            }
            other => Some(other) == event.as_ref(),
        };
        match claim {
            _ if same => return Ok(Binding::Event),
            Value::Object(inner) if is_event(inner) && !body.is_empty() => return Err(mismatch(name)),
            _ => {}
        }
    }
    let Some(Value::Object(event)) = event else {
        return if is_event(claims) && !body.is_empty() { Err(mismatch("type")) } else { Ok(Binding::None) };
    };
    let carries = |name: &str| !REGISTERED.contains(&name);
    if is_event(claims)
        && let Some(name) = claims
            .keys()
            .find(|name| carries(name) && event.contains_key(*name) && claims.get(*name) != event.get(*name))
    {
        return Err(mismatch(name));
    }
    if is_event(claims) && !event.contains_key("type") {
        return Err(mismatch("type"));
    }
    let covered =
        !event.is_empty() && event.iter().all(|(name, value)| carries(name) && claims.get(name) == Some(value));
    Ok(if covered { Binding::Event } else { Binding::None })
}

/// The claims of an event: a type, and data that is an object.
fn is_event(claims: &Map<String, Value>) -> bool {
    claims.get("type").is_some_and(Value::is_string) && claims.get("data").is_some_and(Value::is_object)
}

/// A claim that is named as a hash of the body must be one; a hash under any other name counts when it is right.
fn by_hash(claims: &Map<String, Value>, body: &[u8]) -> Result<Option<Binding>, Refusal> {
    let hashes: [Vec<u8>; 3] =
        [Sha256::digest(body).to_vec(), Sha384::digest(body).to_vec(), Sha512::digest(body).to_vec()];
    let mut found = None;
    for (name, value) in claims {
        let Value::String(text) = value else { continue };
        if REGISTERED.contains(&name.as_str()) {
            continue;
        }
        let readings = readings(text);
        if readings.iter().any(|reading| hashes.contains(reading)) {
            found = Some(Binding::Hash);
        } else if is_hash_name(name) && readings.iter().any(|reading| matches!(reading.len(), 32 | 48 | 64)) {
            return Err(mismatch(name));
        }
    }
    Ok(found)
}

/// `body_sha256`, `payloadHash`, `content-digest`: a word for the body and a word for a hash, or a hash alone.
fn is_hash_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let hash = ["sha256", "sha384", "sha512", "hash", "digest", "checksum"].iter().any(|word| plain.contains(word));
    let body =
        ["body", "payload", "content", "data", "event", "request", "message"].iter().any(|word| plain.contains(word));
    hash && (body || ["sha256", "sha384", "sha512", "hash", "digest"].contains(&plain.as_str()))
}

/// The bytes that a text may stand for: hexadecimal or base64 of either alphabet, with or without a name before it.
fn readings(text: &str) -> Vec<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    if text.len() > 200 {
        return Vec::new();
    }
    let bare = ["sha-256=", "sha256=", "sha256:", "sha256-", "sha-512=", "sha512="]
        .iter()
        .find_map(|name| {
            text.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).map(|_| &text[name.len()..])
        })
        .unwrap_or(text)
        .trim_matches(':');
    let mut readings = Vec::new();
    for alphabet in [&STANDARD, &URL_SAFE] {
        readings.extend(GeneralPurpose::new(alphabet, CONFIG).decode(bare));
    }
    readings.extend(hex(bare));
    readings
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

fn mismatch(name: &str) -> Refusal {
    Refusal::new(
        "body_mismatch",
        "other body",
        format!(
            "the token is genuine, but its claim {name} does not fit the body: the body was changed, or belongs to another token."
        ),
        format!("the claim {name} does not fit the body"),
    )
}
