//! The load: keep-alive connections over raw sockets, with requests that were made and signed beforehand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use standardwebhooks::Webhook;
use tests::sender::{BODY, SECRET, now};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Requests as they go over the wire, one behind the other.
pub(crate) struct Requests {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Requests {
    /// As many as `count`, each with an id of its own and signed now.
    pub(crate) fn signed(count: usize, prefix: &str) -> Arc<Self> {
        Self::signed_with(SECRET, count, prefix)
    }

    /// Signed with another secret than the receiver's.
    pub(crate) fn forged(count: usize, prefix: &str) -> Arc<Self> {
        Self::signed_with("whsec_Zm9yZ2VkIGZvcmdlZCBmb3JnZWQgZm9yZ2Vk", count, prefix)
    }

    fn signed_with(secret: &str, count: usize, prefix: &str) -> Arc<Self> {
        let webhook = Webhook::new(secret).unwrap();
        let at = now();
        let mut requests = Self { bytes: Vec::with_capacity(count * 560), ends: Vec::with_capacity(count) };
        for number in 0..count {
            let id = format!("msg_{prefix}{number:08}");
            let signature = webhook.sign(&id, at, BODY.as_bytes()).unwrap();
            let request = format!(
                "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nuser-agent: bench\r\n\
                 webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\n\
                 content-length: {}\r\n\r\n{BODY}",
                BODY.len()
            );
            requests.bytes.extend_from_slice(request.as_bytes());
            requests.ends.push(requests.bytes.len());
        }
        Arc::new(requests)
    }

    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// How much is sent.
#[derive(Clone, Copy)]
pub(crate) struct Amount {
    pub(crate) connections: usize,
    /// Requests; where there are fewer made, they are sent again.
    pub(crate) requests: usize,
    /// No request begins after this time.
    pub(crate) time: Duration,
}

/// What was answered.
pub(crate) struct Answered {
    /// With 2xx.
    pub(crate) accepted: usize,
    /// Otherwise.
    pub(crate) refused: usize,
    /// Connections that ended before their time, with the first reason.
    pub(crate) broken: usize,
    pub(crate) why: Option<String>,
    pub(crate) elapsed: Duration,
    /// From the write to the whole answer, in milliseconds.
    pub(crate) latencies: Vec<f64>,
}

impl Answered {
    pub(crate) fn per_second(&self) -> f64 {
        self.accepted as f64 / self.elapsed.as_secs_f64()
    }

    /// Likewise of those that were answered otherwise; `Err` where one was not.
    pub(crate) fn refused_per_second(&self) -> Result<f64, String> {
        match (self.accepted, self.broken) {
            (0, 0) => Ok(self.refused as f64 / self.elapsed.as_secs_f64()),
            (accepted, broken) => Err(format!("{accepted} forged ones were accepted, {broken} connections broke")),
        }
    }

    /// `Err` where not every request was answered 2xx.
    pub(crate) fn all(self) -> Result<Self, String> {
        if self.refused == 0 && self.broken == 0 {
            return Ok(self);
        }
        let why = self.why.unwrap_or_default();
        Err(format!("{} answers were not 2xx, {} connections broke {why}", self.refused, self.broken))
    }
}

/// Sends; returns when all is answered. The connections are there before the clock starts.
pub(crate) async fn run(address: SocketAddr, requests: &Arc<Requests>, amount: Amount) -> Result<Answered, String> {
    let mut streams = Vec::new();
    for _ in 0..amount.connections {
        let stream = TcpStream::connect(address).await.map_err(|error| format!("{address}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        streams.push(stream);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::spawn(connection(address, stream, requests.clone(), next.clone(), amount, started)))
        .collect();
    let mut answered =
        Answered { accepted: 0, refused: 0, broken: 0, why: None, elapsed: Duration::ZERO, latencies: Vec::new() };
    for task in tasks {
        let one = task.await.map_err(|error| error.to_string())?;
        answered.accepted += one.accepted;
        answered.refused += one.refused;
        answered.latencies.extend(one.latencies);
        if let Some(why) = one.broken {
            answered.broken += 1;
            answered.why.get_or_insert(why);
        }
    }
    answered.elapsed = started.elapsed();
    Ok(answered)
}

#[derive(Default)]
struct One {
    accepted: usize,
    refused: usize,
    broken: Option<String>,
    latencies: Vec<f64>,
}

/// How long one answer may take before its connection counts as broken.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connection(
    address: SocketAddr,
    mut stream: TcpStream,
    requests: Arc<Requests>,
    next: Arc<AtomicUsize>,
    amount: Amount,
    started: Instant,
) -> One {
    let mut one = One::default();
    let mut buffer = vec![0; 16 * 1024];
    let work = async {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let sent = Instant::now();
            if index >= amount.requests || sent.duration_since(started) > amount.time {
                return;
            }
            let answer = match exchange(&mut stream, requests.get(index % requests.len()), &mut buffer).await {
                Ok(answer) => answer,
                Err(why) => {
                    one.broken = Some(why);
                    return;
                }
            };
            one.latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
            if answer.is_accepted() {
                one.accepted += 1;
            } else {
                one.refused += 1;
            }
            if answer.closes {
                // Some peers answer one request a connection.
                match TcpStream::connect(address).await {
                    Ok(next) => stream = next,
                    Err(error) => {
                        one.broken = Some(error.to_string());
                        return;
                    }
                }
            }
        }
    };
    if tokio::time::timeout(amount.time + PATIENCE, work).await.is_err() {
        one.broken = Some(format!("no answer within {} s", PATIENCE.as_secs()));
    }
    one
}

/// The head of an answer, as far as it matters.
pub(crate) struct Answer {
    status: u16,
    /// The connection takes no further request.
    closes: bool,
    /// Of head and body, in bytes.
    len: usize,
}

impl Answer {
    pub(crate) fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Sends a request and reads its answer.
pub(crate) async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> Result<Answer, String> {
    stream.write_all(request).await.map_err(|error| error.to_string())?;
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("the connection was closed in place of an answer".to_owned());
        }
        filled += read;
        if let Some(answer) = answer(&buffer[..filled])?
            && filled >= answer.len
        {
            return Ok(answer);
        }
    }
}

/// `None` until the head is whole.
fn answer(bytes: &[u8]) -> Result<Option<Answer>, String> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|error| error.to_string())?;
    let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or("no status line")?;
    let field = |wanted: &str| {
        head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then_some(value.trim())
        })
    };
    let body: usize = field("content-length").and_then(|len| len.parse().ok()).ok_or("no content-length")?;
    let closes = field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(Some(Answer { status, closes, len: end + 4 + body }))
}
