//! The REST side over real HTTP, with a clock that stands still.

use std::time::{Duration, SystemTime};

use emulator::{Service, ServiceOptions, Settings};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

mod control;
mod faults;
mod files;
mod interactions;
mod job_events;
mod jobs;
mod likeness;
mod openapi;
mod samples;
mod webhooks;

const KEY: &str = "the-key";
/// 2026-01-22T12:00:00Z.
const NOW: i64 = 1_769_083_200;

/// An emulator, and a client that has its key.
struct Api {
    service: Service,
    client: Client,
}

/// Status, headers and JSON of an answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    json: Value,
}

impl Answer {
    /// The message of an error in either shape.
    fn message(&self) -> &str {
        self.json["error"]["message"].as_str().unwrap_or_default()
    }
}

impl Api {
    async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    /// At [`NOW`], standing still.
    async fn with(settings: Settings) -> Self {
        let options = ServiceOptions {
            api_key: Some(KEY.to_owned()),
            seed: Some(7),
            warp: 0.0,
            settings,
            wall: std::sync::Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW as u64)),
            ..ServiceOptions::default()
        };
        let client = Client::builder().no_proxy().build().unwrap();
        Self { service: Service::start(options).await.unwrap(), client }
    }

    /// Without a key.
    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.service.origin()))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header("x-goog-api-key", KEY)
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        answer(self.request(method, path).body(body.to_string())).await
    }

    async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }
}

/// Every answer is JSON.
async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {text:?}: {error}"));
    Answer { status, headers, json }
}
