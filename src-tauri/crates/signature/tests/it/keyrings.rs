//! Open and closed keyrings, keys in their grace and past it, a JWKS that could not be had, and the ladder.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use signature::{
    Jwks, KeySet, KeyState, Keyring, MatchedKey, Outcome, Policy, Received, Secret, Seen, StepStatus, Verdict, refuse,
    sign, verify,
};

use crate::rig::{BODY, ID, NOW, OTHER, SECRET, check, codes, key, lines, ring, secret};

const SEED: [u8; 32] = [9; 32];

fn v1(text: &str, then: i64) -> Vec<(String, Vec<u8>)> {
    lines(ID, &then.to_string(), &sign::v1(&secret(text), ID, then, BODY.as_bytes()))
}

fn v1a() -> Vec<(String, Vec<u8>)> {
    lines(ID, &NOW.to_string(), &sign::v1a(&SEED, ID, NOW, BODY.as_bytes()))
}

fn known() -> Jwks {
    let set = serde_json::json!({ "keys": [{ "kty": "FUTURE" }, sign::v1a_public_jwk(&SEED)] });
    Jwks::Known(Arc::new(KeySet::parse(set.to_string().as_bytes()).unwrap()))
}

fn ladder(verdict: &Verdict) -> Vec<(&str, StepStatus, &str)> {
    verdict.steps.iter().map(|step| (&*step.title, step.status, &*step.seen)).collect()
}

#[test]
fn a_delivery_of_a_scheme_without_a_key() {
    let token = lines(ID, &NOW.to_string(), "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln");
    let whpk = sign::v1a_public_text(&SEED);
    let rings = [
        ("nothing", Vec::new(), Jwks::None),
        ("secret", vec![SECRET], Jwks::None),
        ("public", vec![&*whpk], Jwks::None),
        ("jwks", Vec::new(), known()),
        ("unavailable", Vec::new(), Jwks::Unavailable("no answer".to_owned())),
        ("both", vec![SECRET], known()),
    ];
    let expected = [
        // keyring, scheme: open, closed
        ("nothing", "v1", "no_secret", "no_secret"),
        ("nothing", "v1a", "no_jwks", "no_jwks"),
        ("nothing", "jwt", "no_jwks", "no_jwks"),
        ("secret", "v1", "valid", "valid"),
        ("secret", "v1a", "no_jwks", "unsupported_signature_version"),
        ("secret", "jwt", "no_jwks", "jwt_signature_with_hmac_secret"),
        ("public", "v1", "no_secret", "unsupported_signature_version"),
        ("public", "v1a", "valid", "valid"),
        ("public", "jwt", "no_jwks", "jwt_signature"),
        ("jwks", "v1", "no_secret", "hmac_signature_with_jwks_endpoint"),
        ("jwks", "v1a", "valid", "valid"),
        ("jwks", "jwt", "jwt_signature", "jwt_signature"),
        ("unavailable", "v1", "no_secret", "hmac_signature_with_jwks_endpoint"),
        ("unavailable", "v1a", "jwks_unavailable", "jwks_unavailable"),
        ("unavailable", "jwt", "jwks_unavailable", "jwks_unavailable"),
        ("both", "v1", "valid", "valid"),
        ("both", "v1a", "valid", "valid"),
        ("both", "jwt", "jwt_signature", "jwt_signature"),
    ];
    for (ring_name, scheme, open, closed) in expected {
        let (_, texts, jwks) = rings.iter().find(|(name, ..)| *name == ring_name).unwrap();
        let secrets: Vec<_> = texts.iter().map(|text| key("a", text, KeyState::Current)).collect();
        let headers = match scheme {
            "v1" => v1(SECRET, NOW),
            "v1a" => v1a(),
            _ => token.clone(),
        };
        for (is_closed, reason) in [(false, open), (true, closed)] {
            let keys = Keyring { secrets: secrets.clone(), jwks: jwks.clone(), closed: is_closed };
            let verdict = check(&headers, BODY.as_bytes(), &keys);
            let outcome = match reason {
                "valid" => Outcome::Verified,
                "no_secret" | "no_jwks" | "jwks_unavailable" => Outcome::Unchecked,
                _ => Outcome::Rejected,
            };
            assert_eq!(
                (verdict.outcome, &*verdict.reason),
                (outcome, reason),
                "{ring_name} {scheme} closed: {is_closed}"
            );
        }
    }
}

