//! A delivery is kept byte for byte, judged, and answered after its commit.

use std::io::Write as _;

use inbound::Limits;
use signature::Outcome;

use super::rig::{NOW, rig, signed, status};

const BODY: &[u8] =
    br#"{"type":"batch.succeeded","version":"v1","data":{"id":"batches/b1","output_file_uri":"files/batch-b1"}}"#;

#[tokio::test]
async fn a_genuine_delivery_is_verified_kept_whole_and_answered_200() {
    let rig = rig(Limits::default()).await;
    let answer = rig.post("msg_1", BODY).await;
    assert_eq!(status(&answer), "200", "{answer}");
    let kept = rig.only().await;
    assert_eq!(kept.verdict.outcome, Outcome::Verified);
    assert_eq!(kept.row.event_type.as_deref(), Some("batch.succeeded"));
    assert_eq!(kept.row.received_ns, NOW * 1_000_000_000);
    assert_eq!((kept.path.as_str(), kept.query.as_deref()), ("/hook", Some("a=1")));
    assert_eq!(rig.store.body(kept.row.id).await.unwrap().unwrap(), BODY);
    assert!(kept.peer.starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn headers_keep_order_duplicates_and_bytes_that_are_not_utf8() {
    let rig = rig(Limits::default()).await;
    let request = b"POST / HTTP/1.1\r\nhost: x\r\nzeta: 1\r\nalpha: \xff\xfe\r\nzeta: 2\r\nbeta: 3\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    rig.raw(request).await;
    let headers = rig.only().await.headers;
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["host", "zeta", "zeta", "alpha", "beta", "connection", "content-length"]);
    assert_eq!(headers[3].1, b"\xff\xfe");
}

#[tokio::test]
async fn a_rejected_sender_learns_nothing_and_the_probe_gets_its_delivery() {
    let mut rig = rig(Limits::default()).await;
    let mut request = signed("msg_1", BODY);
    let last = request.len() - 2;
    request[last] = b' ';
    let answer = rig.raw(&request).await;
    assert_eq!(status(&answer), "401");
    assert!(answer.ends_with("\r\n\r\n"), "an empty body: {answer:?}");
    let explain = rig.explain.recv().await.unwrap();
    assert_eq!(explain.verdict.reason, "no_matching_signature");
    assert_eq!(explain.body.len(), BODY.len());
}

#[tokio::test]
async fn a_repeated_id_is_a_duplicate_and_still_200() {
    let rig = rig(Limits::default()).await;
    rig.post("msg_1", BODY).await;
    let answer = rig.post("msg_1", BODY).await;
    assert_eq!(status(&answer), "200");
    let second = rig.store.delivery(rig.all().await[1]).await.unwrap().unwrap();
    assert!(second.row.duplicate);
    assert_eq!(second.row.attempt, 2);
    assert!(second.verdict.warnings.iter().any(|warning| warning.code == "duplicate_id"));
}

#[tokio::test]
async fn a_gzip_body_is_kept_raw() {
    let rig = rig(Limits::default()).await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(BODY).unwrap();
    let packed = gzip.finish().unwrap();
    rig.post("msg_1", &packed).await;
    let kept = rig.only().await;
    assert_eq!(kept.verdict.outcome, Outcome::Verified, "the signature is over the packed bytes");
    assert_eq!(rig.store.body(kept.row.id).await.unwrap().unwrap(), packed);
}

#[tokio::test]
async fn chunked_bodies_verify_too() {
    let rig = rig(Limits::default()).await;
    let whole = String::from_utf8(signed("msg_1", BODY)).unwrap();
    let (head, _) = whole.split_once("\r\n\r\n").unwrap();
    let head = head.replace(&format!("content-length: {}", BODY.len()), "transfer-encoding: chunked");
    let mut request = format!("{head}\r\n\r\n").into_bytes();
    for chunk in BODY.chunks(7) {
        write!(request, "{:x}\r\n", chunk.len()).unwrap();
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(status(&rig.raw(&request).await), "200");
    assert_eq!(rig.only().await.verdict.outcome, Outcome::Verified);
}

#[tokio::test]
async fn what_cannot_be_stored_is_503_with_retry_after_and_told() {
    let mut rig = rig(Limits::default()).await;
    rig.store.close().await;
    let answer = rig.post("msg_1", BODY).await;
    assert_eq!(status(&answer), "503");
    assert!(answer.to_ascii_lowercase().contains("\r\nretry-after: 5\r\n"), "{answer}");
    assert_eq!(rig.tally.snapshot().refused, 1);
    assert!(!rig.failed.recv().await.unwrap().is_empty());
}

#[tokio::test]
async fn other_methods_are_405_and_not_kept_and_health_names_no_version() {
    let rig = rig(Limits::default()).await;
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        let answer = rig.raw(format!("{method} /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&answer), "405", "{method}");
        assert!(answer.to_ascii_lowercase().contains("allow: post"));
    }
    assert_eq!(status(&rig.raw(b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await), "405");
    let health = rig.raw(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert_eq!(status(&health), "200");
    assert!(health.ends_with(inbound::HEALTH_LINE));
    assert!(!health.contains(env!("CARGO_PKG_VERSION")) && !health.to_lowercase().contains("pollux"), "{health}");
    assert!(rig.all().await.is_empty());
    assert_eq!(rig.tally.snapshot().other_methods, 6);
}
