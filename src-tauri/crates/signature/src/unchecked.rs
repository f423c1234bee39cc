//! The words when there was no key to check with: which key would help, and when none can.

use crate::jwt::token::Token;
use crate::received::Fields;
use crate::sentences::{self, Words};
use crate::tokens::{Entry, Shape, entries, shape};
use crate::{Jwks, Keyring, Policy, timestamp};

/// A fault that no key can fix: the delivery would be rejected with any key.
#[derive(Debug)]
pub(crate) struct Hopeless {
    cause: String,
    /// What is wrong, to follow `Unchecked: `.
    what: String,
}

impl Hopeless {
    /// What `Rejected: …` would say of a delivery with this fault.
    fn of(refusal: &Words) -> Self {
        let what = refusal.sentence.strip_prefix("Rejected: ").unwrap_or(&refusal.sentence);
        Self { cause: refusal.cause.clone().into_owned(), what: what.trim_end_matches('.').to_owned() }
    }

    /// Faults in the headers that would defeat any key. Not a time that is merely off: that depends on the tolerance,
    /// and a key would still show whether the delivery is genuine.
    pub(crate) fn read(fields: &Fields<'_>, policy: &Policy) -> Option<Self> {
        let value = fields.signature.value();
        if let Some(token) = value.filter(|value| shape(value, false) == Shape::Token) {
            return Token::read(token, &policy.jwt.algorithms).err().map(|refusal| Self::of(&refusal.words));
        }
        if let Some((_, words)) = sentences::header_fault(fields) {
            return Some(Self::of(&words));
        }
        if fields.timestamp.value().is_some_and(|time| timestamp::parse(time).is_none()) {
            return Some(Self::of(&sentences::invalid_timestamp()));
        }
        let value = value?;
        if entries(value).any(|(_, entry)| matches!(entry, Entry::V1(_) | Entry::V1a(_))) {
            return None;
        }
        Some(match entries(value).all(|(_, entry)| entry == Entry::Unknown) {
            true => Self {
                cause: "version not supported".to_owned(),
                what: "webhook-signature contains no v1 or v1a signature".to_owned(),
            },
            false => Self::of(&sentences::refused("malformed_signature")),
        })
    }
}

/// The words when there is no key to check with. They ask for a secret only if one can help.
pub(crate) fn words(reason: &str, keys: &Keyring, hopeless: Option<Hopeless>) -> Words {
    if let Some(Hopeless { cause, what }) = hopeless {
        return Words::new(cause, format!("Unchecked, and no key could verify it: {what}."));
    }
    match (reason, &keys.jwks) {
        ("jwks_unavailable", Jwks::Unavailable(why)) => Words::new(
            "JWKS unavailable",
            format!(
                "Unchecked: the keys (JWKS) could not be fetched, so this signature cannot be checked: {}.",
                why.trim_end_matches('.')
            ),
        ),
        ("no_jwks", _) => Words::new(
            "no JWKS",
            "Unchecked: the delivery is signed with a public key, as dynamic webhooks are, but no JWKS is configured for this project.",
        ),
        _ => Words::new(
            "no secret",
            "Unchecked: there is no secret for this project to check the signature with; add the webhook's whsec_ secret.",
        ),
    }
}

/// Whether some key could verify a delivery with these headers. False if they are missing or malformed so that every
/// key would reject it.
pub fn checkable(headers: &[(String, Vec<u8>)], policy: &Policy) -> bool {
    Hopeless::read(&Fields::read(headers), policy).is_none()
}
