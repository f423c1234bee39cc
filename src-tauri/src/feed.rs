//! The engine's live messages as a Tauri channel.

use engine::{Live, Sink};
use tauri::ipc::Channel;

/// A sink that ends when the window is gone.
pub(crate) fn sink(channel: Channel<Live>) -> Sink {
    Box::new(move |message| channel.send(message).is_ok())
}
