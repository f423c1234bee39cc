use std::collections::{HashMap, HashSet};
use std::time::Duration;

use emulator::{Faults, Settings};
use serde_json::Value;
use signature::{Others, Outcome, Policy, Received, probe};

use crate::rig::{Bed, Receiver, at_once, exact, status, verdict, wall};

fn with(faults: Faults) -> Settings {
    exact(Settings { faults, ..at_once() })
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_waits_and_faults() {
    /// The ids of accepted deliveries, how often each was accepted, and all due times relative to the first.
    async fn story(seed: u64) -> (Vec<(String, usize)>, Vec<(String, i64)>) {
        const COUNT: usize = 60;
        let receiver = Receiver::start(|_| status(200)).await;
        let settings = with(Faults { lost: 0.2, doubled: 0.3, reordered: 0.3, ..Faults::default() });
        let options = emulator::ServiceOptions { seed: Some(seed), warp: 0.0, settings, ..Default::default() };
        let mut bed = Bed::with(options).await;
        let begin = bed.api.service.clock().now();
        let uris: Vec<String> = (0..COUNT).map(|number| receiver.url(&format!("/{number}"))).collect();
        bed.batch(&uris).await;
        bed.api.service.clock().advance(100_000);
        let mut dues = Vec::new();
        while let Ok(report) = tokio::time::timeout(Duration::from_millis(400), bed.reports.recv()).await {
            let report: Value = serde_json::to_value(&*report.unwrap()).unwrap();
            dues.push((report["id"].as_str().unwrap().to_owned(), report["due_ms"].as_i64().unwrap() - begin));
        }
        dues.sort();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (id, _) in &dues {
            *counts.entry(id.clone()).or_default() += 1;
        }
        let lost = COUNT - counts.len();
        let doubled = counts.values().filter(|count| **count == 2).count();
        let held_back = dues.iter().filter(|(_, due)| *due > 0).map(|(id, _)| id).collect::<HashSet<_>>().len();
        assert!(counts.values().all(|count| *count <= 2));
        assert!(lost > 3 && doubled > 5 && held_back > doubled, "{lost} {doubled} {held_back}");
        assert!(dues.iter().all(|(_, due)| *due <= 60_000), "twice the longest hold-back");
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort();
        (counts, dues)
    }
    let first = story(21).await;
    assert_eq!(first, story(21).await);
    assert_ne!(first, story(22).await);
}

#[tokio::test]
async fn what_is_held_back_is_overtaken() {
    let mut receiver = Receiver::start(|_| status(200)).await;
    let bed = Bed::start(with(Faults { reordered: 0.5, ..Faults::default() })).await;
    let (webhook, _) = bed.webhook(&receiver.url("/")).await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        bed.ping(&webhook).await;
    }
    bed.api.service.clock().advance(1);
    while let Ok(arrival) = tokio::time::timeout(Duration::from_millis(200), receiver.next()).await {
        ids.push(arrival.header("webhook-id"));
    }
    let early = ids.len();
    assert!((2..11).contains(&early), "{early} of 12 at once");
    bed.api.service.clock().advance(30_000);
    for _ in early..12 {
        ids.push(receiver.next().await.header("webhook-id"));
    }
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 12);
}

#[tokio::test]
async fn the_launch_nights_key_is_found_by_the_probe() {
    let mut receiver = Receiver::start(|_| status(200)).await;
    let bed = Bed::start(with(Faults { launch_night_key: true, ..Faults::default() })).await;
    let (webhook, secret) = bed.webhook(&receiver.url("/")).await;
    bed.ping(&webhook).await;
    let arrival = receiver.next().await;
    let keyring = bed.keyring(&[&secret]).await;
    let seen = verdict(&arrival, &keyring);
    assert_eq!(seen.outcome, Outcome::Rejected);
    let received = Received { headers: &arrival.headers, body: &arrival.body };
    let found = probe(&received, &keyring, &Others::default(), &Policy::default(), wall(), &seen, || false);
    assert_eq!(&*found.expect("a diagnosis").code, "secret_not_base64_decoded");
}

#[tokio::test]
async fn recased_reserialised_and_dripping() {
    let mut receiver = Receiver::start(|_| status(200)).await;
    let faults = Faults { recased_headers: true, drip_bytes_per_second: 400, ..Faults::default() };
    let mut bed = Bed::start(Settings { attempt_timeout_ms: 100, ..with(faults) }).await;
    let (_, secret) = bed.webhook(&receiver.url("/")).await;
    bed.batch(&[]).await;
    let arrival = receiver.next().await;
    for name in ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Content-Type"] {
        assert!(arrival.names.iter().any(|seen| seen == name), "{:?}", arrival.names);
    }
    let keyring = bed.keyring(&[&secret]).await;
    assert_eq!(verdict(&arrival, &keyring).outcome, Outcome::Verified, "the case of names does not matter");
    let least = Duration::from_secs_f64(arrival.body.len() as f64 / 400.0) - Duration::from_millis(100);
    assert!(arrival.took >= least, "{:?} for {} bytes", arrival.took, arrival.body.len());
    assert_eq!(bed.report().await["state"], "delivered", "the time for an answer begins after the body");

    let bed = Bed::start(with(Faults { reserialised_body: true, ..Faults::default() })).await;
    let (webhook, secret) = bed.webhook(&receiver.url("/")).await;
    bed.ping(&webhook).await;
    let arrival = receiver.next().await;
    assert!(arrival.names.iter().any(|name| name == "webhook-id"), "in lower case otherwise");
    assert!(arrival.body.starts_with(b"{\"type\": \"ping\", "), "{:?}", String::from_utf8_lossy(&arrival.body));
    let mut compact = arrival.clone();
    compact.body = serde_json::from_slice::<Value>(&arrival.body).unwrap().to_string().into_bytes();
    let keyring = bed.keyring(&[&secret]).await;
    assert_eq!(verdict(&arrival, &keyring).outcome, Outcome::Rejected);
    assert_eq!(verdict(&compact, &keyring).outcome, Outcome::Verified, "signed before it was printed again");
}
