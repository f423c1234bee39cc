//! The engine's live messages as a Tauri channel.

use engine::{Live, Sink};
use tauri::AppHandle;
use tauri::ipc::Channel;
use tauri_plugin_notification::NotificationExt as _;

/// A sink that ends when the window is gone.
pub(crate) fn sink(app: AppHandle, channel: Channel<Live>) -> Sink {
    Box::new(move |message| {
        if let Live::Missed { title, .. } = &message {
            notify(&app, title);
        }
        channel.send(message).is_ok()
    })
}

/// Shows a notification of the desktop. One without a service for that shows none.
fn notify(app: &AppHandle, title: &str) {
    let notification = app.notification().builder().title("A job ended without an event that counts").body(title);
    if let Err(error) = notification.show() {
        tracing::info!(%error, "no notification could be shown");
    }
}
