//! The Sandbox's webhook for our own listener, through the REST client. Its other webhooks are managed like any
//! project's.

use std::time::Duration;

use gemini::client::{NewWebhook, WebhookChange};

use super::own::Own;
use super::running::{Running, refused};
use super::{Sandbox, control};
use crate::dto::SandboxWebhook;
use crate::error::{Code, Error, Result};

/// The name of Pollux's own webhook.
const NAME: &str = "Pollux";
/// How often to try: faults that are set on purpose may hit the registration, too.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

pub(super) fn view(webhook: control::Webhook, own: Option<&str>) -> SandboxWebhook {
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

impl Sandbox {
    /// Makes sure that the Sandbox has a webhook for our listener, subscribed to everything and pointing to where it
    /// listens. What cannot be done now is tried again the next time.
    pub(super) async fn own_webhook(&self, sandbox: &Running) {
        let Some(uri) = self.receiver() else { return };
        let mut own = sandbox.own.lock().await;
        for _ in 0..TRIES {
            match self.registered(sandbox, &own, &uri).await {
                Ok(None) => return,
                Ok(Some(registered)) => {
                    *own = registered;
                    sandbox.touched();
                    return;
                }
                Err(error) if error.code == Code::NotFound => {
                    // Somebody else deleted it.
                    *own = Own::LeftAlone;
                    return;
                }
                Err(error) => {
                    tracing::info!(code = %error.code, %error, "the Sandbox's own webhook could not be registered yet")
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn registered(&self, sandbox: &Running, own: &Own, uri: &str) -> Result<Option<Own>> {
        match own {
            Own::LeftAlone => Ok(None),
            Own::At { uri: known, .. } if known == uri => Ok(None),
            Own::At { id, .. } => {
                let change = WebhookChange { uri: Some(uri.to_owned()), ..WebhookChange::default() };
                sandbox.client().webhook_update(id, &change).await.map_err(refused)?;
                Ok(Some(Own::At { id: id.clone(), uri: uri.to_owned() }))
            }
            Own::Missing => {
                let events = gemini::catalog::ALL.iter().filter(|entry| entry.subscribable);
                let webhook = NewWebhook {
                    name: Some(NAME.to_owned()),
                    uri: uri.to_owned(),
                    subscribed_events: events.map(|entry| entry.name.to_owned()).collect(),
                };
                let made = sandbox.client().webhook_create(&webhook).await.map_err(refused)?;
                let secret = made.new_signing_secret.ok_or_else(|| {
                    Error::new(Code::SandboxRefused, "The Sandbox made a webhook and did not show its secret.")
                })?;
                self.projects.keep_new(sandbox.project, &made.id, secret.reveal()).await;
                Ok(Some(Own::At { id: made.id, uri: uri.to_owned() }))
            }
        }
    }
}

impl Running {
    /// The id of Pollux's own webhook.
    pub(crate) async fn own(&self) -> Option<String> {
        self.own.lock().await.id().map(str::to_owned)
    }

    /// Notes that a webhook points to a new address. If it is Pollux's own and points elsewhere, it is left alone from
    /// now on.
    pub(crate) async fn own_changed(&self, webhook: &str, to: &str) {
        let mut own = self.own.lock().await;
        if let Own::At { id, uri } = &*own
            && id == webhook
            && uri != to
        {
            *own = Own::LeftAlone;
        }
        drop(own);
        self.touched();
    }

    /// Notes that a webhook was removed. If it is Pollux's own, it is not made again.
    pub(crate) async fn own_removed(&self, webhook: &str) {
        let mut own = self.own.lock().await;
        if own.id() == Some(webhook) {
            *own = Own::LeftAlone;
        }
        drop(own);
        self.touched();
    }
}
