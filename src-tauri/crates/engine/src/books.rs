//! What the store says of projects and secrets, put into the registry: at the start, after each change of ours, and when
//! another process changed it (`pollux project add` while the window runs).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use gemini::JwksCache;
use gemini::client::GOOGLE_BASE_URL;
use gemini::jwks::HttpFetch;
use reqwest::Url;
use signature::{KeyState, Secret};
use store::SecretRecord;
use zeroize::Zeroizing;

use crate::dto::{ApiKey, ApiVersion, Live, Project};
use crate::engine::Engine;
use crate::error::{Code, Error, Result};
use crate::keys::ProjectKeys;
use crate::projects::hint;
use crate::reverify::Which;
use crate::secrets;
use crate::vault::VaultKind;

/// How often it is looked for what another process changed.
const LOOK: Duration = Duration::from_secs(2);
/// How often it is looked for secrets to be destroyed, on the wall clock.
const SWEEP_S: i64 = 60 * 60;

/// What was read last. Held locked by whoever changes projects or secrets, so that a reading does not undo it.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) projects: Vec<store::Project>,
    pub(crate) secrets: Vec<SecretRecord>,
    /// They were read before: a secret that comes now is a new one.
    read: bool,
}

impl Engine {
    /// Reads the store and puts what changed since the last time into the registry.
    pub(crate) async fn read_books(&self, books: &mut Books) -> Result<()> {
        if self.inner.fixed {
            return Ok(());
        }
        let projects = self.inner.store.projects().list().await?;
        let secrets = self.inner.store.secrets().list(None).await?;
        if projects != books.projects {
            self.read_projects(&books.projects, &projects).await?;
            books.projects = projects;
        }
        if secrets != books.secrets {
            self.read_secrets(&books.secrets, &secrets, books.read).await;
            books.secrets = secrets;
        }
        books.read = true;
        Ok(())
    }

    async fn read_projects(&self, before: &[store::Project], now: &[store::Project]) -> Result<()> {
        for project in before.iter().filter(|old| !now.iter().any(|new| new.id == old.id)) {
            self.drop_access(project.id);
        }
        let mut known = HashMap::new();
        for project in now.iter().filter(|project| !project.sandbox) {
            let old = before.iter().find(|old| old.id == project.id);
            let same_key = old.is_some_and(|old| old.key == project.key);
            if old != Some(project) {
                let kept = self.api_key(project.id).filter(|_| same_key);
                let key = if same_key { kept } else { self.read_api_key(project).await };
                self.set_access(&view(project, key.is_some()), key);
            }
            let available = self.api_key(project.id).is_some();
            known.insert(project.id, (view(project, available), self.jwks(project.base_url.as_deref())?));
        }
        let told = self.projects();
        self.inner.registry.update(|all| {
            let mut old = std::mem::take(all);
            all.extend(old.extract_if(.., |keys| keys.project.sandbox));
            for project in now {
                let Some((view, jwks)) = known.remove(&project.id) else { continue };
                let keys = old.extract_if(.., |keys| keys.project.id == project.id).next();
                let (secrets, expired) = keys.map(|keys| (keys.secrets, keys.expired)).unwrap_or_default();
                all.push(ProjectKeys {
                    project: view,
                    secrets,
                    expired,
                    jwks: Some(jwks),
                    closed: false,
                    policy: None,
                });
            }
        });
        let projects = self.projects();
        if projects != told {
            self.inner.feed.tell(Live::Projects { projects });
        }
        Ok(())
    }

    /// One that cannot be read is shown as unavailable.
    async fn read_api_key(&self, project: &store::Project) -> Option<Zeroizing<String>> {
        let record = project.key.as_ref()?;
        let id = key_id(project.id);
        match self.vault(project.id, move |vault| vault.get(&id)).await {
            Ok(Some(found)) if hint(&found) == record.hint => return Some(found),
            // Given for another address by a change that was cut off, or by another history that counts the same way.
            Ok(Some(_)) => {
                tracing::warn!(project = project.id, "the API key that is kept is not the one that is listed")
            }
            Ok(None) => tracing::warn!(project = project.id, "an API key is listed, but its text is gone"),
            Err(error) => tracing::warn!(project = project.id, code = %error.code, "an API key could not be read"),
        }
        None
    }

