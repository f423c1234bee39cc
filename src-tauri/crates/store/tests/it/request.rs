//! Rows of deliveries without a type: the request takes its place.

use signature::Outcome;
use store::{Change, NewDelivery, RequestLine};

use crate::sample::{attempt, drain, history, plain};

fn of_type(event_type: Option<&str>, path: &str) -> NewDelivery {
    NewDelivery { event_type: event_type.map(str::to_owned), path: path.into(), method: "PUT".into(), ..plain("x") }
}

#[tokio::test]
async fn a_row_without_a_type_has_its_request_announced_and_read_alike() {
    let (_folder, store) = history().await;
    let mut receiver = store.subscribe();
    let put = |path: &str| Some(RequestLine { method: "PUT".into(), path: path.into() });
    for (event_type, expected) in [
        (None, put("/sandbox/ü")),
        (Some(""), put("/sandbox/ü")),
        (Some(" \t"), put("/sandbox/ü")),
        (Some("batch.succeeded"), None),
        (Some("of_the_future"), None),
    ] {
        let id = store.insert(of_type(event_type, "/sandbox/ü")).await.unwrap().id;
        let Change::Inserted(arrived) = receiver.recv().await.unwrap() else { panic!("it is announced") };
        assert_eq!(arrived.row.request, expected, "{event_type:?}");
        assert_eq!(arrived.path, "/sandbox/ü", "what is searched in stays whole");
        assert_eq!(store.rows(&[id]).await.unwrap(), std::slice::from_ref(&arrived.row));
        assert_eq!(store.delivery(id).await.unwrap().unwrap().row.request, expected);
    }
}

#[tokio::test]
async fn a_long_path_keeps_its_beginning_and_its_end() {
    let (_folder, store) = history().await;
    let path = format!("/start/{}/end", "ä".repeat(4000));
    let id = store.insert(of_type(None, &path)).await.unwrap().id;
    let row = store.rows(&[id]).await.unwrap().remove(0);
    let shown = row.request.unwrap().path;
    assert_eq!(shown.chars().count(), 241);
    assert!(shown.starts_with("/start/") && shown.contains("ä…ä") && shown.ends_with("/end"), "{shown}");
    assert_eq!(store.delivery(id).await.unwrap().unwrap().path, path);
    let short = "/".repeat(240);
    let id = store.insert(of_type(None, &short)).await.unwrap().id;
    assert_eq!(store.rows(&[id]).await.unwrap().remove(0).request.unwrap().path, short);
}

#[tokio::test]
async fn attempts_without_a_type_have_it_too() {
    let (_folder, store) = history().await;
    let mut event = None;
    for after in 0..3 {
        let delivery = NewDelivery { event_type: None, ..attempt("a", Outcome::Verified, 200, after) };
        event = store.insert(delivery).await.unwrap().event;
    }
    let attempts = store.attempts(event.unwrap(), 10).await.unwrap();
    assert_eq!(attempts.len(), 3);
    assert!(attempts.iter().all(|row| row.request.as_ref().is_some_and(|line| line.path == "/sandbox")));
}

#[tokio::test]
async fn a_ping_that_was_asked_for_is_noted_and_announced() {
    let (_folder, store) = history().await;
    let [ping, other] = [plain("1"), plain("2")];
    let (ping, other) = (store.insert(ping).await.unwrap().id, store.insert(other).await.unwrap().id);
    let mut receiver = store.subscribe();
    assert!(store.pinged(ping).await.unwrap());
    assert!(!store.pinged(99).await.unwrap());
    let changed = |change: &Change| matches!(change, Change::Changed(ids) if ids.contains(&ping));
    assert!(drain(&mut receiver).iter().any(changed));
    let noted: Vec<bool> = store.rows(&[ping, other]).await.unwrap().iter().map(|row| row.pinged).collect();
    assert_eq!(noted, [true, false]);
}
