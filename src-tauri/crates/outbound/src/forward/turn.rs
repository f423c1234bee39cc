//! The turn of a delivery whose sender waits for the target's own answer.

use std::sync::Arc;

use super::lane::Lane;
use super::queue::Own;
use super::rule::{Answer, Which};

/// Held until the target has answered. Attempts of one event keep their order, and so many at once as the rule says.
pub struct Turn<S: Clone> {
    lane: Arc<Lane<S>>,
    id: i64,
}

impl<S: Clone> Lane<S> {
    /// The target answers a delivery that was stored without an answer, where the rule says so.
    pub fn claim(self: &Arc<Self>, id: i64, event: Option<i64>, verified: bool) -> Option<Turn<S>> {
        let mut inner = self.inner();
        let rule = &inner.rule;
        let wanted = verified || rule.which == Which::All;
        if !rule.on || rule.answer == Answer::AtOnce || !wanted {
            return None;
        }
        inner.said(id);
        inner.own.insert(id, Own { event, begun: false });
        Some(Turn { lane: self.clone(), id })
    }
}

impl<S: Clone> Turn<S> {
    /// The lane it is of.
    #[must_use]
    pub fn lane(&self) -> &Lane<S> {
        &self.lane
    }

    /// Gives it up.
    #[must_use]
    pub fn release(self) -> Arc<Lane<S>> {
        self.lane.clone()
    }

    /// Waits until it may be sent.
    pub async fn come(&self) {
        loop {
            // Before it is looked: what happens in between is not missed.
            let told = self.lane.turns.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if self.take() {
                return;
            }
            told.await;
        }
    }

    fn take(&self) -> bool {
        let mut inner = self.lane.inner();
        let begun = inner.own.values().filter(|own| own.begun).count();
        let Some(event) = inner.own.get(&self.id).map(|own| own.event) else { return true };
        if let Some(event) = event {
            let earlier = inner.own.range(..self.id).any(|(_, own)| own.event == Some(event));
            if earlier || inner.busy.contains(&event) {
                return false;
            }
        }
        if begun >= inner.rule.concurrency as usize {
            return false;
        }
        inner.busy.extend(event);
        if let Some(own) = inner.own.get_mut(&self.id) {
            own.begun = true;
        }
        true
    }
}

impl<S: Clone> Drop for Turn<S> {
    fn drop(&mut self) {
        let mut inner = self.lane.inner();
        if let Some(own) = inner.own.remove(&self.id)
            && own.begun
            && let Some(event) = own.event
        {
            inner.busy.remove(&event);
        }
        drop(inner);
        self.lane.changed();
    }
}
