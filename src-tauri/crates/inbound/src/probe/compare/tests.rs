#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::probe::body;

fn echo(body: &[u8], headers: &[(&str, &str)]) -> Echo {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, BASE64_STANDARD.encode(value))).collect();
    serde_json::from_value(serde_json::json!({
        "nonce": "", "sha256": hash(body), "length": body.len(), "whole": true, "target": "/", "public": true,
        "token": true, "headers": headers, "mac": "",
    }))
    .unwrap()
}

#[test]
fn the_body_holds_all_that_is_easily_broken() {
    let sent = body::bytes(b"seed");
    assert_eq!(sent.len(), body::LEN);
    assert!((0..=u8::MAX).all(|byte| sent.contains(&byte)));
    assert!(std::str::from_utf8(&sent).is_err());
    assert_ne!(sent, body::bytes(b"other"));
    // Each of these changes the probe, and each in its own way.
    let mut hashes: Vec<_> = makings(&sent).iter().map(|(_, made)| hash(made)).chain([hash(&sent)]).collect();
    let all = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), all);
}

#[test]
fn what_was_done_to_a_body_is_named() {
    let sent = body::bytes(b"seed");
    assert_eq!(super::body(&sent, &echo(&sent, &[])), None);
    let mut spoilt = sent.to_vec();
    spoilt[40_000] ^= 1;
    for (came, expected) in [
        (String::from_utf8_lossy(&sent).into_owned().into_bytes(), "read as UTF-8"),
        (sent[3..].to_vec(), "byte order mark"),
        (replaced(&sent, b"\r\n", b"\n"), "became LF"),
        (sent[..16_384].to_vec(), "only its first 16384 bytes"),
        (Vec::new(), "none of its 65536 bytes"),
        (spoilt, "65536 arrived: what changed it is not known"),
    ] {
        let how = super::body(&sent, &echo(&came, &[])).unwrap();
        assert!(how.contains(expected), "{how}");
    }
    let broken = Echo { whole: false, ..echo(&sent[..99], &[]) };
    assert!(super::body(&sent, &broken).unwrap().contains("broke off"));
}

#[test]
fn headers_are_told_apart_and_those_of_the_connection_do_not_count() {
    let headers =
        |headers| ProbeRequest { url: String::new(), headers, body: bytes::Bytes::new(), nonce: String::new() };
    let sent = headers(vec![
        ("accept", "*/*".to_owned()),
        ("webhook-id", "probe".to_owned()),
        ("webhook-signature", "v1,A v1a,B".to_owned()),
        ("x-pollux-twice", "one".to_owned()),
        ("x-pollux-twice", "two".to_owned()),
    ]);
    let came = [
        ("host", "127.0.0.1:4710"),
        ("connection", "close"),
        ("content-length", "65536"),
        ("transfer-encoding", "chunked"),
        ("x-forwarded-for", "192.0.2.1"),
        ("webhook-signature", "v1,A"),
        ("accept", "*/*"),
        ("x-pollux-twice", "one, two"),
    ];
    let found = Headers::of(&sent, &echo(b"", &came));
    assert_eq!(found.added, ["x-forwarded-for"]);
    assert_eq!(found.dropped, ["webhook-id"]);
    assert_eq!(found.changed, ["webhook-signature", "x-pollux-twice"]);
    assert_eq!(found.of_the_signature(), ["webhook-id", "webhook-signature"]);
    let order = [("x-pollux-twice", "two"), ("x-pollux-twice", "one")];
    assert_eq!(Headers::of(&headers(sent.headers[3..].to_vec()), &echo(b"", &order)).changed, ["x-pollux-twice"]);
}
