//! The `pollux` under test: how it is started, and what is done to it.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::clock::Clock;
use super::message::Maker;
use super::plan::Plan;

/// How long a start may take: a log of 64 MiB is read first.
const START: Duration = Duration::from_secs(60);
/// What would lead the tunnel elsewhere.
const PROXIES: [&str; 6] = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY", "https_proxy", "all_proxy", "http_proxy"];
const AUTHTOKEN: &str = "2abcDEFghijKLMNOPqrstuvwxyz_7QdTn4wXyZ5b8cK9m";

/// What all processes of a run share.
pub(super) struct Setup {
    home: PathBuf,
    pub(super) database: PathBuf,
    log: PathBuf,
    keep: Vec<String>,
    /// The ingress of the tunnel's stand-in, and the certificate of its authority.
    server: String,
    authority: PathBuf,
    pub(super) clock: Option<Clock>,
}

impl Setup {
    /// Makes the folders. `authority`: PEM.
    pub(super) fn new(plan: &Plan, server: &str, authority: &str, clock: Option<Clock>) -> io::Result<Self> {
        let home = plan.folder.join("home");
        std::fs::create_dir_all(&home)?;
        let certificate = plan.folder.join("authority.pem");
        std::fs::write(&certificate, authority)?;
        let mut keep = vec!["--keep-size".to_owned(), plan.keep_bytes.to_string()];
        if let Some(count) = plan.keep_count {
            keep.extend(["--keep-count".to_owned(), count.to_string()]);
        }
        Ok(Self {
            database: plan.folder.join("history.db"),
            log: plan.folder.join("pollux.log"),
            home,
            keep,
            server: server.to_owned(),
            authority: certificate,
            clock,
        })
    }

    /// `pollux` on this history. Its process is the one that is started: the shell makes way for it.
    pub(super) fn command(&self) -> Command {
        let plain = crate::listen::command(&self.home);
        let mut command = Command::new("sh");
        // Beyond a limit of its files' size it would be ended by a signal, where a full disk lets it go on.
        command.args(["-c", r#"trap '' XFSZ; exec "$0" "$@""#]).arg(plain.get_program());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        for name in PROXIES {
            command.env_remove(name);
        }
        command.env("POLLUX_KEYCHAIN", "file").stdin(Stdio::null());
        if let Some(clock) = &self.clock {
            command.envs(clock.environment());
        }
        command
    }

    /// Starts one on a free port, and waits until it listens.
    pub(super) fn start(&self, tunnelled: bool) -> Result<Listener, String> {
        let mut command = self.command();
        command.args(["listen", "--json", "--bind", "127.0.0.1:0", "--db"]).arg(&self.database).args(&self.keep);
        for key in Maker::keys() {
            command.args(["--secret", &key]);
        }
        if tunnelled {
            command.args(["--tunnel", "ngrok", "--no-path-token"]).env("NGROK_AUTHTOKEN", AUTHTOKEN);
            command.env("POLLUX_NGROK_SERVER", &self.server).env("POLLUX_NGROK_CA", &self.authority);
        }
        let failed = |error: io::Error| format!("pollux could not be started: {error}");
        let log = OpenOptions::new().create(true).append(true).open(&self.log).map_err(failed)?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().map_err(failed)?;
        let out = child.stdout.take();
        // Ends it if it does not come to listen.
        let mut listener = Listener { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let Some(out) = out else { return };
            let (mut lines, mut line) = (BufReader::new(out), String::new());
            let _ = lines.read_line(&mut line);
            let _ = tell.send(line);
            // Whoever prints waits for a reader.
            let _ = io::copy(&mut lines, &mut io::sink());
        });
        let line =
            told.recv_timeout(START).map_err(|_| format!("pollux did not listen within {} s", START.as_secs()))?;
        let address = serde_json::from_str::<Value>(&line).ok().and_then(|line| {
            let url = line["listening"].as_str()?;
            url.trim_start_matches("http://").trim_end_matches('/').parse().ok()
        });
        listener.address = address.ok_or_else(|| format!("pollux did not start: {line:?}, {}", self.last_words()))?;
        Ok(listener)
    }

    /// The end of what listeners said on standard error.
    pub(super) fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&log[log.len().saturating_sub(4096)..]).into_owned();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

/// One that runs. Killed when dropped.
pub(super) struct Listener {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Listener {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends it without warning.
    pub(super) fn kill(mut self) -> Result<(), String> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.map(drop).map_err(|error| format!("pollux could not be killed: {error}"))
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, name: &str) -> Result<(), String> {
        run(Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]))
    }

    /// Interrupts it as Ctrl-C does, and waits for its end, which must be in order.
    pub(super) fn interrupt(mut self, patience: Duration) -> Result<(), String> {
        self.signal("INT")?;
        let until = Instant::now() + patience;
        loop {
            match self.ended() {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("pollux was interrupted and ended with {status}")),
                None if Instant::now() > until => {
                    return Err(format!("pollux was interrupted and went on for {} s", patience.as_secs()));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// From now on, no write of it may reach beyond so many bytes of a file; `unlimited` takes the limit away.
    pub(super) fn limit_files(&self, most: &str) -> Result<(), String> {
        run(Command::new("prlimit").args(["--pid", &self.pid().to_string(), &format!("--fsize={most}:")]))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program of the system.
pub(super) fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {said}")) }
}

/// What is resident of a process, in KiB; `None` once it has ended.
pub(super) fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Bytes of the history's files: the database, its log, and what the search keeps beside it.
pub(super) fn disk(database: &Path) -> u64 {
    let Some((folder, name)) = database.parent().zip(database.file_stem()) else { return 0 };
    let name = name.to_string_lossy().into_owned();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
        .map(|entry| size(&entry.path()))
        .sum()
}

fn size(path: &Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| size(&entry.path())).sum(),
        Err(_) => std::fs::symlink_metadata(path).map_or(0, |metadata| metadata.len()),
    }
}
