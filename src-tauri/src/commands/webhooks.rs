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
    started.engine()?.webhooks().board(project).await
}

#[tauri::command]
pub(crate) async fn webhooks_refresh(started: State<'_, Started>, project: i64) -> Result<WebhookBoard> {
    started.engine()?.webhooks().refresh(project).await
}

#[tauri::command]
pub(crate) async fn webhook_create(
    started: State<'_, Started>,
    project: i64,
    draft: WebhookDraft,
    look_first: bool,
) -> Result<WebhookCreation> {
    started.engine()?.webhooks().create(project, draft, look_first).await
}

#[tauri::command]
pub(crate) async fn webhook_update(
    started: State<'_, Started>,
    project: i64,
    id: String,
    edit: WebhookEdit,
) -> Result<WebhookView> {
    started.engine()?.webhooks().update(project, &id, edit).await
}

#[tauri::command]
pub(crate) async fn webhook_delete(started: State<'_, Started>, project: i64, id: String) -> Result<()> {
    started.engine()?.webhooks().delete(project, &id).await
}

#[tauri::command]
pub(crate) async fn webhook_ping(started: State<'_, Started>, project: i64, id: String) -> Result<PingResult> {
    started.engine()?.webhooks().ping(project, &id).await
}

#[tauri::command]
pub(crate) async fn webhooks_repair(
    started: State<'_, Started>,
    project: i64,
    ids: Vec<String>,
) -> Result<Vec<WebhookRepair>> {
    started.engine()?.webhooks().repair(project, ids).await
}

#[tauri::command]
pub(crate) async fn webhook_failures(started: State<'_, Started>, project: i64, id: String) -> Result<Vec<Row>> {
    started.engine()?.webhooks().failures(project, &id).await
}

#[tauri::command]
pub(crate) async fn rotation(started: State<'_, Started>, project: i64, id: String) -> Result<Rotation> {
    started.engine()?.webhooks().rotation(project, &id).await
}

#[tauri::command]
pub(crate) async fn webhook_rotate(
    started: State<'_, Started>,
    project: i64,
    id: String,
    immediately: bool,
) -> Result<Rotated> {
    started.engine()?.webhooks().rotate(project, &id, immediately).await
}

#[tauri::command]
pub(crate) async fn secret_store_again(started: State<'_, Started>, id: String) -> Result<NewSecret> {
    started.engine()?.projects().store_secret_again(&id).await
}

#[tauri::command]
pub(crate) async fn secret_let_go(started: State<'_, Started>, id: String) -> Result<()> {
    started.engine()?.projects().let_secret_go(&id).await
}

#[tauri::command]
pub(crate) async fn place_add(
    started: State<'_, Started>,
    project: i64,
    webhook: String,
    text: String,
) -> Result<Vec<Place>> {
    started.engine()?.webhooks().add_place(project, &webhook, &text).await
}

#[tauri::command]
pub(crate) async fn place_tick(started: State<'_, Started>, id: i64, done: bool) -> Result<Vec<Place>> {
    started.engine()?.webhooks().tick_place(id, done).await
}

#[tauri::command]
pub(crate) async fn place_remove(started: State<'_, Started>, id: i64) -> Result<Vec<Place>> {
    started.engine()?.webhooks().remove_place(id).await
}

#[tauri::command]
pub(crate) async fn actions(started: State<'_, Started>, before: Option<i64>, limit: u32) -> Result<ActionPage> {
    started.engine()?.actions().page(before, limit).await
}

#[tauri::command]
pub(crate) async fn actions_export(started: State<'_, Started>) -> Result<String> {
    let text = started.engine()?.actions().export().await?;
    let home = home::folder().map_err(|message| Error::new(Code::NoHome, message))?;
    tauri::async_runtime::spawn_blocking(move || export::write(&home, "pollux-actions", "ndjson", &text))
        .await
        .map_err(|error| Error::new(Code::Internal, "The log could not be written.").with_detail(error))?
        .map(|path| path.display().to_string())
}
