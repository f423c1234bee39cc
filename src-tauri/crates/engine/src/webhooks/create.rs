//! Makes a webhook: its secret is shown once, so it is stored before anything else.

use gemini::client::NewWebhook;

use super::Webhooks;
use super::board::{Listed, words};
use crate::dto::{WebhookCreation, WebhookDraft};
use crate::error::{Code, Error, Result};
use crate::service_error::service_error;

impl Webhooks {
    /// Makes a webhook; its secret is stored before it is returned. `look_first`: an earlier try may have had its
    /// effect, so look for a webhook with this uri and name, and return that if there is one.
    pub async fn create(&self, project: i64, draft: WebhookDraft, look_first: bool) -> Result<WebhookCreation> {
        let engine = self.clone();
        self.projects.to_the_end(async move { engine.create_webhook(project, draft, look_first).await }).await
    }

    async fn create_webhook(&self, project: i64, draft: WebhookDraft, look_first: bool) -> Result<WebhookCreation> {
        self.registry.project(project)?;
        let draft = WebhookDraft {
            name: draft.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
            uri: draft.uri.trim().to_owned(),
            events: draft.events,
        };
        if look_first && let Some(found) = self.twins(project, &draft).await? {
            return Ok(found);
        }
        let made = self.make_webhook(project, &draft).await;
        let (target, detail) = match &made {
            Ok(WebhookCreation::Created { webhook, .. }) => {
                let events: Vec<&str> = webhook.events.iter().map(|event| event.name.as_str()).collect();
                let name = webhook.name.as_deref().unwrap_or(&webhook.uri);
                (words(name, &webhook.id), format!("{} for {}", webhook.uri, events.join(", ")))
            }
            _ => (draft.name.clone().unwrap_or_else(|| draft.uri.clone()), String::new()),
        };
        self.actions.act(project, "webhook.create", &target, &made, &detail).await;
        // Read the list even if it is not known whether the webhook was made: the list then shows it.
        self.read_webhooks_soon(project);
        made
    }

    /// Webhooks that an earlier try may have made.
    async fn twins(&self, project: i64, draft: &WebhookDraft) -> Result<Option<WebhookCreation>> {
        let mut listed = self.list_webhooks(project).await?;
        listed.retain(|one| one.uri == draft.uri && one.name == draft.name);
        if listed.is_empty() {
            return Ok(None);
        }
        let webhooks = self.webhook_views(&self.registry.project(project)?, &listed).await?;
        for one in listed {
            self.boards.put(project, one);
        }
        self.tell_webhooks(project).await;
        Ok(Some(WebhookCreation::Found { webhooks }))
    }

    async fn make_webhook(&self, project: i64, draft: &WebhookDraft) -> Result<WebhookCreation> {
        let client = self.projects.client(project)?;
        let new =
            NewWebhook { name: draft.name.clone(), uri: draft.uri.clone(), subscribed_events: draft.events.clone() };
        let mut made = client.webhook_create(&new).await.map_err(|error| match service_error(error, true) {
            unknown if unknown.code == Code::OutcomeUnknown => Error {
                message: format!(
                    "It is not known whether the service made this webhook: the request was sent, but the answer was \
                     lost or cannot be read. Try again: Pollux then first looks for a webhook for {} with this name. \
                     If it was made, nobody has seen its secret, so rotate or delete it.",
                    draft.uri
                ),
                ..unknown
            },
            other => other,
        })?;
        let Some(secret) = made.new_signing_secret.take() else {
            let listed = Listed::read(made, None);
            let message = format!(
                "The service made the webhook {}, but its answer held no secret, which it shows only once. Rotate the \
                 webhook's secret to get one.",
                listed.words()
            );
            return Err(Error::new(Code::OutcomeUnknown, message));
        };
        let secret = self.projects.keep_new(project, &made.id, secret.reveal()).await;
        // The secret is stored: whatever cannot be shown now must not hide it.
        let listed = match self.listed_now(project, made.clone()).await {
            Ok(listed) => listed,
            Err(_) => Listed::read(made, None),
        };
        self.boards.put(project, listed.clone());
        let webhook = Box::new(self.view_or_plain(project, &listed).await);
        self.tell_webhooks(project).await;
        Ok(WebhookCreation::Created { webhook, secret })
    }
}
