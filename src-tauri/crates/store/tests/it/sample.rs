//! Deliveries to store, and a history to store them in.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use bytes::Bytes;
use signature::{Diagnosis, KeyState, MatchedKey, Outcome, Scheme, Step, StepStatus, Verdict, Warning};
use store::{Answer, Change, Found, NewDelivery, Options, Store, Wanted};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const NOON: i64 = 1_790_000_000 * SECOND;

/// A history with one project, whose id is 1, and the folder that it lives in.
pub(crate) async fn history() -> (TempDir, Store) {
    history_with(Options::default()).await
}

pub(crate) async fn history_with(options: Options) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&file(&folder), options).unwrap();
    assert_eq!(store.projects().ensure("Sandbox", true, "sandbox").await.unwrap(), 1);
    (folder, store)
}

pub(crate) fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("history.db")
}

/// A verified delivery without a message id.
pub(crate) fn plain(body: &str) -> NewDelivery {
    NewDelivery {
        project: 1,
        received_ns: NOON,
        started: Instant::now(),
        method: "POST".into(),
        path: "/sandbox".into(),
        query: None,
        http_version: "HTTP/1.1",
        peer: "127.0.0.1:40000".into(),
        headers: vec![("content-type".into(), b"application/json".to_vec())],
        body: Bytes::copy_from_slice(body.as_bytes()),
        body_len: body.len() as u64,
        truncated: false,
        sha256: None,
        message_id: None,
        token_id: None,
        event_type: Some("batch.succeeded".into()),
        pointer: Some("batches/abc".into()),
        verdict: verdict(Outcome::Verified),
        answer: Answer { status: 200, headers: Vec::new(), body: String::new(), by: None },
    }
}

/// An attempt of an event, `after` seconds past noon.
pub(crate) fn attempt(message_id: &str, outcome: Outcome, status: u16, after: i64) -> NewDelivery {
    let mut delivery = plain("{}");
    delivery.message_id = Some(message_id.into());
    delivery.received_ns = NOON + after * SECOND;
    delivery.verdict = verdict(outcome);
    delivery.answer.status = status;
    delivery
}

pub(crate) fn verdict(outcome: Outcome) -> Verdict {
    let reason = match outcome {
        Outcome::Verified => "valid",
        Outcome::Rejected => "no_matching_signature",
        Outcome::Unchecked => "no_secret",
        Outcome::Unbound => "body_not_bound_to_token",
    };
    let step = |check: &'static str, seen: &str| Step {
        check: check.into(),
        title: "Title".into(),
        status: StepStatus::Passed,
        expected: "what was expected".into(),
        seen: seen.to_owned().into(),
    };
    Verdict {
        outcome,
        scheme: Some(Scheme::V1),
        reason: reason.into(),
        key: None,
        warnings: Vec::new(),
        diagnosis: None,
        steps: vec![step("signature", "matches"), step("duplicate", "no earlier delivery of this id was accepted")],
        cause: "".into(),
        sentence: "One sentence.".into(),
    }
}

/// With every field filled.
pub(crate) fn full_verdict(key_state: KeyState) -> Verdict {
    let key = MatchedKey { id: "id".into(), index: 300, hint: "whsec_…a91f".into(), state: key_state };
    let statuses = [StepStatus::Passed, StepStatus::Failed, StepStatus::Skipped, StepStatus::Near, StepStatus::Warned];
    Verdict {
        outcome: Outcome::Rejected,
        scheme: Some(Scheme::Jwt),
        reason: "missing_header:webhook-id".into(),
        key: Some(key.clone()),
        warnings: vec![
            Warning { code: "secret_too_short".into(), message: "Sixteen bytes, not 24.".into() },
            Warning { code: String::from("duplicate_id").into(), message: String::new().into() },
        ],
        diagnosis: Some(Diagnosis {
            code: "body_reserialized".into(),
            finding: "The signature matches the same JSON without spaces.".into(),
            fix: "Pass the body on as it came.".into(),
            key: Some(key),
        }),
        steps: statuses
            .into_iter()
            .map(|status| Step {
                check: "near_miss".into(),
                title: "Near miss".into(),
                status,
                expected: "zażółć \u{202e}".into(),
                seen: format!("{status:?}").into(),
            })
            .collect(),
        cause: "412 s old".into(),
        sentence: "It was signed 412 s ago.".into(),
    }
}

/// All changes that have already arrived.
pub(crate) fn drain(receiver: &mut Receiver<Change>) -> Vec<Change> {
    std::iter::from_fn(|| receiver.try_recv().ok()).collect()
}

/// The ids that a query matches, ascending.
pub(crate) async fn found(store: &Store, query: &str) -> Vec<i64> {
    let query = query::Query::parse(query, &clock()).unwrap();
    all(store, &Arc::new(Wanted::new(query.expr, store.search().names().await.unwrap()))).await
}

/// Likewise; the first page is found separately from what follows it.
pub(crate) async fn all(store: &Store, wanted: &Arc<Wanted>) -> Vec<i64> {
    let Found { mut ids, at_most, rest, .. } = store.search().find(wanted, 20).await.unwrap();
    if let Some(rest) = rest {
        let more = tokio::task::spawn_blocking(move || {
            let mut more = Vec::new();
            let take = |some: &[i64], _| {
                more.extend_from_slice(some);
                true
            };
            rest.run(&AtomicBool::new(false), take).map(|()| more)
        });
        ids.extend(more.await.unwrap().unwrap());
    }
    assert!(ids.is_sorted_by(|newer, older| newer > older), "{ids:?}");
    assert!(ids.len() as u64 <= at_most);
    ids.reverse();
    ids
}

/// Noon, in UTC.
pub(crate) fn clock() -> query::Clock {
    query::Clock { now_ns: NOON, zone: jiff::tz::TimeZone::UTC }
}

/// What SQLite itself says about the file.
pub(crate) fn integrity(path: &std::path::Path) -> String {
    let conn = rusqlite::Connection::open(path).unwrap();
    let dangling: i64 = conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(dangling, 0);
    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
