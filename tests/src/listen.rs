//! A `pollux listen --json` in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::Value;

/// A running listener; killed when dropped.
pub struct Listening {
    /// The process.
    pub child: Child,
    /// `http://127.0.0.1:PORT/`.
    pub address: String,
    lines: BufReader<ChildStdout>,
}

/// Starts one on a free port and waits for its first line.
pub fn start(home: &Path, arguments: &[&str]) -> Listening {
    start_in(command(home), arguments)
}

/// The same from a prepared command.
pub fn start_in(mut command: Command, arguments: &[&str]) -> Listening {
    command.args(["listen", "--json", "--bind", "127.0.0.1:0"]);
    start_as(command, arguments)
}

/// Any subcommand that listens.
pub fn start_as(mut command: Command, arguments: &[&str]) -> Listening {
    let mut child = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let first: Value = serde_json::from_str(&first).expect("the first line says where it listens");
    let address = first["listening"].as_str().unwrap().to_owned();
    Listening { child, address, lines }
}

/// `pollux` with a home of the test's.
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(crate::binary());
    command
        .env("POLLUX_DATA_DIR", home)
        .env("HOME", home)
        .env("TMPDIR", home)
        .env_remove("POLLUX_SECRET")
        .env_remove("NGROK_AUTHTOKEN")
        .env("NO_COLOR", "1");
    command
}

impl Listening {
    /// The next line it prints.
    pub fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// The next line; `None` at the end.
    pub fn next_line(&mut self) -> Option<Value> {
        let mut line = String::new();
        (self.lines.read_line(&mut line).unwrap() > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Interrupts it as Ctrl-C does and waits for its end.
    pub fn interrupt(mut self) -> ExitStatus {
        self.signal("INT");
        self.child.wait().unwrap()
    }

    /// Kills it with SIGKILL and waits for its end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
