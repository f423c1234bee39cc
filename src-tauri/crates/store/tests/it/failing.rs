//! A full queue, a full disk, a locked file: refused with a code, and nothing half-written.

use std::pin::Pin;
use std::task::Poll;

use rusqlite::Connection;
use signature::Outcome;
use store::{InsertError, Inserted, NewDelivery, Options, Store};

use crate::sample::{attempt, file, found, history, history_with, integrity, plain};

/// Keeps the database locked against writers.
fn lock(path: &std::path::Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    conn
}

type Inserting = Pin<Box<dyn Future<Output = Result<Inserted, InsertError>>>>;

/// Begins to insert it: the future once it waits for the writer, or what came of it at once.
async fn begin(store: &Store, project: i64, body: &str) -> Result<Inserting, Result<Inserted, InsertError>> {
    let (store, delivery) = (store.clone(), NewDelivery { project, ..plain(body) });
    let mut inserting: Inserting = Box::pin(async move { store.insert(delivery).await });
    match std::future::poll_fn(|context| Poll::Ready(inserting.as_mut().poll(context))).await {
        Poll::Pending => Ok(inserting),
        Poll::Ready(ended) => Err(ended),
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let mut options = Options::default();
    options.queue = 4;
    let (folder, store) = history_with(options).await;
    let locked = lock(&file(&folder));
    // The writer takes some, and then waits for the lock; four more fit in.
    let mut waiting = Vec::new();
    let refused = loop {
        match begin(&store, 1, "waiting").await {
            Ok(inserting) => waiting.push(inserting),
            Err(ended) => break ended,
        }
    };
    assert_eq!(refused, Err(InsertError::Full), "at once");
    assert!(waiting.len() >= 4, "{}", waiting.len());
    let begun = waiting.len() as u64;
    drop(locked);
    for inserting in waiting {
        assert!(inserting.await.is_ok());
    }
    assert!(store.insert(plain("room again")).await.is_ok());
    assert_eq!(store.counts().await.unwrap().total, begun + 1);
}

#[tokio::test]
async fn the_queue_is_bounded_in_bytes_too_but_one_always_fits() {
    let mut options = Options::default();
    options.queue_bytes = 10_000;
    let (folder, store) = history_with(options).await;
    let large = "x".repeat(50_000);
    assert!(store.insert(plain(&large)).await.is_ok());
    let locked = lock(&file(&folder));
    let Ok(first) = begin(&store, 1, &large).await else { panic!("it fits alone") };
    assert_eq!(store.insert(plain("small")).await, Err(InsertError::Full));
    drop(locked);
    assert!(first.await.is_ok());
    assert!(store.insert(plain("small")).await.is_ok());
}

#[tokio::test]
async fn a_full_disk_fails_the_delivery_and_leaves_nothing_of_it() {
    let mut options = Options::default();
    options.max_bytes = Some(600 << 10);
    let (folder, store) = history_with(options).await;
    let mut receiver = store.subscribe();
    let kept = store.insert(attempt("a", Outcome::Verified, 200, 0)).await.unwrap();
    let _ = receiver.recv().await;
    let counts = store.counts().await.unwrap();
    let mut too_large = attempt("a", Outcome::Verified, 200, 1);
    too_large.body = vec![b'x'; 1 << 20].into();
    for _ in 0..3 {
        let error = store.insert(too_large.clone()).await.unwrap_err();
        assert_eq!(error.code(), "disk_full");
        assert!(error.to_string().contains("make room"), "{error}");
    }
    assert!(receiver.try_recv().is_err(), "what failed is not announced");
    assert_eq!(store.counts().await.unwrap(), counts);
    assert_eq!(store.attempts(kept.event.unwrap(), 10).await.unwrap().len(), 1);
    assert_eq!(store.ids().await.unwrap(), [kept.id]);
    let next = store.insert(attempt("a", Outcome::Verified, 200, 2)).await.unwrap();
    assert_eq!((next.id, next.attempt, next.duplicate), (2, 2, true), "failed attempts do not count");
    store.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}

#[tokio::test]
async fn until_the_disk_is_full_and_beyond() {
    let mut options = Options::default();
    options.max_bytes = Some(600 << 10);
    let (folder, store) = history_with(options).await;
    let mut kept = Vec::new();
    let mut failed = 0;
    for n in 0..400 {
        let mut delivery = attempt(&format!("msg_{n}"), Outcome::Verified, 200, n);
        delivery.body = vec![b'x'; 3000].into();
        match store.insert(delivery).await {
            Ok(inserted) => kept.push(inserted.id),
            Err(error) => {
                assert_eq!(error.code(), "disk_full");
                failed += 1;
            }
        }
    }
    assert!(!kept.is_empty() && failed > 0);
    assert_eq!(store.ids().await.unwrap(), kept);
    store.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_stored_does_not_take_its_neighbours_along() {
    let (folder, store) = history().await;
    let locked = lock(&file(&folder));
    let mut waiting = Vec::new();
    for n in 0..50 {
        let Ok(inserting) = begin(&store, if n == 25 { 77 } else { 1 }, &n.to_string()).await else { panic!("{n}") };
        waiting.push(inserting);
    }
    drop(locked);
    for (n, inserting) in waiting.into_iter().enumerate() {
        let result = inserting.await;
        match n {
            25 => assert_eq!(result.unwrap_err().code(), "unknown_project"),
            _ => assert!(result.is_ok(), "{n}: {result:?}"),
        }
    }
    assert_eq!(store.counts().await.unwrap().total, 49);
}

#[tokio::test]
async fn other_writes_fail_alone() {
    let (folder, store) = history().await;
    let locked = lock(&file(&folder));
    let (projects, settings) = (store.projects(), store.settings());
    // Polled after the others: they are all on their way to the writer.
    let unlock = async { drop(locked) };
    let one = 1.into();
    let (taken, set, made, ()) = tokio::join!(
        projects.ensure("Other", false, "sandbox"),
        settings.set("a", &one),
        projects.ensure("Third", false, "third"),
        unlock,
    );
    assert_eq!(taken.unwrap_err().code(), "path_taken");
    set.unwrap();
    assert_eq!(made.unwrap(), 2);
}

#[tokio::test]
async fn a_failure_that_lasts_is_told_to_everyone_who_waits() {
    let (folder, store) = history().await;
    let conn = Connection::open(file(&folder)).unwrap();
    conn.execute_batch("CREATE TRIGGER refuse BEFORE INSERT ON delivery_content BEGIN SELECT raise(ABORT, 'no'); END")
        .unwrap();
    let (one, two) = tokio::join!(store.insert(plain("1")), store.insert(plain("2")));
    assert_eq!(one.unwrap_err().code(), "database_error");
    assert_eq!(two.unwrap_err().code(), "database_error");
    conn.execute_batch("DROP TRIGGER refuse").unwrap();
    assert_eq!(store.insert(plain("3")).await.unwrap().id, 1);
    assert_eq!(store.counts().await.unwrap().total, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_whole_deliveries_only() {
    let (_folder, store) = history().await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 0..600 {
                store.insert(plain(&n.to_string())).await.unwrap();
            }
        }
    });
    let mut seen = 0;
    while !writing.is_finished() {
        let ids = store.ids().await.unwrap();
        let by_text = found(&store, "application/json").await;
        assert!(ids.len() >= seen && by_text.len() >= ids.len());
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>());
        assert!(store.counts().await.unwrap().total >= by_text.len() as u64);
        if let Some(last) = by_text.last() {
            assert!(store.delivery(*last).await.unwrap().is_some());
            assert_eq!(store.body(*last).await.unwrap().unwrap(), (last - 1).to_string().into_bytes());
        }
        seen = ids.len();
    }
    writing.await.unwrap();
}
