//! Projects: what the user adds, changes and removes, with their API keys in the vault.

use std::collections::HashSet;

use store::{KeyRecord, NewProject};
use zeroize::Zeroizing;

use super::Projects;
use super::check::{KeyChange, Plan};
use super::names::{hint, key_id, version};
use super::records::Records;
use super::removed::RemovedProject;
use crate::dto::{EnvironmentKey, Project, ProjectDraft};
use crate::error::{Code, Error, Result};

/// The variables that hold API keys, as Google's SDKs read them.
const VARIABLES: [&str; 2] = ["GEMINI_API_KEY", "GOOGLE_API_KEY"];

impl Projects {
    /// Adds a project.
    pub async fn add(&self, draft: ProjectDraft) -> Result<Project> {
        let mut records = self.records.lock().await;
        let plan = self.planned(&draft, None).await?;
        let (target, detail) = (plan.name.clone(), plan.words());
        let added = self.add_project(&mut records, plan).await;
        self.actions.act(added.as_ref().ok().map(|project| project.id), "project.add", &target, &added, &detail).await;
        added
    }

    async fn add_project(&self, records: &mut Records, plan: Plan) -> Result<Project> {
        let projects = self.common.store().projects();
        let new = NewProject {
            name: plan.name.clone(),
            path: plan.path.clone(),
            base_url: plan.base_url.clone(),
            api_version: version(plan.api_version).to_owned(),
            key: None,
        };
        let mut added = projects.add(new).await?;
        if let KeyChange::Put(text) = &plan.key {
            // The key's name contains the project's id, so it can only be stored once the project is.
            let kept = async {
                self.put_api_key(added.id, text).await?;
                added.key = Some(self.key_record(added.id, text));
                Ok(projects.update(&added).await?)
            };
            let kept: Result<()> = kept.await;
            if let Err(error) = kept {
                self.take_api_key(added.id).await;
                projects.remove(added.id, self.common.now_ms()).await?;
                return Err(error);
            }
        }
        self.read_records(records).await?;
        self.registry.project(added.id)
    }

    /// Changes a project.
    pub async fn update(&self, id: i64, draft: ProjectDraft) -> Result<Project> {
        let mut records = self.records.lock().await;
        let before = self.own_project(id).await?;
        let plan = self.planned(&draft, Some(&before)).await?;
        let (target, detail) = (before.name.clone(), plan.words());
        let changed = self.update_project(&mut records, before, plan).await;
        self.actions.act(id, "project.update", &target, &changed, &detail).await;
        changed
    }

    async fn update_project(&self, records: &mut Records, before: store::Project, plan: Plan) -> Result<Project> {
        let id = before.id;
        let old = self.api_key(id);
        let key = match &plan.key {
            KeyChange::Keep => before.key.clone(),
            KeyChange::Put(text) => {
                self.put_api_key(id, text).await?;
                Some(self.key_record(id, text))
            }
            KeyChange::Drop => {
                let key = key_id(id);
                self.vaults.call(id, move |vault| vault.delete(&key)).await?;
                None
            }
        };
        let project = store::Project {
            name: plan.name,
            path: plan.path,
            base_url: plan.base_url,
            api_version: version(plan.api_version).to_owned(),
            key,
            ..before
        };
        if let Err(error) = self.common.store().projects().update(&project).await {
            match (&plan.key, &old) {
                (KeyChange::Keep, _) => {}
                (_, Some(old)) => self.put_api_key(id, old).await?,
                (_, None) => self.take_api_key(id).await,
            }
            return Err(error.into());
        }
        // Drop the record, so that the key is read again: its record is the same where the same key was given again.
        records.projects.retain(|read| read.id != id);
        self.read_records(records).await?;
        self.registry.project(id)
    }

    /// Removes a project. Its deliveries stay; it can be brought back until the session ends.
    pub async fn remove(&self, id: i64) -> Result<()> {
        let mut records = self.records.lock().await;
        let project = self.own_project(id).await?;
        if project.path.is_empty() {
            return Err(Error::new(
                Code::BuiltinProject,
                "This project takes the deliveries that belong to no other project, so it cannot be removed. It can be \
                 renamed, and its API key and secrets can be removed.",
            ));
        }
        let name = project.name.clone();
        let removed = self.remove_project(&mut records, project).await;
        // The registry no longer knows its name.
        self.actions.act_named(id, &name, "project.remove", &name, &removed, "Its deliveries stay.").await;
        removed
    }

    async fn remove_project(&self, records: &mut Records, project: store::Project) -> Result<()> {
        let id = project.id;
        let mut held = Vec::new();
        for record in self.common.store().secrets().list(Some(id)).await? {
            let text = self.vaults.secret_text(&record).await?;
            held.push((record, text));
        }
        let key = self.api_key(id);
        if !self.common.store().projects().remove(id, self.common.now_ms()).await? {
            return Err(Error::not_found("project"));
        }
        // From here on the texts are held for undo; the vault gives them up last.
        self.removed.projects.lock().await.push(RemovedProject { project: project.clone(), key, secrets: held });
        let destroyed = self.destroy_kept(project).await;
        self.read_records(records).await?;
        destroyed.map_err(|error| Error {
            message: format!(
                "The project is removed, but not all of its key and secrets could be destroyed. Pollux tries again at \
                 the next start. {}",
                error.message
            ),
            ..error
        })
    }

