//! What the desktop shows of Pollux, and what the window shows meanwhile.

use engine::{Looking, Result, TrayState, Unseen};
use tauri::{AppHandle, State};

use crate::desktop::{self, Desktop};
use crate::start::Started;

#[tauri::command]
pub(crate) async fn window_looking(started: State<'_, Started>, looking: Looking) -> Result<Unseen> {
    Ok(started.engine()?.notifications().looking(looking))
}

#[tauri::command]
pub(crate) async fn attention_set(app: AppHandle, desktop: State<'_, Desktop>, count: u32) -> Result<()> {
    desktop.attend(&app, count);
    Ok(())
}

#[tauri::command]
pub(crate) async fn tray_state(desktop: State<'_, Desktop>) -> Result<TrayState> {
    Ok(desktop.tray())
}

#[tauri::command]
pub(crate) async fn notification_try(app: AppHandle) -> Result<()> {
    desktop::try_one(&app);
    Ok(())
}
