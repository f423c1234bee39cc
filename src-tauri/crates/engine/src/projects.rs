//! Projects: what the user adds, changes and removes, with their API keys in the vault.

use crate::dto::{EnvironmentKey, Project, ProjectCheck, ProjectDraft};
use crate::engine::Engine;
use crate::error::{Error, Result};

fn not_built<T>() -> Result<T> {
    Err(Error::new("not_built", "Not built yet."))
}

impl Engine {
    /// Adds a project.
    pub async fn project_add(&self, draft: ProjectDraft) -> Result<Project> {
        let _ = draft;
        not_built()
    }

    /// Changes a project.
    pub async fn project_update(&self, id: i64, draft: ProjectDraft) -> Result<Project> {
        let _ = (id, draft);
        not_built()
    }

    /// One harmless call with what a form holds; nothing is kept. `id`: the project whose kept key `ApiKeyDraft::Kept`
    /// means.
    pub async fn project_check(&self, id: Option<i64>, draft: ProjectDraft) -> Result<ProjectCheck> {
        let _ = (id, draft);
        not_built()
    }

    /// Removes a project. Its deliveries stay; it can be brought back until the session ends.
    pub async fn project_remove(&self, id: i64) -> Result<()> {
        let _ = id;
        not_built()
    }

    /// Brings a removed project back.
    pub async fn project_restore(&self, id: i64) -> Result<Project> {
        let _ = id;
        not_built()
    }

    /// The API keys that the environment holds.
    pub fn environment_keys(&self) -> Vec<EnvironmentKey> {
        Vec::new()
    }
}
