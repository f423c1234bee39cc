//! The end of secrets: named by the probe, destroyed by hand or after 30 days; the Sandbox's own are never stored.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Code, FileVault, VaultKind};
use signature::KeyState;

use crate::parts::{OTHER, Parts, default_project};
use crate::{SECRET, post};

const DAY_S: i64 = 24 * 60 * 60;

/// Ends a secret `ago` seconds before now, as a rotation at that time would have.
async fn ended(parts: &Parts, id: &str, ago: i64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let store = store::Store::open(&parts.database(), store::Options::default()).unwrap();
    let at = i64::try_from(now).unwrap() - ago;
    assert!(store.secrets().expire(id, Some(at)).await.unwrap());
    store.close().await;
}

#[tokio::test]
async fn a_secret_that_ended_is_named_then_destroyed_and_its_hint_stays() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let default = default_project(&engine);
    let old = engine.projects().add_secret(default, "old", SECRET).await.unwrap();
    engine.projects().add_secret(default, "new", OTHER).await.unwrap();
    assert_eq!(engine.projects().destroy_secret(&old.id).await.unwrap_err().code, Code::SecretLive);
    engine.shutdown().await;
    ended(&parts, &old.id, 31 * 60 * 60).await;

    let (engine, address) = parts.listening(false).await;
    assert_eq!(post(&address, SECRET, "msg_1").await, 401);
    let view = engine.history().open_view("").await.unwrap();
    let detail = engine.history().delivery(view.rows.last().unwrap().id).await.unwrap();
    let diagnosis = detail.verdict.diagnosis.unwrap();
    assert!(diagnosis.code.contains("expired"), "{diagnosis:?}");
    assert!(diagnosis.finding.contains(&old.hint) || diagnosis.finding.contains("31 h"), "{diagnosis:?}");

    engine.projects().destroy_secret(&old.id).await.unwrap();
    engine.projects().destroy_secret(&old.id).await.unwrap();
    assert!(parts.kept(&old.id).is_none());
    let shown = engine.projects().secrets().await.unwrap().into_iter().find(|secret| secret.id == old.id).unwrap();
    assert_eq!(shown.hint, old.hint);
    assert!(shown.destroyed_ms.is_some() && !shown.available && matches!(shown.key_state, KeyState::Expired { .. }));
    assert_eq!(engine.projects().reveal_secret(&old.id).await.unwrap_err().code, Code::SecretGone);
    assert_eq!(engine.projects().destroy_secret("nothing").await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_delivery_is_rejected_where_the_only_secret_has_ended() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let only = engine.projects().add_secret(default_project(&engine), "only", SECRET).await.unwrap();
    engine.shutdown().await;
    ended(&parts, &only.id, 60 * 60).await;
    let (engine, address) = parts.listening(false).await;
    assert_eq!(post(&address, SECRET, "msg_1").await, 401);
    let view = engine.history().open_view("").await.unwrap();
    let verdict = engine.history().delivery(view.rows.last().unwrap().id).await.unwrap().verdict;
    assert!(verdict.diagnosis.is_some_and(|found| found.code.contains("expired")));
    // Without its text there is nothing to check with.
    engine.projects().destroy_secret(&only.id).await.unwrap();
    assert_eq!(post(&address, SECRET, "msg_2").await, 200);
}

#[tokio::test]
async fn after_thirty_days_the_text_is_destroyed_at_the_start() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let default = default_project(&engine);
    let older = engine.projects().add_secret(default, "older", SECRET).await.unwrap();
    let newer = engine.projects().add_secret(default, "newer", OTHER).await.unwrap();
    engine.shutdown().await;
    ended(&parts, &older.id, 2 * DAY_S).await;
    ended(&parts, &newer.id, 0).await;
    parts.ahead.store(29 * DAY_S, Ordering::SeqCst);

    let engine = parts.start(false).await;
    assert!(parts.kept(&older.id).is_none() && parts.kept(&newer.id).is_some());
    let log = engine.actions().page(None, 1).await.unwrap().actions.remove(0);
    assert_eq!((log.who.as_str(), log.what.as_str(), log.result.as_str()), ("Pollux", "secret.destroy", "done"));
    assert_eq!(log.target, format!("older ({})", older.hint));
    // The same happens in a session that lasts that long.
    parts.ahead.store(31 * DAY_S, Ordering::SeqCst);
    crate::parts::soon("the sweep runs on the clock", async || parts.kept(&newer.id).is_none()).await;
}

#[tokio::test]
async fn secrets_of_the_sandbox_live_as_long_as_the_process() {
    let parts = Parts::default();
    let engine = parts.start(true).await;
    let sandbox = engine.projects().list()[0].id;
    let added = engine.projects().add_secret(sandbox, "", SECRET).await.unwrap();
    assert_eq!((added.stored_in, parts.kept(&added.id)), (VaultKind::Memory, None));
    assert_eq!(*engine.projects().reveal_secret(&added.id).await.unwrap(), SECRET);
    engine.shutdown().await;
    let engine = parts.start(true).await;
    let listed = engine.projects().secrets().await.unwrap();
    assert!(listed.iter().all(|secret| secret.builtin || secret.webhook.is_some()), "{listed:?}");
}

/// The keychain was locked at this start, or `POLLUX_KEYCHAIN` names another place.
#[tokio::test]
async fn what_another_vault_keeps_is_not_taken_for_destroyed() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let old = engine.projects().add_secret(default_project(&engine), "old", SECRET).await.unwrap();
    engine.shutdown().await;
    ended(&parts, &old.id, 31 * DAY_S).await;

    let beside = parts.folder.path().join("secrets.json");
    let engine = parts.start_with(false, Arc::new(FileVault::new(beside, "No keychain."))).await;
    let error = engine.projects().destroy_secret(&old.id).await.unwrap_err();
    assert!(error.code == Code::VaultFailed && error.message.contains("the keychain"), "{error}");
    let shown = &engine.projects().secrets().await.unwrap()[0];
    assert_eq!((shown.destroyed_ms, shown.available), (None, false));
    engine.shutdown().await;
    assert_eq!(parts.kept(&old.id).as_deref(), Some(SECRET));

    let engine = parts.start(false).await;
    assert!(engine.projects().secrets().await.unwrap()[0].destroyed_ms.is_some());
    assert!(parts.kept(&old.id).is_none());
}
