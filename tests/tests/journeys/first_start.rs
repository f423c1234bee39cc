//! First start → sample → verified row → ladder.

use tests::window::{Options, open};

#[tokio::test]
async fn a_first_sample_is_verified_and_its_ladder_shown() {
    let window = open(Options::default()).await;
    window.wait("send-sample").await;
    window.shot("empty-dark").await;
    window.click("send-sample").await;
    let row = window.wait("row").await;
    assert_eq!(row.attr("data-outcome").await.unwrap().as_deref(), Some("verified"));
    row.click().await.unwrap();
    let sentence = window.text("verdict-sentence").await;
    assert!(sentence.contains("Verified"), "{sentence}");
    window.wait_css("[data-testid=\"ladder-step\"][data-check=\"signature\"][data-status=\"passed\"]").await;
    window.shot("first-sample-dark").await;
    window.close().await;
}
