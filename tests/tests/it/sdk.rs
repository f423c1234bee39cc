//! Google's own SDKs, unmodified and from their registries, with `pollux emulator` as their service.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tests::installed::{node, python};
use tests::sender::client;

pub(crate) const API_KEY: &str = "key-of-the-tests";

/// Jobs that end at once would hide that they run at all.
fn short_jobs() -> Value {
    json!({ "jobs": { "pending_ms": 50, "batch_ms": 150, "interaction_ms": 150, "video_ms": 150 } })
}

/// What one of the installed programs runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sdk {
    /// The newest of Python's.
    Python36,
    Python3,
    Python2,
    /// The newest of JavaScript's.
    Node33,
    Node,
}

impl Sdk {
    fn version(self) -> &'static str {
        match self {
            Self::Python36 => "3.6.1",
            Self::Python3 => "3.4.0",
            Self::Python2 => "2.34.0",
            Self::Node33 => "3.3.0",
            Self::Node => "3.1.0",
        }
    }

    fn command(self) -> Command {
        match self {
            Self::Python36 => python("google-genai-3.6", "sdk/python", "sdk.py"),
            Self::Python3 => python("google-genai-3", "sdk/python", "sdk.py"),
            Self::Python2 => python("google-genai-2", "sdk/python", "sdk.py"),
            Self::Node33 => {
                let mut command = node("sdk/node", "sdk.mjs");
                command.env("SDK", "google-genai-3.3");
                command
            }
            Self::Node => node("sdk/node", "sdk.mjs"),
        }
    }

    /// Runs a command of its script against the emulator: what it printed.
    pub(crate) async fn run(self, emulator: &Emulator, arguments: &[&str]) -> Value {
        let mut command = self.command();
        command.args([&emulator.origin, API_KEY]).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{self:?} {arguments:?}: {failed}\n{said}");
        let printed: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        assert_eq!(printed["sdk"], self.version(), "as in the lock file");
        printed
    }
}

/// A child that prints a JSON line first, and more of them; killed when dropped.
pub(crate) struct Talking {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Where it listens, as its first line says.
    pub(crate) listening: String,
}

impl Talking {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut talking = Self { child, lines, listening: String::new() };
        let first = talking.line();
        talking.listening = first["listening"].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
        talking
    }

    /// The next line it prints.
    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// SIGKILL; returns when it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A receiver written with somebody else's library.
pub(crate) fn receiver(scheme: &str, keys: &str, more: &[&str]) -> Talking {
    let mut command = python("receivers", "sdk/python", "receive.py");
    command.args([scheme, keys]).args(more);
    Talking::start(command)
}

/// The same with the npm package.
pub(crate) fn node_receiver(secrets: &Path) -> Talking {
    let mut command = node("sdk/node", "receive.mjs");
    command.arg(secrets);
    Talking::start(command)
}

/// A running `pollux emulator` in a home of its own.
pub(crate) struct Emulator {
    talking: Talking,
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: String,
    pub(crate) home: tempfile::TempDir,
}

impl Emulator {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), arguments)
    }

    pub(crate) fn start_in(home: tempfile::TempDir, arguments: &[&str]) -> Self {
        let mut command = tests::listen::command(home.path());
        command.args(["emulator", "--bind", "127.0.0.1:0", "--json", "--seed", "11", "--api-key", API_KEY]);
        command.args(arguments).stdin(Stdio::null());
        let talking = Talking::start(command);
        let origin = talking.listening.trim_end_matches('/').to_owned();
        Self { talking, origin, home }
    }

    /// One whose jobs take a fifth of a second.
    async fn with_short_jobs(arguments: &[&str]) -> Self {
        let emulator = Self::start(arguments);
        emulator.call("PATCH", "/emulator/settings", Some(short_jobs())).await;
        emulator
    }

    /// The next attempt, when it has ended.
    pub(crate) fn attempt(&mut self) -> Value {
        self.talking.line()
    }

    /// The JWKS of its dynamic webhooks.
    pub(crate) fn jwks(&self) -> String {
        format!("{}/.well-known/jwks.json", self.origin)
    }

    /// A file in its home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// SIGKILL; its home stays.
    pub(crate) fn kill(self) -> tempfile::TempDir {
        self.talking.kill();
        self.home
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.origin);
        let mut request = client().request(method.parse().unwrap(), url).header("x-goog-api-key", API_KEY);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// All deliveries, newest first.
    pub(crate) async fn deliveries(&self) -> Vec<Value> {
        let log = self.call("GET", "/emulator/deliveries?limit=1000", None).await;
        log["deliveries"].as_array().unwrap_or_else(|| panic!("{log}")).clone()
    }
}

