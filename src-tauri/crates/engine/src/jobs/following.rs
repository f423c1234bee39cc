//! Notes which deliveries tell of which job, as they arrive, and has a job asked about at once when its event comes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde_json::json;
use signature::Outcome;
use store::{Body, Change, JobKind, JobRank, JobRecord, KnownBy, NewTold, Row, Settled};
use tokio::sync::broadcast::error::RecvError;

use super::Jobs;
use super::about::{About, new_record};
use super::names::of_pointer;
use crate::error::Result;

/// How often to look at what arrived.
const TICK: Duration = Duration::from_millis(250);
/// Arrivals in one tick from which on the listener has the machine for itself.
const BUSY: u32 = 250;
/// Deliveries to read in one tick: while many arrive, and otherwise.
const FEW: u32 = 100;
const MANY: u32 = 2_000;
/// Deliveries from before there was a mark that are looked at once.
const EARLIER: i64 = 20_000;
/// Longest body to read, in bytes: the service's events have a few hundred.
const BODY: u64 = 256 * 1024;
/// The setting with the last delivery that was looked at.
const MARK: &str = "jobs.mark";
/// Jobs of a project that are remembered, besides those that the user sent or opened.
const MOST: u32 = 20_000;
/// Deliveries that may name one job.
const NAMED: usize = 200;

/// What one delivery says of a job.
struct Heard {
    told: NewTold,
    kind: JobKind,
    name: String,
    received_ms: i64,
    verified: bool,
    imported: bool,
}

impl Jobs {
    /// Follows the deliveries until the engine ends.
    pub(super) async fn follow(self) {
        let mut changes = self.common.store().subscribe();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut arrived, mut again, mut behind) = (0_u32, BTreeSet::new(), true);
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(Change::Inserted(_)) => {
                        arrived = arrived.saturating_add(1);
                        behind = true;
                    }
                    // A key came later, so an event may count that did not before; or it was forwarded, and one that
                    // counted does not any more.
                    Ok(Change::Changed(ids) | Change::SentOn(ids)) => again.extend(ids.iter().copied().take(1_000)),
                    Ok(Change::Answered(_) | Change::Removed(_)) => {}
                    Ok(Change::Restored | Change::Resync) | Err(RecvError::Lagged(_)) => behind = true,
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick(), if behind || !again.is_empty() => {
                    let few = std::mem::take(&mut arrived) > BUSY;
                    let work = self.follow_some(behind, if few { FEW } else { MANY }, &again).await;
                    match work {
                        Ok(more) => {
                            behind = more;
                            again.clear();
                        }
                        Err(error) => {
                            tracing::warn!(code = %error.code, "what deliveries tell of jobs could not be noted");
                        }
                    }
                }
            }
        }
    }

    async fn follow_some(&self, behind: bool, limit: u32, again: &BTreeSet<i64>) -> Result<bool> {
        if !again.is_empty() {
            let ids = again.iter().copied().collect();
            let heard = self.common.store().these_rows(ids, BODY, heard).await?;
            self.note(heard.into_iter().flatten().filter(|one| one.verified).collect()).await?;
        }
        if behind { self.catch_up_some(limit).await } else { Ok(false) }
    }

    /// Looks at everything that arrived so far: for those who ask once and end.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn catch_up(&self) -> Result<()> {
        while self.catch_up_some(MANY).await? {}
        Ok(())
    }

    /// Looks at the next deliveries. True if there may be more.
    async fn catch_up_some(&self, limit: u32) -> Result<bool> {
        let store = self.common.store();
        let mark = match store.settings().get(MARK).await?.and_then(|mark| mark.as_i64()) {
            Some(mark) => mark,
            None => store.last_id().await?.saturating_sub(EARLIER).max(0),
        };
        let found = store.rows_behind(mark, limit, BODY, |row, body| (row.id, heard(row, body))).await?;
        let Some((last, _)) = found.last() else {
            return Ok(false);
        };
        let (last, more) = (*last, found.len() >= limit as usize);
        self.note(found.into_iter().filter_map(|(_, heard)| heard).collect()).await?;
        store.settings().set(MARK, &json!(last)).await?;
        Ok(more)
    }

    /// Notes what deliveries tell. Anyone may send an event, so only a verified one makes a job known.
    async fn note(&self, heard: Vec<Heard>) -> Result<()> {
        if heard.is_empty() {
            return Ok(());
        }
        let now = self.common.now_ms();
        let jobs = self.common.store().known_jobs();
        let mut told = Vec::with_capacity(heard.len());
        let mut by_job = BTreeMap::<i64, BTreeMap<String, Vec<Heard>>>::new();
        // One read for each project, however many deliveries tell of however few jobs.
        let mut bare = BTreeMap::<i64, BTreeSet<String>>::new();
        for one in &heard {
            bare.entry(one.told.project).or_default().insert(one.told.job.clone());
        }
        let mut names = HashMap::new();
        for (project, bare) in bare {
            for record in jobs.by_bare(project, bare.into_iter().collect()).await? {
                let key = (project, record.kind, record.bare().to_owned());
                names.entry(key).or_insert(record.name);
            }
        }
        for one in heard {
            let known = names.get(&(one.told.project, one.kind, one.told.job.clone())).cloned();
            // Of a job that nobody knows, only a verified event is believed.
            if known.is_some() || one.verified {
                told.push(one.told.clone());
            }
            // An operation is told of without its model.
            let name = known.unwrap_or_else(|| one.name.clone());
            by_job.entry(one.told.project).or_default().entry(name).or_default().push(one);
        }
        let mut projects = Vec::with_capacity(by_job.len());
        for (project, mut heard) in by_job {
            projects.push(project);
            let names = heard.keys().cloned().collect();
            let change = move |name: &str, mut record: Option<JobRecord>| {
                for one in heard.remove(name)? {
                    record = record.or_else(|| one.verified.then(|| told_record(&one, now)));
                    if let Some(record) = &mut record {
                        hear(record, &one, now);
                    }
                }
                record
            };
            jobs.change(project, names, change).await?;
        }
        self.common.store().told_of().note(told).await?;
        for project in projects {
            self.trim(project).await?;
            self.changed(project);
        }
        Ok(())
    }

    async fn trim(&self, project: i64) -> Result<()> {
        let known = self.common.store().known_jobs().counts(project, store::JobsWanted::default()).await?.known;
        if known > MOST + MOST / 10 {
            self.common.store().known_jobs().trim(project, MOST).await?;
        }
        Ok(())
    }

    /// Searches the history for deliveries that name these jobs, once for each.
    pub(super) async fn find_told(&self, project: i64, records: &[JobRecord]) -> Result<()> {
        for record in records {
            if About::of(record).searched {
                continue;
            }
            let bare = record.bare().to_owned();
            let ids = self.below.history.newest_found(&format!("{bare:?}"), NAMED).await?;
            let found = self.common.store().these_rows(ids, BODY, heard).await?;
            let told = found.into_iter().flatten();
            let told =
                told.filter(|one| one.told.project == project && one.told.job == bare && one.kind == record.kind);
            self.common.store().told_of().note(told.map(|one| one.told).collect()).await?;
            let mark = |record: &mut JobRecord| {
                let about = About { searched: true, ..About::of(record) };
                record.about = serde_json::to_string(&about).unwrap_or_default();
            };
            self.update(project, &record.name, None, mark).await?;
        }
        Ok(())
    }
}

