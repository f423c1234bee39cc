//! The keys that a delivery is checked with.

use std::sync::Arc;

use crate::{KeySet, KeyState, Secret};

/// One secret of the keyring, with the caller's name for it and its state.
#[derive(Clone, Debug)]
pub struct SecretKey {
    /// The caller's id, returned in the verdict.
    pub id: String,
    /// HMAC key or Ed25519 public key.
    pub secret: Secret,
    /// Current, in its grace, or expired. A grace whose `until` has passed counts as expired.
    pub state: KeyState,
}

/// The JWKS of a project, as far as it is known.
#[derive(Clone, Debug, Default)]
pub enum Jwks {
    /// No JWKS is configured.
    #[default]
    None,
    /// A JWKS is configured but could not be fetched; the text says why.
    Unavailable(String),
    /// The keys.
    Known(Arc<KeySet>),
}

/// All keys of a project.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    /// HMAC secrets (`whsec_…`) and Ed25519 public keys (`whpk_…`), in the order in which they are tried.
    pub secrets: Vec<SecretKey>,
    /// The keys of dynamic webhooks.
    pub jwks: Jwks,
    /// Whether these keys are all there are: a delivery of a scheme without a key is then rejected. Otherwise it is
    /// unchecked.
    pub closed: bool,
}

/// Keys that must not verify, but that the near-miss probe may name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Others<'a> {
    /// Secrets of this project that are no longer accepted.
    pub expired: &'a [SecretKey],
    /// Secrets of other projects, with the project's name.
    pub other_projects: &'a [(String, SecretKey)],
}
