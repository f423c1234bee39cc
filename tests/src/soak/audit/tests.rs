//! Each thing that can be wrong is told, and nothing is where nothing is.

use rusqlite::params;
use sha2::{Digest as _, Sha256};
use store::{Options, Store};
use tempfile::TempDir;

use super::super::message::{Kind, Message};
use super::super::wire::Sent;
use super::*;

const GOOD: Message = Message { key: Key { sender: 1, number: 1 }, kind: Kind::V1, filler: 50 };
const FORGED: Message = Message { key: Key { sender: 1, number: 2 }, kind: Kind::Forged, filler: 70_000 };
const KEPT: usize = 65_536;
const NOTHING: [(Wrong, u64); 0] = [];

/// A history in the tables of today, written by hand.
struct History {
    _folder: TempDir,
    conn: Connection,
    maker: Arc<Maker>,
    oracle: Arc<Oracle>,
    audit: Audit,
}

impl History {
    /// One message twice, as rows 1 and 2, and a forged one, as row 3, of which only the beginning is kept.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("history.db");
        let store = Store::open(&database, Options::default()).unwrap();
        store.projects().ensure("Default", false, "").await.unwrap();
        store.close().await;
        let (maker, oracle) = (Arc::new(Maker::new(1)), Arc::new(Oracle::default()));
        let audit = Audit::new(&database, &maker, &oracle);
        let history = Self { _folder: folder, conn: Connection::open(&database).unwrap(), maker, oracle, audit };
        history.sent(&GOOD, Sent::Answered(200));
        history.put(1, &GOOD, 1);
        history.sent(&GOOD, Sent::Answered(200));
        history.put(2, &GOOD, 2);
        history.sent(&FORGED, Sent::Answered(401));
        history.put(3, &FORGED, 1);
        history
    }

    fn sent(&self, message: &Message, sent: Sent) {
        self.oracle.begins(message);
        self.oracle.ends(message, sent, false);
    }

    fn put(&self, row: i64, message: &Message, attempt: i64) {
        let body = self.maker.body(message);
        let kept = if message.kind.is_good() { &body[..] } else { &body[..body.len().min(KEPT)] };
        let truncated = kept.len() < body.len();
        let event = i64::from(message.key.number);
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| assert_eq!(self.conn.execute(sql, values).unwrap(), 1);
        if attempt == 1 {
            run(
                "INSERT INTO event (id, project, message_id, first_ns, last_ns, attempts, accepted, first_delivery)
                 VALUES (?1, 1, ?2, 0, 0, 1, 0, ?3)",
                params![event, message.key.id(), row],
            );
        }
        run(
            "INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, event, attempt, duplicate,
                                   warnings, status, body_len, truncated)
             VALUES (?1, 1, 0, ?2, 1, 'any', '', ?3, ?4, ?5, 0, ?6, ?7, ?8)",
            params![
                row,
                message.kind.outcome(),
                event,
                attempt,
                attempt > 1,
                message.kind.status(),
                body.len() as i64,
                truncated
            ],
        );
        run(
            "INSERT INTO delivery_content (id, method, path, http_version, peer, headers, verdict, answer, body)
             VALUES (?1, 'POST', '/', 'HTTP/1.1', '', x'00', x'', x'', ?2)",
            params![row, kept],
        );
        if truncated {
            let digest = Sha256::digest(&body).to_vec();
            run("INSERT INTO body_digest (delivery, sha256) VALUES (?1, ?2)", params![row, digest]);
        }
        run("UPDATE tally SET last_id = ?1, total = total + 1", params![row]);
    }

    fn sql(&self, sql: &str) {
        self.conn.execute_batch(sql).unwrap();
    }

    /// What is found at the end.
    fn end(&mut self) -> Vec<(Wrong, u64)> {
        self.audit.everything().unwrap();
        self.audit.sound(true);
        self.oracle.findings().counts.into_iter().collect()
    }
}

#[tokio::test]
async fn where_nothing_is_wrong_nothing_is_found() {
    let mut history = History::new().await;
    history.audit.newest().unwrap();
    history.audit.sound(false);
    // Unanswered, and not there; unanswered, and there; told to try again.
    let third = Message { key: Key { sender: 2, number: 3 }, ..GOOD };
    history.sent(&third, Sent::Lost);
    history.sent(&third, Sent::Answered(503));
    history.sent(&third, Sent::Lost);
    history.put(4, &third, 1);
    assert_eq!(history.end(), NOTHING);
    assert_eq!(history.oracle.counts().kept_though_refused, 0);
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_found() {
    for (sql, wrong) in [
        ("DELETE FROM delivery WHERE id = 3; UPDATE tally SET total = 2", Wrong::Lost),
        ("UPDATE delivery SET outcome = 0, status = 200 WHERE id = 3", Wrong::Verdict),
        ("UPDATE delivery SET outcome = 2 WHERE id = 1", Wrong::Verdict),
        ("UPDATE delivery SET scheme = 2 WHERE id = 2", Wrong::Verdict),
        ("UPDATE delivery_content SET body = x'7b7d' WHERE id = 1", Wrong::Bytes),
        ("UPDATE delivery_content SET body = substr(body, 1, 65535) WHERE id = 3", Wrong::Bytes),
        ("UPDATE body_digest SET sha256 = zeroblob(32)", Wrong::Bytes),
        ("DELETE FROM delivery_content WHERE id = 2", Wrong::Bytes),
        ("UPDATE delivery SET duplicate = 0 WHERE id = 2", Wrong::Attempt),
        ("UPDATE delivery SET attempt = 1 WHERE id = 2", Wrong::Attempt),
        ("UPDATE tally SET total = 9", Wrong::Damage),
        // The oldest is gone before anybody compared it.
        ("DELETE FROM delivery WHERE id = 1; UPDATE tally SET total = 2", Wrong::Other),
        ("UPDATE event SET message_id = 'msg_1' WHERE id = 2", Wrong::Other),
        ("UPDATE event SET message_id = 'soak-65535-1' WHERE id = 1", Wrong::Verdict),
    ] {
        let mut history = History::new().await;
        history.sql(sql);
        let found = history.end();
        assert!(found.iter().any(|(kind, _)| *kind == wrong), "{sql}: {found:?}");
    }
}

#[tokio::test]
async fn a_row_more_than_was_sent_is_found_and_so_is_one_that_goes_later() {
    let mut history = History::new().await;
    history.put(4, &GOOD, 3);
    assert_eq!(history.end(), [(Wrong::Doubled, 1)]);

    let mut history = History::new().await;
    history.audit.newest().unwrap();
    history.sql("DELETE FROM delivery WHERE id = 2; UPDATE tally SET total = 2");
    assert_eq!(history.end(), [(Wrong::Lost, 1)]);
}

#[tokio::test]
async fn what_the_limits_take_after_it_was_compared_is_not_lost() {
    let mut history = History::new().await;
    history.audit.newest().unwrap();
    history.sql("DELETE FROM delivery WHERE id < 3; UPDATE tally SET total = 1");
    assert_eq!(history.end(), NOTHING);
}

#[tokio::test]
async fn an_answer_that_should_be_another_is_found() {
    let history = History::new().await;
    history.sent(&FORGED, Sent::Answered(200));
    assert_eq!(history.oracle.findings().count(Wrong::Verdict), 1);
}
