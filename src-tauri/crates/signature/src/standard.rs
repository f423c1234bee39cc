//! `v1` and `v1a`: HMAC-SHA256 and Ed25519 over `{id}.{timestamp}.{body}` (SW-14, SW-18, SW-21).

use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::tokens::{Entry, Malformed, entries, has_extra_space};
use crate::wording::{key as key_words, settled};
use crate::{Jwks, KeyState, Keyring, MatchedKey, Scheme, Secret, SecretKey, StepStatus, Text, Warning};

/// The most Ed25519 verifications that one delivery may cost: a hostile header contains hundreds of entries.
const MOST_ED25519: usize = 128;

/// The signed content in its parts: they are never copied together for hashing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) timestamp: &'a [u8],
    pub(crate) body: &'a [u8],
}

impl Content<'_> {
    fn parts(&self) -> [&[u8]; 5] {
        [self.id, b".", self.timestamp, b".", self.body]
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.parts().concat()
    }
}

/// HMAC-SHA256 over consecutive parts.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}

/// The scheme and signature rungs, and the result of the signature check.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) scheme: Option<Scheme>,
    pub(crate) scheme_seen: (StepStatus, Text),
    pub(crate) signature_seen: (StepStatus, Text),
    pub(crate) end: End,
    pub(crate) warnings: Vec<Warning>,
}

