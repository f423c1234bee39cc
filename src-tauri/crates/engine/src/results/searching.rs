//! Looks for a text in the rows, in the background.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::Results;
use super::open::Open;
use crate::dto::{ResultState, RowFilter};

/// A search, and what it has found so far.
pub(super) struct Searched {
    text: String,
    /// Whether the file was read to its end when it began.
    whole: bool,
    found: Mutex<Vec<u32>>,
    over: AtomicBool,
    cancelled: AtomicBool,
}

impl Searched {
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The rows found so far that a filter lets through, and whether all are found.
    pub(super) fn found(&self, open: &Open, filter: RowFilter) -> (Vec<u64>, bool) {
        let over = self.over.load(Ordering::Acquire);
        let found = self.found.lock();
        let scanner = open.scanner.lock();
        let Some(scanner) = scanner.as_ref() else { return (Vec::new(), over) };
        let index = scanner.index();
        let fits = |row: &u32| index.takes(filter.into(), *row);
        (found.iter().copied().filter(fits).map(u64::from).collect(), over)
    }
}

impl Results {
    /// The search for this text: the one that runs, or a new one in its place.
    pub(super) fn search(&self, open: &Arc<Open>, text: &str) -> Arc<Searched> {
        let whole = open.view().state == ResultState::Ready;
        let mut current = open.searched.lock();
        if let Some(searched) = current.as_ref() {
            if searched.text == text && (searched.whole || !whole) {
                return searched.clone();
            }
            searched.cancel();
        }
        let searched = Arc::new(Searched {
            text: text.to_owned(),
            whole,
            found: Mutex::default(),
            over: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
        });
        *current = Some(searched.clone());
        let (room, open, running) = (self.clone(), open.clone(), searched.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = run(&open, &running) {
                tracing::warn!(%error, "the rows could not be searched");
            }
            running.over.store(true, Ordering::Release);
            room.tell(&open);
        });
        searched
    }
}

fn run(open: &Open, searched: &Searched) -> Result<(), results::Error> {
    let mut file = File::open(open.path())?;
    // The index is not locked while the file is read: what is here now is searched.
    let Some(index) = open.scanner.lock().as_ref().map(|scanner| scanner.index().clone()) else { return Ok(()) };
    let cancel = || searched.cancelled.load(Ordering::Relaxed);
    let mut on_match = |row: u32| searched.found.lock().push(row);
    results::search(&mut file, &index, &searched.text, &mut on_match, &cancel).map(|_| ())
}
