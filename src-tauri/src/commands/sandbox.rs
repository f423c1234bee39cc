//! The Sandbox: its jobs, clock, settings and delivery log.

use emulator::Settings;
use engine::{
    JobOutcome, Result, SandboxAdvance, SandboxClock, SandboxDeliveries, SandboxJob, SandboxOverview, SandboxRun,
};
use serde_json::Value;
use tauri::State;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn sandbox_overview(started: State<'_, Started>) -> Result<SandboxOverview> {
    started.engine()?.sandbox().overview().await
}

#[tauri::command]
pub(crate) async fn sandbox_run(started: State<'_, Started>, request: SandboxRun) -> Result<String> {
    started.engine()?.sandbox().run(request).await
}

#[tauri::command]
pub(crate) async fn sandbox_cancel_job(started: State<'_, Started>, name: String) -> Result<()> {
    started.engine()?.sandbox().cancel_job(&name).await
}

#[tauri::command]
pub(crate) async fn sandbox_finish_job(
    started: State<'_, Started>,
    name: String,
    outcome: JobOutcome,
) -> Result<SandboxJob> {
    started.engine()?.sandbox().finish_job(&name, outcome).await
}

#[tauri::command]
pub(crate) async fn sandbox_clock_set(started: State<'_, Started>, warp: f64) -> Result<SandboxClock> {
    started.engine()?.sandbox().set_clock(warp).await
}

#[tauri::command]
pub(crate) async fn sandbox_clock_advance(started: State<'_, Started>, by: SandboxAdvance) -> Result<SandboxClock> {
    started.engine()?.sandbox().advance_clock(by).await
}

#[tauri::command]
pub(crate) async fn sandbox_settings(started: State<'_, Started>) -> Result<Settings> {
    started.engine()?.sandbox().settings().await
}

#[tauri::command]
pub(crate) async fn sandbox_settings_set(started: State<'_, Started>, patch: Value) -> Result<Settings> {
    started.engine()?.sandbox().set_settings(patch).await
}

#[tauri::command]
pub(crate) async fn sandbox_deliveries(
    started: State<'_, Started>,
    before: Option<u64>,
    limit: u32,
) -> Result<SandboxDeliveries> {
    started.engine()?.sandbox().deliveries(before, limit).await
}

#[tauri::command]
pub(crate) async fn sandbox_delivery_body(started: State<'_, Started>, id: String) -> Result<String> {
    started.engine()?.sandbox().delivery_body(&id).await
}

#[tauri::command]
pub(crate) async fn sandbox_delivery_retry(started: State<'_, Started>, id: String) -> Result<()> {
    started.engine()?.sandbox().retry_delivery(&id).await
}

#[tauri::command]
pub(crate) async fn sandbox_keys_rotate(started: State<'_, Started>) -> Result<()> {
    started.engine()?.sandbox().rotate_keys().await
}

#[tauri::command]
pub(crate) async fn sandbox_reset(started: State<'_, Started>) -> Result<()> {
    started.engine()?.sandbox().reset().await
}
