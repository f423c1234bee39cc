//! The sentence: what is claimed, and what is not.

use compare::{Fits, Judged, Planes, Relation, Side, Tone, Trial, find, try_signature};
use signature::{Jwks, KeyState, Keyring, Outcome, Policy, Secret, SecretKey, sign};

use crate::{TIME, headers, side};

const NOW: i64 = 1_795_223_526;
const SENT: &str = r#"{"type":"batch.failed","data":{"completed":1.0,"error":{"code":13,"details":null},"a":1,"b":2}}"#;
const MADE: &str =
    r#"{"type":"batch.failed","data":{"b":2,"a":1,"completed":1,"error":{"code":13},"received_by":"edge-2"}}"#;

fn secret(letter: &str) -> Secret {
    Secret::parse(&format!("whsec_{}", letter.repeat(32))).unwrap()
}

fn keys(secrets: &[Secret]) -> Keyring {
    let key = |secret: &Secret| SecretKey { id: "one".to_owned(), secret: secret.clone(), state: KeyState::Current };
    Keyring { secrets: secrets.iter().map(key).collect(), jwks: Jwks::None, closed: false }
}

/// Headers of a delivery of `signed` at that time.
fn lines(secret: &Secret, at: i64, signed: &str, more: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let signature = sign::v1(secret, "msg_1", at, signed.as_bytes());
    let mut all =
        headers(&[("webhook-id", "msg_1"), ("webhook-timestamp", &at.to_string()), ("webhook-signature", &signature)]);
    all.extend(headers(more));
    all
}

fn trial(a: &Side<'_>, b: &Side<'_>, keys: &Keyring) -> Trial {
    let policy = Policy::default();
    let fits = |side: &Side<'_>, body: &Side<'_>| try_signature(side, body, keys, &policy, NOW);
    Trial { a_over_a: fits(a, a), a_over_b: fits(a, b), b_over_a: fits(b, a), b_over_b: fits(b, b) }
}

fn judged(a: Outcome, b: Outcome) -> [Judged; 2] {
    let side = |outcome| Judged { outcome, cause: "412 s old".to_owned(), status: None };
    [side(a), side(b)]
}

fn planes(a: &Side<'_>, b: &Side<'_>) -> Planes {
    compare::compare(a, b, TIME)
}

fn text(found: &compare::Finding) -> String {
    found.text.iter().map(|piece| if piece.code { format!("`{}`", piece.text) } else { piece.text.clone() }).collect()
}

/// The finding on two attempts, each with the signature of what was sent and the body that came.
fn attempts(signed: [&str; 2], came: [&str; 2], with: &[Secret], known: &[Secret]) -> compare::Finding {
    let a = lines(&with[0], NOW, signed[0], &[]);
    let b = lines(&with[1], NOW + 335, signed[1], &[("via", "1.1 edge-2")]);
    let (a, b) = (side(&a, came[0].as_bytes()), side(&b, came[1].as_bytes()));
    let trial = trial(&a, &b, &keys(known));
    find(Relation::Attempts, &planes(&a, &b), Some(&trial), &judged(Outcome::Verified, Outcome::Rejected))
}

#[test]
fn what_the_way_did_is_said_when_the_signature_proves_it() {
    let one = secret("a");
    let both = [one.clone(), one.clone()];
    let found = attempts([SENT, SENT], [SENT, MADE], &both, std::slice::from_ref(&one));
    assert_eq!((found.code.as_str(), found.tone), ("rewritten_b", Tone::Warning));
    assert_eq!(found.headline, "Two attempts of one event must carry the same bytes. These do not, from byte 32 on.");
    assert_eq!(
        text(&found),
        "B's signature fits A's body, so the sender sent the same bytes both times and something on the way to B wrote them \
         again: `1.0` became `1`, a null was dropped, keys moved, `received_by` was added. Pass the raw bytes on."
    );
    assert_eq!(found.proxy.unwrap().value.text, "1.1 edge-2");

    let found = attempts([SENT, SENT], [MADE, SENT], &both, &[one]);
    assert_eq!(found.code, "rewritten_a");
    assert!(
        text(&found)
            .contains("wrote them again: `1.0` became `1`, a null was dropped, keys moved, `received_by` was added")
    );
}