/// Reads `count` deliveries at a receiver, each verified: the event types and bodies, by the id of what they are about.
fn verified(receiver: &mut Talking, count: usize) -> BTreeMap<String, Value> {
    let events = (0..count).map(|_| {
        let line = receiver.line();
        assert_eq!(line["verified"], true, "{line}");
        let event: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
        let id = event["data"]["id"].as_str().unwrap_or_else(|| panic!("{event}"));
        (id.rsplit('/').next().unwrap().to_owned(), event.clone())
    });
    events.collect()
}

/// The event about what the SDK calls `name`.
fn about<'a>(events: &'a BTreeMap<String, Value>, name: &Value) -> &'a Value {
    let id = name.as_str().unwrap().rsplit('/').next().unwrap();
    events.get(id).unwrap_or_else(|| panic!("no event about {id}: {events:?}"))
}

/// Everything that was sent was taken by the receiver at once, signed as a dynamic webhook.
async fn all_delivered(emulator: &mut Emulator, count: usize) {
    for _ in 0..count {
        let attempt = emulator.attempt();
        assert_eq!((&attempt["state"], &attempt["status"]), (&json!("delivered"), &json!(200)), "{attempt}");
    }
    let deliveries = emulator.deliveries().await;
    assert_eq!(deliveries.len(), count, "{deliveries:?}");
    for delivery in deliveries {
        assert_eq!(delivery["state"], "delivered", "{delivery}");
        assert_eq!(delivery["scheme"], "v1a", "{delivery}");
        assert_eq!(delivery["webhook"], Value::Null, "{delivery}");
        assert_eq!(delivery["attempts"].as_array().unwrap().len(), 1, "{delivery}");
    }
}

async fn webhooks(sdk: Sdk) {
    let mut emulator = Emulator::start(&[]);
    let printed = sdk.run(&emulator, &["webhooks", "http://127.0.0.1:9/hook"]).await;
    // Nobody listens at the webhook: the ping was accepted all the same, and is on its way.
    let attempt = emulator.attempt();
    assert_eq!((&attempt["number"], &attempt["status"]), (&json!(1), &Value::Null), "{attempt}");
    let log = emulator.deliveries().await;
    assert!(!log.is_empty() && log.iter().all(|one| one["webhook"] == printed["pinged"]), "{log:?}");
    let told = format!("{log:?}{}", emulator.call("GET", "/emulator/webhooks", None).await);
    assert!(!told.contains(printed["secret"].as_str().unwrap()), "a secret is shown once");
}

async fn wrong_calls(sdk: Sdk) {
    sdk.run(&Emulator::start(&[]), &["wrong_calls"]).await;
}

async fn batches(sdk: Sdk) {
    let mut emulator = Emulator::with_short_jobs(&[]).await;
    let mut receiver = receiver("v1a", &emulator.jwks(), &[]);
    // Registered for everything: a job's own addresses replace it.
    let other = json!({ "name": "other", "uri": "http://127.0.0.1:9/", "subscribed_events": ["batch.succeeded"] });
    emulator.call("POST", "/v1/webhooks", Some(other)).await;
    let printed = sdk.run(&emulator, &["batches", &receiver.listening]).await;

    let failed = usize::from(!printed["failed"].is_null());
    let events = verified(&mut receiver, 2 + failed + 1);
    let file = about(&events, &printed["file"]);
    assert_eq!((&file["type"], &file["version"]), (&json!("batch.succeeded"), &json!("v1")), "{file}");
    let pointer = file["data"]["output_file_uri"].as_str().unwrap();
    assert!(pointer.ends_with(printed["output_file"].as_str().unwrap()), "{file}");
    assert!(file["data"]["user_metadata"].as_object().unwrap().values().any(|value| value == "file"), "{file}");
    let inline = about(&events, &printed["inline"]);
    assert_eq!((&inline["type"], &inline["data"]["output_file_uri"]), (&json!("batch.succeeded"), &Value::Null));
    if failed > 0 {
        let event = about(&events, &printed["failed"]);
        assert_eq!(event["type"], "batch.failed");
        let operation = emulator.call("GET", &format!("/v1/{}", printed["failed"].as_str().unwrap()), None).await;
        assert_eq!(operation["error"]["message"], event["data"]["error_message"], "{operation}");
        assert!(!event["data"]["error_code"].is_null() && event["data"]["error_message"].is_string(), "{event}");
    }
    assert_eq!(about(&events, &printed["cancelled"])["type"], "batch.cancelled");
    all_delivered(&mut emulator, events.len()).await;
}

async fn interactions(sdk: Sdk) {
    let mut emulator = Emulator::with_short_jobs(&[]).await;
    let mut receiver = receiver("v1a", &emulator.jwks(), &[]);
    let printed = sdk.run(&emulator, &["interactions", &receiver.listening]).await;
    let events = verified(&mut receiver, 4);
    for kind in ["completed", "failed", "requires_action", "cancelled"] {
        let event = about(&events, &printed[kind]);
        assert_eq!(event["type"], format!("interaction.{kind}"), "{event}");
    }
    let metadata = &about(&events, &printed["completed"])["data"]["user_metadata"];
    assert!(metadata.as_object().unwrap().values().eq([&json!("background")]), "{metadata}");
    assert!(about(&events, &printed["failed"])["data"]["error_message"].is_string());
    all_delivered(&mut emulator, 4).await;
}

