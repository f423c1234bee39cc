//! Which vault keeps which project's secrets, and the calls to it.

use std::sync::Arc;

use store::SecretRecord;
use zeroize::Zeroizing;

use super::vault::{MemoryVault, Vault, VaultError, VaultKind};
use crate::error::{Code, Error, Result};
use crate::registry::Registry;

/// The vaults. Cloning shares them.
#[derive(Clone)]
pub(super) struct Vaults {
    usual: Arc<dyn Vault>,
    /// Keeps the Sandbox's, which live as long as the process.
    memory: Arc<MemoryVault>,
    registry: Arc<Registry>,
}

impl Vaults {
    pub(super) fn new(usual: Arc<dyn Vault>, registry: Arc<Registry>) -> Self {
        Self { usual, memory: Arc::default(), registry }
    }

    /// The vault of the user's projects.
    pub(super) fn usual(&self) -> &Arc<dyn Vault> {
        &self.usual
    }

    /// The vault that keeps the secrets of a project.
    pub(super) fn of(&self, project: i64) -> Arc<dyn Vault> {
        match self.registry.is_sandbox(project) {
            true => self.memory.clone(),
            false => self.usual.clone(),
        }
    }

    /// Calls the vault of a project, off the async threads: a keychain may ask its user.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        project: i64,
        call: impl FnOnce(&dyn Vault) -> std::result::Result<T, VaultError> + Send + 'static,
    ) -> Result<T> {
        let vault = self.of(project);
        tokio::task::spawn_blocking(move || call(vault.as_ref()))
            .await
            .map_err(|error| Error::new(Code::Internal, "The secret store did not answer.").with_detail(error))?
            .map_err(|error| Error::new(Code::VaultFailed, error.to_string()))
    }

    /// The text of a secret; `None` if it is gone.
    pub(super) async fn secret_text(&self, record: &SecretRecord) -> Result<Option<Zeroizing<String>>> {
        let id = record.id.clone();
        self.call(record.project, move |vault| vault.get(&id)).await
    }

    /// Destroys the text under a name. `stored_in`: the vault that took it.
    pub(super) async fn destroy(&self, project: i64, stored_in: &str, name: String) -> Result<()> {
        // A text in another vault would stay there, and be taken for gone.
        let (kept, vault) = (VaultKind::named(stored_in), self.of(project).kind());
        if kept != vault && kept != VaultKind::Memory {
            let place = if kept == VaultKind::File { "the file of the data folder" } else { "the keychain" };
            let message = format!(
                "This secret is kept in {place}, which is not in use now, so it could not be destroyed. Start Pollux \
                 with {place} in use and try again."
            );
            return Err(Error::new(Code::VaultFailed, message));
        }
        self.call(project, move |vault| vault.delete(&name)).await
    }
}