#[test]
fn nothing_is_said_that_is_not_known() {
    let (one, two, three) = (secret("a"), secret("b"), secret("c"));
    for (signed, with, known, code) in [
        ([SENT, MADE], [&one, &one], vec![&one], "two_bodies_signed"),
        // Signed with a secret that is gone.
        ([SENT, SENT], [&one, &two], vec![&one], "unexplained_b"),
        ([SENT, SENT], [&two, &one], vec![&one], "rewritten_b"),
        ([SENT, MADE], [&two, &one], vec![&one], "unexplained_a"),
        ([SENT, SENT], [&one, &two], vec![&three], "fits_neither"),
        ([SENT, SENT], [&one, &one], vec![], "no_key"),
    ] {
        let known: Vec<Secret> = known.into_iter().cloned().collect();
        let found = attempts(signed, [SENT, MADE], &[with[0].clone(), with[1].clone()], &known);
        assert_eq!(found.code, code, "{}", text(&found));
        let claims = text(&found).contains("wrote them again");
        assert_eq!(claims, code.starts_with("rewritten"));
    }
}

#[test]
fn a_body_that_is_cut_is_not_tried() {
    let one = secret("a");
    let (a, b) = (lines(&one, NOW, SENT, &[]), lines(&one, NOW, MADE, &[]));
    let (a, b) = (Side { cut: true, body_len: 9_999, ..side(&a, SENT.as_bytes()) }, side(&b, MADE.as_bytes()));
    let trial = trial(&a, &b, &keys(&[one]));
    assert_eq!((trial.a_over_a, trial.b_over_a, trial.b_over_b), (Fits::Cut, Fits::Cut, Fits::Yes));
    let found = find(Relation::Attempts, &planes(&a, &b), Some(&trial), &judged(Outcome::Rejected, Outcome::Verified));
    assert_eq!(found.code, "other_bytes_cut");
    let same = Side { cut: true, ..b };
    let found = find(Relation::Attempts, &planes(&b, &same), None, &judged(Outcome::Verified, Outcome::Rejected));
    assert_eq!((found.code.as_str(), found.tone), ("equal_as_kept", Tone::Plain));
}

#[test]
fn without_signature_headers_nothing_is_tried() {
    let none = headers(&[("webhook-id", "msg_1")]);
    let side = side(&none, b"{}");
    assert_eq!(try_signature(&side, &side, &keys(&[secret("a")]), &Policy::default(), NOW), Fits::NotSigned);
}

#[test]
fn the_same_bytes_clear_the_body() {
    let one = secret("a");
    let (a, b) = (lines(&one, NOW, SENT, &[]), lines(&one, NOW - 9, SENT, &[]));
    let planes = planes(&side(&a, SENT.as_bytes()), &side(&b, SENT.as_bytes()));
    let said = |a, b| text(&find(Relation::Attempts, &planes, None, &judged(a, b)));
    assert_eq!(said(Outcome::Verified, Outcome::Rejected), "So the body is not why B was rejected: 412 s old.");
    assert_eq!(said(Outcome::Rejected, Outcome::Verified), "So the body is not why A was rejected: 412 s old.");
    // Neither proves the body.
    assert_eq!(said(Outcome::Rejected, Outcome::Rejected), "Nothing differs but what is another for each delivery.");
    assert_eq!(find(Relation::Attempts, &planes, None, &judged(Outcome::Verified, Outcome::Verified)).tone, Tone::Good);
    assert!(!planes.differ());
}

#[test]
fn answers_are_told_by_their_status() {
    let role = compare::Role::Answer;
    let (a, b) = (Side { role, ..side(&[], b"ok") }, Side { role, ..side(&[], b"no") });
    let status = |status| Judged { outcome: Outcome::Unchecked, cause: String::new(), status };
    let found = |a: &Side<'_>, b: &Side<'_>, one, two| {
        find(Relation::Answers, &planes(a, b), None, &[status(one), status(two)]).headline
    };
    assert_eq!(found(&a, &b, Some(200), Some(500)), "The answers differ: 200 and 500.");
    assert_eq!(found(&a, &b, Some(200), None), "The answers differ: 200 and no answer.");
    assert_eq!(found(&a, &b, Some(200), Some(200)), "The answers have the same status and other bodies.");
    assert_eq!(found(&a, &a, Some(200), Some(200)), "Both answers are the same.");
}
