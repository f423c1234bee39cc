//! Projects and their secrets: what the user adds, changes and removes, with the texts in the vault and the parsed keys
//! in the registry.

use std::sync::Arc;

use signature::KeyState;
use store::SecretRecord;
use tokio::sync::Mutex;

use crate::actions::Actions;
use crate::common::Common;
use crate::dto::Project;
use crate::registry::Registry;
use clients::Clients;
use jwks::JwksCaches;
use key_news::KeyNews;
use records::Records;
use removed::Removed;
use unstored::UnstoredSecrets;
use vault::Vault;
use vaults::Vaults;

mod change;
mod check;
mod clients;
mod jwks;
pub(crate) mod key_news;
pub(crate) mod names;
mod new_secret;
mod reading;
mod records;
mod removed;
mod secrets;
mod unstored;
pub(crate) mod vault;
mod vaults;

#[cfg(test)]
mod tests;

/// The room of projects and secrets. Cloning shares it.
#[derive(Clone)]
pub struct Projects {
    common: Common,
    actions: Actions,
    registry: Arc<Registry>,
    vaults: Vaults,
    /// What the store said last. Locked while projects or secrets are changed: one change at a time.
    records: Arc<Mutex<Records>>,
    clients: Arc<Clients>,
    jwks: Arc<JwksCaches>,
    unstored: Arc<UnstoredSecrets>,
    removed: Arc<Removed>,
    key_news: Arc<KeyNews>,
}

impl Projects {
    /// `vault` keeps the secrets of all projects but the Sandbox's. Call within a tokio runtime.
    pub(crate) fn new(common: Common, actions: Actions, registry: Arc<Registry>, vault: Arc<dyn Vault>) -> Self {
        let key_news = Arc::<KeyNews>::default();
        Self {
            vaults: Vaults::new(vault, registry.clone()),
            jwks: Arc::new(JwksCaches::new(common.clone(), registry.clone(), key_news.clone())),
            common,
            actions,
            registry,
            records: Arc::default(),
            clients: Arc::default(),
            unstored: Arc::default(),
            removed: Arc::default(),
            key_news,
        }
    }

    /// The projects, the Sandbox first.
    pub fn list(&self) -> Vec<Project> {
        self.registry.projects()
    }

    /// News of keys, for whatever judges deliveries again.
    pub(crate) fn key_news(&self) -> Arc<KeyNews> {
        self.key_news.clone()
    }

    /// The vault of the user's projects.
    pub(crate) fn vault(&self) -> &Arc<dyn Vault> {
        self.vaults.usual()
    }
}

/// Whether nothing signed with the secret is accepted any more. `now`: Unix seconds.
fn has_ended(record: &SecretRecord, now: i64) -> bool {
    matches!(record.state(now), KeyState::Expired { .. })
}
