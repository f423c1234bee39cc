//! Tunnels: online, cut, back again, and what is said when one cannot start.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::json;
use tests::edge::Edge;
use tests::sender::{BODY, SECRET};
use tests::window::{Options, Window, open};

use crate::managed::leaked_nowhere;

/// A stand-in of cloudflared, started through a link in `folder`.
pub(crate) fn cloudflared(folder: &Path, modes: serde_json::Value) -> PathBuf {
    let fake = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/crates/inbound/tests/it/cloudflared/fake.py");
    let link = folder.join("cloudflared");
    symlink(fake.canonicalize().unwrap(), &link).unwrap();
    std::fs::write(folder.join("modes.json"), modes.to_string()).unwrap();
    link
}

/// Opens the dialog at a provider.
pub(crate) async fn provider(window: &Window, id: &str) {
    window.click("tunnel-pill").await;
    window.wait("tunnel-dialog").await;
    window.script(&format!("document.querySelector('[data-testid=tunnel-provider-{id}]').click()")).await;
}

pub(crate) async fn state(window: &Window, state: &str) {
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

const AUTHTOKEN: &str = "2abcDEFghiJKLmnoPQRstuVWXyz_5authtokenOfATest";

/// Keeps every state that the pill shows in `window.states`.
const WATCH: &str = "window.states = []; const seen = () => window.states.push(document.querySelector('[data-testid=tunnel-pill]').dataset.state); \
     new MutationObserver(seen).observe(document.querySelector('[data-testid=tunnel-pill]'), { attributes: true, attributeFilter: ['data-state'] })";

#[tokio::test]
async fn ngrok_refuses_a_wrong_authtoken_then_is_online_cut_and_online_again() {
    let edge = Edge::default();
    let public = format!("http://{}/", edge.public().await);
    let (server, authority) = edge.ingress().await;
    edge.rule(|rules| {
        rules.url = public.clone();
        rules.refuse_auth =
            Some("The authtoken you specified is properly formed, but it is invalid.\n\nERR_NGROK_107".to_owned());
    });
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority).unwrap();
    let environment = vec![("POLLUX_NGROK_SERVER", server), ("POLLUX_NGROK_CA", ca.to_str().unwrap().to_owned())];
    let window = open(Options { environment, ..Options::default() }).await;
    provider(&window, "ngrok").await;
    window.fill("tunnel-token", AUTHTOKEN).await;
    window.click("tunnel-start").await;
    state(&window, "failed").await;
    window
        .until(
            "the authtoken is named",
            "return /authtoken/i.test(document.querySelector('[data-testid=tunnel-state]')?.innerText ?? '')",
        )
        .await;
    window.shots("ngrok-authtoken").await;

    edge.rule(|rules| rules.refuse_auth = None);
    window.click("tunnel-start").await;
    state(&window, "online").await;
    window.wait_css("[data-testid=tunnel-probe][data-result=ok]").await;
    window.shots("ngrok-online").await;
    let client = tests::sender::client();
    // The address that is shown has a secret path, which nobody had to ask for; without it nothing comes in.
    assert_eq!(tests::sender::send(&client, &public, SECRET, "msg_0", BODY).await.unwrap(), 404);
    let shown = window.script("return document.querySelector('[data-testid=tunnel-address]').textContent").await;
    let shown = shown.as_str().unwrap().to_owned();
    assert!(shown.len() > public.len() + 8 && shown.starts_with(&public), "{shown}");
    let public = shown;
    assert_eq!(tests::sender::send(&client, &public, SECRET, "msg_1", BODY).await.unwrap(), 200);

    window.script(WATCH).await;
    edge.cut();
    window
        .until("it reconnected", "return window.states.includes('reconnecting') && window.states.at(-1) === 'online'")
        .await;
    assert_eq!(tests::sender::send(&client, &public, SECRET, "msg_2", BODY).await.unwrap(), 200);
    window.press("\u{e00c}").await;
    window.count_is(2).await;
    window.shots("ngrok-deliveries").await;
    leaked_nowhere(window.folder(), &[AUTHTOKEN]);
}
