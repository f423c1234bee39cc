//! First start → sample → verified row → ladder.

use tests::window::{Options, open};

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
