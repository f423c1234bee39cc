//! The state on disk.

use std::path::Path;

use emulator::{DynamicScheme, Faults, JournalError, Keep, Service, ServiceError, ServiceOptions, Settings};
use gemini::client::{ApiVersion, Client, ClientError, NewWebhook};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Bed, Receiver, at_once, exact, status, verdict};

fn options(database: &Path, settings: Settings) -> ServiceOptions {
    ServiceOptions {
        database: Some(database.to_owned()),
        seed: Some(3),
        warp: 0.0,
        settings,
        ..ServiceOptions::default()
    }
}

/// A copy as a killed process would leave it: the database and its log, without an orderly end.
fn as_if_killed(database: &Path, copy: &Path) {
    let log = |path: &Path| path.with_extension("db-wal");
    std::fs::copy(database, copy).unwrap();
    std::fs::copy(log(database), log(copy)).expect("there is a log while it runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_delivery_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (database, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let mut receiver = Receiver::start(|number| status(if number < 3 { 500 } else { 200 })).await;
    let mut bed = Bed::with(options(&database, exact(at_once()))).await;
    let (webhook, secret) = bed.webhook(&receiver.url("/")).await;
    bed.ping(&webhook).await;
    let first = bed.report().await;
    bed.api.service.clock().advance_to(first["next_ms"].as_i64().unwrap());
    let second = bed.report().await;
    let next = second["next_ms"].as_i64().unwrap();
    // An answer means that it is committed, along with everything recorded before.
    bed.call(Method::PATCH, &format!("/v1/webhooks/{webhook}"), json!({ "name": "kept" })).await;
    as_if_killed(&database, &copy);
    drop(bed);

    // Killed or simply dropped: the same either way. The clock has not gone back.
    for database in [&copy, &database] {
        let mut bed = Bed::with(options(database, Settings::default())).await;
        assert!(bed.api.service.clock().now() >= second["due_ms"].as_i64().unwrap());
        assert_eq!(bed.get(&format!("/v1/webhooks/{webhook}")).await["name"], "kept");
        bed.api.service.clock().advance_to(next);
        let third = bed.report().await;
        assert_eq!((&third["id"], &third["number"], &third["due_ms"]), (&first["id"], &json!(3), &json!(next)));
        // The settings are kept: no jitter in the wait.
        if let Some(after) = third["next_ms"].as_i64() {
            assert_eq!(after - next, 80_000);
        }
        bed.api.service.stop().await;
    }
    let keyring = Bed::with(options(&copy, Settings::default())).await.keyring(&[&secret]).await;
    for _ in 0..4 {
        let arrival = receiver.next().await;
        assert_eq!(arrival.header("webhook-id"), *first["id"].as_str().unwrap());
        assert_eq!(&*verdict(&arrival, &keyring).reason, "valid");
    }
}

#[tokio::test]
async fn what_was_changed_is_written_before_its_answer_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (database, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let faults = Faults { lost_answers: 1.0, ..Faults::default() };
    let service = Service::start(options(&database, Settings { faults, ..Settings::default() })).await.unwrap();
    let client = Client::new(&service.origin(), ApiVersion::V1, "any").unwrap();
    let subscribed_events = vec!["batch.failed".to_owned()];
    let webhook = NewWebhook { name: None, uri: "https://example.com/".to_owned(), subscribed_events };
    let lost = client.webhook_create(&webhook).await.unwrap_err();
    assert!(matches!(lost, ClientError::Unreachable(_)), "{lost:?}");
    as_if_killed(&database, &copy);

    let again = Service::start(options(&copy, Settings::default())).await.unwrap();
    let client = Client::new(&again.origin(), ApiVersion::V1, "any").unwrap();
    assert_eq!(client.webhook_list(10, None).await.unwrap().webhooks.len(), 1);
}

#[tokio::test]
async fn keys_stay_settings_can_be_overridden_and_ids_do_not_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a.db");
    let mut receiver = Receiver::start(|_| status(200)).await;
    let asked = Settings { dynamic: DynamicScheme::Jwt, attempt_timeout_ms: 1234, ..at_once() };
    let (mut keys, mut given): (Vec<Value>, Vec<String>) = Default::default();
    for round in 0..3 {
        let settings = match round {
            0 => asked.clone(),
            1 => Settings::default(),
            _ => Settings { dynamic: DynamicScheme::V1a, attempt_timeout_ms: 999, ..Settings::default() },
        };
        let bed = Bed::with(options(&database, settings)).await;
        bed.batch(&[receiver.url("/")]).await;
        let arrival = receiver.next().await;
        // `v1a` is the default: requesting it looks the same as not requesting it, so the file wins.
        assert_eq!(arrival.header("webhook-signature").split('.').count(), 3, "JWT is kept");
        let (webhook, secret) = bed.webhook(&receiver.url("/")).await;
        keys.push(bed.get("/.well-known/jwks.json").await);
        given.extend([webhook, secret, arrival.header("webhook-id")]);
        bed.api.service.stop().await;
    }
    assert!(keys.iter().all(|published| *published == keys[0]), "the same keys, RSA included");
    let different: std::collections::HashSet<&String> = given.iter().collect();
    assert_eq!(different.len(), given.len(), "one seed, and yet nothing is given twice over a restart");
}

#[tokio::test]
async fn the_log_of_finished_deliveries_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a.db");
    let receiver = Receiver::start(|_| status(200)).await;
    let mut bed = Bed::with(options(&database, Settings { keep_deliveries: 5, ..at_once() })).await;
    let (webhook, _) = bed.webhook(&receiver.url("/")).await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        bed.ping(&webhook).await;
        ids.push(bed.report().await["id"].as_str().unwrap().to_owned());
    }
    bed.api.service.stop().await;
    let conn = rusqlite::Connection::open(&database).unwrap();
    let mut statement = conn.prepare("SELECT id FROM entity WHERE kind = 'delivery' ORDER BY number").unwrap();
    let kept: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(kept, ids[7..]);
}

