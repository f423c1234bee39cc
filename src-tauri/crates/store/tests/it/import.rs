//! Deliveries that come out of a file: once is enough, and nobody takes them for arrivals.

use signature::{KeyState, MatchedKey, Outcome};
use store::{After, Answer, AnsweredBy, Change, Imported, NewDelivery, NewImported, Which};

use crate::sample::{NOON, SECOND, attempt, drain, file, history, integrity, plain};

fn of(delivery: NewDelivery) -> NewImported {
    NewImported { delivery, took_us: Some(2_100), pinned: false, note: None }
}

fn ids(told: &[Imported]) -> Vec<(bool, i64)> {
    let one = |told: &Imported| match told {
        Imported::New { id, .. } => (true, *id),
        Imported::Known(id) => (false, *id),
        Imported::Refused(error) => panic!("{error}"),
    };
    told.iter().map(one).collect()
}

#[tokio::test]
async fn twice_is_once_within_a_batch_and_beyond() {
    let (folder, store) = history().await;
    store.insert(attempt("msg_live", Outcome::Verified, 200, 0)).await.unwrap();
    let importer = store.importer().await.unwrap();
    let mut other_body = attempt("msg_a", Outcome::Verified, 200, 1);
    other_body.body = "{\"other\":1}".into();
    let mut batch = vec![
        attempt("msg_live", Outcome::Rejected, 200, 0), // there already
        attempt("msg_a", Outcome::Verified, 200, 1),
        attempt("msg_a", Outcome::Verified, 200, 1), // the same
        other_body,                                  // another body
        attempt("msg_a", Outcome::Verified, 200, 2), // another arrival: an attempt
        plain("{}"),                                 // without an id
        plain("{}"),
    ];
    let all = || batch.iter().cloned().map(of).collect::<Vec<_>>();
    let told = importer.add(all(), 5).await.unwrap();
    assert_eq!(ids(&told), [(false, 1), (true, 2), (false, 2), (true, 3), (true, 4), (true, 5), (false, 5)]);
    // What was stored meanwhile is known, too: by this import, by another one, by a listener.
    let again = importer.add(all(), 6).await.unwrap();
    assert!(ids(&again).iter().all(|(new, _)| !new), "{again:?}");
    let other = store.importer().await.unwrap();
    assert!(ids(&other.add(all(), 7).await.unwrap()).iter().all(|(new, _)| !new));
    let live = attempt("msg_late", Outcome::Verified, 200, 9);
    store.insert(live.clone()).await.unwrap();
    batch = vec![live];
    assert_eq!(ids(&importer.add(vec![of(batch[0].clone())], 8).await.unwrap()), [(false, 6)]);
    assert_eq!(store.counts().await.unwrap().total, 6);
    store.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}

#[tokio::test]
async fn everything_of_it_is_kept_and_it_says_where_it_came_from() {
    let (_folder, store) = history().await;
    let importer = store.importer().await.unwrap();
    let mut delivery = attempt("msg_a", Outcome::Rejected, 503, -3600);
    delivery.answer = Answer {
        status: 503,
        headers: vec![("a".into(), "b".into())],
        body: "later".into(),
        by: Some((AnsweredBy::Rule, "503 once".into())),
    };
    let one = NewImported { delivery, took_us: Some(7), pinned: true, note: Some("look at this".into()) };
    assert_eq!(ids(&importer.add(vec![one], 5).await.unwrap()), [(true, 1)]);
    let kept = store.delivery(1).await.unwrap().unwrap();
    let row = &kept.row;
    assert!(row.imported && row.pinned);
    assert_eq!((row.note.as_deref(), row.took_us, row.status), (Some("look at this"), Some(7), 503));
    assert_eq!(row.received_ns, NOON - 3600 * SECOND);
    assert_eq!(kept.answer.by, Some((AnsweredBy::Rule, "503 once".into())));
    assert_eq!((kept.answer.body.as_str(), row.answered_by), ("later", Some(AnsweredBy::Rule)));
}

#[tokio::test]
async fn nobody_takes_them_for_arrivals() {
    let (_folder, store) = history().await;
    let mut changes = store.subscribe();
    for after in 0..10 {
        store.insert(attempt(&format!("msg_{after}"), Outcome::Rejected, 401, after)).await.unwrap();
    }
    drain(&mut changes);
    let importer = store.importer().await.unwrap();
    // From an hour before, and between those that are there.
    let old = |number: i64| {
        let mut delivery = attempt(&format!("old_{number}"), Outcome::Verified, 200, number * 100 - 3600);
        let (hint, state) = ("whsec_…a91f".into(), KeyState::Current);
        delivery.verdict.key = Some(MatchedKey { id: "old".into(), index: 0, hint, state });
        of(delivery)
    };
    importer.add((0..20).map(old).collect(), 5).await.unwrap();
    importer.add((20..40).map(old).collect(), 5).await.unwrap();
    importer.tell();
    store.insert(attempt("msg_last", Outcome::Rejected, 401, 11)).await.unwrap();
    importer.add((40..60).map(old).collect(), 5).await.unwrap();
    let told = drain(&mut changes);
    // The tenth may be told only now: who stored it is answered first.
    let new = |change: &&Change| matches!(change, Change::Inserted(arrived) if arrived.row.id > 10);
    let inserted = told.iter().filter(new).count();
    assert_eq!(inserted, 1, "no imported one is announced: {told:?}");
    assert!(told.iter().any(|change| matches!(change, Change::Resync)));

    // The times of arrivals are found, although those of the imported ones are older than what stands before them.
    let unverified = store.unverified(1, NOON + 5 * SECOND, 100).await.unwrap();
    assert_eq!(unverified.iter().map(|one| one.row.id).collect::<Vec<_>>(), [51, 10, 9, 8, 7, 6]);
    assert_eq!(store.unanswered(1, NOON, 100).await.unwrap().len(), 11);
    assert!(store.signed(1, NOON - 7200 * SECOND, SECOND).await.unwrap().is_empty());
    assert!(store.signers(&["old".to_owned()]).await.unwrap().iter().all(|signer| signer.deliveries == 0));
    let waits = store.outbounds().not_forwarded(1, After::Id(0), i64::MAX, store::WhichWait::All).await.unwrap();
    assert_eq!(waits.len(), 11, "no imported one is forwarded");
    let waits = store
        .outbounds()
        .not_forwarded(1, After::Time(NOON - 7200 * SECOND), i64::MAX, store::WhichWait::All)
        .await
        .unwrap();
    assert_eq!(waits.len(), 11);
}

#[tokio::test]
async fn a_deleted_one_comes_back_when_it_is_imported_again() {
    let (_folder, store) = history().await;
    let importer = store.importer().await.unwrap();
    let one = || vec![of(attempt("msg_a", Outcome::Verified, 200, 0))];
    assert_eq!(ids(&importer.add(one(), 5).await.unwrap()), [(true, 1)]);
    assert_eq!(ids(&importer.add(one(), 5).await.unwrap()), [(false, 1)]);
    store.delete(Which::Ids(vec![1]), "one", 5, i64::MAX).await.unwrap();
    assert_eq!(ids(&importer.add(one(), 5).await.unwrap()), [(true, 2)]);
}
