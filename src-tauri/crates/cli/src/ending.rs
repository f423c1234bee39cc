//! Ends the subcommands that run until they are stopped: the first Ctrl-C, SIGTERM or closed terminal ends them in
//! order, the second one at once.

use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{say, temporary};

/// How long ending at once may spend on removing what must not stay behind.
const TIDY: Duration = Duration::from_millis(500);

/// Watches for signals that ask the process to end.
pub(crate) struct Ending {
    asked: watch::Receiver<bool>,
    leftover: Arc<Mutex<Option<PathBuf>>>,
}

impl Ending {
    /// Starts watching: from here on, no signal ends the process by itself. A thread of its own watches, so that the
    /// second signal is noticed whatever else the process does.
    pub(crate) fn watch() -> Result<Self, String> {
        let (ask, asked) = watch::channel(false);
        let leftover = Arc::<Mutex<Option<PathBuf>>>::default();
        let (ready, standing) = mpsc::channel();
        let tidied = leftover.clone();
        let thread = std::thread::Builder::new().name("signals".to_owned());
        let spawned = thread.spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async {
                let mut signals = match Signals::stand() {
                    Ok(signals) => signals,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                // Let whoever waits for this continue.
                let _ = ready.send(Ok(()));
                signals.next().await;
                let _ = ask.send(true);
                let code = signals.next().await;
                at_once(&tidied, code);
            });
        });
        let standing = spawned.and_then(|_| standing.recv().map_err(io::Error::other)?);
        standing.map_err(|error| format!("signals cannot be watched: {error}"))?;
        Ok(Self { asked, leftover })
    }

    /// Returns when the process was asked to end.
    pub(crate) async fn asked(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            // The thread that watches is gone, so no signal will arrive.
            std::future::pending::<()>().await;
        }
    }

    /// Whether the process was asked to end.
    pub(crate) fn began(&self) -> bool {
        *self.asked.borrow()
    }

    /// What writes until then, and fails from then on.
    pub(crate) fn stops<W>(&self, out: W) -> Stoppable<W> {
        Stoppable { out, asked: self.asked.clone() }
    }

    /// Makes ending at once remove this temporary history, too.
    pub(crate) fn removes(&self, folder: &Path) {
        *self.leftover.lock() = Some(folder.to_owned());
    }
}

/// A writer that fails once the process was asked to end.
pub(crate) struct Stoppable<W> {
    out: W,
    asked: watch::Receiver<bool>,
}

impl<W: io::Write> io::Write for Stoppable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if *self.asked.borrow() {
            return Err(io::Error::other("stopped"));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn at_once(leftover: &Mutex<Option<PathBuf>>, code: i32) -> ! {
    let folder = leftover.lock().take();
    if let Some(folder) = folder {
        let (done, removed) = mpsc::channel();
        // Do not wait for a file system that hangs.
        std::thread::spawn(move || {
            temporary::remove(&folder);
            done.send(())
        });
        let _ = removed.recv_timeout(TIDY);
    }
    say::say("ended at once");
    say::finish();
    process::exit(code)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn stand() -> io::Result<Self> {
        use std::io::IsTerminal as _;

        use tokio::signal::unix::{SignalKind, signal};
        // Under `nohup`, closing the terminal must change nothing; no standard stream is a terminal then.
        let at_a_terminal = io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: if at_a_terminal { Some(signal(SignalKind::hangup())?) } else { None },
        })
    }

    /// Waits for the next signal; gives the exit code that a shell reports for it: 128 plus its number.
    async fn next(&mut self) -> i32 {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
            _ = hang_up => 129,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn stand() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}
