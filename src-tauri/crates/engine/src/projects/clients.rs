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

/// Whom each project asks.
#[derive(Default)]
pub(super) struct Clients(Mutex<HashMap<i64, Access>>);

/// What a project's service is asked with.
enum Access {
    /// A key goes to the address that it was given for and to no other, so that they are changed as one.
    Key {
        base_url: String,
        version: dto::ApiVersion,
        key: Zeroizing<String>,
        /// Made when it is first asked for.
        client: Option<Client>,
    },
    /// The client was put in as it is.
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

    /// The API key of a project with the address that it was given for, where it can be read.
    pub(super) fn key(&self, project: i64) -> Option<(String, Zeroizing<String>)> {
        match self.0.lock().get(&project)? {
            Access::Key { base_url, key, .. } => Some((base_url.clone(), key.clone())),
            Access::Client(_) => None,
        }
    }

    /// Whom the project asks from now on, with which key; without a key nobody.
    pub(super) fn set_key(&self, project: &dto::Project, key: Option<Zeroizing<String>>) {
        match key {
            Some(key) => {
                let (base_url, version) = (project.base_url.clone(), project.api_version);
                self.0.lock().insert(project.id, Access::Key { base_url, version, key, client: None });
            }
            None => self.remove(project.id),
        }
    }

    /// The project asks with this client from now on.
    pub(super) fn put(&self, project: i64, client: Client) {
        self.0.lock().insert(project, Access::Client(client));
    }

    /// The project asks nobody any more.
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
            "The API key of {} ({}) is listed, but what keeps secrets does not give it. Enter it again.",
            project.name, key.hint
        ),
    };
    Error::new(Code::NoApiKey, message)
}
