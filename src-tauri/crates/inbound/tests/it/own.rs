//! An own address: nginx with TLS in front of the listener, set up as a user should, and as one should not.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use inbound::probe::{Outcome, ProbeResult, probe};
use inbound::tunnel::{FailureCode, Own, Site, State, Tunnel as _};
use inbound::{GateRules, Limits};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::nginx::{Authority, Certificate, Nginx};
use crate::rig::{Rig, rig};

/// A location that passes everything on to the listener.
fn pass(rig: &Rig, more: &str) -> String {
    format!("location / {{ proxy_pass http://{}; {more} }}", rig.listener.address())
}

async fn through(rig: &Rig, authority: &Authority, server: &str) -> ProbeResult {
    let nginx = Nginx::start(authority, server).await;
    probe(&rig.probes, &nginx.base(), Some(authority.pem.as_bytes())).await
}

#[tokio::test]
async fn a_correct_proxy_passes_all_and_its_headers_are_named() {
    // The requests below are rejected, and examined whole.
    let (rig, authority) = (rig(Limits { rejected: 1 << 20, ..Limits::default() }).await, Authority::new());
    let server = pass(
        &rig,
        "proxy_http_version 1.1; proxy_request_buffering off; proxy_set_header Host $http_host;
         proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Real-IP $remote_addr;
         proxy_set_header User-Agent \"\"; proxy_set_header Accept text/html;",
    );
    let nginx = Nginx::start(&authority, &server).await;
    let base = nginx.base();
    rig.gate.set(GateRules {
        public: Some(base.clone()),
        path_token: Some("k3y".into()),
        per_second: 5,
        bytes_per_second: 0,
    });
    for _ in 0..30 {
        // More than the rate allows: probes are not counted.
        let result = probe(&rig.probes, &format!("{base}k3y/"), Some(authority.pem.as_bytes())).await;
        assert_eq!((result.outcome, result.status), (Outcome::Ok, Some(200)), "{}", result.message);
        assert!(!result.message.contains("not in force"), "{}", result.message);
        assert_eq!(result.added, ["x-forwarded-for", "x-real-ip"]);
        assert_eq!(result.dropped, ["user-agent"]);
        assert_eq!(result.changed, ["accept"]);
    }
    // The gate applies to everything else that comes this way, and what it lets in is whole.
    let ca = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    let body: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    let sent = client.post(&base).body(body.clone()).send().await.unwrap();
    assert_eq!(sent.status(), 404);
    let sent = client.post(format!("{base}k3y/sandbox")).body(body.clone()).send().await.unwrap();
    assert_eq!(sent.status(), 401, "no signature");
    let kept = rig.only().await;
    assert_eq!(kept.path, "/k3y/sandbox");
    assert_eq!(rig.store.body(kept.row.id).await.unwrap().unwrap(), body);
    assert_eq!(rig.tally.snapshot().stray, 1);
}

#[tokio::test]
async fn a_proxy_of_the_shortest_kind_works_but_hides_who_is_from_the_internet() {
    let (rig, authority) = (rig(Limits::default()).await, Authority::new());
    // nginx then sends the listener's own address as `Host`.
    let nginx = Nginx::start(&authority, &pass(&rig, "")).await;
    rig.gate.set(GateRules { public: Some(nginx.base()), ..GateRules::default() });
    let result = probe(&rig.probes, &nginx.base(), Some(authority.pem.as_bytes())).await;
    assert_eq!(result.outcome, Outcome::Ok, "{}", result.message);
    assert!(result.message.contains("not in force"), "{}", result.message);
    assert_eq!((result.added, result.dropped, result.changed), Default::default());
}

#[tokio::test]
async fn a_filter_that_changes_bodies_is_found_out() {
    let (rig, authority) = (rig(Limits::default()).await, Authority::new());
    for (filter, words) in [
        // A body that does not fit nginx's buffer is empty for its filters.
        ("proxy_set_body $request_body;", "none of its 65536 bytes"),
        ("client_body_buffer_size 128k; proxy_set_body \"$request_body\\n\";", "a line end was added"),
        ("client_body_buffer_size 128k; proxy_set_body \"<$request_body>\";", "65538 arrived"),
    ] {
        let result = through(&rig, &authority, &pass(&rig, filter)).await;
        assert_eq!((result.outcome, result.status), (Outcome::BodyChanged, Some(200)), "{filter}: {}", result.message);
        assert!(result.message.contains(words), "{}", result.message);
    }
    let lost = pass(&rig, "proxy_set_header Webhook-Signature \"\";");
    let result = through(&rig, &authority, &lost).await;
    assert_eq!(result.outcome, Outcome::HeadersChanged, "{}", result.message);
    assert_eq!(result.dropped, ["webhook-signature"]);
    assert_eq!(rig.all().await, [] as [i64; 0]);
}

