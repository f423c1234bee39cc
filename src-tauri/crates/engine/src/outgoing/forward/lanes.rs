//! The lanes of all projects, and the form in which a rule is stored.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use outbound::forward::Marks;
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::dto::{ForwardAnswer, ForwardRule, ForwardWhich, Outbound};
use crate::error::Result;

/// A lane whose requests have the form that the window shows.
pub(super) type Lane = outbound::forward::Lane<Outbound>;

/// A rule in the form in which it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) rule: ForwardRule,
    /// Everything up to this delivery is dealt with.
    pub(super) mark: i64,
    /// Set while the rule is off: the newest delivery that can still wait.
    off_at: i64,
    /// What waited up to here was dropped by hand.
    #[serde(default)]
    dropped_to: i64,
}

impl Kept {
    pub(super) fn of(lane: &Lane) -> Self {
        let Marks { reached, off_at, dropped_to } = lane.marks();
        Self { rule: lane.rule(), mark: reached, off_at, dropped_to }
    }

    fn waiting(&self) -> store::Waiting {
        let after = self.mark.max(self.dropped_to);
        store::Waiting { project: self.rule.project, after, which: store_which(self.rule.which) }
    }

    pub(super) fn marks(&self) -> Marks {
        Marks { reached: self.mark, off_at: self.off_at, dropped_to: self.dropped_to }
    }
}

/// What waits by the rules that are stored: another process may send it on.
pub(crate) async fn stored_waiting(store: &store::Store) -> Result<Vec<store::Waiting>> {
    let kept = store.settings().get(super::KEY).await?;
    let kept: Vec<Kept> = kept.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    Ok(kept.iter().filter(|kept| kept.rule.on).map(Kept::waiting).collect())
}

/// The lanes, by project.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: Mutex<BTreeMap<i64, Arc<Lane>>>,
    /// The first one came.
    first: Notify,
    /// Projects whose senders get the target's own answer. Read for every delivery.
    answering: RwLock<HashSet<i64>>,
}

/// The same for the history.
pub(super) fn store_which(which: ForwardWhich) -> store::WhichWait {
    match which {
        ForwardWhich::Verified => store::WhichWait::Verified,
        ForwardWhich::Genuine => store::WhichWait::Genuine,
        ForwardWhich::All => store::WhichWait::All,
    }
}

impl Lanes {
    pub(super) fn of(&self, project: i64) -> Option<Arc<Lane>> {
        self.lanes.lock().get(&project).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Lane>> {
        self.lanes.lock().values().cloned().collect()
    }

    /// What waits in those that are on.
    pub(super) fn waiting(&self) -> Vec<store::Waiting> {
        let on = self.all().into_iter().filter(|lane| lane.rule().on);
        on.map(|lane| Kept::of(&lane).waiting()).collect()
    }

    pub(super) fn put(&self, lane: Arc<Lane>) {
        self.lanes.lock().insert(lane.project(), lane);
        self.first.notify_one();
    }

    pub(super) fn of_or_new(&self, project: i64) -> Arc<Lane> {
        let new = || Arc::new(Lane::new(ForwardRule { project, ..ForwardRule::default() }, Marks::default()));
        let lane = self.lanes.lock().entry(project).or_insert_with(new).clone();
        self.first.notify_one();
        lane
    }

    /// Waits until there is one. For one caller.
    pub(super) async fn some(&self) {
        while self.lanes.lock().is_empty() {
            self.first.notified().await;
        }
    }

    /// Whether this project's senders get the target's own answer.
    pub(super) fn answers(&self, project: i64) -> bool {
        self.answering.read().contains(&project)
    }

    /// Notes which targets make the answers, after a rule was changed.
    pub(super) fn note_answering(&self) {
        let rules = self.all().into_iter().map(|lane| lane.rule());
        let asked = rules.filter(|rule| rule.on && rule.answer != ForwardAnswer::AtOnce).map(|rule| rule.project);
        *self.answering.write() = asked.collect();
    }
}
