//! The sender's keys: a secret, Ed25519 seeds, and an RSA key.

use std::fmt;
use std::io;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use signature::Secret;
use thiserror::Error;

use crate::random::{self, Random};

/// Why a key could not be made.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The source of random bytes failed.
    #[error("a key could not be made: {0}")]
    Random(#[from] io::Error),
    /// The cryptographic library failed.
    #[error("an RSA key could not be made")]
    Rsa,
}

/// The keys that deliveries are signed with. `Debug` shows none of them.
#[derive(Clone, Default)]
pub struct SigningKeys {
    /// The `whsec_…` text of scheme `v1`.
    pub secret: Option<String>,
    /// The Ed25519 seeds of scheme `v1a`; the first one signs.
    pub seeds: Vec<[u8; 32]>,
    /// The RSA key of tokens.
    pub rsa: Option<Arc<RsaKey>>,
    /// An RSA key that no receiver knows, for signing with the wrong key.
    pub strange_rsa: Option<Arc<RsaKey>>,
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}

impl SigningKeys {
    /// A secret of 32 random bytes and three Ed25519 keys, as many as Google publishes. RSA keys take a while, and are
    /// made with [`RsaKey::generate`].
    ///
    /// # Errors
    /// If `random` fails.
    pub fn generate(random: &Random) -> Result<Self, KeyError> {
        Ok(Self {
            secret: Some(Secret::generate(random::bytes(random)?)),
            seeds: vec![random::bytes(random)?, random::bytes(random)?, random::bytes(random)?],
            rsa: None,
            strange_rsa: None,
        })
    }

    /// The public keys as a JWKS: the Ed25519 ones without `kid`, as the service does, then the RSA key with its `kid`.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let mut keys: Vec<Value> = self.seeds.iter().map(signature::sign::v1a_public_jwk).collect();
        keys.extend(self.rsa.as_ref().map(|rsa| rsa.public_jwk()));
        json!({ "keys": keys })
    }
}

/// An RSA key of 2048 bits for tokens (RS256). `Debug` shows only its `kid`.
pub struct RsaKey {
    kid: String,
    pem: String,
    public_pem: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RsaKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl RsaKey {
    /// A new key with this `kid`. Computes for 50 to 500 ms: call it where blocking is allowed. Its random bytes come
    /// from the cryptographic library.
    ///
    /// # Errors
    /// [`KeyError::Rsa`] if the library fails.
    pub fn generate(kid: String) -> Result<Self, KeyError> {
        Self::of(kid, &KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Rsa)?)
    }

    /// A new key whose `kid` is its thumbprint (RFC 7638), so that no other key ever has that name: receivers cache
    /// keys by it.
    ///
    /// # Errors
    /// Those of [`RsaKey::generate`].
    pub fn generate_named_by_thumbprint() -> Result<Self, KeyError> {
        Ok(Self::generate(String::new())?.named_by_thumbprint())
    }

    /// The same key with its thumbprint as its `kid`.
    #[must_use]
    pub fn named_by_thumbprint(mut self) -> Self {
        // A key that we made has one.
        self.kid = signature::sign::thumbprint(&self.public_jwk()).unwrap_or_default();
        self
    }

    /// The key from a text that [`RsaKey::private_text`] returned.
    ///
    /// # Errors
    /// [`KeyError::Rsa`] if the text is not such a key.
    pub fn from_private_text(kid: String, text: &str) -> Result<Self, KeyError> {
        let der = STANDARD.decode(text).map_err(|_| KeyError::Rsa)?;
        Self::of(kid, &KeyPair::from_pkcs8(&der).map_err(|_| KeyError::Rsa)?)
    }

    /// The private key for storing: base64 of PKCS#8.
    #[must_use]
    pub fn private_text(&self) -> String {
        self.pem.lines().filter(|line| !line.starts_with("-----")).collect()
    }

    fn of(kid: String, pair: &KeyPair) -> Result<Self, KeyError> {
        let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Rsa)?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| KeyError::Rsa)?;
        Ok(Self {
            kid,
            pem: pem("PRIVATE KEY", private.as_ref()),
            public_pem: pem("PUBLIC KEY", public.as_ref()),
            modulus: pair.public_key().modulus().big_endian_without_leading_zero().to_vec(),
            exponent: pair.public_key().exponent().big_endian_without_leading_zero().to_vec(),
        })
    }

    /// The key's id in the JWKS.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWK.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(&self.modulus),
            "e": URL_SAFE_NO_PAD.encode(&self.exponent),
        })
    }

    /// The public key in PEM, which a confused receiver takes for an HMAC key.
    pub(crate) fn public_pem(&self) -> &str {
        &self.public_pem
    }

    /// A signed token.
    ///
    /// # Errors
    /// If the key cannot sign.
    pub fn sign(&self, kid: Option<&str>, claims: &Value) -> Result<String, signature::sign::SignError> {
        signature::sign::jwt(self.pem.as_bytes(), kid, claims)
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}
