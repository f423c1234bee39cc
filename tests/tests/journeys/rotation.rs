//! The rotation cockpit: which secret signed what, and when the old one can go.

use serde_json::json;
use tests::window::{Options, Window, hook};

use crate::managed::{Managed, managed};

/// Waits for the lane of a secret in a state to count so many deliveries.
async fn lane(window: &Window, state: &str, verified: u32) {
    window.wait_css(&format!("[data-testid=rotation-lane][data-state={state}][data-verified='{verified}']")).await;
}

async fn statement(window: &Window, kind: &str) {
    window.wait_css(&format!("[data-testid=rotation-statement][data-kind={kind:?}]")).await;
}

async fn newest(one: &Managed, outcome: &str, reason: &str) {
    one.window.click("rail-deliveries").await;
    one.window.newest_is(outcome, reason).await;
}

#[tokio::test]
async fn a_rotation_with_grace_is_followed_to_its_end() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    let old = one.create("nightly results").await;
    assert_eq!(one.send(&old, "msg_before").await, 200);
    lane(window, "current", 1).await;
    for note in ["results-worker .env", "CI of results-worker"] {
        window.fill("place-text", note).await;
        window.click("place-add").await;
        let noted = format!(
            "return [...document.querySelectorAll('[data-testid=place-row]')].some((row) => row.innerText.includes({note:?}))"
        );
        window.until("the place is noted", &noted).await;
    }

    let new = one.rotate(false).await;
    assert_ne!(old, new);
    lane(window, "current", 0).await;
    lane(window, "grace", 1).await;
    assert_eq!(one.send(&old, "msg_old").await, 200);
    assert_eq!(one.send(&new, "msg_new").await, 200);
    lane(window, "current", 1).await;
    lane(window, "grace", 2).await;
    statement(window, "not_yet").await;
    window.click("place-tick").await;
    window.wait_css("[data-testid=place-row][data-done=true]").await;
    window.shots("rotation").await;
    for width in [900, 1600] {
        window.client.set_window_size(width, 860).await.unwrap();
        window.shots(&format!("rotation-{width}")).await;
    }
    window.client.set_window_size(1360, 860).await.unwrap();
    let table = window
        .script(&format!(
            "return document.querySelector('{}').querySelectorAll('tbody tr').length",
            hook("rotation-table")
        ))
        .await;
    assert_eq!(table, json!(2), "the same as a table");

    // Signed by both: it counts for the new one.
    window.click("webhook-ping").await;
    window.wait_css("[data-testid=webhook-ping-result][data-result=arrived]").await;
    lane(window, "current", 2).await;

    one.hours_pass(25).await;
    one.refresh().await;
    lane(window, "expired", 2).await;
    assert_eq!(one.send(&old, "msg_late").await, 401);
    newest(&one, "rejected", "no_matching_signature").await;
    window.script("document.querySelector('[data-testid=grid] [role=row][data-id]').click()").await;
    window
        .until(
            "the diagnosis names the ended secret",
            "return /expired|ended/.test(document.querySelector('[data-testid=detail]')?.innerText ?? '')",
        )
        .await;
    window.shots("rotation-expired-delivery").await;
    window.click("rail-webhooks").await;
    window.wait("rotation-rejected").await;
    window.shots("rotation-expired").await;
    one.nothing_leaked(&[&old, &new, &one.service.api_key]);

    window.click("rail-secrets").await;
    window.click("secret-destroy").await;
    window.click("confirm-yes").await;
    window.gone(&hook("secret-destroy")).await;
    let kept = std::fs::read_to_string(window.home.join("secrets.json")).unwrap();
    assert!(!kept.contains(&old) && kept.contains(&new), "the value is destroyed");
    window.shots("secrets-destroyed").await;
}

#[tokio::test]
async fn a_rotation_at_once_refuses_the_old_secret_and_so_does_a_revocation() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    let first = one.create("results").await;
    assert_eq!(one.send(&first, "msg_1").await, 200);
    window.click("webhook-rotate").await;
    window.wait("rotate-dialog").await;
    window.click("rotate-now").await;
    window
        .until(
            "what breaks is said",
            "return document.querySelector('[data-testid=rotate-impact]')?.innerText.length > 10",
        )
        .await;
    window.shots("rotate-now").await;
    window.click("rotate-go").await;
    let second = one.secret_once().await;
    assert_eq!(one.send(&first, "msg_2").await, 401);
    assert_eq!(one.send(&second, "msg_3").await, 200);

    let third = one.rotate(false).await;
    assert_eq!(one.send(&second, "msg_4").await, 200, "in its grace");
    lane(window, "grace", 2).await;
    window.click("rotation-revoke").await;
    window.wait("rotate-dialog").await;
    window.shots("revoke").await;
    window.click("rotate-go").await;
    let fourth = one.secret_once().await;
    for (secret, status) in [(&second, 401), (&third, 401), (&fourth, 200)] {
        assert_eq!(one.send(secret, &format!("msg_{status}_{}", &secret[8..14])).await, status);
    }
    assert_eq!(one.listed().await["signing_secrets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_rotation_whose_answer_is_lost_is_read_back() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    let first = one.create("results").await;
    one.service.faults(json!({ "lost_answers": 1.0 })).await;
    window.click("webhook-rotate").await;
    window.wait("rotate-dialog").await;
    window.click("rotate-go").await;
    window.wait_css("[data-testid=rotate-error][data-code=rotated_but_lost]").await;
    window.shots("rotated-but-lost").await;
    assert_eq!(one.listed().await["signing_secrets"].as_array().unwrap().len(), 2);
    one.service.faults(json!({ "lost_answers": 0.0, "server_errors": 1.0 })).await;
    window.click("rotate-again").await;
    // The webhook is read before it is rotated: nothing was sent.
    window.wait_css("[data-testid=rotate-error][data-code=service_failed]").await;
    one.service.faults(json!({ "server_errors": 0.0 })).await;
    window.click("rotate-again").await;
    let last = one.secret_once().await;
    for secret in [&first, &last] {
        assert_eq!(one.send(secret, &format!("msg_{}", &secret[8..14])).await, 200);
    }
}
