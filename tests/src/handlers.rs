//! Handlers written with other people's libraries, right or with one mistake: see `tests/handlers`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::installed::{node, python};

/// How long one may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a handler is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Flask, and `standardwebhooks` of PyPI.
    Python,
    /// Express, and `standardwebhooks` of npm.
    Node,
}

impl Language {
    fn command(self) -> Command {
        match self {
            Self::Python => python("handlers", "handlers/python", "handler.py"),
            Self::Node => node("handlers/node", "handler.mjs"),
        }
    }
}

/// What runs it: one that is to be restarted is another one each time.
#[derive(Debug)]
struct Process {
    child: Mutex<Child>,
    over: AtomicBool,
}

impl Process {
    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock()
    }
}

/// A running handler; killed when dropped. What it said is told when the test fails.
#[derive(Debug)]
pub struct Handler {
    /// Where it takes deliveries.
    pub url: String,
    /// Where it tells how often it acted on each message.
    pub handled_url: String,
    process: Arc<Process>,
    said: NamedTempFile,
}

fn command(language: Language, mistake: &str, secret: &str, jwks: Option<&str>) -> Command {
    let mut command = language.command();
    // Not an argument: everybody on the machine can read those.
    command.env("HANDLER_SECRET", secret).args(["--mistake", mistake]);
    if let Some(jwks) = jwks {
        command.args(["--jwks", jwks]);
    }
    command
}

impl Handler {
    /// Starts one on a free port and waits until it listens. `mistake` is `none` for the right one; with the address of a
    /// JWKS it also knows `v1a` and tokens.
    pub fn start(language: Language, mistake: &str, secret: &str, jwks: Option<&str>) -> Self {
        let said = NamedTempFile::new().unwrap();
        let mut command = command(language, mistake, secret, jwks);
        let mut child = command.stdout(Stdio::piped()).stderr(said.reopen().unwrap()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let process = Arc::new(Process { child: Mutex::new(child), over: AtomicBool::new(false) });
        let mut handler = Self { url: String::new(), handled_url: String::new(), process, said };
        let (sender, first) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            // Nobody waits any more when it is too late.
            let _ = sender.send(lines.read_line(&mut line).map(|_| line));
        });
        let line = first.recv_timeout(PATIENCE).expect("it starts in time").unwrap();
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        handler.url = line["listening"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned();
        handler.handled_url = handler.url.replace("/hook", "/handled");
        handler
    }

    /// The same under a supervisor: a second after its end it is started again, at the same address.
    pub fn start_supervised(language: Language, mistake: &str, secret: &str, jwks: Option<&str>) -> Self {
        let handler = Self::start(language, mistake, secret, jwks);
        let port = reqwest::Url::parse(&handler.url).unwrap().port().unwrap().to_string();
        let mut command = command(language, mistake, secret, jwks);
        command.args(["--port", &port]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = handler.process.clone();
        std::thread::spawn(move || {
            while !process.over.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(50));
                if process.child().try_wait().unwrap().is_none() {
                    continue;
                }
                std::thread::sleep(Duration::from_secs(1));
                let mut child = process.child();
                if !process.over.load(Ordering::SeqCst) {
                    *child = command.spawn().unwrap();
                }
            }
        });
        handler
    }

    /// How often it acted on each message.
    pub async fn handled(&self) -> BTreeMap<String, u64> {
        let text = crate::sender::client().get(&self.handled_url).send().await.unwrap().text().await.unwrap();
        let told: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let counts = told["handled"].as_object().unwrap_or_else(|| panic!("{told}"));
        counts.iter().map(|(id, count)| (id.clone(), count.as_u64().unwrap())).collect()
    }

    /// What it wrote to its standard error so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.said.path()).unwrap()).into_owned()
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        let mut child = self.process.child();
        self.process.over.store(true, Ordering::SeqCst);
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
        if std::thread::panicking() {
            eprintln!("the handler said:\n{}", self.said());
        }
    }
}
