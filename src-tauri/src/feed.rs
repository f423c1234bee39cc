//! The engine's live messages as a Tauri channel.

use engine::{DesktopNews, Live, Sink};
use tauri::AppHandle;
use tauri::ipc::Channel;

use crate::desktop;

/// A sink that ends when the window is gone.
pub(crate) fn sink(app: AppHandle, channel: Channel<Live>) -> Sink {
    Box::new(move |message| {
        if let Live::Desktop { news: DesktopNews::Shown { notification } } = &message {
            desktop::notify(&app, notification);
        }
        channel.send(message).is_ok()
    })
}
