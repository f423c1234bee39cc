//! Nothing that a sender or a user writes makes it panic, and whatever it makes can be sent.

use bytes::Bytes;
use outbound::{Id, Received, Recipe, Sign, Target, Time, compose, framed, twists};
use proptest::collection::vec;
use proptest::prelude::*;
use samples::system_random;
use signature::Secret;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop_oneof![
        "[a-zA-Z-]{1,20}",
        "webhook-(id|timestamp|signature)",
        "(connection|host|content-length|transfer-encoding|te|x-goog-api-key)",
        ".{0,8}",
    ];
    (name, vec(any::<u8>(), 0..40))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..200),
        Just(br#"{"type":"batch.succeeded","data":{"id":"batches/a"}}"#.to_vec()),
        Just(br#"{"data":[1]}"#.to_vec()),
    ]
}

proptest! {
    #[test]
    fn an_address_is_read_or_refused(text in ".{0,60}") {
        if let Ok(target) = Target::parse(&text) {
            // What was read once reads the same again.
            prop_assert_eq!(&Target::parse(target.url()).unwrap(), &target);
            prop_assert!(!target.url().contains('@') || target.path().contains('@'));
        }
    }

    #[test]
    fn whatever_was_received_is_composed_or_refused(
        headers in vec(header(), 0..12),
        body in body(),
        twist in 0..10_usize,
        signed in any::<bool>(),
        shift in any::<i64>(),
        now in any::<i64>(),
    ) {
        let received = Received { headers, body: Bytes::from(body), path: "/".to_owned(), part_of: None };
        let target = Target::parse("http://localhost:1/hook").unwrap();
        let sign = match signed {
            true => Sign::V1 { secret: Secret::parse(SECRET).unwrap(), hint: String::new() },
            false => Sign::Leave,
        };
        let recipe = Recipe { twist: twists().get(twist), sign, id: Id::Renew, time: Time::Now(shift), ..Recipe::default() };
        if let Ok(composed) = compose(&received, &recipe, &target, now, &system_random()) {
            let lines = framed(&composed.headers, composed.body.len(), &target);
            let count = |name: &str| lines.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name)).count();
            prop_assert_eq!((count("host"), count("content-length")), (1, 1));
            prop_assert_eq!((count("transfer-encoding"), count("connection"), count("x-goog-api-key")), (0, 0, 0));
            prop_assert!(count("webhook-id") == 1);
        }
    }

    #[test]
    fn as_received_changes_no_byte_of_what_passes(headers in vec(header(), 0..12), body in body()) {
        let received = Received { headers, body: Bytes::from(body), path: "/hook".to_owned(), part_of: None };
        let target = Target::parse("http://localhost:1/hook").unwrap();
        let composed = compose(&received, &Recipe::default(), &target, 0, &system_random()).unwrap();
        prop_assert_eq!(&composed.body, &received.body);
        let mut rest = received.headers.iter();
        // In the order in which they arrived, each unchanged.
        for line in composed.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length")) {
            prop_assert!(rest.any(|received| received == line), "{:?}", line);
        }
    }
}
