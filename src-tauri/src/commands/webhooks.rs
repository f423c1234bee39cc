//! Webhooks, their rotation, and the log of actions.

use engine::{
    ActionPage, Code, Error, NewSecret, PingResult, Place, Result, Rotated, Rotation, Row, WebhookBoard,
    WebhookCreation, WebhookDraft, WebhookEdit, WebhookRepair, WebhookView,
};
use system::home;
use tauri::State;

use crate::export;
use crate::start::Started;

#[tauri::command]
pub(crate) async fn webhooks(started: State<'_, Started>, project: i64) -> Result<WebhookBoard> {
    started.engine()?.webhooks(project).await
}

#[tauri::command]
pub(crate) async fn webhooks_refresh(started: State<'_, Started>, project: i64) -> Result<WebhookBoard> {
    started.engine()?.webhooks_refresh(project).await
}

#[tauri::command]
pub(crate) async fn webhook_create(
    started: State<'_, Started>,
    project: i64,
    draft: WebhookDraft,
    look_first: bool,
) -> Result<WebhookCreation> {
    started.engine()?.webhook_create(project, draft, look_first).await
}

#[tauri::command]
pub(crate) async fn webhook_update(
    started: State<'_, Started>,
    project: i64,
    id: String,
    edit: WebhookEdit,
) -> Result<WebhookView> {
    started.engine()?.webhook_update(project, &id, edit).await
}

#[tauri::command]
pub(crate) async fn webhook_delete(started: State<'_, Started>, project: i64, id: String) -> Result<()> {
    started.engine()?.webhook_delete(project, &id).await
}

#[tauri::command]
pub(crate) async fn webhook_ping(started: State<'_, Started>, project: i64, id: String) -> Result<PingResult> {
    started.engine()?.webhook_ping(project, &id).await
}

#[tauri::command]
pub(crate) async fn webhooks_repair(
    started: State<'_, Started>,
    project: i64,
    ids: Vec<String>,
) -> Result<Vec<WebhookRepair>> {
    started.engine()?.webhooks_repair(project, ids).await
}

#[tauri::command]
pub(crate) async fn webhook_failures(started: State<'_, Started>, project: i64, id: String) -> Result<Vec<Row>> {
    started.engine()?.webhook_failures(project, &id).await
}

#[tauri::command]
pub(crate) async fn rotation(started: State<'_, Started>, project: i64, id: String) -> Result<Rotation> {
    started.engine()?.rotation(project, &id).await
}

#[tauri::command]
pub(crate) async fn webhook_rotate(
    started: State<'_, Started>,
    project: i64,
    id: String,
    immediately: bool,
) -> Result<Rotated> {
    started.engine()?.webhook_rotate(project, &id, immediately).await
}

#[tauri::command]
pub(crate) async fn secret_store_again(started: State<'_, Started>, id: String) -> Result<NewSecret> {
    started.engine()?.secret_store_again(&id).await
}

#[tauri::command]
pub(crate) async fn secret_let_go(started: State<'_, Started>, id: String) -> Result<()> {
    started.engine()?.secret_let_go(&id).await
}

#[tauri::command]
pub(crate) async fn place_add(
    started: State<'_, Started>,
    project: i64,
    webhook: String,
    text: String,
) -> Result<Vec<Place>> {
    started.engine()?.place_add(project, &webhook, &text).await
}

#[tauri::command]
pub(crate) async fn place_tick(started: State<'_, Started>, id: i64, done: bool) -> Result<Vec<Place>> {
    started.engine()?.place_tick(id, done).await
}

#[tauri::command]
pub(crate) async fn place_remove(started: State<'_, Started>, id: i64) -> Result<Vec<Place>> {
    started.engine()?.place_remove(id).await
}

#[tauri::command]
pub(crate) async fn actions(started: State<'_, Started>, before: Option<i64>, limit: u32) -> Result<ActionPage> {
    started.engine()?.actions(before, limit).await
}

#[tauri::command]
pub(crate) async fn actions_export(started: State<'_, Started>) -> Result<String> {
    let text = started.engine()?.actions_export().await?;
    let home = home::folder().map_err(|message| Error::new(Code::NoHome, message))?;
    tauri::async_runtime::spawn_blocking(move || export::write(&home, "pollux-actions", "ndjson", &text))
        .await
        .map_err(|error| Error::new(Code::Internal, "The log could not be written.").with_detail(error))?
        .map(|path| path.display().to_string())
}
