//! Verification: the checks in their order, and the ladder that shows them.
//!
//! Order: headers present → timestamp syntax → tolerance → shape of the signature → its entries. The first one that
//! fails is the reason. The signature is checked all the same, so that the ladder can say that a stale delivery is
//! genuine.

use crate::ladder::{Ladder, Rung};
use crate::received::{Fault, Field, Fields, SIGNATURE as SIGNATURE_HEADER};
use crate::sentences::{self, Words};
use crate::standard::{self, Checked, Content, End};
use crate::timestamp::{TIME, Time};
use crate::tokens::{Shape, shape};
use crate::unchecked::{self, Hopeless};
use crate::{
    Jwks, Keyring, MatchedKey, Outcome, Policy, Received, Scheme, Secret, SecretError, Seen, StepStatus, Text, Verdict,
    Warning, jwt,
};

pub(crate) const HEADERS: Rung = ("headers", "Headers", "webhook-id, webhook-timestamp, webhook-signature, once each");
pub(crate) const SCHEME: Rung = ("scheme", "Scheme", "v1, v1a or a JWT for which there is a key");
const SIGNATURE: Rung = ("signature", "Signature", "one signature that matches a key");
const KEYS: Rung = ("keys", "Keys", "a whsec_ secret or a whpk_ public key");

/// A larger body exceeds what Standard Webhooks calls usual (SW-09).
const USUAL_BODY: usize = 20_480;

/// Checks one delivery. `now` is Unix seconds. Pure: the same arguments give the same verdict.
pub fn verify(received: &Received<'_>, keys: &Keyring, policy: &Policy, seen: &Seen, now: i64) -> Verdict {
    let fields = Fields::read(received.headers);
    let takes_tokens = |token: &[u8]| match &keys.jwks {
        Jwks::None => false,
        Jwks::Unavailable(_) => true,
        Jwks::Known(set) => jwt::may_check(set, token),
    };
    let value = match fields.signature {
        Field::One(value) => Some(value),
        _ => None,
    };
    let shape = value.map(|value| shape(value, tokens_only(keys)));
    match (value, shape) {
        (Some(token), Some(Shape::Token)) if takes_tokens(token) => {
            jwt::check(token, received, &fields, keys, policy, seen, now)
        }
        _ => standard(received, &fields, shape == Some(Shape::Token), keys, policy, seen, now),
    }
}

/// The verdict if the secret itself cannot be read: rejected, with the error's code as the reason.
pub fn refuse(error: &SecretError) -> Verdict {
    let mut ladder = Ladder::new(7);
    ladder.add(KEYS, StepStatus::Failed, error.to_string());
    ladder.skip_missing(&[HEADERS, TIME, SCHEME, SIGNATURE]);
    ladder.finish(false, None);
    Verdict {
        outcome: Outcome::Rejected,
        scheme: None,
        reason: error.code().into(),
        key: None,
        warnings: Vec::new(),
        diagnosis: None,
        steps: ladder.steps,
        cause: "secret not usable".into(),
        sentence: format!("Rejected: nothing can be checked. {error}"),
    }
}

/// Whether the keys can check JWTs and nothing else: all of them are RSA keys of a JWKS.
fn tokens_only(keys: &Keyring) -> bool {
    keys.closed
        && keys.secrets.is_empty()
        && matches!(&keys.jwks, Jwks::Known(set) if set.rsa().next().is_some() && set.ed25519().next().is_none())
}

/// Whether there is a key of some kind. If so, a time that is off is refused before a missing key is mentioned.
fn any_key(keys: &Keyring) -> bool {
    !keys.secrets.is_empty() || matches!(&keys.jwks, Jwks::Known(set) if !set.keys().is_empty())
}

