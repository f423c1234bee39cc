//! Writes standard output for subcommands that run until they are stopped. A thread writes it, so that a stuck reader
//! (a pager, Ctrl-S) delays neither capture nor the end.
//!
//! What waits to be written is bounded in bytes. When it is full, whoever prints waits, and reads on in the history
//! later. At the end there is a time limit, and lines not written by then are counted.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;

use crate::print::{self, Unwritten, Written};
use crate::{escape, say};

/// Bytes that may wait to be written. A single line always may, however long.
const ROOM: u32 = 4 << 20;
/// How long the end waits for the reader.
pub(crate) const LAST: Duration = Duration::from_secs(3);

/// Prints in order. See the module.
pub(crate) struct Printer {
    queue: mpsc::UnboundedSender<Waiting>,
    room: Arc<Semaphore>,
    shared: Arc<Shared>,
    done: oneshot::Receiver<()>,
}

struct Waiting {
    text: String,
    lines: u64,
    _room: OwnedSemaphorePermit,
}

#[derive(Default)]
struct Shared {
    /// Lines that should have been printed.
    meant: AtomicU64,
    written: AtomicU64,
    /// Why nothing is printed any more.
    failure: Mutex<Option<Unwritten>>,
    failed: CancellationToken,
}

impl Printer {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Self, String> {
        let (queue, waiting) = mpsc::unbounded_channel();
        let (ended, done) = oneshot::channel();
        let room = Arc::new(Semaphore::new(ROOM as usize));
        let shared = Arc::<Shared>::default();
        let (closing, noting) = (room.clone(), shared.clone());
        let thread = std::thread::Builder::new().name("stdout".to_owned());
        let spawned = thread.spawn(move || {
            write(waiting, &noting);
            // There will be no more room to wait for.
            closing.close();
            let _ = ended.send(());
        });
        spawned.map_err(|error| format!("the thread that prints could not be started: {error}"))?;
        Ok(Self { queue, room, shared, done })
    }

    /// Prints one line of JSON. Waits for room; if dropped before that, it is not printed.
    pub(crate) async fn line(&self, value: &Value) -> Written {
        self.put(json_line(value)).await
    }

    /// Prints lines for a person, each with its line end. Waits as [`Printer::line`] does.
    pub(crate) async fn text(&self, text: &str) -> Written {
        self.put(print::safe(text).into_owned()).await
    }

    /// Prints like [`Printer::line`] or [`Printer::text`], but counts it as missing if there is no room by then.
    pub(crate) async fn by(&self, until: Instant, text: &Text) -> Written {
        let text = match text {
            Text::Json(value) => json_line(value),
            Text::Human(text) => print::safe(text).into_owned(),
        };
        let lines = count(&text);
        match timeout_at(until.into(), self.put(text)).await {
            Ok(written) => written,
            Err(_) => {
                self.missing(lines);
                Ok(())
            }
        }
    }

    /// Prints either kind.
    pub(crate) async fn print(&self, text: &Text) -> Written {
        match text {
            Text::Json(value) => self.line(value).await,
            Text::Human(text) => self.text(text).await,
        }
    }

    /// Counts this many lines as missing.
    pub(crate) fn missing(&self, lines: u64) {
        self.shared.meant.fetch_add(lines, Ordering::Relaxed);
    }

    /// Returns when nothing can be printed any more.
    pub(crate) async fn failed(&self) -> Unwritten {
        self.shared.failed.cancelled().await;
        self.why()
    }

    /// Writes what is waiting, until this time at most, and says on standard error how many lines are missing.
    pub(crate) async fn finish(self, until: Instant) -> Written {
        let Self { queue, shared, done, .. } = self;
        drop(queue);
        let _ = timeout_at(until.into(), done).await;
        if let Some(failure) = shared.failure.lock().take() {
            return Err(failure);
        }
        let meant = shared.meant.load(Ordering::Relaxed);
        match meant.saturating_sub(shared.written.load(Ordering::Relaxed)) {
            0 => {}
            1 => say::say(&format!("1 line is missing: standard output was not read for {} s", LAST.as_secs())),
            lines => {
                say::say(&format!("{lines} lines are missing: standard output was not read for {} s", LAST.as_secs()));
            }
        }
        Ok(())
    }

    async fn put(&self, text: String) -> Written {
        let bytes = u32::try_from(text.len()).unwrap_or(ROOM).clamp(1, ROOM);
        let Ok(room) = self.room.clone().acquire_many_owned(bytes).await else { return Err(self.why()) };
        let lines = count(&text);
        self.shared.meant.fetch_add(lines, Ordering::Relaxed);
        self.queue.send(Waiting { text, lines, _room: room }).map_err(|_| self.why())
    }

    fn why(&self) -> Unwritten {
        let failure = self.shared.failure.lock();
        match &*failure {
            Some(Unwritten::Failed(message)) => Unwritten::Failed(message.clone()),
            _ => Unwritten::ReaderGone,
        }
    }
}

/// What is to be printed.
pub(crate) enum Text {
    /// A line for scripts.
    Json(Value),
    /// Lines for a person, with their ends.
    Human(String),
}

fn json_line(value: &Value) -> String {
    let mut line = escape::json(value);
    line.push('\n');
    line
}

fn count(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u64
}

fn write(mut waiting: mpsc::UnboundedReceiver<Waiting>, shared: &Shared) {
    while let Some(Waiting { text, lines, .. }) = waiting.blocking_recv() {
        if let Err(failure) = print::write(&mut io::stdout().lock(), &text) {
            *shared.failure.lock() = Some(failure);
            shared.failed.cancel();
            return;
        }
        shared.written.fetch_add(lines, Ordering::Relaxed);
    }
}
