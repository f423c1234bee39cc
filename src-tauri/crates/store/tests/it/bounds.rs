//! What leaves the history because of limits, and what stays.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use signature::Outcome;
use store::{Change, Keep, Limits, NewOutbound, Options, OutboundKind, Space, SpaceOf, Store, Waiting};

use crate::sample::{NOON, SECOND, attempt, drain, file, history, history_with, integrity, plain};

const NOW_MS: i64 = NOON / 1_000_000;
const DAY_NS: i64 = 86_400 * SECOND;
const MIB: u64 = 1 << 20;

pub(crate) fn all(limits: Limits) -> Keep {
    Keep { all: limits, ..Keep::default() }
}

pub(crate) fn count(most: u64) -> Limits {
    Limits { max_count: Some(most), ..Limits::default() }
}

pub(crate) fn size(most: u64) -> Limits {
    Limits { max_bytes: Some(most), ..Limits::default() }
}

/// Until it is so; the time of the history goes on meanwhile.
pub(crate) async fn soon(store: &Store, now_ms: i64, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so().await {
            return;
        }
        store.beat(now_ms);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not come to it");
}

pub(crate) async fn total(store: &Store) -> u64 {
    store.counts().await.unwrap().total
}

pub(crate) async fn ids(store: &Store) -> Vec<i64> {
    store.ids().await.unwrap()
}

