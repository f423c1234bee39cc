//! The history: reports what arrives, lists and opens it, explains it, and judges it again when keys come.

use std::sync::Arc;

use inbound::{Explain, Tally};
use tokio::sync::{mpsc, watch};

use crate::common::Common;
use crate::dto::{Counts, KeepLimits, ListenerState};
use crate::projects::key_news::KeyNews;
use crate::registry::Registry;
use bounds::Bounds;
use feed::Feed;
use judging::Judging;
use searches::SearchList;

pub(crate) mod arrivals;
pub(crate) mod body;
mod bounds;
mod compare;
mod day;
mod detail;
mod explain;
mod feed;
mod found;
mod headers;
pub(crate) mod health;
pub(crate) mod imported;
pub(crate) mod judging;
mod keep;
mod opening;
mod present;
mod query;
mod reverify;
pub(crate) mod rows;
mod searches;
mod searching;
mod space;
mod suggest;
pub(crate) mod tail;
mod unlike;
mod view;

/// Rejected deliveries that may wait for the near-miss probe. Beyond that the probe runs when the delivery is opened.
const EXPLAIN_QUEUE: usize = 256;

/// The room of the history. Cloning shares it.
#[derive(Clone)]
pub struct History {
    common: Common,
    registry: Arc<Registry>,
    feed: Arc<Feed>,
    judging: Arc<Judging>,
    searches: Arc<SearchList>,
    /// What the listener is doing: an opened delivery names its address.
    listener: watch::Receiver<ListenerState>,
    bounds: Arc<Bounds>,
}

impl History {
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        tally: Arc<Tally>,
        listener: watch::Receiver<ListenerState>,
        keep: Option<KeepLimits>,
    ) -> Self {
        let feed = Feed::new(common.clone(), registry.clone(), tally);
        let bounds = Bounds::new(common.clone(), keep);
        Self { common, registry, feed, judging: Arc::default(), searches: Arc::default(), listener, bounds }
    }

    /// Begins to report what arrives, to explain what is rejected, and to judge again when a key comes. Returns the
    /// channel on which rejected deliveries go to be explained.
    pub(crate) fn begin(&self, keys: Arc<KeyNews>) -> mpsc::Sender<Explain> {
        let Self { common, registry, feed, .. } = self;
        let (explain, to_explain) = mpsc::channel(EXPLAIN_QUEUE);
        common.spawn_to_the_end(feed.clone().run(common.store().subscribe()));
        common.spawn(explain::run(common.store().clone(), registry.clone(), to_explain));
        common.spawn_to_the_end(space::watch(common.clone()));
        common.spawn(health::watch(common.clone()));
        common.spawn(self.bounds.clone().run(self.listener.clone()));
        if !common.is_fixed() {
            common.spawn(self.clone().follow_keys(keys));
            common.spawn(self.clone().follow_arrivals());
        }
        explain
    }

    /// How much is kept, and how much was turned away.
    pub(crate) async fn counts(&self) -> Counts {
        self.feed.counts().await
    }
}
