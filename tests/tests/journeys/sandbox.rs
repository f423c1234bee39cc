//! Every broken kind, sent by a click, has its reason in the row.

use tests::window::{Options, open};

#[tokio::test]
async fn each_broken_kind_shows_its_reason_in_the_row() {
    let window = open(Options::default()).await;
    let kinds = emulator::broken_kinds();
    assert!(kinds.len() >= 20);
    for kind in kinds {
        window.click("rail-sandbox").await;
        let button = format!("broken-{}", kind.id);
        window
            .script(&format!(
                "document.querySelector('[data-testid=\"{button}\"]').scrollIntoView({{ block: 'center' }})"
            ))
            .await;
        window.click(&button).await;
        window.wait(&format!("broken-{}-sent", kind.id)).await;
        window.click("rail-deliveries").await;
        let outcome = if kind.reason == "valid" { "verified" } else { "rejected" };
        window.newest_is(outcome, kind.reason).await;
    }
    window.click("rail-sandbox").await;
    window.shots("sandbox").await;
    window.click("rail-deliveries").await;
    window.click("row").await;
    window.wait("verdict-sentence").await;
    window.shots("broken").await;
}

#[tokio::test]
async fn every_event_type_can_be_sent_by_every_scheme() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    let mut sent = 0;
    for sample in emulator::sample_types() {
        for scheme in ["v1", "v1a", "jwt"] {
            // The same command the buttons call, over the real bridge.
            let script = format!(
                "window.__TAURI_INTERNALS__.invoke('sample_send', {{ request: {{ event_type: {:?}, variant: null, scheme: {scheme:?}, broken: null }} }})",
                sample.name
            );
            window.script(&script).await;
            sent += 1;
            window.count_is(sent).await;
            window.newest_is("verified", "valid").await;
        }
    }
    assert_eq!(sent, 27);
    window.shots("all-types").await;
}

#[tokio::test]
async fn a_rejected_delivery_says_what_would_have_matched() {
    let window = open(Options::default()).await;
    window.click("rail-sandbox").await;
    window.click("broken-reserialised_body").await;
    window.wait("broken-reserialised_body-sent").await;
    window.click("rail-deliveries").await;
    window.newest_is("rejected", "no_matching_signature").await;
    window.click("row").await;
    let finding = window.text("finding").await;
    assert!(finding.contains("JSON"), "{finding}");
    window.wait_css("[data-testid=ladder-step][data-check=near_miss][data-status=near]").await;
    window.shots("near-miss").await;
}
