//! Uploads that share the room in memory: what is only promised takes none, and as many as fit are stored.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::capture::listener;
use crate::load::{Requests, exchange};
use crate::report::{Bound, Figure};
use crate::{child, percentile, scratch};

const MIB: usize = 1024 * 1024;
/// As long as a body may be.
const BODY: usize = 10 * MIB;
/// Below the connections that a listener has.
const PROMISES: usize = 1_000;
const HONEST: usize = 200;
const AT_ONCE: usize = 50;
/// So many are to be stored at the least: those that do not fit into the room together wait for it.
const FIT: f64 = 25.0;
const STALLED: usize = 26;

pub(crate) async fn measure() -> Vec<Figure> {
    match figures().await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("uploads", &why)],
    }
}

async fn figures() -> Result<Vec<Figure>, String> {
    let folder = scratch();
    let (listening, address) = listener(folder.path(), &folder.path().join("pollux.db"));
    let requests = Requests::signed(HONEST, "up_");
    let text = |error: std::io::Error| error.to_string();

    let before = child::memory(listening.child.id()).peak;
    let mut promised = Vec::new();
    for _ in 0..PROMISES {
        promised.push(begin(address, 2).await.map_err(text)?);
    }
    for stream in &mut promised {
        stream.write_all(b"xx").await.map_err(text)?;
    }
    let mut latencies = Vec::new();
    let mut honest = TcpStream::connect(address).await.map_err(text)?;
    let mut buffer = vec![0; 16 * 1024];
    for number in 0..HONEST {
        let sent = Instant::now();
        let answer = exchange(&mut honest, requests.get(number), &mut buffer).await?;
        if !answer.is_accepted() {
            return Err("an honest delivery was refused".to_owned());
        }
        latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    let more = child::memory(listening.child.id()).peak - before;
    drop(promised);

    let mut sent = JoinSet::new();
    for _ in 0..AT_ONCE {
        sent.spawn(upload(address, BODY));
    }
    // Nobody signed them: stored, and rejected.
    let stored = sent.join_all().await.iter().filter(|status| status.as_deref() == Some("401")).count();

    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        stalled.push(begin(address, BODY - 70_000).await.map_err(text)?);
    }
    let began = Instant::now();
    let status = upload(address, MIB).await;
    let waited = began.elapsed().as_secs_f64();
    if status.as_deref() != Some("401") {
        return Err(format!("beside {STALLED} stalled uploads, 1 MiB was answered {status:?}"));
    }
    drop(stalled);
    Ok(vec![
        Figure::new("1,000 promises of 10 MiB, memory more", more, "MiB", Bound::AtMost(150.0)),
        Figure::new("beside them, p99 answer", percentile(latencies, 99.0), "ms", Bound::AtMost(100.0)),
        Figure::new("of 50 × 10 MiB at once, stored", stored as f64, "", Bound::AtLeast(FIT)),
        Figure::new("1 MiB beside 26 stalled uploads", waited, "s", Bound::AtMost(5.0)),
    ])
}

/// A connection that promises a body and sends so much of it. What is not taken in time is left.
async fn begin(address: SocketAddr, sent: usize) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {BODY}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let body = vec![b'x'; sent];
    let _ = tokio::time::timeout(Duration::from_millis(300), stream.write_all(&body)).await;
    Ok(stream)
}

/// Sends a body whole; the status of the answer.
async fn upload(address: SocketAddr, len: usize) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&vec![b'x'; len]).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    String::from_utf8_lossy(&answer).split(' ').nth(1).map(str::to_owned)
}
