use std::collections::HashSet;

use emulator::{Disabling, Retry, ServiceOptions, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Bed, Receiver, Say, at_once, exact, status, verdict, wall};

const SECOND: i64 = 1000;
const HOUR: i64 = 3_600_000;

fn dues(reports: &[Value]) -> Vec<i64> {
    let first = reports[0]["due_ms"].as_i64().unwrap();
    reports.iter().map(|report| report["due_ms"].as_i64().unwrap() - first).collect()
}

fn gaps(reports: &[Value]) -> Vec<i64> {
    dues(reports).windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Attempts, gaps and end of a whole day, on a clock that is moved from attempt to attempt.
#[tokio::test]
async fn a_day_of_failures_is_exactly_as_configured() {
    let mut receiver = Receiver::start(|_| status(503)).await;
    let mut bed = Bed::start(exact(at_once())).await;
    let (webhook, secret) = bed.webhook(&receiver.url("/")).await;
    let keyring = bed.keyring(&[&secret]).await;
    bed.batch(&[]).await;
    let reports = bed.follow().await;

    let hours4 = 4 * HOUR;
    let grown = [5, 20, 80, 320, 1280, 5120].map(|seconds| seconds * SECOND);
    let expected: Vec<i64> = grown.into_iter().chain([hours4; 5]).collect();
    assert_eq!(gaps(&reports), expected);
    assert!(*dues(&reports).last().unwrap() <= 24 * HOUR && dues(&reports).last().unwrap() + hours4 > 24 * HOUR);
    let states: Vec<_> = reports.iter().map(|report| report["state"].as_str().unwrap()).collect();
    assert!(states[..states.len() - 1].iter().all(|state| *state == "pending"), "{states:?}");
    assert_eq!(*states.last().unwrap(), "given_up");

    let mut arrivals = Vec::new();
    for report in &reports {
        let arrival = receiver.next().await;
        assert_eq!(&*verdict(&arrival, &keyring).reason, "valid", "a fresh signature with an acceptable time");
        assert_eq!(arrival.header("webhook-id"), *report["id"].as_str().unwrap());
        assert_eq!(arrival.header("webhook-timestamp"), report["timestamp"].to_string());
        arrivals.push(arrival);
    }
    assert!(arrivals.iter().all(|arrival| arrival.body == arrivals[0].body), "always the same body");
    assert!(receiver.is_quiet().await);
    assert_eq!(bed.state_of(&webhook).await, "enabled");
}

/// The same with the clock at its fastest, which changes nothing.
#[tokio::test]
async fn warp_changes_no_gap_and_jitter_is_drawn_from_the_seed() {
    async fn day(seed: u64) -> Vec<i64> {
        let receiver = Receiver::start(|_| status(500)).await;
        let options = ServiceOptions { seed: Some(seed), warp: 1e6, settings: at_once(), ..ServiceOptions::default() };
        let mut bed = Bed::with(options).await;
        let (webhook, _) = bed.webhook(&receiver.url("/")).await;
        bed.ping(&webhook).await;
        gaps(&bed.follow().await)
    }
    let (first, again, other) = (day(5).await, day(5).await, day(6).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let retry = Retry::default();
    for (index, gap) in first.iter().enumerate() {
        let plain = (retry.first_ms as f64 * retry.factor.powi(index as i32)).min(retry.longest_ms as f64);
        let off = *gap as f64 / plain - 1.0;
        assert!(off.abs() <= retry.jitter + 1e-3, "gap {index}: {gap}");
    }
    assert!(first.iter().sum::<i64>() <= retry.window_ms && first.len() >= 10);
}

#[tokio::test]
async fn a_receiver_that_fails_n_times_gets_n_and_one_attempts() {
    for failures in [0, 1, 4] {
        let say = move |number| match number {
            0 if failures > 1 => Say::HangUp,
            1 if failures > 1 => Say::Answer(307, "location: /elsewhere\r\n".to_owned(), String::new()),
            number if number < failures => status(404),
            _ => status(202),
        };
        let mut receiver = Receiver::start(say).await;
        let mut bed = Bed::start(exact(at_once())).await;
        let (webhook, _) = bed.webhook(&receiver.url("/hook")).await;
        bed.ping(&webhook).await;
        let reports = bed.follow().await;
        assert_eq!(reports.len(), failures + 1);
        assert_eq!(reports.last().unwrap()["state"], "delivered");
        let mut ids = HashSet::new();
        for _ in 0..=failures {
            let arrival = receiver.next().await;
            assert_eq!(arrival.path, "/hook", "redirects are not followed");
            ids.insert(arrival.header("webhook-id"));
        }
        assert_eq!(ids.len(), 1);
        assert!(receiver.is_quiet().await);
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_comes_back() {
    let gone = Receiver::start(|_| status(200)).await;
    let (address, url) = (gone.address, gone.url("/"));
    drop(gone);
    let mut bed = Bed::start(exact(at_once())).await;
    let (webhook, _) = bed.webhook(&url).await;
    bed.ping(&webhook).await;
    for number in 1..=3 {
        let report = bed.report().await;
        assert_eq!((&report["status"], &report["error"]), (&Value::Null, &json!("the connection was refused")));
        let next = report["next_ms"].as_i64().unwrap();
        bed.api.service.clock().advance_to(if number < 3 { next } else { next - 1 });
    }
    let mut back = Receiver::at(address, |_| status(200)).await;
    bed.api.service.clock().advance(1);
    let report = bed.follow().await.pop().unwrap();
    assert_eq!((&report["state"], &report["number"]), (&json!("delivered"), &json!(4)));
    assert_eq!(back.next().await.header("webhook-id"), *report["id"].as_str().unwrap());
}

#[tokio::test]
async fn what_an_attempt_may_meet() {
    let long = "é".repeat(400);
    let body = long.clone();
    let receiver = Receiver::start(move |number| match number {
        0 => Say::Nothing,
        1 => Say::Answer(500, String::new(), body.clone()),
        _ => status(200),
    })
    .await;
    let mut bed = Bed::start(exact(Settings { attempt_timeout_ms: 150, ..at_once() })).await;
    bed.batch(&[receiver.url("/")]).await;
    let reports = bed.follow().await;
    assert_eq!(reports[0]["error"], "no answer within 150 ms");
    assert!(reports[0]["took_us"].as_u64().unwrap() >= 150_000);
    assert_eq!((&reports[1]["status"], &reports[1]["answer"]), (&json!(500), &json!("é".repeat(128))));
    assert_eq!((&reports[2]["state"], &reports[2]["answer"]), (&json!("delivered"), &Value::Null));

    // An address where no TLS is spoken, and one that no name server knows.
    let tls = receiver.url("/").replace("http:", "https:");
    for uri in [tls, "https://nowhere.invalid/".to_owned()] {
        bed.batch(std::slice::from_ref(&uri)).await;
        let report = bed.report().await;
        assert_eq!(
            (&report["uri"], &report["status"], &report["state"]),
            (&json!(uri), &Value::Null, &json!("pending"))
        );
        assert!(!report["error"].as_str().unwrap().is_empty(), "{report}");
    }
}

#[tokio::test]
async fn who_fails_too_often_or_is_gone_is_switched_off() {
    let receiver = Receiver::start(|number| status(if number == 2 { 200 } else { 500 })).await;
    let mut settings = exact(at_once());
    settings.retry.window_ms = 0;
    settings.disabling = Disabling { after_given_up: 2, on_gone: true };
    let mut bed = Bed::start(settings.clone()).await;
    let (webhook, _) = bed.webhook(&receiver.url("/")).await;
    // Given up twice, then accepted: the count restarts. Two more, and it is disabled.
    let expected = ["given_up", "delivered", "given_up", "given_up"];
    bed.batch(&[receiver.url("/dynamic/does/not/count")]).await;
    assert_eq!(bed.report().await["state"], "given_up");
    for state in expected {
        assert_eq!(bed.state_of(&webhook).await, "enabled");
        bed.ping(&webhook).await;
        assert_eq!(bed.report().await["state"], state);
    }
    assert_eq!(bed.state_of(&webhook).await, "disabled_due_to_failed_deliveries");

    // Enabled again, it counts from the start; one delivery counts once, however often it is retried by hand.
    bed.call(Method::PATCH, &format!("/v1/webhooks/{webhook}"), json!({ "state": "enabled" })).await;
    bed.ping(&webhook).await;
    for _ in 0..3 {
        let report = bed.report().await;
        assert_eq!(report["state"], "given_up");
        assert_eq!(bed.state_of(&webhook).await, "enabled");
        let retry = format!("/emulator/deliveries/{}:retry", report["id"].as_str().unwrap());
        bed.call(Method::POST, &retry, json!({})).await;
    }
    assert_eq!(bed.report().await["number"], 4);

    let gone = Receiver::start(|_| status(410)).await;
    let (webhook, _) = bed.webhook(&gone.url("/")).await;
    bed.ping(&webhook).await;
    assert_eq!(bed.report().await["state"], "given_up");
    assert_eq!(bed.state_of(&webhook).await, "disabled_due_to_failed_deliveries");

    settings.disabling = Disabling { after_given_up: 0, on_gone: false };
    settings.retry.window_ms = 60 * SECOND;
    let mut bed = Bed::start(settings).await;
    let (webhook, _) = bed.webhook(&gone.url("/")).await;
    bed.ping(&webhook).await;
    assert_eq!(gaps(&bed.follow().await), [5 * SECOND, 20 * SECOND]);
    assert_eq!(bed.state_of(&webhook).await, "enabled");
}

#[tokio::test]
async fn a_webhook_that_changes_between_two_attempts() {
    let mut receiver = Receiver::start(|_| status(500)).await;
    let mut bed = Bed::start(exact(at_once())).await;
    let (moved, _) = bed.webhook(&receiver.url("/old")).await;
    bed.ping(&moved).await;
    assert_eq!(receiver.next().await.path, "/old");
    let next = bed.report().await["next_ms"].as_i64().unwrap();
    bed.call(Method::PATCH, &format!("/v1/webhooks/{moved}"), json!({ "uri": receiver.url("/new") })).await;
    bed.api.service.clock().advance_to(next);
    assert_eq!(receiver.next().await.path, "/new");
    assert_eq!(bed.report().await["uri"], receiver.url("/new"));

    let (disabled, _) = bed.webhook(&receiver.url("/disabled")).await;
    let (deleted, _) = bed.webhook(&receiver.url("/deleted")).await;
    bed.ping(&disabled).await;
    bed.ping(&deleted).await;
    for _ in 0..2 {
        receiver.next().await;
        bed.report().await;
    }
    bed.call(Method::PATCH, &format!("/v1/webhooks/{disabled}"), json!({ "state": "disabled" })).await;
    bed.call(Method::DELETE, &format!("/v1/webhooks/{deleted}"), json!({})).await;
    bed.api.service.clock().advance(20 * SECOND);
    // All three are due; only the first webhook is still there.
    assert_eq!(receiver.next().await.path, "/new");
    assert!(receiver.is_quiet().await);
}

/// A slow target does not hold up another one, and a stopped emulator leaves nothing behind.
#[tokio::test]
async fn a_target_that_hangs_holds_up_nobody_else() {
    let mut fast = Receiver::start(|_| status(200)).await;
    let slow = Receiver::start(|_| Say::Nothing).await;
    let bed = Bed::start(at_once()).await;
    let hanging: Vec<String> = (0..300).map(|number| slow.url(&format!("/{number}"))).collect();
    bed.batch(&hanging).await;
    let started = wall();
    bed.batch(&[fast.url("/")]).await;
    fast.next().await;
    assert!(wall() - started < 5);
    let stopping = std::time::Instant::now();
    bed.api.service.stop().await;
    assert!(stopping.elapsed() < std::time::Duration::from_secs(4), "{:?}", stopping.elapsed());
}
