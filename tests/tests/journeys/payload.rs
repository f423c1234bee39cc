//! The tree of a payload: searched, opened where a string is something besides, copied from, and followed to what its
//! ids name.

use serde_json::json;
use tests::sender::{BODY, SECRET, client, send};
use tests::window::{Options, Window, hook, open};

const ENTER: &str = "\u{e007}";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJhdWQiOiJwb2xsdXgiLCJleHAiOjE3OTUyMjM4MjQsIm4iOjEuMH0.c2ln";

/// Clicks what opens a string of this kind, waits until its part of the tree has this text, and closes it.
async fn opens(window: &Window, is: &str, text: &str) {
    let button = format!("document.querySelector('[data-testid=decode][data-is={is}]')");
    window.until(&format!("{is} is offered"), &format!("return {button} !== null")).await;
    window.script(&format!("{button}.click()")).await;
    let has = format!("return document.querySelector('{}')?.textContent.includes({text:?}) === true", hook("decoded"));
    window.until(&format!("{is} is opened"), &has).await;
    if is == "jwt" {
        window.shots("payload-jwt").await;
    }
    window.script(&format!("{button}.click()")).await;
    window.gone(&hook("decoded")).await;
}

#[tokio::test]
async fn a_payload_is_searched_opened_copied_from_and_followed() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    send(&client(), &address, SECRET, "msg_first_0001", BODY).await.unwrap();
    let body = json!({ "type": "batch.failed", "data": {
        "id": "batches/0001", "earlier": "msg_first_0001", "token": TOKEN,
        "text": "VGhlIHdpbnRlciBpcyBvdmVyLg==", "inner": "{\"n\":1.0,\"big\":12345678901234567890}",
        "deep": { "items": [{ "note": "a needle" }, { "note": "another Needle" }] } } });
    send(&client(), &address, SECRET, "msg_second_0002", &body.to_string()).await.unwrap();
    window.count_is(2).await;
    let row = "[...document.querySelectorAll('[data-testid=row]')] \
               .find((one) => one.textContent.includes('batch.failed'))";
    window.until("it is listed", &format!("return {row} !== undefined")).await;
    window.script(&format!("{row}.click()")).await;

    // Searched: what is folded away is opened for it.
    window.click("fold-1").await;
    window.until("it is folded", "return document.querySelectorAll('[role=tree] [role=treeitem]').length === 3").await;
    window.fill("json-find", "needle").await;
    let said = format!("return document.querySelector('{}').textContent", hook("json-found"));
    let found = |text: &str| format!("{said} === {text:?}");
    window.until("both are counted", &found("1 of 2")).await;
    window.wait("json-find").await.send_keys(ENTER).await.unwrap();
    window.until("it goes on", &found("2 of 2")).await;
    let current = "return document.querySelector('[role=tree] mark[data-current]')?.textContent === 'Needle'";
    window.until("the second one is marked", current).await;
    window.shots("payload-find").await;

    window.click("fold-all").await;
    opens(&window, "text", "The winter is over.").await;
    opens(&window, "jwt", "not checked here").await;
    opens(&window, "json", "12345678901234567890").await;

    // Copied from.
    let note = "[...document.querySelectorAll('[role=treeitem]')].find((one) => one.textContent.includes('another'))";
    let menu = format!(
        "{note}.dispatchEvent(new MouseEvent('contextmenu', \
         {{ bubbles: true, cancelable: true, clientX: 700, clientY: 300 }}))"
    );
    window.script(&menu).await;
    window.wait("context-menu").await;
    let told =
        "return document.querySelector('[data-testid=context-menu]').textContent.includes('data.deep.items[1].note')";
    window.until("the menu names the path", told).await;
    window.click("menu-copy-json-path").await;
    window.until("it is on the clipboard", "return document.body.innerText.includes('JSONPath copied.')").await;

    // Followed.
    window.until("the id is a link", "return document.querySelector('[data-testid=id-link]') !== null").await;
    let link = "return document.querySelector('[data-testid=id-link]').dataset.kind";
    assert_eq!(window.script(link).await, json!("delivery"));
    window.script("document.querySelector('[data-testid=id-link]').click()").await;
    let title = format!("document.querySelector('{} h2')", hook("detail"));
    let there = format!("return {title}.textContent.includes('batch.succeeded')");
    window.until("it leads to the earlier delivery", &there).await;
}
