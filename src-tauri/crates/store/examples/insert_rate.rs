//! How many durable inserts a second: `cargo run --release -p store --example insert_rate [deliveries] [callers]`.
//!
//! Bodies of 230 bytes, with the headers and the ladder of a verified Gemini delivery. Every caller waits for its
//! COMMIT before it sends the next one, and then records how long it took, as the listener does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use signature::{KeyState, MatchedKey, Outcome, Scheme, Step, StepStatus, Verdict};
use store::{Answer, Names, NewDelivery, Options, Store, Wanted};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let deliveries = arguments.next().transpose()?.unwrap_or(500_000);
    let callers = arguments.next().transpose()?.unwrap_or(64);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("history.db");
    let store = Store::open(&path, Options::default())?;
    let project = store.projects().ensure("Sandbox", true, "sandbox").await?;
    let body = Bytes::from(vec![b'x'; 230]);
    let next = Arc::new(AtomicUsize::new(0));
    let before = resident_kib();

    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (store, next, body) = (store.clone(), Arc::clone(&next), body.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= deliveries {
                        return Ok::<_, Failure>(times);
                    }
                    let began = Instant::now();
                    let inserted = store.insert(delivery(project, number, body.clone())).await?;
                    let took = began.elapsed();
                    store.answered(inserted.id, u64::try_from(took.as_micros())?);
                    times.push(took);
                }
            })
        })
        .collect();
    let mut times = Vec::with_capacity(deliveries);
    for task in tasks {
        times.extend(task.await??);
    }
    let took = started.elapsed();
    times.sort_unstable();
    let percentile = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(Duration::ZERO);
    let list = Instant::now();
    let shown = store.ids().await?.len();
    let list = list.elapsed();
    let filtered = Instant::now();
    let verified = store.search().find(&wanted("verdict:verified")?, usize::MAX).await?.ids.len();
    let filtered = filtered.elapsed();
    let searched = Instant::now();
    let found = store.search().find(&wanted("\"no such text\"")?, usize::MAX).await?.ids.len();
    let searched = searched.elapsed();
    let grown = resident_kib().saturating_sub(before);
    let closing = Instant::now();
    store.close().await;
    let rate = deliveries as f64 / took.as_secs_f64();
    report(&[
        format!("{deliveries} deliveries, {callers} callers: {rate:.0}/s"),
        format!(
            "latency p50 {:?}, p99 {:?}, longest {:?}",
            percentile(50),
            percentile(99),
            times.last().copied().unwrap_or_default()
        ),
        format!("memory grew by {} MiB; closing took {:?}", grown / 1024, closing.elapsed()),
        format!("on disk {} bytes a delivery", std::fs::metadata(&path)?.len() / deliveries.max(1) as u64),
        format!("all {shown} ids {list:?}; {verified} by outcome {filtered:?}; {found} by text {searched:?}"),
    ])
}

fn wanted(text: &str) -> Result<Arc<Wanted>, Box<dyn std::error::Error + Send + Sync>> {
    let query = query::Query::parse(text, &query::Clock::system())?;
    Ok(Arc::new(Wanted::new(query.expr, Names::default())))
}

fn report(lines: &[String]) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Resident memory on systems that report it like Linux; 0 elsewhere.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn delivery(project: i64, number: usize, body: Bytes) -> NewDelivery {
    // Ids in random order, as senders give them.
    let id = format!("msg_{:016x}{number:08x}", (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    NewDelivery {
        project,
        received_ns: 1_790_000_000_000_000_000 + number as i64,
        started: Instant::now(),
        method: "POST".into(),
        path: "/sandbox".into(),
        query: None,
        http_version: "HTTP/1.1",
        peer: "127.0.0.1:40000".into(),
        headers: vec![
            header("host", "127.0.0.1:4000"),
            header("content-type", "application/json"),
            header("user-agent", "Google-Gemini-Webhooks/1.0"),
            header("webhook-id", &id),
            header("webhook-timestamp", "1790000000"),
            header("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
            header("content-length", "230"),
        ],
        body_len: body.len() as u64,
        body,
        truncated: false,
        sha256: None,
        message_id: Some(id),
        token_id: None,
        event_type: Some("batch.succeeded".into()),
        pointer: Some("batches/7f3a9c1e5b2d".into()),
        verdict: verdict(),
        answer: Answer {
            status: 200,
            headers: vec![("content-length".into(), "0".into())],
            body: String::new(),
            by: None,
        },
    }
}

fn verdict() -> Verdict {
    let step = |check: &'static str, title: &'static str, expected: &'static str, seen: String| Step {
        check: check.into(),
        title: title.into(),
        status: StepStatus::Passed,
        expected: expected.into(),
        seen: seen.into(),
    };
    Verdict {
        outcome: Outcome::Verified,
        scheme: Some(Scheme::V1),
        reason: "valid".into(),
        key: Some(MatchedKey {
            id: "3c0b3f64-6b1c-4f0e-9d1e-1f5d8c1f2a3b".into(),
            index: 0,
            hint: "whsec_…a91f".into(),
            state: KeyState::Current,
        }),
        warnings: Vec::new(),
        diagnosis: None,
        steps: vec![
            step("keys", "Keys", "at least one secret or key set", "1 secret".into()),
            step("headers", "Headers", "webhook-id, webhook-timestamp, webhook-signature", "all three".into()),
            step("timestamp", "Time", "Unix seconds", "1790000000".into()),
            step("tolerance", "Age", "within 300 s of now", "1 s old".into()),
            step("message_id", "Message id", "not empty, no dot", "31 characters".into()),
            step("scheme", "Scheme", "v1, v1a or a JWT", "v1".into()),
            step("signature", "Signature", "HMAC-SHA256 over id, time and body", "matches whsec_…a91f".into()),
            step(
                "duplicate",
                "Duplicate",
                "no earlier delivery of this id was accepted",
                "no earlier delivery of this id was accepted".into(),
            ),
        ],
        cause: "".into(),
        sentence: "Signed with the current secret whsec_…a91f, 1 s ago.".into(),
    }
}
