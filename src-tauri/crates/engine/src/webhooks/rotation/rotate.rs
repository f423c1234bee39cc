//! Rotates a secret. The new one is shown once, so it is stored before anything else; if the answer was lost, the
//! webhook is read back to find out what happened.

use std::collections::HashMap;

use gemini::client::{ClientError, Revocation};

use crate::dto::Rotated;
use crate::error::{Code, Error, Result};
use crate::service_error::service_error;
use crate::webhooks::Webhooks;
use crate::webhooks::board::{Listed, ListedSecret, matched, tail};

/// How long the earlier secrets stay good: "H24" of the request. If the service gives its own times, those count.
const GRACE_S: i64 = 24 * 3600;

impl Webhooks {
    /// Makes a new secret, stored before it is returned. The earlier ones end after 24 hours, or at once.
    pub async fn rotate(&self, project: i64, webhook: &str, immediately: bool) -> Result<Rotated> {
        let (engine, webhook) = (self.clone(), webhook.to_owned());
        self.projects.to_the_end(async move { engine.rotate_webhook(project, &webhook, immediately).await }).await
    }

    async fn rotate_webhook(&self, project: i64, webhook: &str, immediately: bool) -> Result<Rotated> {
        let what = if immediately { "webhook.rotate_now" } else { "webhook.rotate" };
        let target = self.words_of(project, webhook);
        let rotated = self.rotate_secret(project, webhook, immediately).await;
        let detail = match &rotated {
            Ok(rotated) => format!(
                "{} is new; the secrets before {}.{}",
                rotated.secret.hint,
                if immediately { "have ended" } else { "end within 24 hours" },
                if rotated.secret.stored_in.is_none() { " It could not be stored." } else { "" }
            ),
            Err(_) => String::new(),
        };
        self.actions.act(project, what, &target, &rotated, &detail).await;
        self.read_webhooks_soon(project);
        rotated
    }

    async fn rotate_secret(&self, project: i64, webhook: &str, immediately: bool) -> Result<Rotated> {
        let before = self.read_webhook(project, webhook).await?;
        // Use the listed id: it may have been asked for as `webhooks/{id}`.
        let webhook = before.id.as_str();
        let older = self.keys_of(project, webhook).await?;
        let revocation = if immediately { Revocation::Immediately } else { Revocation::AfterH24 };
        let secret = match self.projects.client(project)?.webhook_rotate(webhook, revocation).await {
            Ok(secret) => secret,
            Err(error) => return Err(self.not_answered(project, &before, error).await),
        };
        let secret = self.projects.keep_new(project, webhook, secret.reveal()).await;
        let after = self.read_webhook(project, webhook).await;
        let listed = match &after {
            Ok(listed) => listed.clone(),
            // The new secret is stored; what the service says of the others is read later.
            Err(_) => rotated(&before, &secret.hint, immediately, self.common.now_ms()),
        };
        let settling = self.boards.settling.lock().await;
        self.boards.put(project, listed.clone());
        self.end_older(project, older.into_keys().collect(), &listed, immediately).await;
        drop(settling);
        self.tell_webhooks(project).await;
        Ok(Rotated { webhook: self.view_or_plain(project, &listed).await, secret })
    }

    /// Ends the earlier secrets when the service says so; those that it no longer lists have ended.
    async fn end_older(&self, project: i64, older: Vec<String>, listed: &Listed, immediately: bool) {
        let now = self.common.now_s();
        let records = self.projects.secret_records(project).await.unwrap_or_default();
        let found: HashMap<&str, &ListedSecret> = matched(listed, &records).into_iter().collect();
        for record in records.iter().filter(|record| older.contains(&record.id)) {
            if matches!(record.state(now), signature::KeyState::Expired { .. }) {
                continue;
            }
            let told = found.get(record.id.as_str()).filter(|secret| !secret.current);
            let ends = match told.and_then(|secret| secret.ends_ms) {
                Some(ends) if !immediately => ends.div_euclid(1000),
                _ => now,
            };
            if let Err(error) = self.projects.end_secret(&record.id, ends).await {
                tracing::warn!(id = record.id, code = %error.code, "the end of a secret could not be stored");
            }
        }
    }

    /// Finds out what became of the secret after a rotation failed.
    async fn not_answered(&self, project: i64, before: &Listed, error: ClientError) -> Error {
        let unknown = error.may_have_been_acted_on();
        let error = service_error(error, true);
        if !unknown {
            return error;
        }
        let after = match self.read_webhook(project, &before.id).await {
            Ok(after) => after,
            Err(unread) => {
                let message = format!(
                    "It is not known whether the service made a new secret: the answer was lost or cannot be read, and \
                     reading the webhook back failed, too ({}) If it did, the new secret is lost, and only the earlier \
                     secrets verify, for 24 hours at most. Refresh the webhook: if a secret is listed that was not \
                     there before, rotate again.",
                    unread.message
                );
                return Error { message, ..error };
            }
        };
        let fresh = after.secrets.iter().find(|secret| !before.secrets.iter().any(|known| known.tail == secret.tail));
        let as_before = |secret: &ListedSecret| {
            secret.current && before.secrets.iter().any(|known| known.tail == secret.tail && known.current)
        };
        let unchanged = fresh.is_none() && after.secrets.iter().any(as_before);
        self.boards.put(project, after.clone());
        if unchanged {
            let message = "The service did not rotate: the webhook was read back, and its secrets are as before. Nothing \
                           has changed for your receivers. Try again.";
            return Error { code: Code::NotRotated, message: message.to_owned(), ..error };
        }
        let hint = fresh.map_or_else(String::new, |secret| format!(" (whsec_…{})", secret.tail));
        let message = format!(
            "The service has rotated, but its answer was lost: the new secret{hint} signs from now on, and nobody can \
             ever read it. The earlier secrets verify only for as long as they are listed. Rotate again now, and give your \
             receivers the new secret."
        );
        Error { code: Code::RotatedButLost, message, ..error }
    }
}

/// What the service will list after a rotation that it has confirmed.
fn rotated(before: &Listed, hint: &str, immediately: bool, now_ms: i64) -> Listed {
    let mut listed = before.clone();
    if immediately {
        listed.secrets.clear();
    }
    let ends = now_ms.saturating_add(GRACE_S * 1000);
    for secret in &mut listed.secrets {
        secret.ends_ms = Some(secret.ends_ms.map_or(ends, |known| known.min(ends)));
        secret.current = false;
    }
    listed.secrets.push(ListedSecret { tail: tail(hint), current: true, ends_ms: None });
    listed
}
