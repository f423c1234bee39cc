//! Over real HTTP, on this machine.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use emulator::{Options, SampleRequest, Sandbox, SendError};
use gemini::JwksCache;
use gemini::jwks::HttpFetch;
use signature::{Jwks, KeyState, Keyring, Outcome, Policy, Received, Scheme, Secret, SecretKey, Seen, verify};
use tokio::net::TcpListener;

type Arrived = Arc<Mutex<Vec<(Vec<(String, Vec<u8>)>, Vec<u8>)>>>;

/// A receiver that keeps what arrives and answers 202, or redirects from `/moved`.
async fn receiver() -> (String, Arrived) {
    let arrived = Arrived::default();
    let kept = Arc::clone(&arrived);
    let router = Router::new()
        .route(
            "/hook",
            post(move |method: Method, headers: HeaderMap, body: Bytes| async move {
                assert_eq!(method, Method::POST);
                let headers =
                    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
                kept.lock().unwrap().push((headers, body.to_vec()));
                StatusCode::ACCEPTED
            }),
        )
        .route("/moved", post(|| async { axum::response::Redirect::temporary("/hook") }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), arrived)
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn request(scheme: Scheme, broken: Option<&str>) -> SampleRequest {
    SampleRequest { event_type: "batch.succeeded".to_owned(), variant: None, scheme, broken: broken.map(str::to_owned) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_trip_of_every_scheme() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let (base, arrived) = receiver().await;
    let target = format!("{base}/hook");
    let jwks = JwksCache::new(HttpFetch::new(&sandbox.jwks_url()).unwrap()).get().await;
    let Jwks::Known(set) = &jwks else { panic!("no keys: {jwks:?}") };
    assert!(!format!("{set:?}").is_empty());
    let keyring = Keyring {
        secrets: vec![SecretKey {
            id: "s".to_owned(),
            secret: Secret::parse(sandbox.secret()).unwrap(),
            state: KeyState::Current,
        }],
        jwks,
        closed: true,
    };
    for scheme in [Scheme::V1, Scheme::V1a, Scheme::Jwt] {
        let sent = sandbox.send(&request(scheme, None), &target, now()).await.unwrap();
        assert_eq!(sent.status, 202);
        assert!(sent.took_us > 0 && sent.message_id.starts_with("msg_") && sent.message_id.len() == 40, "{sent:?}");
        let (headers, body) = arrived.lock().unwrap().pop().unwrap();
        let value = |wanted: &str| {
            let found: Vec<_> = headers
                .iter()
                .filter(|(name, _)| name == wanted)
                .map(|(_, value)| String::from_utf8(value.clone()).unwrap())
                .collect();
            assert_eq!(found.len(), 1, "{wanted}");
            found.into_iter().next().unwrap()
        };
        assert_eq!(value("webhook-id"), sent.message_id);
        assert_eq!(value("content-type"), "application/json");
        assert!(value("user-agent").contains("Pollux Sandbox"));
        let verdict =
            verify(&Received { headers: &headers, body: &body }, &keyring, &Policy::default(), &Seen::default(), now());
        assert_eq!(verdict.outcome, Outcome::Verified, "{verdict:?}");
    }
    // Repeated and missing headers, and a compressed body, survive the way.
    sandbox.send(&request(Scheme::V1, Some("repeated_header")), &target, now()).await.unwrap();
    sandbox.send(&request(Scheme::V1, Some("gzip_body")), &target, now()).await.unwrap();
    sandbox.send(&request(Scheme::V1, Some("duplicate")), &target, now()).await.unwrap();
    sandbox.send(&request(Scheme::Jwt, Some("wrong_rsa_key")), &target, now()).await.unwrap();
    let unnamed = sandbox.send(&request(Scheme::V1, Some("missing_id")), &target, now()).await.unwrap();
    assert!(unnamed.message_id.starts_with("msg_"));
    let all = std::mem::take(&mut *arrived.lock().unwrap());
    assert_eq!(all.len(), 6);
    assert_eq!(all[0].0.iter().filter(|(name, _)| name == "webhook-timestamp").count(), 2);
    assert!(all[1].1.starts_with(b"\x1f\x8b"));
    assert_eq!(all[2], all[3]);
    assert!(all[5].0.iter().all(|(name, _)| name != "webhook-id"));
    sandbox.stop().await;
}

#[tokio::test]
async fn redirects_are_answers_and_strangers_get_nothing() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let (base, arrived) = receiver().await;
    let sent = sandbox.send(&request(Scheme::V1, None), &format!("{base}/moved"), now()).await.unwrap();
    assert_eq!(sent.status, 307);
    assert!(arrived.lock().unwrap().is_empty());
    for target in [
        "http://example.com/",
        "https://127.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "http://a@127.0.0.1/",
        "nothing",
    ] {
        let error = sandbox.send(&request(Scheme::V1, None), target, now()).await.unwrap_err();
        assert!(matches!(error, SendError::Target(_)), "{target}: {error}");
    }
    let error = sandbox.send(&request(Scheme::V1, None), "http://127.0.0.1:1/", now()).await.unwrap_err();
    assert!(matches!(error, SendError::Unreachable { .. }) && error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn two_sandboxes_have_different_keys_and_a_stopped_one_is_gone() {
    let one = Sandbox::start(Options::default()).await.unwrap();
    let two = Sandbox::start(Options::default()).await.unwrap();
    assert_ne!(one.secret(), two.secret());
    assert_ne!(one.address(), two.address());
    let taken = Sandbox::start(Options { address: two.address(), ..Options::default() }).await;
    assert!(taken.unwrap_err().to_string().contains("cannot listen"));
    assert!(!format!("{one:?}").contains("whsec_"));
    let (address, url) = (one.address(), two.jwks_url());
    tokio::time::timeout(Duration::from_secs(5), one.stop()).await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    // Dropping stops it too.
    let address = two.address();
    drop(two);
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{url} is still served");
}
