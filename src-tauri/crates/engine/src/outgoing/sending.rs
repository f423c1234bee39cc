//! The way out of what was received: composes, guards and sends a delivery. Replays and forwards use it; the handler check
//! sends only what it made itself.

use std::sync::Arc;

use outbound::{Bounds, Client, Composed, Exchange, Recipe, Request, Sign};
use samples::Random;
use signature::Secret;
use store::Sendable;

use super::guard::Guard;
use super::targets::Allowed;
use crate::common::Common;
use crate::dto::ReplaySign;
use crate::error::{Code, Error, Result};
use crate::projects::Projects;
use crate::registry::{Registry, SANDBOX_SECRET};
use crate::sandbox::Sandbox;

/// Sends requests. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Sending {
    common: Common,
    registry: Arc<Registry>,
    projects: Projects,
    sandbox: Sandbox,
    client: Arc<Client>,
    random: Random,
}

impl Sending {
    pub(crate) fn new(common: Common, registry: Arc<Registry>, projects: Projects, sandbox: Sandbox) -> Self {
        Self { common, registry, projects, sandbox, client: Arc::default(), random: samples::system_random() }
    }

    /// Makes a delivery into a request for a target, by a recipe.
    ///
    /// # Errors
    /// `body_incomplete`, `no_key`, `not_json`, `not_signed`.
    pub(super) fn compose(&self, delivery: &Sendable, recipe: &Recipe, target: &outbound::Target) -> Result<Composed> {
        outbound::compose(&received(delivery), recipe, target, self.common.now_s(), &self.random).map_err(not_composed)
    }

    /// What must not leave.
    pub(super) fn guard(&self) -> Guard {
        Guard::new(&self.registry, &self.projects)
    }

    /// Sends a request once, if it holds nothing that must not leave.
    ///
    /// # Errors
    /// `holds_secret`. What the target does is not an error.
    pub(super) async fn send(
        &self,
        composed: &Composed,
        to: &Allowed,
        guard: &Guard,
        bounds: Bounds,
    ) -> Result<Exchange> {
        guard.check(&composed.headers, &composed.body)?;
        let request = Request {
            target: to.target.clone(),
            headers: composed.headers.clone(),
            body: composed.body.clone(),
            any_certificate: to.any_certificate,
        };
        Ok(self.client.send(request, bounds).await)
    }

    /// Whether the Sandbox is running, with its keys.
    pub(super) fn has_sandbox(&self) -> bool {
        self.sandbox.is_running()
    }

    /// Where random bytes come from.
    pub(super) fn random(&self) -> Random {
        self.random.clone()
    }

    /// The key that `sign` names.
    pub(super) async fn sign_with(&self, sign: &ReplaySign) -> Result<Sign> {
        match sign {
            ReplaySign::Leave => Ok(Sign::Leave),
            ReplaySign::Secret { id } => self.secret_to_sign(id).map(|(secret, hint)| Sign::V1 { secret, hint }),
            ReplaySign::SandboxV1a => {
                let keys = self.sandbox.running()?.signing_keys().await?;
                let seed = keys.seeds.first().ok_or_else(|| Error::new(Code::NoSandbox, "The Sandbox has no key."))?;
                Ok(Sign::V1a { seed: *seed })
            }
            ReplaySign::SandboxJwt => {
                let keys = self.sandbox.running()?.signing_keys().await?;
                let (Some(rsa), Some(strange)) = (keys.rsa, keys.strange_rsa) else {
                    return Err(Error::new(Code::NoSandbox, "The Sandbox has no RSA key."));
                };
                Ok(Sign::Jwt { rsa, strange, profile: self.sandbox.running()?.profile() })
            }
        }
    }

    /// A stored secret that can sign, with its hint.
    pub(super) fn secret_to_sign(&self, id: &str) -> Result<(Secret, String)> {
        let all = self.registry.all();
        let found = all.iter().flat_map(|keys| keys.secrets.iter().chain(&keys.expired)).find(|key| key.id == id);
        let Some(key) = found else {
            let message = "This secret does not exist (any more), or its text cannot be read. Choose another one.";
            return Err(Error::new(Code::NoSecret, message));
        };
        if !matches!(key.secret, Secret::Hmac(_)) {
            let message = format!("{} is a public key: it can verify, but not sign.", key.secret.hint());
            return Err(Error::new(Code::NoSecret, message));
        }
        let hint = if id == SANDBOX_SECRET { "the Sandbox's secret".to_owned() } else { key.secret.hint() };
        Ok((key.secret.clone(), hint))
    }
}

fn not_composed(error: outbound::ComposeError) -> Error {
    let code = match error {
        outbound::ComposeError::BodyIncomplete { .. } => Code::BodyIncomplete,
        outbound::ComposeError::NoKey(_) => Code::NoKey,
        outbound::ComposeError::NotJson(_) => Code::NotJson,
        outbound::ComposeError::Sign(_) | outbound::ComposeError::Random(_) => Code::NotSigned,
    };
    Error::new(code, error.to_string())
}

fn received(sendable: &Sendable) -> outbound::Received {
    outbound::Received {
        headers: sendable.headers.clone(),
        body: sendable.body.clone(),
        path: sendable.path.clone(),
        part_of: sendable.truncated.then_some(sendable.body_len),
    }
}
