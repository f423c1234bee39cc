//! The palette: what was chosen there, and what an id leads to.

use engine::{IdFound, KnownId, NamedWebhook, PaletteUsed, Result};
use tauri::State;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn palette_used(started: State<'_, Started>) -> Result<Vec<PaletteUsed>> {
    started.engine()?.palette().used().await
}

#[tauri::command]
pub(crate) async fn palette_choose(started: State<'_, Started>, entry: String) -> Result<Vec<PaletteUsed>> {
    started.engine()?.palette().choose(&entry).await
}

#[tauri::command]
pub(crate) async fn palette_webhooks(started: State<'_, Started>) -> Result<Vec<NamedWebhook>> {
    Ok(started.engine()?.palette().webhooks())
}

#[tauri::command]
pub(crate) async fn id_find(started: State<'_, Started>, text: String) -> Result<IdFound> {
    started.engine()?.palette().find(&text).await
}

#[tauri::command]
pub(crate) async fn ids_known(started: State<'_, Started>, project: i64, ids: Vec<String>) -> Result<Vec<KnownId>> {
    started.engine()?.palette().known(project, ids).await
}
