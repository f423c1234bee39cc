//! The files of signatures: they only save time, whatever happens to them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use store::{Options, Store};

use crate::sample::{file, found, integrity, plain};

/// Ids of a segment.
const SEGMENT: i64 = 65_536;
const PATH: &str = "POLLUX_SIDECAR_TEST_DATABASE";

/// A history of that many deliveries, none of them written by the writer: that would take a while. Every 1,000th has
/// `needle` and its own number in its body.
async fn made(path: &Path, count: i64, needle: &str) {
    let store = Store::open(path, Options::default()).unwrap();
    store.projects().ensure("Sandbox", true, "sandbox").await.unwrap();
    store.insert(plain("first")).await.unwrap();
    store.close().await;
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN;
         WITH RECURSIVE n(id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM n WHERE id < {count})
         INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, attempt, duplicate, warnings,
                               status, body_len, truncated)
         SELECT id, 1, id * 1000, 0, 1, 'valid', '', 1, 0, 0, 200, 9, 0 FROM n;
         INSERT INTO delivery_content (id, method, path, http_version, peer, headers, verdict, answer, body)
         SELECT d.id, 'POST', '/', 'HTTP/1.1', '127.0.0.1:1', x'00', c.verdict, c.answer,
                CASE WHEN d.id % 1000 = 0 THEN CAST('{needle}' || d.id AS BLOB) ELSE x'7b7d' END
         FROM delivery d, delivery_content c WHERE c.id = 1 AND d.id > 1;
         UPDATE tally SET last_id = {count}, total = {count};
         COMMIT;"
    ))
    .unwrap();
}

fn folder(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-search");
    PathBuf::from(name)
}

fn files(path: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder(path)) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Opens, and waits until every complete block has a signature.
async fn indexed(path: &Path) -> Store {
    let store = Store::open(path, Options::default()).unwrap();
    store.search().begin().unwrap();
    wait_for_signatures(&store).await;
    store
}

async fn wait_for_signatures(store: &Store) {
    let blocks = (store.last_id().await.unwrap() + 1) / 64;
    let since = Instant::now();
    while store.search().signed().1 < blocks as u64 {
        assert!(since.elapsed() < Duration::from_secs(120), "{:?} of {blocks}", store.search().signed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Blocks that a search reads.
async fn read(store: &Store, query: &str) -> u64 {
    let query = query::Query::parse(query, &crate::sample::clock()).unwrap();
    let wanted = std::sync::Arc::new(store::Wanted::new(query.expr, store::Names::default()));
    let found = store.search().find(&wanted, usize::MAX).await.unwrap();
    assert!(found.rest.is_none());
    found.explained.blocks_read
}

async fn assert_all_found(store: &Store, needle: &str, last: i64) {
    let expected: Vec<i64> = (1..=last / 1000).map(|n| n * 1000).collect();
    assert_eq!(found(store, needle).await, expected);
}

#[tokio::test]
async fn complete_segments_are_kept_and_used_again_by_whoever_they_are_of() {
    let folder_of_both = tempfile::tempdir().unwrap();
    let path = file(&folder_of_both);
    made(&path, SEGMENT + 2_000, "needle-").await;
    let store = indexed(&path).await;
    assert_eq!(files(&path), ["00000000.sign"]);
    assert_eq!(store.search().signed(), (1, (SEGMENT as u64 + 2_000) / 64));
    assert_all_found(&store, "NEEDLE-", SEGMENT + 2_000).await;
    // 64,000 has it, and 640,001 would not be another.
    assert!(read(&store, "needle-64000").await <= 3, "signatures exclude nearly all");
    assert!(read(&store, "no-such-text-anywhere").await <= 3);
    store.close().await;

    // The next one opens what is there, also without threads.
    let store = Store::open(&path, Options::default()).unwrap();
    assert!(read(&store, "needle-64000").await <= 2_000 / 64 + 3, "the newest are not signed here");
    assert_eq!(store.search().signed().0, 1);
    store.close().await;

    // Another history in the place of this one, longer than the files say.
    std::fs::remove_file(&path).unwrap();
    made(&path, SEGMENT + 5_000, "other-").await;
    let before = std::fs::metadata(folder(&path).join("00000000.sign")).unwrap().modified().unwrap();
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute("UPDATE delivery SET received_ns = received_ns + 1", []).unwrap();
    drop(conn);
    let store = Store::open(&path, Options::default()).unwrap();
    assert_all_found(&store, "other-", SEGMENT + 5_000).await;
    assert_eq!(store.search().signed().0, 0, "not of this history");
    store.search().begin().unwrap();
    wait_for_signatures(&store).await;
    assert!(std::fs::metadata(folder(&path).join("00000000.sign")).unwrap().modified().unwrap() > before);
    assert_all_found(&store, "other-", SEGMENT + 5_000).await;
    assert!(read(&store, "other-64000").await <= 3);
    store.close().await;

    // A copy from before the segment was complete.
    std::fs::remove_file(&path).unwrap();
    made(&path, 3_000, "short-").await;
    let store = indexed(&path).await;
    assert_all_found(&store, "short-", 3_000).await;
    assert!(files(&path).is_empty(), "beyond the newest delivery there is nothing");
    store.close().await;
    assert_eq!(integrity(&path), "ok");
}

#[tokio::test]
async fn damaged_files_are_made_again_and_never_used() {
    let temporary = tempfile::tempdir().unwrap();
    let path = file(&temporary);
    made(&path, SEGMENT + 10, "needle-").await;
    indexed(&path).await.close().await;
    let segment = folder(&path).join("00000000.sign");
    let whole = std::fs::read(&segment).unwrap();
    let mut zeros = whole.clone();
    zeros[4096..].fill(0);
    for damaged in [&zeros[..], &whole[..whole.len() / 2], b"", b"not ours"] {
        std::fs::write(&segment, damaged).unwrap();
        std::fs::write(folder(&path).join("notes.txt"), "the user's own").unwrap();
        let store = Store::open(&path, Options::default()).unwrap();
        assert_all_found(&store, "needle-", SEGMENT + 10).await;
        store.search().begin().unwrap();
        wait_for_signatures(&store).await;
        assert_all_found(&store, "needle-", SEGMENT + 10).await;
        store.close().await;
        assert!(std::fs::read(&segment).unwrap() == whole, "it is what it was");
        assert_eq!(files(&path), ["00000000.sign", "notes.txt"]);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder(&path)), mode(&segment)), (0o700, 0o600));
    }
}