fn standard(
    received: &Received<'_>,
    fields: &Fields<'_>,
    is_token: bool,
    keys: &Keyring,
    policy: &Policy,
    seen: &Seen,
    now: i64,
) -> Verdict {
    let mut ladder = Ladder::new(6);
    let mut refusal: Option<(Text, Words)> = None;
    headers(&mut ladder, fields, StepStatus::Failed);
    let header_fault = sentences::header_fault(fields);
    let headers_complete = header_fault.is_none();
    refusal = refusal.or(header_fault);
    let tokens_only = tokens_only(keys);

    let time = fields.timestamp.value().map(|value| (value, Time::read(value, now, policy.tolerance)));
    match time {
        Some((value, time)) => time.add_to(&mut ladder, value, policy.tolerance),
        None => ladder.skip_missing(&[TIME]),
    }

    let content = match (headers_complete, fields.id.value(), time) {
        (true, Some(id), Some((timestamp, time))) if time != Time::Invalid => {
            Some(Content { id, timestamp, body: received.body })
        }
        _ => None,
    };
    let checked = match fields.signature.value() {
        Some(_) if is_token => token_without_keys(keys),
        Some(value) => standard::check(value, content, keys, now),
        None => Checked {
            scheme: None,
            scheme_seen: (StepStatus::Skipped, "not reached".into()),
            signature_seen: (StepStatus::Skipped, "not reached".into()),
            end: End::Refused("malformed_signature"),
            warnings: Vec::new(),
        },
    };
    ladder.add(SCHEME, checked.scheme_seen.0, checked.scheme_seen.1);
    ladder.add(SIGNATURE, checked.signature_seen.0, checked.signature_seen.1);

    if tokens_only {
        // If only tokens can be checked, the other two headers were never needed: the fault is the scheme, or that the
        // signature cannot be recognised.
        match fields.signature {
            Field::Repeated => refusal = Some(sentences::header_wrong(fields, SIGNATURE_HEADER, Fault::Repeated)),
            Field::One(_) if matches!(checked.end, End::Refused(_)) => refusal = None,
            _ => {}
        }
    }
    let signed = matches!(checked.end, End::Matched(_));
    refusal = refusal.or_else(|| match time?.1 {
        Time::Near(_) => None,
        Time::Invalid => Some(("invalid_timestamp".into(), sentences::invalid_timestamp())),
        Time::TooOld(age) => Some(("timestamp_too_old".into(), sentences::too_old(age, policy.tolerance, signed))),
        Time::TooNew(ahead) => Some(("timestamp_too_new".into(), sentences::too_new(ahead, policy.tolerance, signed))),
    });

    let no_keys = keys.secrets.is_empty() && matches!(keys.jwks, Jwks::None);
    let unchecked = |reason: &'static str| {
        (Outcome::Unchecked, reason.into(), unchecked::words(reason, keys, Hopeless::read(fields, policy)), None)
    };
    let (outcome, reason, words, key) = match (checked.end, refusal) {
        _ if no_keys => {
            let reason =
                if matches!(checked.scheme, Some(Scheme::V1a | Scheme::Jwt)) { "no_jwks" } else { "no_secret" };
            unchecked(reason)
        }
        (End::NoKey(reason), _) if headers_complete && !any_key(keys) => unchecked(reason),
        (End::Matched(key), Some((reason, words))) => (Outcome::Rejected, reason, words, Some(key)),
        (_, Some((reason, words))) => (Outcome::Rejected, reason, words, None),
        (End::Matched(key), None) => {
            let words = sentences::verified(checked.scheme.unwrap_or(Scheme::V1), &key, now);
            (Outcome::Verified, "valid".into(), words, Some(key))
        }
        (End::Refused(reason), None) => (Outcome::Rejected, reason.into(), sentences::refused(reason), None),
        (End::NoKey(reason), None) => unchecked(reason),
    };

    let mut warnings = secret_warnings(keys, key.as_ref(), checked.scheme);
    warnings.extend(checked.warnings);
    if fields.id.value().is_some_and(|id| id.contains(&b'.')) {
        warnings.push(Warning::new(
            "id_contains_full_stop",
            "webhook-id contains a full stop: the same signature also fits another split of id, time and body.",
        ));
    }
    let verified = outcome == Outcome::Verified;
    let repeated = seen.message_id.then_some("this id was accepted before");
    about_delivery(&mut warnings, received, fields, verified && seen.message_id);
    ladder.finish(verified, repeated);
    Verdict {
        outcome,
        scheme: checked.scheme,
        reason,
        key,
        warnings,
        diagnosis: None,
        steps: ladder.steps,
        cause: words.cause,
        sentence: words.sentence,
    }
}

