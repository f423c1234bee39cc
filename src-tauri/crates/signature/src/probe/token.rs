//! Near misses of a JWT.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::bodies::each_form;
use super::{MOST_BODY, MOST_TRIALS, words};
use crate::jwks::{KeySet, RsaKey};
use crate::jwt::token::{Parts, Token};
use crate::jwt::{binds, verifies};
use crate::standard::hmac_sha256;
use crate::{Diagnosis, Jwks, Keyring, MatchedKey, Policy, Verdict};

pub(super) fn probe(
    value: &[u8],
    body: &[u8],
    keys: &Keyring,
    policy: &Policy,
    now: i64,
    verdict: &Verdict,
    out_of_time: &mut dyn FnMut() -> bool,
) -> Option<Diagnosis> {
    let parts = Parts::read(value).ok()?;
    let set = match &keys.jwks {
        Jwks::Known(set) => Some(&**set),
        _ => None,
    };
    let away = |claim| distance(&parts.payload, claim, now);
    match &*verdict.reason {
        "alg_none" => Some(none()),
        "alg_not_allowed" => hmac(&parts, set?, out_of_time),
        "expired" => Some(words::stale_token(verdict.key.clone()?, away("exp")?)),
        "not_yet_valid" => Some(words::future(verdict.key.clone()?, away("nbf")?, policy.jwt.leeway)),
        "issued_in_future" => Some(words::future(verdict.key.clone()?, away("iat")?, policy.jwt.leeway)),
        "bad_signature" | "unknown_kid" | "key_not_usable" => other_key(value, set?, policy, out_of_time),
        "body_mismatch" => other_body(&parts, body, verdict.key.clone(), out_of_time),
        _ => None,
    }
}

fn none() -> Diagnosis {
    Diagnosis {
        code: "jwt_alg_none".to_owned(),
        finding: "The token's header says alg none, so there is no signature that could match.".to_owned(),
        fix: "Refuse it, and check that your own receiver does: its list of allowed algorithms must be fixed, never taken from the token."
            .to_owned(),
        key: None,
    }
}

/// The seconds between a claim and now.
fn distance(payload: &[u8], claim: &str, now: i64) -> Option<u64> {
    let claims: Value = serde_json::from_slice(payload).ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "a rough figure for a sentence")]
    let time = claims.get(claim)?.as_f64()? as i64;
    Some(time.abs_diff(now))
}

/// HS256 with something public as the secret (CVE-2015-9235), or with nothing.
fn hmac(parts: &Parts<'_>, set: &KeySet, out_of_time: &mut dyn FnMut() -> bool) -> Option<Diagnosis> {
    if parts.header.get("alg").and_then(Value::as_str) != Some("HS256") {
        return None;
    }
    let given = URL_SAFE_NO_PAD.decode(parts.signature).ok()?;
    let signed = parts.signed().as_bytes();
    let matches = |key: &[u8]| hmac_sha256(key, &[signed]).is_some_and(|mac| bool::from(given.ct_eq(&mac)));
    for (jwk, key) in set.rsa() {
        if out_of_time() {
            return None;
        }
        if spellings(key).iter().any(|spelling| matches(spelling)) {
            let matched = jwk.matched();
            return Some(Diagnosis {
                code: "jwt_hs256_with_public_key".to_owned(),
                finding: format!("The signature matches HMAC-SHA256 with the public key {} as the secret.", matched.hint),
                fix: "This is an attack on receivers that let the token choose the algorithm: allow RS256 alone, and never hand a public key to an HMAC."
                    .to_owned(),
                key: Some(matched),
            });
        }
    }
    matches(b"").then(|| Diagnosis {
        code: "jwt_hs256_with_empty_key".to_owned(),
        finding: "The signature matches HMAC-SHA256 with an empty secret.".to_owned(),
        fix: "Anyone can make this token: allow RS256 alone.".to_owned(),
        key: None,
    })
}

/// A public key in the forms in which it is commonly found: PEM with and without the last newline, DER, the modulus.
fn spellings(key: &RsaKey) -> Vec<Vec<u8>> {
    let integer = |number: &[u8]| {
        let sign = number.first().is_some_and(|first| first & 0x80 != 0);
        let mut bytes = vec![0; usize::from(sign)];
        bytes.extend_from_slice(number);
        der(0x02, &bytes)
    };
    // RFC 8017, A.1.1, and RFC 5280, 4.1 (the object identifier is rsaEncryption).
    const RSA_ENCRYPTION: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let pkcs1 = der(0x30, &[integer(&key.n), integer(&key.e)].concat());
    let bits = der(0x03, &[&[0], &pkcs1[..]].concat());
    let spki = der(0x30, &[&RSA_ENCRYPTION[..], &bits].concat());
    let mut spellings = Vec::new();
    for (label, bytes) in [("PUBLIC KEY", &spki), ("RSA PUBLIC KEY", &pkcs1)] {
        let pem = pem(label, bytes);
        spellings.push(pem.trim_end().as_bytes().to_vec());
        spellings.push(pem.replace('\n', "\r\n").into_bytes());
        spellings.push(STANDARD.encode(bytes).into_bytes());
        spellings.push(bytes.clone());
        spellings.push(pem.into_bytes());
    }
    spellings.push(URL_SAFE_NO_PAD.encode(&key.n).into_bytes());
    spellings.push(key.n.clone());
    spellings
}

/// One DER element. Lengths here are below 65,536.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let [.., high, low] = length;
    let mut element = vec![tag];
    match content.len() {
        0..=0x7f => element.push(low),
        0x80..=0xff => element.extend([0x81, low]),
        _ => element.extend([0x82, high, low]),
    }
    element.extend_from_slice(content);
    element
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

/// Another key in the JWKS than the one that the token names.
fn other_key(value: &[u8], set: &KeySet, policy: &Policy, out_of_time: &mut dyn FnMut() -> bool) -> Option<Diagnosis> {
    const MOST_KEYS: usize = 32;
    let token = Token::read(value, &policy.jwt.algorithms).ok()?;
    for (jwk, key) in set.rsa().take(MOST_KEYS) {
        if out_of_time() {
            return None;
        }
        if verifies(&key.decoding, &token) {
            let matched = jwk.matched();
            return Some(Diagnosis {
                code: "jwt_other_key".to_owned(),
                finding: format!("The signature matches {} at place {} of the JWKS, not the key that the token names.", matched.hint, matched.index),
                fix: "Likely cause: a JWKS that holds one kid twice, or a sender that writes the wrong kid. A receiver takes the key that the token names."
                    .to_owned(),
                key: Some(matched),
            });
        }
    }
    None
}

/// Another form of the body whose hash, or whose event, is in the claims.
fn other_body(
    parts: &Parts<'_>,
    body: &[u8],
    key: Option<MatchedKey>,
    out_of_time: &mut dyn FnMut() -> bool,
) -> Option<Diagnosis> {
    if body.len() > MOST_BODY {
        return None;
    }
    let claims: Value = serde_json::from_slice(&parts.payload).ok()?;
    let claims = claims.as_object()?;
    let (mut found, mut left) = (None, MOST_TRIALS);
    let _ = each_form(body, &mut |form, bytes| {
        left -= 1;
        if left == 0 || out_of_time() {
            return ControlFlow::Break(());
        }
        if binds(claims, bytes) {
            found = Some(form);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    let form = found?;
    Some(Diagnosis {
        code: form.code.to_owned(),
        finding: format!("The token's claims match {}{}.", form.words(), words::sizes(form.len, body.len())),
        fix: words::body_fix(&form).to_owned(),
        key,
    })
}
