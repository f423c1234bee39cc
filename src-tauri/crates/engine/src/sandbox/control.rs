//! The emulator's own side, `/emulator/…`: what the real service does not offer. Called over HTTP, as anyone else
//! would.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::dto::{JobKind, SandboxAttempt, SandboxJob, SandboxJobError, SandboxSecret};
use crate::error::{Code, Error, Result};

/// Everything here is answered from memory.
const TIMEOUT: Duration = Duration::from_secs(40);

/// A client of the control side.
pub(crate) struct Control {
    http: Client,
    base: String,
}

impl Control {
    /// `origin`: `http://127.0.0.1:PORT`.
    pub(crate) fn new(origin: &str) -> Result<Self> {
        let http = Client::builder().no_proxy().timeout(TIMEOUT).build();
        let http = http.map_err(|error| Error::new(Code::SandboxFailed, "No HTTP client.").with_detail(error))?;
        Ok(Self { http, base: format!("{origin}/emulator/") })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> Result<T> {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch<T: DeserializeOwned>(&self, path: &str, body: Value) -> Result<T> {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> Result<T> {
        let unreachable = |error: reqwest::Error| {
            Error::new(Code::SandboxUnreachable, "The Sandbox does not answer.").with_detail(error.without_url())
        };
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| {
                Error::new(Code::Internal, "The Sandbox's answer was not what Pollux expected.").with_detail(error)
            });
        }
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let error = &answer["error"];
        let code = if error["code"] == "not_found" { Code::NotFound } else { Code::SandboxRefused };
        let silent = format!("The Sandbox answered {}.", status.as_u16());
        Err(Error::new(code, error["message"].as_str().unwrap_or(&silent)))
    }

    /// The webhooks, including what their owner cannot see.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Webhook>> {
        #[derive(Deserialize)]
        struct Answer {
            webhooks: Vec<Webhook>,
        }
        Ok(self.get::<Answer>("webhooks").await?.webhooks)
    }

    /// The newest 100 jobs, newest first.
    pub(crate) async fn jobs(&self) -> Result<Vec<SandboxJob>> {
        #[derive(Deserialize)]
        struct Answer {
            jobs: Vec<Job>,
        }
        Ok(self.get::<Answer>("jobs?limit=100").await?.jobs.into_iter().map(Job::view).collect())
    }

    /// Ends a job now.
    pub(crate) async fn finish(&self, name: &str, outcome: &str) -> Result<SandboxJob> {
        Ok(self.post::<Job>("jobs:finish", json!({ "name": name, "outcome": outcome })).await?.view())
    }

    pub(crate) async fn deliveries(&self, before: Option<u64>, limit: u32) -> Result<Deliveries> {
        let before = before.map(|number| format!("&before={number}")).unwrap_or_default();
        self.get(&format!("deliveries?limit={limit}{before}")).await
    }
}

/// The emulator's state at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Status {
    pub(crate) pending: u64,
    pub(crate) webhooks: u64,
    pub(crate) jobs: u64,
    pub(crate) deliveries: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Clock {
    #[serde(deserialize_with = "moment")]
    pub(crate) now: i64,
    pub(crate) warp: f64,
    #[serde(deserialize_with = "moment_or_none")]
    pub(crate) next_due: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) uri: String,
    pub(crate) subscribed_events: Vec<String>,
    pub(crate) state: String,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) given_up_in_a_row: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Secret {
    truncated_secret: String,
    #[serde(default, deserialize_with = "moment_or_none")]
    expires: Option<i64>,
}

impl Secret {
    pub(crate) fn view(self) -> SandboxSecret {
        SandboxSecret { hint: self.truncated_secret, expires_ms: self.expires }
    }
}

#[derive(Deserialize)]
struct Job {
    name: String,
    kind: JobKind,
    model: String,
    display_name: Option<String>,
    state: String,
    outcome: String,
    #[serde(deserialize_with = "moment")]
    created: i64,
    #[serde(deserialize_with = "moment_or_none")]
    started: Option<i64>,
    #[serde(deserialize_with = "moment_or_none")]
    ended: Option<i64>,
    #[serde(deserialize_with = "moment_or_none")]
    next: Option<i64>,
    progress: f64,
    output_file: Option<String>,
    error: Option<SandboxJobError>,
    dynamic: bool,
    event_type: Option<String>,
}

impl Job {
    fn view(self) -> SandboxJob {
        SandboxJob {
            name: self.name,
            kind: self.kind,
            model: self.model,
            display_name: self.display_name,
            state: self.state,
            outcome: self.outcome,
            created_ms: self.created,
            started_ms: self.started,
            ended_ms: self.ended,
            next_ms: self.next,
            progress: self.progress,
            output_file: self.output_file,
            error: self.error,
            dynamic: self.dynamic,
            event_type: self.event_type,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Deliveries {
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) next_before: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Delivery {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) event_type: String,
    pub(crate) uri: String,
    pub(crate) webhook: Option<String>,
    pub(crate) job: Option<String>,
    pub(crate) scheme: String,
    #[serde(deserialize_with = "moment")]
    pub(crate) created: i64,
    pub(crate) state: String,
    #[serde(deserialize_with = "moment_or_none")]
    pub(crate) next: Option<i64>,
    pub(crate) attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
pub(crate) struct Attempt {
    number: u32,
    #[serde(deserialize_with = "moment")]
    due: i64,
    timestamp: i64,
    status: Option<u16>,
    error: Option<String>,
    took_us: u64,
    answer: Option<String>,
}

impl Attempt {
    pub(crate) fn view(self) -> SandboxAttempt {
        SandboxAttempt {
            number: self.number,
            due_ms: self.due,
            timestamp: self.timestamp,
            status: self.status,
            error: self.error,
            took_us: self.took_us,
            answer: self.answer,
        }
    }
}

/// Reads RFC 3339 as Unix milliseconds.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(D::Error::custom)
}

fn moment_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<i64>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(D::Error::custom)).transpose()
}
