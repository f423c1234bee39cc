//! `cargo test --release --test it speed -- --ignored --nocapture`

use std::hint::black_box;
use std::time::Instant;

use http::HeaderMap;

use crate::rig::{ID, SECRET, key, lines, ring, secret};
use signature::{KeyState, Policy, Received, Seen, sign, verify};

fn nanoseconds(mut work: impl FnMut()) -> u128 {
    const ROUNDS: u32 = 50_000;
    let mut best = u128::MAX;
    for _ in 0..7 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            work();
        }
        best = best.min(start.elapsed().as_nanos() / u128::from(ROUNDS));
    }
    best
}

/// The whole ladder costs at most half as much again as the bare check of the reference library.
#[test]
#[ignore = "a measurement: run it alone, in a release build"]
fn verification_of_one_kibibyte() {
    let body = vec![b'x'; 1024];
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let signature = sign::v1(&secret(SECRET), ID, now, &body);
    let headers = lines(ID, &now.to_string(), &signature);
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let policy = Policy::default();
    let ours = nanoseconds(|| {
        let verdict = verify(&Received { headers: &headers, body: &body }, &keys, &policy, &Seen::default(), now);
        assert_eq!(black_box(verdict).reason, "valid");
    });
    let mut map = HeaderMap::new();
    for (name, value) in &headers {
        map.insert(
            http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            http::HeaderValue::from_bytes(value).unwrap(),
        );
    }
    let peer = standardwebhooks::Webhook::new(SECRET).unwrap();
    let theirs = nanoseconds(|| peer.verify(black_box(&body), black_box(&map)).unwrap());
    eprintln!("verify v1 of 1 KiB: {ours} ns; standardwebhooks: {theirs} ns");
    assert!(ours * 2 <= theirs * 3, "{ours} ns against {theirs} ns");
}
