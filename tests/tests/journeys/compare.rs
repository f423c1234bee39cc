//! Two attempts of one event, one of which something wrote again on its way: it is told without asking, and the
//! comparison shows what was done to it. And two answers of a replay.

use std::time::Duration;

use serde_json::Value;
use signature::{Secret, sign};
use tests::receiver::Receiver;
use tests::sender::{SECRET, client, now};
use tests::window::{Options, Window, open};

use crate::secrets::{listed, paste};

const SENT: &str = r#"{"type":"batch.failed","version":"v1","timestamp":"2026-11-21T01:12:04Z","data":{"id":"batches/2f91c07d","user_metadata":{"suite":"needle","shard":"14"},"completed":1.0,"error":{"code":13,"message":"shard 14: needle lost","details":null}}}"#;
/// As a proxy writes it that reads JSON into a map and drops what is null.
const MADE: &str = r#"{"type":"batch.failed","version":"v1","timestamp":"2026-11-21T01:12:04Z","data":{"id":"batches/2f91c07d","user_metadata":{"shard":"14","suite":"needle"},"completed":1,"error":{"code":13,"message":"shard 14: needle lost"},"received_by":"edge-2"}}"#;

/// Sends a body with the signature over another one, made so many seconds ago.
async fn send(window: &Window, id: &str, signed: &str, body: &str, ago: i64, via: Option<&str>) {
    let at = now() - ago;
    let signature = sign::v1(&Secret::parse(SECRET).unwrap(), id, at, signed.as_bytes());
    let mut request = client().post(window.address().await).header("content-type", "application/json");
    request = request.header("webhook-id", id).header("webhook-timestamp", at).header("webhook-signature", signature);
    if let Some(via) = via {
        request = request.header("via", via);
    }
    request.body(body.to_owned()).send().await.unwrap();
}

fn code(code: &str) -> String {
    format!("return document.querySelector('[data-testid=compare]')?.dataset.code === '{code}'")
}

async fn holds(window: &Window, id: &str, expected: &[&str]) {
    let text = window.text(id).await.replace(['\n', '\u{a0}'], " ");
    for part in expected {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[tokio::test]
async fn an_attempt_that_was_written_again_on_the_way_is_told_and_explained() {
    let window = open(Options::default()).await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    window.click("rail-deliveries").await;
    send(&window, "msg_0", SENT, SENT, 60, None).await;
    send(&window, "msg_1", SENT, SENT, 40, None).await;
    send(&window, "msg_1", SENT, MADE, 0, Some("1.1 edge-2")).await;
    window.count_is(3).await;
    window.click("row").await;
    window.wait("bytes-differ").await;
    holds(&window, "bytes-differ", &["Bytes differ from attempt 1."]).await;
    window.shots("bytes-differ").await;

    window.click("compare-attempts").await;
    window.until("they are compared", &code("rewritten_b")).await;
    let at = SENT.bytes().zip(MADE.bytes()).take_while(|(a, b)| a == b).count();
    holds(&window, "compare-finding", &[
        &format!("Two attempts of one event must carry the same bytes. These do not, from byte {at} on."),
        "B's signature fits A's body, so the sender sent the same bytes both times and something on the way to B wrote them again:",
        "1.0 became 1, a null was dropped, a key moved, received_by was added. Pass the raw bytes on.",
        "Only B came through",
        "via: 1.1 edge-2",
    ])
    .await;
    holds(
        &window,
        "plane-meaning",
        &["1 rewritten · 1 removed · 1 added", "data.completed", "same number, other text"],
    )
    .await;
    holds(&window, "plane-transport", &["via", "differ for each delivery, as they should", "webhook-signature"]).await;
    window.press("j").await;
    holds(&window, "difference-at", &["Difference 1 of"]).await;
    window.shots("compare").await;

    window.press("x").await;
    window.wait("same-row").await;
    window.shot("compare-all").await;
    window.press("x").await;
    window.press("s").await;
    window.until("they are swapped", &code("rewritten_a")).await;
    window.press("c").await;
    window.until("it is on the clipboard", "return document.body.innerText.includes('Comparison copied.')").await;
    window.click("way-verified").await;
    window.until("with the last verified of its type", &code("same_body")).await;
    window.press("\u{e00c}").await;
    window.wait("detail").await;
    // `d` on a row goes to the attempt before it.
    window.press("d").await;
    window.until("the attempt before it", &code("rewritten_b")).await;
}

#[tokio::test]
async fn a_narrow_window_compares_two_marked_deliveries() {
    let window = open(Options::default()).await;
    for (id, body) in [("msg_1", "one\ntwo\nthree\n".to_owned()), ("msg_2", "one\nzwei\nthree\n".to_owned())] {
        send(&window, id, &body, &body, 0, None).await;
    }
    window.count_is(2).await;
    window.press("j").await;
    window.press("x").await;
    window.press("j").await;
    window.press("x").await;
    window.press("d").await;
    window.until("they are compared", &code("other_events")).await;
    holds(&window, "lines", &["two", "zwei"]).await;
    window.client.set_window_size(820, 860).await.unwrap();
    window.until("it is narrow", "return innerWidth === 820").await;
    let fits =
        "const view = document.querySelector('[data-testid=compare]'); return view.scrollWidth <= view.clientWidth";
    assert_eq!(window.script(fits).await, Value::Bool(true), "nothing is wider than the window");
    window.shots("compare-narrow").await;
}

#[tokio::test]
async fn two_answers_of_a_replay_are_compared() {
    let window = open(Options::default()).await;
    send(&window, "msg_1", SENT, SENT, 40, None).await;
    window.count_is(1).await;
    let receiver = Receiver::start().await;
    window.click("row").await;
    window.wait("verdict-sentence").await;
    window.press("r").await;
    window.wait("address-dialog").await;
    window.fill("address-input", &receiver.url()).await;
    window.click("address-go").await;
    window.until("the first is answered", "return document.body.innerText.includes('200')").await;
    let answered =
        |count: usize| format!("return Number(document.querySelector('#tab-replays small')?.textContent) === {count}");
    window.until("it is listed", &answered(1)).await;
    receiver.answers("500 Internal Server Error", "{\"ok\":false}", Duration::ZERO);
    window.click("replay").await;
    window.until("the second is answered", &answered(2)).await;
    window.click("tab-replays").await;
    window.click("compare-answers").await;
    window.until("the answers are compared", &code("answers_differ")).await;
    holds(&window, "compare-finding", &["The answers differ: 200 and 500."]).await;
    window.shots("compare-answers").await;
}
