//! JWTs: what binds the body, and the near misses of a token.

use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use signature::{
    Jwks, KeySet, Keyring, Others, Outcome, Policy, Received, Scheme, Seen, Verdict, decode_signature, probe, sign,
    verify,
};

use crate::rig::{BODY, ID, NOW, codes, lines};

/// The reason of a genuine token that does not cover its body.
const UNBOUND: &str = "body_not_bound_to_token";

fn file() -> Value {
    crate::vectors::load("jwt.json")
}

fn pem(file: &Value, kid: &str) -> Vec<u8> {
    let key = &file["keys"][kid];
    let text = key.as_str().or_else(|| {
        key.as_object().and_then(|key| key.values().filter_map(Value::as_str).find(|text| text.contains("PRIVATE KEY")))
    });
    text.unwrap().as_bytes().to_vec()
}

fn keyring(file: &Value) -> Keyring {
    let set = KeySet::parse(file["jwks"].to_string().as_bytes()).unwrap();
    Keyring { jwks: Jwks::Known(Arc::new(set)), ..Keyring::default() }
}

fn claims(more: Value) -> Value {
    let mut claims = json!({ "exp": NOW + 300, "iat": NOW, "jti": "token-1" });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn deliver(token: &str, body: &[u8], keys: &Keyring, now: i64) -> (Verdict, Option<String>) {
    let headers = lines(ID, &NOW.to_string(), token);
    let received = Received { headers: &headers, body };
    let verdict = verify(&received, keys, &Policy::default(), &Seen::default(), now);
    let found = probe(&received, keys, &Others::default(), &Policy::default(), now, &verdict, || false);
    (verdict, found.map(|found| found.code))
}

#[test]
fn the_body_is_bound_or_the_sentence_says_that_it_is_not() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let file = file();
    let keys = keyring(&file);
    let event: Value = serde_json::from_str(BODY).unwrap();
    let digest = Sha256::digest(BODY);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let pretty = serde_json::to_string_pretty(&event).unwrap();
    let other = BODY.replace("batch_123456", "batch_666");
    let twice = BODY.replacen('{', r#"{"data":{"id":"other"},"#, 1);
    let twice_spaced = twice.replace(',', ", ");
    let cases = [
        (json!({}), BODY, "unbound", None),
        (event.clone(), BODY, "bound", None),
        (event.clone(), &*pretty, "bound", None),
        (event.clone(), "", "unbound", None),
        (event.clone(), "not json", "body_mismatch", None),
        (event.clone(), "[]", "body_mismatch", None),
        (event.clone(), r#"{"type":"batch.failed"}"#, "body_mismatch", None),
        (json!({ "type": "batch.succeeded" }), BODY, "unbound", None),
        (json!({ "event": event }), BODY, "bound", None),
        (json!({ "payload": BODY }), BODY, "bound", None),
        (json!({ "event": event }), r#"{"type":"x"}"#, "body_mismatch", None),
        (json!({ "body_sha256": hex }), BODY, "bound", None),
        (json!({ "bodyHash": URL_SAFE_NO_PAD.encode(digest) }), BODY, "bound", None),
        (json!({ "digest": format!("sha-256=:{}:", STANDARD.encode(digest)) }), BODY, "bound", None),
        (json!({ "x": hex }), BODY, "bound", None),
        (json!({ "body_sha256": hex }), "{}", "body_mismatch", None),
        (json!({ "body_sha256": hex }), &*pretty, "body_mismatch", Some("body_reserialized")),
        (json!({ "body_sha256": null }), BODY, "unbound", None),
        (json!({ "body_sha256": 7 }), BODY, "body_mismatch", None),
        (json!({ "body_sha256": "" }), BODY, "body_mismatch", None),
        (json!({ "body_sha256": "abc" }), BODY, "body_mismatch", None),
        (json!({ "payload-hash": { "sha256": hex } }), BODY, "body_mismatch", None),
        (json!({ "requestBodyDigest": [hex] }), BODY, "body_mismatch", None),
        (json!({ "body_sha256": hex, "payload_hash": "abc" }), BODY, "body_mismatch", None),
        // Not a hash of the body, or not one that is known.
        (json!({ "body_hash_alg": "sha256" }), BODY, "unbound", None),
        (json!({ "body_sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709" }), BODY, "unbound", None),
        (json!({ "body": "abc", "hash": "abc", "digest": 7, "shape": 1 }), BODY, "unbound", None),
        // Events as text.
        (json!({ "payload": pretty }), BODY, "bound", None),
        (json!({ "payload": BODY }), &*other, "body_mismatch", None),
        (json!({ "event": "{\"type\":\"a\",\"data\":{}}" }), BODY, "body_mismatch", None),
        (json!({ "payload": "{\"type\":\"a\"}" }), BODY, "unbound", None),
        (json!({ "payload": BODY }), "", "unbound", None),
        // Members that come twice.
        (event.clone(), &*twice, "body_mismatch", None),
        (json!({ "event": event }), &*twice, "body_mismatch", None),
        (json!({ "payload": BODY }), &*twice, "body_mismatch", None),
        (json!({ "payload": twice }), BODY, "body_mismatch", None),
        (json!({ "payload": twice_spaced }), &*twice, "body_mismatch", None),
        (json!({ "a": 1, "b": { "c": 2 } }), r#"{"a":0,"a":1,"b":{"c":2}}"#, "unbound", None),
        (json!({ "a": 1, "b": { "c": 2 } }), r#"{"a":1,"b":{"c":1,"c":2}}"#, "unbound", None),
        (json!({ "a": 1, "b": { "c": 2 } }), r#"{"a":1,"b":{"c":2}}"#, "bound", None),
        (json!({}), &*twice, "unbound", None),
        // The very bytes, whatever they hold.
        (json!({ "payload": twice }), &*twice, "bound", None),
    ];
    for (more, body, expected, diagnosis) in cases {
        let token = sign::jwt(&pem(&file, "test-key-1"), Some("test-key-1"), &claims(more.clone())).unwrap();
        let (verdict, found) = deliver(&token, body.as_bytes(), &keys, NOW);
        let seen = match verdict.outcome {
            Outcome::Unbound => "unbound",
            Outcome::Verified => "bound",
            Outcome::Rejected | Outcome::Unchecked => &*verdict.reason,
        };
        assert_eq!(seen, expected, "{more} {body}");
        assert_eq!(verdict.sentence.contains("body not covered"), expected == "unbound", "{}", verdict.sentence);
        assert_eq!(verdict.cause == "body not covered", expected == "unbound");
        assert_eq!(found.as_deref(), diagnosis, "{more}");
        assert_eq!(verdict.scheme, Some(Scheme::Jwt));
    }
}

#[test]
fn times_at_the_ends_of_their_range() {
    let file = file();
    let keys = keyring(&file);
    let with = |name: &str, value: &str| -> Value {
        serde_json::from_str(&format!(r#"{{"exp":{},"{name}":{value}}}"#, NOW + 300)).unwrap()
    };
    let cases = [
        ("exp", "9223372036854775807", UNBOUND, true),
        ("exp", "9223372036854775806", UNBOUND, true),
        ("exp", "9.2233720368547e18", UNBOUND, true),
        ("exp", "9223372036854775808", "invalid_claim:exp", false),
        ("exp", "9.2233720368548e18", "invalid_claim:exp", false),
        ("exp", "18446744073709551615", "invalid_claim:exp", false),
        ("exp", "18446744073709551616", "invalid_claim:exp", false),
        ("exp", "1e308", "invalid_claim:exp", false),
        ("exp", "-9223372036854775808", "expired", false),
        ("exp", "-9223372036854775809", "invalid_claim:exp", false),
        ("exp", "-9.2233720368547e18", "expired", false),
        ("exp", "-9.2233720368548e18", "invalid_claim:exp", false),
        ("exp", "-1e308", "invalid_claim:exp", false),
        ("nbf", "9223372036854775807", "not_yet_valid", false),
        ("nbf", "9223372036854775808", "invalid_claim:nbf", false),
        ("nbf", "-9223372036854775808", UNBOUND, false),
        ("iat", "9223372036854775807", "issued_in_future", false),
        ("iat", "-9223372036854775808", UNBOUND, false),
    ];
    for (name, value, reason, implausible) in cases {
        let token = sign::jwt(&pem(&file, "test-key-1"), Some("test-key-1"), &with(name, value)).unwrap();
        let (verdict, _) = deliver(&token, b"", &keys, NOW);
        assert_eq!(verdict.reason, reason, "{name} {value}");
        assert_eq!(codes(&verdict).contains(&"exp_implausible"), implausible, "{name} {value}");
    }
}

#[test]
fn of_several_keys_of_one_kid_the_first_that_fits_is_taken() {
    let file = file();
    let token = sign::jwt(&pem(&file, "test-key-1"), Some("test-key-1"), &claims(json!({}))).unwrap();
    let good = file["jwks"]["keys"].as_array().unwrap().iter().find(|key| key["kid"] == "test-key-1").unwrap();
    let with = |name: &str, value: Value| {
        let mut jwk = good.clone();
        jwk[name] = value;
        jwk
    };
    let (encrypts, pinned) = (with("use", json!("enc")), with("alg", json!("PS256")));
    let (small, broken) = (with("n", json!("AQ")), with("n", json!("!")));
    let ec = json!({ "kty": "EC", "crv": "P-256", "x": "a", "y": "b", "kid": "test-key-1" });
    let mut okp = sign::v1a_public_jwk(&[3; 32]);
    okp["kid"] = json!("test-key-1");
    for other in [&encrypts, &pinned, &small, &broken, &ec, &okp] {
        for (set, index) in [(json!([other, good]), 1), (json!([good, other]), 0), (json!([other, other, good]), 2)] {
            let set = KeySet::parse(json!({ "keys": set }).to_string().as_bytes()).unwrap();
            let keys = Keyring { jwks: Jwks::Known(Arc::new(set)), ..Keyring::default() };
            let (verdict, _) = deliver(&token, b"", &keys, NOW);
            assert_eq!(
                (&*verdict.reason, verdict.key.as_ref().map(|key| key.index)),
                (UNBOUND, Some(index)),
                "{other}"
            );
            assert!(codes(&verdict).contains(&"jwks_duplicate_kid"));
        }
    }
    for (set, reason, words) in [
        (json!([small, encrypts]), "key_too_small", "1 bits"),
        (json!([encrypts, small]), "key_not_usable", "its use is not sig"),
        (json!([pinned, ec]), "key_not_usable", "another alg"),
        (json!([okp, small]), "key_not_usable", "an Ed25519 key"),
        (json!([with("alg", json!(1))]), "key_not_usable", "its alg is not a string"),
        (json!([with("alg", json!([]))]), "key_not_usable", "its alg is not a string"),
        (json!([with("use", json!(1))]), "key_not_usable", "its use is not sig"),
        (json!([with("alg", json!(null))]), UNBOUND, ""),
        (json!([with("use", json!(null))]), UNBOUND, ""),
        (json!([with("key_ops", json!(null))]), UNBOUND, ""),
    ] {
        let set = KeySet::parse(json!({ "keys": set }).to_string().as_bytes()).unwrap();
        let keys = Keyring { jwks: Jwks::Known(Arc::new(set)), ..Keyring::default() };
        let (verdict, _) = deliver(&token, b"", &keys, NOW);
        assert_eq!(verdict.reason, reason, "{}", verdict.sentence);
        assert!(verdict.sentence.contains(words), "{}", verdict.sentence);
    }
}

#[test]
fn near_misses_of_a_token() {
    let file = file();
    let keys = keyring(&file);
    let key = pem(&file, "test-key-1");
    let good = sign::jwt(&key, Some("test-key-1"), &claims(json!({}))).unwrap();
    let wrong_kid = sign::jwt(&key, Some("test-key-2"), &claims(json!({}))).unwrap();
    let unknown_kid = sign::jwt(&key, Some("elsewhere"), &claims(json!({}))).unwrap();
    let cases = [
        (&wrong_kid, NOW, "bad_signature", Some("jwt_other_key")),
        (&unknown_kid, NOW, "unknown_kid", Some("jwt_other_key")),
        (&good, NOW + 361, "expired", Some("stale_with_valid_signature")),
        (&good, NOW - 61, "issued_in_future", Some("future_with_valid_signature")),
        (&good, NOW + 359, UNBOUND, None),
    ];
    for (token, now, reason, diagnosis) in cases {
        let (verdict, found) = deliver(token, BODY.as_bytes(), &keys, now);
        assert_eq!((&*verdict.reason, found.as_deref()), (reason, diagnosis));
    }
}

#[test]
fn forged_tokens_are_told_apart() {
    let file = file();
    let keys = keyring(&file);
    let mut told = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let expected = match vector["name"].as_str().unwrap() {
            "hs256_public_key_pem" | "hs256_public_key_pem_stripped" => "jwt_hs256_with_public_key",
            "hs256_empty_key" => "jwt_hs256_with_empty_key",
            name if name.starts_with("alg_none") => "jwt_alg_none",
            _ => continue,
        };
        let (verdict, found) = deliver(vector["token"].as_str().unwrap(), b"", &keys, NOW);
        assert_eq!((verdict.outcome, found.as_deref()), (Outcome::Rejected, Some(expected)), "{}", vector["name"]);
        told += 1;
    }
    assert!(told >= 4, "{told}");
}

#[test]
fn a_jwks_that_is_not_there_says_nothing() {
    let file = file();
    let token = sign::jwt(&pem(&file, "test-key-1"), Some("test-key-1"), &claims(json!({}))).unwrap();
    let keys = Keyring { jwks: Jwks::Unavailable("connection refused".to_owned()), ..Keyring::default() };
    let (verdict, _) = deliver(&token, b"", &keys, NOW);
    assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Unchecked, "jwks_unavailable"));
    assert!(verdict.sentence.contains("connection refused"), "{}", verdict.sentence);
}

#[test]
fn a_token_is_opened_for_display() {
    let file = file();
    let token = sign::jwt(&pem(&file, "test-key-1"), Some("test-key-1"), &claims(json!({}))).unwrap();
    let opened = decode_signature(token.as_bytes()).token.unwrap();
    assert_eq!(
        (&opened.header["alg"], &opened.claims["jti"], opened.signature_len),
        (&json!("RS256"), &json!("token-1"), 256)
    );
    let list = decode_signature(b"v1,abc v1a, v9,x");
    let entries: Vec<_> = list.entries.iter().map(|entry| (&*entry.version, &*entry.text, entry.well_formed)).collect();
    assert_eq!(entries, [("v1", "abc", false), ("v1a", "", false), ("v9", "x", false)]);
}
