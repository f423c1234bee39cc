//! What pointers lead to, opened.

use engine::{
    BatchPreview, JobDetail, JobMetadata, Result, ResultRows, ResultSave, ResultSaved, ResultSource, ResultStrip,
    ResultView, RowFilter,
};
use tauri::ipc::Response;
use tauri::{State, WebviewWindow};

use super::transfer::chosen;
use crate::start::Started;

#[tauri::command]
pub(crate) async fn result_open(started: State<'_, Started>, source: ResultSource) -> Result<ResultView> {
    started.engine()?.results().open(source).await
}

#[tauri::command]
pub(crate) async fn results(started: State<'_, Started>) -> Result<Vec<ResultView>> {
    Ok(started.engine()?.results().list())
}

#[tauri::command]
pub(crate) async fn result_stop(started: State<'_, Started>, id: u32) -> Result<ResultView> {
    started.engine()?.results().stop(id).await
}

#[tauri::command]
pub(crate) async fn result_go_on(started: State<'_, Started>, id: u32) -> Result<ResultView> {
    started.engine()?.results().go_on(id)
}

#[tauri::command]
pub(crate) async fn result_close(started: State<'_, Started>, id: u32) -> Result<()> {
    started.engine()?.results().close(id)
}

#[tauri::command]
pub(crate) async fn result_rows(
    started: State<'_, Started>,
    id: u32,
    filter: RowFilter,
    text: String,
    start: u64,
    count: u32,
) -> Result<ResultRows> {
    started.engine()?.results().rows(id, filter, &text, start, count).await
}

#[tauri::command]
pub(crate) async fn result_next_failed(
    started: State<'_, Started>,
    id: u32,
    from: u64,
    back: bool,
) -> Result<Option<u64>> {
    started.engine()?.results().next_failed(id, from, back)
}

#[tauri::command]
pub(crate) async fn result_strip(started: State<'_, Started>, id: u32, parts: u32) -> Result<ResultStrip> {
    started.engine()?.results().strip(id, parts)
}

#[tauri::command]
pub(crate) async fn result_row(started: State<'_, Started>, id: u32, number: u64) -> Result<String> {
    started.engine()?.results().row(id, number).await
}

#[tauri::command]
pub(crate) async fn result_bytes(started: State<'_, Started>, id: u32, limit: u64) -> Result<Response> {
    started.engine()?.results().bytes(id, limit).await.map(Response::new)
}

/// Lets the user choose where a result goes. `None` if nothing was chosen.
#[tauri::command]
pub(crate) async fn result_save_choose(window: WebviewWindow, name: String) -> Result<Option<String>> {
    chosen(&window, "Save a result", |dialog, done| dialog.set_file_name(name).save_file(done)).await
}

#[tauri::command]
pub(crate) async fn result_save(
    started: State<'_, Started>,
    id: u32,
    what: ResultSave,
    path: String,
) -> Result<ResultSaved> {
    started.engine()?.results().save(id, what, path.into()).await
}

#[tauri::command]
pub(crate) async fn result_requests(started: State<'_, Started>, id: u32, path: String) -> Result<ResultView> {
    started.engine()?.results().give_requests(id, path.into()).await
}

#[tauri::command]
pub(crate) async fn result_keep(started: State<'_, Started>, id: u32, delivery: i64, keep: bool) -> Result<ResultView> {
    started.engine()?.results().keep(id, delivery, keep).await
}

#[tauri::command]
pub(crate) async fn resubmit_preview(started: State<'_, Started>, id: u32) -> Result<BatchPreview> {
    started.engine()?.results().resubmit_preview(id).await
}

#[tauri::command]
pub(crate) async fn resubmit(
    started: State<'_, Started>,
    id: u32,
    title: String,
    receivers: Option<Vec<String>>,
    metadata: Vec<JobMetadata>,
) -> Result<JobDetail> {
    started.engine()?.results().resubmit(id, title, receivers, metadata).await
}
