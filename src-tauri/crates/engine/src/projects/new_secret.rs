//! Secrets that the service shows once: stored before anybody sees them, and held in memory where that fails.

use gemini::client::Client;
use signature::{KeyState, Secret, SecretKey};
use store::SecretRecord;
use zeroize::Zeroizing;

use super::Projects;
use super::key_news::Which;
use super::names::{hint, secret_key};
use super::vault::VaultKind;
use crate::dto::NewSecret;
use crate::error::{Code, Error, Result};

impl Projects {
    /// Runs a call that may return a new secret to its end, even when the caller stops waiting: the service shows a
    /// secret once. Shutdown waits for it, too.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let coming = self.unstored.expect_one();
        let done = self.common.spawn_to_the_end(async move {
            let _coming = coming;
            work.await
        });
        done.await.map_err(|error| Error::new(Code::Internal, "This action did not finish.").with_detail(error))?
    }

    /// Keeps a secret that the service has just shown for a webhook. It verifies at once, even where it cannot be
    /// stored: then the answer says why, and its text is held for [`Projects::store_secret_again`].
    pub(crate) async fn keep_new(&self, project: i64, webhook: &str, text: &str) -> NewSecret {
        let text = Zeroizing::new(text.trim().to_owned());
        let parsed = Secret::parse(&text);
        let now_ms = self.common.now_ms();
        let record = SecretRecord {
            id: uuid::Uuid::new_v4().to_string(),
            project,
            label: "Webhook secret".to_owned(),
            hint: parsed.as_ref().map_or_else(|_| hint(&text), Secret::hint),
            expires_at: None,
            added_ms: now_ms,
            stored_in: VaultKind::Memory.as_str().to_owned(),
            webhook: Some(webhook.to_owned()),
            created_ms: Some(now_ms),
            destroyed_ms: None,
        };
        let unusable = match parsed {
            Ok(secret) => {
                // Before all else: its first delivery may be on its way.
                self.registry.add_secret(project, secret_key(&record, secret, self.common.now_s()));
                self.key_news.tell(project, Which::All);
                None
            }
            // The service shows it once, so it is stored as it came, whatever it is.
            Err(error) => Some(Error::new(
                Code::SecretUnusable,
                format!("The secret is stored as it came, but Pollux cannot verify with it: {error}"),
            )),
        };
        let mut kept = self.put_new(record, text).await;
        kept.problem = kept.problem.or(unusable);
        kept
    }

    async fn put_new(&self, mut record: SecretRecord, text: Zeroizing<String>) -> NewSecret {
        record.stored_in = self.vaults.of(record.project).kind().as_str().to_owned();
        let stored = self.put_secret(&record, &text).await;
        let new = NewSecret {
            id: record.id.clone(),
            text: text.to_string(),
            hint: record.hint.clone(),
            stored_in: stored.is_ok().then(|| self.vaults.of(record.project).kind()),
            problem: stored.err(),
        };
        if let Some(problem) = &new.problem {
            tracing::error!(id = new.id, code = %problem.code, "a new secret could not be stored");
            record.stored_in = VaultKind::Memory.as_str().to_owned();
            self.unstored.add(record, text);
        }
        new
    }

    /// Tries again to store a secret that could not be stored.
    pub async fn store_secret_again(&self, id: &str) -> Result<NewSecret> {
        let (room, id) = (self.clone(), id.to_owned());
        self.to_the_end(async move {
            let unstored = room.unstored.take(&id).ok_or_else(|| Error::not_found("secret"))?;
            Ok(room.put_new(unstored.record, unstored.text).await)
        })
        .await
    }

    /// Whether some secret that the service showed is stored nowhere, or a new one is on its way.
    pub fn has_unstored_secrets(&self) -> bool {
        self.unstored.any()
    }

    /// The user has kept a secret that could not be stored: it verifies until the process ends, and Pollux stops asking
    /// about it.
    pub async fn let_secret_go(&self, id: &str) -> Result<()> {
        match self.unstored.let_go(id) {
            true => Ok(()),
            false => Err(Error::not_found("secret")),
        }
    }

    /// Ends a secret at `at_s` (Unix seconds). When that time has passed already, only the near-miss probe still uses
    /// it.
    pub(crate) async fn end_secret(&self, id: &str, at_s: i64) -> Result<()> {
        let state = match self.common.now_s() < at_s {
            true => KeyState::Grace { until: at_s },
            false => KeyState::Expired { at: at_s },
        };
        self.registry.set_secret_state(id, state);
        if self.unstored.set_end(id, Some(at_s)) {
            return Ok(());
        }
        match self.common.store().secrets().expire(id, Some(at_s)).await? {
            true => Ok(()),
            false => Err(Error::not_found("secret")),
        }
    }

    /// Makes a secret current again, because it still signs though it was thought to have ended.
    pub(crate) async fn revive_secret(&self, record: &SecretRecord) -> Result<()> {
        self.common.store().secrets().expire(&record.id, None).await?;
        self.unstored.set_end(&record.id, None);
        let known = self.registry.all();
        let key =
            known.iter().flat_map(|keys| keys.secrets.iter().chain(&keys.expired)).find(|key| key.id == record.id);
        if let Some(key) = key {
            let current = SecretKey { state: KeyState::Current, ..key.clone() };
            self.registry.add_secret(record.project, current);
        }
        Ok(())
    }

    /// The secrets of a project, including those that could not be stored.
    pub(crate) async fn secret_records(&self, project: i64) -> Result<Vec<SecretRecord>> {
        let mut records = self.common.store().secrets().list(Some(project)).await?;
        records.extend(self.unstored.records().into_iter().filter(|record| record.project == project));
        Ok(records)
    }

    /// Forgets the secrets of a project's webhooks, which are all gone.
    pub(crate) async fn forget_webhook_secrets(&self, project: i64) -> Result<()> {
        for record in self.secret_records(project).await? {
            if record.webhook.is_some() {
                self.registry.forget_secret(&record.id);
                self.common.store().secrets().remove(&record.id).await?;
                self.vaults.call(project, move |vault| vault.delete(&record.id)).await?;
            }
        }
        Ok(())
    }

    /// The client of a project: its base URL, version and API key.
    pub(crate) fn client(&self, project: i64) -> Result<Client> {
        self.clients.of(&self.registry.project(project)?)
    }

    /// The API key of a project, if it can be read.
    pub(crate) fn api_key(&self, project: i64) -> Option<Zeroizing<String>> {
        self.clients.key(project).map(|(_, key)| key)
    }
}
