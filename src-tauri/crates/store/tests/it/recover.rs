//! A damaged history: how it is noticed, what of it can still be read, and the new history made of that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;
use signature::Outcome;
use store::{Began, Health, Options, Recovered, Store, recover};
use tempfile::TempDir;

use crate::bounds::consistent;
use crate::outbound::sent;
use crate::sample::{attempt, file, history, integrity, plain};

const COUNT: i64 = 900;

/// A delivery and its body.
type Kept = (store::Delivery, Vec<u8>);

/// Deliveries of every kind; closed in order.
async fn made() -> (TempDir, PathBuf, BTreeMap<i64, Kept>) {
    let (folder, store) = history().await;
    for n in 0..COUNT {
        let outcome = [Outcome::Verified, Outcome::Rejected, Outcome::Unchecked][usize::try_from(n).unwrap() % 3];
        let mut delivery = attempt(&format!("msg_{}", n / 2), outcome, 200, n);
        let length = [40, 3_000, 9_000, 70_000][usize::try_from(n).unwrap() % 4];
        delivery.body = format!("{n} {}", "x".repeat(length)).into();
        delivery.body_len = delivery.body.len() as u64;
        store.insert(delivery).await.unwrap();
    }
    store.pin(&[3, 5], true).await.unwrap();
    store.outbounds().add(vec![sent(7), sent(8)]).await.unwrap();
    let mut all = BTreeMap::new();
    for id in store.ids().await.unwrap() {
        all.insert(id, kept(&store, id).await);
    }
    store.close().await;
    let path = file(&folder);
    (folder, path, all)
}

async fn kept(store: &Store, id: i64) -> Kept {
    (store.delivery(id).await.unwrap().unwrap(), store.body(id).await.unwrap().unwrap())
}

fn go(from: &Path, to: &Path) -> Result<Recovered, store::Error> {
    recover(from, to, &AtomicBool::new(false))
}

/// Opens what was made, and gives how many deliveries it has. What it has is what there was.
async fn compared(to: &Path, before: &BTreeMap<i64, Kept>, exact: bool) -> u64 {
    assert_eq!(integrity(to), "ok");
    let store = Store::open(to, Options::default()).unwrap();
    let ids = store.ids().await.unwrap();
    assert_eq!(store.counts().await.unwrap().total, ids.len() as u64);
    for id in &ids {
        let one = kept(&store, *id).await;
        assert!(!exact || one == before[id], "{id}");
        assert!(before.contains_key(id), "{id}");
    }
    // It goes on like any other.
    let next = store.insert(plain("{}")).await.unwrap().id;
    assert!(next > COUNT, "no number is given twice");
    store.close().await;
    consistent(to);
    ids.len() as u64
}

/// Pages of a table of one kind: `internal`, `leaf` or `overflow`.
fn pages(path: &Path, table: &str, kind: &str) -> Vec<u64> {
    let conn = Connection::open(path).unwrap();
    let mut statement =
        conn.prepare("SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = ?2 ORDER BY pageno").unwrap();
    let pages = statement.query_map([table, kind], |row| row.get::<_, i64>(0)).unwrap();
    pages.map(|page| u64::try_from(page.unwrap()).unwrap()).collect()
}

fn overwrite(path: &Path, page: u64, with: u8) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = usize::try_from((page - 1) * 8192).unwrap();
    bytes[at..at + 8192].fill(with);
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_whole_history_is_copied_as_it_is() {
    let (folder, path, before) = made().await;
    let to = folder.path().join("recovered.db");
    let done = go(&path, &to).unwrap();
    assert_eq!(done, Recovered { deliveries: COUNT as u64, of: Some(COUNT as u64), ..Recovered::default() });
    assert_eq!(compared(&to, &before, true).await, COUNT as u64);
    let store = Store::open(&to, Options::default()).unwrap();
    assert_eq!(store.outbounds().of(7, 9).await.unwrap().len(), 1);
    assert!(store.delivery(5).await.unwrap().unwrap().row.pinned);
    store.close().await;
    // Nothing is written over.
    assert_eq!(go(&path, &to).unwrap_err().code(), "history_unreachable");
}

#[tokio::test]
async fn leaves_below_a_damaged_page_are_found_without_it() {
    for (table, kind) in [("delivery_content", "internal"), ("delivery", "internal")] {
        let (folder, path, before) = made().await;
        let page = pages(&path, table, kind)[0];
        overwrite(&path, page, 0x55);
        let store = Store::open(&path, Options::default()).unwrap();
        let Health::Damaged(damage) = store.check(false).await.unwrap() else { panic!("{table} is damaged") };
        assert!(!damage.says.is_empty() && damage.lost().is_some_and(|lost| lost > 0), "{damage:?}");
        assert_eq!(*store.health().borrow(), Health::Damaged(damage));
        store.close().await;
        let to = folder.path().join("recovered.db");
        let done = go(&path, &to).unwrap();
        assert_eq!((done.deliveries, done.lost()), (COUNT as u64, Some(0)), "{done:?}");
        assert!(done.found_by_page > 0);
        compared(&to, &before, true).await;
    }
}

