//! Webhooks: created, delivered to, pinged, edited, repaired, and what is shown when the service or the keychain fails.

use serde_json::json;
use tests::window::{Options, Window, hook};

use crate::managed::{Managed, managed};

/// Waits for an attribute of the first element with a test hook.
async fn has(window: &Window, id: &str, attribute: &str, value: &str) {
    window.wait_css(&format!("[data-testid={id}][data-{attribute}={value:?}]")).await;
}

/// Waits for a text somewhere in the first element with a test hook.
async fn says(window: &Window, id: &str, text: &str) {
    let script = format!("return document.querySelector('{}')?.innerText.includes({text:?}) === true", hook(id));
    window.until(&format!("{id} says {text:?}"), &script).await;
}

#[tokio::test]
async fn a_webhook_is_created_delivered_to_pinged_edited_and_deleted() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    window.wait("webhooks-empty").await;
    window.shots("webhooks-empty").await;
    one.fill_in("nightly results").await;
    let uri = window.wait("webhook-uri").await.prop("value").await.unwrap().unwrap();
    assert_eq!(uri, format!("{}nightly", window.address().await));
    window.shots("webhook-dialog").await;
    window.click("webhook-save").await;
    window.wait_css("[data-testid=secret-dialog][data-stored=true]").await;
    let masked = window.script("return document.body.innerHTML.includes('whsec_MD') || /whsec_[A-Za-z0-9+/]{20}/.test(document.body.innerHTML)").await;
    assert_eq!(masked, json!(false), "a masked secret is not in the page");
    window.shots("secret-dialog").await;
    let secret = one.secret_once().await;
    let left = window.script("return /whsec_[A-Za-z0-9+/]{20}/.test(document.documentElement.innerHTML)").await;
    assert_eq!(left, json!(false), "a closed dialog leaves no secret in the page");
    one.item("[data-state=enabled][data-place=ours]").await;

    assert_eq!(one.send(&secret, "msg_1").await, 200);
    says(window, "webhook-item", "verified").await;
    window.click("webhook-ping").await;
    has(window, "webhook-ping-result", "result", "arrived").await;
    says(window, "webhook-ping", "verified").await;
    window.shots("webhook-pinged").await;

    window.click("webhook-toggle").await;
    one.item("[data-state=disabled]").await;
    assert_eq!(one.listed().await["state"], "disabled");
    window.click("webhook-toggle").await;
    one.item("[data-state=enabled]").await;

    window.click("webhook-edit").await;
    window.fill("webhook-name", "results").await;
    window.fill("webhook-uri", "https://hooks.example.com/elsewhere").await;
    window.click("webhook-save").await;
    one.item("[data-place=elsewhere]").await;
    assert_eq!(one.listed().await["uri"], "https://hooks.example.com/elsewhere");
    assert_eq!(one.listed().await["name"], "results");

    window.click("webhook-delete").await;
    window.wait("confirm-yes").await;
    window.shots("webhook-delete").await;
    window.click("confirm-yes").await;
    window.wait("webhooks-empty").await;
    assert!(one.service.webhooks().await.is_empty());

    window.click("log-tab").await;
    for what in
        ["webhook.create", "webhook.ping", "webhook.disable", "webhook.enable", "webhook.update", "webhook.delete"]
    {
        window.wait_css(&format!("[data-testid=action-row][data-what={what:?}][data-result=done]")).await;
    }
    window.shots("actions").await;
    window.click("actions-export").await;
    window.until("the file is named", "return [...document.querySelectorAll('[data-testid=toast]')].some((toast) => toast.innerText.includes('pollux-actions-'))").await;
    one.nothing_leaked(&[&secret, &one.service.api_key]);
}

#[tokio::test]
async fn a_ping_that_does_not_arrive_says_why() {
    let one = managed(Options::default()).await;
    one.create("switched off").await;
    one.window.click("webhook-toggle").await;
    one.item("[data-state=disabled]").await;
    one.window.click("webhook-ping").await;
    // 30 s for a ping to come.
    for _ in 0..3 {
        if one
            .window
            .client
            .find(fantoccini::Locator::Css("[data-testid=webhook-ping-result][data-result=missing]"))
            .await
            .is_ok()
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    }
    has(&one.window, "webhook-ping-result", "cause", "webhook_disabled").await;
    one.window.shots("ping-missing").await;
}

#[tokio::test]
async fn webhooks_that_point_to_an_earlier_address_are_repaired() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    one.create("results").await;
    let before = window.address().await;
    window.click("rail-settings").await;
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    window.click("settings-page-receiving").await;
    window.script("document.querySelector('[data-testid=port-kind-fixed]').click()").await;
    window.fill("setting-port", &free.to_string()).await;
    window.click("settings-save").await;
    window
        .until(
            "it listens there",
            &format!("return document.querySelector('[data-testid=listener-address]').textContent.includes('{free}')"),
        )
        .await;
    window.wait("webhooks-badge").await;
    window.click("rail-webhooks").await;
    one.item("[data-place=earlier]").await;
    window.wait("drift").await;
    window.shots("drift").await;
    window.click("drift-repair").await;
    window.wait("drift-go").await;
    window.shots("drift-dialog").await;
    let unchanged = one.listed().await["uri"].as_str().unwrap().to_owned();
    assert_eq!(unchanged, format!("{before}nightly"), "shown before it is made");
    window.click("drift-go").await;
    window.click("drift-done").await;
    one.item("[data-place=ours]").await;
    window.gone(&hook("drift")).await;
    assert_eq!(one.listed().await["uri"], format!("http://127.0.0.1:{free}/nightly"));
    window.click("webhook-ping").await;
    has(window, "webhook-ping-result", "result", "arrived").await;
}

