//! What is said of a delivery without a key: a key is asked for only if it could verify the delivery. And how far a
//! time is off.

use signature::{Jwks, KeyState, Keyring, Outcome, Policy, Received, Seen, checkable, sign, verify};

use crate::rig::{BODY, ID, NOW, SECRET, check, key, lines, ring, secret};

const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln";

fn v1() -> String {
    sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes())
}

/// Without this header.
fn without(name: &str) -> Vec<(String, Vec<u8>)> {
    lines(ID, &NOW.to_string(), &v1()).into_iter().filter(|(header, _)| header != name).collect()
}

fn twice(name: &str) -> Vec<(String, Vec<u8>)> {
    let mut all = lines(ID, &NOW.to_string(), &v1());
    all.push(all.iter().find(|(header, _)| header == name).unwrap().clone());
    all
}

#[test]
fn a_secret_is_asked_for_only_where_it_can_help() {
    let now = NOW.to_string();
    let v1a = sign::v1a(&[9; 32], ID, NOW, BODY.as_bytes());
    let hopeless = [
        (Vec::new(), "no webhook-id", "webhook-id, webhook-timestamp and webhook-signature are missing"),
        (without("webhook-id"), "no webhook-id", "webhook-id is missing"),
        (without("webhook-timestamp"), "no webhook-timestamp", "webhook-timestamp is missing"),
        (without("webhook-signature"), "no webhook-signature", "webhook-signature is missing"),
        (twice("webhook-id"), "webhook-id repeated", "more than once"),
        (twice("webhook-signature"), "webhook-signature repeated", "more than once"),
        (lines("", &now, &v1()), "webhook-id empty", "webhook-id is present but empty"),
        (lines(ID, "2026-01-22T12:00:00Z", &v1()), "timestamp not valid", "whole Unix seconds"),
        (lines(ID, &now, "v1,not-base64"), "malformed signature", "no well-formed signature"),
        (lines(ID, &now, "v1a,c2hvcnQ="), "malformed signature", "no well-formed signature"),
        (lines(ID, &now, "something"), "malformed signature", "no well-formed signature"),
        (lines(ID, &now, "v2,abc"), "version not supported", "no v1 or v1a signature"),
        (lines(ID, &now, "a.b.c"), "token not base64url", "not base64url"),
        (lines(ID, &now, "eyJhbGciOiJub25lIiwia2lkIjoiYSJ9.e30."), "alg none", "not signed"),
    ];
    let unavailable = Keyring { jwks: Jwks::Unavailable("no answer".to_owned()), ..Keyring::default() };
    for (headers, cause, what) in &hopeless {
        for keys in [&Keyring::default(), &unavailable] {
            let verdict = check(headers, BODY.as_bytes(), keys);
            // If keys are configured but could not be fetched, a fault in the headers may itself lead to a refusal.
            if verdict.outcome == Outcome::Rejected {
                continue;
            }
            assert_eq!((verdict.outcome, &*verdict.cause), (Outcome::Unchecked, *cause), "{headers:?}");
            let sentence = &verdict.sentence;
            assert!(
                sentence.starts_with("Unchecked, and no key could verify it: ") && sentence.contains(what),
                "{sentence}"
            );
            assert!(
                !sentence.contains("add ") && sentence.ends_with('.') && !sentence.contains("Rejected"),
                "{sentence}"
            );
        }
        assert_eq!(check(headers, BODY.as_bytes(), &Keyring::default()).outcome, Outcome::Unchecked);
        assert!(!checkable(headers, &Policy::default()), "{headers:?}");
        // And so it is: with every key of the sender it is rejected.
        let own = ring(vec![key("a", SECRET, KeyState::Current)]);
        assert_ne!(check(headers, BODY.as_bytes(), &own).outcome, Outcome::Verified, "{headers:?}");
    }
    let helped = [
        (lines(ID, &now, &v1()), "no secret", "add the webhook's whsec_ secret"),
        (lines(ID, &now, &format!("v2,abc v1,broken {}", v1())), "no secret", "add the webhook's whsec_ secret"),
        // A key would show whether it is genuine, and the tolerance can be set.
        (lines(ID, &(NOW - 900).to_string(), &v1()), "no secret", "add the webhook's whsec_ secret"),
        (lines(ID, &now, &v1a), "no JWKS", "no JWKS is configured"),
        (lines(ID, &now, TOKEN), "no JWKS", "no JWKS is configured"),
        // A token does not need the other two.
        (lines(ID, &now, TOKEN)[2..].to_vec(), "no JWKS", "no JWKS is configured"),
    ];
    for (headers, cause, advice) in &helped {
        let verdict = check(headers, BODY.as_bytes(), &Keyring::default());
        assert_eq!((verdict.outcome, &*verdict.cause), (Outcome::Unchecked, *cause), "{headers:?}");
        assert!(verdict.sentence.contains(advice), "{}", verdict.sentence);
        assert!(checkable(headers, &Policy::default()), "{headers:?}");
    }
}

#[test]
fn a_malformed_signature_of_another_scheme_than_the_keys_asks_for_no_key_either() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    let keys = Keyring { closed: false, ..keys };
    let verdict = check(&lines(ID, &NOW.to_string(), "v1a,broken"), BODY.as_bytes(), &keys);
    assert_eq!((verdict.outcome, &*verdict.cause), (Outcome::Unchecked, "malformed signature"));
}

#[test]
fn how_far_a_time_is_off_is_the_distance_everywhere() {
    let keys = ring(vec![key("a", SECRET, KeyState::Current)]);
    for (tolerance, off, words) in [
        (300, 301, "301 s"),
        (300, 360, "360 s"),
        (300, 412, "412 s"),
        (300, 7_200, "2 h"),
        (600, 601, "601 s"),
        (86_400, 90_000, "90000 s"),
        (1, 2, "2 s"),
    ] {
        for (then, ending, reason, diagnosed) in [
            (NOW - off, "old", "timestamp_too_old", "stale_with_valid_signature"),
            (NOW + off, "ahead", "timestamp_too_new", "future_with_valid_signature"),
        ] {
            let headers = lines(ID, &then.to_string(), &sign::v1(&secret(SECRET), ID, then, BODY.as_bytes()));
            let received = Received { headers: &headers, body: BODY.as_bytes() };
            let policy = Policy { tolerance, ..Policy::default() };
            let verdict = verify(&received, &keys, &policy, &Seen::default(), NOW);
            let said = format!("{words} {ending}");
            assert_eq!((&*verdict.reason, &*verdict.cause), (reason, &*said));
            let allowed = format!("; at most {tolerance} s is allowed");
            assert!(verdict.sentence.contains(&said) && verdict.sentence.contains(&allowed), "{}", verdict.sentence);
            let rung = verdict.steps.iter().find(|step| step.check == "timestamp").unwrap();
            assert_eq!(rung.seen, format!("{said}{allowed}"));
            let none = signature::Others::default();
            let found = signature::probe(&received, &keys, &none, &policy, NOW, &verdict, || false).unwrap();
            assert_eq!(found.code, diagnosed);
            assert!(found.finding.contains(&said), "{}", found.finding);
        }
    }
}
