//! The deliveries that are meant, page by page.

use std::collections::HashMap;

use exchange::Record;

use super::Transfers;
use super::records::record;
use crate::dto::Selection;
use crate::error::Result;

/// Deliveries to read at once.
const PAGE: usize = 256;
/// Bodies up to this length are read with their page; larger ones each alone.
const WITH_PAGE: u64 = 128 * 1024;

/// What is left to read.
pub(super) struct Pages {
    room: Transfers,
    left: Left,
    /// Names of projects, also of those that were removed.
    names: HashMap<i64, String>,
    pub(super) total: u64,
}

enum Left {
    /// Ascending, from the end.
    Ids(Vec<i64>),
    /// After one, up to another.
    Range(i64, i64),
}

impl Transfers {
    /// The deliveries that are meant, oldest first.
    ///
    /// # Errors
    /// `query_invalid`; any error of the store.
    pub(super) async fn pages(&self, selection: Selection) -> Result<Pages> {
        let store = self.common.store();
        let names = store.projects().all().await?.into_iter().map(|project| (project.id, project.name)).collect();
        let (left, total) = match selection {
            Selection::All => {
                let last = store.last_id().await?;
                (Left::Range(0, last), store.counts().await?.total)
            }
            Selection::Ids(ids) => descending(ids),
            Selection::Query(query) => descending(self.history.found(&query).await?),
        };
        Ok(Pages { room: self.clone(), left, names, total })
    }
}

fn descending(mut ids: Vec<i64>) -> (Left, u64) {
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.dedup();
    let total = ids.len() as u64;
    (Left::Ids(ids), total)
}

impl Pages {
    /// The next ones; empty at the end.
    pub(super) async fn next(&mut self) -> Result<Vec<Record>> {
        let store = self.room.common.store();
        let take = |delivery: store::Delivery, body: store::Body<'_>| (delivery, body.bytes.map(<[u8]>::to_vec));
        let read = loop {
            let read = match &mut self.left {
                Left::Ids(ids) => {
                    let page = ids.split_off(ids.len().saturating_sub(PAGE));
                    if page.is_empty() {
                        return Ok(Vec::new());
                    }
                    store.these(page.into_iter().rev().collect(), WITH_PAGE, take).await?
                }
                Left::Range(after, last) => {
                    let upto = *last;
                    let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
                    let mut read = store.behind(*after, limit, WITH_PAGE, take).await?;
                    match read.last() {
                        None => return Ok(Vec::new()),
                        Some((delivery, _)) => *after = delivery.row.id,
                    }
                    // What arrived since the beginning is not meant.
                    read.retain(|(delivery, _)| delivery.row.id <= upto);
                    if read.is_empty() {
                        return Ok(Vec::new());
                    }
                    read
                }
            };
            // Those of a page may all be gone meanwhile.
            if !read.is_empty() {
                break read;
            }
        };
        let mut records = Vec::with_capacity(read.len());
        for (delivery, body) in read {
            let body = match body {
                Some(body) => body,
                None => store.body(delivery.row.id).await?.unwrap_or_default(),
            };
            let project = self.names.get(&delivery.row.project).cloned();
            records.push(record(delivery, body, project));
        }
        Ok(records)
    }
}
