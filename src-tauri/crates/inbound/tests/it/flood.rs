//! Floods of forged deliveries: how much of the disk, the memory and the log they may use.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use inbound::{Gate, GateRules, Limits, Probes};
use sha2::{Digest as _, Sha256};
use signature::Outcome;
use store::{Options, Space, SpaceOf};
use tokio::io::AsyncWriteExt as _;
use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber, subscriber};

use crate::rig::{Rig, read_answer, rig, signed, status, with_clocks, with_history};

const KEPT: usize = 64 * 1024;
const MIB: usize = 1024 * 1024;

/// A delivery of this body, with the signature of another one.
fn forged(id: &str, body: &[u8]) -> Vec<u8> {
    let mut request = signed(id, body);
    *request.last_mut().unwrap() ^= 1;
    request
}

/// The body as it arrived.
fn arrived(request: &[u8]) -> &[u8] {
    let head = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    &request[head..]
}

#[tokio::test]
async fn of_a_rejected_body_the_beginning_the_length_and_the_digest_are_kept() {
    let mut rig = rig(Limits::default()).await;
    let request = forged("msg_1", &vec![b'x'; MIB]);
    assert_eq!(status(&rig.raw(&request).await), "401");
    let whole = arrived(&request);
    let kept = rig.only().await;
    assert_eq!((kept.verdict.outcome, kept.row.truncated, kept.row.body_len), (Outcome::Rejected, true, MIB as u64));
    assert_eq!(rig.store.body(kept.row.id).await.unwrap().unwrap(), whole[..KEPT]);
    let digest: [u8; 32] = Sha256::digest(whole).into();
    assert_eq!(kept.sha256, Some(digest));
    let said = kept.verdict.warnings.iter().find(|warning| warning.code == "body_kept_in_part").unwrap();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(said.message.contains("the first 65,536 of 1,048,576 bytes") && said.message.contains(&hex), "{said:?}");
    assert_eq!(rig.store.counts().await.unwrap().kept_bytes / KEPT as u64, 1);

    // The probe still sees all of it.
    let explain = rig.explain.recv().await.unwrap();
    assert_eq!((explain.id, explain.body.as_ref()), (kept.row.id, whole));
    assert_eq!(explain.verdict, kept.verdict);
}

#[tokio::test]
async fn what_is_not_longer_and_what_is_genuine_is_kept_whole() {
    let rig = rig(Limits::default()).await;
    let at_the_limit = forged("msg_1", &vec![b'x'; KEPT]);
    rig.raw(&at_the_limit).await;
    let genuine = vec![b'y'; MIB];
    assert_eq!(status(&rig.post("msg_2", &genuine).await), "200");
    for (id, body) in [(1, arrived(&at_the_limit)), (2, &genuine)] {
        let kept = rig.store.delivery(id).await.unwrap().unwrap();
        assert_eq!((kept.row.truncated, kept.sha256, kept.row.body_len), (false, None, body.len() as u64));
        assert!(kept.verdict.warnings.iter().all(|warning| warning.code != "body_kept_in_part"));
        assert_eq!(rig.store.body(id).await.unwrap().unwrap(), body);
    }
}

#[tokio::test]
async fn how_much_is_kept_is_a_setting_that_changes_while_it_runs() {
    let rig = rig(Limits { rejected: 10, ..Limits::default() }).await;
    rig.raw(&forged("msg_1", b"0123456789abc")).await;
    rig.listener.keep_of_rejected(12);
    rig.raw(&forged("msg_2", b"0123456789abc")).await;
    rig.listener.keep_of_rejected(13);
    rig.raw(&forged("msg_3", b"0123456789abc")).await;
    let mut kept = Vec::new();
    for id in rig.all().await {
        kept.push((
            rig.store.body(id).await.unwrap().unwrap().len(),
            rig.store.rows(&[id]).await.unwrap()[0].truncated,
        ));
    }
    assert_eq!(kept, [(10, true), (12, true), (13, false)]);
}

