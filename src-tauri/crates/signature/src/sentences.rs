//! One plain sentence, and two or three words, for each reason.

use crate::received::{Fault, Fields, shown};
use crate::wording::{distance, life, settled};
use crate::{KeyState, MatchedKey, Scheme, Text};

/// The words for a verdict.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) cause: Text,
    pub(crate) sentence: String,
}

impl Words {
    pub(crate) fn new(cause: impl Into<Text>, sentence: impl Into<String>) -> Self {
        Self { cause: cause.into(), sentence: sentence.into() }
    }
}

/// The sentence for a match.
pub(crate) fn verified(scheme: Scheme, key: &MatchedKey, now: i64) -> Words {
    let what = match scheme {
        Scheme::V1 => "v1 signature",
        Scheme::V1a => "v1a signature",
        Scheme::Jwt => "token",
    };
    match settled(key.state, now) {
        KeyState::Grace { .. } => {
            let left = life(key.state, now);
            Words::new(
                format!("old secret, {left}"),
                format!("Verified with the old secret {}, {left}: the {what} matches it.", key.hint),
            )
        }
        _ => {
            let mut sentence = String::with_capacity(64);
            sentence.push_str("Verified: the ");
            sentence.push_str(what);
            sentence.push_str(" matches ");
            sentence.push_str(&key.hint);
            sentence.push('.');
            Words::new("", sentence)
        }
    }
}

/// The reason and the words for the first faulty header.
pub(crate) fn header_fault(fields: &Fields<'_>) -> Option<(Text, Words)> {
    let (name, fault) =
        fields.named().into_iter().find_map(|(name, field)| field.fault().map(|fault| (name, fault)))?;
    Some(header_wrong(fields, name, fault))
}

/// The reason and the words for a fault in the header with this name.
pub(crate) fn header_wrong(fields: &Fields<'_>, name: &str, fault: Fault) -> (Text, Words) {
    let missing: Vec<&str> = fields
        .named()
        .into_iter()
        .filter(|(_, field)| field.fault() == Some(Fault::Missing))
        .map(|(name, _)| name)
        .collect();
    let (reason, words) = match fault {
        Fault::Missing => (
            format!("missing_header:{name}"),
            Words::new(
                format!("no {name}"),
                format!(
                    "Rejected: {} {} missing; a signed delivery carries webhook-id, webhook-timestamp and webhook-signature.{}",
                    listed(&missing),
                    if missing.len() == 1 { "is" } else { "are" },
                    instead_of(fields),
                ),
            ),
        ),
        Fault::Repeated => (
            format!("duplicate_header:{name}"),
            Words::new(
                format!("{name} repeated"),
                format!(
                    "Rejected: {name} came more than once, so it is unclear which one was signed; expected one line."
                ),
            ),
        ),
        Fault::Empty => (
            format!("empty_header:{name}"),
            Words::new(format!("{name} empty"), format!("Rejected: {name} is present but empty; expected a value.")),
        ),
    };
    (reason.into(), words)
}

/// What was found instead of a missing header.
fn instead_of(fields: &Fields<'_>) -> String {
    match (fields.lookalike, fields.svix) {
        (Some(name), _) => format!(" There is a header named {}; the name must be exact.", shown(name.as_bytes())),
        (None, true) => {
            " There are headers named svix-*, which the service does not send and which are not read.".to_owned()
        }
        (None, false) => String::new(),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(crate) fn invalid_timestamp() -> Words {
    Words::new(
        "timestamp not valid",
        "Rejected: webhook-timestamp is not whole Unix seconds in plain digits; a date, a fraction, a sign or a leading zero is not allowed.",
    )
}

/// `age` and `tolerance` are in seconds. Always states the whole distance, never by how much it exceeds the tolerance.
pub(crate) fn too_old(age: u64, tolerance: u64, signed: bool) -> Words {
    let tail = if signed { " The signature itself is right." } else { "" };
    let old = distance(age, tolerance);
    Words::new(
        format!("{old} old"),
        format!(
            "Rejected: it is {old} old; at most {tolerance} s is allowed: a late or replayed delivery, or a clock that is off.{tail}"
        ),
    )
}

/// The same for a time in the future.
pub(crate) fn too_new(ahead: u64, tolerance: u64, signed: bool) -> Words {
    let tail = if signed { " The signature itself is right." } else { "" };
    let ahead = distance(ahead, tolerance);
    Words::new(
        format!("{ahead} ahead"),
        format!(
            "Rejected: its time is {ahead} ahead of this clock; at most {tolerance} s is allowed: one of the two clocks is off, or the time is in milliseconds.{tail}"
        ),
    )
}

/// The words for a signature that was refused.
pub(crate) fn refused(reason: &str) -> Words {
    match reason {
        "no_matching_signature" => Words::new(
            "no match",
            "Rejected: no signature matches any key: the secret is a different one, or id, time or body were changed after signing.",
        ),
        "malformed_signature" => Words::new(
            "malformed signature",
            "Rejected: webhook-signature contains no well-formed signature; expected v1, or v1a, followed by padded base64, separated by spaces.",
        ),
        "unsupported_signature_version" => Words::new(
            "version not supported",
            "Rejected: the signature is of a version for which there is no key here; whsec_ secrets check v1, whpk_ keys and a JWKS check v1a.",
        ),
        "hmac_signature_with_jwks_endpoint" => Words::new(
            "v1, but keys are a JWKS",
            "Rejected: the delivery is signed with a shared secret (v1), and only the public keys of a JWKS are configured; add the webhook's whsec_ secret.",
        ),
        "jwt_signature_with_hmac_secret" => Words::new(
            "JWT, but only a secret",
            "Rejected: webhook-signature contains a JWT, as documented for dynamic webhooks, but only a shared secret is configured; add the JWKS.",
        ),
        "jwt_signature" => Words::new(
            "JWT, but no RSA key",
            "Rejected: webhook-signature contains a JWT, but the configured keys are Ed25519 keys, which only check v1a.",
        ),
        "no_usable_key" => Words::new(
            "no usable key",
            "Rejected: the JWKS has no usable Ed25519 key, so no key can confirm the v1a signature.",
        ),
        other => Words::new("refused", format!("Rejected: {other}.")),
    }
}
