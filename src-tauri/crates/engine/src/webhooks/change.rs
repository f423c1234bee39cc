//! Changes, removes and repairs webhooks.

use gemini::client::WebhookChange;

use super::Webhooks;
use super::board::Listed;
use crate::dto::{UriPlace, WebhookEdit, WebhookRepair, WebhookView};
use crate::error::{Code, Error, Result};
use crate::service_error::service_error;

impl Webhooks {
    /// Changes a webhook.
    pub async fn update(&self, project: i64, id: &str, edit: WebhookEdit) -> Result<WebhookView> {
        let target = self.words_of(project, id);
        let edit = WebhookEdit {
            name: edit.name.map(|name| name.trim().to_owned()),
            uri: edit.uri.map(|uri| uri.trim().to_owned()),
            ..edit
        };
        let changed = self.change_webhook(project, id, &edit).await;
        self.actions.act(project, kind(&edit), &target, &changed, &said(&edit)).await;
        self.read_webhooks_soon(project);
        changed
    }

    async fn change_webhook(&self, project: i64, id: &str, edit: &WebhookEdit) -> Result<WebhookView> {
        let change = WebhookChange {
            name: edit.name.clone(),
            uri: edit.uri.clone(),
            subscribed_events: edit.events.clone(),
            state: edit.state.clone(),
        };
        let listed = self.patch_webhook(project, id, &change).await?;
        self.webhook_view(project, &listed).await
    }

    async fn patch_webhook(&self, project: i64, id: &str, change: &WebhookChange) -> Result<Listed> {
        let changed = self.projects.client(project)?.webhook_update(id, change).await;
        let changed = changed.map_err(|error| service_error(error, true))?;
        let listed = self.listed_now(project, changed).await?;
        self.boards.put(project, listed.clone());
        if let Some(sandbox) = self.sandbox.of(project) {
            sandbox.own_changed(id, &listed.uri).await;
        }
        self.tell_webhooks(project).await;
        Ok(listed)
    }

    /// Removes a webhook. The service cannot bring it back.
    pub async fn delete(&self, project: i64, id: &str) -> Result<()> {
        let target = self.words_of(project, id);
        let removed = self.remove_webhook(project, id).await;
        self.actions.act(project, "webhook.delete", &target, &removed, "Its secrets have ended.").await;
        self.read_webhooks_soon(project);
        removed
    }

    async fn remove_webhook(&self, project: i64, id: &str) -> Result<()> {
        let removed = self.projects.client(project)?.webhook_delete(id).await;
        removed.map_err(|error| service_error(error, true))?;
        let settling = self.boards.settling.lock().await;
        self.boards.remove(project, id);
        let now = self.common.now_s();
        for record in self.projects.secret_records(project).await? {
            let ended = matches!(record.state(now), signature::KeyState::Expired { .. });
            if record.webhook.as_deref() == Some(id) && !ended {
                self.projects.end_secret(&record.id, now).await?;
            }
        }
        drop(settling);
        if let Some(sandbox) = self.sandbox.of(project) {
            sandbox.own_removed(id).await;
        }
        self.tell_webhooks(project).await;
        Ok(())
    }

    /// Points webhooks to where they should point: those whose place is `earlier`.
    pub async fn repair(&self, project: i64, ids: Vec<String>) -> Result<Vec<WebhookRepair>> {
        // Decide by what the service says now.
        self.read_webhooks(project).await?;
        let board = self.webhook_board(project).await?;
        if let Some(error) = board.error {
            return Err(error);
        }
        let mut repairs = Vec::new();
        for id in ids {
            let Some(webhook) = board.webhooks.iter().find(|webhook| webhook.id == id) else {
                repairs.push(WebhookRepair { id, uri: String::new(), error: Some(crate::webhooks::gone()) });
                continue;
            };
            let (uri, error) = self.repair_webhook(project, webhook).await;
            repairs.push(WebhookRepair { id, uri, error });
        }
        self.read_webhooks_soon(project);
        Ok(repairs)
    }

    /// Repairs a webhook. Returns where it points now, and the reason if it could not be repaired.
    async fn repair_webhook(&self, project: i64, webhook: &WebhookView) -> (String, Option<Error>) {
        let to = match (webhook.place, &webhook.repaired_uri) {
            (UriPlace::Earlier, Some(to)) => to.clone(),
            (UriPlace::Earlier, None) => {
                let message = "There is no address to point it to now. Start the listener, or set the public address.";
                return (webhook.uri.clone(), Some(Error::new(Code::NoAddress, message)));
            }
            // It is where it should be, or belongs to somebody else.
            _ => return (webhook.uri.clone(), None),
        };
        let change = WebhookChange { uri: Some(to.clone()), ..WebhookChange::default() };
        let result = self.patch_webhook(project, &webhook.id, &change).await;
        let detail = format!("{} → {to}", webhook.uri);
        self.actions.act(project, "webhook.repair", &self.words_of(project, &webhook.id), &result, &detail).await;
        match result {
            Ok(listed) => (listed.uri, None),
            Err(error) => (webhook.uri.clone(), Some(error)),
        }
    }

    /// A webhook in words for the log, as far as it is known.
    pub(crate) fn words_of(&self, project: i64, id: &str) -> String {
        self.boards.listed(project, id).map_or_else(|| id.to_owned(), |listed| listed.words())
    }
}

fn kind(edit: &WebhookEdit) -> &'static str {
    let state_only = edit.name.is_none() && edit.uri.is_none() && edit.events.is_none();
    match edit.state.as_deref() {
        Some("enabled") if state_only => "webhook.enable",
        Some("disabled") if state_only => "webhook.disable",
        _ => "webhook.update",
    }
}

fn said(edit: &WebhookEdit) -> String {
    let parts = [
        edit.name.as_ref().map(|name| format!("name: {name}")),
        edit.uri.as_ref().map(|uri| format!("uri: {uri}")),
        edit.events.as_ref().map(|events| format!("events: {}", events.join(", "))),
        edit.state.as_ref().map(|state| format!("state: {state}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_named_and_told() {
        let state = |state: &str| WebhookEdit { state: Some(state.into()), ..WebhookEdit::default() };
        assert_eq!(kind(&state("enabled")), "webhook.enable");
        assert_eq!(kind(&state("disabled")), "webhook.disable");
        assert_eq!(kind(&state("resting")), "webhook.update");
        let edit =
            WebhookEdit { name: Some("n".into()), events: Some(vec!["a".into(), "b".into()]), ..state("enabled") };
        assert_eq!((kind(&edit), said(&edit).as_str()), ("webhook.update", "name: n; events: a, b; state: enabled"));
    }
}
