//! A receiver whose answers wait for the test, so that it decides in which order attempts end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// What it does with a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Status(u16),
    /// Closes the connection.
    HangUp,
}

impl Answer {
    /// The status that the sender sees.
    pub(super) fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::HangUp => None,
        }
    }
}

/// A request that waits for its answer; without one, its connection is closed.
pub(super) struct Arrival {
    /// The `webhook-id`.
    pub(super) id: String,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Listens until the runtime ends. Returns the address, and what arrives there.
pub(super) async fn listen() -> (SocketAddr, mpsc::UnboundedReceiver<Arrival>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (to, arrivals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A sender that is gone closes its connection.
            tokio::spawn(serve(stream, to.clone()));
        }
    });
    (address, arrivals)
}

async fn serve(mut stream: TcpStream, to: mpsc::UnboundedSender<Arrival>) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let (id, len) = loop {
            if let Some(whole) = request(&bytes) {
                break whole;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        bytes.drain(..len);
        let (answer, answered) = oneshot::channel();
        if to.send(Arrival { id, answer }).is_err() {
            return Ok(());
        }
        let Ok(Answer::Status(status)) = answered.await else { return Ok(()) };
        stream.write_all(format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n").as_bytes()).await?;
    }
}

/// The id of a request, and its length, once it is whole.
fn request(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let header = |name: &str| {
        let found = head.lines().filter_map(|line| line.split_once(": ")).find(|(found, _)| *found == name);
        found.map(|(_, value)| value.to_owned()).expect(name)
    };
    let len = end + header("content-length").parse::<usize>().unwrap();
    (bytes.len() >= len).then(|| (header("webhook-id"), len))
}
