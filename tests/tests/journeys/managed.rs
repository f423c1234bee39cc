//! What the journeys over projects, webhooks and secrets share: a service of their own, and the ways through the window.

use std::path::Path;

use fantoccini::elements::Element;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::emulating::Emulator;
use tests::sender::BODY;
use tests::window::{Options, Window, hook, open};

/// An emulator in a process of its own, and a window with a project for it.
pub(crate) struct Managed {
    pub(crate) window: Window,
    pub(crate) service: Emulator,
    _folder: TempDir,
}

/// With one project, `nightly`, whose Webhooks view is open.
pub(crate) async fn managed(options: Options) -> Managed {
    let folder = tempfile::tempdir().unwrap();
    let service = Emulator::start(folder.path(), &["--seed", "5"]);
    let window = open(options).await;
    add_project(&window, "nightly", &service).await;
    window.click("rail-webhooks").await;
    window.wait("webhook-add").await;
    Managed { window, service, _folder: folder }
}

/// Through the menu and the dialog.
pub(crate) async fn add_project(window: &Window, name: &str, service: &Emulator) {
    add_project_with_key(window, name, &service.origin, &service.api_key).await;
}

/// A project for the service at `origin`.
pub(crate) async fn add_project_with_key(window: &Window, name: &str, origin: &str, key: &str) {
    open_project_dialog(window).await;
    window.fill("project-name", name).await;
    window.fill("project-key", key).await;
    window.fill("project-base-url", origin).await;
    window.click("project-save").await;
    window.gone(&hook("project-save")).await;
}

pub(crate) async fn open_project_dialog(window: &Window) {
    window.click("project-menu").await;
    window.click("project-add").await;
    window.wait("project-name").await;
    window.script("document.querySelector('[data-testid=project-service-other]')?.click()").await;
    window.wait("project-base-url").await;
}

impl Managed {
    /// Creates a webhook for this listener; its secret, as the dialog shows it.
    pub(crate) async fn create(&self, name: &str) -> String {
        self.fill_in(name).await;
        self.window.click("webhook-save").await;
        self.secret_once().await
    }

    /// Opens the dialog and fills it in, but for the uri, which is ours already.
    pub(crate) async fn fill_in(&self, name: &str) {
        self.window.click("webhook-add").await;
        self.window.fill("webhook-name", name).await;
        let ticked = format!("document.querySelector('{}')", hook("webhook-event-batch.succeeded"));
        self.window.wait("webhook-event-batch.succeeded").await;
        self.window.script(&format!("const box = {ticked}; if (!box.checked) box.click()")).await;
    }

    /// Shows the stored secret, reads it and closes the dialog.
    pub(crate) async fn secret_once(&self) -> String {
        self.window.wait_css("[data-testid=secret-dialog][data-stored=true]").await;
        self.window.click("secret-show").await;
        let text = self.window.text("secret-text").await.trim().to_owned();
        assert!(text.starts_with("whsec_") && text.len() > 40, "the secret is shown");
        self.window.click("secret-done").await;
        self.window.gone(&hook("secret-dialog")).await;
        text
    }

    /// Rotates the chosen webhook's secret; the new one.
    pub(crate) async fn rotate(&self, immediately: bool) -> String {
        self.window.click("webhook-rotate").await;
        self.window.wait("rotate-dialog").await;
        self.window.click(if immediately { "rotate-now" } else { "rotate-keep" }).await;
        self.window.click("rotate-go").await;
        self.secret_once().await
    }

    /// Sends a delivery to the project's path, signed with `secret`; the answer's status.
    pub(crate) async fn send(&self, secret: &str, id: &str) -> u16 {
        let url = format!("{}nightly", self.window.address().await);
        tests::sender::send(&tests::sender::client(), &url, secret, id, BODY).await.unwrap()
    }

    /// Waits for the item of a webhook in the list.
    pub(crate) async fn item(&self, more: &str) -> Element {
        self.window.wait_css(&format!("[data-testid=webhook-item]{more}")).await
    }

    /// The one webhook of the service.
    pub(crate) async fn listed(&self) -> Value {
        let mut all = self.service.webhooks().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// The window asks the service now.
    pub(crate) async fn refresh(&self) {
        self.window.click("webhooks-refresh").await;
    }

    /// Sets the service's clock ahead.
    pub(crate) async fn hours_pass(&self, hours: u64) {
        self.service.call("POST", "/emulator/clock:advance", Some(json!({ "ms": hours * 3_600_000 }))).await;
    }

    /// None of these texts is in anything that the window's session wrote (history, log, exports, caches), but for the
    /// file that keeps secrets.
    pub(crate) fn nothing_leaked(&self, texts: &[&str]) {
        leaked_nowhere(self.window.folder(), texts);
    }
}

/// See [`Managed::nothing_leaked`].
pub(crate) fn leaked_nowhere(folder: &Path, texts: &[&str]) {
    let mut folders = vec![folder.to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() && path.file_name().is_some_and(|name| name != "secrets.json") {
                let bytes = std::fs::read(&path).unwrap();
                files += 1;
                for text in texts {
                    let found = bytes.windows(text.len()).any(|piece| piece == text.as_bytes());
                    assert!(!found, "a secret is in {}", path.display());
                }
            }
        }
    }
    assert!(files > 0, "nothing was looked at");
}
