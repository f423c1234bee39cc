//! What stays in the history and what goes.

use engine::Result;
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
