//! A compact JWS in `webhook-signature`, as Google's guide documents for dynamic webhooks. It is checked step by step,
//! so that each step has its own reason (RFC 7515, RFC 7519, RFC 8725).

mod binding;
mod claims;
mod refusal;
pub(crate) mod token;

use jsonwebtoken::Algorithm;

use self::binding::Binding;
use self::refusal::Refusal;
use self::token::Token;
use crate::jwks::{Jwk, JwkMaterial, KeySet};
use crate::ladder::{Ladder, Rung};
use crate::received::{Fields, shown};
use crate::sentences::Words;
use crate::timestamp::{TIME, Time};
use crate::unchecked::{self, Hopeless};
use crate::verify::{SCHEME, about_delivery, headers};
use crate::{Jwks, Keyring, MatchedKey, Outcome, Policy, Received, Scheme, Seen, StepStatus, Text, Verdict, Warning};

const HEADER: Rung = ("jwt_header", "Token", "three base64url parts, an allowed alg, a kid, no crit");
const KEY: Rung = ("jwt_key", "Key", "an RSA key of the JWKS with that kid, at least 2048 bits");
const SIGNATURE: Rung = ("jwt_signature", "Signature", "a signature of that key over header and claims");
const CLAIMS: Rung = ("jwt_claims", "Claims", "not expired, and audience and issuer as configured");
const BODY: Rung = ("body_binding", "Body", "the event itself, or a hash of the body, in a claim");

/// How far a token got.
#[derive(Debug, Default)]
struct Progress {
    key: Option<MatchedKey>,
    warnings: Vec<Warning>,
    /// Unchecked, and why.
    no_key: Option<&'static str>,
    binding: Option<Binding>,
}

/// Whether these keys can check the token: not if all are Ed25519 keys and none of them is the one that it names.
pub(crate) fn may_check(set: &KeySet, token: &[u8]) -> bool {
    !set.is_ed25519_only() || Token::kid_of(token).is_some_and(|kid| set.by_kid(&kid).next().is_some())
}

/// Checks a delivery whose signature header is a token.
pub(crate) fn check(
    token: &[u8],
    received: &Received<'_>,
    fields: &Fields<'_>,
    keys: &Keyring,
    policy: &Policy,
    seen: &Seen,
    now: i64,
) -> Verdict {
    let mut ladder = Ladder::new(10);
    let mut progress = Progress::default();
    surroundings(&mut ladder, fields, policy, now, &mut progress.warnings);
    let result = climb(token, received.body, keys, policy, now, &mut ladder, &mut progress);
    ladder.skip_missing(&[HEADER, KEY, SIGNATURE, CLAIMS, BODY]);

    let (outcome, reason, words) = match (result, progress.no_key) {
        (_, Some(reason)) => {
            (Outcome::Unchecked, reason.into(), unchecked::words(reason, keys, Hopeless::read(fields, policy)))
        }
        (Err(refusal), None) => (Outcome::Rejected, refusal.reason, refusal.words),
        (Ok(()), None) => match progress.binding {
            Some(Binding::Event | Binding::Hash) => (Outcome::Verified, "valid".into(), verified(&progress)),
            _ => (Outcome::Unbound, "body_not_bound_to_token".into(), unbound(&progress)),
        },
    };
    let genuine = outcome.is_genuine();
    let repeated = seen.message_id || seen.token_id;
    about_delivery(&mut progress.warnings, received, fields, genuine && repeated);
    let words_for_repeat = match (seen.token_id, seen.message_id) {
        (true, _) => Some("a token with this jti was accepted before"),
        (false, true) => Some("this id was accepted before"),
        (false, false) => None,
    };
    ladder.finish(genuine, words_for_repeat);
    Verdict {
        outcome,
        scheme: Some(Scheme::Jwt),
        reason,
        key: if outcome == Outcome::Unchecked { None } else { progress.key },
        warnings: progress.warnings,
        diagnosis: None,
        steps: ladder.steps,
        cause: words.cause,
        sentence: words.sentence,
    }
}

/// The rungs before the token. A token's signature does not cover id and time, so they refuse nothing.
fn surroundings(ladder: &mut Ladder, fields: &Fields<'_>, policy: &Policy, now: i64, warnings: &mut Vec<Warning>) {
    headers(ladder, fields, StepStatus::Warned);
    let time = fields.timestamp.value().map(|value| Time::read(value, now, policy.tolerance));
    let (status, seen): (_, Text) = match time {
        None => (StepStatus::Skipped, "no webhook-timestamp; the token has times of its own".into()),
        Some(Time::Near(_)) => (StepStatus::Passed, "near, but not signed: the token has times of its own".into()),
        Some(_) => {
            warnings.push(Warning::new(
                "timestamp_outside_tolerance",
                "webhook-timestamp is not within the tolerance; a token does not sign it, so only the token's own times count.",
            ));
            (StepStatus::Warned, "not near, and not signed: the token has times of its own".into())
        }
    };
    ladder.add(TIME, status, seen);
}

fn hint(progress: &Progress) -> &str {
    progress.key.as_ref().map_or("the key", |key| key.hint.as_str())
}

fn verified(progress: &Progress) -> Words {
    Words::new("", format!("Verified: the token matches {} and holds this body.", hint(progress)))
}

fn unbound(progress: &Progress) -> Words {
    Words::new(
        "body not covered",
        format!(
            "Token genuine, body not covered: the token matches {}, but neither the event nor a hash of the body is among \
             its claims, so whoever had the token could have sent any body with it.",
            hint(progress)
        ),
    )
}