async fn tools(sdk: Sdk) {
    let mut emulator = Emulator::with_short_jobs(&[]).await;
    let mut receiver = receiver("v1a", &emulator.jwks(), &[]);
    let printed = sdk.run(&emulator, &["tools", &receiver.listening]).await;
    let events = verified(&mut receiver, 3);
    for kind in ["requires_action", "completed", "cancelled"] {
        let event = about(&events, &printed[kind]);
        assert_eq!(event["type"], format!("interaction.{kind}"), "{event}");
    }
    all_delivered(&mut emulator, 3).await;
}

async fn streams(sdk: Sdk) {
    let mut emulator = Emulator::with_short_jobs(&[]).await;
    let mut receiver = receiver("v1a", &emulator.jwks(), &[]);
    let printed = sdk.run(&emulator, &["streams", &receiver.listening]).await;
    let events = verified(&mut receiver, 1);
    let event = about(&events, &printed["completed"]);
    assert_eq!(event["type"], "interaction.completed", "{event}");
    assert!(event["data"]["user_metadata"].as_object().unwrap().values().eq([&json!("stream")]), "{event}");
    all_delivered(&mut emulator, 1).await;
}

async fn asynchronous(sdk: Sdk) {
    let emulator = Emulator::with_short_jobs(&[]).await;
    let mut receiver = receiver("v1a", &emulator.jwks(), &[]);
    let printed = sdk.run(&emulator, &["asynchronous", &receiver.listening, "http://127.0.0.1:9/hook"]).await;
    let events = verified(&mut receiver, 3);
    for (kind, event) in
        [("file", "batch.succeeded"), ("cancelled", "batch.cancelled"), ("completed", "interaction.completed")]
    {
        assert_eq!(about(&events, &printed[kind])["type"], event, "{events:?}");
    }
    let mut log = emulator.deliveries().await;
    let pings: Vec<Value> = log.extract_if(.., |one| one["webhook"] == printed["pinged"]).collect();
    assert_eq!((pings.len(), &pings[0]["scheme"]), (1, &json!("v1")), "{pings:?}");
    assert!(log.iter().all(|one| one["scheme"] == "v1a"), "{log:?}");
    let told = emulator.call("GET", "/emulator/webhooks", None).await.to_string();
    for secret in printed["secrets"].as_array().unwrap() {
        assert!(!told.contains(secret.as_str().unwrap()), "a secret is shown once");
    }
}

async fn files(sdk: Sdk) {
    let printed = sdk.run(&Emulator::start(&[]), &["files"]).await;
    assert!(printed["left"].as_u64().unwrap() >= 2, "{printed}");
}

async fn no_video(sdk: Sdk) {
    let said = sdk.run(&Emulator::start(&[]), &["no_video"]).await["said"].to_string();
    assert!(said.contains("only supported"), "{said}");
}

async fn video(sdk: Sdk) {
    let mut emulator = Emulator::with_short_jobs(&[]).await;
    let mut receiver = receiver("v1a", &emulator.jwks(), &[]);
    let printed = sdk.run(&emulator, &["video", &receiver.listening]).await;
    assert!(printed["bytes"].as_u64().unwrap() > 500, "{printed}");
    let line = receiver.line();
    assert_eq!(line["verified"], true, "{line}");
    let event: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
    assert_eq!(event["type"], "video.generated");
    let data = &event["data"];
    assert!(printed["operation"].as_str().unwrap().ends_with(data["id"].as_str().unwrap()), "{event}");
    assert!(data["output_file_uri"].is_string() && data["file_name"].is_string(), "{event}");
    assert_eq!(data["user_metadata"], json!({ "from_": "video" }), "{event}");
    all_delivered(&mut emulator, 1).await;
}

/// A test for each.
macro_rules! with {
    ($module:ident, $sdk:expr, $($test:ident),+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test($sdk).await;
                }
            )+
        }
    };
}

with!(
    google_genai_3_6,
    super::Sdk::Python36,
    webhooks,
    wrong_calls,
    batches,
    interactions,
    tools,
    streams,
    asynchronous,
    files,
    no_video
);
with!(
    google_genai_3,
    super::Sdk::Python3,
    webhooks,
    wrong_calls,
    batches,
    interactions,
    tools,
    streams,
    asynchronous,
    files,
    no_video
);
with!(google_genai_2, super::Sdk::Python2, webhooks, wrong_calls, batches, interactions, files, video);
with!(
    google_genai_js_3_3,
    super::Sdk::Node33,
    webhooks,
    wrong_calls,
    batches,
    interactions,
    tools,
    streams,
    files,
    no_video
);
with!(google_genai_js, super::Sdk::Node, webhooks, wrong_calls, batches, interactions, tools, streams, files, no_video);
