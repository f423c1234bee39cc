//! News: after COMMIT only, in order, bounded.

use std::time::Duration;

use signature::{KeyState, Outcome};
use store::{Change, Options};

use crate::sample::{attempt, drain, full_verdict, history, history_with, plain};

fn inserted(changes: &[Change]) -> Vec<i64> {
    let ids = changes.iter().filter_map(|change| match change {
        Change::Inserted(arrived) => Some(arrived.row.id),
        _ => None,
    });
    ids.collect()
}

fn changed(changes: &[Change]) -> Vec<i64> {
    let ids = changes.iter().filter_map(|change| match change {
        Change::Changed(ids) => Some(ids.to_vec()),
        _ => None,
    });
    ids.flatten().collect()
}

#[tokio::test]
async fn what_is_announced_can_be_read_and_is_the_same() {
    let (_folder, store) = history().await;
    let mut receiver = store.subscribe();
    for n in 0..20 {
        let mut delivery = attempt(&format!("msg_{}", n % 7), Outcome::Verified, 200, n);
        delivery.verdict = full_verdict(KeyState::Grace { until: 5 });
        store.insert(delivery).await.unwrap();
        let Change::Inserted(arrived) = receiver.recv().await.unwrap() else { continue };
        assert_eq!(store.rows(&[arrived.row.id]).await.unwrap(), std::slice::from_ref(&arrived.row));
    }
}

#[tokio::test]
async fn one_more_attempt_changes_the_earlier_ones() {
    let (_folder, store) = history().await;
    let mut receiver = store.subscribe();
    for after in 0..3 {
        store.insert(attempt("a", Outcome::Verified, 200, after)).await.unwrap();
    }
    store.settings().set("x", &1.into()).await.unwrap();
    let changes = drain(&mut receiver);
    assert_eq!(inserted(&changes), [1, 2, 3]);
    assert_eq!(changed(&changes), [1, 2, 1]);
}

#[tokio::test]
async fn answered_is_noted_within_moments_and_announced() {
    let (_folder, store) = history().await;
    let mut receiver = store.subscribe();
    let id = store.insert(plain("")).await.unwrap().id;
    store.answered(id, 1234);
    let noted = tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            if let Change::Answered(answered) = receiver.recv().await.unwrap() {
                return answered.to_vec();
            }
        }
    });
    assert_eq!(noted.await.unwrap(), [(id, 1234)]);
    assert_eq!(store.rows(&[id]).await.unwrap()[0].took_us, Some(1234));
}

#[tokio::test]
async fn answered_is_noted_before_closing() {
    let (folder, store) = history().await;
    for n in 0..3000_u64 {
        store.answered(store.insert(plain("")).await.unwrap().id, n);
    }
    store.close().await;
    let store = store::Store::open(&crate::sample::file(&folder), Options::default()).unwrap();
    let rows = store.rows(&(1..=3000).collect::<Vec<_>>()).await.unwrap();
    let took: Vec<_> = rows.iter().map(|row| row.took_us).collect();
    assert_eq!(took, (0..3000).map(Some).collect::<Vec<_>>());
}

#[tokio::test]
async fn explained_is_announced() {
    let (_folder, store) = history().await;
    let id = store.insert(plain("")).await.unwrap().id;
    let mut receiver = store.subscribe();
    store.explained(id, full_verdict(KeyState::Current)).await.unwrap();
    let Ok(Change::Changed(ids)) = receiver.recv().await else { panic!("something else") };
    assert_eq!(*ids, [id]);
}

#[tokio::test]
async fn bodies_that_nobody_has_looked_at_are_not_held_without_limit() {
    let mut options = Options::default();
    options.changes_bytes = 1 << 20;
    let (_folder, store) = history_with(options).await;
    let mut receiver = store.subscribe();
    let large = "x".repeat(300 << 10);
    for _ in 0..8 {
        store.insert(plain(&large)).await.unwrap();
    }
    store.settings().set("x", &1.into()).await.unwrap();
    let changes = drain(&mut receiver);
    assert_eq!(inserted(&changes), [1, 2, 3]);
    assert_eq!(changes.iter().filter(|change| matches!(change, Change::Resync)).count(), 5);
    drop(changes);
    store.insert(plain(&large)).await.unwrap();
    assert!(matches!(receiver.recv().await, Ok(Change::Inserted(_))), "there is room again");
}

#[tokio::test]
async fn what_is_behind_a_mark_is_read_a_page_at_a_time_with_its_bodies() {
    let (_folder, store) = history().await;
    for n in 0..7 {
        store.insert(plain(&"x".repeat(n))).await.unwrap();
    }
    let take = |delivery: store::Delivery, body: store::Body<'_>| (delivery.row.id, body.bytes.map(<[u8]>::len));
    let read = store.behind(2, 3, 3, take).await.unwrap();
    assert_eq!(read, [(3, Some(2)), (4, Some(3)), (5, None)], "longer bodies are not read");
    assert_eq!(store.behind(5, 10, 100, take).await.unwrap(), [(6, Some(5)), (7, Some(6))]);
    assert_eq!(store.behind(7, 10, 100, take).await.unwrap(), []);
    let read = store.these(vec![4, 99, 1], 100, take).await.unwrap();
    assert_eq!(read, [(4, Some(3)), (1, Some(0))], "what is not there is left out");
    let mut cut = plain("kept");
    (cut.body_len, cut.truncated) = (1 << 40, true);
    store.insert(cut).await.unwrap();
    let kept = store.behind(7, 1, 4, |_, body| (body.bytes.map(<[u8]>::to_vec), body.kept)).await.unwrap();
    assert_eq!(kept, [(Some(b"kept".to_vec()), 4)]);
    assert_eq!((store.count_behind(0).await.unwrap(), store.count_behind(5).await.unwrap()), (8, 3));
}
