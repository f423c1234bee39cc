//! The projects' secrets: metadata in the store, the text in the vault, the parsed keys in the registry.

use std::sync::Arc;

use signature::{KeyState, Secret, SecretKey};
use store::SecretRecord;
use zeroize::Zeroizing;

use crate::dto::SecretView;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::vault::{Vault, VaultError, VaultKind};

/// The id of the Sandbox's own secret.
pub(crate) const SANDBOX_SECRET: &str = "sandbox";
/// Removed secrets that can be brought back in this session.
const UNDO: usize = 20;

/// A removed secret, until the session ends.
pub(crate) struct Removed {
    record: SecretRecord,
    text: Zeroizing<String>,
}

impl Engine {
    /// The secrets of all projects, without their texts.
    pub async fn secrets(&self) -> Result<Vec<SecretView>> {
        let mut views = Vec::new();
        for keys in self.inner.registry.all() {
            for key in keys.secrets.iter().filter(|key| key.id == SANDBOX_SECRET) {
                views.push(SecretView {
                    id: key.id.clone(),
                    project: keys.project.id,
                    label: "The Sandbox's own secret".into(),
                    hint: key.secret.hint(),
                    added_ms: self.inner.started_ms, // made anew at each start
                    stored_in: VaultKind::Memory,
                    builtin: true,
                    warnings: Vec::new(),
                    key_state: key.state,
                    available: true,
                    webhook: None,
                    destroyed_ms: None,
                });
            }
        }
        for record in self.inner.store.secrets().list(None).await? {
            views.push(self.view(record));
        }
        Ok(views)
    }

    /// Keeps a secret for a project; it verifies from the next delivery on.
    pub async fn secret_add(&self, project: i64, label: &str, text: &str) -> Result<SecretView> {
        let text = Zeroizing::new(text.trim().to_owned());
        let secret = Secret::parse(&text)?;
        let known = self.inner.registry.all();
        let Some(keys) = known.iter().find(|keys| keys.project.id == project) else {
            return Err(Error::not_found("project"));
        };
        if let Some(twin) = keys.secrets.iter().find(|key| key.secret.text() == secret.text()) {
            return Err(Error::new(
                "secret_known",
                format!("This project already has this secret ({}).", twin.secret.hint()),
            ));
        }
        let label = label.trim();
        let record = SecretRecord {
            id: uuid::Uuid::new_v4().to_string(),
            project,
            label: if label.is_empty() { "Signing secret".to_owned() } else { label.to_owned() },
            hint: secret.hint(),
            expires_at: None,
            added_ms: self.now_ms(),
            stored_in: self.vault_of(project).kind().as_str().to_owned(),
            webhook: None,
            created_ms: None,
            destroyed_ms: None,
        };
        self.keep(record, text, secret).await
    }

    /// Forgets a secret. It can be brought back until the session ends.
    pub async fn secret_remove(&self, id: &str) -> Result<()> {
        let record = self.record(id).await?;
        let text = self.text(&record).await?.unwrap_or_default();
        let project = record.project;
        self.inner.store.secrets().remove(id).await?;
        // From here on the text is held for undo; what keeps secrets gives it up last.
        let mut removed = self.inner.removed.lock().await;
        removed.push(Removed { record, text });
        let surplus = removed.len().saturating_sub(UNDO);
        removed.drain(..surplus);
        drop(removed);
        self.inner.registry.forget_secret(id);
        let key = id.to_owned();
        self.vault(project, move |vault| vault.delete(&key)).await
    }

    /// Brings a removed secret back.
    pub async fn secret_restore(&self, id: &str) -> Result<SecretView> {
        let mut removed = self.inner.removed.lock().await;
        let place =
            removed.iter().position(|removed| removed.record.id == id).ok_or_else(|| Error::not_found("secret"))?;
        let (record, text) = (removed[place].record.clone(), removed[place].text.clone());
        let secret = Secret::parse(&text)?;
        let view = self.keep(record, text, secret).await?;
        removed.remove(place);
        Ok(view)
    }

    /// The text of a secret, because the user asked to see it.
    pub async fn secret_reveal(&self, id: &str) -> Result<Zeroizing<String>> {
        let all = self.inner.registry.all();
        if let Some(key) = all.iter().flat_map(|keys| &keys.secrets).find(|key| key.id == id && id == SANDBOX_SECRET) {
            return Ok(Zeroizing::new(key.secret.text().to_owned()));
        }
        let record = self.record(id).await?;
        self.text(&record).await?.ok_or_else(|| {
            Error::new(
                "secret_gone",
                "The secret is listed, but what keeps secrets no longer has it. Paste it in again.",
            )
        })
    }

