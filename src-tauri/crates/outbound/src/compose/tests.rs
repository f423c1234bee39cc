use std::sync::Arc;

use signature::{Keyring, Outcome, Policy, Received as Signed, SecretKey, Seen, Verdict};

use super::*;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
const NOW: i64 = 1_767_225_600;
const BODY: &str = r#"{"type":"batch.succeeded","version":"v1","data":{"id":"batches/8x2k4q9v"}}"#;

fn random() -> Random {
    Arc::new(|bytes| {
        bytes.fill(7);
        Ok(())
    })
}

fn received() -> Received {
    let secret = Secret::parse(SECRET).unwrap();
    let then = NOW - 1000;
    let headers = [
        ("host", "127.0.0.1:4710".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", then.to_string()),
        ("webhook-signature", sign::v1(&secret, "msg_1", then, BODY.as_bytes())),
        ("content-length", BODY.len().to_string()),
        ("connection", "close".to_owned()),
        ("x-raw", "a".to_owned()),
    ];
    let mut headers: Vec<(String, Vec<u8>)> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect();
    headers.last_mut().unwrap().1 = b"caf\xe9".to_vec();
    Received { headers, body: BODY.into(), path: "/nightly".to_owned(), part_of: None }
}

fn target() -> Target {
    Target::parse("http://localhost:3000/hook").unwrap()
}

fn v1() -> Sign {
    Sign::V1 { secret: Secret::parse(SECRET).unwrap(), hint: "whsec_…dXY=".to_owned() }
}

fn composed(recipe: &Recipe) -> Composed {
    compose(&received(), recipe, &target(), NOW, &random()).unwrap()
}

fn verdict(composed: &Composed, now: i64) -> Verdict {
    let secret = Secret::parse(SECRET).unwrap();
    let key = SecretKey { id: "a".to_owned(), secret, state: signature::KeyState::Current };
    let keyring = Keyring { secrets: vec![key], closed: true, ..Keyring::default() };
    let signed = Signed { headers: &composed.headers, body: &composed.body };
    signature::verify(&signed, &keyring, &Policy::default(), &Seen::default(), now)
}

fn twisted(id: &str, sign: Sign) -> Result<Composed, ComposeError> {
    let recipe = Recipe { twist: Twist::find(id), sign, ..Recipe::default() };
    compose(&received(), &recipe, &target(), NOW, &random())
}

#[test]
fn as_received_means_every_line_and_every_byte() {
    let made = composed(&Recipe::default());
    let mut expected = received().headers;
    expected.retain(|(name, _)| name != "connection");
    assert_eq!((made.headers, made.body.as_ref()), (expected, BODY.as_bytes()));
    assert_eq!((made.changes.len(), made.body_changed, made.times), (0, false, 1));
    let named: Vec<&str> = made.altered.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(named, ["connection", "host", "path"]);
}

#[test]
fn signed_anew_it_verifies_now() {
    let made = composed(&Recipe { sign: v1(), time: Time::Now(0), id: Id::Renew, ..Recipe::default() });
    assert_eq!(verdict(&made, NOW).outcome, Outcome::Verified);
    assert_eq!(made.changes, ["new id", "time of sending", "signed with whsec_…dXY="]);
    let names: Vec<&str> = made.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names[..6],
        ["host", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature", "content-length"]
    );
    assert!(made.headers[2].1.starts_with(b"msg_") && made.headers[2].1 != b"msg_1");
}

#[test]
fn a_repeated_header_that_is_set_comes_once() {
    let mut headers = received().headers;
    headers.push(("Webhook-Timestamp".to_owned(), b"5".to_vec()));
    let made = composed(&Recipe { headers: Some(headers), time: Time::Now(-5), sign: v1(), ..Recipe::default() });
    assert_eq!(verdict(&made, NOW).outcome, Outcome::Verified);
    assert_eq!(made.changes[..2], ["headers edited", "5 s in the past"]);
}

#[test]
fn variables_are_filled_in_before_it_is_signed_and_only_where_it_was_edited() {
    let mut headers = received().headers;
    headers.push(("x-run".to_owned(), b"{{uuid}}".to_vec()));
    let body = r#"{"type":"batch.succeeded","timestamp":"{{now}}","data":{"id":"batches/{{uuid}}","n":"{{nmae}}"}}"#;
    let fill = Fill { headers: true, body: true };
    let edited = Recipe { headers: Some(headers), body: Some(body.into()), fill, ..Recipe::default() };
    let made = composed(&Recipe { sign: v1(), time: Time::Now(0), ..edited.clone() });
    let uuid = "07070707-0707-4707-8707-070707070707";
    let sent = body.replace("{{now}}", "2026-01-01T00:00:00Z").replace("{{uuid}}", uuid);
    assert_eq!(made.body, sent.as_bytes());
    assert_eq!(made.headers.iter().find(|(name, _)| name == "x-run").unwrap().1, uuid.as_bytes());
    assert_eq!(verdict(&made, NOW).outcome, Outcome::Verified, "the signature covers what is sent");
    assert_eq!(
        made.changes,
        [
            "headers edited",
            "body edited",
            &format!("{{{{uuid}}}} {uuid}"),
            "{{now}} 2026-01-01T00:00:00Z",
            "time of sending",
            "signed with whsec_…dXY="
        ]
    );
    // A twist reads the body after that.
    let twisted = composed(&Recipe { twist: Twist::find("unknown_type"), sign: v1(), ..edited.clone() });
    assert!(twisted.body.windows(uuid.len()).any(|part| part == uuid.as_bytes()));
    // Unasked, and in what was received, braces are bytes like any others.
    let as_written = composed(&Recipe { fill: Fill::default(), ..edited });
    assert_eq!((as_written.body.as_ref(), as_written.changes.len()), (body.as_bytes(), 2));
    let braces = Received { body: "{{now}}".into(), ..received() };
    let made = compose(&braces, &Recipe { fill, ..Recipe::default() }, &target(), NOW, &random()).unwrap();
    assert_eq!((made.body.as_ref(), made.body_changed, made.changes.len()), (&b"{{now}}"[..], false, 0));
}

#[test]
fn what_is_missing_for_a_signature_is_made() {
    let made = composed(&Recipe { headers: Some(Vec::new()), sign: v1(), ..Recipe::default() });
    assert_eq!(verdict(&made, NOW).outcome, Outcome::Verified);
}

#[test]
fn twists_do_what_they_say() {
    for (id, reason) in [
        ("duplicate", "valid"),
        ("stale", "timestamp_too_old"),
        ("future", "timestamp_too_new"),
        ("tampered", "no_matching_signature"),
        ("wrong_secret", "no_matching_signature"),
        ("unknown_type", "valid"),
        ("missing_header", "missing_header:webhook-signature"),
        ("huge_body", "valid"),
        ("reserialised", "no_matching_signature"),
    ] {
        let made = twisted(id, v1()).unwrap();
        assert_eq!(&*verdict(&made, NOW).reason, reason, "{id}");
        assert_eq!(made.times, if id == "duplicate" { 2 } else { 1 });
        assert!(serde_json::from_slice::<Value>(&made.body).is_ok(), "{id}");
    }
    assert_eq!(twists().len(), 9);
}

#[test]
fn twists_without_a_key_say_so_or_keep_the_signature() {
    for twist in twists() {
        let made = twisted(twist.id, Sign::Leave);
        assert_eq!(made.is_err(), twist.signs, "{}", twist.id);
    }
    let made = twisted("tampered", Sign::Leave).unwrap();
    assert_eq!(made.headers[4], received().headers[4], "the signature stays");
    assert!(made.body != BODY);
}

#[test]
fn a_body_that_is_no_object_cannot_be_twisted_as_one() {
    let plain = Received { body: "a=b".into(), ..received() };
    for id in ["unknown_type", "huge_body", "reserialised"] {
        let recipe = Recipe { twist: Twist::find(id), sign: v1(), ..Recipe::default() };
        let refused = compose(&plain, &recipe, &target(), NOW, &random());
        assert!(matches!(refused, Err(ComposeError::NotJson(_))), "{id}");
    }
    let empty = Received { body: Bytes::new(), ..received() };
    let recipe = Recipe { twist: Twist::find("tampered"), ..Recipe::default() };
    assert_eq!(compose(&empty, &recipe, &target(), NOW, &random()).unwrap().body.as_ref(), b" ");
}

#[test]
fn a_part_of_a_body_is_never_sent_on_as_if_it_were_whole() {
    let part = Received { part_of: Some(1_048_576), ..received() };
    let refused = |recipe: &Recipe| compose(&part, recipe, &target(), NOW, &random()).unwrap_err().to_string();
    for recipe in [
        Recipe::default(),
        Recipe { sign: v1(), ..Recipe::default() },
        Recipe { headers: Some(Vec::new()), ..Recipe::default() },
        Recipe { twist: Twist::find("tampered"), ..Recipe::default() },
    ] {
        assert!(refused(&recipe).starts_with(&format!("Only the first {} of 1048576 bytes", BODY.len())));
    }
    // With the user's own body, the user decides.
    let own = Recipe { body: Some("{}".into()), ..Recipe::default() };
    assert_eq!(compose(&part, &own, &target(), NOW, &random()).unwrap().body.as_ref(), b"{}");
    let cut_short = Received { part_of: Some(BODY.len() as u64), ..received() };
    let refused = compose(&cut_short, &Recipe::default(), &target(), NOW, &random()).unwrap_err().to_string();
    assert!(refused.starts_with("The body of this delivery did not arrive whole"), "{refused}");
}
