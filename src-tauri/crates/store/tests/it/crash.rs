//! Kills the process without warning, again and again: every acknowledged delivery is there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use signature::Outcome;
use store::{Options, Store};

use crate::sample::{attempt, integrity};

const PATH: &str = "POLLUX_CRASH_TEST_DATABASE";

/// Not a test of its own: [`every_acknowledged_delivery_survives_a_kill`] starts and kills it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run as a child process by the test below"]
async fn child() {
    let Some(path) = std::env::var_os(PATH).map(PathBuf::from) else { return };
    let store = Store::open(&path, Options::default()).unwrap();
    store.projects().ensure("Sandbox", true, "sandbox").await.unwrap();
    let process = std::process::id();
    let callers: Vec<_> = (0..16)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0_u64.. {
                    // Every fourth is a second attempt.
                    let message_id = format!("{process}/{caller}/{}", n - u64::from(n % 4 == 3));
                    let mut delivery = attempt(&message_id, Outcome::Verified, 200, 0);
                    delivery.body = format!("{process} {caller} {n}").into();
                    let inserted = store.insert(delivery).await.unwrap();
                    store.answered(inserted.id, n);
                    // A single write, so that a kill leaves only whole lines.
                    let line = format!("ack {} {process} {caller} {n} {}\n", inserted.id, inserted.attempt);
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn every_acknowledged_delivery_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let mut acknowledged = BTreeMap::new();
    for pause in [30, 60, 150, 5, 300, 90] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(PATH, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let acks = |line: String| line.split_once("ack ").map(|(_, ack)| ack.to_owned());
        let first = lines.by_ref().find_map(acks).unwrap();
        let reading = std::thread::spawn(move || lines.filter_map(acks).collect::<Vec<_>>());
        tokio::time::sleep(Duration::from_millis(pause)).await;
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        let before = acknowledged.len();
        for ack in std::iter::once(first).chain(reading.join().unwrap()) {
            let (id, rest) = ack.split_once(' ').unwrap();
            let (body, number) = rest.rsplit_once(' ').unwrap();
            let earlier = acknowledged.insert(id.parse::<i64>().unwrap(), (body.to_owned(), number.to_owned()));
            assert_eq!(earlier, None, "no id is given twice, not even across a crash");
        }
        assert!(acknowledged.len() > before);

        let store = Store::open(&path, Options::default()).unwrap();
        let ids = store.ids().await.unwrap();
        assert_eq!(store.counts().await.unwrap().total, ids.len() as u64);
        for (id, (body, number)) in &acknowledged {
            assert!(ids.binary_search(id).is_ok(), "{id} was acknowledged and is not there");
            let kept = store.delivery(*id).await.unwrap().unwrap();
            assert_eq!(kept.row.attempt.to_string(), *number);
            assert_eq!(kept.row.duplicate, kept.row.attempt == 2);
            assert_eq!(store.body(*id).await.unwrap().unwrap(), body.as_bytes());
        }
        store.close().await;
        assert_eq!(integrity(&path), "ok");
    }
}
