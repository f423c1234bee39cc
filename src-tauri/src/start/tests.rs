use engine::{Code, MemoryVault};

use super::*;

/// As the window does it, without a listener and the keychain of whoever runs the tests.
async fn started(database: PathBuf) -> Started {
    let starter: Starter = Box::new(|database| {
        Box::pin(async move {
            Engine::start(Config {
                tunnel_folder: database.with_extension("tunnels"),
                sandbox: false,
                version: "0".to_owned(),
                actor: "ada, window".to_owned(),
                ..Config::new(database, Arc::new(MemoryVault::default()))
            })
            .await
        })
    });
    Started::with(database, starter).await
}

fn garbage(path: &Path) {
    std::fs::write(path, "not a database, but long enough to be looked at as one".repeat(100)).unwrap();
}

#[tokio::test]
async fn what_does_not_open_is_moved_aside_and_the_next_try_starts_on_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("pollux.db");
    garbage(&database);
    let before = std::fs::read(&database).unwrap();
    let started = started(database.clone()).await;
    let failure = started.failure().unwrap();
    assert_eq!(
        (failure.error.code, failure.again, failure.other, failure.aside),
        (Code::NotAHistory, true, true, true)
    );
    assert_eq!(failure.path, database.display().to_string());
    assert_eq!(started.again().await.unwrap_err().code, Code::NotAHistory);

    let kept = started.move_aside("2026-11-29-105500".into()).await.unwrap();
    assert_eq!(kept, folder.path().join("pollux-2026-11-29-105500.db"));
    assert_eq!(std::fs::read(&kept).unwrap(), before);
    assert!(!database.exists());
    started.again().await.unwrap();
    assert_eq!(started.failure(), None);
    // What runs is not moved away from under itself.
    assert_eq!(started.move_aside("2026-11-29-105501".into()).await.unwrap_err().code, Code::NotMoved);
    assert!(database.exists());
    started.again().await.unwrap();
    started.engine().unwrap().shutdown().await;
}

#[tokio::test]
async fn another_history_is_opened_and_one_that_does_not_open_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (database, wrong, other) =
        (folder.path().join("pollux.db"), folder.path().join("wrong.db"), folder.path().join("o.db"));
    garbage(&database);
    garbage(&wrong);
    let started = started(database.clone()).await;
    let failure = started.failure();
    assert_eq!(started.open(wrong.clone()).await.unwrap_err().code, Code::NotAHistory);
    assert_eq!(started.failure(), failure, "still about the usual one");
    started.open(other.clone()).await.unwrap();
    let engine = started.engine().unwrap();
    assert_eq!(engine.state().await.database.path, other.display().to_string());
    assert!(database.exists() && wrong.exists());
    engine.shutdown().await;
}

#[tokio::test]
async fn a_lock_that_is_let_go_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("pollux.db");
    started(database.clone()).await.engine().unwrap().shutdown().await;
    std::fs::rename(&database, folder.path().join("away.db")).unwrap();
    // A folder in its place stands for whatever is fixed from outside.
    std::fs::create_dir(&database).unwrap();
    let started = started(database.clone()).await;
    let failure = started.failure().unwrap();
    assert_eq!((failure.error.code, failure.again, failure.aside), (Code::HistoryUnreachable, true, false));
    assert_eq!(started.move_aside("2026-11-29-105500".into()).await.unwrap_err().code, Code::NotMoved);
    std::fs::remove_dir(&database).unwrap();
    std::fs::rename(folder.path().join("away.db"), &database).unwrap();
    started.again().await.unwrap();
    started.engine().unwrap().shutdown().await;
}

#[tokio::test]
async fn a_damaged_history_is_recovered_and_goes_on_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("pollux.db");
    let first = started(database.clone()).await;
    let before = first.engine().unwrap().projects().list();
    assert!(!before.is_empty());
    // What runs ends first, and what comes after it has the same projects.
    let recovery = first.recover("2026-11-30-110500").await.unwrap();
    assert_eq!(recovery.kept, folder.path().join("pollux-2026-11-30-110500.db").display().to_string());
    assert_eq!((recovery.path, recovery.deliveries), (database.display().to_string(), 0));
    assert_eq!(first.failure(), None);
    assert_eq!(first.engine().unwrap().projects().list(), before);
    first.engine().unwrap().shutdown().await;

    // Nothing can be read of this: everything stays as it is, and the failure is told.
    garbage(&database);
    let second = started(database.clone()).await;
    assert!(second.recover("2026-11-30-110501").await.is_err());
    assert!(second.failure().is_some());
    assert!(database.exists());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("recovered")), "{left:?}");
}
