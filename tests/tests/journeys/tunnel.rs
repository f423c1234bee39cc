//! Tunnels: online, cut, back again, and what is said when one cannot start.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::json;
use tests::window::{Options, Window, open};

/// A stand-in of cloudflared, started through a link in `folder`.
fn cloudflared(folder: &Path, modes: serde_json::Value) -> PathBuf {
    let fake = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/crates/inbound/tests/it/cloudflared/fake.py");
    let link = folder.join("cloudflared");
    symlink(fake.canonicalize().unwrap(), &link).unwrap();
    std::fs::write(folder.join("modes.json"), modes.to_string()).unwrap();
    link
}

/// Opens the dialog at a provider.
async fn provider(window: &Window, id: &str) {
    window.click("tunnel-pill").await;
    window.wait("tunnel-dialog").await;
    window.script(&format!("document.querySelector('[data-testid=tunnel-provider-{id}]').click()")).await;
}

async fn state(window: &Window, state: &str) {
    window.wait_css(&format!("[data-testid=tunnel-pill][data-state={state}]")).await;
}

#[tokio::test]
async fn a_quick_tunnel_is_online_cut_and_online_again() {
    let folder = tempfile::tempdir().unwrap();
    let program = cloudflared(folder.path(), json!([{ "mode": "ok" }]));
    let window = open(Options::default()).await;
    provider(&window, "cloudflared").await;
    window.fill("tunnel-cloudflared-path", program.to_str().unwrap()).await;
    window.shots("tunnel-cloudflared").await;
    window.click("tunnel-start").await;
    state(&window, "online").await;
    window.wait_css("[data-testid=tunnel-probe][data-result]").await;
    window.shots("tunnel-online").await;
    std::fs::write(folder.path().join("down"), "").unwrap();
    state(&window, "reconnecting").await;
    window.shots("tunnel-reconnecting").await;
    std::fs::remove_file(folder.path().join("down")).unwrap();
    state(&window, "online").await;
    window.click("tunnel-stop").await;
    state(&window, "off").await;
}

#[tokio::test]
async fn a_program_that_is_missing_is_named_with_how_to_get_it() {
    let window = open(Options::default()).await;
    provider(&window, "cloudflared").await;
    window.fill("tunnel-cloudflared-path", "/nowhere/cloudflared").await;
    window.click("tunnel-start").await;
    state(&window, "failed").await;
    window
        .until(
            "it says how to install it",
            "return /install/i.test(document.querySelector('[data-testid=tunnel-state]')?.innerText ?? '')",
        )
        .await;
    window.shots("tunnel-missing").await;
}
