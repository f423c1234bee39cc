//! The user's own code, in the tests: it keeps what it gets, answers what it is told to, and can be down.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request: its head, and its body.
#[derive(Clone, Debug)]
pub struct Got {
    /// Request line and header lines.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Got {
    /// The value of the first header line of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")))?;
        line.split_once(": ").map(|(_, value)| value)
    }
}

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Got>>,
    answer: Mutex<(String, Duration)>,
    /// The `webhook-id` that is answered 503.
    refused: Mutex<Option<String>>,
}

/// It. Ended with the test.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Listens on a free port, and takes everything.
    pub async fn start() -> Self {
        let shared = Arc::<Shared>::default();
        let mut receiver = Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), shared, task: None };
        receiver.answers("200 OK", "taken", Duration::ZERO);
        receiver.up().await;
        receiver
    }

    /// Listens again, on the same port.
    pub async fn up(&mut self) {
        let socket = TcpListener::bind(self.address).await.unwrap();
        self.address = socket.local_addr().unwrap();
        let shared = self.shared.clone();
        self.task = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move { serve(stream, &shared).await });
            }
        }));
    }

    /// Nothing listens there any more.
    pub async fn down(&mut self) {
        let task = self.task.take().unwrap();
        task.abort();
        let _ = task.await;
    }

    /// Answers like this from now on, so long after the request.
    pub fn answers(&self, status: &str, body: &str, after: Duration) {
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nx-by: receiver\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        *self.shared.answer.lock().unwrap() = (answer, after);
    }

    /// Answers 503 to deliveries of this `webhook-id` from now on.
    pub fn refuses(&self, id: &str) {
        *self.shared.refused.lock().unwrap() = Some(id.to_owned());
    }

    /// `http://127.0.0.1:PORT/hook`.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// What came, in the order in which it was whole.
    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().unwrap().clone()
    }

    /// The `webhook-id`s in the order in which they came.
    pub fn ids(&self) -> Vec<String> {
        self.got().iter().map(|got| got.header("webhook-id").unwrap_or_default().to_owned()).collect()
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            bytes.drain(..end + 4);
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map(|rest| rest.lines().next().unwrap().parse().unwrap());
            break (head, length.unwrap_or(0));
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    while bytes.len() < length {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let got = Got { head, body: bytes };
    let refused = got.header("webhook-id").is_some_and(|id| shared.refused.lock().unwrap().as_deref() == Some(id));
    shared.got.lock().unwrap().push(got);
    if refused {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = stream.write_all(answer).await;
        return;
    }
    let (answer, after) = shared.answer.lock().unwrap().clone();
    tokio::time::sleep(after).await;
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
