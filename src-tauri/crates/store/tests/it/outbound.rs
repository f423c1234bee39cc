//! Requests that were sent on, their targets, and answers that are recorded after the commit.

use bytes::Bytes;
use signature::Outcome;
use store::{After, Answer, AnsweredBy, NewOutbound, OutboundAnswer, OutboundKind, Target, WhichWait};

use crate::sample::{NOON, SECOND, attempt, history, plain};

pub(crate) fn sent(delivery: i64) -> NewOutbound {
    NewOutbound {
        delivery,
        kind: OutboundKind::Replay,
        number: 3,
        settled: false,
        url: "http://localhost:3000/hook".into(),
        at_ms: 5,
        changes: vec!["new id".into(), "signed with whsec_…a91f".into()],
        rejected: true,
        headers: vec![("x-raw".into(), b"caf\xe9".to_vec()), ("x-raw".into(), Vec::new())],
        body: Some(Bytes::from_static(b"\0\xff")),
        altered: vec![("host".into(), "is localhost:3000".into())],
        answer: Some(OutboundAnswer {
            status: 418,
            first_us: 7,
            headers: vec![("server".into(), b"teapot".to_vec())],
            body: b"short and stout".to_vec(),
            len: 1_000_000,
        }),
        total_us: 9,
        problem: Some(("body_too_long".into(), "The answer's body is longer.".into())),
    }
}

#[tokio::test]
async fn a_request_that_was_sent_on_is_read_back_as_it_was() {
    let (_folder, store) = history().await;
    let delivery = store.insert(plain("{}")).await.unwrap().id;
    let bare = NewOutbound {
        answer: None,
        problem: None,
        body: None,
        altered: Vec::new(),
        changes: Vec::new(),
        ..sent(delivery)
    };
    let ids = store.outbounds().add(vec![sent(delivery), bare]).await.unwrap();
    let listed = store.outbounds().of(delivery, 10).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[1], ids[0]], "the newest first");
    assert_eq!(listed[0].status, None);
    let whole = store.outbounds().get(ids[0]).await.unwrap().unwrap();
    let new = sent(delivery);
    let answer = new.answer.unwrap();
    assert_eq!(whole.row, listed[1]);
    assert_eq!((&whole.row.changes, whole.row.rejected, whole.row.number), (&new.changes, true, 3));
    assert_eq!((whole.row.status, whole.row.first_us, whole.row.total_us), (Some(418), Some(7), 9));
    assert_eq!((whole.row.answer_len, &whole.row.problem), (Some(1_000_000), &new.problem));
    assert_eq!((whole.headers, whole.body), (new.headers, new.body.map(Vec::from)));
    assert_eq!((whole.altered, whole.answer_headers, whole.answer_body), (new.altered, answer.headers, answer.body));
    assert!(store.outbounds().get(99).await.unwrap().is_none());
    assert_eq!(store.outbounds().add(vec![sent(99)]).await.unwrap(), [0], "there is no such delivery");
}

#[tokio::test]
async fn deliveries_are_given_as_they_are_sent_on() {
    let (_folder, store) = history().await;
    let mut delivery = plain("");
    delivery.body = Bytes::from_static(b"\0\x01\xff");
    delivery.query = Some("a=b".into());
    delivery.verdict = crate::sample::verdict(Outcome::Rejected);
    delivery.truncated = true;
    let (one, two) = (store.insert(delivery).await.unwrap().id, store.insert(plain("{}")).await.unwrap().id);
    let found = store.outbounds().sendable(&[two, 99, one]).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [two, one]);
    assert_eq!((found[1].path.as_str(), found[1].rejected, found[1].truncated), ("/sandbox?a=b", true, true));
    assert_eq!((found[1].body.as_ref(), found[0].path.as_str()), (&b"\0\x01\xff"[..], "/sandbox"));
    assert_eq!(found[0].headers, [("content-type".to_owned(), b"application/json".to_vec())]);
}

