//! Payloads are hostile: they are text, and nothing else.

use tests::sender::{client, now};
use tests::window::{Options, open};

const HOSTILE: &str = "{\"type\":\"batch.succeeded<img src=x onerror=window.taken=1>\",\"version\":\"v1\",\
    \"data\":{\"id\":\"<script>window.taken=1</script>\",\"output_file_uri\":\"javascript:window.taken=1\",\
    \"note\":\"a\u{202e}b\u{0007}c\",\"big\":12345678901234567890.5e400}}";

#[tokio::test]
async fn markup_in_a_payload_stays_text_and_hidden_characters_are_seen() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    client()
        .post(&address)
        .header("webhook-id", "msg_<b>bold</b>")
        .header("webhook-timestamp", now().to_string())
        .header("webhook-signature", "v1,<i>x</i>")
        .header("x-odd", reqwest::header::HeaderValue::from_bytes(b"\xff\xfe<u>").unwrap())
        .body(HOSTILE.replace('\u{0007}', "\\u0007"))
        .send()
        .await
        .unwrap();
    window.click("row").await;
    window.wait("verdict-sentence").await;
    window.shots("hostile").await;
    for tab in ["headers", "body", "event"] {
        window.click(&format!("tab-{tab}")).await;
    }
    let shown = window.script("return document.body.innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("<script>window.taken=1</script>"), "{shown}");
    assert!(shown.contains("12345678901234567890.5e400"), "numbers stand as they were written");
    assert!(!shown.contains('\u{202e}'), "a character that turns text around is shown as an escape");
    assert_eq!(window.script("return window.taken ?? null").await, serde_json::Value::Null, "nothing ran");
    // Its elements, by what they hold: the window has bold text of its own.
    let made = "return [...document.querySelectorAll('main script, main img:not(.cm-widgetBuffer), [data-testid=detail] b, \
                [data-testid=detail] u, [data-testid=detail] i')].map((one) => one.outerHTML) \
                .filter((html) => /^<(script|img)|>(bold|x)</i.test(html))";
    let made = window.script(made).await;
    assert_eq!(made, serde_json::json!([]), "markup stays text");
}

#[tokio::test]
async fn a_body_of_five_mebibytes_does_not_freeze_the_window() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    let items: Vec<String> =
        (0..60_000).map(|index| format!("{{\"key\":\"request-{index}\",\"text\":\"{}\"}}", "x".repeat(60))).collect();
    let body =
        format!("{{\"type\":\"batch.succeeded\",\"data\":{{\"id\":\"batches/b\",\"items\":[{}]}}}}", items.join(","));
    assert!(body.len() > 5 * 1024 * 1024);
    assert_eq!(client().post(&address).body(body).send().await.unwrap().status(), 200);
    window.click("row").await;
    window.wait("verdict-sentence").await;
    let row = "const row = document.querySelector('[data-testid=row]').textContent; return row.includes('batch.succeeded') && row.includes('batches/b')";
    window.until("its row has type and pointer", row).await;
    window.until("its pointer is read", "return document.querySelector('[data-testid=pointer]') !== null").await;
    let detail = window.script("return document.querySelector('[data-testid=detail]').textContent").await;
    let detail = detail.as_str().unwrap();
    assert!(detail.contains("batch.succeeded") && detail.contains("batches/b"), "{detail}");
    assert!(!detail.contains("No event type") && !detail.contains("body is empty"), "{detail}");
    assert!(detail.contains("MiB: its known fields are read"), "what is not read is said: {detail}");
    window.shots("large-event").await;
    window.click("tab-body").await;
    window.wait_css("[data-testid=detail]").await;
    // The page still answers: a frame comes.
    let frame = window
        .client
        .execute_async("const done = arguments[0]; requestAnimationFrame(() => done(true))", Vec::new())
        .await
        .unwrap();
    assert_eq!(frame, serde_json::Value::Bool(true));
    window.shot("large-body").await;
}
