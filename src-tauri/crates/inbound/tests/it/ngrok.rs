//! ngrok: deliveries through it, what the service refuses, and how it ends.

use std::time::Duration;

use inbound::Limits;
use inbound::tunnel::ngrok::{Ngrok, Real, Server};
use inbound::tunnel::{Failure, FailureCode, State};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use super::ngrok_rig::{Network, Run, TOKEN, Warp, ngrok, read_all};
use super::rig::{rig, signed, status};

const CLIENT: &str = "203.0.113.7:4711";

/// 10 MiB in which every byte value stands next to every other.
fn binary() -> Vec<u8> {
    (0..10 * 1024 * 1024_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_comes_through_byte_for_byte_with_its_senders_address() {
    let rig = rig(Limits::default()).await;
    let network = Network::default();
    let mut run = Run::start(ngrok(&network, Real::default()), Some(rig.listener.intake()));
    assert_eq!(run.online().await, "https://calm-otter.ngrok-free.test/");

    let body = binary();
    let mut stream = network.edge.connect(CLIENT).await.unwrap();
    stream.write_all(&signed("msg_1", &body)).await.unwrap();
    assert_eq!(status(&read_all(&mut stream).await), "200");
    let kept = rig.only().await;
    assert_eq!(kept.peer, CLIENT);
    assert!(rig.store.body(kept.row.id).await.unwrap().unwrap() == body, "the body is another");
    run.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_over_real_tls_and_not_with_a_certificate_that_ngrok_did_not_issue() {
    let rig = rig(Limits::default()).await;
    let network = Network::default();
    let (address, ca_pem) = network.edge.ingress().await;
    let mut ngrok = Ngrok::new(TOKEN);
    ngrok.server = Some(Server { address: address.clone(), ca_pem: Some(ca_pem) });
    let mut run = Run::start(ngrok, Some(rig.listener.intake()));
    run.online().await;

    let public = network.edge.public().await;
    let body = binary();
    let mut stream = tokio::net::TcpStream::connect(public).await.unwrap();
    stream.write_all(&signed("msg_1", &body)).await.unwrap();
    assert_eq!(status(&read_all(&mut stream).await), "200");
    let kept = rig.only().await;
    assert_eq!(kept.peer, stream.local_addr().unwrap().to_string());
    assert!(rig.store.body(kept.row.id).await.unwrap().unwrap() == body, "the body is another");
    run.stop().await;
    network.gone().await;

    let mut ngrok = Ngrok::new(TOKEN);
    ngrok.server = Some(Server { address, ca_pem: None });
    let mut run = Run::start(ngrok, None);
    let state = run.until(|state| !matches!(state, State::Starting)).await;
    let State::Reconnecting { why, attempt: 1, .. } = state else { panic!("{state:?}") };
    assert!(why.starts_with("No secure connection to ngrok"), "{why}");
    run.stop().await;
}

#[tokio::test]
async fn the_service_is_asked_for_an_endpoint_and_nothing_that_touches_the_bytes() {
    let network = Network::default();
    let mut asked = ngrok(&network, Warp::default());
    asked.domain = Some(" https://hooks.example.com/ ".to_owned());
    asked.policy = Some("on_http_request: []".to_owned());
    asked.metadata = Some("{\"desk\":7}".to_owned());
    let mut run = Run::start(asked, None);
    assert_eq!(run.online().await, "https://hooks.example.com/");
    run.stop().await;

    let auth = &network.edge.asked("auth")[0]["Extra"];
    assert_eq!(auth["AuthToken"], TOKEN);
    assert_eq!(auth["Metadata"], "{\"desk\":7}");
    assert!(auth["UserAgent"].as_str().unwrap().starts_with(concat!("Pollux/", env!("CARGO_PKG_VERSION"), " ")));
    let bind = &network.edge.asked("bind")[0];
    assert_eq!((&bind["Proto"], &bind["ForwardsTo"]), (&Value::from("https"), &Value::from("Pollux")));
    assert_eq!(bind["Opts"]["Domain"], "hooks.example.com");
    assert_eq!(bind["Opts"]["TrafficPolicy"], "on_http_request: []");
    for untouched in
        ["WebhookVerification", "Compression", "RequestHeaders", "ResponseHeaders", "BasicAuth", "CircuitBreaker"]
    {
        assert!(bind["Opts"][untouched].is_null(), "{untouched}: {}", bind["Opts"]);
    }
}

/// What the service says to `auth` or `bind`, the stable code, and whether it ends the tunnel.
const REFUSALS: &[(&str, u32, FailureCode, bool)] = &[
    ("auth", 105, FailureCode::NgrokAuthtokenWrong, true),
    ("auth", 106, FailureCode::NgrokAuthtokenWrong, true),
    ("auth", 107, FailureCode::NgrokAuthtokenWrong, true),
    ("auth", 4018, FailureCode::NgrokAuthtokenMissing, true),
    ("auth", 123, FailureCode::NgrokAccountUnverified, true),
    ("auth", 102, FailureCode::NgrokAccountSuspended, true),
    ("auth", 338, FailureCode::NgrokAccountSuspended, true),
    ("auth", 120, FailureCode::NgrokTooOld, true),
    ("auth", 121, FailureCode::NgrokTooOld, true),
    ("auth", 110, FailureCode::NgrokProtocol, true),
    ("auth", 9999, FailureCode::NgrokRefused, true),
    ("bind", 9998, FailureCode::NgrokRefused, true),
    ("bind", 328, FailureCode::NgrokDomain, true),
    ("bind", 354, FailureCode::NgrokDomain, true),
    ("auth", 108, FailureCode::NgrokSessions, false),
    ("bind", 334, FailureCode::NgrokEndpointTaken, false),
    ("bind", 324, FailureCode::NgrokEndpoints, false),
    ("bind", 350, FailureCode::NgrokEndpoints, false),
    ("bind", 726, FailureCode::NgrokQuota, false),
    ("bind", 727, FailureCode::NgrokQuota, false),
    ("bind", 734, FailureCode::NgrokRate, false),
];

#[tokio::test]
async fn what_the_service_refuses_is_told_in_plain_words_without_the_authtoken() {
    for &(stage, number, code, ends) in REFUSALS {
        let (network, time) = (Network::default(), Warp::default());
        let error = format!("No, not with {TOKEN}.\nYour authtoken: 2aBcDe***\n\nERR_NGROK_{number}\n");
        network.edge.rule(|rules| match stage {
            "auth" => rules.refuse_auth = Some(error),
            _ => rules.refuse_bind = Some(error),
        });
        let mut run = Run::start(ngrok(&network, time.clone()), None);
        assert_eq!(run.next().await, State::Starting);
        let state = run.next().await;
        let said = format!("{state:?}");
        assert!(!said.contains("2aBcDe"), "{said}");
        let known = inbound::tunnel::ngrok::meaning(number);
        match state {
            State::Failed(Failure { code: failed, message, detail }) if ends => {
                assert_eq!(failed, code, "{number}");
                let detail = detail.unwrap();
                assert_eq!(detail, format!("No, not with ….\nYour authtoken: …\nERR_NGROK_{number}"));
                match known {
                    Some(known) => assert_eq!(known, (code, message.as_str())),
                    None => assert_eq!(message, "ngrok refused: No, not with …."),
                }
                run.task.await.unwrap();
            }
            State::Reconnecting { why, attempt: 1, retry_in: Some(gap) } if !ends => {
                assert_eq!(known, Some((code, why.as_str())), "{number}");
                let least = match number {
                    726 | 727 => 900,
                    734 => 60,
                    _ => 0,
                };
                assert!(gap >= Duration::from_secs(least), "{number}: {gap:?}");
                run.stop().await;
            }
            other => panic!("{number}: {other:?}"),
        }
        time.settle().await;
        assert_eq!(network.edge.connected(), 0, "{number} leaves a connection");
    }
}

#[tokio::test]
async fn an_endpoint_that_stays_taken_ends_it_and_one_that_is_let_go_does_not() {
    for let_go in [true, false] {
        let (network, time) = (Network::default(), Warp::default());
        network.edge.rule(|rules| rules.refuse_bind = Some("It is online.\n\nERR_NGROK_334".to_owned()));
        let mut run = Run::start(ngrok(&network, time.clone()), None);
        time.advance(Duration::from_secs(20)).await;
        if let_go {
            network.edge.rule(|rules| rules.refuse_bind = None);
            time.advance(Duration::from_secs(30)).await;
            let seen = run.seen();
            assert!(matches!(seen.last(), Some(State::Online { .. })), "{seen:?}");
            // Once it was online, the session in the way may be its own previous one.
            network.edge.rule(|rules| rules.refuse_bind = Some("It is online.\n\nERR_NGROK_334".to_owned()));
            network.edge.cut();
            time.advance(Duration::from_secs(300)).await;
            let seen = run.seen();
            assert!(matches!(seen.last(), Some(State::Reconnecting { .. })), "{seen:?}");
            run.stop().await;
        } else {
            time.advance(Duration::from_secs(90)).await;
            let last = run.seen().pop();
            assert!(
                matches!(&last, Some(State::Failed(failure)) if failure.code == FailureCode::NgrokEndpointTaken),
                "{last:?}"
            );
            run.task.await.unwrap();
        }
    }
}

#[tokio::test]
async fn settings_that_cannot_work_fail_before_anything_is_sent() {
    let network = Network::default();
    let mut no_token = ngrok(&network, Warp::default());
    no_token.authtoken = "  ".to_owned().into();
    let mut no_server = ngrok(&network, Warp::default());
    no_server.server = Some(Server { address: "not an address".to_owned(), ca_pem: None });
    for (ngrok, code) in [(no_token, FailureCode::NgrokAuthtokenMissing), (no_server, FailureCode::NgrokServer)] {
        let mut run = Run::start(ngrok, None);
        let state = run.until(|state| !matches!(state, State::Starting)).await;
        assert!(matches!(&state, State::Failed(failure) if failure.code == code), "{state:?}");
    }
    assert!(network.edge.asked("auth").is_empty());
}

#[tokio::test]
async fn without_a_listener_a_sender_is_told_to_try_again() {
    let network = Network::default();
    let mut run = Run::start(ngrok(&network, Warp::default()), None);
    run.online().await;
    let mut stream = network.edge.connect(CLIENT).await.unwrap();
    stream.write_all(&signed("msg_1", b"{}")).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert_eq!(status(&answer), "503");
    assert!(answer.contains("\r\nretry-after: 5\r\n"), "{answer}");
    run.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_takes_the_endpoint_down_and_leaves_nothing_connected() {
    let rig = rig(Limits::default()).await;
    let network = Network::default();
    let mut run = Run::start(ngrok(&network, Real::default()), Some(rig.listener.intake()));
    run.online().await;
    // One that the edge keeps open, as it does between requests.
    let public = network.edge.public().await;
    let mut idle = tokio::net::TcpStream::connect(public).await.unwrap();
    idle.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-le").await.unwrap();
    run.stop().await;
    read_all(&mut idle).await;
    assert_eq!((network.edge.asked("unbind").len(), network.edge.asked("auth").len()), (1, 1));
    network.gone().await;
    assert!(rig.all().await.is_empty());
}

#[tokio::test]
async fn a_stop_also_ends_a_connection_that_is_only_being_made() {
    let network = Network::default();
    let mut silent = ngrok(&network, Warp::default());
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let ours = std::sync::Mutex::new(Some(ours));
    silent.seams.dial = Some(std::sync::Arc::new(move || {
        let ours = ours.lock().unwrap().take().unwrap();
        Box::pin(async move { Ok(Box::new(ours) as Box<_>) })
    }));
    let mut run = Run::start(silent, None);
    assert_eq!(run.next().await, State::Starting);
    Warp::default().settle().await;
    run.stop().await;
    let mut theirs = theirs;
    assert!(
        read_all(&mut theirs).await.contains("AuthToken"),
        "the session was being opened, and its connection ended"
    );
}

#[test]
fn debug_shows_no_token() {
    assert!(!format!("{:?}", Ngrok::new(TOKEN)).contains("2aBc"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_connections_does_not_take_the_endpoint_down() {
    let rig = rig(Limits { head_time: Duration::from_secs(600), ..Limits::default() }).await;
    let network = Network::default();
    let mut run = Run::start(ngrok(&network, Real::default()), Some(rig.listener.intake()));
    run.online().await;
    // More than one muxado session can take: none of them ever ends its request. They come in groups, or a busy machine
    // has the session itself refuse some, of which the listener knows nothing.
    let mut crowd = Vec::new();
    for came in 1..=700_u64 {
        let mut stream = network.edge.connect("192.0.2.66:1").await.expect("the endpoint is online");
        let _ = stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-le").await;
        crowd.push(stream);
        let began = std::time::Instant::now();
        while came % 100 == 0 && rig.tally.snapshot().refused + 256 < came {
            assert!(began.elapsed() < Duration::from_secs(100), "{:?}", rig.tally.snapshot());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    // Whoever comes next is told to try again, over the same session, and is served once the crowd is gone.
    let mut stream = network.edge.connect(CLIENT).await.unwrap();
    stream.write_all(&signed("msg_1", b"{}")).await.unwrap();
    assert!(matches!(status(&read_all(&mut stream).await), "503" | "no answer"));
    drop(crowd);
    let mut taken = String::new();
    for _ in 0..100 {
        let mut stream = network.edge.connect(CLIENT).await.unwrap();
        stream.write_all(&signed("msg_2", b"{}")).await.unwrap();
        taken = read_all(&mut stream).await;
        if status(&taken) == "200" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status(&taken), "200");
    assert_eq!(network.edge.asked("auth").len(), 1, "one session bore it all");
    assert!(run.seen().is_empty(), "and was online all the time");
    run.stop().await;
}

#[tokio::test]
async fn what_the_service_says_is_bounded_and_its_address_must_be_one() {
    let network = Network::default();
    network.edge.rule(|rules| {
        rules.refuse_auth = Some(format!("\u{202e}No\u{7}. {}\n{}", "x".repeat(100_000), "line\n".repeat(5000)))
    });
    let mut run = Run::start(ngrok(&network, Warp::default()), None);
    let State::Failed(failure) = run.until(|state| *state != State::Starting).await else { panic!() };
    let detail = failure.detail.unwrap();
    assert!(failure.message.len() < 400 && detail.len() < 2000 && detail.lines().count() <= 12, "{}", detail.len());
    assert!(failure.message.starts_with("ngrok refused: No. xx"), "{}", failure.message);
    assert!(!detail.contains(['\u{202e}', '\u{7}']));

    for address in ["http://169.254.169.254", "https://user@calm-otter.ngrok-free.test", "javascript://x"] {
        let network = Network::default();
        network.edge.rule(|rules| rules.url = address.to_owned());
        let mut run = Run::start(ngrok(&network, Warp::default()), None);
        let State::Failed(failure) = run.until(|state| *state != State::Starting).await else { panic!("{address}") };
        assert_eq!(failure.code, FailureCode::NgrokAddress, "{address}");
        assert!(failure.message.contains(address), "{}", failure.message);
        run.task.await.unwrap();
    }
}
