//! Tokens: the signature scheme of Google's guide, a compact JWS in `webhook-signature`.
//!
//! The claims are assumptions, since nobody has published them. A plain token says nothing about the body; one that
//! contains the event does.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::ComposeError;
use crate::broken::Fault;
use crate::keys::{RsaKey, SigningKeys};
use crate::profile::Profile;

/// More than the leeway of 60 seconds.
const LONG_PAST: i64 = 360;
const NOT_BEFORE: i64 = 600;
const DAY: i64 = 24 * 60 * 60;

pub(super) fn sign(
    id: &str,
    now: i64,
    body: &[u8],
    keys: &SigningKeys,
    profile: &Profile,
    fault: Option<Fault>,
) -> Result<String, ComposeError> {
    let rsa = keys.rsa.as_ref().ok_or(ComposeError::NoKey("an RSA key is needed for a token"))?;
    let claims = claims(id, now, body, profile, fault);
    Ok(match fault {
        Some(Fault::AlgNone) => format!("{}.", unsigned(&json!({ "alg": "none", "typ": "JWT" }), &claims)),
        Some(Fault::PublicKeyAsSecret) => {
            let unsigned = unsigned(&json!({ "alg": "HS256", "typ": "JWT", "kid": rsa.kid() }), &claims);
            let tag = hmac(rsa.public_pem().as_bytes(), unsigned.as_bytes());
            format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(tag))
        }
        Some(Fault::UnknownKid) => {
            let strange = strange(keys)?;
            strange.sign(Some(strange.kid()), &claims)?
        }
        Some(Fault::MissingKid) => rsa.sign(None, &claims)?,
        Some(Fault::WrongRsaKey) => strange(keys)?.sign(Some(rsa.kid()), &claims)?,
        Some(Fault::TamperedClaims) => {
            let token = rsa.sign(Some(rsa.kid()), &claims)?;
            let mut later = claims;
            later["exp"] = json!(now.saturating_add(DAY));
            swap_claims(&token, &later)
        }
        _ => rsa.sign(Some(rsa.kid()), &claims)?,
    })
}

fn strange(keys: &SigningKeys) -> Result<&RsaKey, ComposeError> {
    keys.strange_rsa.as_deref().ok_or(ComposeError::NoKey("an RSA key that no receiver knows is needed"))
}

/// The claims of a plain token about the message with this id and body, issued at `now` (Unix seconds).
#[must_use]
pub fn token_claims(profile: &Profile, id: &str, now: i64, body: &[u8]) -> Value {
    claims(id, now, body, profile, None)
}

fn claims(id: &str, now: i64, body: &[u8], profile: &Profile, fault: Option<Fault>) -> Value {
    let (issued, expires) = match fault {
        Some(Fault::Expired) => {
            let expired = now.saturating_sub(LONG_PAST);
            (expired.saturating_sub(profile.token_lifetime), expired)
        }
        _ => (now, now.saturating_add(profile.token_lifetime)),
    };
    let mut claims = if profile.holds_event { event(body) } else { Map::new() };
    // Claims about the token win over members of the event with the same name.
    for (name, value) in [("iss", &profile.issuer), ("aud", &profile.audience)] {
        if !value.is_empty() {
            claims.insert(name.to_owned(), json!(value));
        }
    }
    claims.insert("iat".to_owned(), json!(issued));
    claims.insert("jti".to_owned(), json!(id));
    let mut claims = Value::Object(claims);
    if fault != Some(Fault::NoExpiry) {
        claims["exp"] = json!(expires);
    }
    match fault {
        Some(Fault::NotYetValid) => {
            claims["nbf"] = json!(now.saturating_add(NOT_BEFORE));
            claims["exp"] = json!(now.saturating_add(NOT_BEFORE).saturating_add(profile.token_lifetime));
        }
        Some(Fault::BoundToken | Fault::SwappedBody) => {
            let hash = digest::digest(&digest::SHA256, body);
            claims["body_sha256"] = json!(URL_SAFE_NO_PAD.encode(hash));
        }
        _ => {}
    }
    claims
}

/// The members of the event in a body; none if the body is not an object.
fn event(body: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(event)) => event,
        _ => Map::new(),
    }
}

/// `{header}.{claims}`.
fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The token with other claims, but the signature of the old ones.
fn swap_claims(token: &str, claims: &Value) -> String {
    let (header, rest) = token.split_once('.').unwrap_or_default();
    let (_, signature) = rest.split_once('.').unwrap_or_default();
    format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// HMAC-SHA256 with any bytes as the key.
pub(super) fn hmac(key: &[u8], content: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), content).as_ref().to_vec()
}