/// An event about this job came.
fn hear(record: &mut JobRecord, one: &Heard, now: i64) {
    if one.verified && record.rank == JobRank::Running && !one.imported {
        record.next_ms = Some(now);
    }
    if matches!(record.settled, Settled::Missed | Settled::Told) {
        // It came after all, or what it came to is not what it was: the watchdog looks again.
        record.settled = Settled::Open;
    }
}

/// A job that is only known from its event, which says that it has ended, or that it waits.
fn told_record(one: &Heard, now: i64) -> JobRecord {
    let mut record = new_record(one.told.project, one.kind, &one.name, KnownBy::Told, now);
    let waits = one.told.event_type.ends_with(".requires_action");
    record.rank = if waits { JobRank::Waiting } else { JobRank::Ended };
    (record.ended_ms, record.at_ms, record.first_ms) = (Some(one.received_ms), one.received_ms, one.received_ms);
    let about = About { searched: true, ..About::default() };
    record.about = serde_json::to_string(&about).unwrap_or_default();
    // Of an old event, or one from a file, there is nothing left to ask.
    let old = now.saturating_sub(one.received_ms) > super::about::FILES_LIVE_MS;
    record.next_ms = (!old && !one.imported).then_some(now);
    record.settled = Settled::Told;
    record
}

/// What a delivery says of a job, if its event names one.
fn heard(row: Row, body: Body<'_>) -> Option<Heard> {
    if row.imported && row.message_id.as_deref().is_some_and(|id| id.starts_with(super::making::ID)) {
        // Nobody sent it.
        return None;
    }
    let event_type = row.event_type.as_deref()?;
    let family = event_type.split('.').next()?;
    if !matches!(family, "batch" | "interaction" | "video") {
        return None;
    }
    let pointers = gemini::pointers::find(body.bytes?);
    let mut named = pointers.iter().filter_map(|pointer| of_pointer(pointer.kind, &pointer.value));
    let (kind, name) = named.next()?;
    Some(Heard {
        told: NewTold {
            delivery: row.id,
            project: row.project,
            job: store::bare(&name).to_owned(),
            event_type: event_type.to_owned(),
        },
        kind,
        name,
        received_ms: row.received_ns.div_euclid(1_000_000),
        verified: row.outcome == Outcome::Verified,
        imported: row.imported,
    })
}