#[test]
fn a_key_in_its_grace_verifies_and_an_expired_one_does_not() {
    let states = [
        (KeyState::Current, Outcome::Verified, ""),
        (KeyState::Grace { until: NOW + 10_800 }, Outcome::Verified, "old secret, 3 h left"),
        (KeyState::Grace { until: NOW + 1 }, Outcome::Verified, "old secret, 1 s left"),
        (KeyState::Grace { until: NOW }, Outcome::Rejected, "no match"),
        (KeyState::Expired { at: NOW - 60 }, Outcome::Rejected, "no match"),
    ];
    for (state, outcome, cause) in states {
        let keys = ring(vec![key("new", OTHER, KeyState::Current), key("old", SECRET, state)]);
        let verdict = check(&v1(SECRET, NOW), BODY.as_bytes(), &keys);
        assert_eq!((verdict.outcome, &*verdict.cause), (outcome, cause), "{state:?}");
        let matched = (outcome == Outcome::Verified).then(|| MatchedKey {
            id: "old".to_owned(),
            index: 1,
            hint: "whsec_…LaSw".to_owned(),
            state,
        });
        assert_eq!(verdict.key, matched);
    }
    let only_expired = ring(vec![key("old", SECRET, KeyState::Expired { at: NOW })]);
    assert_eq!(check(&v1(SECRET, NOW), BODY.as_bytes(), &only_expired).reason, "no_matching_signature");
}

#[test]
fn the_ladder_of_a_refusal_lists_all_checks_in_order() {
    use StepStatus::{Failed, Passed, Skipped};
    let keys =
        ring(vec![key("a", SECRET, KeyState::Current), key("b", OTHER, KeyState::Grace { until: NOW + 10_800 })]);
    let verdict = check(&v1(SECRET, NOW - 2), b"{}", &keys);
    assert_eq!(
        ladder(&verdict),
        [
            ("Headers", Passed, "webhook-id, webhook-timestamp, webhook-signature"),
            ("Time", Passed, "2 s ago, within 300 s"),
            ("Scheme", Passed, "v1, HMAC-SHA256, 1 signature"),
            (
                "Signature",
                Failed,
                "no match with 2 secrets …LaSw (current), …ob7oD (3 h left)".replace("…ob7oD", "…b7oD").as_str()
            ),
            ("Near miss", Skipped, "not looked for"),
            ("Duplicate", Skipped, "no earlier delivery of this id was accepted"),
        ]
    );
}

#[test]
fn a_stale_delivery_still_has_its_signature_checked() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    for (text, status, seen) in [
        (SECRET, StepStatus::Passed, "matches …LaSw (current)"),
        (OTHER, StepStatus::Failed, "no match with secret …LaSw (current)"),
    ] {
        let verdict = check(&v1(text, NOW - 712), BODY.as_bytes(), &keys);
        assert_eq!((&*verdict.reason, &*verdict.cause), ("timestamp_too_old", "11 min old"));
        assert_eq!(verdict.outcome, Outcome::Rejected);
        assert_eq!(ladder(&verdict)[3], ("Signature", status, seen));
        assert_eq!(verdict.key.is_some(), text == SECRET);
    }
}

#[test]
fn the_tolerance_is_inclusive_and_goes_both_ways() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    for tolerance in [0, 300, 86_400] {
        let policy = Policy { tolerance, ..Policy::default() };
        let edge = i64::try_from(tolerance).unwrap();
        for (skew, reason) in
            [(-edge - 1, "timestamp_too_old"), (-edge, "valid"), (edge, "valid"), (edge + 1, "timestamp_too_new")]
        {
            let headers = v1(SECRET, NOW + skew);
            let received = Received { headers: &headers, body: BODY.as_bytes() };
            let verdict = verify(&received, &keys, &policy, &Seen::default(), NOW);
            assert_eq!(verdict.reason, reason, "{tolerance} {skew}");
        }
    }
}

