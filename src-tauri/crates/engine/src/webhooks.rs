//! The webhooks of a project: listed, made, changed, pinged, repaired.

use crate::dto::{
    PingResult, Row, WebhookBoard, WebhookCreation, WebhookDraft, WebhookEdit, WebhookRepair, WebhookView,
};
use crate::engine::Engine;
use crate::error::{Error, Result};

fn not_built<T>() -> Result<T> {
    Err(Error::new("not_built", "Not built yet."))
}

impl Engine {
    /// The webhooks as the service listed them last, with what Pollux saw of them until now. Asks the service only
    /// where it was never asked.
    pub async fn webhooks(&self, project: i64) -> Result<WebhookBoard> {
        let _ = project;
        not_built()
    }

    /// The same, after asking the service. That it did not answer well stands in [`WebhookBoard::error`].
    pub async fn webhooks_refresh(&self, project: i64) -> Result<WebhookBoard> {
        let _ = project;
        not_built()
    }

    /// Makes a webhook; its secret is stored before it is given. `look_first`: an earlier try may have been acted on,
    /// so that a webhook with this uri and name is looked for, and given instead.
    pub async fn webhook_create(&self, project: i64, draft: WebhookDraft, look_first: bool) -> Result<WebhookCreation> {
        let _ = (project, draft, look_first);
        not_built()
    }

    /// Changes a webhook.
    pub async fn webhook_update(&self, project: i64, id: &str, edit: WebhookEdit) -> Result<WebhookView> {
        let _ = (project, id, edit);
        not_built()
    }

    /// Removes a webhook. The service cannot bring it back.
    pub async fn webhook_delete(&self, project: i64, id: &str) -> Result<()> {
        let _ = (project, id);
        not_built()
    }

    /// Has the service send a ping and waits for it to come, 30 s at most.
    pub async fn webhook_ping(&self, project: i64, id: &str) -> Result<PingResult> {
        let _ = (project, id);
        not_built()
    }

    /// Points webhooks to where they should point: those of these whose place is `earlier`.
    pub async fn webhooks_repair(&self, project: i64, ids: Vec<String>) -> Result<Vec<WebhookRepair>> {
        let _ = (project, ids);
        not_built()
    }

    /// Deliveries of the last 24 hours to this webhook that Pollux did not answer with 2xx, newest first, 20 at most.
    pub async fn webhook_failures(&self, project: i64, id: &str) -> Result<Vec<Row>> {
        let _ = (project, id);
        not_built()
    }
}