    /// The published keys of the service at this address, shared by the projects that have the same.
    fn jwks(&self, base_url: Option<&str>) -> Result<Arc<JwksCache>> {
        let failed = |error: &dyn ToString| {
            Error::new(Code::NoJwks, "The service's published keys cannot be fetched from this system.")
                .with_detail(error.to_string())
        };
        let base = Url::parse(base_url.unwrap_or(GOOGLE_BASE_URL)).map_err(|error| failed(&error))?;
        let url = base.join("/.well-known/jwks.json").map_err(|error| failed(&error))?;
        let mut caches = self.inner.jwks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = caches.get(url.as_str()) {
            return Ok(cache.clone());
        }
        let fetch = HttpFetch::new(url.as_str()).map_err(|error| failed(&error))?;
        let cache = Arc::new(JwksCache::new(fetch));
        self.follow_keys(&cache);
        caches.insert(url.to_string(), cache.clone());
        Ok(cache)
    }

    async fn read_secrets(&self, before: &[SecretRecord], now: &[SecretRecord], read: bool) {
        for record in before.iter().filter(|old| !now.iter().any(|new| new.id == old.id)) {
            self.inner.registry.forget_secret(&record.id);
        }
        let projects = self.projects();
        for record in now {
            let old = before.iter().find(|old| old.id == record.id);
            if old == Some(record) || !projects.iter().any(|project| project.id == record.project) {
                continue;
            }
            match (record.destroyed_ms, self.inner.registry.knows_secret(&record.id)) {
                (Some(_), _) => self.inner.registry.forget_secret(&record.id),
                (None, true) => self.inner.registry.set_secret_state(&record.id, record.state(self.now_s())),
                (None, false) => {
                    self.read_secret(record).await;
                    if read {
                        self.keys_came(record.project, Which::All);
                    }
                }
            }
        }
    }

    /// One that cannot be read is shown as unavailable and verifies nothing.
    async fn read_secret(&self, record: &SecretRecord) {
        match self.secret_text(record).await {
            Ok(Some(text)) => match Secret::parse(&text) {
                Ok(secret) => {
                    self.inner.registry.add_secret(record.project, secrets::key(record, secret, self.now_s()));
                }
                Err(error) => tracing::warn!(id = record.id, code = error.code(), "a kept secret cannot be used"),
            },
            Ok(None) => tracing::warn!(id = record.id, "a secret is listed, but its text is gone"),
            Err(error) => tracing::warn!(id = record.id, code = %error.code, "a secret could not be read"),
        }
    }

    /// The Sandbox's state lives as long as the process: what is known of its secrets of earlier runs is forgotten.
    pub(crate) async fn forget_sandbox(&self, project: i64) -> Result<()> {
        let memory = VaultKind::Memory.as_str();
        for record in self.inner.store.secrets().list(Some(project)).await? {
            // Earlier versions kept what was pasted for the Sandbox where the other secrets are.
            if record.stored_in != memory {
                let (vault, id) = (self.inner.vault.clone(), record.id.clone());
                let deleted = tokio::task::spawn_blocking(move || vault.delete(&id)).await;
                if !matches!(deleted, Ok(Ok(()))) {
                    tracing::warn!(id = record.id, "a secret of the Sandbox could not be destroyed");
                }
            }
        }
        self.inner.store.secrets().forget_project(project).await?;
        Ok(())
    }

    /// Follows what other processes change, and destroys what ended long ago. `swept`: when that was done last, Unix
    /// seconds. Never ends by itself.
    pub(crate) async fn follow_books(self, mut swept: i64) {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut books = self.inner.books.lock().await;
            if let Err(error) = self.read_books(&mut books).await {
                tracing::warn!(code = %error.code, %error, "projects and secrets could not be read again");
            }
            drop(books);
            let now = self.now_s();
            if now.abs_diff(swept) >= SWEEP_S.unsigned_abs() {
                swept = now;
                self.sweep().await;
            }
        }
    }
}

/// The name of a project's API key in the vault.
pub(crate) fn key_id(project: i64) -> String {
    format!("key:{project}")
}

/// A project for the window. `available`: its API key could be read.
pub(crate) fn view(project: &store::Project, available: bool) -> Project {
    Project {
        id: project.id,
        name: project.name.clone(),
        sandbox: project.sandbox,
        path: project.path.clone(),
        base_url: project.base_url.clone().unwrap_or_else(|| GOOGLE_BASE_URL.to_owned()),
        api_version: version(&project.api_version),
        api_key: project.key.as_ref().map(|key| ApiKey {
            hint: key.hint.clone(),
            stored_in: VaultKind::named(&key.stored_in),
            available,
        }),
    }
}

fn version(stored: &str) -> ApiVersion {
    match stored {
        "v1beta" => ApiVersion::V1beta,
        _ => ApiVersion::V1,
    }
}

/// Whether nothing is accepted of it any more.
pub(crate) fn ended(record: &SecretRecord, now: i64) -> bool {
    matches!(record.state(now), KeyState::Expired { .. })
}
