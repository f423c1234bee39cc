//! What the user deletes: hidden at once, taken back for a while, then gone.

use signature::Outcome;
use store::{Change, Counts, DoubtfulRange, Keep, Options, Store, Which};

use crate::bounds::{consistent, ids, number, soon, total};
use crate::sample::{NOON, SECOND, attempt, drain, file, history, plain};

const NOW_MS: i64 = NOON / 1_000_000;
const UNTIL_MS: i64 = NOW_MS + 600_000;

#[tokio::test]
async fn what_is_deleted_is_hidden_from_every_read_and_can_be_taken_back() {
    let (folder, store) = history().await;
    for n in 0..6 {
        store.insert(attempt("msg", Outcome::Rejected, 401, n)).await.unwrap();
        store.insert(plain("needle")).await.unwrap();
    }
    store.note(2, Some("Look at this.".into()), NOW_MS).await.unwrap();
    let mut changes = store.subscribe();
    let before = store.counts().await.unwrap();
    let revision = store.revision().await.unwrap();
    let deleted = store.delete(Which::Ids(vec![1, 2, 3, 9, 77, 2]), "4 deliveries", NOW_MS, UNTIL_MS).await.unwrap();
    assert_eq!((deleted.deliveries, deleted.what.as_str(), deleted.until_ms), (4, "4 deliveries", UNTIL_MS));
    assert!(store.revision().await.unwrap() > revision);
    assert!(
        drain(&mut changes)
            .iter()
            .any(|change| matches!(change, Change::Removed(ranges) if **ranges == [(1, 3), (9, 9), (77, 77)]))
    );

    let shown: Vec<i64> = (4..=12).filter(|id| *id != 9).collect();
    assert_eq!(ids(&store).await, shown);
    assert_eq!(store.ids_of(1, 5).await.unwrap(), shown[2..]);
    assert!(store.rows(&[1, 2, 3, 9]).await.unwrap().is_empty());
    assert!(store.delivery(2).await.unwrap().is_none() && store.body(2).await.unwrap().is_none());
    let event = store.rows(&[5]).await.unwrap()[0].event.unwrap();
    let attempts = store.attempts(event, 10).await.unwrap();
    assert_eq!(attempts.iter().map(|row| row.id).collect::<Vec<_>>(), [5, 7, 11]);
    let kept = before.kept_bytes - deleted.bytes;
    assert_eq!(store.counts().await.unwrap(), Counts { total: 8, kept_bytes: kept });
    let behind = store.behind(0, 100, 0, |delivery, _| delivery.row.id).await.unwrap();
    assert_eq!(behind, shown);
    assert_eq!(store.count_behind(0).await.unwrap(), 8);
    let unverified = store.unverified(1, 0, 100).await.unwrap();
    assert_eq!(unverified.iter().map(|one| one.row.id).collect::<Vec<_>>(), [11, 7, 5]);
    assert_eq!(store.unanswered(1, 0, 100).await.unwrap().len(), 1);
    let range = DoubtfulRange { project: 1, after: 0, upto: 100, reason: None };
    assert_eq!(store.doubtful_count(range.clone()).await.unwrap(), 3);
    assert_eq!(store.doubtful(range, 100).await.unwrap().len(), 3);
    assert_eq!(store.doubtful_of(&[1, 3, 9]).await.unwrap().0.len(), 0);
    assert!(store.outbounds().sendable(&[2]).await.unwrap().is_empty());
    assert_eq!(store.pin(&[1], true).await.unwrap(), 0);
    assert!(!store.note(1, Some("x".into()), NOW_MS).await.unwrap());
    // A new attempt is told of those that are hidden: they did arrive.
    assert_eq!(store.insert(attempt("msg", Outcome::Rejected, 401, 9)).await.unwrap().attempt, 7);

    assert_eq!(store.deletions(NOW_MS).await.unwrap(), std::slice::from_ref(&deleted));
    drain(&mut changes);
    assert!(store.undo(deleted.number, UNTIL_MS - 1).await.unwrap());
    assert!(drain(&mut changes).iter().any(|change| matches!(change, Change::Restored)));
    assert_eq!(ids(&store).await, (1..=13).collect::<Vec<_>>());
    assert_eq!(store.delivery(2).await.unwrap().unwrap().note.as_deref(), Some("Look at this."));
    assert!(store.deletions(NOW_MS).await.unwrap().is_empty());
    assert!(!store.undo(deleted.number, NOW_MS).await.unwrap(), "once is enough");
    store.close().await;
    consistent(&file(&folder));
}

#[tokio::test]
async fn the_time_to_take_it_back_outlives_a_restart_and_then_it_leaves_the_file() {
    let (folder, store) = history().await;
    let path = file(&folder);
    for n in 0..50 {
        store.insert(attempt(&format!("msg_{}", n / 2), Outcome::Verified, 200, n)).await.unwrap();
    }
    let first = store.delete(Which::Ids((1..=10).collect()), "first", NOW_MS, UNTIL_MS).await.unwrap();
    let second = store.delete(Which::Ids((21..=30).collect()), "second", NOW_MS, UNTIL_MS + 60_000).await.unwrap();
    store.close().await;

    let store = Store::open(&path, Options::default()).unwrap();
    assert_eq!(total(&store).await, 30);
    store.keep(Keep::default(), UNTIL_MS - 1);
    assert_eq!(store.deletions(UNTIL_MS - 1).await.unwrap(), [second.clone(), first.clone()]);
    soon(&store, UNTIL_MS, async || number(&path, "SELECT count(*) FROM delivery") == 40).await;
    assert!(!store.undo(first.number, UNTIL_MS).await.unwrap());
    soon(&store, UNTIL_MS, async || number(&path, "SELECT count(*) FROM deletion") == 1).await;
    assert_eq!(total(&store).await, 30);
    assert!(store.undo(second.number, UNTIL_MS + 1).await.unwrap());
    let left: Vec<i64> = (11..=50).collect();
    assert_eq!(ids(&store).await, left);
    store.close().await;
    consistent(&path);
}