#[tokio::test]
async fn one_that_is_too_long_or_does_not_come_whole_keeps_no_more_and_has_no_digest() {
    let limits = Limits { body: 100, rejected: 10, body_time: Duration::from_millis(200), ..Limits::default() };
    let rig = rig(limits).await;
    assert_eq!(status(&rig.post("msg_1", &[b'x'; 101]).await), "413");
    let request = signed("msg_2", &[b'x'; 50]);
    let mut stream = rig.connect().await;
    stream.write_all(&request[..request.len() - 10]).await.unwrap();
    assert_eq!(status(&read_answer(&mut stream).await), "408");
    for id in rig.all().await {
        let kept = rig.store.delivery(id).await.unwrap().unwrap();
        assert_eq!((kept.row.truncated, kept.sha256), (true, None));
        assert_eq!(rig.store.body(id).await.unwrap().unwrap().len(), 10);
        assert!(kept.verdict.sentence.contains("10"), "it says how much: {}", kept.verdict.sentence);
    }
}

#[tokio::test]
async fn those_that_wait_for_the_probe_are_bounded_in_bytes_and_their_room_comes_back() {
    let mut rig = rig(Limits { explained: 3 * MIB, ..Limits::default() }).await;
    let body = vec![b'x'; 600_000];
    for n in 0..10 {
        assert_eq!(status(&rig.raw(&forged(&format!("msg_{n}"), &body)).await), "401");
    }
    let mut waiting = Vec::new();
    while let Ok(explain) = rig.explain.try_recv() {
        waiting.push(explain);
    }
    assert_eq!(waiting.len(), 5, "as many as fit into 3 MiB");
    rig.raw(&forged("msg_10", &body)).await;
    assert!(rig.explain.try_recv().is_err(), "what is being looked at takes its room, too");
    drop(waiting);
    rig.raw(&forged("msg_11", &body)).await;
    assert_eq!(rig.explain.try_recv().unwrap().body.len(), body.len());
    assert_eq!(rig.all().await.len(), 12, "all are kept");
}

/// A gate whose time the test sets, in ms.
async fn public(bytes_per_second: u64) -> (Rig, Arc<AtomicU64>) {
    let ms = Arc::new(AtomicU64::new(0));
    let (start, read) = (Instant::now(), ms.clone());
    let gate = Gate::new(Arc::new(move || start + Duration::from_millis(read.load(Ordering::Relaxed))));
    let rig = with_clocks(gate, Probes::default()).await;
    rig.gate.set(GateRules { public: Some("https://hooks.example/".into()), bytes_per_second, ..GateRules::default() });
    (rig, ms)
}

fn to(host: &str, request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(request.to_vec()).unwrap();
    text.replacen("host: x\r\n", &format!("host: {host}\r\n"), 1).into_bytes()
}

