//! The child process: finds the program, starts it so that nothing of it outlives us, and ends it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::oneshot;

use super::output::Output;
use super::trouble::{Kind, Trouble};
use super::{Cloudflared, note};

/// How long the rest of the child's group may hold its pipes after the child has ended.
const PIPES: Duration = Duration::from_millis(300);

/// A running cloudflared.
pub(super) struct Child {
    process: tokio::process::Child,
    pub(super) pid: u32,
    pub(super) metrics: SocketAddr,
    pub(super) output: Output,
    state_file: PathBuf,
    _leash: Leash,
}

impl Child {
    /// Starts it, forwarding to `target`, and records it.
    pub(super) async fn start(settings: &Cloudflared, target: &str) -> Result<Self, Trouble> {
        let program = find(settings.program.as_deref())?;
        let not_started = |what: &str, error: io::Error| Trouble::new(Kind::NotStarted(format!("{what}: {error}")));
        let config = settings.config_file();
        if let Some(folder) = config.parent() {
            fs::create_dir_all(folder).map_err(|error| not_started("its folder could not be created", error))?;
        }
        // Emptied at each start: a file with its own rules would send requests elsewhere.
        fs::write(&config, b"")
            .map_err(|error| not_started("its empty configuration file could not be created", error))?;
        let metrics = free_port().map_err(|error| not_started("there is no free port for its metrics", error))?;

        let mut command = command(&program).await;
        command.args(["tunnel", "--no-autoupdate", "--config"]).arg(&config);
        command.args(["--metrics", &metrics.to_string(), "--output", "json"]);
        if settings.http2 {
            command.args(["--protocol", "http2"]);
        }
        command.args(["--url", target]);
        for (name, _) in std::env::vars_os().filter(|(name, _)| overrides(name)) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);

        let (spawned, leash) = spawn(command).await;
        let mut process = spawned.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Trouble::new(Kind::Missing(Some(program.display().to_string()))),
            io::ErrorKind::PermissionDenied => Trouble::new(Kind::NotExecutable(program.display().to_string())),
            _ => not_started("the system said", error),
        })?;
        let pid = process.id().unwrap_or_default();
        if let Err(error) = note::write(&settings.state_file, pid, &program, &config) {
            tracing::warn!(%error, "the note of cloudflared could not be written: it would not be found after a crash");
        }
        let mut output = Output::default();
        if let Some(pipe) = process.stdout.take() {
            output.read(pipe);
        }
        if let Some(pipe) = process.stderr.take() {
            output.read(pipe);
        }
        Ok(Self { process, pid, metrics, output, state_file: settings.state_file.clone(), _leash: leash })
    }

    /// Waits for the child to end. Dropping this wait loses nothing.
    pub(super) async fn exited(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Asks the child to end, kills it after `patience`, and removes the note. Returns at once if the child has ended
    /// by itself.
    pub(super) async fn end(&mut self, patience: Duration) {
        if self.process.id().is_some() {
            self.interrupt();
            if tokio::time::timeout(patience, self.process.wait()).await.is_err() {
                tracing::warn!(pid = self.pid, "cloudflared did not end when asked; killing it");
                self.kill();
                if let Err(error) = self.process.kill().await {
                    tracing::error!(pid = self.pid, %error, "cloudflared could not be killed");
                }
            }
        }
        // A script around it may have left it running; its end of a pipe is open then.
        if !self.output.ended(PIPES).await {
            self.kill();
            self.output.ended(PIPES).await;
        }
        note::remove(&self.state_file);
    }

    #[cfg(unix)]
    fn signal(&self, signal: nix::sys::signal::Signal) {
        // Group 0 is ours, and group 1 is everybody's.
        if let Ok(pid @ 2..) = i32::try_from(self.pid) {
            let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), signal);
        }
    }

    #[cfg(unix)]
    fn interrupt(&self) {
        self.signal(nix::sys::signal::Signal::SIGINT);
    }

    #[cfg(unix)]
    fn kill(&self) {
        self.signal(nix::sys::signal::Signal::SIGKILL);
    }

    /// Windows has no signal for this, so it is killed.
    #[cfg(not(unix))]
    fn interrupt(&mut self) {
        let _ = self.process.start_kill();
    }

    #[cfg(not(unix))]
    fn kill(&mut self) {
        let _ = self.process.start_kill();
    }
}

