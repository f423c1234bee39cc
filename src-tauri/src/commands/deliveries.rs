//! The list and the detail.

use engine::{CompareSide, CompareWith, Comparison, Detail, Result, Row, VerifiedAgain, ViewOpened};
use tauri::State;
use tauri::ipc::Response;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn view_open(started: State<'_, Started>, query: String) -> Result<ViewOpened> {
    started.engine()?.history().open_view(&query).await
}

#[tauri::command]
pub(crate) async fn view_rows(started: State<'_, Started>, view: u32, start: u64, count: u32) -> Result<Vec<Row>> {
    started.engine()?.history().rows(view, start, count).await
}

#[tauri::command]
pub(crate) async fn view_find(started: State<'_, Started>, view: u32, id: i64) -> Result<Option<u64>> {
    Ok(started.engine()?.history().find(view, id))
}

#[tauri::command]
pub(crate) async fn delivery(started: State<'_, Started>, id: i64) -> Result<Detail> {
    started.engine()?.history().delivery(id).await
}

/// Gives raw bytes: 8 ms per MiB, where JSON would take 130.
#[tauri::command]
pub(crate) async fn delivery_body(started: State<'_, Started>, id: i64, decoded: bool) -> Result<Response> {
    started.engine()?.history().body(id, decoded).await.map(Response::new)
}

#[tauri::command]
pub(crate) async fn verify_again(started: State<'_, Started>, ids: Vec<i64>) -> Result<VerifiedAgain> {
    started.engine()?.history().verify_again(ids).await
}

#[tauri::command]
pub(crate) async fn compare(started: State<'_, Started>, a: CompareSide, b: CompareSide) -> Result<Comparison> {
    started.engine()?.history().compare(a, b).await
}

#[tauri::command]
pub(crate) async fn compare_with(
    started: State<'_, Started>,
    id: i64,
    with: CompareWith,
) -> Result<Option<CompareSide>> {
    started.engine()?.history().compare_with(id, with).await
}
