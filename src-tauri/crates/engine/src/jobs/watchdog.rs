//! The watchdog: what ended and was never told of, and why.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use store::{GONE, JobKind as Kind, JobRank, JobRecord, Settled, ToldRow, WebhookSeen};

use super::about::{About, phase};
use super::evidence::{Facts, Named};
use super::finding::Kept;
use super::reading::Asked;
use super::view::is_accepted;
use super::{Jobs, MissedJob, retrying, shown_kind, timeline};
use crate::dto::{FindingTick, JobFinding, JobPhase, MissedCause, NextAttempt, Span, UriPlace};
use crate::error::Result;

/// How long a job that ended is looked at: after that the service has given up and its files are gone.
const LOOKED_AT_MS: i64 = 48 * 3_600_000;
/// Jobs to look at in one go.
const AT_ONCE: u32 = 500;
/// What the axis shows before a job's end, and the longest that it shows after it.
const BEFORE_MS: i64 = 20 * 60_000;
const AFTER_MS: i64 = 2 * 3_600_000;
/// Ticks on the axis.
const TICKS: usize = 400;
/// Retried events to learn the schedule from.
const RETRIED: u32 = 300;
/// Deliveries since the end to count.
const OTHERS: usize = 2_000;

/// What the watchdog says of one job.
enum Ruling {
    Told,
    NotExpected,
    Missed(Named, Box<Looked>),
}

/// What was looked at for a ruling.
struct Looked {
    running: Vec<Span>,
    tunnel: Vec<Span>,
    webhook: Vec<Span>,
    next: Option<NextAttempt>,
    from_ms: i64,
    to_ms: i64,
}

impl Jobs {
    /// Looks at every job that ended: at once whether it was told, and why not once its grace is over. `again`: also at
    /// those that were missed, which may have another cause by now.
    pub(super) async fn settle_all(&self, again: bool) -> Result<()> {
        if !self.below.watches() {
            return Ok(());
        }
        let now = self.common.now_ms();
        let until = now.saturating_sub(self.below.grace_ms());
        let (from, to) = (now.saturating_sub(LOOKED_AT_MS), now.saturating_add(1));
        let jobs = self.common.store().known_jobs();
        for project in self.below.registry.projects() {
            // An event within the grace settles a job at once.
            for record in jobs.unsettled(project.id, from, to, again, AT_ONCE).await? {
                let over = record.ended_ms.is_some_and(|ended| ended < until);
                self.settle(record, over).await?;
            }
        }
        Ok(())
    }

    /// Looks at one job. `over`: its grace is.
    pub(super) async fn settle(&self, record: JobRecord, over: bool) -> Result<()> {
        let rows = self.told_rows(&record).await?;
        let ruling = match is_told(&rows) {
            true => Ruling::Told,
            false if !over => return Ok(()),
            false => self.rule(&record, rows, For::TheList).await?,
        };
        let now = self.common.now_ms();
        let before = record.finding.as_deref().and_then(Kept::read).filter(|_| record.settled == Settled::Missed);
        let (settled, finding) = match ruling {
            Ruling::Told => (Settled::Told, None),
            Ruling::NotExpected => (Settled::NotExpected, None),
            Ruling::Missed(named, _) => {
                let found_ms = before.as_ref().map_or(now, |kept| kept.found_ms);
                (Settled::Missed, Some(Kept { cause: named.cause, words: named.words, found_ms }))
            }
        };
        if settled == record.settled && finding == before {
            return Ok(());
        }
        let new = settled == Settled::Missed && before.is_none();
        let kept = finding.as_ref().and_then(|finding| serde_json::to_string(finding).ok());
        let change = move |record: &mut JobRecord| {
            record.settled = settled;
            record.finding = kept;
        };
        self.update(record.project, &record.name, None, change).await?;
        if new && !record.aside {
            // Nobody may be following.
            let _ = self.missed.send(MissedJob { project: record.project, name: record.name });
        }
        Ok(())
    }

