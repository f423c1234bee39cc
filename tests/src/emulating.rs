//! A `pollux emulator --json` in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A running emulator; killed when dropped.
pub struct Emulator {
    /// The process.
    pub child: Child,
    /// What it prints.
    pub lines: BufReader<ChildStdout>,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// The key that its REST side takes.
    pub api_key: String,
}

impl Emulator {
    /// Starts one on a free port and waits for its first line.
    pub fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut child = command(home, arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let first: Value = serde_json::from_str(&first).expect("the first line says where it listens");
        assert_eq!(first.as_object().unwrap().keys().collect::<Vec<_>>(), ["listening", "api_key"]);
        let text = |name: &str| first[name].as_str().unwrap().to_owned();
        Self { child, lines, origin: text("listening"), api_key: text("api_key") }
    }

    /// The next line it prints.
    pub fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Creates a webhook for `uri`: its id and its secret.
    pub async fn webhook(&self, uri: &str) -> (String, String) {
        let body = json!({ "name": "test", "uri": uri, "subscribed_events": ["batch.succeeded"] });
        let made = self.call("POST", "/v1/webhooks", Some(body)).await;
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name} of {made}")).to_owned();
        (text("id"), text("new_signing_secret"))
    }

    /// Sets what goes wrong on purpose: a merge patch of the settings' `faults`.
    pub async fn faults(&self, faults: Value) {
        self.call("PATCH", "/emulator/settings", Some(json!({ "faults": faults }))).await;
    }

    /// The webhooks, as a client sees them.
    pub async fn webhooks(&self) -> Vec<Value> {
        let listed = self.call("GET", "/v1/webhooks", None).await;
        listed["webhooks"].as_array().cloned().unwrap_or_default()
    }

    /// One call, answered 2xx.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let mut request = crate::sender::client()
            .request(method.parse().unwrap(), format!("{}{path}", self.origin))
            .header("x-goog-api-key", &self.api_key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `pollux emulator` on a free port.
pub fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = crate::listen::command(home);
    command.env_remove("POLLUX_EMULATOR_API_KEY").args(["emulator", "--json", "--bind", "127.0.0.1:0"]).args(arguments);
    command
}
