//! The hits of the open view, in which suggestions count.

use std::sync::Arc;

use query::{Expr, Field, Query};
use store::{Search, Values, Wanted};

use super::feed::Feed;
use super::query::clock;
use super::suggest::{Hits, Places};
use crate::dto::{ValueCount, ValueCounts};

/// Deliveries that are looked through for a piece of text.
const LOOKED_THROUGH: usize = 500;
/// Matches that are counted one by one.
const COUNTED: usize = 200;

/// What the open view has at one moment.
pub(crate) struct Present<'a> {
    feed: &'a Feed,
    /// Newest first.
    ids: Arc<Vec<i64>>,
    /// These are all.
    exact: bool,
    expr: Expr,
}

impl Feed {
    /// The hits of the open view.
    pub(crate) fn present(&self) -> Present<'_> {
        let slot = self.view();
        let (ids, exact, expr) = match slot.as_ref() {
            Some(view) => (view.ids(), view.exact, view.wanted.expr().clone()),
            None => (Vec::new(), true, Expr::Everything),
        };
        Present { feed: self, ids: Arc::new(ids), exact, expr }
    }
}

impl Present<'_> {
    fn search(&self) -> &Search {
        self.feed.common().store().search()
    }

    fn counts(&self, found: Result<Values, store::Error>) -> ValueCounts {
        let Ok(found) = found else { return ValueCounts::default() };
        let values = found.values.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
        ValueCounts { values, counted: found.counted, exact: self.exact && found.exact }
    }

    /// How many deliveries match both.
    async fn matching(&self, among: &Expr, text: &str) -> Option<u64> {
        let query = Query::parse(text, &clock(self.feed.common())).ok()?;
        let expr = Expr::And(vec![among.clone(), query.expr]).normal();
        let wanted = Arc::new(Wanted::new(expr, self.search().names().await.ok()?));
        let found = self.search().find(&wanted, COUNTED).await.ok()?;
        found.rest.is_none().then_some(found.ids.len() as u64)
    }
}

impl Hits for Present<'_> {
    async fn values(&self, field: &Field, limit: usize) -> ValueCounts {
        self.counts(self.search().values(field, Arc::clone(&self.ids), limit).await)
    }

    async fn keys(&self, field: &Field, limit: usize) -> ValueCounts {
        self.counts(self.search().keys(field, Arc::clone(&self.ids), limit).await)
    }

    async fn places(&self, piece: &str, limit: usize) -> Places {
        let found = self.search().places(piece, Arc::clone(&self.ids), LOOKED_THROUGH, limit).await.unwrap_or_default();
        let value = |(field, value, count)| (field, ValueCount { value, count });
        let exact = self.exact && found.exact;
        Places { values: found.values.into_iter().map(value).collect(), counted: found.counted, exact }
    }

    async fn count(&self, query: &str) -> Option<u64> {
        self.matching(&self.expr, query).await
    }

    async fn count_of_all(&self, query: &str) -> Option<u64> {
        self.matching(&Expr::Everything, query).await
    }
}