    async fn rule(&self, record: &JobRecord, rows: Vec<ToldRow>, reader: For) -> Result<Ruling> {
        let about = About::of(record);
        if is_told(&rows) {
            return Ok(Ruling::Told);
        }
        let Some(event_type) = expected(record, phase(record, &about)) else { return Ok(Ruling::NotExpected) };
        let Some(ended_ms) = record.ended_ms else { return Ok(Ruling::NotExpected) };
        let store = self.common.store();
        let now_ms = self.common.now_ms();
        let from_ms = ended_ms.saturating_sub(BEFORE_MS);
        // What lies ahead is neither up nor down.
        let to_ms = now_ms.min(ended_ms.saturating_add(AFTER_MS)).max(ended_ms.saturating_add(1));
        let known = store.webhook_states().since(record.project, ended_ms.saturating_sub(LOOKED_AT_MS)).await?;
        let running = timeline::running(&store.uptimes().between(from_ms, to_ms).await?, from_ms, to_ms);
        let up = timeline::at(&running, ended_ms).is_some_and(|span| span.up);
        // An earlier address of ours was ours until Pollux listened at another one.
        let ours = |uri: &str| match self.place(record.project, uri) {
            UriPlace::Ours => true,
            UriPlace::Earlier => !up,
            UriPlace::Elsewhere => false,
        };
        let first_read = store.webhook_states().first_read(record.project).await?;
        let webhooks = first_read.map(|first_read| at_that_time(&known, ended_ms, first_read));
        let receivers = about.receivers.clone();
        let receivers = receivers.map(|uris| uris.into_iter().map(|uri| (uri.clone(), ours(&uri))).collect::<Vec<_>>());
        if receivers.is_none() && webhooks.as_ref().is_some_and(Vec::is_empty) && rows.is_empty() {
            // Nobody asked to be told.
            return Ok(Ruling::NotExpected);
        }
        let webhooks = webhooks.map(|listed| listed.into_iter().map(|one| (one, ours(&one.uri))).collect::<Vec<_>>());
        let mut states = store.tunnel_states().between(from_ms, to_ms).await?;
        if let Some(before) = store.tunnel_states().at(from_ms).await? {
            states.insert(0, before);
        }
        let tunnel = timeline::tunnel(&states, from_ms, to_ms);
        // The list shows a cause, and when the next attempt is due is none unless one came.
        let brief = matches!(reader, For::TheList);
        let earlier = match brief && rows.is_empty() {
            true => Vec::new(),
            false => ms_of(store.retried(record.project, RETRIED).await?),
        };
        let attempts: Vec<i64> = rows.iter().map(|row| row.received_ns.div_euclid(1_000_000)).collect();
        let next = match attempts.is_empty() {
            true => retrying::next_unseen(ended_ms, &earlier, now_ms),
            false => retrying::next(&attempts, &earlier, now_ms),
        };
        let others = if brief { (0, 0) } else { self.count_others(record.project, ended_ms).await? };
        let zone = TimeZone::system();
        let clock = move |ms: i64| match reader {
            For::TheList | For::TheWindow => wall_clock(ms, &zone),
            For::AReport => utc(ms),
        };
        let asked: Vec<&WebhookSeen> = webhooks
            .iter()
            .flatten()
            .map(|(one, _)| *one)
            .filter(|one| one.events.iter().any(|event| event == event_type))
            .collect();
        // Whoever calls an address of this machine needs no tunnel.
        let near = |uri: &str| reqwest::Url::parse(uri).is_ok_and(|url| crate::webhooks::is_loopback(&url));
        let near = match &receivers {
            Some(receivers) => receivers.iter().any(|(uri, _)| near(uri)),
            None => asked.iter().any(|one| near(&one.uri)),
        };
        let hook = asked.first().map(|one| one.webhook.clone());
        let of_hook: Vec<&WebhookSeen> = known.iter().filter(|one| Some(&one.webhook) == hook.as_ref()).collect();
        let webhook = if of_hook.is_empty() { Vec::new() } else { timeline::webhook(&of_hook, from_ms, to_ms) };
        let facts = Facts {
            event_type,
            ended_ms,
            now_ms,
            receivers,
            webhooks,
            running: &running,
            tunnel: &tunnel,
            near,
            told: &rows,
            others,
            next: next.clone(),
            clock: &clock,
        };
        let named = facts.named();
        Ok(Ruling::Missed(named, Box::new(Looked { running, tunnel, webhook, next, from_ms, to_ms })))
    }

