//! What ended and was not told of: each cause produced for real, seen in the window.

use std::time::Duration;

use serde_json::{Value, json};
use tests::emulating::Emulator;
use tests::receiver::Receiver;
use tests::window::{Options, Window, hook, open};

use crate::jobs::{operations, quick, says};
use crate::managed::{add_project, managed};
use crate::notifications::Shown;
use crate::tunnel::{cloudflared, provider, state};

#[tokio::test]
async fn what_never_called_is_found_with_its_cause() {
    let desktop = tempfile::tempdir().unwrap();
    let shown = Shown::by_dunst(desktop.path());
    let config = desktop.path().display().to_string();
    let one = managed(Options { environment: vec![("XDG_CONFIG_HOME", config)], ..Options::default() }).await;
    let window = &one.window;
    one.service.call("PATCH", "/emulator/settings", Some(quick())).await;
    set(window, &json!({ "grace_minutes": 0, "desktop": { "answered": true, "missed": true } })).await;
    one.create("nightly results").await;
    operations(window).await;

    // Accepted, echoed, never called.
    let ours = format!("{}nightly", window.address().await);
    send(&one.service, json!({ "uris": [ours], "user_metadata": { "emulator_call": "never" } }), "silent").await;
    // Whoever looks at Operations sees it there, and is told nothing.
    let project = project_shown(window).await;
    window.click("rail-secrets").await;
    ask_for_the_list_of(window, &project).await;
    let told = shown.until(1).await;
    assert!(told[0].starts_with("nightly: a job ended without an event that counts: "), "{told:?}");
    operations(window).await;
    window.wait_css("[data-testid=job-row][data-cause=unexplained]").await;
    window.click("job-row").await;
    window.wait("finding").await;
    window.shots("missed").await;

    // The webhook was disabled.
    window.click("rail-webhooks").await;
    window.click("webhook-toggle").await;
    one.item("[data-state=disabled]").await;
    one.refresh().await;
    send(&one.service, Value::Null, "while it was off").await;
    operations(window).await;
    ask_for_the_list(window).await;
    window.wait_css("[data-testid=job-row][data-cause=webhook_disabled]").await;
    window.click("rail-webhooks").await;
    window.click("webhook-toggle").await;
    one.item("[data-state=enabled]").await;
    one.refresh().await;

    window.wait("operations-badge").await;
    window.shots("missed-many").await;
    one.nothing_leaked(&[&one.service.api_key]);
}

#[tokio::test]
async fn a_handler_that_fails_and_a_tunnel_that_is_down_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let program = cloudflared(folder.path(), json!([{ "mode": "ok" }]));
    let one = managed(Options::default()).await;
    let window = &one.window;
    one.service.call("PATCH", "/emulator/settings", Some(quick())).await;
    set_grace(window, 0).await;
    one.create("nightly results").await;
    let handler = Receiver::start().await;
    handler.answers("500 Internal Server Error", "oh", Duration::ZERO);
    window.click("rail-handler").await;
    window.wait("forward-section").await;
    let card = "[...document.querySelectorAll('[data-testid=forward-card]')].find((card) => card.innerText.includes('nightly'))";
    let id = window.script(&format!("return {card}.dataset.project")).await;
    let id = id.as_str().unwrap().to_owned();
    if window.client.find(fantoccini::Locator::Css(&hook(&format!("forward-set-up-{id}")))).await.is_ok() {
        window.click(&format!("forward-set-up-{id}")).await;
    }
    window.fill(&format!("forward-url-{id}"), &handler.url()).await;
    window.click(&format!("forward-start-{id}")).await;
    window.wait("forward-pill").await;
    send(&one.service, Value::Null, "its handler fails").await;
    operations(window).await;
    ask_for_the_list(window).await;
    window.wait_css("[data-testid=job-row][data-cause=forward_failed]").await;

    provider(window, "cloudflared").await;
    window.fill("tunnel-cloudflared-path", program.to_str().unwrap()).await;
    window.click("tunnel-start").await;
    state(window, "online").await;
    window.press("\u{e00c}").await;
    // Starting a tunnel stores the settings as the window knows them.
    set_grace(window, 0).await;
    let public =
        window.script("return window.__TAURI_INTERNALS__.invoke('tunnel').then((tunnel) => tunnel.public)").await;
    std::fs::write(folder.path().join("down"), "").unwrap();
    state(window, "reconnecting").await;
    let uri = format!("{}nightly", public.as_str().unwrap());
    send(&one.service, json!({ "uris": [uri] }), "while the tunnel was down").await;
    ask_for_the_list(window).await;
    window.wait_css("[data-testid=job-row][data-cause=tunnel_down]").await;
    window.script("document.querySelector('[data-testid=job-row][data-cause=tunnel_down]').click()").await;
    window.wait_css("[data-testid=finding][data-cause=tunnel_down]").await;
    window.shots("missed-tunnel").await;
}

