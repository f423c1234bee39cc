//! Composes a delivery: headers and body, signed, and broken on request. Pure except for the random bytes passed in.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use signature::{Scheme, Secret, sign};
use thiserror::Error;

use crate::broken::{self, Fault};
use crate::keys::SigningKeys;
use crate::payload::{self, Missing, SampleRequest};
use crate::profile::Profile;
use crate::random::{self, Random};

mod token;

pub use token::token_claims;

/// How far a stale or future delivery is off, in seconds: beyond the five minutes that receivers allow.
const OFF_BY: i64 = 360;

/// A delivery, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The message id that was signed, even if the delivery is sent without its header.
    pub id: String,
    /// Names in lower case and values, in order. The client adds `host` and `content-length`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body as it is sent.
    pub body: Vec<u8>,
    /// How often it is to be sent: 2 for a duplicate, otherwise 1.
    pub times: u32,
}

/// Why a sample could not be composed.
#[derive(Debug, Error)]
pub enum ComposeError {
    /// No such event type.
    #[error("There is no sample of the event type {0:?}.")]
    UnknownType(String),
    /// No such variant of the event type.
    #[error("The event type {event_type} has no variant {variant:?}.")]
    UnknownVariant {
        /// The event type.
        event_type: String,
        /// The requested variant.
        variant: String,
    },
    /// No such broken kind.
    #[error("There is no broken kind {0:?}.")]
    UnknownBroken(String),
    /// The broken kind does not exist for the scheme.
    #[error("The broken kind {kind} does not exist for the scheme {scheme}.")]
    WrongScheme {
        /// The broken kind.
        kind: &'static str,
        /// The requested scheme.
        scheme: &'static str,
    },
    /// There is no key to sign with.
    #[error("There is no key to sign with: {0}.")]
    NoKey(&'static str),
    /// The key could not sign.
    #[error("The sample could not be signed: {0}")]
    Sign(#[from] sign::SignError),
    /// The source of random bytes failed, or compression did.
    #[error("The sample could not be made: {0}.")]
    Io(#[from] io::Error),
}

/// A new message id in the service's form, `msg_` and a UUID.
///
/// # Errors
/// If `random` fails.
pub fn message_id(random: &Random) -> io::Result<String> {
    Ok(format!("msg_{}", new_uuid(random)?))
}

/// A new UUID, version 4.
///
/// # Errors
/// If `random` fails.
pub fn new_uuid(random: &Random) -> io::Result<String> {
    Ok(uuid::Builder::from_random_bytes(random::bytes(random)?).into_uuid().to_string())
}

/// A time in the form of a payload's `timestamp`: RFC 3339, in UTC, to the second. `now` is in Unix seconds.
#[must_use]
pub fn time_text(now: i64) -> String {
    Timestamp::from_second(now).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// Composes the delivery of a sample with the message id `id` at `now` (Unix seconds).
///
/// # Errors
/// If the request names something that does not exist, or the key it needs is missing.
pub fn compose(
    request: &SampleRequest,
    keys: &SigningKeys,
    profile: &Profile,
    id: &str,
    now: i64,
    random: &Random,
) -> Result<Prepared, ComposeError> {
    let fault = fault_of(request)?;
    let payload = payload_of(request, fault, now, random)?;
    let signed = signed_body(&payload, fault)?;
    let mut draft = Draft {
        id: if fault == Some(Fault::DottedId) { id.replacen('_', ".", 1) } else { id.to_owned() },
        time: match fault {
            Some(Fault::Stale) => now.saturating_sub(OFF_BY),
            Some(Fault::Future) => now.saturating_add(OFF_BY),
            Some(Fault::Milliseconds) => now.saturating_mul(1000),
            _ => now,
        },
        content_type: if fault == Some(Fault::NotJson) {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        },
        signature: String::new(),
    };
    draft.signature = match request.scheme {
        Scheme::V1 => v1(&draft, &signed, keys, fault, random)?,
        Scheme::V1a => v1a(&draft, &signed, keys, fault, random)?,
        Scheme::Jwt => token::sign(&draft.id, now, &signed, keys, profile, fault)?,
    };
    draft.signature = spoilt(draft.signature, fault);
    let body = sent_body(signed, payload, fault)?;
    Ok(Prepared {
        id: draft.id.clone(),
        headers: headers(draft, profile, fault, now),
        body,
        times: if fault == Some(Fault::Duplicate) { 2 } else { 1 },
    })
}

struct Draft {
    id: String,
    time: i64,
    content_type: &'static str,
    signature: String,
}

fn fault_of(request: &SampleRequest) -> Result<Option<Fault>, ComposeError> {
    let Some(id) = request.broken.as_deref() else {
        return Ok(None);
    };
    let kind = broken::find(id).ok_or_else(|| ComposeError::UnknownBroken(id.to_owned()))?;
    if !kind.schemes.contains(&request.scheme) {
        return Err(ComposeError::WrongScheme {
            kind: kind.id,
            scheme: match request.scheme {
                Scheme::V1 => "v1",
                Scheme::V1a => "v1a",
                Scheme::Jwt => "jwt",
            },
        });
    }
    Ok(Some(kind.fault))
}

fn payload_of(request: &SampleRequest, fault: Option<Fault>, now: i64, random: &Random) -> Result<Value, ComposeError> {
    let event_type = request.event_type.as_str();
    let variant = payload::find(event_type, request.variant.as_deref()).map_err(|missing| match missing {
        Missing::Type => ComposeError::UnknownType(event_type.to_owned()),
        Missing::Variant => ComposeError::UnknownVariant {
            event_type: event_type.to_owned(),
            variant: request.variant.clone().unwrap_or_default(),
        },
    })?;
    let mut payload = payload::build(event_type, variant, now, random)?;
    match fault {
        Some(Fault::UnknownType) => {
            let id = random::id_text(random, 12)?;
            payload = payload::envelope("audio.generated", now, json!({ "id": id, "file_uri": format!("files/{id}") }));
        }
        Some(Fault::LaunchType) => payload["type"] = json!("batch.completed"),
        Some(Fault::Large) => payload["data"]["user_metadata"] = json!({ "note": "x".repeat(24 * 1024) }),
        _ => {}
    }
    Ok(payload)
}

/// The bytes that the signature covers: compact JSON, as the service sends it.
fn signed_body(payload: &Value, fault: Option<Fault>) -> Result<Vec<u8>, ComposeError> {
    if fault == Some(Fault::NotJson) {
        let id = payload["data"]["id"].as_str().unwrap_or_default();
        return Ok(format!("event=done&id={id}").into_bytes());
    }
    let mut body = payload.to_string().into_bytes();
    if fault == Some(Fault::NotUtf8) {
        // `"note":"café"` in Latin-1, before the last brace.
        body.pop();
        body.extend_from_slice(b",\"note\":\"caf\xe9\"}");
    }
    Ok(body)
}

/// The bytes that are sent.
fn sent_body(mut signed: Vec<u8>, mut payload: Value, fault: Option<Fault>) -> Result<Vec<u8>, ComposeError> {
    Ok(match fault {
        Some(Fault::Tampered | Fault::SwappedBody) => {
            let id = payload["data"]["id"].as_str().unwrap_or_default().to_owned();
            payload["data"]["id"] = json!(format!("{id}0"));
            payload.to_string().into_bytes()
        }
        Some(Fault::Reserialised) => spaced(&payload).into_bytes(),
        Some(Fault::TrailingNewline) => {
            signed.push(b'\n');
            signed
        }
        Some(Fault::ByteOrderMark) => [b"\xef\xbb\xbf", signed.as_slice()].concat(),
        Some(Fault::Gzip) => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&signed)?;
            encoder.finish()?
        }
        _ => signed,
    })
}

/// JSON with a space after each comma and colon, as Python's `json.dumps` writes it.
#[must_use]
pub fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let members: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), spaced(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn v1(
    draft: &Draft,
    body: &[u8],
    keys: &SigningKeys,
    fault: Option<Fault>,
    random: &Random,
) -> Result<String, ComposeError> {
    let text = keys.secret.as_deref().ok_or(ComposeError::NoKey("a whsec_ secret is needed for v1"))?;
    let secret = |text: &str| match Secret::parse(text) {
        Ok(secret @ Secret::Hmac(_)) => Ok(secret),
        _ => Err(ComposeError::NoKey("the secret given is not a whsec_ secret")),
    };
    // The bytes of a text as a key.
    let keyed_with = |text: &str| secret(&format!("whsec_{}", STANDARD.encode(text)));
    let sign = |secret: &Secret| sign::v1(secret, &draft.id, draft.time, body);
    Ok(match fault {
        Some(Fault::WrongKey) => sign(&secret(&Secret::generate(random::bytes(random)?))?),
        Some(Fault::UndecodedSecret) => sign(&keyed_with(text.strip_prefix("whsec_").unwrap_or(text))?),
        Some(Fault::PrefixKept) => sign(&keyed_with(text)?),
        Some(Fault::BodyOnly) => {
            let bytes = STANDARD
                .decode(text.strip_prefix("whsec_").unwrap_or(text))
                .map_err(|_| ComposeError::NoKey("the secret given is not base64"))?;
            format!("v1,{}", STANDARD.encode(token::hmac(&bytes, body)))
        }
        Some(Fault::TwoSignatures) => {
            let old = secret(&Secret::generate(random::bytes(random)?))?;
            format!("{} {}", sign(&old), sign(&secret(text)?))
        }
        _ => sign(&secret(text)?),
    })
}

fn v1a(
    draft: &Draft,
    body: &[u8],
    keys: &SigningKeys,
    fault: Option<Fault>,
    random: &Random,
) -> Result<String, ComposeError> {
    let seed = keys.seeds.first().ok_or(ComposeError::NoKey("an Ed25519 key is needed for v1a"))?;
    let sign = |seed: &[u8; 32]| sign::v1a(seed, &draft.id, draft.time, body);
    Ok(match fault {
        Some(Fault::WrongKey) => sign(&random::bytes(random)?),
        Some(Fault::TwoSignatures) => format!("{} {}", sign(&random::bytes(random)?), sign(seed)),
        _ => sign(seed),
    })
}

/// Faults in the text of the signature.
fn spoilt(mut signature: String, fault: Option<Fault>) -> String {
    match fault {
        Some(Fault::Garbage) => "these words are no signature".to_owned(),
        Some(Fault::Truncated) => {
            signature.truncate(signature.len().saturating_sub(4));
            signature
        }
        Some(Fault::Hex) => {
            let bytes = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("v1,{hex}")
        }
        Some(Fault::OtherVersion) => {
            let (_, value) = signature.split_once(',').unwrap_or_default();
            format!("v2,{value}")
        }
        _ => signature,
    }
}

fn headers(draft: Draft, profile: &Profile, fault: Option<Fault>, now: i64) -> Vec<(String, Vec<u8>)> {
    let prefix = if fault == Some(Fault::SvixNames) { "svix" } else { "webhook" };
    let time = if fault == Some(Fault::IsoTime) { time_text(now) } else { draft.time.to_string() };
    let mut headers = vec![
        ("content-type".to_owned(), draft.content_type.to_owned()),
        ("user-agent".to_owned(), profile.user_agent.clone()),
    ];
    if fault == Some(Fault::Gzip) {
        headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
    }
    if fault != Some(Fault::NoId) {
        headers.push((format!("{prefix}-id"), draft.id));
    }
    if fault != Some(Fault::NoTime) {
        headers.push((format!("{prefix}-timestamp"), time));
    }
    if fault == Some(Fault::RepeatedTime) {
        headers.push((format!("{prefix}-timestamp"), draft.time.saturating_add(1).to_string()));
    }
    if fault != Some(Fault::NoSignature) {
        headers.push((format!("{prefix}-signature"), draft.signature));
    }
    headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect()
}
