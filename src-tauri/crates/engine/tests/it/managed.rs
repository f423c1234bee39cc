//! What the tests of webhooks and rotations share: the Sandbox's project, and a stand-in for a service.

use std::time::{Duration, Instant};

use engine::{
    ApiKeyDraft, ApiVersion, NewSecret, PingResult, ProjectDraft, WebhookCreation, WebhookDraft, WebhookView,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::Rig;

/// How long to wait for a ping that does not come.
pub(crate) const SHORT: Duration = Duration::from_millis(400);
/// How long to wait for one that comes.
pub(crate) const LONG: Duration = Duration::from_secs(15);

pub(crate) fn draft(name: &str, uri: &str) -> WebhookDraft {
    WebhookDraft { name: Some(name.into()), uri: uri.into(), events: vec!["batch.succeeded".into()] }
}

impl Rig {
    /// The Sandbox's project.
    pub(crate) fn sandbox(&self) -> i64 {
        self.project(true)
    }

    /// A webhook of the Sandbox for `{listener}/sandbox/{path}`.
    pub(crate) async fn webhook(&self, path: &str) -> (WebhookView, NewSecret) {
        let uri = format!("{}sandbox/{path}", self.address);
        match self.engine.webhooks().create(self.sandbox(), draft(path, &uri), false).await.unwrap() {
            WebhookCreation::Created { webhook, secret } => (*webhook, secret),
            found => panic!("{found:?}"),
        }
    }

    /// Sets what goes wrong on purpose from now on.
    pub(crate) async fn faults(&self, faults: Value) {
        self.engine.sandbox().set_settings(json!({ "faults": faults })).await.unwrap();
    }

    pub(crate) async fn ping(&self, id: &str, wait: Duration) -> PingResult {
        self.engine.webhooks().ping_within(self.sandbox(), id, wait).await.unwrap()
    }

    /// The board's view of a webhook, without asking the service.
    pub(crate) async fn shown(&self, id: &str) -> WebhookView {
        let board = self.engine.webhooks().board(self.sandbox()).await.unwrap();
        board.webhooks.into_iter().find(|webhook| webhook.id == id).expect("it is listed")
    }

    /// A project at `origin`.
    pub(crate) async fn project_at(&self, origin: &str) -> i64 {
        self.project_at_path(origin, "stand-in").await
    }

    /// The same with a name and path.
    pub(crate) async fn project_at_path(&self, origin: &str, path: &str) -> i64 {
        let draft = ProjectDraft {
            name: path.into(),
            path: Some(path.into()),
            base_url: Some(origin.to_owned()),
            api_version: ApiVersion::V1,
            api_key: ApiKeyDraft::Typed { text: "key-of-a-stand-in".into() },
        };
        self.engine.projects().add(draft).await.unwrap().id
    }
}

/// Asks until it holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A service that gives these answers, by the request's line and how many of it there were. `None`: it cuts the
/// connection.
pub(crate) async fn stand_in(answer: impl Fn(&str, usize) -> Option<(u16, Value)> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = request(&mut stream).await;
            let line = request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
            let count = seen.entry(line.clone()).or_default();
            *count += 1;
            if let Some((status, body)) = answer(&line, *count) {
                let body = body.to_string();
                let head =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        }
    });
    origin
}

/// Reads one whole request.
pub(crate) async fn request(stream: &mut tokio::net::TcpStream) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&chunk[..read]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if read == 0 {
                return text;
            }
            continue;
        };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if read == 0 || body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}