    /// Verified and other deliveries of a project since a time.
    async fn count_others(&self, project: i64, since_ms: i64) -> Result<(u32, u32)> {
        let ticks = self.ticks(project, since_ms, i64::MAX, OTHERS).await?;
        let verified = ticks.iter().filter(|tick| tick.verified).count();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok((count(verified), count(ticks.len() - verified)))
    }

    async fn ticks(&self, project: i64, from_ms: i64, to_ms: i64, most: usize) -> Result<Vec<FindingTick>> {
        let rows = self.common.store().arrived(project, ns(from_ms), ns(to_ms), most).await?;
        let tick = |(delivery, at_ns, verified): (i64, i64, bool)| FindingTick {
            delivery,
            at_ms: at_ns.div_euclid(1_000_000),
            verified,
            ours: false,
        };
        Ok(rows.into_iter().map(tick).collect())
    }

    /// What the watchdog found out about a job, with its evidence as of now; `None` if there is nothing to find.
    ///
    /// # Errors
    /// `not_found` if the job is not known here; any error of the store.
    pub async fn finding(&self, project: i64, name: &str) -> Result<Option<JobFinding>> {
        let record = self.known(project, name).await?;
        self.finding_of(&record, For::TheWindow).await
    }

    pub(super) async fn finding_of(&self, record: &JobRecord, reader: For) -> Result<Option<JobFinding>> {
        let (Some(ended_ms), true) = (record.ended_ms, record.rank != JobRank::Running) else { return Ok(None) };
        let rows = self.told_rows(record).await?;
        let ours: Vec<i64> = rows.iter().map(|row| row.delivery).collect();
        let Ruling::Missed(named, looked) = self.rule(record, rows, reader).await? else { return Ok(None) };
        let about = About::of(record);
        let kept = record.finding.as_deref().and_then(Kept::read);
        let found_ms = kept.map_or_else(|| self.common.now_ms(), |kept| kept.found_ms);
        let mut deliveries = self.ticks(record.project, looked.from_ms, looked.to_ms, TICKS).await?;
        for tick in &mut deliveries {
            tick.ours = ours.contains(&tick.delivery);
        }
        let Named { cause, words, sentence, guess, evidence } = named;
        Ok(Some(JobFinding {
            project: record.project,
            kind: shown_kind(record.kind),
            name: record.name.clone(),
            title: record.title.clone(),
            ended_ms,
            event_type: expected(record, phase(record, &about)).unwrap_or_default().to_owned(),
            brief: Kept { cause, words, found_ms }.brief(record.aside),
            sentence,
            guess,
            evidence,
            from_ms: looked.from_ms,
            to_ms: shown_until(&looked),
            webhook: looked.webhook,
            tunnel: looked.tunnel,
            running: looked.running,
            deliveries,
            next: looked.next.filter(|_| cause != MissedCause::ForwardFailed),
        }))
    }

    /// No alarm for it any more, or one again.
    ///
    /// # Errors
    /// `not_found` if the job is not known here; any error of the store.
    pub async fn set_aside(&self, project: i64, name: &str, aside: bool) -> Result<()> {
        self.known(project, name).await?;
        self.update(project, name, None, move |record| record.aside = aside).await?;
        Ok(())
    }

