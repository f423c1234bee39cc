//! What several targets need: a runtime without threads of its own, and pipes that give their bytes in pieces.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
}

/// Runs it in this thread. What it spawned and left goes on with the next one.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// Bytes that come at most so many at a time.
pub(super) struct Pieces {
    bytes: Vec<u8>,
    read: usize,
    size: usize,
}

impl Pieces {
    pub(super) fn new(bytes: &[u8], size: usize) -> Self {
        Self { bytes: bytes.to_vec(), read: 0, size: size.max(1) }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let to = self.bytes.len().min(self.read + self.size.min(buffer.remaining()));
        buffer.put_slice(&self.bytes[self.read..to]);
        self.read = to;
        Poll::Ready(Ok(()))
    }
}

/// The parts of an input between lines of three dashes.
pub(super) fn parts(input: &[u8]) -> Vec<&[u8]> {
    const LINE: &[u8] = b"\n---\n";
    let mut parts = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(LINE.len()).position(|window| window == LINE) {
        parts.push(&rest[..at]);
        rest = &rest[at + LINE.len()..];
    }
    parts.push(rest);
    parts
}

/// Whether a text is fit to be shown as one line of at most `most` characters.
pub(super) fn is_shown(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(gemini::steers)
}
