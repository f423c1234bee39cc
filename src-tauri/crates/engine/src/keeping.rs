//! Secrets that the service shows once: they are stored before anybody sees them, and held in memory where that fails.

use std::sync::atomic::Ordering;

use signature::{KeyState, Secret, SecretKey};
use store::SecretRecord;
use zeroize::Zeroizing;

use crate::dto::NewSecret;
use crate::engine::Engine;
use crate::error::{Code, Error, Result};
use crate::projects;
use crate::reverify::Which;
use crate::secrets::key;
use crate::vault::VaultKind;

/// A secret that could not be stored, until the process ends. It verifies.
pub(crate) struct Held {
    pub(crate) record: SecretRecord,
    pub(crate) text: Zeroizing<String>,
    /// The user has kept it elsewhere: nothing is asked any more.
    let_go: bool,
}

impl Held {
    /// As a key of this project, if it is one.
    pub(crate) fn key(&self, project: i64, now: i64) -> Option<SecretKey> {
        let secret = Secret::parse(&self.text).ok().filter(|_| self.record.project == project)?;
        Some(key(&self.record, secret, now))
    }
}

/// A secret is on its way; it is stored, or held, when this is dropped.
struct Coming(Engine);

impl Coming {
    fn new(engine: Engine) -> Self {
        engine.inner.coming.fetch_add(1, Ordering::Relaxed);
        Self(engine)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.inner.coming.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Engine {
    /// Does what a new secret comes of to its end, whoever stops waiting for it: the service shows a secret once. The
    /// shutdown waits for it, too.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let coming = Coming::new(self.clone());
        let done = self.inner.tasks.spawn(async move {
            let _coming = coming;
            work.await
        });
        done.await.map_err(|error| Error::new(Code::Internal, "This did not come to its end.").with_detail(error))?
    }

    /// Keeps a secret that the service has just shown for a webhook. It verifies at once, also where it cannot be
    /// stored: then the answer says why, and its text is held for [`Engine::secret_store_again`].
    pub(crate) async fn keep_new(&self, project: i64, webhook: &str, text: &str) -> NewSecret {
        let text = Zeroizing::new(text.trim().to_owned());
        let parsed = Secret::parse(&text);
        let now_ms = self.now_ms();
        let record = SecretRecord {
            id: uuid::Uuid::new_v4().to_string(),
            project,
            label: "Webhook secret".to_owned(),
            hint: parsed.as_ref().map_or_else(|_| projects::hint(&text), Secret::hint),
            expires_at: None,
            added_ms: now_ms,
            stored_in: VaultKind::Memory.as_str().to_owned(),
            webhook: Some(webhook.to_owned()),
            created_ms: Some(now_ms),
            destroyed_ms: None,
        };
        let unusable = match parsed {
            Ok(secret) => {
                // First of all: its first delivery may be on its way.
                self.inner.registry.add_secret(project, key(&record, secret, self.now_s()));
                self.keys_came(project, Which::All);
                None
            }
            // Whatever it is, the service shows it once: it is stored as it came.
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
        record.stored_in = self.vault_of(record.project).kind().as_str().to_owned();
        let stored = self.put_secret(&record, &text).await;
        let new = NewSecret {
            id: record.id.clone(),
            text: text.to_string(),
            hint: record.hint.clone(),
            stored_in: stored.is_ok().then(|| self.vault_of(record.project).kind()),
            problem: stored.err(),
        };
        if let Some(problem) = &new.problem {
            tracing::error!(id = new.id, code = %problem.code, "a new secret could not be stored");
            record.stored_in = VaultKind::Memory.as_str().to_owned();
            self.held().push(Held { record, text, let_go: false });
        }
        new
    }

    /// Tries again to store a secret that could not be stored.
    pub async fn secret_store_again(&self, id: &str) -> Result<NewSecret> {
        let (engine, id) = (self.clone(), id.to_owned());
        self.to_the_end(async move {
            let held = engine.take_held(&id).ok_or_else(|| Error::not_found("secret"))?;
            Ok(engine.put_new(held.record, held.text).await)
        })
        .await
    }

    /// Whether a secret that the service showed is not stored anywhere, or one is on its way.
    pub fn secrets_unstored(&self) -> bool {
        self.inner.coming.load(Ordering::Relaxed) > 0 || self.held().iter().any(|held| !held.let_go)
    }

    /// The user has kept a secret that could not be stored: it verifies until the process ends, and is not asked for
    /// any more.
    pub async fn secret_let_go(&self, id: &str) -> Result<()> {
        let mut all = self.held();
        let held = all.iter_mut().find(|held| held.record.id == id).ok_or_else(|| Error::not_found("secret"))?;
        held.let_go = true;
        Ok(())
    }

    /// A secret stops being good at `at_s` (Unix seconds), which may have passed: the near-miss probe then names it.
    pub(crate) async fn secret_ends(&self, id: &str, at_s: i64) -> Result<()> {
        let state = match self.now_s() < at_s {
            true => KeyState::Grace { until: at_s },
            false => KeyState::Expired { at: at_s },
        };
        self.inner.registry.set_secret_state(id, state);
        if let Some(held) = self.held().iter_mut().find(|held| held.record.id == id) {
            held.record.expires_at = Some(at_s);
            return Ok(());
        }
        match self.inner.store.secrets().expire(id, Some(at_s)).await? {
            true => Ok(()),
            false => Err(Error::not_found("secret")),
        }
    }

    /// Those that could not be stored.
    pub(crate) fn held(&self) -> std::sync::MutexGuard<'_, Vec<Held>> {
        self.inner.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// One of them, to be stored or forgotten.
    pub(crate) fn take_held(&self, id: &str) -> Option<Held> {
        let mut all = self.held();
        let place = all.iter().position(|held| held.record.id == id)?;
        Some(all.swap_remove(place))
    }
}
