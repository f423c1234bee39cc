//! Closing the window while a secret is stored nowhere.

use serde_json::json;
use tests::emulating::Emulator;
use tests::window::{Options, Window, open};

/// Calls a command of the shell and waits for its answer.
async fn call(window: &Window, command: &str, arguments: serde_json::Value) {
    let invoke = format!(
        "window.pollux_answer = null; \
         window.__TAURI_INTERNALS__.invoke('{command}', {arguments}) \
             .then(() => window.pollux_answer = 'done', (error) => window.pollux_answer = JSON.stringify(error))"
    );
    window.script(&invoke).await;
    window.until(&format!("{command} is done"), "return window.pollux_answer === 'done'").await;
}

#[tokio::test]
async fn a_close_that_would_lose_a_secret_is_asked_about_once() {
    let folder = tempfile::tempdir().unwrap();
    let service = Emulator::start(folder.path(), &[]);
    let window = open(Options::default()).await;
    let draft = json!({
        "name": "nightly", "path": null, "base_url": service.origin, "api_version": "v1",
        "api_key": { "from": "typed", "text": service.api_key },
    });
    call(&window, "project_add", json!({ "draft": draft })).await;

    // The file that keeps secrets is a folder from now on.
    let vault = window.home.join("secrets.json");
    std::fs::rename(&vault, window.home.join("secrets.away")).unwrap();
    std::fs::create_dir(&vault).unwrap();
    let connection = rusqlite::Connection::open(window.home.join("pollux.db")).unwrap();
    let project: i64 =
        connection.query_row("SELECT id FROM project WHERE name = 'nightly'", [], |row| row.get(0)).unwrap();
    let draft = json!({ "name": null, "uri": "http://127.0.0.1:9/", "events": ["batch.succeeded"] });
    call(&window, "webhook_create", json!({ "project": project, "draft": draft, "lookFirst": false })).await;

    window.ask_to_close();
    window.until("it says why it stays open", "return document.body.innerText.includes('not stored anywhere')").await;
    assert_eq!(window.processes("pollux-app").len(), 1);
    window.close().await;
}