    /// Destroys what is kept of a removed project. What cannot be destroyed stays listed, so that the next start tries
    /// again.
    async fn destroy_kept(&self, project: store::Project) -> Result<()> {
        let mut failed = None;
        for record in self.common.store().secrets().list(Some(project.id)).await? {
            match self.vaults.destroy(project.id, &record.stored_in, record.id.clone()).await {
                Ok(()) => drop(self.common.store().secrets().remove(&record.id).await?),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(key) = &project.key {
            match self.vaults.destroy(project.id, &key.stored_in, key_id(project.id)).await {
                Ok(()) => self.common.store().projects().update(&store::Project { key: None, ..project }).await?,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Destroys what is left of removed projects, because the keychain was locked or the process ended halfway.
    pub(super) async fn sweep_projects(&self) -> Result<()> {
        let listed: HashSet<i64> =
            self.common.store().secrets().list(None).await?.into_iter().map(|record| record.project).collect();
        for project in self.common.store().projects().all().await? {
            let left = project.key.is_some() || listed.contains(&project.id);
            if project.removed_ms.is_none() || project.sandbox || !left {
                continue;
            }
            let id = project.id;
            if let Err(error) = self.destroy_kept(project).await {
                tracing::warn!(project = id, code = %error.code, "what a removed project left could not be destroyed");
            }
        }
        Ok(())
    }

    /// Brings a removed project back.
    pub async fn restore(&self, id: i64) -> Result<Project> {
        let mut records = self.records.lock().await;
        let mut removed = self.removed.projects.lock().await;
        let place = removed.iter().position(|one| one.project.id == id).ok_or_else(|| Error::not_found("project"))?;
        let restored = self.restore_project(&mut records, &removed[place]).await;
        self.actions
            .act_named(id, &removed[place].project.name, "project.restore", &removed[place].project.name, &restored, "")
            .await;
        if restored.is_ok() {
            removed.remove(place);
        }
        restored
    }

    async fn restore_project(&self, records: &mut Records, removed: &RemovedProject) -> Result<Project> {
        let id = removed.project.id;
        let secrets = removed.secrets.iter().filter_map(|(record, text)| Some((record.id.clone(), text.clone()?)));
        let texts: Vec<(String, Zeroizing<String>)> =
            secrets.chain(removed.key.clone().map(|key| (key_id(id), key))).collect();
        let names: Vec<String> = texts.iter().map(|(name, _)| name.clone()).collect();
        let put =
            self.vaults.call(id, move |vault| texts.iter().try_for_each(|(name, text)| vault.put(name, text))).await;
        let put = match put {
            Ok(()) => self.common.store().projects().restore(id).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        if let Err(error) = put {
            // Take out those that were put in; the first error is the one to report.
            let _ = self.vaults.call(id, move |vault| names.iter().try_for_each(|name| vault.delete(name))).await;
            return Err(error);
        }
        // The key was taken out of its row when it was destroyed.
        self.common.store().projects().update(&removed.project).await?;
        for (record, _) in &removed.secrets {
            self.common.store().secrets().put(record.clone()).await?;
        }
        // Read everything anew, including what could not be destroyed: nothing is known of it any more.
        records.secrets.retain(|record| record.project != id);
        self.read_records(records).await?;
        for key in self.unstored.keys(id, self.common.now_s()) {
            self.registry.add_secret(id, key);
        }
        self.registry.project(id)
    }

    /// The API keys that the environment holds.
    pub fn environment_keys(&self) -> Vec<EnvironmentKey> {
        let keys = VARIABLES.iter().filter_map(|name| Some((*name, self.environment_key(name)?)));
        keys.map(|(name, text)| EnvironmentKey { name: name.to_owned(), hint: hint(&text) }).collect()
    }

    pub(super) fn environment_key(&self, name: &str) -> Option<Zeroizing<String>> {
        self.common.variable(name).filter(|_| VARIABLES.contains(&name))
    }

    /// A project, unless it is the built-in one, which cannot be changed.
    async fn own_project(&self, id: i64) -> Result<store::Project> {
        let all = self.common.store().projects().list().await?;
        let project = all.into_iter().find(|project| project.id == id).ok_or_else(|| Error::not_found("project"))?;
        match project.sandbox {
            true => {
                Err(Error::new(Code::BuiltinProject, "The Sandbox is built in and cannot be changed. Add a project."))
            }
            false => Ok(project),
        }
    }

    async fn put_api_key(&self, project: i64, text: &Zeroizing<String>) -> Result<()> {
        let (id, text) = (key_id(project), text.clone());
        self.vaults.call(project, move |vault| vault.put(&id, &text)).await
    }

    /// Destroys an API key after a change that failed, as if it had never been put in.
    async fn take_api_key(&self, project: i64) {
        let id = key_id(project);
        if let Err(error) = self.vaults.call(project, move |vault| vault.delete(&id)).await {
            tracing::warn!(project, code = %error.code, "an API key could not be destroyed");
        }
    }

    fn key_record(&self, project: i64, text: &str) -> KeyRecord {
        KeyRecord { hint: hint(text), stored_in: self.vaults.of(project).kind().as_str().to_owned() }
    }
}