#[tokio::test]
async fn pages_of_the_proxy_itself_are_foreign() {
    let (rig, authority) = (rig(Limits::default()).await, Authority::new());
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    for (server, number, words) in [
        (
            "location / { default_type text/html; return 200 '<title>Welcome to my shop</title>'; }",
            200,
            "Welcome to my shop",
        ),
        ("location / { return 301 https://elsewhere.example/; }", 301, "redirects to https://elsewhere.example/"),
        ("client_max_body_size 1k; location / { return 200; }", 413, "client_max_body_size"),
        (&format!("location / {{ proxy_pass http://{nobody}; }}"), 502, "cannot reach the listener"),
        ("root /nonexistent;", 404, "has nothing at this path"),
    ] {
        let result = through(&rig, &authority, server).await;
        assert_eq!((result.outcome, result.status), (Outcome::ForeignAnswer, Some(number)), "{}", result.message);
        assert!(result.message.contains(words), "{}", result.message);
    }
}

#[tokio::test]
async fn tls_that_senders_would_refuse_is_told() {
    let (rig, ours, theirs) = (rig(Limits::default()).await, Authority::new(), Authority::named("Another"));
    let server = pass(&rig, "");
    let certificate = |name, expired| Certificate { authority: &ours, name, expired };
    let good = Nginx::with(certificate("localhost", false), &server).await;
    let named = Nginx::with(certificate("hooks.example", false), &server).await;
    let old = Nginx::with(certificate("localhost", true), &server).await;
    let trusted = Some(ours.pem.as_bytes());
    for (nginx, root, words) in [
        (&good, Some(theirs.pem.as_bytes()), "not signed by anyone this machine trusts"),
        (&good, None, "not signed by anyone this machine trusts"),
        (&named, trusted, "is for another name"),
        (&old, trusted, "has expired"),
    ] {
        let result = probe(&rig.probes, &nginx.base(), root).await;
        assert_eq!((result.outcome, result.status), (Outcome::TlsFailed, None), "{}", result.message);
        assert!(result.message.contains(words), "{}", result.message);
    }
    // https to a port that speaks http.
    let plain = rig.base().replace("http://", "https://");
    let result = probe(&rig.probes, &plain, trusted).await;
    assert_eq!(result.outcome, Outcome::TlsFailed, "{}", result.message);
    assert_eq!(probe(&rig.probes, &good.base(), trusted).await.outcome, Outcome::Ok);
    let down = good.base();
    drop(good);
    let result = probe(&rig.probes, &down, trusted).await;
    assert_eq!((result.outcome, result.status), (Outcome::Unreachable, None), "{}", result.message);
}

/// Runs the address as a tunnel; returns its states, and a way to move the listener.
fn run(address: &str, listens: bool) -> (mpsc::Receiver<State>, watch::Sender<Option<SocketAddr>>, CancellationToken) {
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 4710));
    let (local, at) = watch::channel(listens.then_some(at));
    let (to_states, states) = mpsc::channel(8);
    let stop = CancellationToken::new();
    let site =
        Site { intake: Arc::new(|| None), local: at, states: to_states, stop: stop.clone(), random: Arc::new(|| 0.5) };
    tokio::spawn(Box::new(Own { address: address.to_owned() }).run(site));
    (states, local, stop)
}

async fn next(states: &mut mpsc::Receiver<State>) -> Option<State> {
    tokio::time::timeout(Duration::from_secs(10), states.recv()).await.expect("a state in time")
}

#[tokio::test]
async fn it_is_online_while_the_listener_listens() {
    let (mut states, local, stop) = run(" https://hooks.example/dev ", false);
    let online = State::Online { public: "https://hooks.example/dev/".into(), latency: None };
    let at = |port| Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    assert_eq!(next(&mut states).await, Some(State::Starting));
    local.send_replace(at(1));
    assert_eq!(next(&mut states).await, Some(online.clone()));
    // Another port: nothing to report, since the proxy is the user's.
    local.send_replace(at(2));
    local.send_replace(None);
    let lost = next(&mut states).await;
    assert!(
        matches!(&lost, Some(State::Reconnecting { why, retry_in: None, .. }) if why.contains("listener")),
        "{lost:?}"
    );
    local.send_replace(at(3));
    assert_eq!(next(&mut states).await, Some(online));
    stop.cancel();
    assert_eq!(next(&mut states).await, Some(State::Stopped));
    assert_eq!(next(&mut states).await, None, "nothing of it is left");
}

#[tokio::test]
async fn an_address_that_cannot_be_one_is_refused_with_the_reason() {
    for (address, code, words) in [
        ("  ", FailureCode::OwnAddressMissing, "Enter the https address"),
        ("hooks.example", FailureCode::OwnAddressInvalid, "start with https://"),
        ("ftp://hooks.example", FailureCode::OwnAddressInvalid, "start with https://"),
        ("https://user:s3cret@hooks.example/", FailureCode::OwnAddressInvalid, "user name or password"),
        ("https://hooks.example/?a", FailureCode::OwnAddressInvalid, "without ? or #"),
        ("https://hooks.example/#a", FailureCode::OwnAddressInvalid, "without ? or #"),
        ("https:// hooks", FailureCode::OwnAddressInvalid, "not an address"),
    ] {
        let (mut states, _local, _stop) = run(address, true);
        let Some(State::Failed(failure)) = next(&mut states).await else { panic!("{address}") };
        assert_eq!(failure.code, code, "{address}");
        assert!(failure.message.contains(words) && !failure.message.contains("s3cret"), "{}", failure.message);
        assert_eq!(next(&mut states).await, None);
    }
}
