//! How what runs until it is ended is ended: the first Ctrl-C, SIGTERM or closed terminal ends it in order, the second
//! one at once.

use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{say, temporary};

/// How long an end at once takes for what must not stay behind.
const TIDY: Duration = Duration::from_millis(500);

/// Watches for the wish that the process ends.
pub(crate) struct Ending {
    asked: watch::Receiver<bool>,
    leftover: Arc<Mutex<Option<PathBuf>>>,
}

impl Ending {
    /// From here on no signal ends the process by itself. A thread of its own watches: whatever else the process does,
    /// the second signal is heard.
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
                // Whoever waits for it goes on.
                let _ = ready.send(Ok(()));
                signals.next().await;
                let _ = ask.send(true);
                let code = signals.next().await;
                at_once(&tidied, code);
            });
        });
        let standing = spawned.and_then(|_| standing.recv().map_err(io::Error::other)?);
        standing.map_err(|error| format!("signals cannot be heard: {error}"))?;
        Ok(Self { asked, leftover })
    }

    /// Ends when it was asked for.
    pub(crate) async fn asked(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            // The thread that would hear of it is gone, and nothing more is heard.
            std::future::pending::<()>().await;
        }
    }

    /// An end at once removes this temporary history, too.
    pub(crate) fn removes(&self, folder: &Path) {
        *self.leftover.lock() = Some(folder.to_owned());
    }
}

fn at_once(leftover: &Mutex<Option<PathBuf>>, code: i32) -> ! {
    let folder = leftover.lock().take();
    if let Some(folder) = folder {
        let (done, removed) = mpsc::channel();
        // A file system that hangs is not waited for.
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
        // Under `nohup` a terminal that closes is to change nothing; no standard stream is a terminal then.
        let at_a_terminal = io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: if at_a_terminal { Some(signal(SignalKind::hangup())?) } else { None },
        })
    }

    /// The next one, as the exit code that a shell gives a process that it ended: 128 and its number.
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