#[tokio::test]
async fn one_that_the_service_switched_off_is_an_alarm() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    one.create("results").await;
    assert_eq!(one.send(tests::sender::SECRET, "msg_forged").await, 401);
    let id = one.listed().await["id"].as_str().unwrap().to_owned();
    let off = json!({ "state": "disabled_due_to_failed_deliveries" });
    one.service.call("PATCH", &format!("/v1/webhooks/{id}"), Some(off)).await;
    one.refresh().await;
    window.wait("alarm").await;
    window.wait("webhooks-badge").await;
    window.click("alarm-failures").await;
    says(window, "alarm", "no match").await;
    window.shots("alarm").await;
    window.click("alarm-enable").await;
    one.item("[data-state=enabled]").await;
    window.gone(&hook("alarm")).await;
    assert_eq!(one.listed().await["state"], "enabled");
}

#[tokio::test]
async fn what_the_service_says_is_shown_in_its_own_words() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    one.create("results").await;
    for (faults, code, words) in [
        (json!({ "too_many_requests": 1.0 }), "service_rate_limited", "Resource has been exhausted"),
        (json!({ "too_many_requests": 0.0, "server_errors": 1.0 }), "service_failed", "Please"),
        (json!({ "server_errors": 0.0, "garbled_answers": 1.0 }), "service_unreadable", "JSON"),
    ] {
        one.service.faults(faults).await;
        one.refresh().await;
        has(window, "webhooks-error", "code", code).await;
        says(window, "webhooks-error", words).await;
        window.shot(&format!("webhooks-{code}")).await;
        // What was known stays on the screen.
        one.item("[data-state=enabled]").await;
    }
    one.service.faults(json!({ "garbled_answers": 0.0 })).await;
    one.refresh().await;
    window.gone(&hook("webhooks-error")).await;
}

#[tokio::test]
async fn an_answer_lost_after_the_creation_leaves_no_second_webhook() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    one.service.faults(json!({ "lost_answers": 1.0 })).await;
    one.fill_in("results").await;
    window.click("webhook-save").await;
    has(window, "webhook-error", "code", "outcome_unknown").await;
    window.shots("create-unknown").await;
    one.service.faults(json!({ "lost_answers": 0.0 })).await;
    window.click("webhook-retry").await;
    window.wait("webhook-found").await;
    window.shots("create-found").await;
    assert_eq!(one.service.webhooks().await.len(), 1, "nothing was made twice");
    window.click("webhook-found-use").await;
    window.wait("rotate-dialog").await;
    window.click("rotate-now").await;
    window.click("rotate-go").await;
    let secret = one.secret_once().await;
    assert_eq!(one.send(&secret, "msg_1").await, 200);
    assert_eq!(one.service.webhooks().await.len(), 1);
}

/// The file that keeps secrets is now a folder: nothing can be stored. Gives back how to undo it.
fn refuse_to_store(one: &Managed) -> impl FnOnce() + use<> {
    let file = one.window.home.join("secrets.json");
    let away = one.window.home.join("secrets.away");
    std::fs::rename(&file, &away).unwrap();
    std::fs::create_dir(&file).unwrap();
    std::fs::write(file.join("in the way"), "").unwrap();
    move || {
        std::fs::remove_dir_all(&file).unwrap();
        std::fs::rename(&away, &file).unwrap();
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_stored_stays_on_the_screen() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    let back = refuse_to_store(&one);
    one.fill_in("results").await;
    window.click("webhook-save").await;
    has(window, "secret-dialog", "stored", "false").await;
    window.shots("secret-unstored").await;
    window.press("\u{e00c}").await;
    has(window, "secret-dialog", "stored", "false").await;
    assert_eq!(window.script("return document.querySelector('[data-testid=secret-done]:not(:disabled):not([aria-disabled=true])') === null").await, json!(true));
    back();
    window.click("secret-store-again").await;
    let secret = one.secret_once().await;
    assert_eq!(one.send(&secret, "msg_1").await, 200);

    let back = refuse_to_store(&one);
    window.click("webhook-rotate").await;
    window.wait("rotate-dialog").await;
    window.click("rotate-go").await;
    has(window, "secret-dialog", "stored", "false").await;
    window.click("secret-show").await;
    let second = window.text("secret-text").await.trim().to_owned();
    assert_eq!(one.send(&second, "msg_2").await, 200, "it verifies although it is not stored");
    window.click("secret-kept").await;
    window.click("secret-let-go").await;
    window.gone(&hook("secret-dialog")).await;
    back();
    one.nothing_leaked(&[&secret, &second]);
}