#[tokio::test]
async fn all_can_be_deleted_while_more_arrives_and_the_space_comes_back() {
    let (folder, store) = history().await;
    let path = file(&folder);
    let body = "x".repeat(5_000);
    for n in 0..3_000 {
        let mut delivery = attempt(&format!("msg_{n}"), Outcome::Verified, 200, 0);
        delivery.body = body.clone().into();
        store.insert(delivery).await.unwrap();
    }
    store.pin(&[5], true).await.unwrap();
    let arriving = {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                store.insert(plain("new")).await.unwrap();
            }
        })
    };
    let deleted = store.delete(Which::All, "all", NOW_MS, UNTIL_MS).await.unwrap();
    arriving.await.unwrap();
    assert!((3_000..=3_100).contains(&deleted.deliveries), "pinned ones as well: {}", deleted.deliveries);
    assert_eq!(total(&store).await, 3_100 - deleted.deliveries);
    assert!(number(&path, "PRAGMA page_count") > 1_500);
    store.keep(Keep::default(), UNTIL_MS);
    let len = || std::fs::metadata(&path).unwrap().len();
    soon(&store, UNTIL_MS, async || number(&path, "SELECT count(*) FROM deletion") == 0 && len() < 4 << 20).await;
    store.close().await;
    consistent(&path);
}

#[tokio::test]
async fn an_older_file_is_rebuilt_and_loses_nothing() {
    let (folder, store) = history().await;
    let path = file(&folder);
    for n in 0..500 {
        store.insert(attempt(&format!("msg_{n}"), Outcome::Verified, 200, n)).await.unwrap();
    }
    assert!(!store.rebuild_need().await.unwrap().needed, "a new file is as it should be");
    store.rebuild().await.unwrap();
    store.close().await;
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA auto_vacuum = NONE; VACUUM;").unwrap();
    drop(conn);

    let store = Store::open(&path, Options::default()).unwrap();
    let need = store.rebuild_need().await.unwrap();
    assert!(need.needed && need.bytes > 100_000 && need.why.is_none(), "{need:?}");
    let arriving = {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..200 {
                store.insert(attempt(&format!("new_{n}"), Outcome::Verified, 200, n)).await.unwrap();
            }
        })
    };
    let (one, other) = tokio::join!(store.rebuild(), store.rebuild());
    // One at a time; the second may also come when the first is done.
    for refused in [one, other].into_iter().filter_map(Result::err) {
        assert_eq!(refused.code(), "rebuilding");
    }
    arriving.await.unwrap();
    assert!(!store.rebuild_need().await.unwrap().needed);
    assert_eq!(store.rebuild_progress(), None);
    assert_eq!(ids(&store).await, (1..=700).collect::<Vec<_>>());
    assert_eq!(number(&path, "PRAGMA auto_vacuum"), 2);
    // From now on it gives space back.
    store.keep(crate::bounds::all(crate::bounds::count(10)), NOW_MS);
    soon(&store, NOW_MS, async || total(&store).await == 10).await;
    store.close().await;
    consistent(&path);
}

#[tokio::test]
async fn without_room_a_file_is_not_rebuilt() {
    let (folder, store) = history().await;
    for _ in 0..100 {
        store.insert(plain(&"x".repeat(10_000))).await.unwrap();
    }
    store.close().await;
    let path = file(&folder);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA auto_vacuum = NONE; VACUUM;").unwrap();
    drop(conn);
    let mut options = Options::default();
    options.space = Some(store::SpaceOf::new(|_| Ok(store::Space { free: 1 << 30, total: 100 << 30 })));
    let store = Store::open(&path, options).unwrap();
    let error = store.rebuild().await.unwrap_err();
    assert_eq!(error.code(), "not_rebuilt");
    assert!(error.to_string().contains("3 MB"), "{error}");
    assert_eq!(number(&path, "PRAGMA auto_vacuum"), 0);
    store.close().await;
}

#[tokio::test]
async fn a_note_is_read_back_whole_and_in_the_row_its_beginning() {
    let (_folder, store) = history().await;
    let id = store.insert(plain("{}")).await.unwrap().id;
    let long = "ż".repeat(1_000);
    let mut changes = store.subscribe();
    assert!(store.note(id, Some(long.clone()), NOW_MS).await.unwrap());
    assert!(matches!(drain(&mut changes)[..], [Change::Changed(_)]));
    let kept = store.delivery(id).await.unwrap().unwrap();
    assert_eq!((kept.note.unwrap(), kept.row.note.unwrap()), (long, "ż".repeat(240)));
    store.pin(&[id], true).await.unwrap();
    assert!(store.note(id, None, NOW_MS).await.unwrap());
    let row = store.rows(&[id]).await.unwrap().remove(0);
    assert_eq!((row.note, row.pinned, row.imported), (None, true, false));
    assert!(!store.note(99, Some("x".into()), NOW_MS + SECOND).await.unwrap());
}
