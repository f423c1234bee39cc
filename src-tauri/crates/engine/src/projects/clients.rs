//! The REST client of each project, made when it is first asked for.

use std::collections::HashMap;

use gemini::client::{ApiVersion, Client};
use parking_lot::Mutex;
use zeroize::Zeroizing;

use crate::dto;
use crate::error::{Code, Error, Result};
use crate::service_error::service_error;

impl From<dto::ApiVersion> for ApiVersion {
    fn from(version: dto::ApiVersion) -> Self {
        match version {
            dto::ApiVersion::V1 => Self::V1,
            dto::ApiVersion::V1beta => Self::V1beta,
        }
    }
}

/// The service that each project calls.
#[derive(Default)]
pub(super) struct Clients(Mutex<HashMap<i64, Access>>);

/// How a project calls its service.
enum Access {
    /// With a key. A key goes only to the address that it was given for, so the two change together.
    Key {
        base_url: String,
        version: dto::ApiVersion,
        key: Zeroizing<String>,
        /// Made when it is first asked for.
        client: Option<Client>,
    },
    /// With a client put in from outside, as it is.
    Client(Client),
}

impl Clients {
    /// The client of a project: its base URL, version and API key.
    pub(super) fn of(&self, project: &dto::Project) -> Result<Client> {
        let mut all = self.0.lock();
        match all.get_mut(&project.id).ok_or_else(|| no_api_key(project))? {
            Access::Client(client) | Access::Key { client: Some(client), .. } => Ok(client.clone()),
            Access::Key { base_url, version, key, client } => {
                let made =
                    Client::new(base_url, (*version).into(), key).map_err(|error| service_error(error, false))?;
                Ok(client.insert(made).clone())
            }
        }
    }

    /// The API key of a project and the address that it was given for, where the key can be read.
    pub(super) fn key(&self, project: i64) -> Option<(String, Zeroizing<String>)> {
        match self.0.lock().get(&project)? {
            Access::Key { base_url, key, .. } => Some((base_url.clone(), key.clone())),
            Access::Client(_) => None,
        }
    }

    /// Sets where the project's calls go and with which key; without a key it makes none.
    pub(super) fn set_key(&self, project: &dto::Project, key: Option<Zeroizing<String>>) {
        match key {
            Some(key) => {
                let (base_url, version) = (project.base_url.clone(), project.api_version);
                self.0.lock().insert(project.id, Access::Key { base_url, version, key, client: None });
            }
            None => self.remove(project.id),
        }
    }

    /// From now on the project calls its service with this client.
    pub(super) fn put(&self, project: i64, client: Client) {
        self.0.lock().insert(project, Access::Client(client));
    }

    /// From now on the project calls no service.
    pub(super) fn remove(&self, project: i64) {
        self.0.lock().remove(&project);
    }
}

fn no_api_key(project: &dto::Project) -> Error {
    if project.sandbox {
        return Error::new(Code::NoSandbox, "The Sandbox is not running.");
    }
    let message = match &project.api_key {
        None => format!("{} has no API key. Add one to manage its webhooks.", project.name),
        Some(key) => format!(
            "The API key of {} ({}) is listed, but Pollux does not have its text. Enter the key again.",
            project.name, key.hint
        ),
    };
    Error::new(Code::NoApiKey, message)
}
