//! Every delivery as it is committed, for the command line.

use std::sync::Arc;
use std::time::Duration;

use store::{Change, Store};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::timeout;

use super::rows;
use super::view::PAGE;
use crate::dto::Row;
use crate::error::Result;
use crate::registry::Registry;

/// Every delivery as it is committed, in order. None is left out: what could not be followed live is read from the
/// store.
pub struct Arrivals {
    receiver: Receiver<Change>,
    store: Store,
    registry: Arc<Registry>,
    /// The newest delivery at the start.
    first: i64,
    /// The newest delivery that was given out, or the newest at the start.
    last: i64,
    /// How often to check what another process has committed to the same history.
    others: Option<Duration>,
    /// The delivery stored last at the last check.
    seen: Option<i64>,
}

impl Arrivals {
    pub(crate) async fn new(store: &Store, registry: Arc<Registry>) -> Result<Self> {
        let receiver = store.subscribe();
        let ids = store.ids().await?;
        let first = ids.last().copied().unwrap_or(0);
        Ok(Self { receiver, store: store.clone(), registry, first, last: first, others: None, seen: None })
    }

    /// Also gives out what another process commits to the same history. Nothing announces that, so it is checked at
    /// this pace.
    pub(crate) fn with_others(mut self, every: Duration) -> Self {
        self.others = Some(every);
        self
    }

    /// The next deliveries, oldest first; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Vec<Row>>> {
        loop {
            let change = match self.others {
                None => self.receiver.recv().await,
                Some(every) => match timeout(every, self.receiver.recv()).await {
                    Ok(change) => change,
                    Err(_) => match self.look().await {
                        Ok(rows) if rows.is_empty() => continue,
                        read => return Some(read),
                    },
                },
            };
            match change {
                Ok(Change::Inserted(arrived)) => {
                    let id = arrived.row.id;
                    if id == self.last + 1 {
                        self.last = id;
                        return Some(Ok(vec![rows::row(&arrived.row, &self.registry)]));
                    }
                    if id > self.last {
                        return Some(self.read_back().await);
                    }
                }
                Ok(
                    Change::Changed(_)
                    | Change::Answered(_)
                    | Change::SentOn(_)
                    | Change::Removed(_)
                    | Change::Restored,
                ) => {}
                Ok(Change::Resync) | Err(RecvError::Lagged(_)) => match self.read_back().await {
                    Ok(rows) if rows.is_empty() => {}
                    read => return Some(read),
                },
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads what was committed after the delivery `id`, without waiting: at the end, what was given out last may not
    /// have been used. `None`: nothing was used.
    pub async fn rest(&mut self, id: Option<i64>) -> Result<Vec<Row>> {
        while !matches!(self.receiver.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        self.last = id.unwrap_or(self.first);
        self.read_back().await
    }

    /// What others have committed, if there is more than at the last check.
    async fn look(&mut self) -> Result<Vec<Row>> {
        let last = self.store.last_id().await?;
        match self.seen.replace(last) == Some(last) {
            true => Ok(Vec::new()),
            false => self.read_back().await,
        }
    }

    /// Reads everything in the store after `last`, a page at a time.
    async fn read_back(&mut self) -> Result<Vec<Row>> {
        let ids = self.store.ids().await?;
        let new = ids.get(ids.partition_point(|id| *id <= self.last)..).unwrap_or_default();
        let mut read = Vec::with_capacity(new.len());
        for page in new.chunks(PAGE) {
            read.extend(self.store.rows(page).await?.iter().map(|row| rows::row(row, &self.registry)));
        }
        self.last = new.last().copied().unwrap_or(self.last);
        Ok(read)
    }
}
