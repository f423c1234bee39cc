//! A verdict on a v1 delivery of 1 KiB, ladder and all, against what the crate `standardwebhooks` takes to say yes.

use std::hint::black_box;
use std::time::Instant;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use signature::{KeyState, Keyring, Outcome, Policy, Received, Secret, SecretKey, Seen, verify};
use standardwebhooks::Webhook;
use tests::sender::{self, SECRET};

use crate::median;
use crate::report::{Bound, Figure};

const ROUNDS: usize = 101;
const PER_ROUND: u32 = 2000;

pub(crate) async fn measure() -> Vec<Figure> {
    tokio::task::spawn_blocking(figures).await.unwrap()
}

fn figures() -> Vec<Figure> {
    let body = format!(r#"{{"type":"batch.succeeded","data":{{"id":"{}"}}}}"#, "x".repeat(1024 - 43));
    assert_eq!(body.len(), 1024);
    let mut headers = vec![
        ("host".to_owned(), b"127.0.0.1:4710".to_vec()),
        ("content-type".to_owned(), b"application/json".to_vec()),
        ("user-agent".to_owned(), b"bench".to_vec()),
        ("content-length".to_owned(), b"1024".to_vec()),
    ];
    headers
        .extend(sender::headers(SECRET, "msg_bench", &body).map(|(name, value)| (name.to_owned(), value.into_bytes())));
    let map: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap()))
        .collect();
    let peer = Webhook::new(SECRET).unwrap();
    let secret = SecretKey { id: "1".into(), secret: Secret::parse(SECRET).unwrap(), state: KeyState::Current };
    let keyring = Keyring { secrets: vec![secret], closed: true, ..Keyring::default() };
    let (policy, seen, now) = (Policy::default(), Seen::default(), sender::now());

    let ours = || {
        let received = Received { headers: black_box(&headers), body: black_box(body.as_bytes()) };
        let verdict = verify(&received, &keyring, &policy, &seen, now);
        assert_eq!(verdict.outcome, Outcome::Verified);
        black_box(verdict);
    };
    let theirs = || black_box(peer.verify(black_box(body.as_bytes()), black_box(&map))).unwrap();

    let (mut ratios, mut our_ns, mut their_ns) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Each goes first in every other round.
        let (own, peer) = if round % 2 == 0 {
            let own = time(ours);
            (own, time(theirs))
        } else {
            let peer = time(theirs);
            (time(ours), peer)
        };
        ratios.push(own / peer);
        our_ns.push(own);
        their_ns.push(peer);
    }
    let note = format!("{:.0} ns against {:.0} ns", median(our_ns), median(their_ns));
    vec![
        Figure::new("verify v1 of 1 KiB, against standardwebhooks", median(ratios), "×", Bound::AtMost(1.5)).note(note),
    ]
}

/// Nanoseconds of one.
fn time(work: impl Fn()) -> f64 {
    let started = Instant::now();
    for _ in 0..PER_ROUND {
        work();
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(PER_ROUND)
}