#[test]
fn a_list_may_mix_versions() {
    let both = format!(
        "{} {}",
        sign::v1a(&SEED, ID, NOW, BODY.as_bytes()),
        sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes())
    );
    let headers = lines(ID, &NOW.to_string(), &both);
    let hmac = ring(vec![key("a", SECRET, KeyState::Current)]);
    let jwks = Keyring { jwks: known(), ..Keyring::default() };
    let neither = ring(vec![key("a", OTHER, KeyState::Current)]);
    assert_eq!(check(&headers, BODY.as_bytes(), &hmac).scheme, Some(signature::Scheme::V1));
    let verdict = check(&headers, BODY.as_bytes(), &jwks);
    assert_eq!((verdict.scheme, verdict.key.unwrap().id.as_str()), (Some(signature::Scheme::V1a), "jwks[1]"));
    assert_eq!(check(&headers, BODY.as_bytes(), &neither).reason, "no_matching_signature");
}

#[test]
fn an_entry_beside_a_forged_one_does_not_make_it_unchecked() {
    let unavailable = || Jwks::Unavailable("no answer".to_owned());
    let forged = sign::v1(&secret(OTHER), ID, NOW, BODY.as_bytes());
    let beside = sign::v1a(&[1; 32], ID, NOW, BODY.as_bytes());
    let broken = "v1,abc".to_owned();
    let whpk = sign::v1a_public_text(&SEED);
    let cases = [
        // secrets, JWKS, entries, reason
        (vec![SECRET], unavailable(), vec![&forged], "no_matching_signature"),
        (vec![SECRET], unavailable(), vec![&forged, &beside], "no_matching_signature"),
        (vec![SECRET], unavailable(), vec![&beside, &forged], "no_matching_signature"),
        (vec![SECRET], Jwks::None, vec![&forged, &beside], "no_matching_signature"),
        (vec![SECRET], known(), vec![&forged, &beside], "no_matching_signature"),
        (vec![&whpk], unavailable(), vec![&beside], "no_matching_signature"),
        (vec![&whpk], unavailable(), vec![&forged, &beside], "no_matching_signature"),
        (Vec::new(), known(), vec![&forged, &beside], "no_matching_signature"),
        // Nothing could be compared.
        (vec![SECRET], unavailable(), vec![&beside], "jwks_unavailable"),
        (vec![SECRET], unavailable(), vec![&broken, &beside], "jwks_unavailable"),
        (Vec::new(), unavailable(), vec![&forged, &beside], "jwks_unavailable"),
        (vec![&whpk], unavailable(), vec![&forged], "no_secret"),
    ];
    for (texts, jwks, entries, reason) in cases {
        let list = entries.iter().map(|entry| entry.as_str()).collect::<Vec<_>>().join(" ");
        let secrets = texts.iter().map(|text| key("a", text, KeyState::Current)).collect();
        let keys = Keyring { secrets, jwks, closed: false };
        let verdict = check(&lines(ID, &NOW.to_string(), &list), BODY.as_bytes(), &keys);
        let outcome = if reason == "no_matching_signature" { Outcome::Rejected } else { Outcome::Unchecked };
        assert_eq!((verdict.outcome, &*verdict.reason), (outcome, reason), "{keys:?} {list}");
    }
}

#[test]
fn a_time_that_is_off_refuses_before_a_missing_key_is_spoken_of() {
    let value = sign::v1a(&SEED, ID, NOW, BODY.as_bytes());
    let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln";
    let (stale, ahead) = ((NOW - 301).to_string(), (NOW + 301).to_string());
    let times = [("0x1", "invalid_timestamp"), (&*stale, "timestamp_too_old"), (&*ahead, "timestamp_too_new")];
    let unavailable = Jwks::Unavailable("no answer".to_owned());
    for (time, reason) in times {
        for (jwks, signature) in [(Jwks::None, &*value), (unavailable.clone(), &*value), (Jwks::None, token)] {
            let keys = Keyring { jwks, ..ring(vec![key("a", SECRET, KeyState::Current)]) };
            let verdict = check(&lines(ID, time, signature), BODY.as_bytes(), &keys);
            assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Rejected, reason));
        }
        let none = Keyring { jwks: unavailable.clone(), ..Keyring::default() };
        let verdict = check(&lines(ID, time, &value), BODY.as_bytes(), &none);
        assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Unchecked, "jwks_unavailable"));
        let verdict = check(&lines(ID, time, &value), BODY.as_bytes(), &Keyring::default());
        assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Unchecked, "no_jwks"));
    }
}

