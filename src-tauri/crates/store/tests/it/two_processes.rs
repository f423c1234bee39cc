//! The window and the command line on one history: what one does in the middle of the other's work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signature::Outcome;
use store::{KeyRecord, NewAction, NewProject, Options, SecretRecord, Store};

use crate::sample::{attempt, file, history, integrity};

/// Stores deliveries from many callers until told to stop; returns how many.
fn insert_all_the_time(store: &Store, stop: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<usize>> {
    let number = Arc::new(AtomicUsize::new(0));
    let callers = (0..64).map(|_| {
        let (store, stop, number) = (store.clone(), Arc::clone(stop), Arc::clone(&number));
        tokio::spawn(async move {
            let mut stored = 0;
            while !stop.load(Ordering::Relaxed) {
                let id = number.fetch_add(1, Ordering::Relaxed).to_string();
                store.insert(attempt(&id, Outcome::Verified, 200, 0)).await.unwrap();
                stored += 1;
            }
            stored
        })
    });
    callers.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_secrets_and_actions_are_written_while_another_stores_deliveries() {
    let (folder, window) = history().await;
    let stop = Arc::new(AtomicBool::new(false));
    let inserting = insert_all_the_time(&window, &stop);
    // More than once: one process per command.
    for round in 0..5_i64 {
        let command_line = Store::open(&file(&folder), Options::default()).unwrap();
        let (name, path) = (format!("Project {round}"), format!("p{round}"));
        let key = Some(KeyRecord { hint: "…a91f".into(), stored_in: "keychain".into() });
        let new = NewProject { name: name.clone(), path, base_url: None, api_version: "v1".into(), key };
        let project = command_line.projects().add(new.clone()).await.unwrap();
        assert_eq!(window.projects().add(new).await.unwrap_err().code(), "name_taken", "seen by the other at once");
        for n in 0..10 {
            let record = SecretRecord {
                id: format!("{round} {n}"),
                project: project.id,
                label: String::new(),
                hint: "whsec_…a91f".into(),
                expires_at: None,
                added_ms: n,
                stored_in: "keychain".into(),
                webhook: Some("w".into()),
                created_ms: None,
                destroyed_ms: None,
            };
            command_line.secrets().put(record).await.unwrap();
            let action = |who: &str| NewAction {
                at_ms: n,
                who: who.into(),
                project: Some(project.id),
                project_name: Some(name.clone()),
                what: "secret.add".into(),
                target: String::new(),
                result: "done".into(),
                detail: String::new(),
            };
            let (ours, theirs) = (action("ada, command line"), action("ada, window"));
            let (command_line, window) = (command_line.actions(), window.actions());
            let (ours, theirs) = tokio::join!(command_line.add(ours), window.add(theirs));
            assert_ne!(ours.unwrap(), theirs.unwrap());
        }
        if round % 2 == 0 {
            assert!(command_line.projects().remove(project.id, 1).await.unwrap());
        }
        command_line.close().await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut stored = 0;
    for caller in inserting {
        stored += caller.await.unwrap();
    }
    assert_eq!(window.counts().await.unwrap().total, stored as u64);
    assert_eq!(window.projects().all().await.unwrap().len(), 6);
    assert_eq!(window.projects().list().await.unwrap().len(), 3);
    assert_eq!(window.secrets().list(None).await.unwrap().len(), 50);
    assert_eq!(window.actions().all().await.unwrap().len(), 100);
    window.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_waits_while_another_process_holds_the_history_locked() {
    let (folder, store) = history().await;
    let other = rusqlite::Connection::open(file(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let adding = tokio::spawn(async move {
        let place = store.places().add(1, "w", "CI").await;
        (store, place)
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!adding.is_finished());
    other.execute_batch("COMMIT").unwrap();
    let (store, place) = adding.await.unwrap();
    assert!(place.is_ok());
    assert_eq!(store.places().list(1, "w").await.unwrap().len(), 1);
}

/// Opens a history once all the others are ready, uses it and closes it; some do so again and again.
async fn use_it(path: std::path::PathBuf, ready: Arc<tokio::sync::Barrier>) {
    ready.wait().await;
    for round in 0..3 {
        let opening = path.clone();
        let store = tokio::task::spawn_blocking(move || Store::open(&opening, Options::default())).await.unwrap();
        let store = store.unwrap();
        assert_eq!(store.projects().sandbox("sandbox").await.unwrap().id, 1);
        assert_eq!(store.projects().list().await.unwrap().len(), 1);
        store.insert(attempt(&round.to_string(), Outcome::Verified, 200, 0)).await.unwrap();
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_history_is_made_once_by_many_at_the_same_moment() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let ready = Arc::new(tokio::sync::Barrier::new(4));
        let using: Vec<_> = (0..4).map(|_| tokio::spawn(use_it(file(&folder), Arc::clone(&ready)))).collect();
        for one in using {
            one.await.unwrap();
        }
        assert_eq!(integrity(&file(&folder)), "ok");
        let store = Store::open(&file(&folder), Options::default()).unwrap();
        assert_eq!(store.counts().await.unwrap().total, 12);
        assert_eq!(store.attempts(1, 20).await.unwrap().len(), 4);
    }
}
