//! The icon in the tray, for whoever asks for one. On Linux it takes a library, which is loaded only then: Pollux starts
//! without it.

use std::path::{Path, PathBuf};

use engine::TrayState;
use parking_lot::Mutex;
use tauri::menu::{MenuBuilder, MenuEvent};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager as _};

use crate::window;

const ID: &str = "pollux";
const SHOW: &str = "tray-show";
const QUIT: &str = "tray-quit";

/// The icon, once it was asked for.
pub(crate) struct Tray {
    state: Mutex<TrayState>,
    /// Where its picture is put, for the desktop to read.
    folder: PathBuf,
}

impl Tray {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { state: Mutex::default(), folder }
    }

    /// What became of it.
    pub(crate) fn state(&self) -> TrayState {
        self.state.lock().clone()
    }

    /// Shows it or takes it away. `attention`: how many things need it.
    pub(crate) fn show(&self, app: &AppHandle, wanted: bool, attention: u32) {
        let mut state = self.state.lock();
        if !wanted && *state != TrayState::Given {
            *state = TrayState::Off;
            return;
        }
        if matches!(*state, TrayState::Missing { .. }) {
            return;
        }
        if *state == TrayState::Off
            && let Some(library) = missing()
        {
            *state = TrayState::Missing { library: library.to_owned() };
            return;
        }
        *state = match on_main(app, self.folder.clone(), wanted, attention) {
            Ok(()) if wanted => TrayState::Given,
            Ok(()) => TrayState::Off,
            Err(error) => TrayState::Failed { message: error.to_string() },
        };
    }
}

/// The library that is missing, if it is.
#[cfg(target_os = "linux")]
fn missing() -> Option<&'static str> {
    // The crate loads it at its first use, and panics if it is not installed; it cannot be asked otherwise.
    let there = std::panic::catch_unwind(|| {
        let _ = &*libappindicator_sys::LIB;
    });
    there.is_err().then_some("libayatana-appindicator3.so.1")
}

#[cfg(not(target_os = "linux"))]
fn missing() -> Option<&'static str> {
    None
}

/// Everything about the icon happens on the main thread, and this waits for it.
fn on_main(app: &AppHandle, folder: PathBuf, wanted: bool, attention: u32) -> tauri::Result<()> {
    let (done, told) = std::sync::mpsc::channel();
    let handle = app.clone();
    app.run_on_main_thread(move || {
        // Whoever asked waits for it.
        let _ = done.send(put(&handle, &folder, wanted, attention));
    })?;
    told.recv().map_err(|_| tauri::Error::FailedToReceiveMessage)?
}

fn put(app: &AppHandle, folder: &Path, wanted: bool, attention: u32) -> tauri::Result<()> {
    if app.tray_by_id(ID).is_none() && wanted {
        make(app, folder)?;
    }
    let Some(icon) = app.tray_by_id(ID) else { return Ok(()) };
    icon.set_visible(wanted)?;
    icon.set_title((attention > 0).then(|| attention.to_string()))?;
    icon.set_tooltip(Some(match attention {
        0 => "Pollux".to_owned(),
        1 => "Pollux: 1 thing needs attention".to_owned(),
        many => format!("Pollux: {many} things need attention"),
    }))
}

/// With a menu: on Linux there is no icon without one, and a click on it opens it.
fn make(app: &AppHandle, folder: &Path) -> tauri::Result<()> {
    let menu = MenuBuilder::new(app).text(SHOW, "Show Pollux").separator().text(QUIT, "Quit").build()?;
    let mut builder = TrayIconBuilder::with_id(ID).menu(&menu).on_menu_event(chosen).temp_dir_path(folder);
    if let Some(icon) = app.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    builder.build(app)?;
    Ok(())
}

/// Quitting is closing the window, which may ask first.
fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        SHOW => window::show(app),
        QUIT => {
            let closed = app.get_webview_window(window::LABEL).map(|window| window.close());
            if let Some(Err(error)) = closed {
                tracing::warn!(%error, "the window could not be closed");
            }
        }
        _ => {}
    }
}
