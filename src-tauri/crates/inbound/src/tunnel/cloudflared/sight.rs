//! Watches the child's metrics port: its address, and whether it is connected.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use super::output::is_host;
use super::pace::Pace;

/// How long an answer may take: the child is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many bytes of an answer are read.
const ANSWER: usize = 4096;

/// One look.
#[derive(Debug)]
pub(super) struct Sight {
    /// The host of the address, once it is known.
    pub(super) hostname: Option<String>,
    /// Whether it is connected to Cloudflare; `None` if it did not answer.
    pub(super) ready: Option<bool>,
}

/// Looks until nobody reads the results: often until the first connection, then at the pace of the watch.
pub(super) async fn watch(metrics: SocketAddr, pace: Pace, sights: mpsc::Sender<Sight>) {
    // A proxy from the environment is not meant for this host.
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .tls_certs_only([])
        .build();
    let Ok(client) = client else { return };
    let (mut hostname, mut was_ready) = (None, false);
    loop {
        if hostname.is_none() {
            hostname = ask_hostname(&client, metrics).await;
        }
        let ready = client.get(format!("http://{metrics}/ready")).send().await.ok();
        let ready = ready.map(|answer| answer.status() == reqwest::StatusCode::OK);
        was_ready |= ready == Some(true);
        if sights.send(Sight { hostname: hostname.clone(), ready }).await.is_err() {
            return;
        }
        tokio::time::sleep(if was_ready { pace.watch } else { pace.poll }).await;
    }
}

/// `{"hostname":"x-y-z.trycloudflare.com"}`, with an empty name before there is one.
async fn ask_hostname(client: &reqwest::Client, metrics: SocketAddr) -> Option<String> {
    let mut answer = client.get(format!("http://{metrics}/quicktunnel")).send().await.ok()?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER {
            return None;
        }
    }
    let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
    body.get("hostname")?.as_str().filter(|host| is_host(host)).map(str::to_owned)
}
