//! The REST client of each project, made when it is first asked for.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use gemini::client::{ApiVersion, Client};
use zeroize::Zeroizing;

use crate::dto;
use crate::engine::Engine;
use crate::error::{Code, Error, Result};

impl From<dto::ApiVersion> for ApiVersion {
    fn from(version: dto::ApiVersion) -> Self {
        match version {
            dto::ApiVersion::V1 => Self::V1,
            dto::ApiVersion::V1beta => Self::V1beta,
        }
    }
}

/// What a project's service is asked with. A key goes to the address that it was given for and to no other, so that they
/// are changed as one.
pub(crate) struct Access {
    base_url: String,
    version: dto::ApiVersion,
    key: Zeroizing<String>,
    /// Made when it is first asked for.
    client: Option<Client>,
}

impl Engine {
    /// The client of a project: its base URL, version and API key.
    pub(crate) fn client(&self, project: i64) -> Result<Client> {
        let projects = self.projects();
        let project = projects.iter().find(|known| known.id == project).ok_or_else(|| Error::not_found("project"))?;
        if project.sandbox {
            return Ok(self.sandbox()?.client.clone());
        }
        let mut all = self.accesses();
        let access = all.get_mut(&project.id).ok_or_else(|| no_api_key(project))?;
        if let Some(client) = &access.client {
            return Ok(client.clone());
        }
        let client = Client::new(&access.base_url, access.version.into(), &access.key)
            .map_err(|error| Self::service_error(error, false))?;
        access.client = Some(client.clone());
        Ok(client)
    }

    /// The API key of a project, where it can be read.
    pub(crate) fn api_key(&self, project: i64) -> Option<Zeroizing<String>> {
        self.accesses().get(&project).map(|access| access.key.clone())
    }

    /// The same with the address that it was given for.
    pub(crate) fn kept_key(&self, project: i64) -> Option<(String, Zeroizing<String>)> {
        self.accesses().get(&project).map(|access| (access.base_url.clone(), access.key.clone()))
    }

    /// Whom the project asks from now on, with which key; without a key nobody.
    pub(crate) fn set_access(&self, project: &dto::Project, key: Option<Zeroizing<String>>) {
        let mut all = self.accesses();
        match key {
            Some(key) => {
                let (base_url, version) = (project.base_url.clone(), project.api_version);
                all.insert(project.id, Access { base_url, version, key, client: None })
            }
            None => all.remove(&project.id),
        };
    }

    /// The project asks nobody any more.
    pub(crate) fn drop_access(&self, project: i64) {
        self.accesses().remove(&project);
    }

    fn accesses(&self) -> MutexGuard<'_, HashMap<i64, Access>> {
        self.inner.accesses.lock().unwrap_or_else(PoisonError::into_inner)
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
    Error::new(Code::NoApiKey, message)
}
