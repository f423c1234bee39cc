//! What stays in the history and what goes: limits, deletions, pins and notes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use engine::{Code, Config, Engine, KeepLimits, ListenerState, Live, MemoryVault, Selection};

use crate::parts::{Parts, soon};
use crate::{SECRET, post};

async fn ids(engine: &Engine) -> Vec<i64> {
    engine.history().open_view("").await.unwrap().rows.iter().map(|row| row.id).collect()
}

async fn filled(engine: &Engine, address: &str, count: usize) {
    for n in 0..count {
        assert_eq!(post(address, SECRET, &format!("msg_{n}")).await, 200);
    }
    assert_eq!(ids(engine).await.len(), count);
}

#[tokio::test]
async fn limits_are_told_beforehand_stored_and_put_in_force() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    filled(&engine, &address, 30).await;
    let history = engine.history();
    let sizes = history.sizes().await.unwrap();
    assert_eq!((sizes.deliveries, sizes.pinned, sizes.limits.max_bytes), (30, 0, Some(2 << 30)));
    assert!(sizes.oldest_ms.is_some() && sizes.free_bytes.is_some() && sizes.rebuild.is_none());
    assert_eq!(sizes.parts.iter().map(|part| part.bytes).sum::<u64>(), sizes.total_bytes);
    assert_eq!(sizes.per_project.iter().map(|one| one.deliveries).sum::<u64>(), 30);

    assert_eq!(history.pin(vec![2, 3], true).await.unwrap(), 2);
    let limits = KeepLimits { max_count: Some(10), ..KeepLimits::usual() };
    let preview = history.preview(None, limits.clone()).await.unwrap();
    assert_eq!((preview.deliveries, preview.staying_pinned), (20, 2));
    assert!(preview.query.starts_with("until:"), "{}", preview.query);
    assert_eq!(ids(&engine).await.len(), 30, "a preview removes nothing");
    history.set_limits(None, Some(limits.clone())).await.unwrap();
    soon("the oldest go", async || ids(&engine).await.len() == 10).await;
    assert_eq!(ids(&engine).await[..3], [2, 3, 23]);
    engine.shutdown().await;

    let engine = parts.start(false).await;
    assert_eq!(engine.history().sizes().await.unwrap().limits, limits);
    engine.history().set_limits(None, None).await.unwrap();
    assert_eq!(engine.history().sizes().await.unwrap().limits, KeepLimits::usual());
    engine.shutdown().await;
}

#[tokio::test]
async fn limits_of_a_project_and_those_of_the_command_line() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    filled(&engine, &address, 12).await;
    let project = crate::parts::default_project(&engine);
    let few = KeepLimits { max_count: Some(5), ..KeepLimits::default() };
    engine.history().set_limits(Some(project), Some(few.clone())).await.unwrap();
    soon("its oldest go", async || ids(&engine).await.len() == 5).await;
    let of_it = |sizes: engine::HistorySizes| sizes.per_project.into_iter().find(|one| one.project == project).unwrap();
    assert_eq!(of_it(engine.history().sizes().await.unwrap()).limits, Some(few));
    engine.history().set_limits(Some(project), None).await.unwrap();
    assert_eq!(of_it(engine.history().sizes().await.unwrap()).limits, None);
    let unknown = engine.history().set_limits(Some(999), Some(KeepLimits::default())).await.unwrap_err();
    assert_eq!(unknown.code, Code::NotFound);
    engine.shutdown().await;

    let given = KeepLimits { max_count: Some(2), ..KeepLimits::usual() };
    let config =
        Config { keep: Some(given.clone()), ..Config::new(parts.database(), Arc::new(MemoryVault::default())) };
    let engine = Engine::start(config).await.unwrap();
    let ListenerState::Listening { .. } = engine.listening().start(None).await else { panic!("listens") };
    soon("for this run", async || ids(&engine).await.len() == 2).await;
    assert_eq!(engine.history().sizes().await.unwrap().limits, given);
    engine.shutdown().await;
    let engine = parts.start(false).await;
    assert_eq!(engine.history().sizes().await.unwrap().limits, KeepLimits::usual(), "for that run only");
    engine.shutdown().await;
}

