//! The emulator's delivery engine: what it signs and sends in a second, against a plain client that posts the same bodies
//! unsigned to the same receiver; and the memory of 100,000 retries that wait.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ::emulator::{JobTimes, Service, ServiceOptions, Settings};
use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::child::{Child, group, memory};
use crate::report::{Bound, Figure};
use crate::{bare, median};

pub(crate) const ARGUMENT: &str = "--emulate";

/// As many as the engine has in flight to one target.
const CONCURRENCY: usize = 64;
/// Odd, so that the median is one of them.
const ROUNDS: usize = 5;
/// Each gets every event.
const WEBHOOKS: usize = 500;
const DELIVERIES: usize = 20_000;
const RETRIES: usize = 100_000;
/// After this much of the emulator's time a job ends: all of a round at once.
const JOB_MS: i64 = 1000;
/// More than any machine needs for a round.
const MOST: Duration = Duration::from_secs(60);

/// An emulator whose clock stands still, until it is killed. Prints its address first.
pub(crate) async fn serve() {
    let jobs = JobTimes { pending_ms: JOB_MS, batch_ms: 0, ..JobTimes::default() };
    let settings = Settings { jobs, ..Settings::default() };
    let options = ServiceOptions { settings, warp: 0.0, seed: Some(1), ..ServiceOptions::default() };
    let service = Service::start(options).await.unwrap();
    tokio::io::stdout().write_all(format!("{}\n", service.address()).as_bytes()).await.unwrap();
    tokio::io::stdout().flush().await.unwrap();
    std::future::pending::<()>().await;
}

struct Emulator {
    child: Child,
    origin: String,
    client: reqwest::Client,
}

