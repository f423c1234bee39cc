//! The WebhookService: snake_case in both directions.

use std::fmt;

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::read::{SecretText, items, text, texts};
use super::{Client, ClientError, within};

/// A registered webhook, as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// 36 characters of `[a-z0-9]` in the samples seen.
    pub id: String,
    /// Its display name.
    pub name: Option<String>,
    /// Where events go.
    pub uri: String,
    /// `batch.succeeded`…; also types that are not known here.
    pub subscribed_events: Vec<String>,
    /// Whether it is enabled.
    pub state: WebhookState,
    /// Its secrets, without their texts.
    pub signing_secrets: Vec<SigningSecret>,
    /// The whole secret, only when the webhook is created.
    pub new_signing_secret: Option<SecretText>,
    /// RFC 3339. In the schema, but not returned in 2026-07.
    pub create_time: Option<String>,
    /// When it was last changed; likewise.
    pub update_time: Option<String>,
}

impl Webhook {
    fn read(value: &Value) -> Self {
        Self {
            id: text(value, &["id"]).unwrap_or_default(),
            name: text(value, &["name"]),
            uri: text(value, &["uri"]).unwrap_or_default(),
            subscribed_events: texts(value, &["subscribed_events"]),
            state: WebhookState::read(text(value, &["state"])),
            signing_secrets: items(value, &["signing_secrets"], SigningSecret::read),
            new_signing_secret: text(value, &["new_signing_secret"]).map(|text| SecretText::new(&text)),
            create_time: text(value, &["create_time"]),
            update_time: text(value, &["update_time"]),
        }
    }
}

/// Whether events are sent to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// They are.
    Enabled,
    /// Its owner disabled it.
    Disabled,
    /// The service disabled it.
    DisabledDueToFailedDeliveries,
    /// A state newer than this program; empty if the service gave none.
    Other(String),
}

impl WebhookState {
    fn read(text: Option<String>) -> Self {
        match text.as_deref() {
            Some("enabled") => Self::Enabled,
            Some("disabled") => Self::Disabled,
            Some("disabled_due_to_failed_deliveries") => Self::DisabledDueToFailedDeliveries,
            _ => Self::Other(text.unwrap_or_default()),
        }
    }

    /// Its name in the API.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::DisabledDueToFailedDeliveries => "disabled_due_to_failed_deliveries",
            Self::Other(text) => text,
        }
    }
}

impl fmt::Display for WebhookState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A secret without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSecret {
    /// `whsec_...` and the last 4 characters.
    pub truncated_secret: String,
    /// When it expires, RFC 3339. The active one does not.
    pub expire_time: Option<String>,
}

impl SigningSecret {
    fn read(value: &Value) -> Self {
        Self {
            truncated_secret: text(value, &["truncated_secret"]).unwrap_or_default(),
            expire_time: text(value, &["expire_time"]),
        }
    }
}

/// One page of webhooks.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookList {
    /// The webhooks.
    pub webhooks: Vec<Webhook>,
    /// For the next page; `None` on the last one.
    pub next_page_token: Option<String>,
}

/// A webhook to register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewWebhook {
    /// Its display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where events go.
    pub uri: String,
    /// Which events.
    pub subscribed_events: Vec<String>,
}

/// What to change; `None` leaves a member as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WebhookChange {
    /// Its display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where events go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Which events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscribed_events: Option<Vec<String>>,
    /// `enabled`, `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What happens to the old secrets when a new one is created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revocation {
    /// They remain valid for 24 hours.
    #[default]
    AfterH24,
    /// They become invalid at once.
    Immediately,
}

impl Revocation {
    /// Lower case only: the guide's upper-case form is refused.
    fn as_str(self) -> &'static str {
        match self {
            Self::AfterH24 => "revoke_previous_secrets_after_h24",
            Self::Immediately => "revoke_previous_secrets_immediately",
        }
    }
}

impl Client {
    /// Registers a webhook. The answer contains its secret, which is never shown again.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn webhook_create(&self, webhook: &NewWebhook) -> Result<Webhook, ClientError> {
        let body = json!(webhook);
        identified(Webhook::read(&self.call(Method::POST, "webhooks", None, Some(&body)).await?))
    }

    /// A page of webhooks, `page_size` 1 to 1000.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn webhook_list(&self, page_size: u32, page_token: Option<&str>) -> Result<WebhookList, ClientError> {
        let mut url = self.versioned(self.version, "webhooks", None)?;
        url.query_pairs_mut().append_pair("page_size", &page_size.to_string());
        if let Some(token) = page_token {
            url.query_pairs_mut().append_pair("page_token", token);
        }
        let value = self.call_url(Method::GET, url, None).await?;
        if !is_list(&value) {
            return Err(ClientError::Unreadable("it holds no list of webhooks".to_owned()));
        }
        let next_page_token = text(&value, &["next_page_token"]).filter(|token| !token.is_empty());
        Ok(WebhookList { webhooks: items(&value, &["webhooks"], Webhook::read), next_page_token })
    }

    /// One webhook.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn webhook_get(&self, id: &str) -> Result<Webhook, ClientError> {
        identified(Webhook::read(&self.call(Method::GET, &named(id)?, None, None).await?))
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn webhook_update(&self, id: &str, change: &WebhookChange) -> Result<Webhook, ClientError> {
        let body = json!(change);
        identified(Webhook::read(&self.call(Method::PATCH, &named(id)?, None, Some(&body)).await?))
    }

    /// Removes a webhook.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn webhook_delete(&self, id: &str) -> Result<(), ClientError> {
        self.call(Method::DELETE, &named(id)?, None, None).await.map(|_| ())
    }

    /// Makes the service send a ping. It answers before it sends, whatever happens to the ping.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn webhook_ping(&self, id: &str) -> Result<(), ClientError> {
        self.call(Method::POST, &named(id)?, Some("ping"), Some(&json!({}))).await.map(|_| ())
    }

    /// Creates a new secret, which can never be read again.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn webhook_rotate(&self, id: &str, revocation: Revocation) -> Result<SecretText, ClientError> {
        let body = json!({ "revocation_behavior": revocation.as_str() });
        let value = self.call(Method::POST, &named(id)?, Some("rotateSigningSecret"), Some(&body)).await?;
        match text(&value, &["secret"]) {
            Some(text) => Ok(SecretText::new(&text)),
            None => Err(ClientError::Unreadable("it holds no secret".to_owned())),
        }
    }
}

/// The service's list without webhooks is `{}`. Any other answer without a list is from somebody else, or about
/// something else: taking it for an empty list would end every secret.
fn is_list(value: &Value) -> bool {
    let Some(members) = value.as_object() else { return false };
    match members.get("webhooks") {
        Some(webhooks) => webhooks.is_array() || webhooks.is_null(),
        None => members.keys().all(|name| name == "next_page_token"),
    }
}

/// `webhooks/{id}`. An id is one segment: anything after it would be another of the service's resources.
fn named(id: &str) -> Result<String, ClientError> {
    let name = within("webhooks", id);
    match name.matches('/').count() {
        1 => Ok(name),
        _ => Err(ClientError::Name(id.chars().take(80).collect())),
    }
}

/// A webhook without an id cannot be requested again: whatever answered, it is not the service.
fn identified(webhook: Webhook) -> Result<Webhook, ClientError> {
    match webhook.id.is_empty() {
        true => Err(ClientError::Unreadable("it holds no webhook".to_owned())),
        false => Ok(webhook),
    }
}
