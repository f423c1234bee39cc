//! The project's batches, interactions and videos, and what was missed of them.

use engine::{
    BatchPreview, BatchRequests, CallAnswer, DeliveryJob, JobDetail, JobFilter, JobFinding, JobPage, MadeEvent, NewJob,
    Result,
};
use tauri::{State, WebviewWindow};

use super::transfer::chosen;
use crate::start::Started;

#[tauri::command]
pub(crate) async fn jobs(
    started: State<'_, Started>,
    project: i64,
    filter: JobFilter,
    start: u32,
    count: u32,
) -> Result<JobPage> {
    started.engine()?.jobs().page(project, filter, start, count).await
}

#[tauri::command]
pub(crate) async fn jobs_refresh(started: State<'_, Started>, project: i64) -> Result<()> {
    started.engine()?.jobs().refresh(project).await
}

#[tauri::command]
pub(crate) async fn jobs_more(started: State<'_, Started>, project: i64) -> Result<()> {
    started.engine()?.jobs().more(project).await
}

#[tauri::command]
pub(crate) async fn job(started: State<'_, Started>, project: i64, name: String, ask: bool) -> Result<JobDetail> {
    started.engine()?.jobs().get(project, &name, ask).await
}

#[tauri::command]
pub(crate) async fn job_open(started: State<'_, Started>, project: i64, text: String) -> Result<JobDetail> {
    started.engine()?.jobs().open(project, &text).await
}

#[tauri::command]
pub(crate) async fn job_ask_with(
    started: State<'_, Started>,
    project: i64,
    name: String,
    other: i64,
) -> Result<JobDetail> {
    started.engine()?.jobs().ask_with(project, &name, other).await
}

#[tauri::command]
pub(crate) async fn job_cancel(started: State<'_, Started>, project: i64, name: String) -> Result<JobDetail> {
    started.engine()?.jobs().cancel(project, &name).await
}

#[tauri::command]
pub(crate) async fn job_delete(started: State<'_, Started>, project: i64, name: String) -> Result<()> {
    started.engine()?.jobs().delete(project, &name).await
}

#[tauri::command]
pub(crate) async fn batch_preview(
    started: State<'_, Started>,
    project: i64,
    requests: BatchRequests,
) -> Result<BatchPreview> {
    started.engine()?.jobs().preview(project, requests).await
}

#[tauri::command]
pub(crate) async fn job_dispatch(started: State<'_, Started>, project: i64, job: NewJob) -> Result<JobDetail> {
    started.engine()?.jobs().dispatch(project, job).await
}

/// Lets the user choose a file of requests. `None` if nothing was chosen.
#[tauri::command]
pub(crate) async fn requests_choose(window: WebviewWindow) -> Result<Option<String>> {
    chosen(&window, "Requests of a batch", |dialog, done| {
        dialog.add_filter("JSONL", &["jsonl", "ndjson", "json", "txt"]).add_filter("All files", &["*"]).pick_file(done);
    })
    .await
}

#[tauri::command]
pub(crate) async fn job_answer(
    started: State<'_, Started>,
    project: i64,
    name: String,
    answers: Vec<CallAnswer>,
) -> Result<JobDetail> {
    started.engine()?.jobs().answer(project, &name, answers).await
}

#[tauri::command]
pub(crate) async fn job_picture_set(
    started: State<'_, Started>,
    project: i64,
    name: String,
    picture: String,
) -> Result<()> {
    started.engine()?.jobs().set_picture(project, &name, picture).await
}

#[tauri::command]
pub(crate) async fn finding(started: State<'_, Started>, project: i64, name: String) -> Result<Option<JobFinding>> {
    started.engine()?.jobs().finding(project, &name).await
}

#[tauri::command]
pub(crate) async fn finding_aside(started: State<'_, Started>, project: i64, name: String, aside: bool) -> Result<()> {
    started.engine()?.jobs().set_aside(project, &name, aside).await
}

#[tauri::command]
pub(crate) async fn finding_report(started: State<'_, Started>, project: i64, name: String) -> Result<String> {
    started.engine()?.jobs().finding_report(project, &name).await
}

#[tauri::command]
pub(crate) async fn finding_make_event(
    started: State<'_, Started>,
    project: i64,
    name: String,
    event: MadeEvent,
) -> Result<i64> {
    started.engine()?.jobs().make_event(project, &name, event).await
}

#[tauri::command]
pub(crate) async fn delivery_job(started: State<'_, Started>, delivery: i64) -> Result<DeliveryJob> {
    started.engine()?.jobs().of_delivery(delivery).await
}
