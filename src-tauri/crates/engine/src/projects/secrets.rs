//! The projects' secrets: metadata in the store, the text in the vault, the parsed keys in the registry.

use signature::Secret;
use store::SecretRecord;
use zeroize::Zeroizing;

use super::key_news::Which;
use super::names::{named, secret_key};
use super::removed::RemovedSecret;
use super::vault::VaultKind;
use super::{Projects, has_ended};
use crate::dto::SecretView;
use crate::error::{Code, Error, Result};
use crate::registry::SANDBOX_SECRET;

const SANDBOX_LABEL: &str = "The Sandbox's own secret";
/// Removed secrets that can be brought back in this session.
const UNDO: usize = 20;
/// How long after a secret's end its text is destroyed.
const KEPT_S: i64 = 30 * 24 * 60 * 60;

impl Projects {
    /// The secrets of all projects, without their texts.
    pub async fn secrets(&self) -> Result<Vec<SecretView>> {
        let mut views = Vec::new();
        for keys in self.registry.all() {
            for key in keys.secrets.iter().filter(|key| key.id == SANDBOX_SECRET) {
                views.push(SecretView {
                    id: key.id.clone(),
                    project: keys.project.id,
                    label: SANDBOX_LABEL.into(),
                    hint: key.secret.hint(),
                    added_ms: self.common.started_ms(), // made anew at each start
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
        let mut records = self.common.store().secrets().list(None).await?;
        records.extend(self.unstored.records());
        let live = self.registry.projects();
        let records = records.into_iter().filter(|record| live.iter().any(|project| project.id == record.project));
        views.extend(records.map(|record| self.view(record)));
        Ok(views)
    }

    /// Keeps a secret for a project; it verifies from the next delivery on.
    pub async fn add_secret(&self, project: i64, label: &str, text: &str) -> Result<SecretView> {
        let text = Zeroizing::new(text.trim().to_owned());
        let secret = Secret::parse(&text)?;
        let _alone = self.records.lock().await;
        let known = self.registry.all();
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
            added_ms: self.common.now_ms(),
            stored_in: self.vaults.of(project).kind().as_str().to_owned(),
            webhook: None,
            created_ms: None,
            destroyed_ms: None,
        };
        let target = named(&record);
        let added = self.keep(record, text, secret).await;
        self.actions.act(project, "secret.add", &target, &added, "Pasted by the user.").await;
        added
    }

    /// Forgets a secret. It can be brought back until the session ends.
    pub async fn remove_secret(&self, id: &str) -> Result<()> {
        let _alone = self.records.lock().await;
        let record = self.record(id).await?;
        let (project, target) = (record.project, named(&record));
        let removed = self.take_out(record).await;
        self.actions.act(project, "secret.remove", &target, &removed, "").await;
        removed
    }

    async fn take_out(&self, record: SecretRecord) -> Result<()> {
        let (id, project) = (record.id.clone(), record.project);
        let text = match self.unstored.take(&id) {
            Some(unstored) => unstored.text,
            None => self.vaults.secret_text(&record).await?.unwrap_or_default(),
        };
        self.common.store().secrets().remove(&id).await?;
        // From here on the text is held for undo; the vault gives it up last.
        let mut removed = self.removed.secrets.lock().await;
        removed.push(RemovedSecret { record, text });
        let surplus = removed.len().saturating_sub(UNDO);
        removed.drain(..surplus);
        drop(removed);
        self.registry.forget_secret(&id);
        self.vaults.call(project, move |vault| vault.delete(&id)).await
    }

    /// Brings a removed secret back.
    pub async fn restore_secret(&self, id: &str) -> Result<SecretView> {
        let _alone = self.records.lock().await;
        let mut removed = self.removed.secrets.lock().await;
        let place =
            removed.iter().position(|removed| removed.record.id == id).ok_or_else(|| Error::not_found("secret"))?;
        let (record, text) = (removed[place].record.clone(), removed[place].text.clone());
        let project = self.registry.project(record.project)?.id;
        let target = named(&record);
        let restored = match (record.destroyed_ms, Secret::parse(&text)) {
            (Some(_), _) => self.common.store().secrets().put(record.clone()).await.map_err(Error::from),
            (None, Ok(secret)) => self.keep(record.clone(), text, secret).await.map(drop),
            (None, Err(error)) => Err(error.into()),
        };
        self.actions.act(project, "secret.restore", &target, &restored, "").await;
        restored?;
        removed.remove(place);
        Ok(self.view(record))
    }

    /// The text of a secret, because the user asked to see it.
    pub async fn reveal_secret(&self, id: &str) -> Result<Zeroizing<String>> {
        if let Some((project, secret)) = self.builtin(id) {
            let text = Ok(Zeroizing::new(secret.text().to_owned()));
            let target = format!("{SANDBOX_LABEL} ({})", secret.hint());
            self.actions.act(project, "secret.reveal", &target, &text, "Its text was shown.").await;
            return text;
        }
        let record = self.record(id).await?;
        let text = match (self.unstored.text(id), record.destroyed_ms) {
            (Some(text), _) => Ok(text),
            (None, Some(_)) => Err(Error::new(Code::SecretGone, "The text of this secret was destroyed.")),
            (None, None) => self.vaults.secret_text(&record).await.and_then(|text| {
                text.ok_or_else(|| {
                    Error::new(
                        Code::SecretGone,
                        "The secret is listed, but the secret store no longer has its text. Paste it in again.",
                    )
                })
            }),
        };
        self.actions.act(record.project, "secret.reveal", &named(&record), &text, "Its text was shown.").await;
        text
    }

    /// The id of the first secret of a project that can sign.
    pub fn first_secret(&self, project: i64) -> Option<String> {
        let all = self.registry.all();
        let keys = all.iter().find(|keys| keys.project.id == project)?;
        let mut signing = keys.secrets.iter().filter(|key| matches!(key.secret, Secret::Hmac(_)));
        signing.next().map(|key| key.id.clone())
    }

    /// The Sandbox's own secret with its project, where `id` is its id.
    fn builtin(&self, id: &str) -> Option<(i64, Secret)> {
        let all = self.registry.all();
        let keys = all.iter().flat_map(|keys| keys.secrets.iter().map(|key| (keys.project.id, key)));
        keys.filter(|(_, key)| key.id == id && id == SANDBOX_SECRET)
            .map(|(project, key)| (project, key.secret.clone()))
            .next()
    }

    /// Destroys the text of a secret that has ended. Its hint stays.
    pub async fn destroy_secret(&self, id: &str) -> Result<()> {
        let _alone = self.records.lock().await;
        let record = self.record(id).await?;
        if !has_ended(&record, self.common.now_s()) {
            return Err(Error::new(
                Code::SecretLive,
                "This secret still verifies deliveries. Only one that has ended can be destroyed; remove it instead.",
            ));
        }
        if record.destroyed_ms.is_some() {
            return Ok(());
        }
        let destroyed = self.destroy(&record).await;
        self.actions.act(record.project, "secret.destroy", &named(&record), &destroyed, "Its hint stays.").await;
        destroyed
    }

    async fn destroy(&self, record: &SecretRecord) -> Result<()> {
        self.vaults.destroy(record.project, &record.stored_in, record.id.clone()).await?;
        self.registry.forget_secret(&record.id);
        if let Some(unstored) = self.unstored.take(&record.id) {
            // It was never stored. From now on its hint is.
            self.common.store().secrets().put(unstored.record).await?;
        }
        self.common.store().secrets().destroyed(&record.id, self.common.now_ms()).await?;
        Ok(())
    }

    /// Destroys the texts of secrets that ended long ago, and what is left of removed projects.
    pub(super) async fn sweep(&self) {
        let _alone = self.records.lock().await;
        if let Err(error) = self.sweep_projects().await {
            tracing::warn!(%error, "could not check for what removed projects left behind");
        }
        let records = match self.common.store().secrets().list(None).await {
            Ok(records) => records,
            Err(error) => {
                tracing::warn!(%error, "could not check for secrets that have ended");
                return;
            }
        };
        let before = self.common.now_s().saturating_sub(KEPT_S);
        for record in records {
            if record.destroyed_ms.is_some() || record.expires_at.is_none_or(|at| at > before) {
                continue;
            }
            match self.destroy(&record).await {
                Ok(()) => {
                    let why = "It ended more than 30 days ago. Its hint stays.";
                    self.actions.acted_alone(record.project, "secret.destroy", &named(&record), why).await;
                }
                Err(error) => tracing::warn!(id = record.id, code = %error.code, "a secret could not be destroyed"),
            }
        }
    }

    async fn keep(&self, record: SecretRecord, text: Zeroizing<String>, secret: Secret) -> Result<SecretView> {
        self.put_secret(&record, &text).await?;
        self.registry.add_secret(record.project, secret_key(&record, secret, self.common.now_s()));
        self.key_news.tell(record.project, Which::Given);
        Ok(self.view(record))
    }

    /// Puts the text in the vault first: a secret that is listed can be read.
    pub(super) async fn put_secret(&self, record: &SecretRecord, text: &Zeroizing<String>) -> Result<()> {
        let (id, text) = (record.id.clone(), text.clone());
        self.vaults.call(record.project, move |vault| vault.put(&id, &text)).await?;
        if let Err(error) = self.common.store().secrets().put(record.clone()).await {
            let id = record.id.clone();
            self.vaults.call(record.project, move |vault| vault.delete(&id)).await?;
            return Err(error.into());
        }
        Ok(())
    }

    fn view(&self, record: SecretRecord) -> SecretView {
        let all = self.registry.all();
        let key = all.iter().flat_map(|keys| keys.secrets.iter().chain(&keys.expired)).find(|key| key.id == record.id);
        SecretView {
            warnings: key.map(|key| key.secret.warnings()).unwrap_or_default(),
            available: key.is_some(),
            key_state: record.state(self.common.now_s()),
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
        if let Some(unstored) = self.unstored.records().into_iter().find(|record| record.id == id) {
            return Ok(unstored);
        }
        let records = self.common.store().secrets().list(None).await?;
        records.into_iter().find(|record| record.id == id).ok_or_else(|| Error::not_found("secret"))
    }
}