#[tokio::test]
async fn the_log_keeps_to_limits_of_number_bytes_and_age() {
    let receiver = Receiver::start(|_| status(200)).await;
    for (keep, left) in [
        (Keep { deliveries: Some(3), ..Keep::default() }, 3),
        (Keep { bytes: Some(3_000), ..Keep::default() }, 4),
        (Keep { age_ms: Some(500), ..Keep::default() }, 1),
        (Keep::default(), 12),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let mut bed = Bed::with(ServiceOptions { keep: keep.clone(), ..options(&database, at_once()) }).await;
        let (webhook, _) = bed.webhook(&receiver.url("/")).await;
        for _ in 0..12 {
            bed.ping(&webhook).await;
            bed.report().await;
            bed.api.service.clock().advance(1_000);
        }
        bed.api.service.stop().await;
        let conn = rusqlite::Connection::open(&database).unwrap();
        let count = "SELECT count(*) FROM entity WHERE kind = 'delivery'";
        let kept: i64 = conn.query_row(count, [], |row| row.get(0)).unwrap();
        match keep.bytes {
            Some(_) => assert!((1..12).contains(&kept), "{kept}"),
            None => assert_eq!(kept, left, "{keep:?}"),
        }
    }
}

/// After hours off, it does not catch up on them in one burst.
#[tokio::test]
async fn attempts_that_were_missed_are_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a.db");
    let mut receiver = Receiver::start(|_| status(500)).await;
    let mut bed = Bed::with(options(&database, exact(at_once()))).await;
    let (webhook, _) = bed.webhook(&receiver.url("/")).await;
    bed.ping(&webhook).await;
    bed.report().await;
    bed.api.service.stop().await;
    receiver.next().await;

    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5 * 3600);
    let wall = std::sync::Arc::new(move || later);
    let mut bed = Bed::with(ServiceOptions { wall, ..options(&database, Settings::default()) }).await;
    let report = bed.report().await;
    let due = report["due_ms"].as_i64().unwrap();
    assert_eq!((&report["number"], due), (&json!(2), bed.api.service.clock().now()));
    assert_eq!(report["next_ms"].as_i64().unwrap() - due, 20_000);
    receiver.next().await;
    assert!(receiver.is_quiet().await);
}

/// The same holds for a job: its event is as new as the time at which it is sent.
#[tokio::test]
async fn a_job_that_was_missed_ends_late_and_its_event_has_its_whole_time() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a.db");
    let receiver = Receiver::start(|_| status(500)).await;
    let mut settings = exact(at_once());
    settings.jobs.batch_ms = 60_000;
    let bed = Bed::with(options(&database, settings)).await;
    bed.batch(&[receiver.url("/")]).await;
    bed.api.service.stop().await;

    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(30 * 3600);
    let wall = std::sync::Arc::new(move || later);
    let mut bed = Bed::with(ServiceOptions { wall, ..options(&database, Settings::default()) }).await;
    bed.api.service.clock().advance(60_000);
    let report = bed.report().await;
    let due = report["due_ms"].as_i64().unwrap();
    assert!(bed.api.service.clock().now() - due <= 60_000, "{report}");
    assert_eq!(report["next_ms"].as_i64().unwrap() - due, 5_000);
}

async fn refusal(path: &Path) -> ServiceError {
    Service::start(options(path, Settings::default())).await.unwrap_err()
}

#[tokio::test]
async fn other_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let ours = at("ours.db");
    let running = Service::start(options(&ours, Settings::default())).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for name in ["ours.db", "ours.db-wal"] {
            assert_eq!(std::fs::metadata(at(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
    let error = refusal(&ours).await;
    assert!(matches!(error, ServiceError::Journal(JournalError::InUse { .. })), "{error}");
    running.stop().await;

    std::fs::write(at("notes.txt"), "not a database, but something that somebody wrote and wants to keep").unwrap();
    let conn = rusqlite::Connection::open(at("other.db")).unwrap();
    conn.execute_batch("CREATE TABLE important (x); INSERT INTO important VALUES (1)").unwrap();
    drop(conn);
    for name in ["notes.txt", "other.db"] {
        let before = std::fs::read(at(name)).unwrap();
        let error = refusal(&at(name)).await;
        assert!(matches!(error, ServiceError::Journal(JournalError::NotOurs { .. })), "{name}: {error}");
        assert!(error.to_string().contains(name) && error.to_string().contains("--db"), "{error}");
        assert_eq!(std::fs::read(at(name)).unwrap(), before, "{name}");
    }
    let conn = rusqlite::Connection::open(&ours).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let error = refusal(&ours).await;
    assert!(matches!(error, ServiceError::Journal(JournalError::Newer { found: 99, .. })), "{error}");
    let error = refusal(&at("no/such/folder/x.db")).await;
    assert!(matches!(error, ServiceError::Journal(JournalError::File { .. })), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_of_ours_keeps_its_mode_and_gets_nothing_beside_it() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("notes.txt"), "something that somebody wrote and wants to keep").unwrap();
    std::fs::set_permissions(at("notes.txt"), std::fs::Permissions::from_mode(0o644)).unwrap();
    symlink(at("notes.txt"), at("link.db")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("pipe.db")).status().unwrap().success());
    for (name, words) in
        [("notes.txt", "left alone"), ("link.db", "a link to"), ("pipe.db", "a pipe"), ("", "a folder")]
    {
        let error = refusal(&at(name)).await.to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
    assert_eq!(std::fs::metadata(at("notes.txt")).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}