#[tokio::test]
async fn what_is_gone_is_named_and_the_rest_is_kept() {
    let (folder, path, before) = made().await;
    let leaves = pages(&path, "delivery_content", "leaf");
    overwrite(&path, leaves[leaves.len() / 2], 0xaa);
    let store = Store::open(&path, Options::default()).unwrap();
    let Health::Damaged(damage) = store.check(false).await.unwrap() else { panic!("it is damaged") };
    store.close().await;
    let to = folder.path().join("recovered.db");
    let done = go(&path, &to).unwrap();
    assert!((1..60).contains(&done.lost().unwrap()), "{done:?}");
    assert_eq!(done.lost(), damage.lost(), "the check says what the recovery comes to");
    let kept = compared(&to, &before, true).await;
    assert_eq!(kept, done.deliveries);
    let named: i64 = damage.unreadable.iter().map(|(from, to)| to - from + 1).sum();
    assert_eq!(u64::try_from(named).unwrap(), done.lost().unwrap(), "{damage:?}");
}

#[tokio::test]
async fn what_was_deleted_does_not_come_back() {
    let (folder, store) = history().await;
    for n in 0..400 {
        let mut delivery = attempt(&format!("msg_{n}"), Outcome::Verified, 200, n);
        delivery.body = "y".repeat(5_000).into();
        delivery.body_len = 5_000;
        store.insert(delivery).await.unwrap();
    }
    store.close().await;
    let path = file(&folder);
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "PRAGMA foreign_keys = ON; DELETE FROM delivery WHERE id BETWEEN 100 AND 250; UPDATE tally SET total = total - 151;",
    )
    .unwrap();
    drop(conn);
    overwrite(&path, pages(&path, "delivery_content", "internal")[0], 0);
    let to = folder.path().join("recovered.db");
    assert_eq!(go(&path, &to).unwrap().lost(), Some(0));
    let store = Store::open(&to, Options::default()).unwrap();
    assert!(store.ids().await.unwrap().iter().all(|id| !(100..=250).contains(id)));
    store.close().await;
}

/// As a bad disk does it: bits flipped anywhere. Nothing panics or hangs, and what comes out is a sound history.
#[tokio::test]
async fn flipped_bits_never_make_an_unsound_history() {
    let (folder, path, before) = made().await;
    let whole = std::fs::read(&path).unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut kept = Vec::new();
    for round in 0..16 {
        let mut bytes = whole.clone();
        for _ in 0..200 {
            // Not in the first page, without which nothing is known of the rest.
            let at = 8192 + usize::try_from(next() % (bytes.len() as u64 - 8192)).unwrap();
            bytes[at] ^= 1 << (next() % 8);
        }
        let from = folder.path().join(format!("flipped-{round}.db"));
        let to = folder.path().join(format!("recovered-{round}.db"));
        std::fs::write(&from, &bytes).unwrap();
        let done = go(&from, &to).unwrap();
        assert_eq!(compared(&to, &before, false).await, done.deliveries);
        kept.push(done.deliveries);
        std::fs::remove_file(&from).unwrap();
    }
    kept.sort_unstable();
    assert!(kept[kept.len() / 2] > COUNT as u64 * 8 / 10, "{kept:?}");
}

#[tokio::test]
async fn an_unclean_end_and_a_log_that_vanished_are_told() {
    let (folder, store) = history().await;
    let path = file(&folder);
    assert_eq!(*store.began(), Began::default());
    for n in 0..20 {
        store.insert(attempt(&format!("msg_{n}"), Outcome::Verified, 200, n)).await.unwrap();
    }
    store.close().await;
    let store = Store::open(&path, Options::default()).unwrap();
    assert_eq!(*store.began(), Began::default(), "it was closed in order");
    store.close().await;

    // As after a kill: the mark says open, and the newest deliveries are in the log only.
    let mark = |text: &str| std::fs::write(folder.path().join("history.db-mark"), text).unwrap();
    mark("pollux-mark 1 open 00000000000000000020 00000001767225600000\n");
    let store = Store::open(&path, Options::default()).unwrap();
    assert_eq!(*store.began(), Began { unclean: true, missing: None });
    assert_eq!(store.check(true).await.unwrap(), Health::Sound);
    store.close().await;

    mark("pollux-mark 1 open 00000000000000000025 00000001767225600000\n");
    let store = Store::open(&path, Options::default()).unwrap();
    let missing = store.began().missing.clone().unwrap();
    assert_eq!((missing.stored, missing.found, missing.log_gone), (25, 20, true));
    store.close().await;
}

#[tokio::test]
async fn a_file_without_its_beginning_is_refused() {
    let (folder, path, _) = made().await;
    overwrite(&path, 1, 0);
    let to = folder.path().join("recovered.db");
    assert!(go(&path, &to).is_err());
    assert!(!to.exists(), "nothing is left of it");
}
