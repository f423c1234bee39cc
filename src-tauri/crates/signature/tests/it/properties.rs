//! Properties: nothing panics, a flipped bit is refused, and no secret is shown.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use signature::{
    Jwks, KeySet, KeyState, Keyring, Others, Outcome, Policy, Received, Secret, Seen, Verdict, decode,
    decode_signature, explain, probe, sign, verify,
};

use crate::rig::{BODY, ID, NOW, OTHER, SECRET, check, key, lines, ring, secret};

const SEED: [u8; 32] = [7; 32];

fn mixed(closed: bool) -> Keyring {
    let set = serde_json::json!({ "keys": [sign::v1a_public_jwk(&SEED), crate::vectors::load("jwt.json")["jwks"]["keys"][0]] });
    Keyring {
        secrets: vec![key("a", SECRET, KeyState::Current), key("b", OTHER, KeyState::Grace { until: NOW + 3_600 })],
        jwks: Jwks::Known(Arc::new(KeySet::parse(set.to_string().as_bytes()).unwrap())),
        closed,
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "(?i)webhook-(id|timestamp|signature)",
        1 => "svix-(id|timestamp|signature)",
        1 => "[a-zA-Z-]{1,20}",
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..60),
        "(v1|v1a|v2|),[A-Za-z0-9+/=,]{0,90}( v1a?,[A-Za-z0-9+/]{42}[A-Z]=)?".prop_map(String::into_bytes),
        "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}".prop_map(String::into_bytes),
        any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        Just(NOW.to_string().into_bytes()),
    ]
}

/// What is true of every verdict.
fn well_formed(verdict: &Verdict) {
    assert!(!verdict.sentence.is_empty());
    assert_eq!(verdict.reason == "valid", verdict.outcome == Outcome::Verified);
    let failed = verdict.steps.iter().any(|step| step.status == signature::StepStatus::Failed);
    match verdict.outcome {
        Outcome::Verified | Outcome::Unbound => assert!(!failed && verdict.key.is_some(), "{verdict:?}"),
        Outcome::Rejected => assert!(failed, "{verdict:?}"),
        Outcome::Unchecked => {}
    }
    let order: Vec<&str> = verdict.steps.iter().map(|step| &*step.check).collect();
    assert!(
        order.starts_with(&["headers", "timestamp", "scheme"]) && order.ends_with(&["near_miss", "duplicate"]),
        "{order:?}"
    );
    let json = serde_json::to_string(verdict).unwrap();
    assert_eq!(&serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(headers in vec((name(), value()), 0..6), body in vec(any::<u8>(), 0..80), now in any::<i64>(), closed in any::<bool>()) {
        let keys = mixed(closed);
        let received = Received { headers: &headers, body: &body };
        for now in [now, NOW] {
            let verdict = verify(&received, &keys, &Policy::default(), &Seen::default(), now);
            well_formed(&verdict);
            prop_assert_ne!(verdict.outcome, Outcome::Verified);
            let found = probe(&received, &keys, &Others::default(), &Policy::default(), now, &verdict, || false);
            let explained = explain(verdict, found);
            prop_assert_ne!(explained.outcome, Outcome::Verified);
        }
        let _ = serde_json::to_string(&decode(&headers)).unwrap();
    }

    #[test]
    fn parsers_take_anything(bytes in vec(any::<u8>(), 0..200), text in ".{0,80}") {
        let _ = serde_json::to_string(&decode_signature(&bytes)).unwrap();
        let _ = KeySet::parse(&bytes);
        for text in [text.clone(), format!("whsec_{text}"), format!("whpk_{text}")] {
            if let Err(error) = Secret::parse(&text) {
                prop_assert!(text.trim().len() < 12 || !error.to_string().contains(text.trim()));
            }
        }
    }

    #[test]
    fn a_flipped_bit_is_refused(bit in any::<prop::sample::Index>(), part in 0_usize..4, asymmetric in any::<bool>()) {
        let keys = mixed(false);
        let signature = if asymmetric { sign::v1a(&SEED, ID, NOW, BODY.as_bytes()) } else { sign::v1(&secret(SECRET), ID, NOW, BODY.as_bytes()) };
        let mut headers = lines(ID, &NOW.to_string(), &signature);
        let mut body = BODY.as_bytes().to_vec();
        prop_assert_eq!(check(&headers, &body, &keys).outcome, Outcome::Verified);
        let bytes = match part {
            3 => &mut body,
            header => &mut headers[header].1,
        };
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(check(&headers, &body, &keys).outcome, Outcome::Verified);
    }

    #[test]
    fn no_secret_is_shown(random in any::<[u8; 32]>()) {
        let text = Secret::generate(random);
        let secret = Secret::parse(&text).unwrap();
        let encoded = text.strip_prefix("whsec_").unwrap();
        let entry = key("a", &text, KeyState::Current);
        let keys = ring(vec![entry]);
        let headers = lines(ID, &NOW.to_string(), &sign::v1(&secret, ID, NOW, b"other"));
        let verdict = check(&headers, BODY.as_bytes(), &keys);
        let found = probe(&Received { headers: &headers, body: BODY.as_bytes() }, &keys, &Others::default(), &Policy::default(), NOW, &verdict, || false);
        let shown = [format!("{secret:?} {secret:#?}"), format!("{keys:?}"), format!("{verdict:?} {found:?}"), secret.hint()];
        for shown in shown {
            for part in encoded.as_bytes().windows(6).map(|part| std::str::from_utf8(part).unwrap()) {
                prop_assert!(!shown.contains(part), "{} is in {}", part, shown);
            }
            let listed = format!("{:?}", &random[..8]);
            prop_assert!(!shown.contains(listed.trim_matches(['[', ']'])));
        }
        prop_assert_eq!(secret.hint(), format!("whsec_…{}", &text[text.len() - 4..]));
    }
}
