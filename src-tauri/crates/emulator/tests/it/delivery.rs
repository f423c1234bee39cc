//! Deliveries as a receiver sees them, over real HTTP.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use emulator::{AttemptReport, JobTimes, Retry, Service, ServiceOptions, Settings};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use signature::{Jwks, KeySet, KeyState, Keyring, Policy, Received, Secret, SecretKey, Seen, Verdict, verify};
use tokio::sync::broadcast;

mod faults;
pub(crate) mod receiver;
mod retries;
mod signing;
mod tokens;

use receiver::{Arrival, Receiver};

/// Longer than any machine needs for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// An emulator whose clock stands still, a client of its REST side, and its reports on attempts.
pub(crate) struct Bed {
    pub(crate) service: Service,
    client: Client,
    reports: broadcast::Receiver<Arc<AttemptReport>>,
}

/// Jobs that end as soon as they are created, so that the clock can stand still.
pub(crate) fn at_once() -> Settings {
    let jobs = JobTimes { pending_ms: 0, batch_ms: 0, interaction_ms: 0, video_ms: 0, ..JobTimes::default() };
    Settings { jobs, ..Settings::default() }
}

/// Retries without jitter.
pub(crate) fn exact(settings: Settings) -> Settings {
    Settings { retry: Retry { jitter: 0.0, ..settings.retry }, ..settings }
}

impl Bed {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::with(ServiceOptions { settings, seed: Some(11), warp: 0.0, ..ServiceOptions::default() }).await
    }

    pub(crate) async fn with(options: ServiceOptions) -> Self {
        let service = Service::start(options).await.unwrap();
        let reports = service.attempts();
        Self { service, client: Client::builder().no_proxy().build().unwrap(), reports }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.service.origin());
        let request = self.client.request(method, url).header("x-goog-api-key", "k");
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.service.origin());
        let response = self.client.get(url).header("x-goog-api-key", "k").send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// Id and secret of a new webhook.
    pub(crate) async fn webhook(&self, uri: &str) -> (String, String) {
        let body = json!({ "uri": uri, "subscribed_events": ["batch.succeeded", "batch.failed"] });
        let made = self.call(Method::POST, "/v1/webhooks", body).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("new_signing_secret"))
    }

    pub(crate) async fn ping(&self, webhook: &str) {
        self.call(Method::POST, &format!("/v1/webhooks/{webhook}:ping"), json!({})).await;
    }

    /// The id of a batch whose events go to these addresses, or else to the webhooks.
    pub(crate) async fn batch(&self, uris: &[String]) -> String {
        let mut batch = json!({ "displayName": "d", "inputConfig": { "requests": { "requests": [
            { "request": { "contents": [{ "parts": [{ "text": "hi" }] }] } },
        ] } } });
        if !uris.is_empty() {
            batch["webhookConfig"] = json!({ "uris": uris, "user_metadata": { "run": "r1" } });
        }
        let path = "/v1beta/models/gemini-3-flash:batchGenerateContent";
        let made = self.call(Method::POST, path, json!({ "batch": batch })).await;
        made["name"].as_str().unwrap().to_owned()
    }

    /// The next report on an attempt.
    pub(crate) async fn report(&mut self) -> Value {
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await.expect("no attempt ended").unwrap();
        serde_json::to_value(&*report).unwrap()
    }

    /// The attempts of one delivery to its end, with the clock moved ahead to each.
    pub(crate) async fn follow(&mut self) -> Vec<Value> {
        let mut reports = Vec::new();
        loop {
            let report = self.report().await;
            let next = report["next_ms"].as_i64();
            reports.push(report);
            match next {
                Some(next) => self.service.clock().advance_to(next),
                None => return reports,
            }
        }
    }

    pub(crate) async fn state_of(&self, webhook: &str) -> String {
        self.get(&format!("/v1/webhooks/{webhook}")).await["state"].as_str().unwrap().to_owned()
    }

    /// What a receiver has: these secrets, and the published keys.
    pub(crate) async fn keyring(&self, secrets: &[&str]) -> Keyring {
        let published = self.get("/.well-known/jwks.json").await.to_string();
        let secrets = secrets.iter().enumerate().map(|(index, text)| SecretKey {
            id: format!("secret {index}"),
            secret: Secret::parse(text).unwrap(),
            state: KeyState::Current,
        });
        Keyring {
            secrets: secrets.collect(),
            jwks: Jwks::Known(Arc::new(KeySet::parse(published.as_bytes()).unwrap())),
            closed: true,
        }
    }
}

pub(crate) fn wall() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The verdict of a receiver with these keys, now.
pub(crate) fn verdict(arrival: &Arrival, keyring: &Keyring) -> Verdict {
    let received = Received { headers: &arrival.headers, body: &arrival.body };
    verify(&received, keyring, &Policy::default(), &Seen::default(), wall())
}

#[tokio::test]
async fn a_batch_tells_every_receiver_once() {
    let mut receiver = Receiver::start(|_| receiver::status(204)).await;
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