/// Not a test of its own: [`a_kill_while_files_are_written_loses_nothing`] starts and kills it.
#[tokio::test]
#[ignore = "run as a child process by the test below"]
async fn child() {
    let Some(path) = std::env::var_os(PATH).map(PathBuf::from) else { return };
    let store = Store::open(&path, Options::default()).unwrap();
    store.search().begin().unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_kill_while_files_are_written_loses_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let path = file(&temporary);
    let last = 2 * SEGMENT + 100;
    made(&path, last, "needle-").await;
    for pause in [20, 150, 300, 450, 600, 750] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sidecar::child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(PATH, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        let store = Store::open(&path, Options::default()).unwrap();
        assert_all_found(&store, "needle-", last).await;
        store.close().await;
    }
    let store = indexed(&path).await;
    assert_all_found(&store, "needle-", last).await;
    assert!(read(&store, "needle-64000").await <= 3);
    store.close().await;
    assert_eq!(integrity(&path), "ok");
}

/// The window and the command line on one history, both making signatures, one of them also storing and changing.
#[tokio::test(flavor = "multi_thread")]
async fn two_on_one_history_find_the_same() {
    let temporary = tempfile::tempdir().unwrap();
    let path = file(&temporary);
    made(&path, SEGMENT - 200, "needle-").await;
    let (window, other) = (indexed(&path).await, Store::open(&path, Options::default()).unwrap());
    other.search().begin().unwrap();
    for n in 0..400_i64 {
        other.insert(plain(&format!("needle-{}", n + SEGMENT))).await.unwrap();
        if n % 50 == 0 {
            let id = SEGMENT - 200 + n;
            other.pin(&[id], true).await.unwrap();
            assert_eq!(found(&window, "pinned:yes").await.len() as i64, n / 50 + 1, "another process pinned it");
        }
        if n % 20 == 0 {
            assert_eq!(found(&window, &format!("needle-{}", n + SEGMENT)).await.len(), 1);
        }
    }
    wait_for_signatures(&window).await;
    wait_for_signatures(&other).await;
    assert_eq!(found(&window, "needle-").await, found(&other, "needle-").await);
    assert_eq!(found(&window, "needle-").await.len(), 65 + 400);
    window.close().await;
    other.close().await;
    assert_eq!(integrity(&path), "ok");
}