#[test]
fn where_only_tokens_can_be_checked_the_scheme_is_what_is_wrong() {
    let file = crate::vectors::load("jwt.json");
    let rsa = KeySet::parse(file["jwks"].to_string().as_bytes()).unwrap();
    let rsa_only = Keyring { secrets: Vec::new(), jwks: Jwks::Known(Arc::new(rsa)), closed: true };
    let v1 = sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes());
    let v1a = sign::v1a(&SEED, ID, NOW, BODY.as_bytes());
    let cases = [
        (&*v1, "hmac_signature_with_jwks_endpoint"),
        (&*v1a, "no_usable_key"),
        ("v1a,abc", "no_usable_key"),
        ("v2,abc", "unsupported_signature_version"),
        ("V1,abc", "unsupported_signature_version"),
    ];
    for (signature, reason) in cases {
        let all = lines(ID, &NOW.to_string(), signature);
        for headers in [&all[..], &all[1..], &all[2..]] {
            let verdict = check(headers, BODY.as_bytes(), &rsa_only);
            assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Rejected, reason), "{signature}");
        }
        // A given time that is off still comes first.
        let stale = lines(ID, &(NOW - 301).to_string(), signature);
        assert_eq!(check(&stale, BODY.as_bytes(), &rsa_only).reason, "timestamp_too_old");
        // If other keys could be tried, the headers are needed.
        let both = Keyring { secrets: vec![key("a", SECRET, KeyState::Current)], ..rsa_only.clone() };
        assert_eq!(check(&all[2..], BODY.as_bytes(), &both).reason, "missing_header:webhook-id");
    }
    let repeated: Vec<_> = [&v1, &v1a].map(|value| ("webhook-signature".to_owned(), value.clone().into())).into();
    let verdict = check(&repeated, BODY.as_bytes(), &rsa_only);
    assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Rejected, "duplicate_header:webhook-signature"));
    assert!(verdict.sentence.contains("webhook-signature came more than once"), "{}", verdict.sentence);
    assert_eq!(check(&[], BODY.as_bytes(), &rsa_only).reason, "missing_header:webhook-id");
}

#[test]
fn a_token_for_ed25519_keys_is_refused_after_headers_and_time() {
    let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln";
    let good = lines(ID, &NOW.to_string(), token);
    let mut twice = good.clone();
    twice.push(good[0].clone());
    let cases = [
        (good.clone(), "jwt_signature"),
        (good[1..].to_vec(), "missing_header:webhook-id"),
        (good[2..].to_vec(), "missing_header:webhook-id"),
        (twice, "duplicate_header:webhook-id"),
        (lines(ID, "0x1", token), "invalid_timestamp"),
        (lines(ID, &(NOW - 301).to_string(), token), "timestamp_too_old"),
        (lines(ID, &(NOW + 301).to_string(), token), "timestamp_too_new"),
    ];
    for (headers, reason) in cases {
        for closed in [false, true] {
            for secrets in [Vec::new(), vec![key("a", SECRET, KeyState::Current)]] {
                let keys = Keyring { secrets, jwks: known(), closed };
                let verdict = check(&headers, BODY.as_bytes(), &keys);
                assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Rejected, reason), "{closed}");
                assert_eq!(verdict.scheme, Some(signature::Scheme::Jwt));
            }
        }
    }
}

