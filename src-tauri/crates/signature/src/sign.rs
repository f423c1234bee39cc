//! Signing, for replays, the emulator and tests.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::Secret;

/// Why a JWT could not be signed. Never contains key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The PEM text is not an RSA private key.
    #[error("The private key is not an RSA key in PEM (PKCS#1 or PKCS#8).")]
    PrivateKey,
    /// The claims could not be serialised, or the key could not sign.
    #[error("The token could not be signed: the RSA key must have at least 2048 bits.")]
    Signing,
}

/// A `v1` entry: `v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}` (SW-14, SW-18). A public key cannot
/// sign: for a `whpk_` secret the entry is `v1,` alone, which no receiver accepts.
pub fn v1(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let Secret::Hmac(hmac) = secret else {
        return "v1,".to_owned();
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(hmac.key()) else {
        return "v1,".to_owned();
    };
    mac.update(&content(id, timestamp, body));
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// A `v1a` entry: `v1a,` and the base64 of the Ed25519 signature over the same content (SW-21).
pub fn v1a(seed: &[u8; 32], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signature = SigningKey::from_bytes(seed).sign(&content(id, timestamp, body));
    format!("v1a,{}", STANDARD.encode(signature.to_bytes()))
}

/// The public key of a seed as a JWK, without `kid`, as the service publishes it.
pub fn v1a_public_jwk(seed: &[u8; 32]) -> serde_json::Value {
    let public = SigningKey::from_bytes(seed).verifying_key();
    serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public.as_bytes()) })
}

/// The public key of a seed as a `whpk_` text.
pub fn v1a_public_text(seed: &[u8; 32]) -> String {
    let public = SigningKey::from_bytes(seed).verifying_key();
    format!("whpk_{}", STANDARD.encode(public.as_bytes()))
}

/// A compact JWS signed with RS256, for `webhook-signature`.
///
/// # Errors
/// If the PEM is not an RSA private key of at least 2048 bits.
pub fn jwt(rsa_private_pem: &[u8], kid: Option<&str>, claims: &serde_json::Value) -> Result<String, SignError> {
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(rsa_private_pem).map_err(|_| SignError::PrivateKey)?;
    let header = jsonwebtoken::Header {
        kid: kid.map(str::to_owned),
        ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256)
    };
    jsonwebtoken::encode(&header, claims, &key).map_err(|_| SignError::Signing)
}

/// The SHA-256 thumbprint of a public JWK (RFC 7638), which identifies a key by its content. `None` for anything but a
/// JWK with a thumbprint.
pub fn thumbprint(jwk: &serde_json::Value) -> Option<String> {
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk.clone()).ok()?;
    jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).ok()
}

fn content(id: &str, timestamp: i64, body: &[u8]) -> Vec<u8> {
    let mut content = format!("{id}.{timestamp}.").into_bytes();
    content.extend_from_slice(body);
    content
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The examples of RFC 7638 (section 3.1) and RFC 8037 (appendix A.3).
    #[test]
    fn a_key_has_the_thumbprint_of_the_standards_whatever_else_stands_in_it() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok\
                 njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu\
                 6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8\
                 awapJzKnqDKgw";
        let rsa = json!({ "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" });
        assert_eq!(thumbprint(&rsa).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let ed25519 = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        assert_eq!(thumbprint(&ed25519).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(thumbprint(&json!({ "kty": "RSA" })), None);
    }
}
