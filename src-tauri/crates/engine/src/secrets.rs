//! The projects' secrets: metadata in the store, the text in the vault, the parsed keys in the registry.

use std::sync::Arc;

use signature::{Secret, SecretKey};
use store::SecretRecord;
use zeroize::Zeroizing;

use crate::books::ended;
use crate::dto::SecretView;
use crate::engine::Engine;
use crate::error::{Code, Error, Result};
use crate::reverify::Which;
use crate::vault::{Vault, VaultError, VaultKind};

/// The id of the Sandbox's own secret.
pub(crate) const SANDBOX_SECRET: &str = "sandbox";
const SANDBOX_LABEL: &str = "The Sandbox's own secret";
/// Removed secrets that can be brought back in this session.
const UNDO: usize = 20;
/// So long after its end the text of a secret is destroyed.
const KEPT_S: i64 = 30 * 24 * 60 * 60;

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
                    label: SANDBOX_LABEL.into(),
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
        let mut records = self.inner.store.secrets().list(None).await?;
        records.extend(self.held().iter().map(|held| held.record.clone()));
        let live = self.projects();
        let records = records.into_iter().filter(|record| live.iter().any(|project| project.id == record.project));
        views.extend(records.map(|record| self.view(record)));
        Ok(views)
    }

    /// Keeps a secret for a project; it verifies from the next delivery on.
    pub async fn secret_add(&self, project: i64, label: &str, text: &str) -> Result<SecretView> {
        let text = Zeroizing::new(text.trim().to_owned());
        let secret = Secret::parse(&text)?;
        let _alone = self.inner.books.lock().await;
        let known = self.inner.registry.all();
        let Some(keys) = known.iter().find(|keys| keys.project.id == project) else {
            return Err(Error::not_found("project"));
        };
        let twin = keys.secrets.iter().chain(&keys.expired).find(|key| key.secret.text() == secret.text());
        if let Some(twin) = twin {
            return Err(Error::new(
                Code::SecretKnown,
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
        let target = named(&record);
        let added = self.keep(record, text, secret).await;
        self.act(project, "secret.add", &target, &added, "Pasted by the user.").await;
        added
    }

    /// Forgets a secret. It can be brought back until the session ends.
    pub async fn secret_remove(&self, id: &str) -> Result<()> {
        let _alone = self.inner.books.lock().await;
        let record = self.record(id).await?;
        let (project, target) = (record.project, named(&record));
        let removed = self.remove_secret(record).await;
        self.act(project, "secret.remove", &target, &removed, "").await;
        removed
    }

    async fn remove_secret(&self, record: SecretRecord) -> Result<()> {
        let (id, project) = (record.id.clone(), record.project);
        let text = match self.take_held(&id) {
            Some(held) => held.text,
            None => self.secret_text(&record).await?.unwrap_or_default(),
        };
        self.inner.store.secrets().remove(&id).await?;
        // From here on the text is held for undo; what keeps secrets gives it up last.
        let mut removed = self.inner.removed.lock().await;
        removed.push(Removed { record, text });
        let surplus = removed.len().saturating_sub(UNDO);
        removed.drain(..surplus);
        drop(removed);
        self.inner.registry.forget_secret(&id);
        self.vault(project, move |vault| vault.delete(&id)).await
    }

    /// Brings a removed secret back.
    pub async fn secret_restore(&self, id: &str) -> Result<SecretView> {
        let _alone = self.inner.books.lock().await;
        let mut removed = self.inner.removed.lock().await;
        let place =
            removed.iter().position(|removed| removed.record.id == id).ok_or_else(|| Error::not_found("secret"))?;
        let (record, text) = (removed[place].record.clone(), removed[place].text.clone());
        let project = self.project(record.project)?.id;
        let target = named(&record);
        let restored = match (record.destroyed_ms, Secret::parse(&text)) {
            (Some(_), _) => self.inner.store.secrets().put(record.clone()).await.map_err(Error::from),
            (None, Ok(secret)) => self.keep(record.clone(), text, secret).await.map(drop),
            (None, Err(error)) => Err(error.into()),
        };
        self.act(project, "secret.restore", &target, &restored, "").await;
        restored?;
        removed.remove(place);
        Ok(self.view(record))
    }

    /// The text of a secret, because the user asked to see it.
    pub async fn secret_reveal(&self, id: &str) -> Result<Zeroizing<String>> {
        if let Some((project, secret)) = self.builtin(id) {
            let text = Ok(Zeroizing::new(secret.text().to_owned()));
            let target = format!("{SANDBOX_LABEL} ({})", secret.hint());
            self.act(project, "secret.reveal", &target, &text, "Its text was shown.").await;
            return text;
        }
        let record = self.record(id).await?;
        let held = self.held().iter().find(|held| held.record.id == id).map(|held| held.text.clone());
        let text = match (held, record.destroyed_ms) {
            (Some(text), _) => Ok(text),
            (None, Some(_)) => Err(Error::new(Code::SecretGone, "The text of this secret was destroyed.")),
            (None, None) => self.secret_text(&record).await.and_then(|text| {
                text.ok_or_else(|| {
                    Error::new(
                        Code::SecretGone,
                        "The secret is listed, but what keeps secrets no longer has it. Paste it in again.",
                    )
                })
            }),
        };
        self.act(record.project, "secret.reveal", &named(&record), &text, "Its text was shown.").await;
        text
    }

    /// The Sandbox's own, with its project, where this is its id.
    fn builtin(&self, id: &str) -> Option<(i64, Secret)> {
        let all = self.inner.registry.all();
        let keys = all.iter().flat_map(|keys| keys.secrets.iter().map(|key| (keys.project.id, key)));
        keys.filter(|(_, key)| key.id == id && id == SANDBOX_SECRET)
            .map(|(project, key)| (project, key.secret.clone()))
            .next()
    }

    /// Destroys the text of a secret that has ended. Its hint stays.
    pub async fn secret_destroy(&self, id: &str) -> Result<()> {
        let _alone = self.inner.books.lock().await;
        let record = self.record(id).await?;
        if !ended(&record, self.now_s()) {
            return Err(Error::new(
                Code::SecretLive,
                "This secret still verifies deliveries. Only one that has ended can be destroyed; remove it instead.",
            ));
        }
        if record.destroyed_ms.is_some() {
            return Ok(());
        }
        let destroyed = self.destroy(&record).await;
        self.act(record.project, "secret.destroy", &named(&record), &destroyed, "Its hint stays.").await;
        destroyed
    }

    async fn destroy(&self, record: &SecretRecord) -> Result<()> {
        self.destroy_text(record.project, &record.stored_in, record.id.clone()).await?;
        self.inner.registry.forget_secret(&record.id);
        if let Some(held) = self.take_held(&record.id) {
            // It was never stored: its hint is, from now on.
            self.inner.store.secrets().put(held.record).await?;
        }
        self.inner.store.secrets().destroyed(&record.id, self.now_ms()).await?;
        Ok(())
    }

    /// Destroys what is kept under a name. `stored_in`: what kept it then.
    pub(crate) async fn destroy_text(&self, project: i64, stored_in: &str, name: String) -> Result<()> {
        // What is kept elsewhere would stay there, and be taken for gone.
        let (kept, vault) = (VaultKind::named(stored_in), self.vault_of(project).kind());
        if kept != vault && kept != VaultKind::Memory {
            let place = if kept == VaultKind::File { "the file of the data folder" } else { "the keychain" };
            let message = format!(
                "This secret is kept in {place}, which is not in use now, so that it could not be destroyed. Start Pollux \
                 with {place} in use and try again."
            );
            return Err(Error::new(Code::VaultFailed, message));
        }
        self.vault(project, move |vault| vault.delete(&name)).await
    }

    /// Destroys the texts of secrets that ended long ago, and what is left of removed projects.
    pub(crate) async fn sweep(&self) {
        let _alone = self.inner.books.lock().await;
        if let Err(error) = self.sweep_projects().await {
            tracing::warn!(%error, "it could not be looked for what removed projects left");
        }
        let records = match self.inner.store.secrets().list(None).await {
            Ok(records) => records,
            Err(error) => {
                tracing::warn!(%error, "it could not be looked for secrets that ended");
                return;
            }
        };
        let before = self.now_s().saturating_sub(KEPT_S);
        for record in records {
            if record.destroyed_ms.is_some() || record.expires_at.is_none_or(|at| at > before) {
                continue;
            }
            match self.destroy(&record).await {
                Ok(()) => {
                    let why = "It ended more than 30 days ago. Its hint stays.";
                    self.acted_alone(record.project, "secret.destroy", &named(&record), why).await;
                }
                Err(error) => tracing::warn!(id = record.id, code = %error.code, "a secret could not be destroyed"),
            }
        }
    }

    async fn keep(&self, record: SecretRecord, text: Zeroizing<String>, secret: Secret) -> Result<SecretView> {
        self.put_secret(&record, &text).await?;
        self.inner.registry.add_secret(record.project, key(&record, secret, self.now_s()));
        self.keys_came(record.project, Which::Given);
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
        if let Some(held) = self.held().iter().find(|held| held.record.id == id) {
            return Ok(held.record.clone());
        }
        let records = self.inner.store.secrets().list(None).await?;
        records.into_iter().find(|record| record.id == id).ok_or_else(|| Error::not_found("secret"))
    }

    pub(crate) async fn secret_text(&self, record: &SecretRecord) -> Result<Option<Zeroizing<String>>> {
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
            .map_err(|error| Error::new(Code::Internal, "What keeps secrets did not answer.").with_detail(error))?
            .map_err(|error| Error::new(Code::VaultFailed, error.to_string()))
    }
}

pub(crate) fn key(record: &SecretRecord, secret: Secret, now: i64) -> SecretKey {
    SecretKey { id: record.id.clone(), secret, state: record.state(now) }
}

/// For the log: `prod (whsec_…a91f)`.
fn named(record: &SecretRecord) -> String {
    format!("{} ({})", record.label, record.hint)
}
