//! The first steps of a newcomer: what has really happened, so that a step is ticked by a fact and by nothing else.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use inbound::tunnel::cloudflared;
use tokio::sync::watch;

use crate::common::Common;
use crate::dto::{FirstFacts, FirstKey, FirstKeyKind, FirstTunnel, Row, Settings, TunnelProvider};
use crate::error::Result;
use crate::history::rows;
use crate::projects::Projects;
use crate::registry::Registry;

/// The room of the first steps. It keeps nothing of its own: each fact is read where it was noted when it happened.
/// Cloning shares it.
#[derive(Clone)]
pub struct FirstSteps {
    common: Common,
    registry: Arc<Registry>,
    projects: Projects,
    settings: watch::Receiver<Settings>,
}

impl FirstSteps {
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        projects: Projects,
        settings: watch::Receiver<Settings>,
    ) -> Self {
        Self { common, registry, projects, settings }
    }

    /// What has happened so far.
    pub async fn facts(&self) -> Result<FirstFacts> {
        let tunnel = self.common.store().tunnel_states().first_online().await?;
        Ok(FirstFacts {
            sample: self.first_verified(true).await?,
            key: self.first_key().await?,
            tunnel: tunnel.map(|state| FirstTunnel { provider: provider(&state.provider), at_ms: state.at_ms }),
            real: self.first_verified(false).await?,
            cloudflared: self.cloudflared().await,
        })
    }

    async fn first_verified(&self, sandbox: bool) -> Result<Option<Row>> {
        let found = self.common.store().first_verified(sandbox).await?;
        Ok(found.map(|found| rows::row(&found, &self.registry)))
    }

    /// A project with an API key goes before a secret, and what can be read before what cannot.
    async fn first_key(&self) -> Result<Option<FirstKey>> {
        let own = self.projects.list().into_iter().filter(|project| !project.sandbox);
        let with_key = own.filter_map(|project| Some((project.id, project.api_key?)));
        if let Some((project, key)) = with_key.min_by_key(|(_, key)| !key.available) {
            let since_ms = self.common.store().actions().first_done(project, "project.add").await?;
            return Ok(Some(FirstKey {
                project,
                kind: FirstKeyKind::Project,
                hint: key.hint,
                stored_in: key.stored_in,
                available: key.available,
                since_ms,
            }));
        }
        let secrets = self.projects.secrets().await?.into_iter();
        let own = secrets.filter(|secret| secret.destroyed_ms.is_none() && !self.registry.is_sandbox(secret.project));
        Ok(own.min_by_key(|secret| (!secret.available, secret.added_ms)).map(|secret| FirstKey {
            project: secret.project,
            kind: FirstKeyKind::Secret,
            hint: secret.hint,
            stored_in: secret.stored_in,
            available: secret.available,
            since_ms: Some(secret.added_ms),
        }))
    }

    /// Looks for the program as a start of the tunnel would, and starts nothing.
    async fn cloudflared(&self) -> Option<String> {
        let program = self.settings.borrow().tunnel.cloudflared_path.clone().map(PathBuf::from);
        let paths = OsString::from(self.common.variable("PATH").map(|paths| paths.to_string()).unwrap_or_default());
        let looked = tokio::task::spawn_blocking(move || cloudflared::found(program.as_deref(), &paths));
        looked.await.ok().flatten().map(|path| path.display().to_string())
    }
}

/// The provider of that name, as the history has it.
fn provider(name: &str) -> TunnelProvider {
    let known = [TunnelProvider::Ngrok, TunnelProvider::Cloudflared, TunnelProvider::Own];
    known.into_iter().find(|provider| provider.as_str() == name).unwrap_or_default()
}
