//! Samples as a receiver gets them, checked with the secret and the published keys that it would have.

use gemini::JwksCache;
use gemini::jwks::HttpFetch;
use samples::SampleRequest;
use serde_json::{Value, json};
use signature::{Jwks, KeyState, Keyring, Policy, Received, Scheme, Secret, SecretKey, Seen, verify};

use crate::rig::{Answer, Api, NOW, Receiver, Say, status};

fn request(scheme: Scheme, broken: Option<&str>) -> SampleRequest {
    SampleRequest { event_type: "batch.succeeded".to_owned(), variant: None, scheme, broken: broken.map(str::to_owned) }
}

async fn send(api: &Api, uri: &str, scheme: Scheme, broken: Option<&str>) -> Answer {
    let body = json!({ "uri": uri, "request": request(scheme, broken) });
    api.post("/emulator/deliveries:send", &body).await
}

/// Sends one that is answered 202; returns its id.
async fn sent(api: &Api, uri: &str, scheme: Scheme, broken: Option<&str>) -> String {
    let answer = send(api, uri, scheme, broken).await;
    assert_eq!((answer.status, &answer.json["status"]), (200, &json!(202)), "{}", answer.json);
    assert!(answer.json["took_us"].as_u64().unwrap() > 0, "{}", answer.json);
    let id = answer.json["message_id"].as_str().unwrap();
    assert!(id.starts_with("msg_") && id.len() == 40, "{id}");
    id.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_trip_of_every_scheme() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| status(202)).await;
    let target = receiver.url("/hook");
    let published = format!("{}/.well-known/jwks.json?dynamic=jwt", api.service.origin());
    let jwks = JwksCache::new(HttpFetch::new(&published).unwrap()).get().await;
    assert!(matches!(jwks, Jwks::Known(_)), "no keys: {jwks:?}");
    let secret = Secret::parse(&api.service.sample_secret()).unwrap();
    let secrets = vec![SecretKey { id: "s".to_owned(), secret, state: KeyState::Current }];
    let keyring = Keyring { secrets, jwks, closed: true };
    for scheme in [Scheme::V1, Scheme::V1a, Scheme::Jwt] {
        let id = sent(&api, &target, scheme, None).await;
        let arrival = receiver.next().await;
        assert_eq!((arrival.method.as_str(), arrival.path.as_str()), ("POST", "/hook"));
        assert_eq!(arrival.header("webhook-id"), id);
        assert_eq!(arrival.header("content-type"), "application/json");
        assert!(arrival.header("user-agent").contains("Pollux Sandbox"));
        let received = Received { headers: &arrival.headers, body: &arrival.body };
        let verdict = verify(&received, &keyring, &Policy::default(), &Seen::default(), NOW);
        assert!(verdict.outcome.is_genuine(), "{verdict:?}");
        assert_eq!(verdict.scheme, Some(scheme), "{verdict:?}");
    }
    assert!(receiver.is_quiet().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_ones_survive_the_way() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| status(202)).await;
    let target = receiver.url("/hook");
    sent(&api, &target, Scheme::V1, Some("repeated_header")).await;
    let times = receiver.next().await.headers;
    assert_eq!(times.iter().filter(|(name, _)| name == "webhook-timestamp").count(), 2);
    sent(&api, &target, Scheme::V1, Some("gzip_body")).await;
    assert!(receiver.next().await.body.starts_with(b"\x1f\x8b"));
    sent(&api, &target, Scheme::V1, Some("duplicate")).await;
    let (one, two) = (receiver.next().await, receiver.next().await);
    assert_eq!((one.headers, one.body), (two.headers, two.body));
    // Needs a key that is not published.
    sent(&api, &target, Scheme::Jwt, Some("wrong_rsa_key")).await;
    assert!(receiver.next().await.header("webhook-signature").contains('.'));
    // It has an id all the same.
    sent(&api, &target, Scheme::V1, Some("missing_id")).await;
    assert!(receiver.next().await.headers.iter().all(|(name, _)| name != "webhook-id"));
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn redirects_are_answers_and_strangers_get_nothing() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| Say::Answer(307, "location: /hook\r\n".to_owned(), String::new())).await;
    let moved = send(&api, &receiver.url("/moved"), Scheme::V1, None).await;
    assert_eq!((moved.status, &moved.json["status"]), (200, &json!(307)), "{}", moved.json);
    assert_eq!(receiver.next().await.path, "/moved");
    assert!(receiver.is_quiet().await, "it was followed");
    for target in [
        "http://example.com/",
        "https://127.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "http://a@127.0.0.1/",
        "nothing",
    ] {
        let refused = send(&api, target, Scheme::V1, None).await;
        assert_eq!(refused.status, 400, "{target}: {}", refused.json);
        assert!(refused.message().contains("this machine only"), "{target}: {}", refused.message());
    }
    let nobody = send(&api, "http://127.0.0.1:1/", Scheme::V1, None).await;
    assert_eq!((nobody.status, &nobody.json["status"]), (424, &Value::Null), "{}", nobody.json);
    assert!(nobody.message().contains("127.0.0.1:1"), "{}", nobody.message());
}
