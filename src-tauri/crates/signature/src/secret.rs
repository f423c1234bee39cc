//! Secrets in the form in which people configure them: `whsec_…` and `whpk_…` texts.

use std::fmt;

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, STANDARD_NO_PAD};
use base64::{Engine as _, alphabet};
use ed25519_dalek::VerifyingKey;
use zeroize::Zeroizing;

use crate::verdict::Warning;

/// A secret is entered by people: missing padding and loose trailing bits are accepted, with a warning.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How many bytes an HMAC key should have (SW-19).
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A verification secret: an HMAC key or an Ed25519 public key. Its text and key bytes are wiped when it is dropped,
/// are not shown by `Debug`, and cannot be serialised.
#[derive(Clone)]
pub enum Secret {
    /// `whsec_…`: the key of `v1` (SW-20).
    Hmac(HmacSecret),
    /// `whpk_…`: a public key of `v1a` (SW-22).
    Ed25519(PublicKey),
}

/// An HMAC-SHA256 key.
#[derive(Clone)]
pub struct HmacSecret {
    text: Zeroizing<String>,
    key: Zeroizing<Vec<u8>>,
    warnings: Vec<Warning>,
}

/// An Ed25519 public key, not of small order.
#[derive(Clone)]
pub struct PublicKey {
    text: Zeroizing<String>,
    key: VerifyingKey,
    warnings: Vec<Warning>,
}

/// Why a text is not a verification secret. Never contains the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing, or nothing after the prefix. Anyone can make an HMAC with an empty key.
    #[error(
        "The secret is empty: paste the whole text that begins with whsec_, as it was shown when the webhook was created."
    )]
    Empty,
    /// Not base64.
    #[error(
        "The secret is not base64: after whsec_ it may contain only A-Z, a-z, 0-9, + and /, with = at the end. {hint}"
    )]
    Base64 {
        /// What the text looks like instead.
        hint: &'static str,
    },
    /// Begins with something that is not `whsec_` or `whpk_`.
    #[error(
        "The secret begins with something other than whsec_ or whpk_: paste it without quotes and without anything before it."
    )]
    Prefix,
    /// `whsk_…` signs; it has no place at a receiver.
    #[error(
        "This is a private signing key (whsk_), which must not leave the sender: enter the public key (whpk_), and have the pair replaced."
    )]
    Private,
    /// `whpk_…` that is not 32 bytes, not the canonical encoding of a point of the curve, or of small order.
    #[error(
        "The public key after whpk_ is not usable: expected 32 bytes of base64 that are an Ed25519 key of full order, in its canonical encoding."
    )]
    PublicKey,
}

impl SecretError {
    /// The stable code: `empty_secret`, `invalid_secret_base64`, `wrong_secret_prefix`, `private_key_given`,
    /// `invalid_public_key`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_secret",
            Self::Base64 { .. } => "invalid_secret_base64",
            Self::Prefix => "wrong_secret_prefix",
            Self::Private => "private_key_given",
            Self::PublicKey => "invalid_public_key",
        }
    }
}

impl Secret {
    /// Reads `whsec_<base64>`, bare base64 (an HMAC key, which every library accepts) or `whpk_<base64>`. White space
    /// around it, missing padding and loose trailing bits are accepted and reported by [`Secret::warnings`].
    ///
    /// # Errors
    /// See [`SecretError`]; it never contains the text.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let bare = text.trim();
        let trimmed = bare.len() != text.len();
        if bare.is_empty() {
            return Err(SecretError::Empty);
        }
        if bare.starts_with("whsk_") {
            return Err(SecretError::Private);
        }
        if let Some(encoded) = bare.strip_prefix("whpk_") {
            let bytes = LENIENT.decode(encoded).map_err(|_| SecretError::PublicKey)?;
            let key = public_key(&bytes).ok_or(SecretError::PublicKey)?;
            let warnings = oddities(trimmed, encoded, &bytes);
            return Ok(Self::Ed25519(PublicKey { text: Zeroizing::new(bare.to_owned()), key, warnings }));
        }
        let encoded = match bare.strip_prefix("whsec_") {
            Some(encoded) => encoded,
            None if has_other_prefix(bare) => return Err(SecretError::Prefix),
            None => bare,
        };
        let decoded = match LENIENT.decode(encoded) {
            Ok(decoded) => decoded,
            // `whsec-…`, `whsec:…`: bare base64 may begin with these letters, but then it is base64.
            Err(_) if bare.len() == encoded.len() && begins_like_prefix(bare) => return Err(SecretError::Prefix),
            Err(_) => return Err(SecretError::Base64 { hint: looks_like(encoded) }),
        };
        let key = Zeroizing::new(decoded);
        if key.is_empty() {
            return Err(SecretError::Empty);
        }
        let mut warnings = oddities(trimmed, encoded, &key);
        if key.len() < *KEY_BYTES.start() {
            warnings.push(Warning::new(
                "secret_too_short",
                "The secret is shorter than 24 bytes, the least that Standard Webhooks allows.",
            ));
        } else if key.len() > *KEY_BYTES.end() {
            warnings.push(Warning::new(
                "secret_too_long",
                "The secret is longer than 64 bytes, the most that Standard Webhooks allows.",
            ));
        }
        Ok(Self::Hmac(HmacSecret { text: Zeroizing::new(bare.to_owned()), key, warnings }))
    }

    /// A new `whsec_` text from 32 random bytes.
    pub fn generate(random: [u8; 32]) -> String {
        let random = Zeroizing::new(random);
        format!("whsec_{}", STANDARD.encode(random.as_slice()))
    }

    /// What may be shown: the prefix and the last four characters, `whsec_…a91f`. A text too short to lose four
    /// characters shows none.
    pub fn hint(&self) -> String {
        let text = self.text();
        let (prefix, rest) = match text.split_once('_') {
            Some((prefix, rest)) => (prefix, rest),
            None => ("", text),
        };
        let underscore = if prefix.is_empty() { "" } else { "_" };
        format!("{prefix}{underscore}…{}", tail(rest))
    }

    /// What is odd about the text or the key, although it is accepted.
    pub fn warnings(&self) -> Vec<Warning> {
        self.known_warnings().to_vec()
    }

    pub(crate) fn known_warnings(&self) -> &[Warning] {
        match self {
            Self::Hmac(secret) => &secret.warnings,
            Self::Ed25519(public) => &public.warnings,
        }
    }

    /// The text without the white space around it, for the keychain. Not to be shown.
    pub fn text(&self) -> &str {
        match self {
            Self::Hmac(secret) => &secret.text,
            Self::Ed25519(public) => &public.text,
        }
    }
}

