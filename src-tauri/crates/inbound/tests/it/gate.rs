//! Requests from the internet at the gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use inbound::{Gate, GateRules, HEALTH_LINE, Limits, Probes};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::rig::{Rig, rig, status, with_clocks};

const TOKEN: &str = "k3y-9f";

fn rules(per_second: u32) -> GateRules {
    GateRules {
        public: Some("https://hooks.example/".into()),
        path_token: Some(TOKEN.into()),
        per_second,
        bytes_per_second: 0,
    }
}

fn request(method: &str, path: &str, host: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn ask(rig: &Rig, method: &str, path: &str, host: &str) -> String {
    let bytes = request(method, path, host, b"");
    let closing = String::from_utf8(bytes).unwrap().replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    rig.raw(closing.as_bytes()).await
}

#[tokio::test]
async fn without_the_token_nothing_of_it_is_kept_and_nothing_is_told() {
    let rig = rig(Limits::default()).await;
    rig.gate.set(rules(0));
    for (method, path) in
        [("POST", "/"), ("POST", "/sandbox"), ("GET", "/"), ("HEAD", "/"), ("PUT", "/x"), ("GET", "/x")]
    {
        let answer = ask(&rig, method, path, "hooks.example").await;
        assert_eq!(status(&answer), "404", "{method} {path}");
        assert!(answer.ends_with("\r\n\r\n"), "no word: {answer}");
    }
    assert_eq!(rig.all().await, [] as [i64; 0]);
    let tally = rig.tally.snapshot();
    assert_eq!((tally.stray, tally.other_methods, tally.too_many), (6, 0, 0));
    // Requests from this machine continue as before.
    assert!(ask(&rig, "GET", "/", "localhost").await.ends_with(HEALTH_LINE));
    assert_eq!(status(&ask(&rig, "PUT", "/", "localhost").await), "405");
    assert_eq!(status(&ask(&rig, "POST", "/sandbox", "localhost").await), "401");
    assert_eq!(rig.only().await.path, "/sandbox");
}

#[tokio::test]
async fn with_the_token_the_project_is_found_without_it_and_the_path_is_kept_with_it() {
    let rig = rig(Limits::default()).await;
    rig.gate.set(rules(0));
    assert_eq!(status(&ask(&rig, "POST", "/k3y-9f/sandbox/x", "hooks.example").await), "401");
    assert_eq!(rig.only().await.path, "/k3y-9f/sandbox/x");
    assert_eq!(*rig.paths.lock().unwrap(), ["/sandbox/x"]);
    for path in ["/k3y-9f", "/k3y-9f/"] {
        assert!(ask(&rig, "GET", path, "hooks.example").await.ends_with(HEALTH_LINE), "{path}");
    }
    assert_eq!(status(&ask(&rig, "GET", "/k3y-9f/x", "hooks.example").await), "405");
    assert_eq!(rig.tally.snapshot().stray, 0);
}

#[tokio::test]
async fn beyond_the_rate_it_is_429_not_kept_and_counted() {
    let ms = Arc::new(AtomicU64::new(0));
    let (start, read) = (Instant::now(), ms.clone());
    let gate = Gate::new(Arc::new(move || start + Duration::from_millis(read.load(Ordering::Relaxed))));
    let rig = with_clocks(gate, Probes::default()).await;
    rig.gate.set(rules(1));
    let mut seen = Vec::new();
    for _ in 0..12 {
        seen.push(ask(&rig, "POST", "/k3y-9f/", "hooks.example").await);
    }
    let statuses: Vec<_> = seen.iter().map(|answer| status(answer)).collect();
    assert_eq!(statuses, [&["401"; 10][..], &["429"; 2]].concat());
    assert!(seen[11].to_ascii_lowercase().contains("\r\nretry-after: 1\r\n"), "{}", seen[11]);
    assert_eq!((rig.all().await.len(), rig.tally.snapshot().too_many), (10, 2));
    assert_eq!(status(&ask(&rig, "POST", "/", "127.0.0.1").await), "401", "a local one: it has no signature");
    ms.store(1_000, Ordering::Relaxed);
    assert_eq!(status(&ask(&rig, "POST", "/k3y-9f/", "hooks.example").await), "401");
}

#[tokio::test]
async fn what_a_tunnel_brings_is_from_the_internet_also_as_localhost() {
    let rig = rig(Limits::default()).await;
    rig.gate.set(rules(0));
    let intake = rig.listener.intake();
    let (mut ours, theirs) = tokio::io::duplex(4096);
    let served = tokio::spawn(async move { intake.serve(theirs, "192.0.2.7:4711".into()).await });
    ours.write_all(&request("POST", "/x", "localhost", b"12345")).await.unwrap();
    ours.write_all(&request("POST", "/k3y-9f/x", "localhost", b"12345")).await.unwrap();
    ours.shutdown().await.unwrap();
    let mut answers = String::new();
    ours.read_to_string(&mut answers).await.unwrap();
    served.await.unwrap();
    // The connection continues after a request that was turned away.
    let statuses: Vec<_> = answers.match_indices("HTTP/1.1 ").map(|(at, _)| &answers[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["404", "401"]);
    let kept = rig.only().await;
    assert_eq!((kept.path.as_str(), kept.peer.as_str()), ("/k3y-9f/x", "192.0.2.7:4711"));
}

#[tokio::test]
async fn a_long_body_that_is_turned_away_is_not_read_and_ends_the_connection() {
    let rig = rig(Limits::default()).await;
    rig.gate.set(rules(0));
    let mut stream = rig.connect().await;
    let head = "POST /x HTTP/1.1\r\nhost: hooks.example\r\ncontent-length: 9000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    // No body is sent: the answer does not wait for it.
    let answer = crate::rig::read_answer(&mut stream).await;
    assert_eq!(status(&answer), "404");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
}