#[tokio::test]
async fn what_was_not_forwarded_yet_is_found_again() {
    let (_folder, store) = history().await;
    let other = store.projects().ensure("Other", false, "other").await.unwrap();
    let mut ids = Vec::new();
    for (name, outcome, after) in [
        ("a", Outcome::Verified, 0),
        ("a", Outcome::Verified, 700),
        ("b", Outcome::Rejected, 1400),
        ("c", Outcome::Verified, 2100),
    ] {
        ids.push(store.insert(attempt(name, outcome, 200, after)).await.unwrap());
    }
    let elsewhere = attempt("d", Outcome::Verified, 200, 2800);
    store.insert(store::NewDelivery { project: other, ..elsewhere }).await.unwrap();
    let found = async |after, which| {
        let found = store.outbounds().not_forwarded(1, after, i64::MAX, which).await.unwrap();
        let counted = store.outbounds().count_not_forwarded(1, after, i64::MAX, which).await.unwrap();
        assert_eq!(counted, found.len() as u64);
        found.into_iter().map(|(id, event, _)| (id, event.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(found(After::Id(0), WhichWait::Verified).await, [(1, true), (2, true), (4, true)]);
    assert_eq!(found(After::Id(1), WhichWait::All).await, [(2, true), (3, true), (4, true)]);
    assert_eq!(found(After::Time(NOON + 1400 * SECOND), WhichWait::Verified).await, [(4, true)]);
    let forward = |delivery, settled| NewOutbound { kind: OutboundKind::Forward, settled, ..sent(delivery) };
    // A try that will be repeated, and a replay by hand, do not count.
    store.outbounds().add(vec![forward(1, false), sent(2), forward(4, true)]).await.unwrap();
    assert_eq!(found(After::Id(0), WhichWait::Verified).await, [(1, true), (2, true)]);
    assert_eq!(store.last_id().await.unwrap(), 5);
    assert_eq!(ids[0].event, ids[1].event);
}

#[tokio::test]
async fn an_answer_that_is_given_later_counts_from_then_on() {
    let (_folder, store) = history().await;
    // Stored with the answer it would get, except for the status.
    let unanswered = |after| attempt("a", Outcome::Verified, 0, after);
    let one = store.insert(unanswered(0)).await.unwrap();
    let two = store.insert(unanswered(1)).await.unwrap();
    assert!(!two.duplicate, "the first one was not accepted yet");
    let answer = |status, by| Answer { status, by, ..Answer::default() };
    let by_rule = Some((AnsweredBy::Rule, "503".to_owned()));
    assert!(store.answer_given(one.id, answer(503, by_rule.clone()), 11).await.unwrap());
    assert!(!store.insert(unanswered(2)).await.unwrap().duplicate, "503 accepts nothing");
    assert!(store.answer_given(two.id, answer(200, None), 12).await.unwrap());
    assert!(store.insert(unanswered(3)).await.unwrap().duplicate);
    let rows = store.rows(&[one.id, two.id]).await.unwrap();
    assert_eq!((rows[0].status, rows[0].answered_by, rows[0].took_us), (503, Some(AnsweredBy::Rule), Some(11)));
    assert_eq!((rows[1].status, rows[1].answered_by, rows[1].took_us), (200, None, Some(12)));
    assert_eq!(store.delivery(one.id).await.unwrap().unwrap().answer, answer(503, by_rule));
    assert!(!store.answer_given(99, answer(200, None), 1).await.unwrap());
}

#[tokio::test]
async fn targets_are_kept_under_their_address_and_those_without_a_name_are_forgotten_in_time() {
    let (_folder, store) = history().await;
    let targets = store.targets();
    let target = |url: &str, name: Option<&str>, used_ms| Target {
        url: url.into(),
        name: name.map(str::to_owned),
        used_ms,
        ..Target::default()
    };
    let named = targets.put(target("http://localhost:1/", Some("worker"), None)).await.unwrap();
    let again =
        targets.put(Target { confirmed_ms: Some(3), ..target("http://localhost:1/", Some("b"), None) }).await.unwrap();
    assert_eq!((again.id, again.confirmed_ms), (named.id, Some(3)), "one row an address");
    let agreed = Target { confirmed_ms: Some(1), ..target("http://far.example/", None, None) };
    let agreed = targets.put(agreed).await.unwrap();
    for used in 1..=25 {
        targets.put(target(&format!("http://localhost:{}/", 100 + used), None, Some(used))).await.unwrap();
    }
    assert_eq!(targets.get(agreed.id).await.unwrap(), Some(agreed.clone()), "what was agreed to stays agreed to");
    targets.remove(agreed.id).await.unwrap();
    let listed = targets.list().await.unwrap();
    assert_eq!(listed.len(), 21);
    assert_eq!((listed[0].name.as_deref(), listed[1].used_ms, listed[20].used_ms), (Some("b"), Some(25), Some(6)));
    let moved = targets.put(Target { url: "http://localhost:125/".into(), ..again.clone() }).await;
    assert!(moved.is_err(), "another one has this address");
    assert!(matches!(
        targets.put(Target { project: Some(99), ..target("http://x/", None, None) }).await,
        Err(store::Error::UnknownProject(99))
    ));
    assert!(targets.remove(again.id).await.unwrap());
    assert!(!targets.remove(again.id).await.unwrap());
    assert!(targets.find("http://localhost:1/").await.unwrap().is_none());
}
