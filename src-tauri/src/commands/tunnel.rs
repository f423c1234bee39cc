//! The tunnel.

use engine::{ProbeView, Result, TunnelView};
use tauri::State;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn tunnel(started: State<'_, Started>) -> Result<TunnelView> {
    Ok(started.engine()?.tunnel().view())
}

#[tauri::command]
pub(crate) async fn tunnel_start(started: State<'_, Started>) -> Result<TunnelView> {
    started.engine()?.tunnel().start().await
}

#[tauri::command]
pub(crate) async fn tunnel_stop(started: State<'_, Started>) -> Result<TunnelView> {
    started.engine()?.tunnel().stop().await
}

#[tauri::command]
pub(crate) async fn tunnel_probe(started: State<'_, Started>) -> Result<ProbeView> {
    started.engine()?.tunnel().probe_now().await
}

#[tauri::command]
pub(crate) async fn tunnel_authtoken_set(started: State<'_, Started>, token: Option<String>) -> Result<TunnelView> {
    started.engine()?.tunnel().set_authtoken(token).await
}