    /// Destroys the text of a secret that has ended. Its hint stays.
    pub async fn secret_destroy(&self, id: &str) -> Result<()> {
        let record = self.record(id).await?;
        if !matches!(record.state(self.now_s()), KeyState::Expired { .. }) {
            return Err(Error::new(
                "secret_live",
                "This secret still verifies deliveries. Only one that has ended can be destroyed; remove it instead.",
            ));
        }
        let key = record.id.clone();
        self.vault(record.project, move |vault| vault.delete(&key)).await?;
        self.inner.registry.forget_secret(id);
        self.inner.store.secrets().destroyed(id, self.now_ms()).await?;
        Ok(())
    }

    /// Reads all secrets at the start. One that cannot be read is shown as unavailable and verifies nothing.
    pub(crate) async fn load_secrets(&self) -> Result<()> {
        let now = self.now_s();
        for record in self.inner.store.secrets().list(None).await? {
            match self.text(&record).await {
                Ok(Some(text)) => match Secret::parse(&text) {
                    Ok(secret) => self.inner.registry.add_secret(record.project, key(&record, secret, now)),
                    Err(error) => tracing::warn!(id = record.id, code = error.code(), "a kept secret cannot be used"),
                },
                Ok(None) => tracing::warn!(id = record.id, "a secret is listed, but its text is gone"),
                Err(error) => tracing::warn!(id = record.id, code = error.code, "a secret could not be read"),
            }
        }
        Ok(())
    }

    async fn keep(&self, record: SecretRecord, text: Zeroizing<String>, secret: Secret) -> Result<SecretView> {
        self.put_secret(&record, &text).await?;
        self.inner.registry.add_secret(record.project, key(&record, secret, self.now_s()));
        Ok(self.view(record))
    }

    /// Vault first: a secret that is listed can be read.
    pub(crate) async fn put_secret(&self, record: &SecretRecord, text: &Zeroizing<String>) -> Result<()> {
        let (id, text) = (record.id.clone(), text.clone());
        self.vault(record.project, move |vault| vault.put(&id, &text)).await?;
        if let Err(error) = self.inner.store.secrets().put(record.clone()).await {
            let id = record.id.clone();
            self.vault(record.project, move |vault| vault.delete(&id)).await?;
            return Err(error.into());
        }
        Ok(())
    }

    fn view(&self, record: SecretRecord) -> SecretView {
        let all = self.inner.registry.all();
        let key = all.iter().flat_map(|keys| keys.secrets.iter().chain(&keys.expired)).find(|key| key.id == record.id);
        SecretView {
            warnings: key.map(|key| key.secret.warnings()).unwrap_or_default(),
            available: key.is_some(),
            key_state: record.state(self.now_s()),
            stored_in: VaultKind::named(&record.stored_in),
            builtin: false,
            webhook: record.webhook,
            destroyed_ms: record.destroyed_ms,
            id: record.id,
            project: record.project,
            label: record.label,
            hint: record.hint,
            added_ms: record.added_ms,
        }
    }

    async fn record(&self, id: &str) -> Result<SecretRecord> {
        let records = self.inner.store.secrets().list(None).await?;
        records.into_iter().find(|record| record.id == id).ok_or_else(|| Error::not_found("secret"))
    }

    async fn text(&self, record: &SecretRecord) -> Result<Option<Zeroizing<String>>> {
        let id = record.id.clone();
        self.vault(record.project, move |vault| vault.get(&id)).await
    }

    /// What keeps the secrets of a project: the Sandbox's live as long as the process.
    pub(crate) fn vault_of(&self, project: i64) -> Arc<dyn Vault> {
        match self.inner.registry.is_sandbox(project) {
            true => self.inner.memory.clone(),
            false => self.inner.vault.clone(),
        }
    }

    pub(crate) async fn vault<T: Send + 'static>(
        &self,
        project: i64,
        call: impl FnOnce(&dyn Vault) -> std::result::Result<T, VaultError> + Send + 'static,
    ) -> Result<T> {
        let vault = self.vault_of(project);
        tokio::task::spawn_blocking(move || call(vault.as_ref()))
            .await
            .map_err(|error| Error::new("internal", "What keeps secrets did not answer.").with_detail(error))?
            .map_err(|error| Error::new("vault_failed", error.to_string()))
    }
}

pub(crate) fn key(record: &SecretRecord, secret: Secret, now: i64) -> SecretKey {
    SecretKey { id: record.id.clone(), secret, state: record.state(now) }
}
