//! Answers of the listener that are not its usual ones: a rule of the fault lab first, then the target's own.

use std::collections::HashSet;
use std::sync::{OnceLock, PoisonError, RwLock, Weak};

use inbound::fault_lab::Rules;
use inbound::{Answers, Committed, GivenLater};
use signature::Outcome;

use crate::dto::ForwardAnswer;
use crate::engine::{Engine, Inner};
use crate::forward::Forwards;

/// What the listener asks after each commit.
#[derive(Default)]
pub(crate) struct Answering {
    pub(crate) lab: Rules,
    /// Projects whose senders get the target's own answer.
    targets: RwLock<HashSet<i64>>,
    /// The engine, which has this.
    engine: OnceLock<Weak<Inner>>,
}

impl Answering {
    /// Once, when the engine is there.
    pub(crate) fn belongs_to(&self, engine: Weak<Inner>) {
        let _ = self.engine.set(engine);
    }

    /// Rules were changed.
    pub(crate) fn forwards_changed(&self, forwards: &Forwards) {
        let asked = forwards.rules().into_iter().filter(|rule| rule.on && rule.answer != ForwardAnswer::AtOnce);
        let asked = asked.map(|rule| rule.project).collect();
        *self.targets.write().unwrap_or_else(PoisonError::into_inner) = asked;
    }
}

impl Answers for Answering {
    fn concerns(&self, project: i64) -> bool {
        self.lab.concerns(project) || self.targets.read().unwrap_or_else(PoisonError::into_inner).contains(&project)
    }

    fn answer(&self, committed: &Committed) -> Option<GivenLater> {
        let Committed { id, project, event, outcome, .. } = *committed;
        let verified = outcome == Outcome::Verified;
        let engine = Engine { inner: self.engine.get()?.upgrade()? };
        let lane = engine.inner.forwards.lane(project);
        if let Some((given, delay)) = self.lab.answer(committed) {
            // The target gets it all the same; only the answer is not its own.
            if let Some(lane) = lane {
                lane.offer(id, event, verified);
            }
            return Some(Box::pin(async move {
                tokio::time::sleep(delay).await;
                given
            }));
        }
        let lane = lane?;
        let Some(turn) = lane.claim(id, event, verified) else {
            lane.offer(id, event, verified);
            return None;
        };
        let committed = committed.clone();
        Some(Box::pin(async move { engine.forwarded_answer(turn, committed).await }))
    }
}
