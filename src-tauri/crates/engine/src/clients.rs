//! The REST client of each project, made when it is first asked for.

use std::sync::PoisonError;

use gemini::client::{ApiVersion, Client};

use crate::dto;
use crate::engine::Engine;
use crate::error::{Error, Result};

impl From<dto::ApiVersion> for ApiVersion {
    fn from(version: dto::ApiVersion) -> Self {
        match version {
            dto::ApiVersion::V1 => Self::V1,
            dto::ApiVersion::V1beta => Self::V1beta,
        }
    }
}

impl Engine {
    /// The client of a project: its base URL, version and API key.
    pub(crate) fn client(&self, project: i64) -> Result<Client> {
        let projects = self.projects();
        let project = projects.iter().find(|known| known.id == project).ok_or_else(|| Error::not_found("project"))?;
        if project.sandbox {
            return Ok(self.sandbox()?.client.clone());
        }
        let mut clients = self.inner.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&project.id) {
            return Ok(client.clone());
        }
        let keys = self.inner.api_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.get(&project.id).ok_or_else(|| no_api_key(project))?;
        let client = Client::new(&project.base_url, project.api_version.into(), key)
            .map_err(|error| Self::service_error(error, false))?;
        clients.insert(project.id, client.clone());
        Ok(client)
    }

    /// The project's key or address is another: the next call makes a new client.
    pub(crate) fn forget_client(&self, project: i64) {
        self.inner.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(&project);
    }
}

fn no_api_key(project: &dto::Project) -> Error {
    let message = match &project.api_key {
        None => format!("{} has no API key. Add one to manage its webhooks.", project.name),
        Some(key) => format!(
            "The API key of {} ({}) is listed, but what keeps secrets does not give it. Enter it again.",
            project.name, key.hint
        ),
    };
    Error::new("no_api_key", message)
}
