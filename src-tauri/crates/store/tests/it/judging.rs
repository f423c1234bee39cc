//! Deliveries that are judged again: what is replaced, and what follows from it.

use signature::{KeyState, MatchedKey, Outcome, Scheme, StepStatus, Verdict};
use store::{Change, DoubtfulRange, NewDelivery, Signer, Store};

use crate::sample::{NOON, SECOND, attempt, drain, file, full_verdict, history, integrity, plain, verdict};

const LATER: i64 = NOON / 1_000_000 + 60_000;

fn verified(key: &str) -> Verdict {
    let (hint, state) = ("whsec_…a91f".into(), KeyState::Grace { until: 7 });
    Verdict {
        scheme: Some(Scheme::V1),
        key: Some(MatchedKey { id: key.into(), index: 0, hint, state }),
        ..verdict(Outcome::Verified)
    }
}

fn range(after: i64, upto: i64) -> DoubtfulRange {
    DoubtfulRange { project: 1, after, upto, reason: None }
}

async fn insert(store: &Store, delivery: NewDelivery) -> i64 {
    store.insert(delivery).await.unwrap().id
}

#[tokio::test]
async fn what_is_not_verified_is_read_with_all_that_a_verdict_needs_in_bounded_parts() {
    let (_folder, store) = history().await;
    let other = store.projects().ensure("Other", false, "other").await.unwrap();
    let mut expected = Vec::new();
    for n in 0..40 {
        let mut delivery =
            attempt(&format!("m{n}"), [Outcome::Verified, Outcome::Unchecked, Outcome::Rejected][n % 3], 200, n as i64);
        delivery.project = if n % 5 == 4 { other } else { 1 };
        delivery.body = format!("body {n}").into();
        delivery.truncated = n % 7 == 6;
        let keeps = n % 3 > 0 && n % 5 != 4;
        let id = insert(&store, delivery).await;
        if keeps {
            expected.push((id, n));
        }
    }
    let upto = store.last_id().await.unwrap();
    assert_eq!(store.doubtful_count(range(0, upto)).await.unwrap(), expected.len() as u64);
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = store.doubtful(range(after, upto), 4).await.unwrap();
        assert!(page.len() <= 4);
        let Some(last) = page.last() else { break };
        after = last.id;
        read.extend(page);
    }
    assert_eq!(
        read.iter().map(|one| one.id).collect::<Vec<_>>(),
        expected.iter().map(|(id, _)| *id).collect::<Vec<_>>()
    );
    for (one, (_, n)) in read.iter().zip(&expected) {
        let body = if n % 7 == 6 { String::new() } else { format!("body {n}") };
        assert_eq!((one.body.clone(), one.truncated), (body.into_bytes(), n % 7 == 6));
        assert_eq!((one.received_ns, &*one.headers[0].0), (NOON + *n as i64 * SECOND, "content-type"));
        assert_ne!(one.verdict.outcome, Outcome::Verified);
    }
    let of_reason = DoubtfulRange { reason: Some("no_secret"), ..range(0, upto) };
    assert!(store.doubtful(of_reason, 99).await.unwrap().iter().all(|one| one.verdict.outcome == Outcome::Unchecked));
    assert_eq!(store.doubtful(range(0, read[2].id), 99).await.unwrap().len(), 3);
}

#[tokio::test]
async fn large_bodies_come_few_at_a_time() {
    let (_folder, store) = history().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let mut delivery = attempt(&format!("m{n}"), Outcome::Unchecked, 200, 0);
        delivery.body = vec![b'x'; 5 << 20].into();
        ids.push(insert(&store, delivery).await);
    }
    assert_eq!(store.doubtful(range(0, 99), 99).await.unwrap().len(), 2);
    let (found, looked_at) = store.doubtful_of(&ids).await.unwrap();
    assert_eq!((found.len(), looked_at), (2, 2));
    assert_eq!(store.doubtful_of(&[77, ids[4]]).await.unwrap().1, 2, "one that is not there was looked at, too");
}

