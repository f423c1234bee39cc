//! Litestream beside a listener under load: after a kill of both, what it restores is whole and sound.

use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tests::sender::{BODY, SECRET, client, send};

const SENDERS: usize = 8;
/// How long it may take until everything has reached the copy: it is a second behind.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ended with the test.
struct Replicating(Child);

impl Drop for Replicating {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_restored_from_what_litestream_copied_under_load() {
    let home = tempfile::tempdir().unwrap();
    let (database, replica) = (home.path().join("one.db"), home.path().join("replica"));
    let address = format!("file://{}", replica.display());
    let listening = tests::listen::start(home.path(), &["--db", database.to_str().unwrap(), "--secret", SECRET]);
    let replicating = tests::peers::program("litestream")
        .arg("replicate")
        .arg(&database)
        .arg(&address)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let replicating = Replicating(replicating);
    until("litestream has begun", || replica.is_dir()).await;

    let (url, over) = (Arc::<str>::from(listening.address.as_str()), Arc::new(AtomicBool::new(false)));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (url, over) = (url.clone(), over.clone());
            tokio::spawn(async move {
                let (client, mut taken) = (client(), 0_i64);
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("msg_{sender}_{number}");
                    taken += i64::from(send(&client, &url, SECRET, &id, BODY).await.is_ok_and(|status| status == 200));
                }
                taken
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(3)).await;
    over.store(true, Ordering::Relaxed);
    let mut taken = 0;
    for sender in senders {
        taken += sender.await.unwrap();
    }
    assert!(taken > 100, "{taken}");
    listening.kill();

    // Both end without any order: the copy is what reached the folder.
    let restored = home.path().join("restored.db");
    until("the copy is whole", || {
        let _ = std::fs::remove_file(&restored);
        let done =
            tests::peers::program("litestream").args(["restore", "-o"]).arg(&restored).arg(&address).output().unwrap();
        done.status.success() && count(&restored) == taken
    })
    .await;
    drop(replicating);
    let connection = rusqlite::Connection::open(&restored).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!((sound.as_str(), count(&restored), count(&database)), ("ok", taken, taken));
    // Pollux opens it, and it says the same.
    let export = tests::listen::command(home.path())
        .args(["export", "--to", "-", "--format", "ndjson", "--db"])
        .arg(&restored)
        .output()
        .unwrap();
    assert_eq!(export.stdout.iter().filter(|byte| **byte == b'\n').count(), taken as usize);
}

fn count(database: &std::path::Path) -> i64 {
    let count = rusqlite::Connection::open(database)
        .and_then(|connection| connection.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0)));
    count.unwrap_or(-1)
}

async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