pub(crate) fn number(path: &Path, sql: &str) -> i64 {
    let conn = Connection::open(path).unwrap();
    conn.busy_timeout(Duration::from_secs(5)).unwrap();
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// What the tallies say is what is there, and nothing is left of what is gone. Only after the history was closed.
pub(crate) fn consistent(path: &Path) {
    assert_eq!(integrity(path), "ok");
    let same = |one: &str, other: &str| assert_eq!(number(path, one), number(path, other), "{one} / {other}");
    let shown = "SELECT count(*) FROM delivery WHERE deleted = 0";
    same("SELECT total FROM tally", shown);
    same("SELECT coalesce(sum(deliveries), 0) FROM share", shown);
    let bytes = "SELECT coalesce(sum(length(headers) + length(body)), 0) FROM delivery_content c
                 JOIN delivery d ON d.id = c.id WHERE d.deleted = 0";
    same("SELECT kept_bytes FROM tally", bytes);
    same("SELECT coalesce(sum(bytes), 0) FROM share", bytes);
    let none = |sql: &str| assert_eq!(number(path, sql), 0, "{sql}");
    none("SELECT count(*) FROM delivery_content WHERE id NOT IN (SELECT id FROM delivery)");
    none("SELECT count(*) FROM event e WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE event = e.id)");
    none("SELECT count(*) FROM event_key WHERE event NOT IN (SELECT id FROM event UNION SELECT id FROM gone_event)");
    none("SELECT count(*) FROM gone_event WHERE id IN (SELECT id FROM event)");
    none("SELECT count(*) FROM event, tally WHERE id <= indexed_event AND id NOT IN (SELECT event FROM event_key)");
    none("SELECT count(*) FROM delivery WHERE deleted <> 0 AND deleted NOT IN (SELECT number FROM deletion)");
}

#[tokio::test]
async fn beyond_a_number_the_oldest_go_and_pinned_ones_stay() {
    let (folder, store) = history().await;
    for n in 0..500 {
        store.insert(attempt(&format!("msg_{}", n / 2), Outcome::Verified, 200, n)).await.unwrap();
    }
    assert_eq!(store.pin(&[3, 7, 9_999], true).await.unwrap(), 2, "one of them is not there");
    let mut changes = store.subscribe();
    let revision = store.revision().await.unwrap();
    store.keep(all(count(100)), NOW_MS);
    soon(&store, NOW_MS, async || total(&store).await == 100).await;
    let expected: Vec<i64> = [3, 7].into_iter().chain(403..=500).collect();
    assert_eq!(ids(&store).await, expected);
    assert!(store.revision().await.unwrap() > revision);
    let mut gone = Vec::new();
    for change in drain(&mut changes) {
        if let Change::Removed(ranges) = change {
            gone.extend(ranges.iter().flat_map(|(first, last)| *first..=*last));
        }
    }
    gone.sort_unstable();
    assert_eq!(gone, (1..=402).filter(|id| ![3, 7].contains(id)).collect::<Vec<_>>());
    assert!(store.delivery(1).await.unwrap().is_none() && store.body(1).await.unwrap().is_none());
    // Unpinned, they are the oldest.
    store.pin(&[3], false).await.unwrap();
    store.insert(plain("new")).await.unwrap();
    soon(&store, NOW_MS, async || total(&store).await == 100).await;
    assert_eq!(ids(&store).await[..2], [7, 403]);
    store.close().await;
    consistent(&file(&folder));
}

#[tokio::test]
async fn a_message_whose_event_left_begins_anew() {
    let (folder, store) = history().await;
    for n in 0..40 {
        store.insert(attempt(&format!("msg_{n}"), Outcome::Verified, 200, n)).await.unwrap();
    }
    store.keep(all(count(10)), NOW_MS);
    soon(&store, NOW_MS, async || total(&store).await == 10).await;
    // The writer still remembers both messages.
    let gone = store.insert(attempt("msg_0", Outcome::Verified, 200, 50)).await.unwrap();
    assert_eq!((gone.attempt, gone.duplicate), (1, false));
    let there = store.insert(attempt("msg_39", Outcome::Verified, 200, 51)).await.unwrap();
    assert_eq!((there.attempt, there.duplicate), (2, true));
    assert_eq!(store.insert(attempt("msg_0", Outcome::Verified, 200, 52)).await.unwrap().attempt, 2);
    soon(&store, NOW_MS, async || total(&store).await == 10).await;
    store.close().await;
    consistent(&file(&folder));
    // And so does the index.
    let store = Store::open(&file(&folder), Options::default()).unwrap();
    assert_eq!(store.insert(attempt("msg_0", Outcome::Verified, 200, 53)).await.unwrap().attempt, 3);
    assert_eq!(store.insert(attempt("msg_1", Outcome::Verified, 200, 53)).await.unwrap().attempt, 1);
    store.close().await;
    consistent(&file(&folder));
}

#[tokio::test]
async fn the_size_stays_within_its_limit_and_comes_back_to_the_disk() {
    let (folder, store) = history().await;
    let limit = 64 * MIB;
    let files = || {
        let len = |name: &str| std::fs::metadata(folder.path().join(name)).map_or(0, |file| file.len());
        len("history.db") + len("history.db-wal")
    };
    store.keep(all(size(limit)), NOW_MS);
    let body = "x".repeat(200_000);
    let mut most = 0;
    for n in 0..800 {
        store.insert(attempt(&format!("msg_{n}"), Outcome::Verified, 200, 0)).await.unwrap();
        store.insert(plain(&body)).await.unwrap();
        most = files().max(most);
    }
    assert!(most <= limit + limit / 10, "{most} bytes");
    let kept = ids(&store).await;
    assert_eq!(kept.last(), Some(&1_600));
    assert!((300..800).contains(&kept.len()), "{}", kept.len());
    assert!(kept.windows(2).all(|pair| pair[0] + 1 == pair[1]), "the oldest go first");
    store.keep(all(size(16 * MIB)), NOW_MS);
    // The log keeps its length until it is used again.
    soon(&store, NOW_MS, async || std::fs::metadata(file(&folder)).unwrap().len() <= 16 * MIB).await;
    store.keep(all(count(10)), NOW_MS);
    soon(&store, NOW_MS, async || {
        let len = std::fs::metadata(file(&folder)).unwrap().len();
        total(&store).await == 10 && len < 3 * MIB
    })
    .await;
    store.close().await;
    consistent(&file(&folder));
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let (folder, store) = history().await;
    for n in 0..100 {
        let mut delivery = plain("{}");
        delivery.received_ns = NOON - (99 - n) * DAY_NS;
        store.insert(delivery).await.unwrap();
    }
    store.keep(all(Limits { max_age_ns: Some(30 * DAY_NS), ..Limits::default() }), NOW_MS);
    soon(&store, NOW_MS, async || total(&store).await <= 31).await;
    assert_eq!(ids(&store).await, (70..=100).collect::<Vec<_>>());
    soon(&store, NOW_MS + DAY_NS / 1_000_000, async || total(&store).await == 30).await;
    store.close().await;
    consistent(&file(&folder));
}

#[tokio::test]
async fn limits_of_a_project_leave_the_others_alone() {
    let (folder, store) = history().await;
    let other = store.projects().ensure("Other", false, "other").await.unwrap();
    for n in 0..300 {
        let mut delivery = plain(&"y".repeat(1_000));
        delivery.project = if n % 3 == 0 { other } else { 1 };
        store.insert(delivery).await.unwrap();
    }
    let of_projects = [(1, count(50)), (other, size(30_000))];
    store.keep(Keep { projects: of_projects.into(), ..Keep::default() }, NOW_MS);
    let shares = async || store.sizes().await.unwrap().shares;
    soon(&store, NOW_MS, async || {
        let shares = shares().await;
        shares[0].deliveries == 50 && shares[1].bytes <= 30_000
    })
    .await;
    let kept = store.rows(&ids(&store).await).await.unwrap();
    let of = |project| kept.iter().filter(|row| row.project == project).map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(of(1).len(), 50);
    assert_eq!(of(1).last(), Some(&300));
    assert!((20..30).contains(&of(other).len()), "{}", of(other).len());
    assert_eq!(of(other).last(), Some(&298));
    store.close().await;
    consistent(&file(&folder));
}

fn forward(delivery: i64) -> NewOutbound {
    NewOutbound {
        delivery,
        kind: OutboundKind::Forward,
        number: 1,
        settled: true,
        url: "http://localhost:3000/".into(),
        at_ms: 5,
        changes: Vec::new(),
        rejected: false,
        headers: Vec::new(),
        body: None,
        altered: Vec::new(),
        answer: None,
        total_us: 1,
        problem: None,
    }
}

#[tokio::test]
async fn what_waits_to_be_forwarded_stays() {
    let (folder, store) = history().await;
    for n in 0..20 {
        let outcome = if n % 4 == 0 { Outcome::Rejected } else { Outcome::Verified };
        store.insert(attempt(&format!("msg_{n}"), outcome, 200, n)).await.unwrap();
    }
    store.outbounds().add(vec![forward(8), forward(3)]).await.unwrap();
    let waiting = vec![Waiting { project: 1, after: 5, which: store::WhichWait::Verified }];
    store.keep(Keep { waiting, ..all(count(1)) }, NOW_MS);
    // 1, 5, 9, 13 and 17 were rejected; 3 and 8 are dealt with; so is everything up to 5.
    let waits: Vec<i64> = (6..=20).filter(|id| ![8, 9, 13, 17].contains(id)).collect();
    soon(&store, NOW_MS, async || ids(&store).await == waits).await;
    // Told by who forwards, it waits as well. Told first: between the two calls nothing would wait.
    store.waiting(vec![Waiting { project: 1, after: 18, which: store::WhichWait::All }]);
    store.keep(all(count(1)), NOW_MS);
    soon(&store, NOW_MS, async || ids(&store).await == [19, 20]).await;
    store.waiting(Vec::new());
    store.keep(all(count(1)), NOW_MS);
    soon(&store, NOW_MS, async || ids(&store).await == [20]).await;
    let gone = store.outbounds().add(vec![forward(8), forward(20)]).await.unwrap();
    assert_eq!(gone[0], 0);
    assert_eq!(store.outbounds().of(20, 9).await.unwrap().len(), 1);
    store.close().await;
    consistent(&file(&folder));
}

/// A file system of 100 GiB whose free space is set.
fn disk(free: &Arc<AtomicU64>) -> Options {
    let free = free.clone();
    let mut options = Options::default();
    options.space = Some(SpaceOf::new(move |_| Ok(Space { free: free.load(Ordering::SeqCst), total: 100 << 30 })));
    options
}

#[tokio::test]
async fn on_a_full_disk_the_oldest_make_room_and_without_any_that_may_go_nothing_is_stored() {
    let free = Arc::new(AtomicU64::new(10 << 30));
    let (folder, store) = history_with(disk(&free)).await;
    let body = "x".repeat(100_000);
    for _ in 0..100 {
        store.insert(plain(&body)).await.unwrap();
    }
    store.keep(Keep::default(), NOW_MS);
    free.store((1 << 30) - 1, Ordering::SeqCst);
    soon(&store, NOW_MS, async || {
        store.look_at_space();
        !store.is_short_of_space()
    })
    .await;
    assert_eq!(*store.shortage().borrow(), None, "there is something that may go");
    let mut inserted = 0;
    for _ in 0..300 {
        inserted = store.insert(plain(&body)).await.unwrap().id;
    }
    soon(&store, NOW_MS, async || total(&store).await < 120).await;
    let kept = ids(&store).await;
    assert_eq!(kept.last(), Some(&inserted));
    // Everything is pinned: nothing may go.
    store.pin(&kept, true).await.unwrap();
    soon(&store, NOW_MS, async || store.is_short_of_space()).await;
    assert_eq!(store.insert(plain("x")).await.unwrap_err().code(), "disk_nearly_full");
    assert_eq!(ids(&store).await, kept);
    store.pin(&kept[..1], false).await.unwrap();
    soon(&store, NOW_MS, async || !store.is_short_of_space()).await;
    store.insert(plain("x")).await.unwrap();
    // Somebody else fills the disk.
    free.store(1 << 20, Ordering::SeqCst);
    store.look_at_space();
    assert_eq!(store.insert(plain("x")).await.unwrap_err().code(), "disk_nearly_full");
    store.close().await;
    consistent(&file(&folder));
}

#[tokio::test]
async fn a_preview_tells_what_then_goes() {
    let (_folder, store) = history().await;
    for n in 0..200 {
        let mut delivery = plain(&"z".repeat(500));
        delivery.received_ns = NOON - (199 - n) * DAY_NS / 4;
        store.insert(delivery).await.unwrap();
    }
    store.pin(&[2, 5, 190], true).await.unwrap();
    let told = store.preview(None, count(100), NOW_MS).await.unwrap();
    assert_eq!((told.deliveries, told.pinned, told.waiting), (100, 2, 0));
    let last = store.rows(&[102]).await.unwrap();
    assert_eq!(told.until_ns, Some(last[0].received_ns));
    assert_eq!(told.spans.iter().map(|span| span.going).sum::<u64>(), 100);
    assert_eq!(told.spans.iter().map(|span| span.staying).sum::<u64>(), 100);
    assert!(told.spans.windows(2).all(|pair| pair[0].from_ns < pair[1].from_ns) && told.spans.len() <= 41);
    let before = store.counts().await.unwrap().kept_bytes;
    store.keep(all(count(100)), NOW_MS);
    soon(&store, NOW_MS, async || total(&store).await == 100).await;
    assert_eq!(store.counts().await.unwrap().kept_bytes, before - told.bytes);
    assert_eq!(ids(&store).await.iter().filter(|id| **id <= 102).collect::<Vec<_>>(), [&2, &5]);

    let by_age = Limits { max_age_ns: Some(10 * DAY_NS), ..Limits::default() };
    let told = store.preview(Some(1), by_age.clone(), NOW_MS).await.unwrap();
    store.keep(all(by_age), NOW_MS);
    soon(&store, NOW_MS, async || total(&store).await == 100 - told.deliveries).await;
    assert_eq!(store.preview(Some(77), count(1), NOW_MS).await.unwrap(), store::Preview::default());
    let nothing = store.preview(None, Limits::default(), NOW_MS).await.unwrap();
    assert_eq!((nothing.deliveries, nothing.until_ns), (0, None));
}
