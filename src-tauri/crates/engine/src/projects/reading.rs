//! Puts what the store says of projects and secrets into the registry: at the start, after each change of ours, and
//! when another process changed it (`pollux project add` while the window runs).

use std::collections::HashMap;
use std::time::Duration;

use gemini::client::Client;
use signature::Secret;
use store::SecretRecord;
use zeroize::Zeroizing;

use super::Projects;
use super::key_news::Which;
use super::names::{hint, key_id, secret_key, view};
use super::records::Records;
use super::vault::VaultKind;
use crate::dto::Live;
use crate::error::Result;
use crate::registry::ProjectKeys;

/// How often to check what another process changed.
const LOOK: Duration = Duration::from_secs(2);
/// How often to check for secrets to destroy, on the wall clock.
const SWEEP_S: i64 = 60 * 60;

impl Projects {
    /// Reads the store and puts what changed since the last time into the registry.
    pub(super) async fn read_records(&self, records: &mut Records) -> Result<()> {
        if self.common.is_fixed() {
            return Ok(());
        }
        let projects = self.common.store().projects().list().await?;
        let secrets = self.common.store().secrets().list(None).await?;
        if projects != records.projects {
            self.read_projects(&records.projects, &projects).await?;
            records.projects = projects;
        }
        if secrets != records.secrets {
            self.read_secrets(&records.secrets, &secrets, records.read).await;
            records.secrets = secrets;
        }
        records.read = true;
        Ok(())
    }

    async fn read_projects(&self, before: &[store::Project], now: &[store::Project]) -> Result<()> {
        for project in before.iter().filter(|old| !now.iter().any(|new| new.id == old.id)) {
            self.clients.remove(project.id);
        }
        let mut known = HashMap::new();
        for project in now.iter().filter(|project| !project.sandbox) {
            let old = before.iter().find(|old| old.id == project.id);
            let same_key = old.is_some_and(|old| old.key == project.key);
            if old != Some(project) {
                let kept = self.api_key(project.id).filter(|_| same_key);
                let key = if same_key { kept } else { self.read_api_key(project).await };
                self.clients.set_key(&view(project, key.is_some()), key);
            }
            let available = self.api_key(project.id).is_some();
            known.insert(project.id, (view(project, available), self.jwks.of(project.base_url.as_deref())?));
        }
        let told = self.registry.projects();
        self.registry.update(|all| {
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
        let projects = self.registry.projects();
        if projects != told {
            self.common.tell(Live::Projects { projects });
        }
        Ok(())
    }

    /// Reads an API key. One that cannot be read is shown as unavailable.
    async fn read_api_key(&self, project: &store::Project) -> Option<Zeroizing<String>> {
        let record = project.key.as_ref()?;
        let id = key_id(project.id);
        match self.vaults.call(project.id, move |vault| vault.get(&id)).await {
            Ok(Some(found)) if hint(&found) == record.hint => return Some(found),
            // Given for another address by a change that broke off, or by another history with the same ids.
            Ok(Some(_)) => {
                tracing::warn!(project = project.id, "the stored API key is not the one that is listed")
            }
            Ok(None) => tracing::warn!(project = project.id, "an API key is listed, but its text is gone"),
            Err(error) => tracing::warn!(project = project.id, code = %error.code, "an API key could not be read"),
        }
        None
    }

    async fn read_secrets(&self, before: &[SecretRecord], now: &[SecretRecord], read: bool) {
        for record in before.iter().filter(|old| !now.iter().any(|new| new.id == old.id)) {
            self.registry.forget_secret(&record.id);
        }
        let projects = self.registry.projects();
        for record in now {
            let old = before.iter().find(|old| old.id == record.id);
            if old == Some(record) || !projects.iter().any(|project| project.id == record.project) {
                continue;
            }
            match (record.destroyed_ms, self.registry.knows_secret(&record.id)) {
                (Some(_), _) => self.registry.forget_secret(&record.id),
                (None, true) => self.registry.set_secret_state(&record.id, record.state(self.common.now_s())),
                (None, false) => {
                    self.read_secret(record).await;
                    if read {
                        self.key_news.tell(record.project, Which::All);
                    }
                }
            }
        }
    }

    /// Reads a secret. One that cannot be read is shown as unavailable and verifies nothing.
    async fn read_secret(&self, record: &SecretRecord) {
        match self.vaults.secret_text(record).await {
            Ok(Some(text)) => match Secret::parse(&text) {
                Ok(secret) => {
                    self.registry.add_secret(record.project, secret_key(record, secret, self.common.now_s()));
                }
                Err(error) => tracing::warn!(id = record.id, code = error.code(), "a stored secret cannot be used"),
            },
            Ok(None) => tracing::warn!(id = record.id, "a secret is listed, but its text is gone"),
            Err(error) => tracing::warn!(id = record.id, code = %error.code, "a secret could not be read"),
        }
    }

    /// Forgets the Sandbox's secrets of earlier runs: its state lives only as long as the process.
    async fn forget_sandbox(&self, project: i64) -> Result<()> {
        let memory = VaultKind::Memory.as_str();
        for record in self.common.store().secrets().list(Some(project)).await? {
            // Earlier versions stored secrets pasted for the Sandbox with the others.
            if record.stored_in != memory {
                let (vault, id) = (self.vault().clone(), record.id.clone());
                let deleted = tokio::task::spawn_blocking(move || vault.delete(&id)).await;
                if !matches!(deleted, Ok(Ok(()))) {
                    tracing::warn!(id = record.id, "a secret of the Sandbox could not be destroyed");
                }
            }
        }
        self.common.store().secrets().forget_project(project).await?;
        Ok(())
    }

    /// Reads the projects and secrets for the first time. `sandbox`: the Sandbox's project and the client that calls
    /// it, where it runs.
    pub(crate) async fn open(&self, sandbox: Option<(i64, Client)>) -> Result<()> {
        if let Some((project, client)) = sandbox {
            self.clients.put(project, client);
            self.forget_sandbox(project).await?;
        }
        self.read_records(&mut *self.records.lock().await).await
    }

    /// Destroys secrets that ended long ago, now and from time to time, and follows what other processes change.
    pub(crate) async fn begin(&self) {
        if !self.common.is_fixed() {
            let swept = self.common.now_s();
            self.sweep().await;
            self.common.spawn(self.clone().follow(swept));
        }
    }

    /// `swept`: when secrets were last checked, in Unix seconds.
    async fn follow(self, mut swept: i64) {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut records = self.records.lock().await;
            if let Err(error) = self.read_records(&mut records).await {
                tracing::warn!(code = %error.code, %error, "projects and secrets could not be read again");
            }
            drop(records);
            let now = self.common.now_s();
            if now.abs_diff(swept) >= SWEEP_S.unsigned_abs() {
                swept = now;
                self.sweep().await;
            }
        }
    }
}
