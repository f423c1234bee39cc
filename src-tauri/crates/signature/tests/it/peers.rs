//! Differential tests: what we sign, the Rust libraries `standardwebhooks` and `svix` accept, and vice versa. Both read
//! the system's clock, so the times are close to now.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use signature::{KeyState, Outcome, Policy, Received, Secret, Seen, sign, verify};

use crate::rig::{key, lines, ring};

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

fn map(headers: &[(String, Vec<u8>)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value).unwrap());
    }
    map
}

fn peers(text: &str, headers: &[(String, Vec<u8>)], body: &[u8]) -> [bool; 2] {
    let map = map(headers);
    [
        standardwebhooks::Webhook::new(text).unwrap().verify(body, &map).is_ok(),
        svix::webhooks::Webhook::new(text).unwrap().verify(body, &map).is_ok(),
    ]
}

fn ours(text: &str, headers: &[(String, Vec<u8>)], body: &[u8], now: i64) -> bool {
    let keys = ring(vec![key("a", text, KeyState::Current)]);
    verify(&Received { headers, body }, &keys, &Policy::default(), &Seen::default(), now).outcome == Outcome::Verified
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ways(id in "[!-~]{1,40}", skew in -290_i64..290, body in ".{0,300}", random in any::<[u8; 32]>()) {
        let text = Secret::generate(random);
        let now = now();
        let then = now + skew;
        let signature = sign::v1(&Secret::parse(&text).unwrap(), &id, then, body.as_bytes());
        let headers = lines(&id, &then.to_string(), &signature);
        prop_assert!(ours(&text, &headers, body.as_bytes(), now));
        prop_assert_eq!(peers(&text, &headers, body.as_bytes()), [true, true]);

        let theirs = [
            standardwebhooks::Webhook::new(&text).unwrap().sign(&id, then, body.as_bytes()).unwrap(),
            svix::webhooks::Webhook::new(&text).unwrap().sign(&id, then, body.as_bytes()).unwrap(),
        ];
        prop_assert_eq!(&theirs, &[signature.clone(), signature]);
    }

    /// A damaged delivery is refused by all three, unless it is the one that was signed.
    #[test]
    fn damaged(skew in -600_i64..600, cut in 0_usize..60, flip in any::<prop::sample::Index>(), random in any::<[u8; 32]>(),
               body in vec(0x20_u8..0x7f, 1..80), extra in "[ -~]{0,12}") {
        // Around the edge of the tolerance the two clocks may tick apart.
        prop_assume!(!(295..=305).contains(&skew.abs()));
        let text = Secret::generate(random);
        let now = now();
        let then = now + skew;
        let signature = sign::v1(&Secret::parse(&text).unwrap(), "msg_1", then, &body);
        let cut = cut.min(signature.len());
        for given in [format!("{extra} {signature}"), signature[..cut].to_owned(), format!("{signature} {extra}"), format!("v2{}", &signature[2..])] {
            let headers = lines("msg_1", &then.to_string(), &given);
            let ours = ours(&text, &headers, &body, now);
            prop_assert_eq!(peers(&text, &headers, &body), [ours, ours], "{}", given);
        }
        let mut other = body.clone();
        let at = flip.index(other.len());
        other[at] ^= 1;
        let headers = lines("msg_1", &then.to_string(), &signature);
        prop_assert!(!ours(&text, &headers, &other, now));
        prop_assert_eq!(peers(&text, &headers, &other), [false, false]);
    }
}
