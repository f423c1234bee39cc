//! Deliveries as a receiver sees them, over real HTTP.

use serde_json::{Value, json};

use crate::rig::{Bed, Receiver, at_once, status, verdict};

mod faults;
mod retries;
mod signing;
mod tokens;

#[tokio::test]
async fn a_batch_tells_every_receiver_once() {
    let mut receiver = Receiver::start(|_| status(204)).await;
    let mut bed = Bed::start(at_once()).await;
    let (_, secret) = bed.webhook(&receiver.url("/static")).await;
    let batch = bed.batch(&[]).await;
    let arrival = receiver.next().await;
    assert_eq!((arrival.method.as_str(), arrival.path.as_str()), ("POST", "/static"));
    assert_eq!(arrival.header("content-type"), "application/json");
    assert!(arrival.header("user-agent").contains("Gemini"));
    assert_eq!(arrival.header("content-length"), arrival.body.len().to_string());
    let event: Value = serde_json::from_slice(&arrival.body).unwrap();
    assert_eq!(event.to_string().as_bytes(), arrival.body, "compact");
    let keys: Vec<_> = event.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["type", "version", "timestamp", "data"]);
    assert_eq!((&event["type"], &event["version"]), (&json!("batch.succeeded"), &json!("v1")));
    let id = event["data"]["id"].as_str().unwrap();
    assert_eq!(id.trim_start_matches("batches/"), batch.trim_start_matches("batches/"));
    let keyring = bed.keyring(&[&secret]).await;
    assert_eq!(&*verdict(&arrival, &keyring).reason, "valid");
    let report = bed.report().await;
    assert_eq!(report["id"], arrival.header("webhook-id"));
    assert_eq!(
        (&report["state"], &report["number"], &report["status"], &report["next_ms"]),
        (&json!("delivered"), &json!(1), &json!(204), &Value::Null)
    );

    let own = [receiver.url("/own/1"), receiver.url("/own/2")];
    bed.batch(&own).await;
    let (one, two) = (receiver.next().await, receiver.next().await);
    let mut paths = [one.path.as_str(), two.path.as_str()];
    paths.sort_unstable();
    assert_eq!(paths, ["/own/1", "/own/2"], "they replace the webhook");
    assert_ne!(one.header("webhook-id"), two.header("webhook-id"));
    let event: Value = serde_json::from_slice(&one.body).unwrap();
    assert_eq!(event["data"]["user_metadata"], json!({ "run": "r1" }));
    assert!(receiver.is_quiet().await);
}
