//! Probes: straight, through proxies that break them, and requests that are not probes.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::IntoResponse as _;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use inbound::probe::{Outcome, PROBE_HEADER, ProbeRequest, probe};
use inbound::{Gate, GateRules, Limits, Probes};
use tokio::net::TcpListener;

use crate::rig::{Rig, rig, status, with_clocks};

/// Serves a router on its own port for as long as the test runs.
async fn serve(router: Router) -> String {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(socket, router).await });
    format!("http://{address}/")
}

/// A proxy in front of the listener that changes what it forwards.
async fn proxy(rig: &Rig, change: fn(&mut String, &mut HeaderMap, &mut Vec<u8>)) -> String {
    let to = rig.listener.address();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    serve(Router::new().fallback(move |request: Request| async move {
        let (head, body) = request.into_parts();
        let (mut path, mut headers) = (head.uri.path().to_owned(), head.headers);
        let mut body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        headers.remove("host");
        headers.remove("content-length");
        change(&mut path, &mut headers, &mut body);
        let answer = client.post(format!("http://{to}{path}")).headers(headers).body(body).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap())
    }))
    .await
}

fn raw(request: &ProbeRequest, mark: Option<&str>) -> Vec<u8> {
    let mut bytes = b"POST /pollux-probe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".to_vec();
    for (name, value) in &request.headers {
        let value = if *name == PROBE_HEADER { mark.unwrap_or(value) } else { value };
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", request.body.len()).as_bytes());
    bytes.extend_from_slice(&request.body);
    bytes
}

fn mark(request: &ProbeRequest) -> &str {
    &request.headers.iter().find(|(name, _)| *name == PROBE_HEADER).unwrap().1
}

#[tokio::test]
async fn straight_to_the_listener_it_is_ok_and_nothing_is_kept() {
    let rig = rig(Limits { body: 1_000, ..Limits::default() }).await;
    let result = probe(&rig.probes, &rig.base(), None).await;
    assert_eq!(result.outcome, Outcome::Ok, "{}", result.message);
    assert!(result.message.contains("all 65536 bytes"), "{}", result.message);
    assert_eq!((result.added, result.dropped, result.changed), Default::default());
    assert_eq!(result.status, Some(200));
    assert!(result.took.unwrap() < Duration::from_secs(15));
    assert_eq!(rig.all().await, [] as [i64; 0]);
    assert_eq!(rig.tally.snapshot(), inbound::TallySnapshot::default());
}

#[tokio::test]
async fn it_has_the_path_token_and_needs_no_place_in_the_rate() {
    let frozen = Instant::now();
    let rig = with_clocks(Gate::new(Arc::new(move || frozen)), Probes::default()).await;
    let public = rig.base();
    rig.gate.set(GateRules {
        public: Some(public.clone()),
        path_token: Some("k3y".into()),
        per_second: 1,
        bytes_per_second: 0,
    });
    let mut spent = 0;
    while status(&rig.raw(spend(&rig).as_bytes()).await) == "401" {
        spent += 1;
    }
    assert_eq!(spent, 10);
    let result = probe(&rig.probes, &format!("{public}k3y/"), None).await;
    assert_eq!(result.outcome, Outcome::Ok, "{}", result.message);
    assert!(!result.message.contains("not in force"), "{}", result.message);
    // A proxy that loses the token is reported, and so is one behind which everything looks local.
    let result = probe(&rig.probes, &public, None).await;
    assert_eq!((result.outcome, result.status), (Outcome::PathChanged, Some(200)), "{}", result.message);
    rig.gate.set(GateRules { public: Some("https://hooks.example/".into()), ..GateRules::default() });
    let result = probe(&rig.probes, &public, None).await;
    assert!(result.outcome == Outcome::Ok && result.message.contains("not in force"), "{}", result.message);
    assert_eq!(rig.tally.snapshot().stray, 0, "a probe is not counted");
}

fn spend(rig: &Rig) -> String {
    let host = rig.listener.address();
    format!("POST /k3y/ HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
}

type Change = fn(&mut String, &mut HeaderMap, &mut Vec<u8>);

#[tokio::test]
async fn what_a_proxy_does_is_told() {
    let rig = rig(Limits::default()).await;
    let cases: [(Change, Outcome, &str); 7] = [
        (|_, _, _| {}, Outcome::Ok, "all 65536 bytes"),
        (
            |_, _, body| *body = String::from_utf8_lossy(body).into_owned().into_bytes(),
            Outcome::BodyChanged,
            "read as UTF-8",
        ),
        (|_, _, body| body.clear(), Outcome::BodyChanged, "none of its 65536 bytes"),
        (|_, _, body| body.push(b'\n'), Outcome::BodyChanged, "a line end was added"),
        (|_, _, body| body.truncate(1_000), Outcome::BodyChanged, "only its first 1000 bytes"),
        (|_, _, body| body.extend_from_within(..), Outcome::BodyChanged, "131072 arrived"),
        (
            |_, headers, _| {
                headers.remove("webhook-signature");
            },
            Outcome::HeadersChanged,
            "webhook-signature",
        ),
    ];
    for (change, expected, words) in cases {
        let base = proxy(&rig, change).await;
        let result = probe(&rig.probes, &base, None).await;
        assert_eq!(result.outcome, expected, "{}", result.message);
        assert!(result.message.contains(words), "{}", result.message);
    }
    let base = proxy(&rig, |_, headers, _| {
        headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.1"));
        headers.insert("x-pollux-twice", HeaderValue::from_static("one, two, and  a  comma"));
        headers.remove("accept");
        headers.remove("user-agent");
    });
    let result = probe(&rig.probes, &base.await, None).await;
    assert_eq!(result.outcome, Outcome::Ok, "{}", result.message);
    assert_eq!(result.added, ["x-forwarded-for"]);
    assert_eq!(result.dropped, ["user-agent"], "the client of this proxy puts an accept of its own");
    assert_eq!(result.changed, ["x-pollux-twice"]);
    assert_eq!(rig.all().await, [] as [i64; 0]);
}

#[tokio::test]
async fn an_answer_that_is_not_ours_is_foreign_also_when_it_looks_like_ours() {
    let rig = rig(Limits::default()).await;
    let other = crate::rig::rig(Limits::default()).await;
    // Another Pollux does not recognise the probe, and keeps it as the delivery that it is.
    let result = probe(&rig.probes, &other.base(), None).await;
    assert_eq!((result.outcome, result.status), (Outcome::ForeignAnswer, Some(401)), "{}", result.message);
    assert_eq!(other.only().await.row.body_len, 65_536);
    // A server that knows what an echo looks like, but not the key.
    let forged = serve(Router::new().fallback(|headers: HeaderMap, body: Bytes| async move {
        let nonce = headers[PROBE_HEADER].to_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let hash = sha2_hex(&body);
        axum::Json(serde_json::json!({
            "nonce": nonce, "sha256": hash, "length": body.len(), "whole": true, "target": "/pollux-probe",
            "public": null, "token": true, "headers": [], "mac": hash,
        }))
    }))
    .await;
    assert_eq!(probe(&rig.probes, &forged, None).await.outcome, Outcome::ForeignAnswer);
    // Pages; a redirect is not followed.
    let to = rig.base();
    for (number, name, value, words) in [
        (307, "location", to.as_str(), "redirects to http://127.0.0.1"),
        (404, "ngrok-error-code", "ERR_NGROK_3200", "ngrok"),
        (530, "server", "cloudflare", "Cloudflare"),
    ] {
        let name: HeaderName = name.parse().unwrap();
        let value = HeaderValue::from_str(value).unwrap();
        let page = serve(Router::new().fallback(move |_: Bytes| async move {
            let mut answer = StatusCode::from_u16(number).unwrap().into_response();
            answer.headers_mut().insert(name, value);
            answer
        }));
        let result = probe(&rig.probes, &page.await, None).await;
        assert_eq!((result.outcome, result.status), (Outcome::ForeignAnswer, Some(number)));
        assert!(result.message.contains(words), "{}", result.message);
    }
    assert_eq!(rig.all().await, [] as [i64; 0]);
}

fn sha2_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_probe_is_known_once_within_a_minute_and_only_as_it_was_signed() {
    let ms = Arc::new(AtomicU64::new(0));
    let (start, read) = (Instant::now(), ms.clone());
    let now = Arc::new(move || start + Duration::from_millis(read.load(Ordering::Relaxed)));
    let drawn = AtomicU64::new(0);
    let random = Arc::new(move |bytes: &mut [u8]| {
        bytes.fill(drawn.fetch_add(1, Ordering::Relaxed) as u8);
        true
    });
    let rig = with_clocks(Gate::default(), Probes::new(random, now)).await;
    let make = || rig.probes.request("http://x/").unwrap();
    let known = async |bytes: Vec<u8>| rig.raw(&bytes).await.contains("\"sha256\"");

    let first = make();
    let forged = |at: usize, with: &str| {
        let mut parts: Vec<_> = mark(&first).split('.').collect();
        parts[at] = with;
        parts.join(".")
    };
    let other = make();
    let nonce = mark(&other).split('.').nth(1).unwrap();
    for forged in [
        forged(0, "v2"),
        forged(1, nonce),
        forged(2, "99999"),
        forged(3, &"0".repeat(64)),
        forged(4, &"0".repeat(64)),
        forged(4, ""),
        String::new(),
        "v1".into(),
        "....".into(),
    ] {
        assert!(!known(raw(&first, Some(&forged))).await, "{forged}");
    }
    let doubled = format!("{}\r\n{PROBE_HEADER}: {}", mark(&first), mark(&first));
    assert!(!known(raw(&first, Some(&doubled))).await, "two marks");
    let before = rig.all().await.len();
    assert_eq!(before, 10, "each of them was an ordinary delivery");
    assert!(known(raw(&first, None)).await);
    assert_eq!(rig.all().await.len(), before);
    assert!(!known(raw(&first, None)).await, "a second time");

    ms.store(60_000, Ordering::Relaxed);
    assert!(known(raw(&other, None)).await, "60 s");
    let late = make();
    ms.store(120_001, Ordering::Relaxed);
    assert!(!known(raw(&late, None)).await, "a moment later");

    // When there are more than are remembered, the oldest are forgotten.
    let many: Vec<_> = (0..17).map(|_| make()).collect();
    assert!(!known(raw(&many[0], None)).await);
    assert!(known(raw(&many[1], None)).await && known(raw(&many[16], None)).await);
}

#[tokio::test]
async fn without_random_bytes_no_probe_is_made() {
    let probes = Probes::new(Arc::new(|_| false), Arc::new(Instant::now));
    let result = probe(&probes, "http://127.0.0.1:9/", None).await;
    assert!(result.outcome == Outcome::Unreachable && result.message.contains("random"), "{}", result.message);
}

#[tokio::test]
async fn nobody_there_and_no_whole_answer_are_unreachable() {
    let rig = rig(Limits::default()).await;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let result = probe(&rig.probes, &format!("http://{address}/s3cret/"), None).await;
    assert_eq!((result.outcome, result.status), (Outcome::Unreachable, None), "{}", result.message);
    assert!(
        result.message.contains("127.0.0.1 cannot be reached") && !result.message.contains("s3cret"),
        "{}",
        result.message
    );

    let cutting = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = cutting.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            drop(cutting.accept().await);
        }
    });
    let result = probe(&rig.probes, &format!("http://{address}/s3cret/"), None).await;
    assert_eq!(result.outcome, Outcome::Unreachable, "{}", result.message);
    assert!(!result.message.contains("s3cret"), "{}", result.message);
}
