//! What is examined, and what is left as it is.

// A failure in here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use files::Refusal;
use files::sqlite::{Unusable, is_of, make_ready};
use rusqlite::Connection;

const OURS: i64 = 0x506c_7578;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

/// Bytes, mode and times of everything in a folder.
fn state(folder: &Path) -> Vec<(String, Vec<u8>, u32, i64, i64)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let found = entry.path().symlink_metadata().unwrap();
            let bytes = if found.is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, bytes, found.mode(), found.mtime(), found.mtime_nsec())
        })
        .collect();
    all.sort();
    all
}

/// A database as a killed process leaves it: all of it in the log.
fn killed_in_wal(path: &Path, application: i64, version: i64) {
    let making = path.with_extension("making");
    let conn = Connection::open(&making).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.pragma_update(None, "application_id", application).unwrap();
    conn.pragma_update(None, "user_version", version).unwrap();
    conn.execute_batch("CREATE TABLE t (x)").unwrap();
    for ending in ["", "-wal"] {
        let from = format!("{}{ending}", making.display());
        fs::copy(from, format!("{}{ending}", path.display())).unwrap();
    }
    drop(conn);
    fs::remove_file(making).unwrap();
}

#[test]
fn what_is_not_ours_is_refused_and_nothing_of_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("text"), "not a database, but long enough to be looked at as one".repeat(10)).unwrap();
    fs::write(at("short"), "SQLite format 3\0").unwrap();
    Connection::open(at("other")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let named = Connection::open(at("named")).unwrap();
    named.execute_batch("PRAGMA application_id = 7; PRAGMA journal_mode = DELETE").unwrap();
    drop(named);
    killed_in_wal(&at("in_wal"), 0, 0);
    killed_in_wal(&at("named_in_wal"), 9, 0);
    killed_in_wal(&at("newer_in_wal"), OURS, 4);
    let newer = Connection::open(at("newer")).unwrap();
    newer
        .execute_batch(&format!("CREATE TABLE t (x); PRAGMA application_id = {OURS}; PRAGMA user_version = 4"))
        .unwrap();
    drop(newer);
    for entry in fs::read_dir(folder.path()).unwrap() {
        fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(0o644)).unwrap();
    }
    let before = state(folder.path());
    for name in ["text", "short", "other", "named", "in_wal", "named_in_wal"] {
        let refused = make_ready(&at(name), OURS, 3).unwrap_err();
        assert!(matches!(refused, Unusable::NotOurs), "{name}: {refused:?}");
        assert!(!is_of(&at(name), OURS), "{name}");
    }
    for name in ["newer", "newer_in_wal"] {
        assert!(matches!(make_ready(&at(name), OURS, 3), Err(Unusable::Newer(4))), "{name}");
    }
    assert!(state(folder.path()) == before);
}

#[test]
fn what_is_ours_or_empty_is_for_the_user_alone_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("empty"), "").unwrap();
    killed_in_wal(&at("in_wal"), OURS, 3);
    let ours = Connection::open(at("ours")).unwrap();
    ours.execute_batch(&format!("CREATE TABLE t (x); PRAGMA application_id = {OURS}; PRAGMA user_version = 1"))
        .unwrap();
    drop(ours);
    for entry in fs::read_dir(folder.path()).unwrap() {
        fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(0o644)).unwrap();
    }
    for name in ["empty", "in_wal", "ours", "new"] {
        let ready = make_ready(&at(name), OURS, 3).unwrap();
        assert_eq!(mode(&at(name)), 0o600, "{name}");
        ready.is_still_there().unwrap();
        fs::rename(&ready.path, at("moved")).unwrap();
        fs::write(&ready.path, "another").unwrap();
        assert!(matches!(ready.is_still_there(), Err(Refusal::Swapped)));
    }
    assert_eq!(mode(&at("in_wal-wal")), 0o600);
}

#[test]
fn a_log_that_comes_and_goes_is_no_reason_to_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("history.db"), folder.path().join("history.db-wal"));
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update(None, "application_id", OURS).unwrap();
    conn.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(conn);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // As processes do that are the first to open it, and the last to close it.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                fs::write(&log, [0x37, 0x7f, 0x06, 0x82].repeat(16)).unwrap();
                fs::remove_file(&log).unwrap();
            }
        });
        let refused = (0..20_000).find_map(|_| make_ready(&path, OURS, 1).err());
        over.store(true, Ordering::Relaxed);
        assert!(refused.is_none(), "{refused:?}");
    });
}

#[test]
fn links_folders_and_pipes_are_named_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "x").unwrap();
    symlink(at("file"), at("link")).unwrap();
    symlink(at("nothing"), at("dangling")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let before = state(folder.path());
    let told = |path: &Path| match make_ready(path, OURS, 3).unwrap_err() {
        Unusable::Refused(refusal) => refusal.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(told(&at("link")).contains(&format!("a link to {};", at("file").display())));
    assert!(told(&at("dangling")).contains(&format!("a link to {};", at("nothing").display())));
    assert!(told(folder.path()).contains("a folder"));
    assert!(told(&at("pipe")).contains("a pipe"));
    assert!(told(&at("socket")).contains("a socket"));
    assert!(told(Path::new("/dev/null")).contains("a device"));
    assert!(told(Path::new("/")).contains("a folder"));
    assert!(told(Path::new("")).contains("empty"));
    assert!(told(&at("missing/file")).contains("No such file"));
    for name in ["link", "pipe"] {
        assert!(files::open_or_make(&at(name)).is_err(), "{name}");
    }
    assert!(state(folder.path()) == before);

    // This concerns only the last part: the folder may be reached through a link.
    symlink(folder.path(), at("by")).unwrap();
    let ready = make_ready(&at("by/new"), OURS, 3).unwrap();
    assert_eq!(ready.path, folder.path().canonicalize().unwrap().join("new"));
    // A link beside it is not followed either.
    symlink(at("file"), at("new-wal")).unwrap();
    assert!(told(&at("new")).contains("a link to"));
}

#[test]
fn folders_are_made_for_the_user_alone_and_closed_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    files::make_folder(&at("a/b")).unwrap();
    assert_eq!((mode(&at("a")), mode(&at("a/b"))), (0o700, 0o700));
    fs::set_permissions(at("a"), Permissions::from_mode(0o755)).unwrap();
    files::make_folder(&at("a")).unwrap();
    assert_eq!(mode(&at("a")), 0o755, "one that exists keeps them");
    assert!(!files::is_private_folder(&at("a")));
    symlink(at("a"), at("link")).unwrap();
    files::tighten_folder(&at("link")).unwrap();
    assert_eq!(mode(&at("a")), 0o755, "nothing is reached through a link");
    files::tighten_folder(&at("a")).unwrap();
    assert_eq!(mode(&at("a")), 0o700);
    assert!(files::is_private_folder(&at("a")) && !files::is_private_folder(&at("link")));
}