/// A JWT without a configured JWKS, or with one of Ed25519 keys only.
fn token_without_keys(keys: &Keyring) -> Checked {
    let hmac = keys.secrets.iter().any(|entry| matches!(entry.secret, Secret::Hmac(_)));
    let known = matches!(keys.jwks, Jwks::Known(_));
    let end = match known || keys.closed {
        true if known => End::Refused("jwt_signature"),
        true if hmac => End::Refused("jwt_signature_with_hmac_secret"),
        true => End::Refused("jwt_signature"),
        false => End::NoKey("no_jwks"),
    };
    Checked {
        scheme: Some(Scheme::Jwt),
        scheme_seen: match end {
            End::Refused(_) if known => (StepStatus::Failed, "a JWT, but the JWKS has only Ed25519 keys".into()),
            End::Refused(_) => (StepStatus::Failed, "a JWT".into()),
            _ => (StepStatus::Passed, "a JWT".into()),
        },
        signature_seen: (StepStatus::Skipped, "no key to check with".into()),
        end,
        warnings: Vec::new(),
    }
}

/// The rung of the headers; `fault` is what it shows if one of them is missing, repeated or empty.
pub(crate) fn headers(ladder: &mut Ladder, fields: &Fields<'_>, fault: StepStatus) {
    let faults: Vec<String> = fields
        .named()
        .into_iter()
        .filter_map(|(name, field)| {
            Some(match field.fault()? {
                Fault::Missing => format!("{name} is missing"),
                Fault::Repeated => format!("{name} came more than once"),
                Fault::Empty => format!("{name} is empty"),
            })
        })
        .collect();
    if faults.is_empty() {
        ladder.add(HEADERS, StepStatus::Passed, "webhook-id, webhook-timestamp, webhook-signature");
    } else {
        ladder.add(HEADERS, fault, faults.join(", "));
    }
}

/// The warnings of the secret that matched, or of all that were tried.
fn secret_warnings(keys: &Keyring, matched: Option<&MatchedKey>, scheme: Option<Scheme>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    for (index, entry) in keys.secrets.iter().enumerate() {
        let fits = match (&entry.secret, scheme) {
            (Secret::Hmac(_), Some(Scheme::V1a)) | (Secret::Ed25519(_), Some(Scheme::V1)) | (_, Some(Scheme::Jwt)) => {
                false
            }
            _ => matched.is_none_or(|key| key.index == index && key.id == entry.id),
        };
        if fits {
            for warning in entry.secret.known_warnings() {
                if !warnings.iter().any(|known| known.code == warning.code) {
                    warnings.push(warning.clone());
                }
            }
        }
    }
    warnings
}

/// What is odd about the delivery as such.
pub(crate) fn about_delivery(
    warnings: &mut Vec<Warning>,
    received: &Received<'_>,
    fields: &Fields<'_>,
    repeated: bool,
) {
    if received.body.len() > USUAL_BODY {
        warnings.push(Warning::new(
            "payload_over_20kb",
            "The body is larger than 20 kB, which is more than Standard Webhooks calls usual.",
        ));
    }
    if std::str::from_utf8(received.body).is_err() {
        warnings.push(Warning::new(
            "body_not_utf8",
            "The body is not UTF-8: the raw bytes are checked here, and several libraries refuse them.",
        ));
    }
    if fields.svix {
        warnings.push(Warning::new("svix_branded_headers", "There are also headers named svix-*; they are not read."));
    }
    if repeated {
        warnings.push(Warning::new(
            "duplicate_id",
            "This id was accepted before: a repeat, which a receiver should answer and not process again.",
        ));
    }
}
