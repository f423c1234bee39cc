//! Twenty-four hours of retries in seconds, receivers that die and come back, and an emulator that is killed.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::sdk::{API_KEY, Emulator, Sdk, Talking, receiver};

/// The default schedule without its jitter, in milliseconds.
const WAITS: [i64; 11] =
    [5_000, 20_000, 80_000, 320_000, 1_280_000, 5_120_000, 14_400_000, 14_400_000, 14_400_000, 14_400_000, 14_400_000];
const DAY: i64 = 24 * 3_600_000;

async fn exact(emulator: &Emulator) {
    emulator.call("PATCH", "/emulator/settings", Some(json!({ "retry": { "jitter": 0.0 } }))).await;
}

/// Lets the emulator's clock jump to what is due.
async fn next(emulator: &Emulator) {
    emulator.call("POST", "/emulator/clock:advance", Some(json!({ "next": true }))).await;
}

async fn create(emulator: &Emulator, uri: &str) -> (String, String) {
    let made = Sdk::Python3.run(emulator, &["create_webhook", uri, "batch.succeeded"]).await;
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

async fn ping(emulator: &Emulator, webhook: &str) {
    emulator.call("POST", &format!("/v1/webhooks/{webhook}:ping"), None).await;
}

/// The only delivery, with its body.
async fn delivery(emulator: &Emulator) -> Value {
    let deliveries = emulator.deliveries().await;
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    let path = format!("/emulator/deliveries/{}", deliveries[0]["id"].as_str().unwrap());
    let whole = emulator.call("GET", &path, None).await;
    assert!(whole["body"].is_string(), "{whole}");
    whole
}

/// Milliseconds between the attempts, as they were due.
fn gaps(lines: &[Value]) -> Vec<i64> {
    let due: Vec<i64> = lines.iter().map(|line| line["due_ms"].as_i64().unwrap_or_else(|| panic!("{line}"))).collect();
    due.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn attempts(delivery: &Value) -> &[Value] {
    delivery["attempts"].as_array().unwrap()
}

fn numbers(delivery: &Value) -> Vec<u64> {
    attempts(delivery).iter().map(|attempt| attempt["number"].as_u64().unwrap()).collect()
}

fn header(line: &Value, name: &str) -> String {
    line["headers"][name].as_str().unwrap_or_else(|| panic!("{name} of {line}")).to_owned()
}

/// A receiver that knows the secret, at an address it had before.
fn static_receiver(emulator: &Emulator, secret: &str, uri: Option<&str>, answers: &str) -> Talking {
    let secrets = emulator.path("secrets.json");
    std::fs::write(&secrets, json!([secret]).to_string()).unwrap();
    let port = uri.map_or("0", |uri| uri.rsplit(':').next().unwrap().split('/').next().unwrap());
    receiver("static", &secrets.display().to_string(), &["--port", port, "--answers", answers])
}

/// An address that can be given up and taken again: its port is none of those that the system hands out by itself, and
/// none that another test of this process was given.
fn own_address() -> String {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() % 1000 * 10;
    let port = loop {
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        assert!(step < 10_000, "no port is free");
        let port = u16::try_from(20_000 + (first + step) % 10_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            break port;
        }
    };
    format!("http://127.0.0.1:{port}/hook")
}

#[tokio::test]
async fn what_fails_nine_times_is_tried_as_configured_and_taken_at_the_tenth() {
    let mut emulator = Emulator::start(&["--warp", "0"]);
    exact(&emulator).await;
    let uri = own_address();
    let (webhook, secret) = create(&emulator, &uri).await;
    // A redirect is no answer that counts either.
    let answers = "503,500,429,400,302,404,503,503,503,204";
    let mut receiver = static_receiver(&emulator, &secret, Some(&uri), answers);
    ping(&emulator, &webhook).await;
    let (mut ids, mut lines) = (std::collections::BTreeSet::new(), Vec::new());
    for (index, answer) in answers.split(',').enumerate() {
        let line = receiver.line();
        assert_eq!((&line["verified"], &line["answer"]), (&json!(true), &json!(answer)), "{line}");
        ids.insert(header(&line, "webhook-id"));
        let attempt = emulator.attempt();
        assert_eq!(attempt["number"], index + 1);
        assert_eq!(attempt["status"].to_string(), answer);
        lines.push(attempt);
        next(&emulator).await;
    }
    assert_eq!(ids.len(), 1, "one id for all attempts");
    let delivery = delivery(&emulator).await;
    assert_eq!(delivery["state"], "delivered");
    assert_eq!(gaps(&lines), WAITS[..9]);
    assert_eq!(numbers(&delivery), (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_never_taken_is_given_up_after_a_day_that_takes_seconds() {
    let mut emulator = Emulator::start(&["--warp", "30000"]);
    let (webhook, secret) = create(&emulator, "http://127.0.0.1:9/placeholder").await;
    let mut receiver = static_receiver(&emulator, &secret, None, "500");
    let to = json!({ "uri": receiver.listening });
    emulator.call("PATCH", &format!("/v1/webhooks/{webhook}"), Some(to)).await;
    ping(&emulator, &webhook).await;
    let mut lines: Vec<Value> = Vec::new();
    while lines.last().is_none_or(|line| line["state"] == "pending") {
        // However fast its clock runs, the time in the header is one that a library takes.
        assert_eq!(receiver.line()["verified"], true);
        lines.push(emulator.attempt());
    }
    let delivery = delivery(&emulator).await;
    assert_eq!((&delivery["state"], &delivery["next"]), (&json!("given_up"), &Value::Null), "{delivery}");
    assert_eq!(attempts(&delivery).len(), lines.len());
    assert_eq!(lines.len(), WAITS.len() + 1);
    let gaps = gaps(&lines);
    // Give or take the jitter; and an answer takes its time, which the clock runs through as well.
    let an_answer = 30_000 * 250;
    for (gap, wait) in gaps.iter().zip(WAITS) {
        assert!((wait * 9 / 10..=wait * 11 / 10 + an_answer).contains(gap), "{gap} for {wait}: {gaps:?}");
    }
    assert!(gaps.iter().sum::<i64>() <= DAY);
    let webhook = emulator.call("GET", "/emulator/webhooks", None).await["webhooks"][0].clone();
    assert_eq!(webhook["given_up_in_a_row"], 1, "{webhook}");
}

#[tokio::test]
async fn a_receiver_that_was_killed_gets_it_when_it_is_back() {
    let mut emulator = Emulator::start(&["--warp", "0"]);
    exact(&emulator).await;
    let uri = own_address();
    let (webhook, secret) = create(&emulator, &uri).await;
    let mut receiver = static_receiver(&emulator, &secret, Some(&uri), "503,hang");
    ping(&emulator, &webhook).await;
    let id = header(&receiver.line(), "webhook-id");
    let mut lines = vec![emulator.attempt()];
    assert_eq!(lines[0]["status"], 503);
    // Killed with a request in its hands: the connection breaks.
    next(&emulator).await;
    assert_eq!(receiver.line()["answer"], "hang");
    receiver.kill();
    let attempt = emulator.attempt();
    assert!(attempt["status"].is_null() && attempt["error"].is_string(), "{attempt}");
    lines.push(attempt);
    // Nobody is there.
    next(&emulator).await;
    let attempt = emulator.attempt();
    assert_eq!((&attempt["number"], &attempt["status"]), (&json!(3), &Value::Null), "{attempt}");
    assert!(attempt["error"].is_string(), "{attempt}");
    lines.push(attempt);

    let mut receiver = static_receiver(&emulator, &secret, Some(&uri), "200");
    next(&emulator).await;
    let line = receiver.line();
    assert_eq!((&line["verified"], header(&line, "webhook-id")), (&json!(true), id));
    lines.push(emulator.attempt());
    let delivery = delivery(&emulator).await;
    assert_eq!(delivery["state"], "delivered");
    assert_eq!(numbers(&delivery), [1, 2, 3, 4]);
    assert_eq!(gaps(&lines), WAITS[..3]);
}

#[tokio::test]
async fn an_emulator_that_was_killed_goes_on_where_it_was() {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("state.db").display().to_string();
    let start = |home| Emulator::start_in(home, &["--warp", "0", "--db", &database]);
    let mut emulator = start(home);
    exact(&emulator).await;
    let uri = own_address();
    let (webhook, secret) = create(&emulator, &uri).await;
    let listed = Sdk::Python3.run(&emulator, &["list_webhooks"]).await;
    let mut receiver = static_receiver(&emulator, &secret, Some(&uri), "503,503,503,hang,200");
    ping(&emulator, &webhook).await;
    let id = header(&receiver.line(), "webhook-id");
    for number in 1..=3 {
        let attempt = emulator.attempt();
        assert_eq!((&attempt["number"], &attempt["id"]), (&json!(number), &json!(id)));
        next(&emulator).await;
        assert_eq!(header(&receiver.line(), "webhook-id"), id);
    }
    let before = delivery(&emulator).await;
    assert_eq!(attempts(&before).len(), 3);
    let clock = emulator.call("GET", "/emulator/clock", None).await["now"].clone();

    // Killed while the fourth is under way: nobody knows whether it was taken, so it is sent again.
    let mut emulator = start(emulator.kill());
    next(&emulator).await;
    let line = receiver.line();
    assert_eq!(
        (&line["verified"], header(&line, "webhook-id")),
        (&json!(true), id.clone()),
        "the same secret, the same id"
    );
    let attempt = emulator.attempt();
    assert_eq!((&attempt["number"], &attempt["status"]), (&json!(4), &json!(200)), "{attempt}");
    let after = delivery(&emulator).await;
    assert_eq!(attempts(&after)[..3], *attempts(&before));
    assert_eq!(
        (&after["state"], &after["body"], &after["number"]),
        (&json!("delivered"), &before["body"], &before["number"])
    );
    assert_eq!(numbers(&after), [1, 2, 3, 4]);

    // RFC 3339 in UTC sorts as text, but for the fraction of a second.
    let later = emulator.call("GET", "/emulator/clock", None).await["now"].clone();
    assert!(later.as_str().unwrap()[..19] >= clock.as_str().unwrap()[..19], "{later} is before {clock}");

    let again = Sdk::Python3.run(&emulator, &["list_webhooks"]).await;
    assert_eq!(again, listed);
    ping(&emulator, &webhook).await;
    assert_eq!(receiver.line()["verified"], true);
    assert_eq!(emulator.attempt()["state"], "delivered");
    let refused = tests::sender::client().get(format!("{}/v1/webhooks", emulator.origin));
    assert_eq!(refused.header("x-goog-api-key", format!("{API_KEY}?")).send().await.unwrap().status(), 400);
}
