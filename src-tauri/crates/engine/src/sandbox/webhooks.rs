//! The Sandbox's webhooks, through the REST client; their secrets go to the keys of its project, in memory.

use std::time::Duration;

use gemini::client::{NewWebhook, Revocation, WebhookChange};
use signature::{KeyState, Secret, SecretKey};

use crate::dto::{SandboxWebhook, SandboxWebhookChange, SandboxWebhookCreated};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::sandbox::{Sandbox, control, refused};

/// What Pollux calls its own webhook.
const NAME: &str = "Pollux";
/// Pollux's own webhook is registered whatever goes wrong on purpose.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// The webhook for our own listener.
#[derive(Default)]
pub(crate) enum Own {
    /// To be registered.
    #[default]
    Missing,
    /// Registered for an address.
    At {
        /// Its id.
        id: String,
        /// Where it points.
        uri: String,
    },
    /// The user deleted it, or made it another's: it is left alone until the next reset.
    LeftAlone,
}

impl Own {
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::At { id, .. } => Some(id),
            _ => None,
        }
    }
}

pub(crate) fn view(webhook: control::Webhook, own: Option<&str>) -> SandboxWebhook {
    SandboxWebhook {
        builtin: own == Some(webhook.id.as_str()),
        id: webhook.id,
        name: webhook.name,
        uri: webhook.uri,
        subscribed_events: webhook.subscribed_events,
        state: webhook.state,
        secrets: webhook.secrets.into_iter().map(control::Secret::view).collect(),
        given_up_in_a_row: webhook.given_up_in_a_row,
    }
}

/// The key of a webhook's secret: `sandbox:ID:NUMBER`.
fn key_prefix(webhook: &str) -> String {
    format!("{}:{webhook}:", crate::secrets::SANDBOX_SECRET)
}

