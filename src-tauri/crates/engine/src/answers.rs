//! The listener's unusual answers: a rule of the fault lab comes first, then the target's own.

use std::sync::Arc;

use inbound::fault_lab::Rules;
use inbound::{Committed, GivenLater};

use crate::common::Common;
use crate::outgoing::forward::Forwards;

mod rules;

/// The room of answers. Cloning shares it.
#[derive(Clone)]
pub struct Answers {
    common: Common,
    lab: Arc<Rules>,
    forwards: Forwards,
}

impl Answers {
    pub(crate) fn new(common: Common, forwards: Forwards) -> Self {
        Self { common, lab: Arc::default(), forwards }
    }
}

/// What the listener asks after each commit.
impl inbound::Answers for Answers {
    fn concerns(&self, project: i64) -> bool {
        self.lab.concerns(project) || self.forwards.answers(project)
    }

    fn answer(&self, committed: &Committed) -> Option<GivenLater> {
        let Some((given, delay)) = self.lab.answer(committed) else { return self.forwards.answer(committed) };
        // The target still gets the delivery; only the answer is not its own.
        self.forwards.take_over(committed);
        Some(Box::pin(async move {
            tokio::time::sleep(delay).await;
            given
        }))
    }
}