#[tokio::test]
async fn a_call_that_was_refused_is_named_with_the_next_that_is_expected() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    let settings = json!({ "retry": { "first_ms": 60_000, "jitter": 0.0 }, "jobs": quick()["jobs"] });
    one.service.call("PATCH", "/emulator/settings", Some(settings)).await;
    set_grace(window, 0).await;
    one.create("nightly results").await;
    let refuse = json!([{
        "id": "", "on": true, "project": null, "event_type": null, "when": { "kind": "always" }, "status": 503,
        "headers": [], "body": "", "delay_ms": 0, "drop": "no",
    }]);
    window.script(&format!("return window.__TAURI_INTERNALS__.invoke('fault_lab_set', {{ rules: {refuse} }})")).await;
    send(&one.service, Value::Null, "refused by its listener").await;
    operations(window).await;
    ask_for_the_list(window).await;
    window.wait_css("[data-testid=job-row][data-cause=retrying]").await;
    window.click("job-row").await;
    window.wait_css("[data-testid=finding][data-cause=retrying]").await;
    says(window, "finding", "503").await;
    says(window, "job-told", "answered 503").await;
    says(window, "finding", "next").await;
    window.shots("missed-retrying").await;
    // The sender's next attempt is taken: there is nothing to find any more.
    window.script("return window.__TAURI_INTERNALS__.invoke('fault_lab_set', { rules: [] })").await;
    one.service.call("POST", "/emulator/clock:advance", Some(json!({ "ms": 60_000 }))).await;
    window.gone("[data-testid=job-row][data-cause]").await;
    window.gone(&hook("finding")).await;
    window.wait("job-told-link").await;
    window.shots("missed-told-late").await;
}

#[tokio::test]
async fn what_ended_while_pollux_was_not_running_is_found_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let service = Emulator::start(folder.path(), &["--seed", "5"]);
    service.call("PATCH", "/emulator/settings", Some(quick())).await;
    let home = folder.path().join("home");
    let options = || Options {
        home: Some(home.clone()),
        environment: vec![("POLLUX_KEYCHAIN", "file".to_owned())],
        ..Options::default()
    };
    let window = open(options()).await;
    add_project(&window, "nightly", &service).await;
    set_grace(&window, 0).await;
    service.webhook(&format!("{}nightly", window.address().await)).await;
    window.click("rail-webhooks").await;
    // The service may have been asked just before it was made.
    window.click("webhooks-refresh").await;
    window.wait("webhook-item").await;
    window.close().await;
    send(&service, Value::Null, "in the night").await;
    let over = async || {
        let listed = service.call("GET", "/v1/batches", None).await;
        listed["operations"][0]["done"] == true
    };
    let began = std::time::Instant::now();
    while !over().await {
        assert!(began.elapsed() < Duration::from_secs(20), "the batch does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let window = open(options()).await;
    operations(&window).await;
    window.wait_css("[data-testid=job-row][data-cause=not_running]").await;
    window.click("job-row").await;
    window.wait_css("[data-testid=finding][data-cause=not_running]").await;
    window.shots("missed-not-running").await;
}

/// Nothing is waited for.
async fn set_grace(window: &Window, minutes: u32) {
    set(window, &json!({ "grace_minutes": minutes })).await;
}

/// Changes some of the settings.
async fn set(window: &Window, some: &Value) {
    let script = format!(
        "const invoke = window.__TAURI_INTERNALS__.invoke; \
         return invoke('app_state').then((state) => invoke('settings_set', {{ settings: {{ ...state.settings, ...{some} }} }}))"
    );
    window.script(&script).await;
}

/// The service is asked for its list now, and not in a minute.
async fn ask_for_the_list(window: &Window) {
    let project = project_shown(window).await;
    ask_for_the_list_of(window, &project).await;
}

/// The project that Operations shows.
async fn project_shown(window: &Window) -> String {
    window.wait("operations").await.attr("data-project").await.unwrap().unwrap()
}

async fn ask_for_the_list_of(window: &Window, project: &str) {
    window.script(&format!("return window.__TAURI_INTERNALS__.invoke('jobs_refresh', {{ project: {project} }})")).await;
}

/// Sends a batch as a program of the user's does.
pub(crate) async fn send(service: &Emulator, config: Value, title: &str) {
    let request = json!({ "request": { "contents": [{ "parts": [{ "text": "x" }] }] }, "metadata": { "key": "a" } });
    let mut batch = json!({ "displayName": title, "inputConfig": { "requests": { "requests": [request] } } });
    if !config.is_null() {
        batch["webhookConfig"] = config;
    }
    service.call("POST", "/v1/models/gemini-3-flash:batchGenerateContent", Some(json!({ "batch": batch }))).await;
}
