//! The app as a whole: state, settings, listener, samples.

use emulator::SampleSent;
use engine::{AppState, FirstFacts, ListenerState, Live, Result, Settings, TurnedAway};
use samples::SampleRequest;
use tauri::ipc::Channel;
use tauri::{AppHandle, State};

use crate::desktop::Desktop;
use crate::start::Started;

#[tauri::command]
pub(crate) async fn app_state(started: State<'_, Started>) -> Result<AppState> {
    Ok(started.engine()?.state().await)
}

#[tauri::command]
pub(crate) async fn live(
    app: AppHandle,
    started: State<'_, Started>,
    desktop: State<'_, Desktop>,
    channel: Channel<Live>,
) -> Result<()> {
    let engine = started.engine()?;
    desktop.set(&app, engine.settings().get().desktop);
    engine.attach(crate::feed::sink(app, channel));
    Ok(())
}

#[tauri::command]
pub(crate) async fn settings_set(
    app: AppHandle,
    started: State<'_, Started>,
    desktop: State<'_, Desktop>,
    settings: Settings,
) -> Result<Settings> {
    let set = started.engine()?.settings().set(settings).await?;
    desktop.set(&app, set.desktop);
    Ok(set)
}

#[tauri::command]
pub(crate) async fn listener_start(started: State<'_, Started>, port: Option<u16>) -> Result<ListenerState> {
    Ok(started.engine()?.listening().start(port).await)
}

#[tauri::command]
pub(crate) async fn turned_away(started: State<'_, Started>, limit: u32) -> Result<TurnedAway> {
    Ok(started.engine()?.listening().turned_away(limit))
}

#[tauri::command]
pub(crate) async fn sample_send(started: State<'_, Started>, request: SampleRequest) -> Result<SampleSent> {
    started.engine()?.sandbox().send_sample(&request).await
}

/// Names what draws the window, where it says so.
#[tauri::command]
pub(crate) async fn webview_version() -> Result<Option<String>> {
    Ok(tauri::webview_version().ok())
}

#[tauri::command]
pub(crate) async fn first_steps(started: State<'_, Started>) -> Result<FirstFacts> {
    started.engine()?.first_steps().facts().await
}
