//! The app as a whole: state, settings, listener, samples.

use emulator::SampleSent;
use engine::{AppState, ListenerState, Live, Result, Settings, TurnedAway};
use samples::SampleRequest;
use tauri::ipc::Channel;
use tauri::{AppHandle, State};

use crate::start::Started;

#[tauri::command]
pub(crate) async fn app_state(started: State<'_, Started>) -> Result<AppState> {
    Ok(started.engine()?.state().await)
}

#[tauri::command]
pub(crate) async fn live(app: AppHandle, started: State<'_, Started>, channel: Channel<Live>) -> Result<()> {
    started.engine()?.attach(crate::feed::sink(app, channel));
    Ok(())
}

#[tauri::command]
pub(crate) async fn settings_set(started: State<'_, Started>, settings: Settings) -> Result<Settings> {
    started.engine()?.settings().set(settings).await
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