impl HmacSecret {
    /// The key's bytes.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The text as configured.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl PublicKey {
    /// The key.
    pub(crate) fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Hmac(_) => "Hmac",
            Self::Ed25519(_) => "Ed25519",
        };
        write!(f, "Secret::{kind}({})", self.hint())
    }
}

impl fmt::Debug for HmacSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacSecret(…)")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(…)")
    }
}

/// An Ed25519 key from its 32 bytes; `None` if they are not a point, not the point's canonical encoding (RFC 8032,
/// 5.1.3), or a weak key, under which anyone can sign.
pub(crate) fn public_key(bytes: &[u8]) -> Option<VerifyingKey> {
    let bytes: &[u8; 32] = bytes.try_into().ok()?;
    let canonical = |key: &VerifyingKey| key.to_edwards().compress().as_bytes() == bytes;
    VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak() && canonical(key))
}

/// The last four characters, or none if that would show much of the whole.
pub(crate) fn tail(text: &str) -> &str {
    match text.char_indices().rev().nth(3) {
        Some((at, _)) if text.len() >= 16 => &text[at..],
        _ => "",
    }
}

/// What is odd about the base64 of a secret.
fn oddities(trimmed: bool, encoded: &str, bytes: &[u8]) -> Vec<Warning> {
    let mut found = Vec::new();
    if trimmed {
        found.push(Warning::new("secret_whitespace_trimmed", "White space around the secret was ignored."));
    }
    if !encoded.len().is_multiple_of(4) {
        found.push(Warning::new(
            "secret_base64_unpadded",
            "The secret's base64 lacks its = padding: some libraries (Rust, Go) refuse it.",
        ));
    }
    if *Zeroizing::new(STANDARD_NO_PAD.encode(bytes)) != encoded.trim_end_matches('=') {
        found.push(Warning::new(
            "secret_base64_trailing_bits",
            "The secret's last character contains bits that are not part of the key: was it cut short?",
        ));
    }
    found
}

/// `hwsec_…`, `WHSEC_…`, `"whsec_…`: a short word in letters of one case and an underscore. A URL-safe secret may
/// contain an underscore too, even an early one, but hardly after such a word.
fn has_other_prefix(text: &str) -> bool {
    let quoted = text.starts_with(['"', '\'', '`', '“', '<']);
    quoted
        || text.contains("whsec_")
        || text.split_once('_').is_some_and(|(word, _)| {
            let lower = word.bytes().all(|b| b.is_ascii_lowercase());
            let upper = word.bytes().all(|b| b.is_ascii_uppercase());
            (2..=10).contains(&word.len()) && (lower || upper)
        })
}

/// Whether it begins with the letters of a prefix, whatever follows.
fn begins_like_prefix(text: &str) -> bool {
    ["whsec", "whpk"]
        .iter()
        .any(|letters| text.get(..letters.len()).is_some_and(|start| start.eq_ignore_ascii_case(letters)))
}

/// What a text that is not base64 looks like instead.
fn looks_like(encoded: &str) -> &'static str {
    if encoded.contains("...") || encoded.contains('…') {
        "This looks like the shortened form that the service shows in its list, which is not the secret itself."
    } else if encoded.contains("whsec_") {
        "The prefix whsec_ appears twice."
    } else if encoded.contains(['-', '_']) {
        "This looks like the URL-safe alphabet, with - and _ instead of + and /."
    } else if encoded.contains(char::is_whitespace) {
        "There is white space in the middle of it."
    } else {
        "It may not have been copied whole."
    }
}