#[tokio::test]
async fn limits_that_nobody_can_mean_are_refused() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let usual = KeepLimits::usual;
    for (project, limits, says) in [
        (None, KeepLimits { max_bytes: Some(1), ..usual() }, "16 MiB"),
        (Some(1), KeepLimits { max_bytes: Some(1), ..usual() }, "1 MiB"),
        (None, KeepLimits { max_days: Some(0), ..usual() }, "1 to 36500 days"),
        (None, KeepLimits { max_count: Some(0), ..usual() }, "1 or more"),
        (None, KeepLimits { free_bytes: Some(5), ..usual() }, "64 MiB"),
        (Some(1), KeepLimits { free_bytes: Some(1 << 30), ..usual() }, "all projects"),
    ] {
        let error = engine.history().set_limits(project, Some(limits.clone())).await.unwrap_err();
        assert!(error.code == Code::InvalidLimits && error.message.contains(says), "{error}");
        assert_eq!(engine.history().preview(project, limits).await.unwrap_err().code, Code::InvalidLimits);
    }
    engine.shutdown().await;
}

#[tokio::test]
async fn what_is_deleted_disappears_at_once_and_comes_back_within_ten_minutes() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    filled(&engine, &address, 20).await;
    let told: Arc<Mutex<Vec<Live>>> = Arc::default();
    let kept = told.clone();
    engine.attach(Box::new(move |message| {
        kept.lock().unwrap().push(message);
        true
    }));
    let history = engine.history();
    // An open view is what there is something to tell of.
    assert_eq!(ids(&engine).await.len(), 20);
    let some = history.delete(Selection::Ids(vec![1, 2, 3])).await.unwrap();
    assert_eq!((some.deliveries, some.what.as_str(), some.until_ms - some.at_ms), (3, "3 deliveries", 600_000));
    soon("the window is told", async || {
        told.lock().unwrap().iter().any(|live| matches!(live, Live::Removed { .. } | Live::Resync { .. }))
    })
    .await;
    assert_eq!(ids(&engine).await.len(), 17);
    assert_eq!(history.delivery(2).await.unwrap_err().code, Code::NotFound);
    let found = history.delete(Selection::Query("id:msg_7".into())).await.unwrap();
    assert_eq!((found.deliveries, found.what.as_str()), (1, "id:msg_7"));
    assert_eq!(history.delete(Selection::Query("verdict:maybe".into())).await.unwrap_err().code, Code::QueryInvalid);
    let all = history.delete(Selection::All).await.unwrap();
    assert_eq!((all.deliveries, ids(&engine).await.len()), (16, 0));
    let numbers: Vec<i64> = history.deletions().await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [all.number, found.number, some.number]);

    history.undo(all.number).await.unwrap();
    history.undo(some.number).await.unwrap();
    assert_eq!(ids(&engine).await.len(), 19);
    parts.ahead.store(601, Ordering::SeqCst);
    assert_eq!(history.undo(found.number).await.unwrap_err().code, Code::CannotUndo);
    assert!(history.deletions().await.unwrap().is_empty());
    let nothing = history.delete(Selection::Query("id:msg_7".into())).await.unwrap_err();
    assert_eq!(nothing.code, Code::NotFound);
    engine.shutdown().await;
}

#[tokio::test]
async fn pins_and_notes_are_shown_and_found() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    filled(&engine, &address, 3).await;
    let history = engine.history();
    assert_eq!(history.pin(vec![2, 77], true).await.unwrap(), 1);
    history.note(2, Some("  fails on Mondays\n".into())).await.unwrap();
    let detail = history.delivery(2).await.unwrap();
    assert_eq!((detail.row.pinned, detail.note.as_deref()), (true, Some("fails on Mondays")));
    assert!(detail.noted_ms.is_some_and(|ms| ms >= detail.row.received_ms), "{:?}", detail.noted_ms);
    soon("both are found", async || {
        let found = history.open_view("pinned:yes note:Monday").await.unwrap();
        found.rows.iter().map(|row| row.id).eq([2])
    })
    .await;
    history.note(2, Some(" \t".into())).await.unwrap();
    assert_eq!(history.delivery(2).await.unwrap().note, None);
    assert_eq!(history.note(2, Some("x".repeat(10_001))).await.unwrap_err().code, Code::InvalidNote);
    assert_eq!(history.note(99, Some("x".into())).await.unwrap_err().code, Code::NotFound);
    assert_eq!(history.pin((0..10_001).collect(), true).await.unwrap_err().code, Code::TooMany);
    engine.shutdown().await;
}
