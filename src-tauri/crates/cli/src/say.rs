//! Writes standard error. A thread writes it, so that nothing waits if it is not read (a terminal stopped with Ctrl-S):
//! neither capture, which logs, nor the end.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

use crate::escape;

/// Messages that may wait to be written.
const WAITING: usize = 1024;
/// How long the end waits for them.
const PATIENCE: Duration = Duration::from_secs(1);

static MESSAGES: OnceLock<Option<SyncSender<Message>>> = OnceLock::new();
static LOST: AtomicU64 = AtomicU64::new(0);

enum Message {
    Text(Vec<u8>),
    /// Asks to be told when all before it is written.
    End(SyncSender<()>),
}

/// Says it with `pollux: ` before it. Line ends stay, and what steers a terminal is escaped.
pub(crate) fn say(text: &str) {
    plain(&format!("pollux: {text}"));
}

/// The same without `pollux: `.
pub(crate) fn plain(text: &str) {
    put(format!("{}\n", escape::lines(text, false)).into_bytes());
}

/// Waits a moment until everything is written.
pub(crate) fn finish() {
    let Some(Some(messages)) = MESSAGES.get() else { return };
    let until = Instant::now() + PATIENCE;
    let (done, written) = sync_channel(1);
    let mut end = Message::End(done);
    loop {
        match messages.try_send(end) {
            Ok(()) => break,
            Err(TrySendError::Full(again)) if Instant::now() < until => {
                end = again;
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(_) => return,
        }
    }
    // If it is not read, or has ended, there is nothing more to do.
    let _ = written.recv_timeout(until.saturating_duration_since(Instant::now()));
}

fn put(text: Vec<u8>) {
    let messages = MESSAGES.get_or_init(|| {
        let (messages, waiting) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("stderr".to_owned());
        thread.spawn(move || write(&waiting)).is_ok().then_some(messages)
    });
    match messages {
        Some(messages) => match messages.try_send(Message::Text(text)) {
            Ok(()) => {}
            Err(_) => _ = LOST.fetch_add(1, Ordering::Relaxed),
        },
        None => _ = io::stderr().write_all(&text),
    }
}

fn write(waiting: &Receiver<Message>) {
    while let Ok(message) = waiting.recv() {
        match message {
            // If standard error is gone, nobody can be told.
            Message::Text(text) => _ = io::stderr().write_all(&text),
            Message::End(done) => _ = done.send(()),
        }
        let lost = LOST.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(io::stderr(), "pollux: {lost} messages were left out: standard error was not read");
        }
    }
}

/// Where log lines go.
pub(crate) struct Log;

/// One log line.
pub(crate) struct LogLine(Vec<u8>);

impl<'a> MakeWriter<'a> for Log {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine(Vec::new())
    }
}

impl Write for LogLine {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            put(std::mem::take(&mut self.0));
        }
    }
}