fn climb(
    text: &[u8],
    body: &[u8],
    keys: &Keyring,
    policy: &Policy,
    now: i64,
    ladder: &mut Ladder,
    progress: &mut Progress,
) -> Result<(), Refusal> {
    let set = match &keys.jwks {
        Jwks::Known(set) => set,
        none => {
            ladder.add(SCHEME, StepStatus::Passed, "a JWT");
            progress.no_key = Some(if matches!(none, Jwks::None) { "no_jwks" } else { "jwks_unavailable" });
            rung(ladder, HEADER, Token::read(text, &policy.jwt.algorithms))?;
            return Ok(());
        }
    };
    ladder.add(SCHEME, StepStatus::Passed, "a JWT");
    let token = rung(ladder, HEADER, Token::read(text, &policy.jwt.algorithms))?;
    ladder.add(HEADER, StepStatus::Passed, format!("alg {}, kid {}", token.algorithm, shown(token.kid.as_bytes())));
    let key = rung(ladder, KEY, find_key(&token, set, &mut progress.warnings))?;
    ladder.add(KEY, StepStatus::Passed, key.matched.hint.clone());
    rung(ladder, SIGNATURE, key.verify(&token))?;
    ladder.add(SIGNATURE, StepStatus::Passed, format!("matches {}", key.matched.hint));
    progress.key = Some(key.matched);
    let claims = rung(ladder, CLAIMS, claims::check(&token.payload, &policy.jwt, now, &mut progress.warnings))?;
    ladder.add(CLAIMS, StepStatus::Passed, claims::words(&claims, &policy.jwt, now));
    let binding = rung(ladder, BODY, binding::check(&claims, body))?;
    let (status, seen) = match binding {
        Binding::Event => (StepStatus::Passed, "the claims hold this event"),
        Binding::Hash => (StepStatus::Passed, "a claim holds the hash of this body"),
        Binding::None => (StepStatus::Warned, "no claim speaks of the body"),
    };
    ladder.add(BODY, status, seen);
    progress.binding = Some(binding);
    Ok(())
}

/// Adds a failed rung if a step ended in a refusal.
fn rung<T>(ladder: &mut Ladder, rung: Rung, result: Result<T, Refusal>) -> Result<T, Refusal> {
    if let Err(refusal) = &result {
        ladder.add(rung, StepStatus::Failed, refusal.seen.clone());
    }
    result
}

/// The key that the token's `kid` names.
struct Found<'a> {
    key: &'a jsonwebtoken::DecodingKey,
    matched: MatchedKey,
}

fn find_key<'a>(token: &Token, set: &'a KeySet, warnings: &mut Vec<Warning>) -> Result<Found<'a>, Refusal> {
    let usable = |jwk: &&Jwk| matches!(jwk.material(), JwkMaterial::Rsa(_)) && jwk.allows(&token.algorithm);
    let first = set.by_kid(&token.kid).find(usable).or_else(|| set.by_kid(&token.kid).next());
    let Some(jwk) = first else {
        return Err(Refusal::new(
            "unknown_kid",
            "unknown key",
            "the token names a key that the JWKS does not hold; if the service has changed its keys, the JWKS must be fetched again.",
            format!("no key {}", shown(token.kid.as_bytes())),
        ));
    };
    if set.by_kid(&token.kid).nth(1).is_some() {
        warnings.push(Warning::new(
            "jwks_duplicate_kid",
            "The JWKS holds several keys with this kid; the first of them that fits the token was tried.",
        ));
    }
    let not_usable = |why: String| {
        Refusal::new(
            "key_not_usable",
            "key not usable",
            format!("the key that the token names cannot check it: {why}."),
            why,
        )
    };
    match jwk.material() {
        JwkMaterial::Rsa(_) if !jwk.allows(&token.algorithm) => {
            Err(not_usable("the JWKS pins it to another alg".to_owned()))
        }
        JwkMaterial::Rsa(key) => Ok(Found { key: &key.decoding, matched: jwk.matched() }),
        JwkMaterial::SmallRsa(bits) => Err(Refusal::new(
            "key_too_small",
            "key too small",
            format!("the key that the token names has {bits} bits; at least 2048 are needed."),
            format!("{bits} bits"),
        )),
        JwkMaterial::Ed25519(_) => Err(not_usable("it is an Ed25519 key, not an RSA key".to_owned())),
        _ => Err(not_usable(jwk.unusable().unwrap_or_default())),
    }
}

impl Found<'_> {
    fn verify(&self, token: &Token) -> Result<(), Refusal> {
        if verifies(self.key, token) {
            return Ok(());
        }
        Err(Refusal::new(
            "bad_signature",
            "no match",
            "the token's signature does not match the key that it names: the token was changed, or signed by someone else.",
            format!("no match with {}", self.matched.hint),
        ))
    }
}

/// The bare signature check, with the back end's constant-time primitive.
pub(crate) fn verifies(key: &jsonwebtoken::DecodingKey, token: &Token) -> bool {
    let algorithm = match token.algorithm.as_str() {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        _ => return false,
    };
    jsonwebtoken::crypto::verify(&token.signature, token.signed.as_bytes(), key, algorithm).unwrap_or(false)
}

/// Whether the claims cover this body.
pub(crate) fn binds(claims: &serde_json::Map<String, serde_json::Value>, body: &[u8]) -> bool {
    matches!(binding::check(claims, body), Ok(Binding::Event | Binding::Hash))
}
