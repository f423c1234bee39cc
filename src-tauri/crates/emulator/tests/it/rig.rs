//! What the tests start: an emulator with a client, one whose attempts are followed, and receivers.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use emulator::{AttemptReport, JobTimes, Retry, Service, ServiceOptions, Settings};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use signature::{Jwks, KeySet, KeyState, Keyring, Policy, Received, Secret, SecretKey, Seen, Verdict, verify};
use tokio::sync::broadcast;

mod receiver;

pub(crate) use receiver::{Arrival, Receiver, Say, status};

pub(crate) const KEY: &str = "the-key";
/// 2026-01-22T12:00:00Z.
pub(crate) const NOW: i64 = 1_769_083_200;

/// An emulator, and a client that has its key.
pub(crate) struct Api {
    pub(crate) service: Service,
    pub(crate) client: Client,
}

/// Status, headers and JSON of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Answer {
    /// The message of an error in either shape.
    pub(crate) fn message(&self) -> &str {
        self.json["error"]["message"].as_str().unwrap_or_default()
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    /// At [`NOW`], standing still.
    pub(crate) async fn with(settings: Settings) -> Self {
        let options = ServiceOptions {
            api_key: Some(KEY.to_owned()),
            seed: Some(7),
            warp: 0.0,
            settings,
            wall: Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW as u64)),
            ..ServiceOptions::default()
        };
        Self::of(options).await
    }

    pub(crate) async fn of(options: ServiceOptions) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        Self { service: Service::start(options).await.unwrap(), client }
    }

    /// Without a key.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.service.origin()))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header("x-goog-api-key", KEY)
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        answer(self.request(method, path).body(body.to_string())).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }
}

/// Every answer is JSON.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {text:?}: {error}"));
    Answer { status, headers, json }
}

/// More than any machine needs for what a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An emulator that takes any key, whose clock stands still, and what it tells of its attempts.
pub(crate) struct Bed {
    pub(crate) api: Api,
    pub(crate) reports: broadcast::Receiver<Arc<AttemptReport>>,
}

/// Jobs that end when they are made, so that the clock can stand still.
pub(crate) fn at_once() -> Settings {
    let jobs = JobTimes { pending_ms: 0, batch_ms: 0, interaction_ms: 0, video_ms: 0, ..JobTimes::default() };
    Settings { jobs, ..Settings::default() }
}

/// Retries without chance.
pub(crate) fn exact(settings: Settings) -> Settings {
    Settings { retry: Retry { jitter: 0.0, ..settings.retry }, ..settings }
}

impl Bed {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::with(ServiceOptions { settings, seed: Some(11), warp: 0.0, ..ServiceOptions::default() }).await
    }

    pub(crate) async fn with(options: ServiceOptions) -> Self {
        let api = Api::of(options).await;
        let reports = api.service.attempts();
        Self { api, reports }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.api.send(method, path, &body).await;
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.json);
        answer.json
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.api.get(path).await.json
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

    /// The id of a batch whose events go to these addresses, or to the webhooks where there are none.
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

    /// The next attempt that ended, as it is told.
    pub(crate) async fn report(&mut self) -> Value {
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await.expect("no attempt ended").unwrap();
        serde_json::to_value(&*report).unwrap()
    }

    /// The attempts of one delivery to its end, with the clock set ahead to each.
    pub(crate) async fn follow(&mut self) -> Vec<Value> {
        let mut reports = Vec::new();
        loop {
            let report = self.report().await;
            let next = report["next_ms"].as_i64();
            reports.push(report);
            match next {
                Some(next) => self.api.service.clock().advance_to(next),
                None => return reports,
            }
        }
    }

    pub(crate) async fn state_of(&self, webhook: &str) -> String {
        self.get(&format!("/v1/webhooks/{webhook}")).await["state"].as_str().unwrap().to_owned()
    }

    /// What a receiver holds: these secrets, and the published keys.
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

/// What a receiver with these keys makes of it now.
pub(crate) fn verdict(arrival: &Arrival, keyring: &Keyring) -> Verdict {
    let received = Received { headers: &arrival.headers, body: &arrival.body };
    verify(&received, keyring, &Policy::default(), &Seen::default(), wall())
}
