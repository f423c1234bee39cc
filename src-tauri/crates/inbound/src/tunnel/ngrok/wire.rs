//! The single connection of a session: reports when it ends, and ends it for certain.
//!
//! The crate keeps a connection open (and in use) after its session and tunnel are dropped. So the crate gets a
//! [`Wire`], and the other end is held here: [`Grip`] closes the connection underneath, whoever still holds the wire.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use ngrok::session::IoStream;
use parking_lot::{Mutex, MutexGuard};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::door::Door;

/// How long announcing the end of a connection may take (TLS sends an alert first).
const GOODBYE: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Held {
    io: Option<Box<dyn IoStream>>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    ended: bool,
    fault: Option<String>,
}

impl Held {
    fn broke(&mut self, error: &io::Error) {
        if !self.ended {
            self.ended = true;
            self.fault = Some(error.to_string());
        }
    }
}

#[derive(Default)]
struct Shared(Mutex<Held>);

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock()
    }

    fn take(&self) -> Option<Box<dyn IoStream>> {
        let mut held = self.held();
        let wakers = [held.reader.take(), held.writer.take()];
        let io = held.io.take();
        drop(held);
        for waker in wakers.into_iter().flatten() {
            waker.wake();
        }
        io
    }

    fn poll<T>(
        &self,
        context: &mut Context<'_>,
        reads: bool,
        work: impl FnOnce(Pin<&mut Box<dyn IoStream>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let mut held = self.held();
        let Some(io) = held.io.as_mut() else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let polled = work(Pin::new(io), context);
        match &polled {
            Poll::Pending => {
                let waker = if reads { &mut held.reader } else { &mut held.writer };
                match waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    None => *waker = Some(context.waker().clone()),
                }
            }
            Poll::Ready(Err(error)) => held.broke(error),
            Poll::Ready(Ok(_)) => {}
        }
        polled
    }
}

/// Bytes that are read at once.
const READ: usize = 16 * 1024;

/// What the crate reads and writes.
struct Wire {
    shared: Arc<Shared>,
    door: Door,
    read: Vec<u8>,
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { shared, door, read } = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        while !door.give(buffer) {
            let mut came = ReadBuf::new(read);
            ready!(shared.poll(context, true, |io, context| io.poll_read(context, &mut came)))?;
            if came.filled().is_empty() {
                shared.held().ended = true;
                break;
            }
            if let Err(error) = door.take(came.filled()) {
                shared.held().broke(&error);
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.shared.poll(context, false, |io, context| io.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.poll(context, false, |io, context| io.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.poll(context, false, |io, context| io.poll_shutdown(context))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(self.shared.take());
    }
}

/// Holds the connection of a session, once there is one. Dropping it closes the connection.
#[derive(Default)]
pub(super) struct Grip(Arc<Shared>);

/// Puts a connection into a [`Grip`].
#[derive(Clone)]
pub(super) struct Hand(Arc<Shared>);

impl Hand {
    pub(super) fn hold(&self, io: Box<dyn IoStream>) -> Box<dyn IoStream> {
        self.0.held().io = Some(io);
        Box::new(Wire { shared: self.0.clone(), door: Door::default(), read: vec![0; READ] })
    }
}

impl Grip {
    pub(super) fn hand(&self) -> Hand {
        Hand(self.0.clone())
    }

    /// What broke the connection, unless the other side ended it in order.
    pub(super) fn fault(&self) -> Option<String> {
        self.0.held().fault.clone()
    }

    /// Closes the connection. What the crate still wants to write is not sent.
    pub(super) async fn close(&self) {
        let io = self.0.take();
        if let Some(mut io) = io {
            let _ = tokio::time::timeout(GOODBYE, io.shutdown()).await;
        }
    }
}

impl Drop for Grip {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}