/// The program: at the path in the settings, else on the PATH.
pub(super) fn find(asked: Option<&Path>) -> Result<PathBuf, Trouble> {
    let Some(asked) = asked else {
        return which::which("cloudflared").map_err(|_| Trouble::new(Kind::Missing(None)));
    };
    let shown = || asked.display().to_string();
    match fs::metadata(asked) {
        Ok(found) if !found.is_file() => Err(Trouble::new(Kind::NotExecutable(shown()))),
        Ok(_) => std::path::absolute(asked)
            .ok()
            .and_then(|program| which::which(program).ok())
            .ok_or_else(|| Trouble::new(Kind::NotExecutable(shown()))),
        // A bare name is looked up on the PATH.
        Err(_) => which::which(asked).map_err(|_| Trouble::new(Kind::Missing(Some(shown())))),
    }
}

/// Variables that stand for flags: those that a user sets for other tunnels would change ours. Also secrets that Pollux
/// takes from its own environment: they are none of cloudflared's business.
fn overrides(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    ["TUNNEL_", "POLLUX_"].iter().any(|start| name.starts_with(start))
        || ["_API_KEY", "_AUTHTOKEN"].iter().any(|end| name.ends_with(end))
        || matches!(&*name, "DIAL_EDGE_TIMEOUT" | "NO_TLS_VERIFY" | "STDIN_CONTROL" | "AUTOUPDATE_FREQ")
}

/// A port that is free at this moment. If somebody else takes it first, the child ends and the next one gets another.
fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// On Linux, if `setpriv` is installed (it is part of the base system), the kernel kills the child when we die without
/// a chance to do so. Elsewhere the note has to do, at the next start.
#[cfg(target_os = "linux")]
async fn command(program: &Path) -> Command {
    let flags = ["--pdeathsig", "KILL", "--"];
    if let Ok(setpriv) = which::which("setpriv") {
        let mut trial = Command::new(&setpriv);
        trial.args(flags).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if trial.status().await.is_ok_and(|status| status.success()) {
            let mut command = Command::new(setpriv);
            command.args(flags).arg(program);
            return command;
        }
    }
    Command::new(program)
}

#[cfg(not(target_os = "linux"))]
async fn command(program: &Path) -> Command {
    Command::new(program)
}

/// Keeps the thread that started the child alive: the kernel takes the death of that thread, not of the process, for
/// the parent's death, and a runtime thread may end at any time.
struct Leash {
    _held: std::sync::mpsc::Sender<()>,
}

async fn spawn(mut command: Command) -> (io::Result<tokio::process::Child>, Leash) {
    let (held, until) = std::sync::mpsc::channel::<()>();
    let (to, from) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let thread = std::thread::Builder::new().name("cloudflared".into()).spawn(move || {
        let spawned = {
            let _inside = runtime.enter();
            command.spawn()
        };
        let _ = to.send(spawned);
        let _ = until.recv();
    });
    let spawned = match thread {
        Ok(_) => from.await.unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended"))),
        Err(error) => Err(error),
    };
    (spawned, Leash { _held: held })
}

impl Cloudflared {
    /// Our own empty file: a user's file would override the flags.
    fn config_file(&self) -> PathBuf {
        let mut name = self.state_file.file_stem().map_or_else(|| OsString::from("cloudflared"), OsStr::to_os_string);
        name.push(".empty.yml");
        let file = self.state_file.with_file_name(name);
        std::path::absolute(&file).unwrap_or(file)
    }
}
