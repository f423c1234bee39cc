//! Every broken kind, sent by a click, has its reason in the row.

use tests::sender::{BODY, SECRET, client, send as post};
use tests::window::{Options, Window, open};

#[tokio::test]
async fn each_broken_kind_shows_its_reason_in_the_row() {
    let window = open(Options::default()).await;
    let kinds = samples::broken_kinds();
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
    for sample in samples::sample_types() {
        for scheme in ["v1", "v1a", "jwt"] {
            send(&window, sample.name, scheme, None).await;
            sent += 1;
            window.count_is(sent).await;
            // A plain token says nothing about the body.
            let (outcome, reason) =
                if scheme == "jwt" { ("unbound", "body_not_bound_to_token") } else { ("verified", "valid") };
            window.newest_is(outcome, reason).await;
        }
    }
    assert_eq!(sent, 27);
    window.shots("all-types").await;

    window.search("verdict:unbound").await;
    window.count_is(9).await;
    window.click("row").await;
    let sentence = window.text("verdict-sentence").await;
    assert!(sentence.starts_with("Token genuine, body not covered"), "{sentence}");
    window.wait_css("[data-testid=ladder-step][data-check=body_binding][data-status=warned]").await;
    window.shots("token-genuine").await;
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

/// Sends by the command that the buttons call, over the real bridge.
async fn send(window: &Window, event_type: &str, scheme: &str, broken: Option<&str>) {
    let broken = broken.map_or("null".to_owned(), |kind| format!("{kind:?}"));
    window
        .script(&format!(
            "window.__TAURI_INTERNALS__.invoke('sample_send', {{ request: {{ event_type: {event_type:?}, variant: null, scheme: {scheme:?}, broken: {broken} }} }})"
        ))
        .await;
}

#[tokio::test]
async fn a_list_of_all_kinds_of_verdicts() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    let address = window.address().await;
    let mixed = [
        ("batch.succeeded", "v1", None),
        ("video.generated", "v1", None),
        ("batch.expired", "v1", Some("alg_none")),
        ("interaction.requires_action", "v1a", None),
        ("batch.failed", "v1", Some("stale")),
        ("batch.succeeded", "v1", Some("unknown_type")),
        ("video.generated", "jwt", None),
        ("batch.succeeded", "v1", Some("duplicate")),
        ("interaction.failed", "v1", Some("undecoded_secret")),
        ("batch.cancelled", "v1a", None),
        ("interaction.completed", "v1", Some("wrong_secret")),
        ("batch.succeeded", "v1", Some("reserialised_body")),
        ("interaction.completed", "v1a", None),
    ];
    let mut expected = 0;
    for (event_type, scheme, broken) in mixed {
        let scheme = if broken == Some("alg_none") { "jwt" } else { scheme };
        send(&window, event_type, scheme, broken).await;
        expected += if broken == Some("duplicate") { 2 } else { 1 };
        window.count_is(expected).await;
    }
    let client = client();
    assert_eq!(post(&client, &address, SECRET, "msg_own", BODY).await.unwrap(), 200);
    window.count_is(expected + 1).await;
    window.newest_is("unchecked", "no_secret").await;
    let near = "return [...document.querySelectorAll('[data-testid=row]')].find((row) => row.innerText.includes('re-serialised'))";
    window.until("the diagnosis is in its row", &format!("{near} !== undefined")).await;
    window.script(&format!("const row = (() => {{ {near} }})(); row.click()")).await;
    window.wait("finding").await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    window.shots("mixed").await;
}