#[test]
fn a_repeat_is_a_warning() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let headers = v1(SECRET, NOW);
    let received = Received { headers: &headers, body: BODY.as_bytes() };
    let verdict = verify(&received, &keys, &Policy::default(), &Seen { message_id: true, token_id: false }, NOW);
    assert_eq!((verdict.outcome, codes(&verdict)), (Outcome::Verified, vec!["duplicate_id"]));
    assert_eq!(verdict.steps.last().unwrap().status, StepStatus::Warned);
}

#[test]
fn a_body_that_is_not_text_verifies() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let body = [0xff, 0x00, 0x80, b'\n'];
    let headers = lines(ID, &NOW.to_string(), &sign::v1(&secret(SECRET), ID, NOW, &body));
    let verdict = check(&headers, &body, &keys);
    assert_eq!((verdict.outcome, codes(&verdict)), (Outcome::Verified, vec!["body_not_utf8"]));
}

#[test]
fn secrets_that_are_none() {
    let cases = [
        ("", "empty_secret"),
        (" \n", "empty_secret"),
        ("whsec_", "empty_secret"),
        ("whsec_==", "invalid_secret_base64"),
        ("whsec_%", "invalid_secret_base64"),
        ("whsec_MfKQ9r8G KYqrTwjUPD8ILPZIo2LaLaSw", "invalid_secret_base64"),
        ("whsec-MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("\u{feff}whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("hwsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("whsc_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("sk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("secret_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("Whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "wrong_secret_prefix"),
        ("\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"", "wrong_secret_prefix"),
        // URL-safe, without a prefix.
        ("_fKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid_secret_base64"),
        ("M_KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid_secret_base64"),
        ("Mf_Q9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid_secret_base64"),
        ("MfKQ_r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid_secret_base64"),
        ("MfKQ9r_GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid_secret_base64"),
        ("MfKQ9-_GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid_secret_base64"),
        ("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "private_key_given"),
        ("whpk_", "invalid_public_key"),
        ("whpk_AAAA", "invalid_public_key"),
        // The neutral element: with it anyone can sign anything.
        ("whpk_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "invalid_public_key"),
    ];
    for (text, code) in cases {
        let error = Secret::parse(text).unwrap_err();
        assert_eq!(error.code(), code, "{text:?}");
        let verdict = refuse(&error);
        assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Rejected, code));
        assert_eq!(verdict.steps[0].status, StepStatus::Failed);
    }
    let newline = Secret::parse(&format!("{SECRET}\n")).unwrap();
    assert_eq!(newline.warnings()[0].code, "secret_whitespace_trimmed");
    let bare = Secret::parse(&SECRET["whsec_".len()..]).unwrap();
    assert_eq!((bare.hint().as_str(), bare.warnings().len()), ("…LaSw", 0));
}

#[test]
fn a_public_key_has_one_encoding() {
    let mut points = 0;
    for y in 0..19_u8 {
        for sign in [0, 0x80] {
            let mut canonical = [0; 32];
            (canonical[0], canonical[31]) = (y, sign);
            // The same y with the modulus 2^255 - 19 added.
            let mut other = [0xff; 32];
            (other[0], other[31]) = (0xed + y, 0x7f | sign);
            let text = |bytes: &[u8; 32]| format!("whpk_{}", STANDARD.encode(bytes));
            points += usize::from(Secret::parse(&text(&canonical)).is_ok());
            assert_eq!(Secret::parse(&text(&other)).unwrap_err().code(), "invalid_public_key");
            let x = URL_SAFE_NO_PAD.encode(other);
            let set = serde_json::json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x }] });
            let set = KeySet::parse(set.to_string().as_bytes()).unwrap();
            assert!(set.keys()[0].unusable().is_some_and(|why| why.contains("canonical")), "{y}");
        }
    }
    assert!(points >= 8, "{points}");
}

#[test]
fn a_flood_of_signatures_costs_little() {
    let one = sign::v1a(&[1; 32], ID, NOW, b"other");
    let flood = vec![one.as_str(); 5_000].join(" ");
    let headers = lines(ID, &NOW.to_string(), &flood);
    let keys = Keyring { jwks: known(), ..Keyring::default() };
    let start = std::time::Instant::now();
    let verdict = check(&headers, BODY.as_bytes(), &keys);
    assert_eq!(verdict.reason, "no_matching_signature");
    // 5,000 verifications take seconds in a debug build; 128 take a fraction of one.
    assert!(start.elapsed().as_millis() < 1_500, "{:?}", start.elapsed());
}

#[test]
fn names_that_were_meant_as_one_of_the_three_are_told() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    for name in ["webhook_id", "X-Webhook-Id", "x-webhook_id"] {
        let mut headers = v1(SECRET, NOW);
        headers[0].0 = name.to_owned();
        let verdict = check(&headers, BODY.as_bytes(), &keys);
        assert_eq!(verdict.reason, "missing_header:webhook-id");
        assert!(verdict.sentence.contains(&format!("a header named {name};")), "{}", verdict.sentence);
    }
    let svix: Vec<_> =
        v1(SECRET, NOW).into_iter().map(|(name, value)| (name.replace("webhook", "svix"), value)).collect();
    let verdict = check(&svix, BODY.as_bytes(), &keys);
    assert_eq!((&*verdict.reason, codes(&verdict)), ("missing_header:webhook-id", vec!["svix_branded_headers"]));
    assert!(verdict.sentence.contains("svix-*"), "{}", verdict.sentence);
}

