//! What the hits of the open view have, for suggestions. Each question has a short time: who types does not wait.

use std::sync::Arc;
use std::time::Duration;

use query::{Clock, Expr, Field, Query};
use store::{Search, Wanted};

use super::feed::Feed;
use super::query as reading;
use super::suggest::{Hits, Places};
use crate::dto::{ValueCount, ValueCounts};

/// How long a question may take.
const PATIENCE: Duration = Duration::from_millis(80);
/// The newest hits that are looked at for a piece of text.
const SAMPLE: usize = 500;
/// Matches to count; more are not counted soon, unless the columns know them.
const COUNTED: usize = 10_000;

/// The hits of the open view.
pub(crate) struct Present {
    search: Search,
    clock: Clock,
    /// Newest first.
    ids: Arc<Vec<i64>>,
    /// Whether no older ones are still being looked for.
    exact: bool,
    /// What the view shows.
    expr: Expr,
}

impl Feed {
    /// The hits of the open view. Without a view there are none.
    pub(crate) fn present(&self) -> Present {
        let (ids, exact, expr) = match self.view().as_ref() {
            Some(view) => (view.ids(), view.exact, view.wanted.expr().clone()),
            None => (Vec::new(), true, Expr::Everything),
        };
        let search = self.common().store().search().clone();
        Present { search, clock: reading::clock(self.common()), ids: Arc::new(ids), exact, expr }
    }
}

impl Present {
    fn counts(&self, found: Option<store::Values>) -> ValueCounts {
        let Some(found) = found else { return ValueCounts::default() };
        let values = found.values.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
        ValueCounts { values, counted: found.counted, exact: found.exact && self.exact }
    }

    async fn found(&self, expr: Expr) -> Option<u64> {
        let names = soon(self.search.names()).await?;
        let wanted = Arc::new(Wanted::new(expr.normal(), names));
        let found = soon(self.search.find(&wanted, COUNTED)).await?;
        found.rest.is_none().then_some(found.ids.len() as u64)
    }
}

impl Hits for Present {
    async fn values(&self, field: &Field, limit: usize) -> ValueCounts {
        self.counts(soon(self.search.values(field, Arc::clone(&self.ids), limit)).await)
    }

    async fn keys(&self, field: &Field, limit: usize) -> ValueCounts {
        self.counts(soon(self.search.keys(field, Arc::clone(&self.ids), limit)).await)
    }

    async fn places(&self, piece: &str, limit: usize) -> Places {
        let found = soon(self.search.places(piece, Arc::clone(&self.ids), SAMPLE, limit)).await;
        let value = |(field, value, count)| (field, ValueCount { value, count });
        Places {
            values: found.unwrap_or_default().into_iter().map(value).collect(),
            counted: self.ids.len().min(SAMPLE) as u64,
            exact: self.exact && self.ids.len() <= SAMPLE,
        }
    }

    async fn count(&self, query: &str) -> Option<u64> {
        let asked = Query::parse(query, &self.clock).ok()?.expr;
        // What the view asks for already is what all its hits have.
        let asked_already = match &self.expr {
            Expr::And(parts) => parts.contains(&asked),
            one => *one == asked,
        };
        if asked_already {
            return self.exact.then_some(self.ids.len() as u64);
        }
        self.found(Expr::And(vec![self.expr.clone(), asked])).await
    }

    async fn count_of_all(&self, query: &str) -> Option<u64> {
        self.found(Query::parse(query, &self.clock).ok()?.expr).await
    }
}

/// What comes in time; an error is as good as nothing here, since the view itself tells of it.
async fn soon<T>(asked: impl Future<Output = Result<T, store::Error>>) -> Option<T> {
    tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()
}
