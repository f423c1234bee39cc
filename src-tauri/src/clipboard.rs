//! Puts secrets on the clipboard and clears them after a minute, unless something else was copied meanwhile.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tauri::plugin::{Builder, TauriPlugin};
use tauri::{AppHandle, Manager as _, RunEvent, Wry};
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use zeroize::Zeroizing;

/// How long a secret stays on the clipboard.
const MINUTE: Duration = Duration::from_secs(60);

/// A clipboard with text on it. Calls may block.
pub(crate) trait Board: Send + Sync + 'static {
    /// Puts a secret on it, replacing what was there.
    fn put(&self, text: &str) -> Result<(), String>;
    /// Gives the text on it; `None` if there is none, or none that can be read.
    fn text(&self) -> Option<Zeroizing<String>>;
    /// Clears it.
    fn clear(&self) -> Result<(), String>;
}

/// Puts secrets on a clipboard and clears them again. Clones share it.
pub(crate) struct Clipboard<B> {
    board: Arc<B>,
    held: Arc<Mutex<Held>>,
}

/// What was last put on the clipboard, until it is cleared.
#[derive(Default)]
struct Held {
    text: Option<Zeroizing<String>>,
    /// Counts copies, so that the end of an earlier copy's minute has no effect.
    copies: u64,
}

impl<B> Clone for Clipboard<B> {
    fn clone(&self) -> Self {
        Self { board: self.board.clone(), held: self.held.clone() }
    }
}

impl<B: Board> Clipboard<B> {
    pub(crate) fn new(board: B) -> Self {
        Self { board: Arc::new(board), held: Arc::default() }
    }

    /// Puts `text` on the clipboard. The future that it returns waits for `pause`, then clears it.
    fn copy<P: Future<Output = ()>>(
        &self,
        text: Zeroizing<String>,
        pause: P,
    ) -> Result<impl Future<Output = ()> + use<B, P>, String> {
        let mut held = self.held();
        self.board.put(&text)?;
        held.text = Some(text);
        held.copies += 1;
        let copy = held.copies;
        drop(held);
        let clipboard = self.clone();
        Ok(async move {
            pause.await;
            // Asking whoever owns the clipboard may block.
            let cleared = tokio::task::spawn_blocking(move || clipboard.clear(Some(copy))).await;
            if let Err(error) = cleared {
                tracing::warn!(%error, "the clipboard was not cleared");
            }
        })
    }

    /// Clears what was last copied, unless something else is there. With `copy`, only if no later copy was made.
    fn clear(&self, copy: Option<u64>) {
        let mut held = self.held();
        if copy.is_some_and(|copy| copy != held.copies) {
            return;
        }
        let Some(text) = held.text.take() else { return };
        if self.board.text().is_some_and(|there| *there == *text)
            && let Err(error) = self.board.clear()
        {
            tracing::warn!(error, "the clipboard could not be cleared");
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock()
    }
}

/// The system's clipboard.
pub(crate) struct System(AppHandle);

impl Board for System {
    fn put(&self, text: &str) -> Result<(), String> {
        // With the marks that make clipboard managers keep it out of their histories.
        self.0.clipboard().write_secret(text).map_err(|error| error.to_string())
    }

    fn text(&self) -> Option<Zeroizing<String>> {
        self.0.clipboard().read_text().ok().map(Zeroizing::new)
    }

    fn clear(&self) -> Result<(), String> {
        self.0.clipboard().clear().map_err(|error| error.to_string())
    }
}

/// Must be registered before the clipboard's own plugin, which lets go of the clipboard at the end.
pub(crate) fn plugin() -> TauriPlugin<Wry> {
    Builder::new("clipboard-minute")
        .setup(|app, _| {
            app.manage(Clipboard::new(System(app.clone())));
            Ok(())
        })
        .on_event(|app, event| {
            if let RunEvent::Exit = event {
                app.state::<Clipboard<System>>().clear(None);
            }
        })
        .build()
}

/// Puts a secret on the system's clipboard for a minute.
pub(crate) fn copy(app: &AppHandle, text: Zeroizing<String>) -> Result<(), String> {
    let cleared = app.state::<Clipboard<System>>().copy(text, async { tokio::time::sleep(MINUTE).await })?;
    tauri::async_runtime::spawn(cleared);
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[derive(Clone, Default)]
    struct Fake(Arc<Mutex<Option<String>>>);

    impl Fake {
        fn set(&self, text: &str) {
            *self.0.lock() = Some(text.to_owned());
        }

        fn get(&self) -> Option<String> {
            self.0.lock().clone()
        }
    }

    impl Board for Fake {
        fn put(&self, text: &str) -> Result<(), String> {
            self.set(text);
            Ok(())
        }

        fn text(&self) -> Option<Zeroizing<String>> {
            self.get().map(Zeroizing::new)
        }

        fn clear(&self) -> Result<(), String> {
            *self.0.lock() = None;
            Ok(())
        }
    }

    /// A minute that is over when the test says so.
    fn copied(clipboard: &Clipboard<Fake>, text: &str) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let (over, waited) = oneshot::channel();
        let pause = async move { waited.await.unwrap() };
        let cleared = clipboard.copy(Zeroizing::new(text.to_owned()), pause).unwrap();
        (over, tokio::spawn(cleared))
    }

    async fn end(minute: (oneshot::Sender<()>, tokio::task::JoinHandle<()>)) {
        minute.0.send(()).unwrap();
        minute.1.await.unwrap();
    }

    #[tokio::test]
    async fn it_is_gone_when_the_minute_is_over() {
        let board = Fake::default();
        let clipboard = Clipboard::new(board.clone());
        let minute = copied(&clipboard, "one");
        tokio::task::yield_now().await;
        assert_eq!(board.get().as_deref(), Some("one"));
        end(minute).await;
        assert_eq!(board.get(), None);
    }

    #[tokio::test]
    async fn what_was_copied_since_stays() {
        let board = Fake::default();
        let clipboard = Clipboard::new(board.clone());
        let minute = copied(&clipboard, "one");
        board.set("another");
        end(minute).await;
        assert_eq!(board.get().as_deref(), Some("another"));
        // It was looked at once: the same text, put there by somebody else later, is not ours.
        board.set("one");
        clipboard.clear(None);
        assert_eq!(board.get().as_deref(), Some("one"));
    }

    #[tokio::test]
    async fn a_second_copy_has_a_minute_of_its_own() {
        let board = Fake::default();
        let clipboard = Clipboard::new(board.clone());
        for second in ["two", "one"] {
            let first = copied(&clipboard, "one");
            let minute = copied(&clipboard, second);
            end(first).await;
            assert_eq!(board.get().as_deref(), Some(second));
            end(minute).await;
            assert_eq!(board.get(), None);
        }
    }

    #[tokio::test]
    async fn it_is_gone_at_the_end_of_the_window() {
        let board = Fake::default();
        let clipboard = Clipboard::new(board.clone());
        let minute = copied(&clipboard, "one");
        clipboard.clear(None);
        assert_eq!(board.get(), None);
        board.set("one");
        end(minute).await;
        assert_eq!(board.get().as_deref(), Some("one"), "taken off once");
    }
}
