//! Requests that are too long, too slow or too many.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use inbound::{BindError, Limits, Listener, Parts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::rig::{read_answer, rig, signed, status, wait_for};

const KEPT: usize = 64 * 1024;

fn small() -> Limits {
    Limits {
        body: 100_000,
        body_time: Duration::from_millis(300),
        head_time: Duration::from_millis(300),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_kept_with_its_first_64_kib() {
    let rig = rig(small()).await;
    let body = vec![b'x'; 100_001];
    let answer = rig.post("msg_1", &body).await;
    assert_eq!(status(&answer), "413", "{answer}");
    let kept = rig.only().await;
    assert_eq!(
        (kept.verdict.reason.as_ref(), kept.row.truncated, kept.row.body_len),
        ("body_too_large", true, 100_001)
    );
    assert!(kept.verdict.sentence.contains("limit of 100000 bytes"), "{}", kept.verdict.sentence);
    assert_eq!(rig.store.body(kept.row.id).await.unwrap().unwrap(), body[..KEPT]);
    assert_eq!(rig.tally.snapshot().too_large, 1);
}

#[tokio::test]
async fn a_body_at_the_limit_is_taken() {
    let rig = rig(small()).await;
    let answer = rig.post("msg_1", &vec![b'x'; 100_000]).await;
    assert_eq!(status(&answer), "200");
}

#[tokio::test]
async fn a_chunked_body_without_a_length_meets_the_same_limit() {
    let rig = rig(small()).await;
    let mut request = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        request.extend_from_slice(b"2710\r\n");
        request.extend_from_slice(&[b'x'; 10_000]);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(status(&rig.raw(&request).await), "413");
    let kept = rig.only().await;
    assert_eq!(rig.store.body(kept.row.id).await.unwrap().unwrap().len(), KEPT);
    assert!(kept.row.body_len > 100_000);
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_408_and_kept_as_far_as_it_came() {
    let rig = rig(small()).await;
    let request = signed("msg_1", b"0123456789");
    let mut stream = rig.connect().await;
    stream.write_all(&request[..request.len() - 4]).await.unwrap();
    assert_eq!(status(&read_answer(&mut stream).await), "408");
    let kept = rig.only().await;
    assert_eq!(kept.verdict.reason, "body_timed_out");
    assert_eq!(rig.store.body(kept.row.id).await.unwrap().unwrap(), b"012345");
}

#[tokio::test]
async fn a_connection_that_ends_in_the_body_is_kept_too() {
    let rig = rig(small()).await;
    let request = signed("msg_1", b"0123456789");
    let mut stream = rig.connect().await;
    stream.write_all(&request[..request.len() - 4]).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(status(&read_answer(&mut stream).await), "400");
    assert_eq!(rig.only().await.verdict.reason, "body_cut_short");
}

#[tokio::test]
async fn a_slow_head_is_408_and_an_idle_connection_is_closed_in_silence() {
    let rig = rig(small()).await;
    let mut stream = rig.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\nslow: ").await.unwrap();
    assert_eq!(status(&read_answer(&mut stream).await), "408");
    let mut idle = rig.connect().await;
    assert_eq!(read_answer(&mut idle).await, "");
    assert!(rig.all().await.is_empty());
}

#[tokio::test]
async fn as_many_header_lines_as_peers_take_are_taken_and_more_are_431() {
    let rig = rig(Limits::default()).await;
    let with = |lines: usize| {
        let mut request = String::from("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n");
        for index in 3..lines {
            request.push_str(&format!("h{index}: 1\r\n"));
        }
        request + "\r\n"
    };
    assert_eq!(status(&rig.raw(with(256).as_bytes()).await), "401");
    assert_eq!(rig.only().await.headers.len(), 256);
    assert_eq!(status(&rig.raw(with(257).as_bytes()).await), "431");
}

#[tokio::test]
async fn connections_over_the_cap_are_503_and_a_freed_place_is_used_again() {
    let limits = Limits { connections: 2, head_time: Duration::from_secs(5), ..Limits::default() };
    let rig = rig(limits).await;
    let mut held = vec![rig.connect().await, rig.connect().await];
    for stream in &mut held {
        stream.write_all(b"POST / HT").await.unwrap();
    }
    // Connections are taken in the order in which they were made.
    let answer = rig.post("msg_1", b"{}").await;
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(answer.contains("retry-after"));
    assert_eq!(rig.tally.snapshot().refused, 1);
    drop(held);
    wait_for("a place is free again", async || status(&rig.post("msg_1", b"{}").await) == "200").await;
}

#[tokio::test]
async fn a_taken_port_is_told_with_the_next_free_one() {
    let rig = rig(Limits::default()).await;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let held = TcpListener::bind(taken).await;
    let held = match held {
        Ok(held) => held,
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap(),
    };
    let taken: SocketAddr = held.local_addr().unwrap();
    let (explain, _e) = mpsc::channel(1);
    let (failed, _f) = mpsc::channel(1);
    let parts = Parts {
        store: rig.store.clone(),
        projects: Arc::new(Nobody),
        limits: Limits::default(),
        clock: Arc::new(std::time::SystemTime::now),
        tally: rig.tally.clone(),
        explain,
        failed,
        gate: inbound::Gate::default(),
        probes: inbound::Probes::default(),
        answers: std::sync::Arc::new(inbound::UsualAnswers),
    };
    let error = Listener::start(taken, parts).await.unwrap_err();
    let BindError::InUse { next_free, .. } = &error else { panic!("{error}") };
    assert!(next_free.unwrap() > taken.port());
    assert_eq!(error.code(), "port_in_use");
    assert!(error.to_string().contains(&taken.to_string()));
}

struct Nobody;

impl inbound::Projects for Nobody {
    fn find(&self, _: &str) -> Arc<inbound::Project> {
        unreachable!("nothing arrives")
    }
}

/// The head of a request that asks whether to go on, and its body.
fn asking(request: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = [&request[..end], b"\r\nexpect: 100-continue\r\n\r\n"].concat();
    (head, request[end + 4..].to_vec())
}

/// The listener is told of the body, and waits for it.
async fn go_on(stream: &mut TcpStream) {
    const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut told = [0; CONTINUE.len()];
    stream.read_exact(&mut told).await.unwrap();
    assert_eq!(told, CONTINUE);
}

#[tokio::test]
async fn shutdown_lets_an_open_request_end_and_frees_the_port() {
    let rig = rig(Limits::default()).await;
    let address = rig.listener.address();
    let (head, body) = asking(&signed("msg_1", b"0123456789"));
    let mut stream = rig.connect().await;
    stream.write_all(&head).await.unwrap();
    go_on(&mut stream).await;
    let ended = tokio::spawn(rig.listener.shutdown());
    wait_for("no connection is taken any more", async || TcpStream::connect(address).await.is_err()).await;
    stream.write_all(&body).await.unwrap();
    assert_eq!(status(&read_answer(&mut stream).await), "200");
    ended.await.unwrap();
    TcpListener::bind(address).await.expect("the port is free again");
}

#[tokio::test]
async fn the_body_limit_changes_while_it_runs() {
    let rig = rig(small()).await;
    rig.listener.limit_bodies(10);
    assert_eq!(status(&rig.post("msg_1", b"01234567890").await), "413");
    rig.listener.limit_bodies(11);
    assert_eq!(status(&rig.post("msg_1", b"01234567890").await), "200");
}

#[tokio::test]
async fn a_connection_that_does_not_end_is_cut_at_the_shutdown() {
    let rig = rig(Limits { head_time: Duration::from_secs(60), ..Limits::default() }).await;
    let mut stream = rig.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n").await.unwrap();
    go_on(&mut stream).await;
    stream.write_all(b"ab").await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), rig.listener.shutdown()).await.expect("it ends");
    assert_eq!(read_answer(&mut stream).await, "");
}

#[tokio::test]
async fn an_endless_id_names_no_event_and_is_kept_as_a_header() {
    let rig = rig(Limits::default()).await;
    let id = "x".repeat(5_000);
    rig.post(&id, b"{}").await;
    let kept = rig.only().await;
    assert_eq!((kept.row.message_id, kept.row.event), (None, None));
    assert!(kept.headers.iter().any(|(name, value)| name == "webhook-id" && value.len() == 5_000));
}