fn chunked(request: &[u8], chunk: usize) -> Vec<u8> {
    let (head, body) = request.split_at(request.len() - arrived(request).len());
    let head = String::from_utf8(head.to_vec()).unwrap();
    let lines = head.lines().filter(|line| !line.starts_with("content-length"));
    let mut chunked = lines.map(|line| format!("{line}\r\n")).collect::<String>().into_bytes();
    chunked.truncate(chunked.len() - 2);
    chunked.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    for piece in body.chunks(chunk) {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    chunked
}

#[tokio::test]
async fn beyond_the_bytes_of_a_second_public_requests_are_429_not_kept_and_counted() {
    for as_chunks in [false, true] {
        let (rig, ms) = public(100_000).await;
        let send = async |n: u32, host: &str| {
            let request = to(host, &forged(&format!("msg_{n}"), &[b'x'; 60_000]));
            let request = if as_chunks { chunked(&request, 10_000) } else { request };
            rig.raw(&request).await
        };
        // Two seconds' worth, the last of which may run into debt.
        let mut seen = Vec::new();
        for n in 0..6 {
            seen.push(send(n, "hooks.example").await);
        }
        let statuses: Vec<_> = seen.iter().map(|answer| status(answer)).collect();
        assert_eq!(statuses, ["401", "401", "401", "401", "429", "429"], "{as_chunks}");
        assert!(seen[5].to_ascii_lowercase().contains("\r\nretry-after: 1\r\n"), "{}", seen[5]);
        assert_eq!((rig.all().await.len(), rig.tally.snapshot().too_many), (4, 2));
        assert_eq!(status(&send(6, "127.0.0.1").await), "401", "a local one");
        ms.store(300, Ordering::Relaxed);
        assert_eq!(status(&send(7, "hooks.example").await), "429", "the debt is not earned yet");
        ms.store(2_000, Ordering::Relaxed);
        assert_eq!(status(&send(8, "hooks.example").await), "401");
    }
}

#[tokio::test]
async fn a_public_body_that_runs_too_far_into_debt_is_cut_off_with_429() {
    let (rig, _) = public(10_000).await;
    rig.listener.limit_bodies(50_000);
    // Both are let in before any of their bodies has arrived.
    let (one, two) = (
        to("hooks.example", &signed("msg_1", &[b'x'; 40_000])),
        to("hooks.example", &signed("msg_2", &[b'x'; 40_000])),
    );
    let (mut first, mut second) = (rig.connect().await, rig.connect().await);
    let head = one.len() - 40_000;
    first.write_all(&one[..head]).await.unwrap();
    second.write_all(&two[..head]).await.unwrap();
    while rig.paths.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    first.write_all(&one[head..]).await.unwrap();
    assert_eq!(status(&next_answer(&mut first).await), "200");
    let _ = second.write_all(&two[head..]).await;
    let answer = next_answer(&mut second).await;
    assert_eq!(status(&answer), "429", "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    assert_eq!((rig.all().await, rig.tally.snapshot().too_many), (vec![1], 1));
}

async fn next_answer(stream: &mut tokio::net::TcpStream) -> String {
    let _ = stream.shutdown().await;
    read_answer(stream).await
}

#[tokio::test]
async fn a_length_that_is_only_promised_spends_nothing() {
    let (rig, _) = public(100_000).await;
    for n in 0..5 {
        let mut stream = rig.connect().await;
        let head = format!("POST /{n} HTTP/1.1\r\nhost: hooks.example\r\ncontent-length: 9000000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(status(&read_answer(&mut stream).await), "400");
    }
    assert_eq!(status(&rig.raw(&to("hooks.example", &signed("msg_1", b"{}"))).await), "200");
}

/// A disk of 100 GiB whose free room the test sets.
async fn on_a_disk(free: Arc<AtomicU64>) -> Rig {
    let mut options = Options::default();
    options.space = Some(SpaceOf::new(move |_| Ok(Space { free: free.load(Ordering::SeqCst), total: 100 << 30 })));
    with_history(options).await
}

#[tokio::test]
async fn while_the_disk_is_nearly_full_new_deliveries_are_503_and_afterwards_taken() {
    let free = Arc::new(AtomicU64::new(50 << 30));
    let mut rig = on_a_disk(free.clone()).await;
    assert_eq!(status(&rig.post("msg_1", b"{}").await), "200");
    free.store((1 << 30) - 1, Ordering::SeqCst);
    rig.store.look_at_space();
    for body in [&b"{}"[..], &vec![b'x'; MIB]] {
        let answer = rig.post("msg_2", body).await;
        assert_eq!(status(&answer), "503");
        assert!(answer.to_ascii_lowercase().contains("\r\nretry-after: 5\r\n"), "{answer}");
    }
    assert_eq!((rig.all().await.len(), rig.tally.snapshot().refused), (1, 2));
    assert!(rig.failed.try_recv().is_err(), "the shortage is told once, and not with each delivery");
    free.store(2 << 30, Ordering::SeqCst);
    rig.store.look_at_space();
    assert_eq!(status(&rig.post("msg_2", b"{}").await), "200");
}

/// The lines of the log, warnings and up.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn deliveries_that_cannot_be_stored_are_one_line_and_a_count() {
    let lines = Lines::default();
    // The test, the listener and its connections are on one thread.
    let _guard = subscriber::set_default(lines.clone());
    let mut options = Options::default();
    options.max_bytes = Some(450 << 10);
    let rig = with_history(options).await;
    let body = vec![b'x'; MIB];
    for n in 0..50 {
        assert_eq!(status(&rig.post(&format!("msg_{n}"), &body).await), "503");
    }
    rig.store.complaints().settle(Instant::now() + Duration::from_secs(10));
    let lines = lines.0.lock().unwrap().clone();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("(disk_full)") && lines[0].contains("make room"), "{lines:?}");
    assert!(lines[1].contains("… and 49 more like it in the last "), "{lines:?}");
}
