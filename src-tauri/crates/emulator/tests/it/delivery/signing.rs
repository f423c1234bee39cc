use emulator::{DynamicScheme, Settings};
use reqwest::Method;
use serde_json::{Value, json};
use signature::{Outcome, Scheme};

use crate::rig::{Arrival, Bed, Receiver, at_once, status, verdict, wall};

async fn rotate(bed: &Bed, webhook: &str, behaviour: &str) -> String {
    let path = format!("/v1/webhooks/{webhook}:rotateSigningSecret");
    let rotated = bed.call(Method::POST, &path, json!({ "revocation_behavior": behaviour })).await;
    rotated["secret"].as_str().unwrap().to_owned()
}

/// Which of the secrets a receiver could hold alone and still accept it.
async fn takes(bed: &Bed, arrival: &Arrival, secrets: &[&str]) -> Vec<bool> {
    let mut taken = Vec::new();
    for secret in secrets {
        taken.push(verdict(arrival, &bed.keyring(&[secret]).await).outcome == Outcome::Verified);
    }
    taken
}

#[tokio::test]
async fn a_rotation_signs_with_every_live_secret() {
    const DAY: i64 = 24 * 3_600_000;
    let mut receiver = Receiver::start(|_| status(200)).await;
    let bed = Bed::start(at_once()).await;
    let (webhook, first) = bed.webhook(&receiver.url("/")).await;
    bed.ping(&webhook).await;
    assert_eq!(receiver.next().await.header("webhook-signature").split(' ').count(), 1);

    let second = rotate(&bed, &webhook, "revoke_previous_secrets_after_h24").await;
    bed.api.service.clock().advance(DAY / 2);
    let third = rotate(&bed, &webhook, "revoke_previous_secrets_after_h24").await;
    let all = [first.as_str(), &second, &third];
    // Within the grace of both, then of the second only, then of none.
    for (wait, expected) in [
        (DAY / 2 - 1, [true, true, true]),
        (1, [false, true, true]),
        (DAY / 2 - 1, [false, true, true]),
        (1, [false, false, true]),
    ] {
        bed.api.service.clock().advance(wait);
        bed.ping(&webhook).await;
        let arrival = receiver.next().await;
        assert_eq!(takes(&bed, &arrival, &all).await, expected);
        let count = expected.iter().filter(|live| **live).count();
        assert_eq!(arrival.header("webhook-signature").split(' ').count(), count);
        assert!((arrival.header("webhook-timestamp").parse::<i64>().unwrap() - wall()).abs() < 5);
    }
    let fourth = rotate(&bed, &webhook, "revoke_previous_secrets_immediately").await;
    bed.ping(&webhook).await;
    assert_eq!(takes(&bed, &receiver.next().await, &[&third, &fourth]).await, [false, true]);
}

#[tokio::test]
async fn only_the_newest_secret_signs_by_setting() {
    let mut receiver = Receiver::start(|_| status(200)).await;
    let bed = Bed::start(Settings { sign_with_all_secrets: false, ..at_once() }).await;
    let (webhook, first) = bed.webhook(&receiver.url("/")).await;
    let second = rotate(&bed, &webhook, "revoke_previous_secrets_after_h24").await;
    bed.ping(&webhook).await;
    assert_eq!(takes(&bed, &receiver.next().await, &[&first, &second]).await, [false, true]);
}

#[tokio::test]
async fn dynamic_deliveries_verify_with_the_published_keys() {
    let mut receiver = Receiver::start(|_| status(200)).await;
    let bed = Bed::start(at_once()).await;
    let keyring = bed.keyring(&[]).await;
    bed.batch(&[receiver.url("/")]).await;
    let arrival = receiver.next().await;
    assert!(arrival.header("webhook-signature").starts_with("v1a,"));
    let seen = verdict(&arrival, &keyring);
    assert_eq!((seen.outcome, seen.scheme), (Outcome::Verified, Some(Scheme::V1a)), "{seen:?}");

    let bed = Bed::start(Settings { dynamic: DynamicScheme::Jwt, ..at_once() }).await;
    bed.batch(&[receiver.url("/")]).await;
    let arrival = receiver.next().await;
    let seen = verdict(&arrival, &bed.keyring(&[]).await);
    assert_eq!((seen.outcome, seen.scheme), (Outcome::Unbound, Some(Scheme::Jwt)), "{seen:?}");
    let kid = bed.get("/.well-known/jwks.json").await["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|key| key["kid"].as_str().map(str::to_owned));
    assert_eq!(seen.key.unwrap().id, kid.unwrap());
    assert_eq!(verdict(&arrival, &keyring).outcome, Outcome::Rejected, "the keys of another emulator");
    let _: Value = serde_json::from_slice(&arrival.body).unwrap();
}
