//! Whether a token covers the body. Google documents no claim for this, so both plausible ways are checked: the event
//! itself among the claims, or a hash of the body.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::refusal::Refusal;
use crate::json;

/// How a token covers the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The claims contain the event.
    Event,
    /// A claim contains a hash of the body.
    Hash,
    /// Not at all.
    None,
}

/// Claims about the token itself (RFC 7519, 4.1), which are never part of an event.
const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// Claims that may contain the whole event, as JSON or as text.
const WHOLE: [&str; 4] = ["event", "payload", "body", "webhook_event"];

/// Compares the claims with the body.
pub(crate) fn check(claims: &Map<String, Value>, body: &[u8]) -> Result<Binding, Refusal> {
    if let Some(bound) = by_hash(claims, body)? {
        return Ok(bound);
    }
    // A body that repeats a member means different things to different readers, so it equals no claim.
    let event = json::value(body);
    for name in WHOLE {
        let Some(claim) = claims.get(name) else { continue };
        let (same, speaks) = match claim {
            Value::String(text) => {
                let same =
                    text.as_bytes() == body || json::value(text.as_bytes()).is_some_and(|claim| Some(claim) == event);
                (same, is_event_text(text))
            }
            Value::Object(inner) => (Some(claim) == event.as_ref(), is_event(inner)),
            other => (Some(other) == event.as_ref(), false),
        };
        if same {
            return Ok(Binding::Event);
        }
        if speaks && !body.is_empty() {
            return Err(mismatch(name));
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

/// Whether a text is an event. Repeated members do not change that: they only get it refused.
fn is_event_text(text: &str) -> bool {
    matches!(serde_json::from_str(text), Ok(Value::Object(members)) if is_event(&members))
}

/// A claim named as a hash of the body must be one; a hash under any other name counts if it is right. An unambiguous
/// name requires a right hash whatever the value is; null counts as missing.
fn by_hash(claims: &Map<String, Value>, body: &[u8]) -> Result<Option<Binding>, Refusal> {
    let hashes: [Vec<u8>; 3] =
        [Sha256::digest(body).to_vec(), Sha384::digest(body).to_vec(), Sha512::digest(body).to_vec()];
    let mut found = None;
    for (name, value) in claims {
        if REGISTERED.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        let readings = value.as_str().map(readings).unwrap_or_default();
        if readings.iter().any(|reading| hashes.contains(reading)) {
            found = Some(Binding::Hash);
        } else if is_body_hash_name(name)
            || (is_hash_name(name) && readings.iter().any(|reading| matches!(reading.len(), 32 | 48 | 64)))
        {
            return Err(mismatch(name));
        }
    }
    Ok(found)
}

/// `body_sha256`, `payloadHash`, `content-digest`: a word for the body with a word for a hash, or a hash alone.
fn is_hash_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let hash = ["sha256", "sha384", "sha512", "hash", "digest", "checksum"].iter().any(|word| plain.contains(word));
    let body =
        ["body", "payload", "content", "data", "event", "request", "message"].iter().any(|word| plain.contains(word));
    hash && (body || ["sha256", "sha384", "sha512", "hash", "digest"].contains(&plain.as_str()))
}

/// `body_sha256`, `payload-hash`, `requestBodyDigest`: consists only of words for the body, a hash and its encoding.
/// `body_hash_alg` does not, nor does a hash of another kind, such as `body_sha1`.
fn is_body_hash_name(name: &str) -> bool {
    const BODIES: [&str; 2] = ["payload", "body"];
    const HASHES: [&str; 6] = ["sha256", "sha384", "sha512", "digest", "hash", "sha"];
    const AROUND: [&str; 10] =
        ["webhook", "request", "content", "event", "http", "raw", "base64url", "base64", "b64", "hex"];
    let mut rest: String = name.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ')).collect();
    rest.make_ascii_lowercase();
    let mut take = |words: &[&str]| {
        let before = rest.len();
        for word in words {
            rest = rest.replace(word, "");
        }
        rest.len() < before
    };
    let (body, hash) = (take(&BODIES), take(&HASHES));
    take(&AROUND);
    body && hash && rest.is_empty()
}

/// The bytes that a text may stand for: hexadecimal, or base64 of either alphabet, with or without a name in front.
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
