//! The free space on the history's disk: checked every second, and reported to the window while there is too little.

use std::time::{Duration, Instant};

use store::Shortage;
use tokio::sync::watch;

use super::History;
use crate::common::Common;
use crate::dto::{DiskShortage, Live};

/// How often to check it.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until `stop`. Also writes what is left of the log's complaints, at the same interval.
pub(super) async fn watch(common: Common) {
    let (store, stop) = (common.store(), common.stop());
    let mut shortage = store.shortage();
    let mut beat = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = beat.tick() => {
                store.complaints().settle(Instant::now());
                let looked = store.clone();
                // A network file system may keep it waiting.
                if tokio::task::spawn_blocking(move || looked.look_at_space()).await.is_err() {
                    break;
                }
            }
            changed = shortage.changed() => {
                if changed.is_err() {
                    break;
                }
                let disk = shown(shortage.borrow_and_update().as_ref());
                common.tell(Live::Disk { disk });
            }
        }
    }
    store.complaints().settle(Instant::now());
}

fn shown(shortage: Option<&Shortage>) -> Option<DiskShortage> {
    shortage.map(|Shortage { free, reserve, folder }| DiskShortage {
        free: *free,
        reserve: *reserve,
        folder: folder.display().to_string(),
    })
}

impl History {
    /// The shortage of disk space, while there is one.
    pub(crate) fn disk(&self) -> Option<DiskShortage> {
        shown(self.common.store().shortage().borrow().as_ref())
    }

    /// The shortage as it comes and goes, for the command line.
    pub fn shortage(&self) -> watch::Receiver<Option<Shortage>> {
        self.common.store().shortage()
    }
}