#[tokio::test]
async fn a_verdict_takes_the_place_of_the_one_before_and_the_answer_stays() {
    let (folder, store) = history().await;
    let unchecked = insert(&store, attempt("a", Outcome::Unchecked, 200, 1)).await;
    let at_once = insert(&store, plain("{}")).await;
    let mut cut = attempt("b", Outcome::Rejected, 413, 2);
    cut.truncated = true;
    let cut = insert(&store, cut).await;
    let stays = insert(&store, attempt("c", Outcome::Rejected, 401, 3)).await;
    let mut receiver = store.subscribe();
    let still = full_verdict(KeyState::Current);
    let given = vec![
        (unchecked, verified("k")),
        (at_once, verdict(Outcome::Rejected)),
        (cut, verified("k")),
        (stays, still.clone()),
        (99, verified("k")),
    ];
    let replaced = store.judged_again(given, LATER, true).await.unwrap();
    assert_eq!(replaced, [(unchecked, Outcome::Verified), (stays, Outcome::Rejected)]);
    let told = drain(&mut receiver)
        .into_iter()
        .any(|change| matches!(change, Change::Changed(ids) if ids.contains(&unchecked)));
    assert!(told, "the row is announced");
    let back = store.delivery(unchecked).await.unwrap().unwrap();
    assert_eq!((back.row.outcome, back.row.judged_ms, back.row.status), (Outcome::Verified, Some(LATER), 200));
    assert_eq!((back.row.grace_until, &*back.row.reason), (Some(7), "valid"));
    assert_eq!(back.verdict, verified("k"));
    assert_eq!(store.body(unchecked).await.unwrap().unwrap(), b"{}");
    let once = store.delivery(at_once).await.unwrap().unwrap();
    assert_eq!((once.verdict, once.row.judged_ms), (verdict(Outcome::Verified), None));
    assert_eq!(store.delivery(cut).await.unwrap().unwrap().row.outcome, Outcome::Rejected);
    let rejected = store.delivery(stays).await.unwrap().unwrap();
    assert_eq!((rejected.verdict, rejected.row.judged_ms), (still, None), "it came out as before");
    // A diagnosis that was under way arrives too late.
    store.explained(unchecked, full_verdict(KeyState::Current)).await.unwrap();
    assert_eq!(store.delivery(unchecked).await.unwrap().unwrap().verdict, verified("k"));
    store.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}

#[tokio::test]
async fn signers_are_counted_and_the_newest_stays_the_newest() {
    let (_folder, store) = history().await;
    let old = insert(&store, attempt("a", Outcome::Unchecked, 200, 1)).await;
    let older = insert(&store, attempt("b", Outcome::Unchecked, 200, 2)).await;
    let mut at_once = plain("{}");
    at_once.verdict = verified("k");
    at_once.received_ns = NOON + 3 * SECOND;
    let newest = insert(&store, at_once).await;
    store.judged_again(vec![(old, verified("k")), (older, verified("l"))], LATER, false).await.unwrap();
    // A second time changes nothing: it is verified.
    assert!(store.judged_again(vec![(old, verified("k"))], LATER, false).await.unwrap().is_empty());
    let signer = |key: &str, deliveries, last_delivery, after: i64| Signer {
        key: key.into(),
        deliveries,
        last_delivery,
        last_ns: NOON + after * SECOND,
    };
    let keys = ["k".to_owned(), "l".to_owned()];
    assert_eq!(store.signers(&keys).await.unwrap(), [signer("k", 2, newest, 3), signer("l", 1, older, 2)]);
    let bins = store.signed(1, NOON, SECOND).await.unwrap();
    assert_eq!(
        bins.iter().map(|bin| (&*bin.key, bin.bin, bin.count)).collect::<Vec<_>>(),
        [("k", 1, 1), ("l", 2, 1), ("k", 3, 1)]
    );
}

#[tokio::test]
async fn the_first_attempt_that_is_verified_and_was_answered_with_success_is_the_first() {
    use Outcome::{Rejected, Unchecked, Verified};
    let rung = |verdict: &Verdict| {
        let step = verdict.steps.iter().find(|step| step.check == "duplicate").unwrap();
        (step.status, step.seen.clone().into_owned())
    };
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let (_folder, store) = history().await;
        let mut ids = Vec::new();
        for (outcome, status, after) in [(Rejected, 401, 0), (Unchecked, 200, 10), (Unchecked, 200, 20)] {
            ids.push(insert(&store, attempt("a", outcome, status, after)).await);
        }
        for at in order {
            store.judged_again(vec![(ids[at], verified("k"))], LATER, true).await.unwrap();
        }
        let mut read = Vec::new();
        for id in &ids {
            read.push(store.delivery(*id).await.unwrap().unwrap());
        }
        assert_eq!(read.iter().map(|one| one.row.duplicate).collect::<Vec<_>>(), [false, false, true], "{order:?}");
        assert_eq!(rung(&read[2].verdict), (StepStatus::Warned, "attempt 3 of this id, first 20 s ago".into()));
        assert_eq!(rung(&read[0].verdict).1, "no earlier delivery of this id was accepted");
        assert!(rung(&read[1].verdict).1.contains("answered 401"), "{order:?} {:?}", rung(&read[1].verdict));
        // What arrives from now on is a repeat.
        assert!(store.insert(attempt("a", Verified, 200, 30)).await.unwrap().duplicate);
    }
}
