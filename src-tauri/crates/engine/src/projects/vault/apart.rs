//! Keeps the secrets of one history apart from those of another.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Vault, VaultError, VaultKind};

/// The secrets of a history other than the usual one, in the same vault under names of their own. Projects are
/// numbered: without this, another file would get the usual history's API keys, and could send them to an address of
/// its choosing.
pub struct ApartVault {
    inner: Arc<dyn Vault>,
    of: String,
}

impl ApartVault {
    /// The part of `inner` that belongs to the history at `database`.
    #[must_use]
    pub fn new(inner: Arc<dyn Vault>, database: &Path) -> Self {
        Self { inner, of: database.display().to_string() }
    }

    fn name(&self, id: &str) -> String {
        format!("history:{}:{id}", self.of)
    }
}

impl Vault for ApartVault {
    fn kind(&self) -> VaultKind {
        self.inner.kind()
    }

    fn note(&self) -> Option<String> {
        self.inner.note()
    }

    fn put(&self, id: &str, text: &str) -> Result<(), VaultError> {
        self.inner.put(&self.name(id), text)
    }

    fn get(&self, id: &str) -> Result<Option<Zeroizing<String>>, VaultError> {
        self.inner.get(&self.name(id))
    }

    fn delete(&self, id: &str) -> Result<(), VaultError> {
        self.inner.delete(&self.name(id))
    }
}