impl Emulator {
    /// With [`WEBHOOKS`] that all go to one address.
    async fn start(target: SocketAddr) -> Result<Self, String> {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let mut child = group(command.arg(ARGUMENT)).expect("the bench itself can be started");
        let origin = format!("http://{}", child.line().trim());
        let client = reqwest::Client::builder().no_proxy().timeout(MOST).build().map_err(|error| error.to_string())?;
        let emulator = Self { child, origin, client };
        for number in 0..WEBHOOKS {
            let uri = format!("http://{target}/hook/{number}");
            let body = json!({ "uri": uri, "subscribed_events": ["batch.succeeded"] });
            emulator.call(Method::POST, "/v1/webhooks", Some(body)).await?;
        }
        Ok(emulator)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.client.request(method, format!("{}{path}", self.origin)).header("x-goog-api-key", "k");
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status();
        let text = response.text().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}"));
        }
        serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
    }

    /// Jobs with as many events as make this many deliveries. They end when the clock is set ahead.
    async fn plan(&self, deliveries: usize) -> Result<(), String> {
        let request = json!({ "request": { "contents": [{ "parts": [{ "text": "hi" }] }] } });
        let batch =
            json!({ "batch": { "displayName": "d", "inputConfig": { "requests": { "requests": [request] } } } });
        for _ in 0..deliveries / WEBHOOKS {
            let path = "/v1beta/models/gemini-3-flash:batchGenerateContent";
            self.call(Method::POST, path, Some(batch.clone())).await?;
        }
        Ok(())
    }

    async fn set_ahead(&self) -> Result<(), String> {
        self.call(Method::POST, "/emulator/clock:advance", Some(json!({ "ms": JOB_MS }))).await.map(|_| ())
    }

    async fn counts(&self) -> Result<(usize, usize), String> {
        let counts = self.call(Method::GET, "/emulator/", None).await?;
        let count = |name: &str| counts[name].as_u64().map_or(0, |count| count as usize);
        Ok((count("deliveries"), count("pending")))
    }

    /// Deliveries a second, from the end of the jobs to the last answer.
    async fn round(&self) -> Result<f64, String> {
        self.plan(DELIVERIES).await?;
        let (before, _) = self.counts().await?;
        let started = Instant::now();
        self.set_ahead().await?;
        loop {
            let (all, pending) = self.counts().await?;
            let elapsed = started.elapsed();
            // The log is bounded: beyond its bound there are none more.
            if pending == 0 && (all > before || before >= Settings::default().keep_deliveries as usize) {
                return Ok(DELIVERIES as f64 / elapsed.as_secs_f64());
            }
            if elapsed > MOST {
                return Err(format!("{pending} of {DELIVERIES} deliveries were left after {} s", MOST.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Posts the same bodies with a plain client. Posts a second.
async fn plain(target: SocketAddr, body: &Bytes) -> Result<f64, String> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..CONCURRENCY)
        .map(|_| {
            let (client, next, body) = (client.clone(), Arc::clone(&next), body.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= DELIVERIES {
                        return Ok(());
                    }
                    let request = Request::post(format!("http://{target}/hook/{}", number % WEBHOOKS))
                        .header("content-type", "application/json")
                        .header("user-agent", "bench")
                        .body(Body::from(body.clone()))
                        .map_err(|error| error.to_string())?;
                    let response = client.request(request).await.map_err(|error| error.to_string())?;
                    if !response.status().is_success() {
                        return Err(format!("the receiver answered {}", response.status()));
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| error.to_string())??;
    }
    Ok(DELIVERIES as f64 / started.elapsed().as_secs_f64())
}

pub(crate) async fn measure() -> Vec<Figure> {
    let mut figures = speed().await.unwrap_or_else(|why| vec![Figure::not_taken("emulator, deliveries", &why)]);
    figures.extend(retries().await.unwrap_or_else(|why| vec![Figure::not_taken("emulator, retries", &why)]));
    figures
}

async fn speed() -> Result<Vec<Figure>, String> {
    let (_receiver, target) = bare::start();
    let emulator = Emulator::start(target).await?;
    emulator.round().await?;
    let page = emulator.call(Method::GET, "/emulator/deliveries?limit=1", None).await?;
    let newest = page["deliveries"][0]["id"].as_str().ok_or("the log is empty")?.to_owned();
    let newest = emulator.call(Method::GET, &format!("/emulator/deliveries/{newest}"), None).await?;
    let body = Bytes::from(newest["body"].as_str().ok_or("a delivery has no body")?.to_owned());
    plain(target, &body).await?;

    let (mut ratios, mut rates, mut plain_rates) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (ours, theirs) = if round % 2 == 0 {
            let theirs = plain(target, &body).await?;
            (emulator.round().await?, theirs)
        } else {
            let ours = emulator.round().await?;
            (ours, plain(target, &body).await?)
        };
        ratios.push(ours / theirs);
        rates.push(ours);
        plain_rates.push(theirs);
    }
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    let note = format!("rounds from {least:.2} to {most:.2}");
    Ok(vec![
        Figure::new("emulator, against a plain hyper client", median(ratios), "×", Bound::AtLeast(0.7)).note(note),
        Figure::new("emulator, signed and delivered", median(rates), "/s", Bound::None)
            .note(format!("v1, {CONCURRENCY} at once, from the end of the jobs to the last answer")),
        Figure::new("plain hyper client", median(plain_rates), "/s", Bound::None)
            .note(format!("the same bodies of {} bytes, unsigned", body.len())),
    ])
}

async fn retries() -> Result<Vec<Figure>, String> {
    // Nobody listens at a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let emulator = Emulator::start(free.map_err(|error| error.to_string())?).await?;
    emulator.plan(RETRIES).await?;
    emulator.set_ahead().await?;
    let started = Instant::now();
    loop {
        let (_, pending) = emulator.counts().await?;
        let page = emulator.call(Method::GET, "/emulator/deliveries?limit=100", None).await?;
        let tried = |one: &Value| one["attempts"].as_array().is_some_and(|attempts| attempts.len() == 1);
        // They are tried in the order they were made, so the newest are the last.
        if pending == RETRIES && page["deliveries"].as_array().is_some_and(|newest| newest.iter().all(tried)) {
            break;
        }
        if started.elapsed() > MOST {
            return Err(format!("not all of {RETRIES} were tried once within {} s", MOST.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let memory = memory(emulator.child.pid());
    Ok(vec![
        Figure::new("emulator, memory with 100,000 pending retries", memory.share, "MiB", Bound::Below(200.0))
            .note(format!("Pss; most that was ever resident: {:.0} MiB", memory.peak)),
    ])
}
