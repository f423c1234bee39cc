//! A history that does not open: what can be done about it, how it is moved aside, and that another history gets none
//! of its keys.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use engine::{ApartVault, Code, Error, MemoryVault, StartFailure, Vault, move_aside};

use crate::parts::{KEY, Parts, draft};

const STAMP: &str = "2026-11-29-105500";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Names and texts, sorted.
fn all(folder: &Path) -> Vec<(String, String)> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    };
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(read).collect();
    files.sort();
    files
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_history_is_renamed_with_what_stands_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, &[("pollux.db", "db"), ("pollux.db-wal", "wal"), ("pollux.db-shm", "shm"), ("secrets.json", "{}")]);
    let kept = move_aside(&folder.join("pollux.db"), STAMP).unwrap();
    assert_eq!(kept, folder.join("pollux-2026-11-29-105500.db"));
    let expected = [
        ("pollux-2026-11-29-105500.db", "db"),
        ("pollux-2026-11-29-105500.db-shm", "shm"),
        ("pollux-2026-11-29-105500.db-wal", "wal"),
        ("secrets.json", "{}"),
    ];
    assert_eq!(all(folder), owned(&expected));
}

#[test]
fn a_file_that_is_there_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // The name itself is free, but that of a file beside it is not.
    write(folder, &[("h.db", "db"), ("h.db-wal", "wal"), ("h-2026-11-29-105500.db-wal", "another's")]);
    let kept = move_aside(&folder.join("h.db"), STAMP).unwrap();
    assert_eq!(kept, folder.join("h-2026-11-29-105500-2.db"));
    let expected = [
        ("h-2026-11-29-105500-2.db", "db"),
        ("h-2026-11-29-105500-2.db-wal", "wal"),
        ("h-2026-11-29-105500.db-wal", "another's"),
    ];
    assert_eq!(all(folder), owned(&expected));
    write(folder, &[("h.db", "next")]);
    assert_eq!(move_aside(&folder.join("h.db"), STAMP).unwrap(), folder.join("h-2026-11-29-105500.db"));
    write(folder, &[("h.db", "third")]);
    assert_eq!(move_aside(&folder.join("h.db"), STAMP).unwrap(), folder.join("h-2026-11-29-105500-3.db"));
    assert_eq!(all(folder).len(), 5);
}

#[test]
fn what_cannot_be_moved_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let gone = move_aside(&folder.join("h.db"), STAMP).unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    // A folder cannot take the place of a file: the log has been renamed by then, and is put back.
    write(folder, &[("h.db-wal", "wal")]);
    fs::create_dir(folder.join("h.db")).unwrap();
    let error = move_aside(&folder.join("h.db"), STAMP).unwrap_err();
    assert_eq!(error.code, Code::NotMoved);
    assert!(error.message.contains("is where it was") && error.detail.is_some(), "{error:?}");
    fs::remove_dir(folder.join("h.db")).unwrap();
    assert_eq!(all(folder), owned(&[("h.db-wal", "wal")]), "nothing of it is left over");
}

#[test]
fn a_name_without_an_extension_is_one_too() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("history", "db")]);
    let kept = move_aside(&folder.path().join("history"), STAMP).unwrap();
    assert_eq!(kept, folder.path().join("history-2026-11-29-105500"));
}

#[test]
fn what_is_offered_is_what_can_help() {
    let of = |code: Code| {
        let failure = StartFailure::new(&Error::new(code, "…"), Path::new("/h.db"));
        (failure.again, failure.other, failure.aside)
    };
    assert_eq!(of(Code::DatabaseTooNew), (false, true, true));
    for code in [Code::NotAHistory, Code::HistoryDamaged, Code::MigrationFailed] {
        assert_eq!(of(code), (true, true, true), "{code}");
    }
    for code in [
        Code::HistoryBusy,
        Code::HistoryReadOnly,
        Code::HistoryUnreachable,
        Code::DiskFull,
        Code::DiskError,
        Code::HistoryClosed,
    ] {
        assert_eq!(of(code), (true, true, false), "{code}: another name changes nothing");
    }
    assert_eq!(of(Code::InvalidKeychain), (false, false, false), "the variable was read once");
    assert_eq!(of(Code::Internal), (true, false, false));
}

#[tokio::test]
async fn another_history_gets_no_api_key_of_the_usual_one() {
    let parts = Parts::default();
    let usual = parts.start(false).await;
    let added = usual.projects().add(draft("prod")).await.unwrap();
    usual.shutdown().await;
    // The same file elsewhere lists a key under the same number, and could name any address.
    let other = parts.folder.path().join("other.db");
    fs::copy(parts.database(), &other).unwrap();
    fs::rename(parts.database(), parts.folder.path().join("usual.db")).unwrap();
    fs::copy(&other, parts.database()).unwrap();
    let apart = Arc::new(ApartVault::new(parts.vault.clone(), &other));
    let engine = parts.start_with(false, apart.clone()).await;
    let read = engine.projects().list().into_iter().find(|project| project.id == added.id).unwrap();
    assert!(!read.api_key.unwrap().available);
    assert_eq!(engine.webhooks().refresh(added.id).await.unwrap().error.unwrap().code, Code::NoApiKey);
    // Nor does it destroy or replace what belongs to the usual one.
    engine.projects().update(added.id, draft("prod")).await.unwrap();
    engine.projects().remove(added.id).await.unwrap();
    engine.shutdown().await;
    assert_eq!(parts.kept(&format!("key:{}", added.id)).as_deref(), Some(KEY));
    assert!(apart.get(&format!("key:{}", added.id)).unwrap().is_none());
}

#[test]
fn histories_are_told_apart_by_their_files() {
    let kept: Arc<dyn Vault> = Arc::new(MemoryVault::default());
    let of = |path: &str| ApartVault::new(kept.clone(), Path::new(path));
    of("/a.db").put("key:1", "one").unwrap();
    assert_eq!(of("/a.db").get("key:1").unwrap().unwrap().as_str(), "one");
    assert!(of("/b.db").get("key:1").unwrap().is_none() && kept.get("key:1").unwrap().is_none());
    of("/a.db").delete("key:1").unwrap();
    assert!(of("/a.db").get("key:1").unwrap().is_none());
}
