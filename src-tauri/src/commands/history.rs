//! What stays in the history and what goes.

use engine::{Deletion, HistoryHealth, HistorySizes, KeepLimits, KeepPreview, Result, Selection};
use tauri::State;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn deliveries_pin(started: State<'_, Started>, ids: Vec<i64>, pinned: bool) -> Result<u64> {
    started.engine()?.history().pin(ids, pinned).await
}

#[tauri::command]
pub(crate) async fn delivery_note(started: State<'_, Started>, id: i64, text: Option<String>) -> Result<()> {
    started.engine()?.history().note(id, text).await
}

#[tauri::command]
pub(crate) async fn history_sizes(started: State<'_, Started>) -> Result<HistorySizes> {
    started.engine()?.history().sizes().await
}

#[tauri::command]
pub(crate) async fn history_check(started: State<'_, Started>, thorough: bool) -> Result<HistoryHealth> {
    started.engine()?.history().check(thorough).await
}

#[tauri::command]
pub(crate) async fn keep_preview(
    started: State<'_, Started>,
    project: Option<i64>,
    limits: KeepLimits,
) -> Result<KeepPreview> {
    started.engine()?.history().preview(project, limits).await
}

#[tauri::command]
pub(crate) async fn keep_set(
    started: State<'_, Started>,
    project: Option<i64>,
    limits: Option<KeepLimits>,
) -> Result<()> {
    started.engine()?.history().set_limits(project, limits).await
}

#[tauri::command]
pub(crate) async fn deliveries_delete(started: State<'_, Started>, selection: Selection) -> Result<Deletion> {
    started.engine()?.history().delete(selection).await
}

#[tauri::command]
pub(crate) async fn deletion_undo(started: State<'_, Started>, number: i64) -> Result<()> {
    started.engine()?.history().undo(number).await
}

#[tauri::command]
pub(crate) async fn deletions(started: State<'_, Started>) -> Result<Vec<Deletion>> {
    started.engine()?.history().deletions().await
}

#[tauri::command]
pub(crate) async fn history_rebuild(started: State<'_, Started>) -> Result<()> {
    started.engine()?.history().rebuild().await
}