    /// What was missed of a project since a time, found now: reads the service's list back to then, asks about what may
    /// have ended, and looks. For those who run without a window.
    ///
    /// # Errors
    /// Why the service could not be asked; any error of the store.
    pub async fn missed(&self, project: i64, since_ms: i64, grace: Duration) -> Result<Vec<JobFinding>> {
        self.catch_up().await?;
        self.below.webhooks.read_webhooks(project).await?;
        let mut page = self.read_page(project, None).await?;
        // The list is in the order in which jobs were made, and one may have run for two days.
        let made_since_ms = since_ms.saturating_sub(LOOKED_AT_MS);
        loop {
            let oldest = page.iter().filter_map(|record| record.created_ms).min();
            if page.is_empty() || oldest.is_some_and(|oldest| oldest < made_since_ms) {
                break;
            }
            let Some(token) = self.lists.begin_next(project, self.common.now_ms()) else { break };
            page = self.read_page(project, Some(&token)).await?;
        }
        let now = self.common.now_ms();
        let jobs = self.common.store().known_jobs();
        for record in jobs.due(project, i64::MAX, u32::MAX).await? {
            if let Asked::Failed(_, error) = self.ask(record).await? {
                return Err(error);
            }
        }
        let grace_ms = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        let mut missed = Vec::new();
        let until_ms = now.saturating_sub(grace_ms);
        for record in jobs.unsettled(project, since_ms, until_ms, true, u32::MAX).await? {
            self.settle(record.clone(), true).await?;
            let Some(record) = jobs.get(project, &record.name).await? else { continue };
            if record.settled == Settled::Missed && !record.aside {
                missed.extend(self.finding_of(&record, For::AReport).await?);
            }
        }
        Ok(missed)
    }
}

/// Where the axis ends: a quarter of its length ahead, or later where the next attempt is expected soon.
fn shown_until(looked: &Looked) -> i64 {
    let ahead = looked.to_ms.saturating_add((looked.to_ms - looked.from_ms) / 4);
    let next = looked.next.as_ref().map(|next| next.at_ms.saturating_add(next.spread_ms).saturating_add(60_000));
    let soon = next.filter(|next| *next < looked.to_ms.saturating_add(AFTER_MS));
    ahead.max(soon.unwrap_or(ahead))
}

/// Whether an event that counts came: verified, accepted, and sent on where it was to be.
fn is_told(rows: &[ToldRow]) -> bool {
    rows.iter().any(|row| {
        let forwarded = row.forward.is_none_or(|(_, status, _)| status.is_some_and(|code| (200..300).contains(&code)));
        row.outcome == signature::Outcome::Verified && is_accepted(row) && forwarded
    })
}

/// The event that tells of a job in this phase; `None` if the service has none.
pub(super) fn expected(record: &JobRecord, phase: JobPhase) -> Option<&'static str> {
    Some(match (record.kind, phase) {
        (Kind::Batch, JobPhase::Succeeded) => "batch.succeeded",
        (Kind::Batch, JobPhase::Failed) => "batch.failed",
        (Kind::Batch, JobPhase::Expired) => "batch.expired",
        (Kind::Interaction, JobPhase::Succeeded) => "interaction.completed",
        (Kind::Interaction, JobPhase::Failed) => "interaction.failed",
        (Kind::Interaction, JobPhase::Waiting) => "interaction.requires_action",
        (Kind::Video, JobPhase::Succeeded) => "video.generated",
        _ => return None,
    })
}

/// The webhooks as they were at a moment: what was seen last before it. What was first seen later counts only where
/// nobody had looked before: otherwise it was not there yet.
fn at_that_time(known: &[WebhookSeen], ms: i64, first_read: i64) -> Vec<&WebhookSeen> {
    let mut ids: Vec<&str> = known.iter().map(|one| one.webhook.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = ids.into_iter().filter_map(|id| {
        let of_it = || known.iter().filter(move |one| one.webhook == id);
        of_it().rfind(|one| one.at_ms <= ms).or_else(|| of_it().next().filter(|_| first_read > ms))
    });
    found.filter(|one| one.state != GONE).collect()
}

fn ms_of(events: Vec<Vec<i64>>) -> Vec<Vec<i64>> {
    events.into_iter().map(|event| event.into_iter().map(|ns| ns.div_euclid(1_000_000)).collect()).collect()
}

fn ns(ms: i64) -> i64 {
    ms.saturating_mul(1_000_000)
}

/// For whom a finding is: what of it is needed, and how its sentences give times.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// Only its cause. Times as in the window.
    TheList,
    /// `13:58:04` in this machine's time zone.
    TheWindow,
    /// With date and zone: it is read elsewhere, or later.
    AReport,
}

/// `2026-11-22 12:58:04 UTC`
pub(super) fn utc(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `13:58:04`, in this machine's time zone.
fn wall_clock(ms: i64, zone: &TimeZone) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    let time = time.round(Unit::Second).unwrap_or(time);
    time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}
