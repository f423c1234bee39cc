//! First start → sample → verified row → ladder; and the first steps, to the first delivery of a real webhook.

use serde_json::json;
use tests::sender::{BODY, SECRET};
use tests::window::{Options, Window, hook, open};

use crate::managed::leaked_nowhere;
use crate::tunnel::cloudflared;

/// A key that no service knows.
const KEY: &str = "a-key-of-nobody-for-a-first-start-9749";

/// A step is ticked; the fact that ticked it.
async fn ticked(window: &Window, step: &str) -> String {
    window.wait_css(&format!("[data-testid=first-step-{step}][data-done=true]")).await;
    window.text(&format!("first-step-{step}-fact")).await
}

#[tokio::test]
async fn the_first_steps_are_ticked_by_what_happened_to_a_real_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let (programs, home) = (folder.path().join("programs"), folder.path().join("home"));
    std::fs::create_dir(&programs).unwrap();
    cloudflared(&programs, json!([{ "mode": "ok" }]));
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let environment = vec![("GEMINI_API_KEY", KEY.to_owned()), ("PATH", path)];
    let options = || Options {
        home: Some(home.clone()),
        first_steps: true,
        environment: environment.clone(),
        ..Options::default()
    };
    let window = open(options()).await;
    assert_eq!(window.text("first-count").await, "0 of 3");
    window.shots("first-fresh").await;

    window.click("first-sample").await;
    let fact = ticked(&window, "sample").await;
    assert!(fact.contains("after the click"), "{fact}");
    window.newest_is("verified", "valid").await;

    // An offer, which nobody takes but the user. This key is of no use, which is told in its place.
    let offer = window.text("first-offer").await;
    assert!(offer.contains("GEMINI_API_KEY") && offer.contains("…9749"), "{offer}");
    window.click("first-use-key").await;
    window.wait_css("[data-testid=project-check-result][data-code]").await;
    window.shots("first-key-not-taken").await;
    window.click("first-project-anyway").await;
    ticked(&window, "key").await;
    let known = window.script(&format!("return document.documentElement.outerHTML.includes({KEY:?})")).await;
    assert_eq!(known, false, "the page never has the key");

    window.click("first-tunnel-start").await;
    ticked(&window, "tunnel").await;
    window.shots("first-three").await;
    leaked_nowhere(window.folder(), &[KEY]);
    window.close().await;
    leaked_nowhere(&home, &[KEY]);

    let window = open(options()).await;
    let again = ticked(&window, "sample").await;
    assert!(again.starts_with("arrived") && !again.contains("click"), "{again}");
    ticked(&window, "key").await;
    ticked(&window, "tunnel").await;
    assert_eq!(window.text("first-count").await, "3 of 3");

    window.client.set_window_rect(0, 0, 820, 700).await.unwrap();
    window.until("the window is narrow", "return window.innerWidth === 820").await;
    window.click("first-steps-status").await;
    let overflow = window.script("return document.documentElement.scrollWidth > window.innerWidth").await;
    assert_eq!(overflow, false, "nothing is cut off at 820 px");
    window.shots("first-820").await;
    window.client.set_window_rect(0, 0, 1360, 860).await.unwrap();
    window.until("the window is wide", "return window.innerWidth === 1360").await;

    window.click("first-put-away").await;
    window.gone(&hook("first-steps")).await;
    window.click("rail-settings").await;
    window.click("settings-page-about").await;
    window.click("first-steps-again").await;
    window.wait("first-steps").await;

    window.click("rail-secrets").await;
    window.fill("secret-input", SECRET).await;
    window.click("secret-save").await;
    window.until("it is taken", "return document.querySelector('[data-testid=secret-input]').value === ''").await;
    window.click("rail-deliveries").await;
    let address = window.address().await;
    let sent = tests::sender::send(&tests::sender::client(), &address, SECRET, "msg_real", BODY).await;
    assert_eq!(sent.unwrap(), 200);
    ticked(&window, "real").await;
    window.shots("first-done").await;
    window.click("first-done").await;
    window.gone(&hook("first-steps")).await;
}

#[tokio::test]
async fn a_first_sample_is_verified_and_its_ladder_shown() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    window.shots("empty").await;
    window.click("first-sample").await;
    window.newest_is("verified", "valid").await;
    window.click("row").await;
    let sentence = window.text("verdict-sentence").await;
    assert!(sentence.contains("Verified"), "{sentence}");
    for check in ["headers", "timestamp", "scheme", "signature"] {
        window.wait_css(&format!("[data-testid=ladder-step][data-check={check}][data-status=passed]")).await;
    }
    assert!(window.text("pointer").await.contains("files/batch-"));
    window.shots("first-sample").await;

    for tab in ["headers", "body", "attempts", "answer"] {
        window.click(&format!("tab-{tab}")).await;
        window.shot(&format!("tab-{tab}")).await;
    }
    assert_eq!(window.text("answer-status").await.trim().get(..3), Some("200"));
}

#[tokio::test]
async fn keys_move_open_search_and_explain_themselves() {
    let window = open(Options::default()).await;
    window.click("first-sample").await;
    window.count_is(1).await;
    window.press("s").await;
    window.count_is(2).await;
    window.press("j").await;
    window.wait_css("[data-testid=row][aria-selected=true]").await;
    window.press("?").await;
    window.wait("key-sheet").await;
    window.shots("keys").await;
    window.press("\u{e00c}").await;
    window.until("the sheet is closed", "return document.querySelector('[data-testid=key-sheet]') === null").await;
    window.press("/").await;
    window.until("the search has the focus", "return document.activeElement.dataset.testid === 'search-input'").await;
    window.search("\"no delivery holds this\"").await;
    window.until("nothing matches", "return document.body.innerText.includes('Nothing matches')").await;
    window.shots("nothing-matches").await;
}

#[tokio::test]
async fn narrow_and_wide_windows() {
    for (width, height) in [(900, 700), (1600, 1000)] {
        let window = open(Options { screen: Some((width, height)), ..Options::default() }).await;
        window.client.set_window_rect(0, 0, width, height).await.unwrap();
        window.click("first-sample").await;
        window.count_is(1).await;
        window.click("row").await;
        window.wait("verdict-sentence").await;
        let inner = window.script("return window.innerWidth").await;
        assert_eq!(inner.as_u64(), Some(width.into()));
        let overflow = window.script("return document.documentElement.scrollWidth > window.innerWidth").await;
        assert_eq!(overflow, serde_json::Value::Bool(false), "nothing is cut off at {width} px");
        window.shots(&format!("width-{width}")).await;
    }
}
