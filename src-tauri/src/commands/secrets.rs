//! Secrets.

use engine::{Code, Error, Result, SecretView};
use tauri::{AppHandle, State};
use zeroize::Zeroizing;

use crate::clipboard;
use crate::start::Started;

#[tauri::command]
pub(crate) async fn secrets(started: State<'_, Started>) -> Result<Vec<SecretView>> {
    started.engine()?.projects().secrets().await
}

#[tauri::command]
pub(crate) async fn secret_add(
    started: State<'_, Started>,
    project: i64,
    label: String,
    text: String,
) -> Result<SecretView> {
    started.engine()?.projects().add_secret(project, &label, &Zeroizing::new(text)).await
}

#[tauri::command]
pub(crate) async fn secret_remove(started: State<'_, Started>, id: String) -> Result<()> {
    started.engine()?.projects().remove_secret(&id).await
}

#[tauri::command]
pub(crate) async fn secret_restore(started: State<'_, Started>, id: String) -> Result<SecretView> {
    started.engine()?.projects().restore_secret(&id).await
}

#[tauri::command]
pub(crate) async fn secret_reveal(started: State<'_, Started>, id: String) -> Result<String> {
    Ok(started.engine()?.projects().reveal_secret(&id).await?.to_string())
}

#[tauri::command]
pub(crate) async fn secret_destroy(started: State<'_, Started>, id: String) -> Result<()> {
    started.engine()?.projects().destroy_secret(&id).await
}

#[tauri::command]
pub(crate) async fn copy_secret(app: AppHandle, text: String) -> Result<()> {
    clipboard::copy(&app, Zeroizing::new(text)).map_err(|error| {
        Error::new(Code::ClipboardFailed, "The clipboard did not accept the secret. Show it and copy it by hand.")
            .with_detail(error)
    })
}
