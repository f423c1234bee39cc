//! Which deliveries of the Sandbox's project Pollux received with which `webhook-id`, to show them in its log.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use parking_lot::Mutex;
use store::{Change, Store};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// How many message ids to remember: the newest.
const MOST: usize = 50_000;

/// Kept since the process started, as the emulator's own log is.
#[derive(Default)]
pub(crate) struct Received(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    by_message: HashMap<String, Vec<i64>>,
    oldest_first: VecDeque<String>,
    /// The newest delivery that was looked at.
    last: i64,
}

impl Received {
    /// The deliveries with this message id, oldest first.
    pub(crate) fn with(&self, message: &str) -> Vec<i64> {
        self.0.lock().by_message.get(message).cloned().unwrap_or_default()
    }

    fn add(&self, id: i64, message: Option<&str>) {
        let mut known = self.0.lock();
        if id <= known.last {
            return;
        }
        known.last = id;
        let Some(message) = message else { return };
        if let Some(ids) = known.by_message.get_mut(message) {
            ids.push(id);
            return;
        }
        known.by_message.insert(message.to_owned(), vec![id]);
        known.oldest_first.push_back(message.to_owned());
        if known.oldest_first.len() > MOST
            && let Some(oldest) = known.oldest_first.pop_front()
        {
            known.by_message.remove(&oldest);
        }
    }

    /// Follows the store until it ends. `project`: the Sandbox's.
    pub(crate) async fn follow(&self, store: Store, mut changes: Receiver<Change>, project: i64) {
        loop {
            match changes.recv().await {
                Ok(Change::Inserted(arrived)) if arrived.row.project == project => {
                    self.add(arrived.row.id, arrived.row.message_id.as_deref());
                }
                Ok(
                    Change::Inserted(_)
                    | Change::Changed(_)
                    | Change::Answered(_)
                    | Change::SentOn(_)
                    | Change::Removed(_)
                    | Change::Restored,
                ) => {}
                Ok(Change::Resync) | Err(RecvError::Lagged(_)) => {
                    if let Err(error) = self.read_back(&store, project).await {
                        let what = "the deliveries for the Sandbox's log could not be read";
                        store.complaints().warn(what, error.code(), &error, Instant::now());
                    }
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn read_back(&self, store: &Store, project: i64) -> Result<(), store::Error> {
        const PAGE: usize = 200;
        let last = self.0.lock().last;
        let new = store.ids_of(project, last).await?;
        for page in new.get(new.len().saturating_sub(MOST)..).unwrap_or_default().chunks(PAGE) {
            for row in store.rows(page).await? {
                self.add(row.id, row.message_id.as_deref());
            }
        }
        Ok(())
    }
}