impl Engine {
    /// The Sandbox has a webhook for our listener, subscribed to everything, and it points to where that listens. What
    /// cannot be done now is tried again the next time.
    pub(crate) async fn own_webhook(&self, sandbox: &Sandbox) {
        let Some(uri) = self.receiver().await else { return };
        let mut own = sandbox.own.lock().await;
        for _ in 0..TRIES {
            match self.registered(sandbox, &own, &uri).await {
                Ok(None) => return,
                Ok(Some(registered)) => {
                    *own = registered;
                    sandbox.touched();
                    return;
                }
                Err(error) if error.code == "not_found" => {
                    // Someone else deleted it.
                    *own = Own::LeftAlone;
                    return;
                }
                Err(error) => tracing::info!(code = error.code, %error, "the Sandbox's own webhook must wait"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn registered(&self, sandbox: &Sandbox, own: &Own, uri: &str) -> Result<Option<Own>> {
        match own {
            Own::LeftAlone => Ok(None),
            Own::At { uri: known, .. } if known == uri => Ok(None),
            Own::At { id, .. } => {
                let change = WebhookChange { uri: Some(uri.to_owned()), ..WebhookChange::default() };
                sandbox.client.webhook_update(id, &change).await.map_err(refused)?;
                Ok(Some(Own::At { id: id.clone(), uri: uri.to_owned() }))
            }
            Own::Missing => {
                let events = gemini::catalog::ALL.iter().filter(|entry| entry.subscribable);
                let webhook = NewWebhook {
                    name: Some(NAME.to_owned()),
                    uri: uri.to_owned(),
                    subscribed_events: events.map(|entry| entry.name.to_owned()).collect(),
                };
                let (id, _) = self.create(sandbox, &webhook).await?;
                Ok(Some(Own::At { id, uri: uri.to_owned() }))
            }
        }
    }

    /// Registers a webhook and keeps its secret. Id and secret.
    async fn create(&self, sandbox: &Sandbox, webhook: &NewWebhook) -> Result<(String, gemini::client::SecretText)> {
        let made = sandbox.client.webhook_create(webhook).await.map_err(refused)?;
        let secret = made
            .new_signing_secret
            .ok_or_else(|| Error::new("sandbox_refused", "The Sandbox made a webhook and did not show its secret."))?;
        self.learn(sandbox, &made.id, secret.reveal())?;
        Ok((made.id, secret))
    }

    /// A secret verifies from now on. Gives its key's id.
    fn learn(&self, sandbox: &Sandbox, webhook: &str, text: &str) -> Result<String> {
        let secret = Secret::parse(text)?;
        let prefix = key_prefix(webhook);
        let mut id = prefix.clone();
        self.keys(sandbox, |secrets, expired| {
            let number = secrets.iter().chain(&*expired).filter(|key| key.id.starts_with(&prefix)).count();
            id = format!("{prefix}{number}");
            secrets.push(SecretKey { id: id.clone(), secret, state: KeyState::Current });
        });
        Ok(id)
    }

    fn keys(&self, sandbox: &Sandbox, change: impl FnOnce(&mut Vec<SecretKey>, &mut Vec<SecretKey>)) {
        self.inner.registry.update(|all| {
            if let Some(keys) = all.iter_mut().find(|keys| keys.project.id == sandbox.project) {
                change(&mut keys.secrets, &mut keys.expired);
            }
        });
    }

    /// A webhook's secrets, but for one, no longer verify; the near-miss probe may name them.
    fn revoke(&self, sandbox: &Sandbox, webhook: &str, but: Option<&str>) {
        let prefix = key_prefix(webhook);
        let at = self.now_s();
        self.keys(sandbox, |secrets, expired| {
            let gone = secrets.extract_if(.., |key| key.id.starts_with(&prefix) && but != Some(key.id.as_str()));
            expired.extend(gone.map(|key| SecretKey { state: KeyState::Expired { at }, ..key }));
        });
    }

    /// After a reset: no webhook is left.
    pub(crate) async fn forget_webhooks(&self, sandbox: &Sandbox) {
        let prefix = format!("{}:", crate::secrets::SANDBOX_SECRET);
        self.keys(sandbox, |secrets, expired| {
            secrets.retain(|key| !key.id.starts_with(&prefix));
            expired.retain(|key| !key.id.starts_with(&prefix));
        });
        *sandbox.own.lock().await = Own::Missing;
    }

    async fn webhook(&self, sandbox: &Sandbox, id: &str) -> Result<SandboxWebhook> {
        let all = sandbox.control.webhooks().await?;
        let found = all.into_iter().find(|webhook| webhook.id == id).ok_or_else(|| Error::not_found("webhook"))?;
        Ok(view(found, sandbox.own.lock().await.id()))
    }

    /// Registers a webhook in the Sandbox. Pollux knows its secret from now on, whoever it points to.
    pub async fn sandbox_webhook_create(
        &self,
        name: Option<String>,
        uri: String,
        events: Vec<String>,
    ) -> Result<SandboxWebhookCreated> {
        let sandbox = self.sandbox()?;
        let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        let webhook = NewWebhook { name, uri: uri.trim().to_owned(), subscribed_events: events };
        let (id, secret) = self.create(sandbox, &webhook).await?;
        sandbox.touched();
        Ok(SandboxWebhookCreated { webhook: self.webhook(sandbox, &id).await?, secret: secret.reveal().to_owned() })
    }

    /// Changes a webhook of the Sandbox. Pollux's own one is pointed to the listener no more once it was pointed
    /// elsewhere.
    pub async fn sandbox_webhook_update(&self, id: &str, change: SandboxWebhookChange) -> Result<SandboxWebhook> {
        let sandbox = self.sandbox()?;
        let SandboxWebhookChange { name, uri, subscribed_events, state } = change;
        let change = WebhookChange { name, uri, subscribed_events, state };
        let changed = sandbox.client.webhook_update(id, &change).await.map_err(refused)?;
        let mut own = sandbox.own.lock().await;
        if let Own::At { id: known, uri } = &*own
            && *known == id
            && *uri != changed.uri
        {
            *own = Own::LeftAlone;
        }
        drop(own);
        sandbox.touched();
        self.webhook(sandbox, id).await
    }

    /// Removes a webhook of the Sandbox.
    pub async fn sandbox_webhook_delete(&self, id: &str) -> Result<()> {
        let sandbox = self.sandbox()?;
        sandbox.client.webhook_delete(id).await.map_err(refused)?;
        self.revoke(sandbox, id, None);
        let mut own = sandbox.own.lock().await;
        if own.id() == Some(id) {
            *own = Own::LeftAlone;
        }
        drop(own);
        sandbox.touched();
        Ok(())
    }

    /// Has the Sandbox ping a webhook.
    pub async fn sandbox_webhook_ping(&self, id: &str) -> Result<()> {
        let sandbox = self.sandbox()?;
        sandbox.client.webhook_ping(id).await.map_err(refused)?;
        sandbox.touched();
        Ok(())
    }

    /// Makes a new secret for a webhook; the old ones are good for another 24 hours of the Sandbox's clock, or no
    /// longer. Gives the new one, once.
    pub async fn sandbox_webhook_rotate(&self, id: &str, immediately: bool) -> Result<String> {
        let sandbox = self.sandbox()?;
        let revocation = if immediately { Revocation::Immediately } else { Revocation::AfterH24 };
        let secret = sandbox.client.webhook_rotate(id, revocation).await.map_err(refused)?;
        let newest = self.learn(sandbox, id, secret.reveal())?;
        if immediately {
            self.revoke(sandbox, id, Some(&newest));
        } else {
            self.grace(sandbox, id, &newest).await?;
        }
        sandbox.touched();
        Ok(secret.reveal().to_owned())
    }

    /// The secrets that were current are in their grace, which ends on the emulator's clock and is told on ours.
    async fn grace(&self, sandbox: &Sandbox, id: &str, newest: &str) -> Result<()> {
        let webhook = self.webhook(sandbox, id).await?;
        let latest = webhook.secrets.iter().filter_map(|secret| secret.expires_ms).max();
        let now = sandbox.clock().await?.now_ms;
        let left = latest.map_or(0, |expires| expires.saturating_sub(now));
        let until = self.now_s().saturating_add(left.div_euclid(1000));
        let prefix = key_prefix(id);
        self.keys(sandbox, |secrets, _| {
            for key in secrets.iter_mut().filter(|key| key.id.starts_with(&prefix)) {
                if key.state == KeyState::Current && key.id != newest {
                    key.state = KeyState::Grace { until };
                }
            }
        });
        Ok(())
    }
}
