//! Kills the process while old deliveries leave, deleted ones go and the file is rebuilt: what must stay stays.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use signature::Outcome;
use store::{Keep, Limits, Options, Store, Which};

use crate::bounds::{consistent, ids, number};
use crate::sample::{NOON, attempt, file, history};

const PATH: &str = "POLLUX_KEEPING_TEST_DATABASE";
const NOW_MS: i64 = NOON / 1_000_000;
const MOST: u64 = 1_000;

fn say(line: &str) {
    // A single write, so that a kill leaves only whole lines.
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// Not a test of its own: [`what_is_killed_while_deliveries_leave_has_lost_none_that_had_to_stay`] kills it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run as a child process by the test below"]
async fn child() {
    let Some(path) = std::env::var_os(PATH).map(PathBuf::from) else { return };
    let store = Store::open(&path, Options::default()).unwrap();
    store.projects().ensure("Sandbox", true, "sandbox").await.unwrap();
    let limits = Limits { max_count: Some(MOST), max_bytes: Some(16 << 20), ..Limits::default() };
    store.keep(Keep { all: limits, ..Keep::default() }, NOW_MS);
    let process = std::process::id();
    for caller in 0..8 {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0_u64.. {
                let mut delivery = attempt(&format!("{process}/{caller}/{}", n / 2), Outcome::Verified, 200, 0);
                delivery.body = vec![b'x'; 3_000].into();
                let inserted = store.insert(delivery).await.unwrap();
                say(&format!("ack {}\n", inserted.id));
            }
        });
    }
    for turn in 0_i64.. {
        tokio::time::sleep(Duration::from_millis(7)).await;
        let last = store.last_id().await.unwrap();
        // Over at once, so that they leave the file.
        let chosen = (last - 60..last - 40).collect();
        store.delete(Which::Ids(chosen), "some", NOW_MS, NOW_MS + turn).await.unwrap();
        store.beat(NOW_MS + turn);
    }
}

/// Likewise, for [`what_is_killed_while_it_is_rebuilt_is_whole`].
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run as a child process by the test below"]
async fn rebuilding_child() {
    let Some(path) = std::env::var_os(PATH).map(PathBuf::from) else { return };
    let store = Store::open(&path, Options::default()).unwrap();
    say("ack 0\n");
    store.rebuild().await.unwrap();
    say("ack 1\n");
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn start(name: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs it until it said so much, and a moment longer; kills it, and gives what it said.
fn killed(name: &str, path: &Path, least: usize, pause: u64) -> Vec<i64> {
    let mut child = start(name, path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let acks = |line: String| line.split_once("ack ").and_then(|(_, id)| id.parse().ok());
    let first: Vec<i64> = lines.by_ref().filter_map(acks).take(least).collect();
    assert_eq!(first.len(), least, "it ended too early");
    let reading = std::thread::spawn(move || lines.filter_map(acks).collect::<Vec<i64>>());
    std::thread::sleep(Duration::from_millis(pause));
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    first.into_iter().chain(reading.join().unwrap()).collect()
}

#[tokio::test]
async fn what_is_killed_while_deliveries_leave_has_lost_none_that_had_to_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    for pause in [400, 150, 60, 700, 300] {
        let acknowledged = killed("keeping_crash::child", &path, 2 * MOST as usize, pause);
        let store = Store::open(&path, Options::default()).unwrap();
        let shown = ids(&store).await;
        assert_eq!(store.counts().await.unwrap().total, shown.len() as u64);
        let newest = *shown.last().unwrap();
        assert!(newest >= *acknowledged.iter().max().unwrap());
        // Deleted were only some that were 40 and more behind the newest; the limit keeps the newest thousand.
        let recent = |id: &&i64| **id > newest - 40;
        for id in acknowledged.iter().filter(recent) {
            assert!(shown.binary_search(id).is_ok(), "{id} was acknowledged and is not there");
            assert_eq!(store.body(*id).await.unwrap().unwrap().len(), 3_000);
        }
        store.close().await;
        consistent(&path);
    }
    // How far they lag behind what arrives is not asked here: that depends on the machine.
    let (left, newest) = (number(&path, "SELECT count(*) FROM delivery"), number(&path, "SELECT last_id FROM tally"));
    assert!(newest >= 10 * MOST as i64 && left < newest / 2, "old ones did leave: {left} of {newest}");
    assert!(number(&path, "SELECT min(id) FROM delivery") > 1);
}

#[tokio::test]
async fn what_is_killed_while_it_is_rebuilt_is_whole() {
    let (folder, store) = history().await;
    let path = file(&folder);
    let inserting: Vec<_> = (0..3_000)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut delivery = attempt(&format!("msg_{n}"), Outcome::Verified, 200, n);
                delivery.body = vec![b'x'; 6_000].into();
                store.insert(delivery).await.unwrap();
            })
        })
        .collect();
    for one in inserting {
        one.await.unwrap();
    }
    store.close().await;
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA auto_vacuum = NONE; VACUUM;").unwrap();
    drop(conn);
    for pause in [1, 10, 25, 45, 80, 130] {
        killed("keeping_crash::rebuilding_child", &path, 1, pause);
        let store = Store::open(&path, Options::default()).unwrap();
        assert_eq!(ids(&store).await, (1..=3_000).collect::<Vec<_>>());
        assert_eq!(store.body(1_500).await.unwrap().unwrap().len(), 6_000);
        store.close().await;
        consistent(&path);
    }
}
