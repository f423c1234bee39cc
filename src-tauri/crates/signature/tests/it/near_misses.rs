//! The near-miss probe: each mistake by its code, with the key named, within its limits.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use signature::{
    Diagnosis, Jwks, KeySet, KeyState, Keyring, Others, Policy, Received, SecretKey, StepStatus, Verdict, explain,
    probe, probed, sign,
};

use crate::rig::{BODY, ID, NOW, OTHER, SECRET, check, key, lines, ring, secret};

const SEED: [u8; 32] = [5; 32];

fn mac(key: &[u8], content: &[u8]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(content);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn diagnose(
    headers: &[(String, Vec<u8>)],
    body: &[u8],
    keys: &Keyring,
    others: &Others<'_>,
) -> (Verdict, Option<Diagnosis>) {
    let verdict = check(headers, body, keys);
    let found = probe(&Received { headers, body }, keys, others, &Policy::default(), NOW, &verdict, || false);
    (explain(verdict, found.clone()), found)
}

/// What was signed and what arrived, with the keys of both schemes.
fn code_of(signed: &[u8], received: &[u8]) -> [Option<String>; 2] {
    let hmac = ring(vec![key("a", SECRET, KeyState::Current)]);
    let set = serde_json::json!({ "keys": [sign::v1a_public_jwk(&SEED)] });
    let jwks = Keyring {
        jwks: Jwks::Known(Arc::new(KeySet::parse(set.to_string().as_bytes()).unwrap())),
        ..Keyring::default()
    };
    let v1 = lines(ID, &NOW.to_string(), &sign::v1(&secret(SECRET), ID, NOW, signed));
    let v1a = lines(ID, &NOW.to_string(), &sign::v1a(&SEED, ID, NOW, signed));
    [(v1, hmac), (v1a, jwks)]
        .map(|(headers, keys)| diagnose(&headers, received, &keys, &Others::default()).1.map(|found| found.code))
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn forms_of_the_body() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let cases: Vec<(&str, Vec<u8>, Vec<u8>)> = vec![
        ("body_reserialized", BODY.into(), pretty(BODY).into()),
        ("body_reserialized", pretty(BODY).into(), BODY.into()),
        ("body_reserialized", br#"{"a": 1, "b": [1, 2]}"#.into(), br#"{"a":1,"b":[1,2]}"#.into()),
        ("body_reserialized", br#"{"b":1,"a":{"d":1,"c":2}}"#.into(), br#"{"a":{"d":1,"c":2},"b":1}"#.into()),
        ("body_reserialized", br#"{"a":{"c":2,"d":1},"b":1}"#.into(), br#"{"b":1,"a":{"d":1,"c":2}}"#.into()),
        ("body_reserialized", BODY.into(), br#"{"data":{"id":"batch_123456","output_file_uri":"gs://my-bucket/results.jsonl"},"timestamp":"2026-01-22T12:00:00Z","type":"batch.succeeded","version":"v1"}"#.into()),
        ("body_reserialized", "{\"a\":\"é\u{1F980}\"}".into(), r#"{"a":"\u00e9\ud83e\udd80"}"#.into()),
        ("body_reserialized", r#"{"a":"\u00e9\ud83e\udd80"}"#.into(), "{\"a\":\"é\u{1F980}\"}".into()),
        ("body_reserialized", br#"{"u":"gs:\/\/b\/o"}"#.into(), br#"{"u":"gs://b/o"}"#.into()),
        ("body_reserialized", br#"{"a":"\u003cb\u003e"}"#.into(), br#"{"a":"<b>"}"#.into()),
        ("body_reserialized", br#"{"a":1}"#.into(), br#"{"a":1.0}"#.into()),
        ("body_reserialized", b"{\n    \"a\": 12345678901234567890123\n}\n".into(), br#"{"a":12345678901234567890123}"#.into()),
        ("body_reserialized", br#"{"a":1.0}"#.into(), br#"{"a":1}"#.into()),
        ("body_reserialized", br#"{"a":1.0,"b":[-2.0,true]}"#.into(), br#"{"a":1,"b":[-2,true]}"#.into()),
        ("body_reserialized", br#"{"a": 1, "b": {"c": 2.0}}"#.into(), br#"{"a":1,"b":{"c":2}}"#.into()),
        ("body_reserialized", br#"{"b": 1.0, "a": 2}"#.into(), br#"{"b":1,"a":2}"#.into()),
        ("body_reserialized", br#"{"a":1e2}"#.into(), br#"{"a":100}"#.into()),
        ("body_reserialized", br#"{"a":1E2}"#.into(), br#"{"a":100}"#.into()),
        ("body_reserialized", br#"{"a":-1.5e+3,"b":7}"#.into(), br#"{"a":-1500,"b":7}"#.into()),
        ("body_reserialized", br#"{"a":200,"b":1e2}"#.into(), br#"{"a":200,"b":100}"#.into()),
        ("body_reserialized", br#"{"a":100}"#.into(), br#"{"a":1e2}"#.into()),
        ("body_reserialized", br#"{"a":100}"#.into(), br#"{"a":100.0}"#.into()),
        ("body_trailing_newline", BODY.into(), format!("{BODY}\n").into()),
        ("body_trailing_newline", format!("{BODY}\r\n").into(), BODY.into()),
        ("body_trailing_newline", BODY.into(), format!("{BODY}  \n\n").into()),
        ("body_newline_conversion", b"a\r\nb\r\n".into(), b"a\nb\n".into()),
        ("body_newline_conversion", b"a\nb\n".into(), b"a\r\nb\r\n".into()),
        ("body_bom", format!("\u{feff}{BODY}").into(), BODY.into()),
        ("body_bom", BODY.into(), format!("\u{feff}{BODY}").into()),
        ("body_unicode_normalised", "{\"a\":\"e\u{301}\"}".into(), "{\"a\":\"\u{e9}\"}".into()),
        ("body_unicode_normalised", "{\"a\":\"\u{e9}\"}".into(), "{\"a\":\"e\u{301}\"}".into()),
        ("body_charset", b"caf\xe9".into(), "café".into()),
        ("body_charset", "café".into(), b"caf\xe9".into()),
        ("body_charset", "café".into(), "cafÃ©".into()),
        ("body_charset", b"5 \x80 \x93caf\xe9\x94".into(), "5 € “café”".into()),
        ("body_charset", "5 € “café”".into(), b"5 \x80 \x93caf\xe9\x94".into()),
        ("body_charset", "5 €".into(), "5 â‚¬".into()),
        ("body_charset", b"5 \x80 ?".into(), "5 € 愛".into()),
        ("body_charset", utf16(BODY), BODY.into()),
        ("body_charset", BODY.into(), utf16(BODY)),
        ("body_content_encoding", BODY.into(), gzip(BODY.as_bytes())),
        ("body_content_encoding", BODY.into(), zlib(BODY.as_bytes())),
        ("body_content_encoding", BODY.into(), deflate(BODY.as_bytes())),
        ("body_content_encoding", gzip(BODY.as_bytes()), BODY.into()),
    ];
    for (code, signed, received) in cases {
        let shown = String::from_utf8_lossy(&received).into_owned();
        assert_eq!(code_of(&signed, &received), [Some(code.to_owned()), Some(code.to_owned())], "{shown}");
    }
    assert_eq!(code_of(BODY.as_bytes(), b"{}"), [None, None]);
}

#[test]
fn derivations_and_contents() {
    let encoded = SECRET.strip_prefix("whsec_").unwrap().as_bytes();
    let decoded = STANDARD.decode(encoded).unwrap();
    let content = format!("{ID}.{NOW}.{BODY}");
    let cases = [
        ("secret_not_base64_decoded", mac(encoded, content.as_bytes())),
        ("secret_used_with_prefix_as_text", mac(SECRET.as_bytes(), content.as_bytes())),
        ("signed_content_body_only", mac(&decoded, BODY.as_bytes())),
        ("signed_content_timestamp_body", mac(&decoded, format!("{NOW}.{BODY}").as_bytes())),
        ("signed_content_order", mac(&decoded, format!("{NOW}.{ID}.{BODY}").as_bytes())),
        ("signed_content_no_delimiter", mac(&decoded, format!("{ID}{NOW}{BODY}").as_bytes())),
        ("signed_content_ms_timestamp", mac(&decoded, format!("{ID}.{NOW}000.{BODY}").as_bytes())),
        // Two mistakes at once: the content outweighs the key.
        ("signed_content_body_only", mac(encoded, BODY.as_bytes())),
    ];
    let keys = ring(vec![key("other", OTHER, KeyState::Current), key("a", SECRET, KeyState::Current)]);
    for (code, signature) in cases {
        let headers = lines(ID, &NOW.to_string(), &signature);
        let (verdict, found) = diagnose(&headers, BODY.as_bytes(), &keys, &Others::default());
        let found = found.unwrap_or_else(|| panic!("nothing found for {code}"));
        assert_eq!(found.code, code);
        assert_eq!(found.key.as_ref().unwrap().id, "a");
        let step = &verdict.steps[4];
        assert_eq!((&*step.check, step.status), ("near_miss", StepStatus::Near));
        assert!(step.seen.starts_with("matches …LaSw"), "{}", step.seen);
        assert_eq!(verdict.diagnosis, Some(found));
        assert_ne!(verdict.cause, "no match");
    }
}

#[test]
fn keys_that_must_not_verify_are_named() {
    let expired = [key("old", SECRET, KeyState::Expired { at: NOW - 31 * 3_600 })];
    let other_projects = [("nightly".to_owned(), key("theirs", SECRET, KeyState::Current))];
    let current = ring(vec![key("new", OTHER, KeyState::Current)]);
    let in_ring = ring(vec![
        key("new", OTHER, KeyState::Current),
        key("old", SECRET, KeyState::Grace { until: NOW - 31 * 3_600 }),
    ]);
    let headers = lines(ID, &NOW.to_string(), &sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes()));
    let none: &[SecretKey] = &[];
    let cases = [
        (&current, Others { expired: &expired, other_projects: &other_projects }, "secret_expired", "expired 31 h ago"),
        (&in_ring, Others { expired: none, other_projects: &[] }, "secret_expired", "expired 31 h ago"),
        (
            &current,
            Others { expired: none, other_projects: &other_projects },
            "secret_of_another_project",
            "the project nightly",
        ),
    ];
    for (keys, others, code, words) in cases {
        let (verdict, found) = diagnose(&headers, BODY.as_bytes(), keys, &others);
        let found = found.unwrap();
        assert_eq!(found.code, code);
        assert!(found.finding.contains(words), "{}", found.finding);
        assert_eq!(verdict.outcome, signature::Outcome::Rejected);
        // A wrong derivation of an expired key is found as well, and both are named.
        let encoded = SECRET.strip_prefix("whsec_").unwrap().as_bytes();
        let wrong = lines(ID, &NOW.to_string(), &mac(encoded, format!("{ID}.{NOW}.{BODY}").as_bytes()));
        let found = diagnose(&wrong, BODY.as_bytes(), keys, &others).1.unwrap();
        assert_eq!(found.code, "secret_not_base64_decoded");
        assert!(found.finding.contains(words), "{}", found.finding);
    }
}

#[test]
fn headers_changed_on_the_way() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let good = sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes());
    let bad = sign::v1(&secret(OTHER), ID, NOW, BODY.as_bytes());
    let time = NOW.to_string();
    let twice = |name: &str, value: &str| {
        let mut headers = lines(ID, &time, &good);
        headers.push((name.to_owned(), value.as_bytes().to_vec()));
        headers
    };
    let hex: String = STANDARD.decode(&good[3..]).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let cases = [
        ("header_merged", lines(ID, &time, &format!("{bad},{good}"))),
        ("header_merged", lines(ID, &time, &format!("{good}, {bad}"))),
        ("header_merged", lines(&format!("{ID}, {ID}"), &time, &good)),
        ("header_merged", lines(&format!("{ID},{ID}"), &format!("{time},{time}"), &good)),
        ("header_repeated", twice("webhook-id", "msg_other")),
        ("header_repeated", twice("Webhook-Signature", &bad)),
        ("timestamp_not_plain", lines(ID, &format!("0{time}"), &good)),
        ("timestamp_not_plain", lines(ID, &format!("{time}.0"), &good)),
        ("timestamp_looks_like_milliseconds", lines(ID, &format!("{time}123"), &good)),
        ("signature_encoding", lines(ID, &time, &format!("v1,{hex}"))),
        ("signature_version_label", lines(ID, &time, &good.replace("v1", "V1"))),
        (
            "stale_with_valid_signature",
            lines(ID, &(NOW - 301).to_string(), &sign::v1(&secret(SECRET), ID, NOW - 301, BODY.as_bytes())),
        ),
        (
            "future_with_valid_signature",
            lines(ID, &(NOW + 301).to_string(), &sign::v1(&secret(SECRET), ID, NOW + 301, BODY.as_bytes())),
        ),
    ];
    for (code, headers) in cases {
        let (verdict, found) = diagnose(&headers, BODY.as_bytes(), &keys, &Others::default());
        assert_eq!(found.map(|found| found.code).as_deref(), Some(code), "{headers:?}");
        assert_eq!(verdict.outcome, signature::Outcome::Rejected);
    }
}

#[test]
fn whether_the_probe_ran_can_be_told() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let good = lines(ID, &NOW.to_string(), &sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes()));
    let near = lines(ID, &NOW.to_string(), &sign::v1(&secret(SECRET), ID, NOW, format!("{BODY}\n").as_bytes()));
    let far = lines(ID, &NOW.to_string(), &sign::v1(&secret(OTHER), ID, NOW, BODY.as_bytes()));
    let open = ring(Vec::new());
    let cases = [
        (&keys, &near, StepStatus::Near, "the body with a newline", true),
        (&keys, &far, StepStatus::Skipped, "nothing near was found", true),
        (&keys, &good, StepStatus::Skipped, "nothing to look for", false),
        (&open, &good, StepStatus::Skipped, "not looked for", false),
    ];
    for (keys, headers, status, seen, ran) in cases {
        assert!(!probed(&check(headers, BODY.as_bytes(), keys)));
        let (verdict, _) = diagnose(headers, BODY.as_bytes(), keys, &Others::default());
        let step = verdict.steps.iter().find(|step| step.check == "near_miss").unwrap();
        assert!(step.status == status && step.seen.contains(seen), "{step:?}");
        assert_eq!(probed(&verdict), ran, "{seen}");
        // It is in the verdict itself, so a stored one still shows it.
        let stored: Verdict = serde_json::from_str(&serde_json::to_string(&verdict).unwrap()).unwrap();
        assert_eq!(probed(&stored), ran, "{seen}");
    }
}

#[test]
fn the_search_is_bounded() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let headers = lines(ID, &NOW.to_string(), &sign::v1(&secret(OTHER), ID, NOW, BODY.as_bytes()));
    let received = Received { headers: &headers, body: BODY.as_bytes() };
    let verdict = check(&headers, BODY.as_bytes(), &keys);
    let mut asked = 0;
    let found = probe(&received, &keys, &Others::default(), &Policy::default(), NOW, &verdict, || {
        asked += 1;
        asked > 5
    });
    assert_eq!((found, asked), (None, 6));

    // A body with many possible forms, and many keys: never more than the fixed number of trials.
    let many: Vec<SecretKey> = (0..200).map(|_| key("x", OTHER, KeyState::Current)).collect();
    let body = br#"{"e":1.0,"d":"\u00e9/<","c":{"z":1,"y":2},"b":[1,2,{"x":"\u00e9"}],"a":"<&>"}"#;
    let headers = lines(ID, &NOW.to_string(), &sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes()));
    let keys = ring(many);
    let verdict = check(&headers, body, &keys);
    let mut asked = 0;
    let received = Received { headers: &headers, body };
    assert!(
        probe(&received, &keys, &Others::default(), &Policy::default(), NOW, &verdict, || {
            asked += 1;
            false
        })
        .is_none()
    );
    assert_eq!(asked, 4_096);

    // A large body is compared as it arrived, in no other form.
    let large = vec![b' '; (1 << 20) + 1];
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let headers = lines(ID, &NOW.to_string(), &sign::v1(&secret(SECRET), ID, NOW, b""));
    assert!(diagnose(&headers, &large, &keys, &Others::default()).1.is_none());
    assert_eq!(diagnose(&headers, &large[1..], &keys, &Others::default()).1.unwrap().code, "body_trailing_newline");
}
