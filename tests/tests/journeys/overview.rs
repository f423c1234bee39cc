//! The overview: the sentence over a day that came through the listener, a cause that opens the list, and a trouble
//! that comes with its button and goes.

use serde_json::json;
use tests::window::{Options, Window, hook, open};

/// Waits until the sentence is this one.
async fn head_is(window: &Window, text: &str) {
    let script = format!("return document.querySelector('{}')?.textContent === {text:?}", hook("overview-head"));
    window.until(&format!("the overview says {text:?}"), &script).await;
}

/// Sends by the command that the buttons call, over the real bridge and through the listener.
async fn sample(window: &Window, broken: Option<&str>) {
    let request = json!({ "event_type": "batch.succeeded", "variant": null, "scheme": "v1", "broken": broken });
    window.script(&format!("return window.__TAURI_INTERNALS__.invoke('sample_send', {{ request: {request} }})")).await;
}

#[tokio::test]
async fn a_day_is_all_right_until_a_webhook_is_switched_off_and_again_after_its_button() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    for broken in [None, Some("stale"), Some("wrong_secret"), Some("stale"), None] {
        sample(&window, broken).await;
    }
    window.count_is(5).await;
    head_is(&window, "Everything is all right.").await;
    let total = format!("return document.querySelector('{}').textContent === '5'", hook("overview-total"));
    window.until("all five are counted", &total).await;
    assert!(window.text("overview-body").await.contains("3 deliveries were rejected"));
    window.shots("overview").await;

    // Why they were rejected: a click shows just these.
    window
        .script("document.querySelector('[data-testid=overview-cause][data-reason=timestamp_too_old]').click()")
        .await;
    window.count_is(2).await;
    let searched = window.searched().await;
    assert!(searched.starts_with("verdict:rejected reason:timestamp_too_old since:"), "{searched}");

    // The Sandbox's webhook is switched off, as from its own page.
    let off = "const invoke = window.__TAURI_INTERNALS__.invoke; \
               return invoke('app_state').then(async ({ projects }) => { \
                 const project = projects.find((one) => one.sandbox).id; \
                 const board = await invoke('webhooks', { project }); \
                 const edit = { name: null, uri: null, events: null, state: 'disabled' }; \
                 await invoke('webhook_update', { project, id: board.webhooks[0].id, edit }); return true })";
    assert_eq!(window.script(off).await, json!(true));
    head_is(&window, "One thing needs you.").await;
    let problem = window.text("overview-problem").await;
    assert!(problem.contains("is disabled"), "{problem}");
    window.shots("overview-trouble").await;
    window.script("document.querySelector('[data-testid=overview-act][data-do=enable]').click()").await;
    window.gone(&hook("overview-problem")).await;
    head_is(&window, "Everything is all right.").await;
}
