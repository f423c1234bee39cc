//! Asks about jobs by itself: for one that runs with growing gaps, at once when its event came, and for the list once in
//! a while. Never for a service that had too many requests, and never faster than a person would mind.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use store::{JobRank, JobRecord};

use super::Jobs;
use crate::dto::Project;

/// How often to look what is due.
const TICK: Duration = Duration::from_millis(500);
/// How often the watchdog looks.
const WATCH: Duration = Duration::from_secs(2);
/// In how many of those it looks again at what was missed.
const AGAIN: u32 = 15;
/// Jobs to ask about in one go: of a service on the internet, and of the Sandbox.
const AT_ONCE: u32 = 2;
const OF_THE_SANDBOX: u32 = 20;
/// The shortest gap between two questions about a job that runs, and the longest; of the Sandbox, in milliseconds.
const SHORTEST_MS: i64 = 5_000;
const LONGEST_MS: i64 = 600_000;
const SANDBOX_SHORTEST_MS: i64 = 1_000;
const SANDBOX_LONGEST_MS: i64 = 10_000;
/// A job that runs longer than this is not asked about by itself any more: the longest limit is 48 h.
const GIVEN_UP_MS: i64 = 7 * 24 * 3_600_000;

impl Jobs {
    /// Sets when to ask about it next, from what is known at `now_ms`.
    pub(super) fn plan(&self, record: &mut JobRecord, now_ms: i64) {
        if record.rank != JobRank::Running {
            record.next_ms = None;
            return;
        }
        let since = record.dispatched_ms.or(record.created_ms).unwrap_or(record.first_ms);
        let age = now_ms.saturating_sub(since).max(0);
        let (shortest, longest) = match self.below.registry.is_sandbox(record.project) {
            true => (SANDBOX_SHORTEST_MS, SANDBOX_LONGEST_MS),
            false => (SHORTEST_MS, LONGEST_MS),
        };
        record.next_ms = (age < GIVEN_UP_MS).then(|| now_ms.saturating_add((age / 10).clamp(shortest, longest)));
    }

    /// Asks until the engine ends.
    pub(super) async fn ask_by_itself(self) {
        let busy: Arc<Mutex<HashSet<i64>>> = Arc::default();
        let mut sandbox = self.below.sandbox.news();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut watched = tokio::time::Instant::now();
        let mut rounds = 0_u32;
        loop {
            tick.tick().await;
            let news = sandbox.as_mut().is_some_and(|news| {
                let changed = news.has_changed().unwrap_or(false);
                news.mark_unchanged();
                changed
            });
            self.list_by_itself(news);
            self.ask_due(&busy).await;
            if watched.elapsed() >= WATCH {
                watched = tokio::time::Instant::now();
                rounds = rounds.wrapping_add(1);
                if let Err(error) = self.settle_all(rounds.is_multiple_of(AGAIN)).await {
                    tracing::warn!(code = %error.code, "the watchdog could not look");
                }
            }
        }
    }

    /// Reads the first pages that are due. `news`: something happened in the Sandbox.
    fn list_by_itself(&self, news: bool) {
        if !self.below.watches() {
            return;
        }
        for project in self.below.registry.projects() {
            let due = if project.sandbox { news } else { true };
            if due && usable(&project) && self.lists.begin(&project, self.common.now_ms(), true, project.sandbox) {
                let (room, id) = (self.clone(), project.id);
                self.common.spawn(async move { drop(room.read_page(id, None).await) });
            }
        }
    }

    async fn ask_due(&self, busy: &Arc<Mutex<HashSet<i64>>>) {
        let now = self.common.now_ms();
        for known in self.below.registry.projects().iter().filter(|known| usable(known)) {
            let project = known.id;
            if self.lists.paused_until(project, now).is_some() || busy.lock().contains(&project) {
                continue;
            }
            let at_once = if known.sandbox { OF_THE_SANDBOX } else { AT_ONCE };
            let records = match self.common.store().known_jobs().due(project, now, at_once).await {
                Ok(records) => records,
                Err(error) => {
                    tracing::warn!(%error, "the jobs that are due could not be read");
                    return;
                }
            };
            if records.is_empty() {
                continue;
            }
            busy.lock().insert(project);
            let (room, busy) = (self.clone(), busy.clone());
            self.common.spawn(async move {
                for record in records {
                    if let Err(error) = room.ask(record).await {
                        tracing::debug!(project, code = %error.code, "a job could not be asked about");
                    }
                }
                busy.lock().remove(&project);
            });
        }
    }
}

pub(super) fn usable(project: &Project) -> bool {
    project.api_key.as_ref().is_some_and(|key| key.available)
}
