//! The turn of a delivery whose sender waits for the target's own answer.

use std::sync::Arc;

use super::Lane;
use crate::dto::{ForwardAnswer, ForwardWhich};

/// Held until the target has answered. Attempts of one event keep their order, and so many at once as the rule says.
pub(crate) struct Turn {
    lane: Arc<Lane>,
    id: i64,
}

/// A delivery whose sender waits.
pub(super) struct Own {
    pub(super) event: Option<i64>,
    begun: bool,
}

impl Lane {
    /// The target answers a delivery that was stored without an answer, where the rule says so.
    pub(crate) fn claim(self: &Arc<Self>, id: i64, event: Option<i64>, verified: bool) -> Option<Turn> {
        let mut inner = self.inner();
        let rule = &inner.rule;
        let wanted = verified || rule.which == ForwardWhich::All;
        if !rule.on || rule.answer == ForwardAnswer::AtOnce || !wanted {
            return None;
        }
        inner.said(id);
        inner.own.insert(id, Own { event, begun: false });
        Some(Turn { lane: self.clone(), id })
    }
}

impl Turn {
    pub(crate) fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Gives it up.
    pub(crate) fn release(self) -> Arc<Lane> {
        self.lane.clone()
    }

    /// Waits until it may be sent.
    pub(crate) async fn come(&self) {
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

impl Drop for Turn {
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
