//! The other direction in the real window: one key sends a delivery on, as received or edited and signed anew; several go
//! to several targets; forwarding keeps what a target that is down did not get; the fault lab meets the service's retries.

use std::time::{Duration, Instant};

use signature::{KeyState, Keyring, Policy, Received, Secret, SecretKey, Seen};
use tests::receiver::{Got, Receiver};
use tests::sender::{BODY, SECRET, client, now, send};
use tests::window::{Options, Window, hook, open};

use crate::secrets::{listed, paste};

/// Waits until a receiver has as many requests.
async fn came(window: &Window, receiver: &Receiver, count: usize) -> Vec<Got> {
    let started = Instant::now();
    while receiver.got().len() < count {
        if started.elapsed() > Duration::from_secs(15) {
            window.shot("failed").await;
            panic!("{} of {count} requests came", receiver.got().len());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    receiver.got()
}

/// A window that knows the senders' secret and has received so many deliveries.
async fn received(count: usize) -> Window {
    let window = open(Options::default()).await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    window.click("rail-deliveries").await;
    let (client, address) = (client(), window.address().await);
    for number in 1..=count {
        let sent = send(&client, &address, SECRET, &format!("msg_{number}"), BODY).await.unwrap();
        assert_eq!(sent, 200);
    }
    window.count_is(count).await;
    window.newest_is("verified", "valid").await;
    window
}

/// Opens the newest delivery.
async fn newest(window: &Window) {
    window.click("row").await;
    window.wait("verdict-sentence").await;
}

/// Gives the address that the first replay asks for.
async fn first_address(window: &Window, receiver: &Receiver) {
    window.wait("address-dialog").await;
    window.fill("address-input", &receiver.url()).await;
    window.click("address-go").await;
}

fn lines(got: &Got) -> Vec<(String, Vec<u8>)> {
    let lines = got.head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect()
}

/// Does it verify, now, with the senders' secret?
fn verifies(got: &Got) -> bool {
    let secret = Secret::parse(SECRET).unwrap();
    let key = SecretKey { id: "a".into(), secret, state: KeyState::Current };
    let keyring = Keyring { secrets: vec![key], closed: true, ..Keyring::default() };
    let headers = lines(got);
    let signed = Received { headers: &headers, body: &got.body };
    let verdict = signature::verify(&signed, &keyring, &Policy::default(), &Seen::default(), now());
    verdict.outcome == signature::Outcome::Verified
}

#[tokio::test]
async fn one_key_sends_it_on_byte_for_byte() {
    let window = received(1).await;
    let receiver = Receiver::start().await;
    newest(&window).await;
    window.press("r").await;
    window.shots("replay-address").await;
    first_address(&window, &receiver).await;
    let got = came(&window, &receiver, 1).await.remove(0);
    assert_eq!(got.body, BODY.as_bytes());
    assert_eq!(got.header("webhook-id"), Some("msg_1"));
    assert!(verifies(&got), "{}", got.head);
    // The second time it takes one key.
    window.gone(&hook("address-dialog")).await;
    window.press("r").await;
    let all = came(&window, &receiver, 2).await;
    assert_eq!((&all[0].head, &all[0].body), (&all[1].head, &all[1].body));
    window.press("6").await;
    window
        .until(
            "both are listed",
            "return document.querySelectorAll('[data-testid=sent][data-status=\"200\"]').length === 2",
        )
        .await;
    window.click("sent-toggle").await;
    window.wait("answer-line").await;
    window.shots("replay-sent").await;
}

#[tokio::test]
async fn edited_and_signed_anew_it_is_another_genuine_delivery() {
    let window = received(1).await;
    let receiver = Receiver::start().await;
    newest(&window).await;
    window.press("r").await;
    first_address(&window, &receiver).await;
    came(&window, &receiver, 1).await;
    window.gone(&hook("address-dialog")).await;
    window.press("\u{e008}r\u{e000}").await;
    window.wait("replay-editor").await;
    window.wait("code-editor").await;
    window
        .until(
            "the editor has the body",
            "return document.querySelector('[role=dialog] .cm-content')?.innerText.includes('batch.succeeded') === true",
        )
        .await;
    window.shots("replay-editor").await;
    // The way of a person: into the editor, all of it, and another text.
    let editor = window.wait_css("[role=dialog] .cm-content").await;
    editor.click().await.unwrap();
    editor.send_keys("\u{e009}a\u{e000}").await.unwrap();
    editor.send_keys("\u{e003}").await.unwrap();
    editor.send_keys("{\"type\": \"batch.failed\"").await.unwrap();
    window.script("document.querySelector('[data-testid=replay-id-renew]').click()").await;
    window.script("document.querySelector('[data-testid=replay-time-now]').click()").await;
    window
        .until(
            "it is signed with the project's secret, unless told otherwise",
            "return document.querySelector('[data-testid=replay-sign]').selectedOptions[0].text.includes('v1 with whsec_')",
        )
        .await;
    window
        .until("the preview says how it is signed", "return document.querySelector('[data-testid=preview-changes]')?.innerText.includes('signed with whsec_') === true")
        .await;
    window.shots("replay-editor-changed").await;
    window.click("editor-send").await;
    let got = came(&window, &receiver, 2).await.remove(1);
    let body = String::from_utf8(got.body.clone()).unwrap();
    assert!(body.starts_with("{\"type\": \"batch.failed\""), "{body}");
    assert_ne!(got.header("webhook-id"), Some("msg_1"));
    assert!(verifies(&got), "{}\n{body}", got.head);
}

#[tokio::test]
async fn the_answer_stands_beside_the_request_and_each_has_its_own_values() {
    let window = received(1).await;
    let receiver = Receiver::start().await;
    receiver.answers("401 Unauthorized", "bad signature", Duration::ZERO);
    newest(&window).await;
    window.press("r").await;
    first_address(&window, &receiver).await;
    came(&window, &receiver, 1).await;
    window.gone(&hook("address-dialog")).await;
    window.press("\u{e008}r\u{e000}").await;
    window.wait("replay-editor").await;
    window
        .until(
            "the editor has the body",
            "return document.querySelector('[role=dialog] .cm-content')?.innerText.includes('batch.succeeded') === true",
        )
        .await;
    let editor = window.wait_css("[role=dialog] .cm-content").await;
    editor.click().await.unwrap();
    editor.send_keys("\u{e009}a\u{e000}").await.unwrap();
    editor.send_keys("\u{e003}").await.unwrap();
    editor.send_keys("{\"type\": \"batch.failed\", \"data\": {\"id\": \"{{uuid}}\"}}").await.unwrap();
    window.wait("fill").await;
    // From the body, twice; the focus stays there.
    editor.send_keys("\u{e009}\u{e007}\u{e000}").await.unwrap();
    let first = came(&window, &receiver, 2).await.remove(1);
    window.wait_css("[data-testid=answer-pane][data-send='1'][data-state=ended]").await;
    window.wait_css("[data-testid=answer-pane] [data-testid=answer-line][data-status='401']").await;
    shows_its_value(&window, &first).await;
    let stays = "return document.activeElement?.classList.contains('cm-content') === true";
    window.until("the body keeps the focus", stays).await;
    window.shots("replay-answer").await;
    receiver.answers("200 OK", "{\"ok\":true}", Duration::ZERO);
    editor.send_keys("\u{e009}\u{e007}\u{e000}").await.unwrap();
    let second = came(&window, &receiver, 3).await.remove(2);
    window.wait_css("[data-testid=answer-pane][data-send='2'][data-state=ended]").await;
    window.wait_css("[data-testid=answer-change][data-same=false] [data-testid=change][data-field=status]").await;
    shows_its_value(&window, &second).await;
    window.until("the body keeps the focus", stays).await;
    window.until("two are listed", "return document.querySelectorAll('[data-testid=send]').length === 2").await;
    window.shots("replay-answer-again").await;
    assert_ne!(first.body, second.body);
    assert!(verifies(&first) && verifies(&second), "signed after the values were put in: {}", second.head);
}

/// The editor shows beside the variable what it became in this request.
async fn shows_its_value(window: &Window, got: &Got) {
    let body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    let id = body["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36, "{id}");
    let script = format!("return document.querySelector('[data-testid=variable-value]')?.textContent === '{id}'");
    window.until("the value is shown", &script).await;
}

#[tokio::test]
async fn several_go_to_two_targets_and_their_answers_stand_side_by_side() {
    let window = received(3).await;
    let (one, two) = (Receiver::start().await, Receiver::start().await);
    two.answers("500 Internal Server Error", "{\"error\":\"no such job\"}", Duration::ZERO);
    newest(&window).await;
    window.press("r").await;
    first_address(&window, &one).await;
    came(&window, &one, 1).await;
    window.gone(&hook("address-dialog")).await;
    window.click("target-menu").await;
    window.click("target-add").await;
    window.wait("address-dialog").await;
    window.fill("address-input", &two.url()).await;
    window.click("address-go").await;
    window.gone(&hook("address-dialog")).await;
    window
        .until(
            "both targets are chosen",
            "return document.querySelector('[data-testid=replay]')?.title.includes('2') === true || document.querySelector('[data-testid=target-menu]')?.title.includes('2') === true",
        )
        .await;
    window
        .client
        .find(fantoccini::Locator::Css(&hook("grid")))
        .await
        .unwrap()
        .send_keys("\u{e009}a\u{e000}")
        .await
        .unwrap();
    window
        .until(
            "three are marked",
            "return document.querySelector('[data-testid=selection-count]')?.innerText.startsWith('3') === true",
        )
        .await;
    window.shots("replay-marked").await;
    window.press("r").await;
    came(&window, &one, 4).await;
    came(&window, &two, 3).await;
    assert_eq!(two.ids().len(), 3);
    window.wait_css("[data-testid=run-card][data-state=done]").await;
    window.script("[...document.querySelectorAll('[data-testid=run-card]')].at(-1).querySelector('[data-testid=run-results]').click()").await;
    window.wait("results-dialog").await;
    window.until("six answers", "return document.querySelectorAll('[data-testid=result-row]').length === 6").await;
    window.shots("replay-results").await;
    window.wait_css("[data-testid=diff][data-same=false]").await;
}

#[tokio::test]
async fn what_a_target_that_is_down_did_not_get_is_sent_when_it_is_back() {
    let window = received(1).await;
    let mut receiver = Receiver::start().await;
    window.click("rail-handler").await;
    window.wait("forward-section").await;
    window.shots("forward-empty").await;
    let id = window
        .script("return [...document.querySelectorAll('[data-testid=forward-card]')].find((card) => !card.innerText.includes('Sandbox')).dataset.project")
        .await;
    let id = id.as_str().unwrap().to_owned();
    if window.client.find(fantoccini::Locator::Css(&hook(&format!("forward-set-up-{id}")))).await.is_ok() {
        window.click(&format!("forward-set-up-{id}")).await;
    }
    window.fill(&format!("forward-url-{id}"), &receiver.url()).await;
    window.click(&format!("forward-start-{id}")).await;
    // One delivery is there already: what becomes of it is asked.
    window.wait("forward-start").await;
    window.shots("forward-start").await;
    window.click("forward-start-new").await;
    window.click("forward-start-yes").await;
    let (client, address) = (client(), window.address().await);
    assert_eq!(send(&client, &address, SECRET, "msg_a", BODY).await.unwrap(), 200);
    came(&window, &receiver, 1).await;
    receiver.down().await;
    for name in ["msg_b", "msg_c"] {
        assert_eq!(send(&client, &address, SECRET, name, BODY).await.unwrap(), 200, "the sender does not wait");
    }
    window.wait_css("[data-testid=forward-pill][data-state=down]").await;
    window
        .until(
            "two wait",
            "return document.querySelector('[data-testid=forward-pill]').innerText.includes('2 waiting')",
        )
        .await;
    window.shots("forward-down").await;
    receiver.up().await;
    window.click(&format!("forward-drain-{id}")).await;
    came(&window, &receiver, 3).await;
    // Order is kept for each webhook-id, and these are three.
    let mut ids = receiver.ids();
    ids.sort();
    assert_eq!(ids, ["msg_a", "msg_b", "msg_c"]);
    window.wait_css("[data-testid=forward-pill]:not([data-state=down])").await;
    window
        .until(
            "nothing waits",
            "return !document.querySelector('[data-testid=forward-pill]').innerText.includes('waiting')",
        )
        .await;
    window.shots("forward-back").await;
}

/// The event's attempts as a picture: what it is called, and the way from one to another by keys.
async fn attempts_by_keys(window: &Window) {
    window.wait("axis-mark").await;
    let standing = window.text("attempts-standing").await;
    assert!(standing.starts_with("Taken at attempt 3"), "{standing}");
    let named = "return document.querySelector('[data-testid=axis-picture]').getAttribute('aria-label')";
    let named = window.script(named).await.to_string();
    assert!(named.contains("attempt 1 verified") && !named.contains("expected"), "{named}");
    // Left and Enter, then End and Enter.
    for (keys, open) in [("\u{e012}\u{e007}", 1), ("\u{e010}\u{e007}", 2)] {
        window.wait("axis-picture").await.send_keys(keys).await.unwrap();
        let script = format!(
            "return document.querySelectorAll('[data-testid=attempt]')[{open}]?.getAttribute('aria-current') === 'true'"
        );
        window.until(&format!("attempt {} is open", open + 1), &script).await;
        let focus = "return document.activeElement?.dataset.testid === 'axis-picture'";
        window.until("the picture still has the focus", focus).await;
    }
}

#[tokio::test]
async fn the_services_retries_meet_a_rule_that_fails_twice_and_then_pass() {
    let window = open(Options::default()).await;
    window.click("rail-handler").await;
    window.click("handler-tab-faults").await;
    window.wait("fault-section").await;
    window.shots("faults-empty").await;
    window.click("fault-preset-first_two").await;
    window.shots("fault-form").await;
    window.click("fault-save").await;
    window.wait("fault-pill").await;
    window.click("rail-sandbox").await;
    window.click("run-interaction").await;
    window.wait_css("[data-testid=log-row][data-state=pending][data-attempts='1']").await;
    for attempts in ["2", "3"] {
        window.click("clock-next").await;
        window.wait_css(&format!("[data-testid=log-row][data-attempts='{attempts}']")).await;
    }
    window.wait_css("[data-testid=log-row][data-state=delivered][data-attempts='3']").await;
    window.click("rail-deliveries").await;
    window.count_is(3).await;
    newest(&window).await;
    window
        .until(
            "each row of the event shows its attempts",
            "const strips = [...document.querySelectorAll('[data-testid=row] [data-testid=attempt-strip]')]; \
             return strips.map((strip) => strip.getAttribute('aria-label')).join('|') \
               === Array(3).fill('3 attempts, 503, 503, 200').join('|')",
        )
        .await;
    window.press("4").await;
    // It comes with the next frame, and would take the focus from what is pressed then.
    window.until("its tab has the focus", "return document.activeElement?.id === 'tab-attempts'").await;
    attempts_by_keys(&window).await;
    window.shots("fault-attempts").await;
    let cells = "return [...document.querySelectorAll('[data-testid=grid] [role=row][data-id] .c-answer')] \
                 .map((cell) => cell.innerText.match(/\\b(200|503)\\b/)?.[0]).join(' ')";
    let answers = window.script(cells).await;
    assert_eq!(answers, "200 503 503", "the newest first");
    window.press("j").await;
    window.press("5").await;
    window
        .until(
            "the answer names the rule",
            "return document.querySelector('[data-testid=detail]').innerText.includes('503, for the first 2 attempts')",
        )
        .await;
    window.shots("fault-answer").await;
    window.click("fault-pill-off").await;
    window.gone(&hook("fault-pill")).await;
}
