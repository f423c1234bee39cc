//! Deliveries into files and out of them, and copies of single ones.

use engine::{Code, CopyForm, Error, Result, Selection, Transfer, TransferFormat};
use tauri::{State, WebviewWindow, Wry};
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn export_start(
    started: State<'_, Started>,
    selection: Selection,
    format: TransferFormat,
    path: String,
    with_credentials: bool,
) -> Result<u32> {
    started.engine()?.transfers().export(selection, format, path.into(), with_credentials).await
}

#[tauri::command]
pub(crate) async fn import_start(started: State<'_, Started>, path: String) -> Result<u32> {
    started.engine()?.transfers().import(path.into()).await
}

#[tauri::command]
pub(crate) async fn transfer_stop(started: State<'_, Started>, number: u32) -> Result<Transfer> {
    started.engine()?.transfers().stop(number).await
}

#[tauri::command]
pub(crate) async fn transfers(started: State<'_, Started>) -> Result<Vec<Transfer>> {
    Ok(started.engine()?.transfers().list())
}

/// Lets the user choose where an export goes. `None` if nothing was chosen.
#[tauri::command]
pub(crate) async fn export_choose(window: WebviewWindow, name: String) -> Result<Option<String>> {
    chosen(&window, "Export deliveries", |dialog, done| dialog.set_file_name(name).save_file(done)).await
}

/// Called with what the user chose.
pub(super) type Done = Box<dyn FnOnce(Option<FilePath>) + Send>;

/// Lets the user choose one file in a dialog. `None` if nothing was chosen.
pub(super) async fn chosen(
    window: &WebviewWindow,
    title: &str,
    ask: impl FnOnce(FileDialogBuilder<Wry>, Done),
) -> Result<Option<String>> {
    let (chosen, choice) = oneshot::channel();
    let dialog = window.dialog().file().set_parent(window).set_title(title);
    ask(dialog, Box::new(move |file| drop(chosen.send(file))));
    choice.await.ok().flatten().map(path).transpose()
}

/// Lets the user choose files to import. Empty if nothing was chosen.
#[tauri::command]
pub(crate) async fn import_choose(window: WebviewWindow) -> Result<Vec<String>> {
    let (chosen, choice) = oneshot::channel();
    window
        .dialog()
        .file()
        .set_parent(&window)
        .set_title("Import deliveries")
        .add_filter("NDJSON, HAR, cURL commands", &["ndjson", "jsonl", "har", "json", "sh", "txt"])
        .add_filter("All files", &["*"])
        .pick_files(move |files| drop(chosen.send(files)));
    choice.await.ok().flatten().unwrap_or_default().into_iter().map(path).collect()
}

#[tauri::command]
pub(crate) async fn copy_as(started: State<'_, Started>, ids: Vec<i64>, form: CopyForm) -> Result<String> {
    started.engine()?.transfers().copy_as(ids, form).await
}

fn path(file: FilePath) -> Result<String> {
    let path = file.into_path().map_err(|error| {
        Error::new(Code::NotFound, "What you chose is not a file on this computer. Choose another one.")
            .with_detail(error)
    })?;
    Ok(path.display().to_string())
}
