//! What the window offers if Pollux could not start.

use engine::{Code, Error, Recovery, Result, StartFailure};
use tauri::{State, WebviewWindow};
use tauri_plugin_dialog::DialogExt as _;
use tokio::sync::oneshot;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn start_failure(started: State<'_, Started>) -> Result<Option<StartFailure>> {
    Ok(started.failure())
}

#[tauri::command]
pub(crate) async fn start_again(started: State<'_, Started>) -> Result<()> {
    started.again().await
}

/// Where the history is now.
#[tauri::command]
pub(crate) async fn history_move_aside(started: State<'_, Started>) -> Result<String> {
    let stamp = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string();
    Ok(started.move_aside(stamp).await?.display().to_string())
}

#[tauri::command]
pub(crate) async fn history_recover(started: State<'_, Started>) -> Result<Recovery> {
    let stamp = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string();
    started.recover(&stamp).await
}

/// Lets the user choose a file, so that the page names none. Gives the path that was opened; `None` if nothing was
/// chosen.
#[tauri::command]
pub(crate) async fn history_open_other(window: WebviewWindow, started: State<'_, Started>) -> Result<Option<String>> {
    let (chosen, choice) = oneshot::channel();
    window
        .dialog()
        .file()
        .set_parent(&window)
        .set_title("Open a history")
        .add_filter("Pollux histories", &["db"])
        .add_filter("All files", &["*"])
        .pick_file(move |file| drop(chosen.send(file)));
    let Some(file) = choice.await.ok().flatten() else { return Ok(None) };
    let path = file.into_path().map_err(|error| {
        Error::new(Code::NotFound, "What you chose is not a file on this computer. Choose another one.")
            .with_detail(error)
    })?;
    started.open(path.clone()).await?;
    Ok(Some(path.display().to_string()))
}
