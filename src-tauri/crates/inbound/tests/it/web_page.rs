//! What web pages send to the listener.

use inbound::{GateRules, Limits, Refusal};

use crate::rig::{rig, status};

fn post(lines: &str) -> String {
    format!("POST /hook HTTP/1.1\r\n{lines}content-length: 2\r\nconnection: close\r\n\r\n{{}}")
}

#[tokio::test]
async fn a_web_page_cannot_put_anything_into_the_history() {
    let rig = rig(Limits::default()).await;
    let port = rig.listener.address().port();
    for lines in [
        "host: 127.0.0.1\r\norigin: https://evil.example\r\nsec-fetch-site: cross-site\r\n".to_owned(),
        // Without a preflight: a plain text, sent without asking.
        "host: localhost\r\norigin: https://evil.example\r\ncontent-type: text/plain\r\n".to_owned(),
        "host: localhost\r\nsec-fetch-site: cross-site\r\n".to_owned(),
        "host: localhost\r\nsec-fetch-site: same-site\r\n".to_owned(),
        "host: localhost\r\norigin: null\r\n".to_owned(),
        // A name that an attacker points at this machine.
        format!("host: evil.example:{port}\r\norigin: http://evil.example:{port}\r\n"),
        // Another server of this machine.
        "host: localhost\r\norigin: http://localhost:3000\r\n".to_owned(),
    ] {
        let answer = rig.raw(post(&lines).as_bytes()).await;
        assert_eq!(status(&answer), "403", "{lines}");
        assert!(answer.ends_with("\r\n\r\n") && !answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    }
    let preflight = "OPTIONS / HTTP/1.1\r\nhost: x\r\norigin: https://evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(status(&rig.raw(preflight.as_bytes()).await), "403");
    assert_eq!(rig.all().await, [] as [i64; 0]);
    assert_eq!(rig.tally.count_of(Refusal::CrossSite), 8);
    let reasons: Vec<String> = rig.tally.newest(8).into_iter().map(|one| one.reason).collect();
    assert!(reasons[7].contains("https://evil.example") && reasons[3].contains("another site"), "{reasons:?}");
}

#[tokio::test]
async fn servers_and_pages_of_the_listener_itself_are_taken() {
    let rig = rig(Limits::default()).await;
    let public = "https://hooks.example/".to_owned();
    rig.gate.set(GateRules { public: Some(public), path_token: None, per_second: 0, bytes_per_second: 0 });
    let port = rig.listener.address().port();
    let taken = [
        "host: 127.0.0.1\r\n".to_owned(),
        // A reverse proxy, or a name of the local network: servers send no origin, whatever the host is.
        "host: build-box.lan:4710\r\nx-forwarded-for: 10.0.0.7\r\n".to_owned(),
        format!("host: localhost:{port}\r\norigin: http://localhost:{port}\r\nsec-fetch-site: same-origin\r\n"),
        "host: hooks.example\r\norigin: https://hooks.example\r\nsec-fetch-site: same-origin\r\n".to_owned(),
        "host: localhost\r\nsec-fetch-site: none\r\n".to_owned(),
    ];
    for lines in &taken {
        assert_eq!(status(&rig.raw(post(lines).as_bytes()).await), "401", "stored, and not signed: {lines}");
    }
    assert_eq!((rig.all().await.len(), rig.tally.count_of(Refusal::CrossSite)), (taken.len(), 0));
    // Somebody followed a link to the address.
    let link = "GET / HTTP/1.1\r\nhost: x\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\n\
                sec-fetch-dest: document\r\nconnection: close\r\n\r\n";
    assert!(rig.raw(link.as_bytes()).await.ends_with(inbound::HEALTH_LINE));
}

#[tokio::test]
async fn beyond_the_rate_for_local_requests_it_is_429_and_probes_of_the_internet_have_their_own() {
    let rig = rig(Limits::default()).await;
    rig.gate.limit_local(1);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(rig.raw(post("host: localhost\r\n").as_bytes()).await);
    }
    let limited = seen.iter().filter(|answer| status(answer) == "429").count();
    assert!((1..=2).contains(&limited), "two at once, and one a second: {seen:?}");
    let last = seen.iter().find(|answer| status(answer) == "429").unwrap();
    assert!(last.to_ascii_lowercase().contains("retry-after: 1"), "{last}");
    assert_eq!(rig.tally.count_of(Refusal::TooManyLocal), limited as u64);
    assert_eq!(rig.all().await.len(), 4 - limited);
}
