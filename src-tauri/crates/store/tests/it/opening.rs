//! Opening: from nothing, again, and files that are refused.

use std::path::Path;

use rusqlite::Connection;
use store::{Error, InsertError, Options, Store};

use crate::sample::{file, history, integrity, plain};

fn code(path: &Path) -> &'static str {
    Store::open(path, Options::default()).map_err(|error| error.code()).err().unwrap_or("opened")
}

#[tokio::test]
async fn from_nothing_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/history.db");
    let store = Store::open(&path, Options::default()).unwrap();
    store.projects().ensure("Sandbox", true, "sandbox").await.unwrap();
    store.insert(plain("kept")).await.unwrap();
    store.close().await;
    assert!(!path.with_extension("db-wal").exists(), "closing leaves one file");
    let store = Store::open(&path, Options::default()).unwrap();
    assert_eq!(store.body(1).await.unwrap().unwrap(), b"kept");
    assert_eq!(store.insert(plain("next")).await.unwrap().id, 2);
    store.close().await;
    assert_eq!(integrity(&path), "ok");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/history.db");
    let store = Store::open(&path, Options::default()).unwrap();
    store.projects().ensure("Sandbox", true, "sandbox").await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["new/history.db", "new/history.db-wal", "new/history.db-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    store.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    Store::open(&path, Options::default()).unwrap().close().await;
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_newer_one_is_refused_and_left_as_it_is() {
    let (folder, store) = history().await;
    store.close().await;
    let path = file(&folder);
    let conn = Connection::open(&path).unwrap();
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    conn.pragma_update(None, "user_version", version + 1).unwrap();
    drop(conn);
    let before = std::fs::read(&path).unwrap();
    let error = Store::open(&path, Options::default()).unwrap_err();
    assert_eq!(error.code(), "database_too_new");
    assert!(matches!(error, Error::DatabaseTooNew { found, known } if (found, known) == (version + 1, version)));
    assert!(error.to_string().contains("Update Pollux"), "{error}");
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn what_is_not_a_history_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "not a database, but long enough to be looked at as one".repeat(100)).unwrap();
    let other = folder.path().join("other");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x);").unwrap();
    for path in [&text, &other] {
        let before = std::fs::read(path).unwrap();
        assert_eq!(code(path), "not_a_history");
        assert!(std::fs::read(path).unwrap() == before);
    }
    assert_eq!(code(&text.join("below a file")), "history_unreachable");
    assert_eq!(code(folder.path()), "history_unreachable");
}

/// Names, bytes, modes and times of everything in a folder.
#[cfg(unix)]
fn state(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>, u32, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let found = entry.path().symlink_metadata().unwrap();
            let bytes = if found.is_file() { std::fs::read(entry.path()).unwrap() } else { Vec::new() };
            (entry.file_name(), bytes, found.mode(), found.mtime(), found.mtime_nsec())
        })
        .collect();
    all.sort();
    all
}

#[cfg(unix)]
#[test]
fn what_is_refused_keeps_its_mode_and_its_time_and_gets_nothing_beside_it() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("notes"), "somebody's").unwrap();
    // Another program's database, which crashed: that program still has to copy its log into it.
    let other = Connection::open(at("making")).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)").unwrap();
    for ending in ["", "-wal"] {
        std::fs::copy(at(&format!("making{ending}")), at(&format!("crashed{ending}"))).unwrap();
    }
    drop(other);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::set_permissions(entry.unwrap().path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    symlink(at("notes"), at("link")).unwrap();
    symlink(at("nothing"), at("dangling")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let before = state(folder.path());
    for (name, expected) in [
        ("notes", "not_a_history"),
        ("making", "not_a_history"),
        ("crashed", "not_a_history"),
        ("link", "history_unreachable"),
        ("dangling", "history_unreachable"),
        ("pipe", "history_unreachable"),
    ] {
        assert_eq!(code(&at(name)), expected, "{name}");
    }
    assert!(state(folder.path()) == before);
    let told = Store::open(&at("link"), Options::default()).unwrap_err().to_string();
    assert!(told.contains(&format!("a link to {}", at("notes").display())), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_reached_by_a_link_is_as_good_as_another() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
    let store = Store::open(&folder.path().join("link/history.db"), Options::default()).unwrap();
    store.projects().ensure("Sandbox", true, "sandbox").await.unwrap();
    store.insert(plain("kept")).await.unwrap();
    assert_eq!(store.body(1).await.unwrap().unwrap(), b"kept", "by its readers, too");
    store.close().await;
    assert_eq!(integrity(&folder.path().join("real/history.db")), "ok");
}

#[tokio::test]
async fn dropped_without_closing_nothing_is_lost() {
    let (folder, store) = history().await;
    for n in 0..10 {
        store.insert(plain(&n.to_string())).await.unwrap();
    }
    drop(store);
    let store = Store::open(&file(&folder), Options::default()).unwrap();
    assert_eq!(store.ids().await.unwrap().len(), 10);
    assert_eq!(store.insert(plain("")).await.unwrap().id, 11);
}

#[tokio::test]
async fn after_closing_everything_is_refused() {
    let (_folder, store) = history().await;
    let clone = store.clone();
    store.close().await;
    clone.close().await;
    assert!(matches!(clone.insert(plain("")).await, Err(InsertError::Failed("history_closed", _))));
    assert_eq!(clone.ids().await.unwrap_err().code(), "history_closed");
    assert_eq!(clone.settings().set("a", &1.into()).await.unwrap_err().code(), "history_closed");
    clone.answered(1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_commits_what_was_waiting() {
    let (folder, store) = history().await;
    let tasks: Vec<_> = (0..500)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.insert(plain(&n.to_string())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut kept = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => kept += 1,
            Err(error) => assert_eq!(error.code(), "history_closed"),
        }
    }
    let store = Store::open(&file(&folder), Options::default()).unwrap();
    assert_eq!(store.ids().await.unwrap().len(), kept);
}

const FULL: &str = "POLLUX_FULL_DISK_TEST_DATABASE";

/// Not a test of its own: [`where_no_file_can_grow_it_is_opened_to_read`] starts it where no file can grow.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run as a child process by the test below"]
async fn reading_child() {
    let Some(path) = std::env::var_os(FULL).map(std::path::PathBuf::from) else { return };
    let store = Store::open(&path, Options::default()).unwrap();
    let ids = store.ids().await.unwrap();
    let body = store.body(ids[0]).await.unwrap().unwrap();
    let refused = store.insert(crate::sample::plain("{}")).await.unwrap_err();
    println!("read {} {} {}", ids.len(), body.len(), refused.code());
    store.close().await;
}

/// A full disk, as far as a process can have one to itself: not even SQLite's index of the log (`-shm`) can be made.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn where_no_file_can_grow_it_is_opened_to_read() {
    let (folder, store) = crate::sample::history().await;
    for _ in 0..3 {
        store.insert(crate::sample::plain("a body")).await.unwrap();
    }
    store.close().await;
    let path = crate::sample::file(&folder);
    let before = std::fs::read(&path).unwrap();
    let child = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "opening::reading_child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FULL, &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    let line = said.lines().find_map(|line| line.split_once("read ")).map(|(_, rest)| rest.to_owned());
    let line = line.unwrap_or_else(|| panic!("{said}\n{}", String::from_utf8_lossy(&child.stderr)));
    assert!(line.starts_with("3 6 disk_"), "{line}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "it is as it was");
    // With room again it goes on as usual.
    let store = Store::open(&path, Options::default()).unwrap();
    assert_eq!(store.insert(crate::sample::plain("{}")).await.unwrap().id, 4);
    store.close().await;
}
