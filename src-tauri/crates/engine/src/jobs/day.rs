//! What stood in a day and what did not, from the notes of what ran: for the overview. Asks nobody.

use store::{GONE, JobEnd, JobRank, JobRecord, JobsWanted, Settled, WebhookSeen};

use super::finding::Kept;
use super::{Jobs, shown_kind, timeline};
use crate::dto::{DayJob, DayJobs, DayStates, DayWebhook};
use crate::error::Result;

/// Jobs of a project that are named.
const NAMED: u32 = 20;
/// More edges than a day has hours, but not without bound.
const EDGES: usize = 400;
/// The service's word for a webhook that it disabled.
const FAILED: &str = "disabled_due_to_failed_deliveries";

impl Jobs {
    /// What stood between edges (Unix milliseconds, ascending) until now, of one project or of all.
    ///
    /// # Errors
    /// `not_found` if there is no such project; any error of the store.
    pub async fn day(&self, project: Option<i64>, mut edges: Vec<i64>) -> Result<DayStates> {
        edges.truncate(EDGES);
        edges.sort_unstable();
        let (Some(from), Some(end)) = (edges.first().copied(), edges.last().copied()) else {
            return Ok(DayStates::default());
        };
        let to = self.common.now_ms().clamp(from, end.max(from));
        let projects = match project {
            Some(project) => vec![self.below.registry.project(project)?.id],
            None => self.below.registry.projects().into_iter().map(|project| project.id).collect(),
        };
        let mut day = DayStates { jobs: vec![DayJobs::default(); edges.len() - 1], ..DayStates::default() };
        self.what_ran(&mut day, from, to).await?;
        for project in projects {
            let seen = self.common.store().webhook_states().since(project, from).await?;
            day.webhooks.extend(disabled(&seen, from, to));
            let ended = self.common.store().known_jobs().ended(project, from, end).await?;
            ended.iter().for_each(|one| count(&mut day.jobs, &edges, one));
            self.name(&mut day, project).await?;
        }
        day.missed.sort_by_key(|job| std::cmp::Reverse(job.ended_ms));
        Ok(day)
    }

    /// The listener and the tunnel. What was before the first note is not known, and not said.
    async fn what_ran(&self, day: &mut DayStates, from: i64, to: i64) -> Result<()> {
        let store = self.common.store();
        day.known_ms = store.uptimes().first().await?;
        if let Some(known) = day.known_ms.filter(|known| *known < to) {
            let from = from.max(known);
            day.listener = timeline::running(&store.uptimes().between(from, to).await?, from, to);
        }
        let mut states = store.tunnel_states().between(from, to).await?;
        if let Some(before) = store.tunnel_states().at(from).await?
            && states.first().is_none_or(|first| first.at_ms != before.at_ms)
        {
            states.insert(0, before);
        }
        if let Some(first) = states.first() {
            let from = from.max(first.at_ms);
            day.tunnel = timeline::tunnel(&states, from, to);
        }
        Ok(())
    }

    /// The jobs that somebody should see.
    async fn name(&self, day: &mut DayStates, project: i64) -> Result<()> {
        let jobs = self.common.store().known_jobs();
        let missed = JobsWanted { missed: true, ..JobsWanted::default() };
        let missed = jobs.page(project, missed, 0, NAMED).await?;
        day.missed.extend(missed.into_iter().filter(|record| !record.aside).map(named));
        // What waits stands first in the list.
        let first = jobs.page(project, JobsWanted::default(), 0, NAMED).await?;
        day.waiting.extend(first.into_iter().filter(|record| record.rank == JobRank::Waiting).map(named));
        Ok(())
    }
}

fn named(record: JobRecord) -> DayJob {
    let kept = record.finding.as_deref().and_then(Kept::read);
    let (cause, words) = kept.map(|kept| (kept.cause, kept.words)).unzip();
    DayJob {
        project: record.project,
        title: record.title.unwrap_or_else(|| record.name.clone()),
        name: record.name,
        kind: shown_kind(record.kind),
        ended_ms: record.ended_ms,
        cause,
        words,
    }
}

fn count(hours: &mut [DayJobs], edges: &[i64], job: &JobEnd) {
    let hour = edges.partition_point(|edge| *edge <= job.ended_ms).saturating_sub(1);
    let Some(hour) = hours.get_mut(hour) else { return };
    match job.settled {
        Settled::Told => hour.told += 1,
        Settled::Missed if job.aside => hour.aside += 1,
        Settled::Missed => hour.missed += 1,
        Settled::Open => hour.open += 1,
        Settled::NotExpected => hour.not_expected += 1,
    }
}

/// When which webhook was not enabled. `seen`: the oldest first, those of all webhooks of a project.
fn disabled(seen: &[WebhookSeen], from: i64, to: i64) -> Vec<DayWebhook> {
    let mut found = Vec::new();
    for (at, one) in seen.iter().enumerate() {
        if one.state == "enabled" || one.state == GONE {
            continue;
        }
        let next = seen.iter().skip(at + 1).find(|next| next.webhook == one.webhook);
        let (from_ms, to_ms) = (one.at_ms.max(from), next.map_or(to, |next| next.at_ms).min(to));
        if to_ms > from_ms {
            found.push(DayWebhook {
                project: one.project,
                webhook: one.webhook.clone(),
                name: one.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| one.uri.clone()),
                from_ms,
                to_ms,
                failed: one.state == FAILED,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_was_disabled_until_it_was_seen_otherwise() {
        let one = |webhook: &str, at_ms, state: &str| WebhookSeen {
            project: 1,
            webhook: webhook.into(),
            at_ms,
            seen_ms: at_ms,
            name: None,
            uri: format!("https://{webhook}/"),
            events: Vec::new(),
            state: state.into(),
        };
        let seen = [
            one("a", 5, "disabled"),
            one("b", 10, "enabled"),
            one("a", 20, "enabled"),
            one("b", 30, FAILED),
            one("a", 40, GONE),
        ];
        let found = disabled(&seen, 10, 50);
        let shape: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.from_ms, one.to_ms, one.failed)).collect();
        assert_eq!(shape, [("https://a/", 10, 20, false), ("https://b/", 30, 50, true)]);
    }

    #[test]
    fn jobs_are_counted_in_their_hour() {
        let mut hours = vec![DayJobs::default(); 2];
        let ended = |ended_ms, settled, aside| JobEnd { ended_ms, settled, aside };
        for job in [
            ended(0, Settled::Told, false),
            ended(9, Settled::Missed, false),
            ended(10, Settled::Missed, true),
            ended(19, Settled::Open, false),
            ended(15, Settled::NotExpected, false),
        ] {
            count(&mut hours, &[0, 10, 20], &job);
        }
        assert_eq!(hours[0], DayJobs { told: 1, missed: 1, ..DayJobs::default() });
        assert_eq!(hours[1], DayJobs { aside: 1, open: 1, not_expected: 1, ..DayJobs::default() });
    }
}
