//! Requests that are turned away are counted per kind, and what is known of them is remembered, even if they never
//! became a request.

use std::time::Duration;

use inbound::{GateRules, Limits, Refusal, TurnedAway};
use tokio::io::AsyncWriteExt as _;

use crate::rig::{NOW, Rig, read_answer, rig, signed, status};

const TOKEN: &str = "k3y9fq2abcde";

/// The newest, once there are this many: the end of a connection is recorded after its answer.
async fn noted(rig: &Rig, count: usize) -> Vec<TurnedAway> {
    let began = std::time::Instant::now();
    loop {
        let newest = rig.tally.newest(usize::MAX);
        if newest.len() >= count {
            assert_eq!(newest.len(), count, "{newest:?}");
            return newest;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{count}: {newest:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_head_that_cannot_be_taken_is_told_with_what_was_read_of_it() {
    let rig = rig(Limits { head_time: Duration::from_millis(300), ..Limits::default() }).await;
    let many: String = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = "a".repeat(70_000);
    let huge = "b".repeat(600_000);
    /// What is sent, the answer, and what is remembered: kind, method, path, part of the reason.
    type Case<'a> = (Vec<u8>, &'a str, Refusal, Option<&'a str>, Option<&'a str>, &'a str);
    let cases: [Case<'_>; 8] = [
        (
            format!("POST /a/b?key=secret HTTP/1.1\r\nhost: x\r\n{many}\r\n").into(),
            "431",
            Refusal::HeadTooLarge,
            Some("POST"),
            Some("/a/b"),
            "256 header lines",
        ),
        (
            format!("POST /c HTTP/1.1\r\nhost: x\r\nx-huge: {huge}\r\n\r\n").into(),
            "431",
            Refusal::HeadTooLarge,
            Some("POST"),
            Some("/c"),
            "KiB",
        ),
        (
            format!("GET /d?{long} HTTP/1.1\r\nhost: x\r\n\r\n").into(),
            "414",
            Refusal::TargetTooLong,
            Some("GET"),
            Some("/d"),
            "bytes",
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), "400", Refusal::NotHttp, None, None, "TLS"),
        (b"{\"not\": \"http\"}\r\n\r\n".to_vec(), "400", Refusal::NotHttp, None, None, "not valid HTTP/1.1"),
        (
            b"POST /e HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n".to_vec(),
            "400",
            Refusal::NotHttp,
            None,
            None,
            "not valid HTTP/1.1",
        ),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), "no answer", Refusal::NotHttp, Some("PRI"), Some("*"), "HTTP/2"),
        (
            b"POST /f HTTP/1.1\r\nhost: x\r\nslow: ".to_vec(),
            "408",
            Refusal::HeadTooSlow,
            Some("POST"),
            Some("/f"),
            "in time",
        ),
    ];
    for (number, (bytes, answered, refusal, method, path, reason)) in cases.into_iter().enumerate() {
        let answer = rig.raw(&bytes).await;
        assert_eq!(status(&answer), answered, "{refusal:?}: {answer}");
        let one = noted(&rig, number + 1).await.remove(0);
        assert_eq!((one.refusal, one.method.as_deref(), one.path.as_deref()), (refusal, method, path), "{one:?}");
        assert!(one.reason.contains(reason), "{one:?}");
        assert!(one.peer.starts_with("127.0.0.1:") && one.at_ms == NOW * 1000, "{one:?}");
        let told = format!("{one:?}");
        assert!(!told.contains("secret") && told.len() < 1_000, "{told}");
    }
    // Not turned away: closed while idle, and gone in the middle of a head.
    let mut idle = rig.connect().await;
    assert_eq!(read_answer(&mut idle).await, "");
    let mut gone = rig.connect().await;
    gone.write_all(b"POST / HT").await.unwrap();
    drop(gone);
    assert_eq!(status(&rig.post("msg_1", b"{}").await), "200");
    noted(&rig, 8).await;
    assert_eq!(rig.tally.snapshot().turned_away, 8);
}

#[tokio::test]
async fn a_body_that_is_not_taken_is_counted_once_and_kept_as_a_delivery() {
    let rig = rig(Limits { body: 1_000, body_time: Duration::from_millis(200), ..Limits::default() }).await;
    assert_eq!(status(&rig.post("msg_1", &[b'x'; 1_001]).await), "413");
    let request = signed("msg_2", b"0123456789");
    let mut slow = rig.connect().await;
    slow.write_all(&request[..request.len() - 4]).await.unwrap();
    assert_eq!(status(&read_answer(&mut slow).await), "408");
    let mut cut = rig.connect().await;
    cut.write_all(&request[..request.len() - 4]).await.unwrap();
    cut.shutdown().await.unwrap();
    assert_eq!(status(&read_answer(&mut cut).await), "400");
    let chunked = "POST /hook?a=1 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    assert_eq!(status(&rig.raw(chunked.as_bytes()).await), "400");
    let kinds: Vec<Refusal> = noted(&rig, 4).await.into_iter().rev().map(|one| one.refusal).collect();
    use Refusal::{BodyCutShort, BodyTooSlow, TooLarge};
    assert_eq!(kinds, [TooLarge, BodyTooSlow, BodyCutShort, BodyCutShort]);
    assert_eq!(rig.all().await.len(), 4);
    let newest = rig.tally.newest(1).remove(0);
    assert_eq!((newest.method.as_deref(), newest.path.as_deref()), (Some("POST"), Some("/hook")), "without its query");
}

#[tokio::test]
async fn no_path_token_is_shown_whatever_the_request_was_turned_away_for() {
    let rig = rig(Limits::default()).await;
    let public = Some("https://hooks.example/".to_owned());
    rig.gate.set(GateRules { public, path_token: Some(TOKEN.into()), per_second: 0, bytes_per_second: 0 });
    let ask = async |method: &str, target: &str, lines: &str| {
        let request = format!("{method} {target} HTTP/1.1\r\n{lines}connection: close\r\ncontent-length: 0\r\n\r\n");
        rig.raw(request.as_bytes()).await
    };
    let (away, near) = ("host: hooks.example\r\n", "host: localhost\r\n");
    assert_eq!(status(&ask("GET", &format!("/{TOKEN}/x?q=secret"), away).await), "405");
    assert_eq!(status(&ask("PUT", &format!("/{TOKEN}/x"), near).await), "405");
    assert_eq!(status(&ask("POST", &format!("/{}/x", &TOKEN[..11]), away).await), "404");
    assert_eq!(status(&ask("POST", "/an-earlier-token/x", away).await), "404");
    assert_eq!(status(&ask("POST", &format!("/x/{}", TOKEN.replace('q', "%71")), away).await), "404");
    let page = format!("{away}origin: https://evil.example\r\n");
    assert_eq!(status(&ask("POST", &format!("/{TOKEN}/x"), &page).await), "403");
    let many: String = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect();
    assert_eq!(status(&ask("POST", &format!("/{TOKEN}/x"), &many).await), "431");
    let paths: Vec<String> = noted(&rig, 7).await.into_iter().rev().filter_map(|one| one.path).collect();
    assert_eq!(paths, ["/…/x", "/…/x", "/…/x", "/…/x", "/x/…", "/…/x", "/…/x"]);
    let said = format!("{:?}", rig.tally.newest(100));
    assert!(!said.contains(&TOKEN[..6]) && !said.contains("secret") && !said.contains("earlier"), "{said}");
}

#[tokio::test]
async fn a_connection_beyond_the_most_is_told_of_by_its_address() {
    let rig = rig(Limits { connections: 0, ..Limits::default() }).await;
    assert_eq!(status(&rig.raw(b"").await), "503");
    let one = noted(&rig, 1).await.remove(0);
    assert_eq!((one.refusal, one.method, one.path), (Refusal::TooManyConnections, None, None));
    assert!(one.peer.starts_with("127.0.0.1:"), "{}", one.peer);
    assert_eq!(rig.tally.snapshot().refused, 1);
}
