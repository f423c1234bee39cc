//! Secrets as a person configures them: `whsec_…` and `whpk_…` texts.

use std::fmt;

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, STANDARD_NO_PAD};
use base64::engine::DecodePaddingMode;
use base64::{alphabet, Engine as _};
use ed25519_dalek::VerifyingKey;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::verdict::Warning;

/// HMAC-SHA256 with a key already in it: cloning one is cheaper than keying it anew.
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// A secret is user configuration: missing padding and loose trailing bits are forgiven, with a warning.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A verification secret: an HMAC key or an Ed25519 public key. Its text and bytes are wiped when it is dropped, are not
/// shown by `Debug`, and cannot be serialised.
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
    mac: HmacSha256,
    trimmed: bool,
}

/// An Ed25519 public key.
#[derive(Clone)]
pub struct PublicKey {
    text: Zeroizing<String>,
    key: VerifyingKey,
    trimmed: bool,
}