#[test]
fn keys_of_a_jwks_that_cannot_be_used_say_why() {
    let good = sign::v1a_public_jwk(&SEED);
    let with = |name: &str, value: serde_json::Value| {
        let mut jwk = good.clone();
        jwk[name] = value;
        jwk
    };
    let rsa = |bytes: usize, e: &str| serde_json::json!({ "kty": "RSA", "n": "_".repeat(bytes / 3 * 4), "e": e });
    let cases = [
        (good.clone(), None),
        (with("kid", "a".into()), None),
        (with("alg", "EdDSA".into()), None),
        (with("use", "sig".into()), None),
        (with("key_ops", serde_json::json!(["verify"])), None),
        (with("alg", "RS256".into()), Some("its alg is not EdDSA")),
        (with("alg", 1.into()), Some("its alg is not EdDSA")),
        (with("use", 1.into()), Some("its use is not sig")),
        (with("alg", serde_json::Value::Null), None),
        (with("use", serde_json::Value::Null), None),
        (with("key_ops", serde_json::Value::Null), None),
        (with("use", "enc".into()), Some("its use is not sig")),
        (with("key_ops", serde_json::json!(["sign"])), Some("its key_ops do not include verify")),
        (with("x", "AAAA".into()), Some("its x is not 32 bytes")),
        (with("x", "A".into()), Some("its x is not base64url")),
        (with("x", 7.into()), Some("its x is not base64url")),
        (with("x", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()), Some("small order")),
        (with("crv", "Ed448".into()), Some("neither Ed25519 nor RSA")),
        (serde_json::json!({ "kty": "FUTURE" }), Some("neither Ed25519 nor RSA")),
        (serde_json::json!("a text"), Some("neither Ed25519 nor RSA")),
        (serde_json::json!({ "kty": "RSA", "n": "AQ", "e": "AQAB" }), Some("1 bits, at least 2048")),
        (serde_json::json!({ "kty": "RSA", "e": "AQAB" }), Some("its n or e is not base64url")),
        (rsa(1_536, "AQAB"), Some("more than 8192 bits")),
        (rsa(258, "AQ"), Some("its exponent")),
        (rsa(258, "Ag"), Some("its exponent")),
    ];
    for (jwk, why) in cases {
        let set = KeySet::parse(serde_json::json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
        let said = set.keys()[0].unusable();
        match why {
            None => assert_eq!(said, None, "{jwk}"),
            Some(why) => assert!(said.as_ref().is_some_and(|said| said.contains(why)), "{jwk}: {said:?}"),
        }
    }
    for (text, said) in
        [("", "not a JSON object"), ("[]", "not a JSON object"), ("{}", "no list"), (r#"{"keys":{}}"#, "no list")]
    {
        assert!(KeySet::parse(text.as_bytes()).unwrap_err().to_string().contains(said), "{text}");
    }
}
