//! All deliveries that a search finds, for commands about many of them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use query::{Expr, Field, Query};
use store::Wanted;

use super::{History, query as reading};
use crate::common::Common;
use crate::error::{Code, Error, Result};

/// The newest, which come at once.
const AT_ONCE: usize = 1_000;

impl History {
    /// The ids of the newest deliveries that a search finds, newest first, at most so many.
    ///
    /// # Errors
    /// `query_invalid`; any error of the store.
    pub async fn newest_found(&self, query: &str, limit: usize) -> Result<Vec<i64>> {
        let query = Query::parse(query, &reading::clock(&self.common))?;
        know_waiting(&self.common, &query.expr).await?;
        let search = self.common.store().search();
        let wanted = Arc::new(Wanted::new(query.expr, search.names().await?));
        let mut ids = search.find(&wanted, limit).await?.ids;
        ids.truncate(limit);
        Ok(ids)
    }

    /// The ids of all deliveries that a search finds.
    ///
    /// # Errors
    /// `query_invalid`; any error of the store.
    pub async fn found(&self, query: &str) -> Result<Vec<i64>> {
        let query = Query::parse(query, &reading::clock(&self.common))?;
        know_waiting(&self.common, &query.expr).await?;
        let search = self.common.store().search();
        let wanted = Arc::new(Wanted::new(query.expr, search.names().await?));
        let found = search.find(&wanted, AT_ONCE).await?;
        let mut ids = found.ids;
        if let Some(rest) = found.rest {
            let stop = self.common.stop().clone();
            let older = tokio::task::spawn_blocking(move || {
                let mut older = Vec::new();
                let done = rest.run(&AtomicBool::new(false), |ids, _| {
                    older.extend_from_slice(ids);
                    !stop.is_cancelled()
                });
                done.map(|()| older)
            });
            let older =
                older.await.map_err(|error| Error::new(Code::Internal, "The search failed.").with_detail(error))?;
            ids.extend(older?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

/// What waits to be forwarded is told by whoever forwards. Where nobody does, or not yet, the stored rules say it.
pub(super) async fn know_waiting(common: &Common, expr: &Expr) -> Result<()> {
    let asks = expr.terms().iter().any(|term| term.field == Field::Forwarded);
    if asks && !common.store().knows_waiting() {
        let waiting = crate::outgoing::forward::stored_waiting(common.store()).await?;
        common.store().waiting(waiting);
    }
    Ok(())
}
