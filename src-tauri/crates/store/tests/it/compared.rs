//! What a comparison looks for.

use bytes::Bytes;
use signature::Outcome;
use store::Which;

use crate::sample::{attempt, history};

#[tokio::test]
async fn the_last_verified_of_a_type_is_of_another_event() {
    let (_folder, store) = history().await;
    let mut ids = Vec::new();
    for (id, outcome, name) in [
        ("old", Outcome::Verified, "batch.failed"),
        ("one", Outcome::Verified, "batch.failed"),
        ("two", Outcome::Rejected, "batch.failed"),
        ("one", Outcome::Verified, "batch.failed"),
        ("six", Outcome::Verified, "batch.succeeded"),
    ] {
        let mut delivery = attempt(id, outcome, 200, 0);
        delivery.event_type = Some(name.into());
        ids.push(store.insert(delivery).await.unwrap());
    }
    let last = |at: usize, name| store.last_verified(1, name, ids[at].id, ids[at].event);
    assert_eq!(last(2, "batch.failed").await.unwrap(), Some(ids[3].id));
    assert_eq!(last(3, "batch.failed").await.unwrap(), Some(ids[0].id), "not another attempt of the same event");
    assert_eq!(last(4, "batch.succeeded").await.unwrap(), None, "not itself");
    assert_eq!(last(0, "batch.cancelled").await.unwrap(), None);
    assert_eq!(store.last_verified(2, "batch.failed", 0, None).await.unwrap(), None, "another project");
    let none = store.last_verified(1, "batch.failed", ids[2].id, None).await.unwrap();
    assert_eq!(none, Some(ids[3].id), "what has no event is compared with any");
    store.delete(Which::Ids(vec![ids[3].id]), "one", 0, 600_000).await.unwrap();
    assert_eq!(last(2, "batch.failed").await.unwrap(), Some(ids[1].id), "nor one that is deleted");
}

#[tokio::test]
async fn bodies_are_compared_by_length_and_by_bytes_as_far_as_they_may_be_read() {
    let (_folder, store) = history().await;
    let mut ids = Vec::new();
    for body in ["{}", "{}", "[]", "{ }"] {
        let mut delivery = attempt("one", Outcome::Verified, 200, 0);
        delivery.body = Bytes::copy_from_slice(body.as_bytes());
        delivery.body_len = body.len() as u64;
        ids.push(store.insert(delivery).await.unwrap().id);
    }
    let unlike = |others: &[usize], most| store.unlike(ids[0], others.iter().map(|at| ids[*at]).collect(), most);
    assert_eq!(unlike(&[1], 100).await.unwrap(), None);
    assert_eq!(unlike(&[1, 2, 3], 100).await.unwrap(), Some(ids[2]));
    assert_eq!(unlike(&[1, 3, 2], 100).await.unwrap(), Some(ids[3]));
    assert_eq!(unlike(&[1, 2], 3).await.unwrap(), None, "no more may be read");
    assert_eq!(store.unlike(99, vec![ids[0]], 100).await.unwrap(), None);
}