/// The result of the signature check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Matched(MatchedKey),
    /// There was a key to check with.
    Refused(&'static str),
    /// There was no key.
    NoKey(&'static str),
}

/// The entries of the header by kind.
#[derive(Debug, Default)]
struct Tally {
    v1: Vec<[u8; 32]>,
    v1a: Vec<[u8; 64]>,
    /// Entries of the version, well formed or not.
    v1_labels: usize,
    v1a_labels: usize,
    malformed: usize,
    trailing_comma: bool,
    unknown: usize,
}

impl Tally {
    fn of(value: &[u8]) -> Self {
        let mut tally = Self::default();
        for (text, entry) in entries(value) {
            match entry {
                Entry::V1(bytes) => {
                    tally.v1.push(bytes);
                    tally.v1_labels += 1;
                }
                Entry::V1a(bytes) => {
                    tally.v1a.push(bytes);
                    tally.v1a_labels += 1;
                }
                Entry::Unknown => tally.unknown += 1,
                Entry::Malformed(kind) => {
                    match kind {
                        Malformed::TrailingComma => tally.trailing_comma = true,
                        Malformed::V1 | Malformed::V1a | Malformed::Other => tally.malformed += 1,
                    }
                    tally.v1_labels += usize::from(kind == Malformed::V1 || text.starts_with(b"v1,"));
                    tally.v1a_labels += usize::from(kind == Malformed::V1a || text.starts_with(b"v1a,"));
                }
            }
        }
        tally
    }

    fn scheme(&self) -> Option<Scheme> {
        match (self.v1_labels, self.v1a_labels) {
            (0, 0) => None,
            (0, _) => Some(Scheme::V1a),
            _ => Some(Scheme::V1),
        }
    }

    fn words(&self) -> Text {
        match (self.v1_labels, self.v1a_labels) {
            (0, 0) if self.unknown > 0 => "an unknown version".into(),
            (0, 0) => "no version,signature entry".into(),
            (1, 0) => "v1, HMAC-SHA256, 1 signature".into(),
            (0, 1) => "v1a, Ed25519, 1 signature".into(),
            (n, 0) => format!("v1, HMAC-SHA256, {n} signatures").into(),
            (0, n) => format!("v1a, Ed25519, {n} signatures").into(),
            (n, m) => format!("v1 and v1a, {n} and {m} signatures").into(),
        }
    }
}

/// Checks a list of signatures. Without content (no usable id or timestamp) it only determines the scheme.
pub(crate) fn check(value: &[u8], content: Option<Content<'_>>, keys: &Keyring, now: i64) -> Checked {
    let tally = Tally::of(value);
    let mut warnings = Vec::new();
    if has_extra_space(value) {
        warnings.push(Warning::new(
            "signature_extra_whitespace",
            "There is white space around the signatures that separates nothing.",
        ));
    }
    let matched = content.and_then(|content| find(&tally, content, keys, now, &mut warnings));
    let scheme = matched.as_ref().map(|(scheme, _)| *scheme).or_else(|| tally.scheme());
    let end = match matched {
        Some((_, key)) => {
            if tally.malformed > 0 {
                warnings.push(Warning::new(
                    "malformed_signature_token",
                    "Another entry of the signature list is malformed and was skipped.",
                ));
            }
            if tally.trailing_comma {
                warnings.push(Warning::new(
                    "signature_list_comma_joined",
                    "The signature list is joined by commas, as a proxy merges header lines; it must be joined by spaces.",
                ));
            }
            End::Matched(key)
        }
        None => refusal(&tally, keys),
    };
    let comparable = !tally.v1.is_empty() || !tally.v1a.is_empty();
    let known = tally.v1_labels + tally.v1a_labels > 0;
    let scheme_status = match &end {
        End::Refused("malformed_signature" | "unsupported_signature_version" | "hmac_signature_with_jwks_endpoint") => {
            StepStatus::Failed
        }
        End::NoKey(_) if !comparable => StepStatus::Failed,
        _ if known => StepStatus::Passed,
        _ => StepStatus::Failed,
    };
    let signature_seen = signature_words(&end, &tally, content.is_some(), keys, now);
    Checked { scheme, scheme_seen: (scheme_status, tally.words()), signature_seen, end, warnings }
}

/// The first key that matches an entry.
fn find(
    tally: &Tally,
    content: Content<'_>,
    keys: &Keyring,
    now: i64,
    warnings: &mut Vec<Warning>,
) -> Option<(Scheme, MatchedKey)> {
    if !tally.v1.is_empty() {
        for (index, entry) in live(keys, now) {
            let Secret::Hmac(hmac) = &entry.secret else { continue };
            let Some(mac) = hmac_sha256(hmac.key(), &content.parts()) else { continue };
            if tally.v1.iter().any(|given| bool::from(given.ct_eq(&mac))) {
                return Some((Scheme::V1, matched(index, entry)));
            }
        }
    }
    if tally.v1a.is_empty() {
        return None;
    }
    let content = content.bytes();
    let mut left = MOST_ED25519;
    let mut signs = |key: &VerifyingKey| {
        tally.v1a.iter().any(|given| {
            let within = left > 0;
            left = left.saturating_sub(1);
            within && verifies(key, &content, given)
        })
    };
    for (index, entry) in live(keys, now) {
        let Secret::Ed25519(public) = &entry.secret else { continue };
        if signs(public.key()) {
            return Some((Scheme::V1a, matched(index, entry)));
        }
    }
    let Jwks::Known(set) = &keys.jwks else { return None };
    if set.bad_ed25519() > 0 && set.ed25519().next().is_some() {
        warnings.push(Warning::new(
            "jwks_unusable_key_skipped",
            "The JWKS contains an unusable Ed25519 key; it was skipped.",
        ));
    }
    let found = set.ed25519().find(|(_, key)| signs(key));
    found.map(|(jwk, _)| (Scheme::V1a, jwk.matched()))
}

/// Strict verification: weak keys and signatures that are not canonical are refused.
pub(crate) fn verifies(key: &VerifyingKey, content: &[u8], signature: &[u8; 64]) -> bool {
    !key.is_weak() && key.verify_strict(content, &Signature::from_bytes(signature)).is_ok()
}

/// The secrets that may verify now, with their positions.
fn live(keys: &Keyring, now: i64) -> impl Iterator<Item = (usize, &SecretKey)> {
    let accepted = move |entry: &SecretKey| !matches!(settled(entry.state, now), KeyState::Expired { .. });
    keys.secrets.iter().enumerate().filter(move |(_, entry)| accepted(entry))
}

pub(crate) fn matched(index: usize, entry: &SecretKey) -> MatchedKey {
    MatchedKey { id: entry.id.clone(), index, hint: entry.secret.hint(), state: entry.state }
}

fn has_hmac(keys: &Keyring) -> bool {
    keys.secrets.iter().any(|entry| matches!(entry.secret, Secret::Hmac(_)))
}

fn has_public(keys: &Keyring) -> bool {
    keys.secrets.iter().any(|entry| matches!(entry.secret, Secret::Ed25519(_)))
}

/// Why nothing matched.
fn refusal(tally: &Tally, keys: &Keyring) -> End {
    let (hmac, public) = (has_hmac(keys), has_public(keys));
    // An entry that was compared and does not match stays refused, whatever else is in the list.
    let compared = (hmac && !tally.v1.is_empty()) || (public && !tally.v1a.is_empty());
    if !compared && !tally.v1a.is_empty() && matches!(keys.jwks, Jwks::Unavailable(_)) {
        return End::NoKey("jwks_unavailable");
    }
    let (v1, v1a) = (tally.v1_labels > 0, tally.v1a_labels > 0);
    let tried_v1 = v1 && hmac;
    let tried_v1a = v1a && (public || matches!(keys.jwks, Jwks::Known(_)));
    if tried_v1 || tried_v1a {
        let usable = public || matches!(&keys.jwks, Jwks::Known(set) if set.ed25519().next().is_some());
        return End::Refused(match () {
            () if !tried_v1 && !usable => "no_usable_key",
            () if (tried_v1 && !tally.v1.is_empty()) || (tried_v1a && !tally.v1a.is_empty()) => "no_matching_signature",
            () => "malformed_signature",
        });
    }
    match (v1, v1a) {
        (true, _) if !keys.closed => End::NoKey("no_secret"),
        (true, _) if public => End::Refused("unsupported_signature_version"),
        (true, _) => End::Refused("hmac_signature_with_jwks_endpoint"),
        (false, true) if matches!(keys.jwks, Jwks::Unavailable(_)) => End::NoKey("jwks_unavailable"),
        (false, true) if !keys.closed => End::NoKey("no_jwks"),
        (false, true) => End::Refused("unsupported_signature_version"),
        _ if tally.malformed == 0 && !tally.trailing_comma && tally.unknown > 0 => {
            End::Refused("unsupported_signature_version")
        }
        _ => End::Refused("malformed_signature"),
    }
}

fn signature_words(end: &End, tally: &Tally, complete: bool, keys: &Keyring, now: i64) -> (StepStatus, Text) {
    match end {
        End::Matched(key) => (StepStatus::Passed, format!("matches {}", key_words(key, now)).into()),
        _ if !complete => (StepStatus::Skipped, "not reached".into()),
        End::NoKey(_) => (StepStatus::Skipped, "no key to check with".into()),
        End::Refused("no_matching_signature") => {
            (StepStatus::Failed, format!("no match with {}", tried(tally, keys, now)).into())
        }
        End::Refused("no_usable_key") => (StepStatus::Failed, "the JWKS has no usable Ed25519 key".into()),
        End::Refused(_) => (StepStatus::Skipped, "no signature that could be checked".into()),
    }
}

/// `2 secrets …a91f (current), …77c2 (3 h left)`, `3 keys of the JWKS`.
fn tried(tally: &Tally, keys: &Keyring, now: i64) -> String {
    const SHOWN: usize = 4;
    let fits = |secret: &Secret| match secret {
        Secret::Hmac(_) => !tally.v1.is_empty(),
        Secret::Ed25519(_) => !tally.v1a.is_empty(),
    };
    let words: Vec<String> = live(keys, now)
        .filter(|(_, entry)| fits(&entry.secret))
        .map(|(index, entry)| key_words(&matched(index, entry), now))
        .collect();
    let mut parts = Vec::new();
    match words.len() {
        0 => {}
        1 => parts.push(format!("secret {}", words[0])),
        n if n <= SHOWN => parts.push(format!("{n} secrets {}", words.join(", "))),
        n => parts.push(format!("{n} secrets {} and {} more", words[..SHOWN].join(", "), n - SHOWN)),
    }
    if let (false, Jwks::Known(set)) = (tally.v1a.is_empty(), &keys.jwks) {
        match set.ed25519().count() {
            1 => parts.push("the key of the JWKS".to_owned()),
            n => parts.push(format!("{n} keys of the JWKS")),
        }
    }
    if parts.is_empty() { "any secret: all have expired".to_owned() } else { parts.join(" and ") }
}
