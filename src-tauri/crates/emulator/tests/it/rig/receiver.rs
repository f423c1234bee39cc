//! A receiver that shows what arrived over the wire, and answers as told.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::PATIENCE;

/// How it treats a request.
pub(crate) enum Say {
    /// Status, further header lines, body.
    Answer(u16, String, String),
    /// Sends nothing for as long as the sender waits.
    Nothing,
    /// Closes the connection.
    HangUp,
}

pub(crate) fn status(status: u16) -> Say {
    Say::Answer(status, String::new(), String::new())
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// Names as they arrived.
    pub(crate) names: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// From the head to the end of the body.
    pub(crate) took: Duration,
}

impl Arrival {
    pub(crate) fn header(&self, name: &str) -> String {
        let mut found = self.headers.iter().filter(|(candidate, _)| candidate == name);
        let (_, value) = found.next().unwrap_or_else(|| panic!("no {name}: {:?}", self.names));
        assert!(found.next().is_none(), "{name} twice");
        String::from_utf8(value.clone()).unwrap()
    }

    /// The event.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Script = Arc<dyn Fn(usize) -> Say + Send + Sync>;

/// Stops when dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    accepting: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Receiver {
    /// `script` is called with the number of each request, from 0.
    pub(crate) async fn start(script: impl Fn(usize) -> Say + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), script).await
    }

    pub(crate) async fn at(address: SocketAddr, script: impl Fn(usize) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrivals) = mpsc::unbounded_channel();
        let (script, count): (Script, _) = (Arc::new(script), Arc::new(AtomicUsize::new(0)));
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, script, count) = (sender.clone(), Arc::clone(&script), Arc::clone(&count));
                connections.spawn(async move { serve(stream, &sender, &script, &count).await });
            }
        });
        Self { address, arrivals, accepting }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn next(&mut self) -> Arrival {
        tokio::time::timeout(PATIENCE, self.arrivals.recv()).await.expect("nothing arrived").unwrap()
    }

    /// Checks that nothing arrived beyond what was read, and that nothing arrives for a moment.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(50), self.arrivals.recv()).await.is_err()
    }
}

async fn serve(
    mut stream: TcpStream,
    arrivals: &mpsc::UnboundedSender<Arrival>,
    script: &Script,
    count: &AtomicUsize,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let begun = Instant::now();
        let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let mut words = lines.next().unwrap().split(' ').map(str::to_owned);
        let fields: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
        let length = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.expect("no content-length").1.parse().unwrap();
        while buffer.len() < end + 4 + length {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        let arrival = Arrival {
            method: words.next().unwrap(),
            path: words.next().unwrap(),
            headers: fields.iter().map(|(name, value)| (name.to_lowercase(), value.as_bytes().to_vec())).collect(),
            names: fields.iter().map(|(name, _)| (*name).to_owned()).collect(),
            body: buffer[end + 4..end + 4 + length].to_vec(),
            took: begun.elapsed(),
        };
        buffer.drain(..end + 4 + length);
        let say = script(count.fetch_add(1, Ordering::SeqCst));
        let _ = arrivals.send(arrival);
        match say {
            Say::HangUp => return Ok(()),
            Say::Nothing => std::future::pending::<()>().await,
            Say::Answer(status, headers, body) => {
                let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
                let answer = format!("HTTP/1.1 {status} Said\r\n{headers}{length}\r\n{body}");
                stream.write_all(answer.as_bytes()).await?;
            }
        }
    }
}
