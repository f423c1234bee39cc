//! `kill -9` in the middle of a load: what was answered 2xx is in the database, and the database opens.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tests::sender::{BODY, SECRET, client, send};

const ROUNDS: usize = 4;
const SENDERS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_9() {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("crash.db");
    let mut acknowledged: HashSet<String> = HashSet::new();
    for round in 0..ROUNDS {
        let listening =
            tests::listen::start(home.path(), &["--secret", SECRET, "--db", &database.display().to_string()]);
        let address: Arc<str> = listening.address.as_str().into();
        let dead = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (address, dead) = (address.clone(), dead.clone());
                tokio::spawn(async move {
                    let client = client();
                    let mut answered = Vec::new();
                    for index in 0.. {
                        if dead.load(Ordering::Relaxed) {
                            break;
                        }
                        let id = format!("msg_{round}_{sender}_{index}");
                        match send(&client, &address, SECRET, &id, BODY).await {
                            Ok(200) => answered.push(id),
                            Ok(503) => {}
                            Ok(status) => panic!("answered {status}"),
                            Err(_) => break,
                        }
                    }
                    answered
                })
            })
            .collect();
        // A pipe that nobody reads must not stop the listener before it is killed.
        tokio::time::sleep(Duration::from_millis(400 + 150 * round as u64)).await;
        listening.kill();
        dead.store(true, Ordering::Relaxed);
        let mut of_round = 0;
        for sender in senders {
            let answered = sender.await.unwrap();
            of_round += answered.len();
            acknowledged.extend(answered);
        }
        assert!(of_round > 0, "round {round}: something was acknowledged before the kill");

        let connection = rusqlite::Connection::open(&database).unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        let mut statement = connection.prepare("SELECT message_id FROM event").unwrap();
        let kept: HashSet<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let lost: Vec<&String> = acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "{} of {} acknowledged deliveries lost: {lost:?}", lost.len(), acknowledged.len());
    }
}
