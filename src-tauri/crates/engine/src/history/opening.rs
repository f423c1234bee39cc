//! What the window and the command line open: the list, one delivery, its body, and what arrives.

use std::sync::Arc;

use inbound::Explain;
use query::{Expr, Field, Term, Test};
use signature::Outcome;
use store::Wanted;

use super::arrivals::Arrivals;
use super::{History, body, detail, explain, rows};
use crate::dto::{Detail, Row, ViewOpened};
use crate::error::{Code, Error, Result};

impl History {
    /// Every delivery from now on, as it is committed.
    pub async fn arrivals(&self) -> Result<Arrivals> {
        Arrivals::new(self.common.store(), self.registry.clone()).await
    }

    /// Opens the view of a query in place of the current one.
    ///
    /// # Errors
    /// `query_invalid`; any error of the store.
    pub async fn open_view(&self, query: &str) -> Result<ViewOpened> {
        self.feed.open(query).await
    }

    /// The newest delivery, or the newest with this `webhook-id`.
    pub async fn newest(&self, message_id: Option<&str>) -> Result<Option<Row>> {
        let expr = message_id.map_or(Expr::Everything, |id| {
            Expr::Term(Term { field: Field::Id, any_of: vec![Test::Exactly(id.to_owned())] })
        });
        let store = self.common.store();
        let wanted = Arc::new(Wanted::new(expr, store.search().names().await?));
        let newest: Vec<i64> = store.search().find(&wanted, 1).await?.ids.into_iter().take(1).collect();
        Ok(store.rows(&newest).await?.first().map(|row| rows::row(row, &self.registry)))
    }

    /// The delivery with this number (`12`, `#12`), or the newest with this `webhook-id`.
    pub async fn by_id(&self, text: &str) -> Result<Option<Row>> {
        if let Ok(number) = text.strip_prefix('#').unwrap_or(text).parse::<i64>() {
            let found = self.common.store().rows(&[number]).await?;
            if let Some(row) = found.first() {
                return Ok(Some(rows::row(row, &self.registry)));
            }
        }
        self.newest(Some(text)).await
    }

    /// Rows of the open view by ordinal, oldest first, at most 200.
    pub async fn rows(&self, view: u32, start: u64, count: u32) -> Result<Vec<Row>> {
        self.feed.page(view, start, count).await
    }

    /// The ordinal of a delivery in the open view.
    pub fn find(&self, view: u32, id: i64) -> Option<u64> {
        self.feed.find(view, id)
    }

    /// One delivery, whole but for the bytes of its body. Probes a rejected one that was never probed.
    pub async fn delivery(&self, id: i64) -> Result<Detail> {
        self.explain_late(id).await?;
        detail::open(self.common.store(), &self.registry, id).await
    }

    pub(super) async fn explain_late(&self, id: i64) -> Result<()> {
        let store = self.common.store();
        let Some(delivery) = store.delivery(id).await? else { return Ok(()) };
        if delivery.verdict.outcome != Outcome::Rejected
            || delivery.row.truncated
            || signature::probed(&delivery.verdict)
        {
            return Ok(());
        }
        let explain = Explain {
            id,
            project: delivery.row.project,
            headers: delivery.headers,
            body: store.body(id).await?.unwrap_or_default().into(),
            now: delivery.row.received_ns.div_euclid(1_000_000_000),
            verdict: delivery.verdict,
            room: None,
        };
        if let Some(verdict) = explain::explained(store, &self.registry, explain, None).await {
            store.explained(id, verdict).await?;
        }
        Ok(())
    }

    /// The bytes of a body as they were kept, or with the content encoding undone.
    pub async fn body(&self, id: i64, decoded: bool) -> Result<Vec<u8>> {
        let store = self.common.store();
        let bytes = store.body(id).await?.ok_or_else(|| Error::not_found("delivery"))?;
        if !decoded {
            return Ok(bytes);
        }
        let delivery = store.delivery(id).await?.ok_or_else(|| Error::not_found("delivery"))?;
        let encoding = delivery.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let Some(encoding) = encoding.and_then(|(_, value)| String::from_utf8(value.clone()).ok()) else {
            return Ok(bytes);
        };
        tokio::task::spawn_blocking(move || body::decode(&bytes, &encoding))
            .await
            .map_err(|error| Error::new(Code::Internal, "The body could not be decoded.").with_detail(error))?
            .map_err(|problem| Error::new(Code::NotDecodable, problem))
    }
}
