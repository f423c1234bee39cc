//! The reserve of the disk, on a simulated disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use store::{Options, Space, SpaceOf, Store};
use tempfile::TempDir;

use crate::sample::{history_with, plain};

const GIB: u64 = 1 << 30;

/// A file system of 100 GiB.
#[derive(Clone)]
struct Disk {
    free: Arc<AtomicU64>,
    /// How often its free space was read.
    looks: Arc<AtomicUsize>,
}

impl Disk {
    fn new(free: u64) -> Self {
        Self { free: Arc::new(AtomicU64::new(free)), looks: Arc::default() }
    }

    async fn history(&self) -> (TempDir, Store) {
        let disk = self.clone();
        let mut options = Options::default();
        options.space = Some(SpaceOf::new(move |_| {
            disk.looks.fetch_add(1, Ordering::SeqCst);
            Ok(Space { free: disk.free.load(Ordering::SeqCst), total: 100 * GIB })
        }));
        history_with(options).await
    }

    fn set(&self, free: u64) {
        self.free.store(free, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn below_the_reserve_nothing_new_is_stored_until_there_is_room_again() {
    let disk = Disk::new(10 * GIB);
    let (folder, store) = disk.history().await;
    let shortage = store.shortage();
    assert_eq!(*shortage.borrow(), None);
    store.insert(plain("before")).await.unwrap();

    disk.set(GIB - 1);
    store.look_at_space();
    assert!(store.is_short_of_space());
    let told = shortage.borrow().clone().unwrap();
    assert_eq!((told.free, told.reserve, told.folder.as_path()), (GIB - 1, GIB, folder.path()));
    let error = store.insert(plain("during")).await.unwrap_err();
    assert_eq!(error.code(), "disk_nearly_full");
    assert!(error.to_string().contains("Free some space"), "{error}");
    // What is stored can be read, and small data of the user's own is written: the reserve is for that.
    assert_eq!(store.ids().await.unwrap(), [1]);
    store.settings().set("a", &1.into()).await.unwrap();

    disk.set(2 * GIB);
    store.look_at_space();
    assert_eq!(*shortage.borrow(), None);
    assert_eq!(store.insert(plain("after")).await.unwrap().id, 2);
}

#[tokio::test]
async fn a_disk_that_is_short_from_the_start_is_known_before_the_first_delivery() {
    let (_folder, store) = Disk::new(0).history().await;
    assert_eq!(store.insert(plain("x")).await.unwrap_err().code(), "disk_nearly_full");
}

#[tokio::test]
async fn a_delivery_asks_no_system_and_much_that_was_written_does() {
    let disk = Disk::new(10 * GIB);
    let (_folder, store) = disk.history().await;
    let looks = disk.looks.load(Ordering::SeqCst);
    for _ in 0..100 {
        store.insert(plain("small")).await.unwrap();
    }
    assert_eq!(disk.looks.load(Ordering::SeqCst), looks);
    disk.set(0);
    let large = "x".repeat(4 << 20);
    let mut stored = 0;
    while store.insert(plain(&large)).await.is_ok() {
        stored += 1;
        assert!(stored < 10, "it never looked");
    }
    assert!(stored >= 2, "it looked after {stored} times 4 MiB");
}

#[tokio::test]
async fn on_a_small_disk_it_looks_more_often() {
    let free = Arc::new(AtomicU64::new(60 << 20));
    let read = free.clone();
    let mut options = Options::default();
    options.space = Some(SpaceOf::new(move |_| Ok(Space { free: read.load(Ordering::SeqCst), total: 64 << 20 })));
    let (_folder, store) = history_with(options).await;
    free.store(1 << 20, Ordering::SeqCst);
    let mut stored = 0;
    while store.insert(plain("small")).await.is_ok() {
        stored += 1;
        assert!(stored < 20, "the reserve of 3.2 MiB would be written full");
    }
}

#[tokio::test]
async fn without_a_look_at_the_disk_nothing_is_refused() {
    let (_folder, store) = history_with(Options::default()).await;
    store.look_at_space();
    assert!(!store.is_short_of_space());
    store.insert(plain("x")).await.unwrap();
}
