//! A job as the window shows it.

use std::collections::HashMap;

use signature::Outcome;
use store::{JobKind as Kind, JobRank, JobRecord, KnownBy, Settled, ToldRow};

use super::about::{About, phase};
use super::finding::Kept;
use super::{Jobs, shown_kind};
use crate::addresses::place_of;
use crate::dto::{JobForward, JobKnownBy, JobPhase, JobReceivers, JobTold, JobView, UriPlace};
use crate::error::Result;

/// Deliveries of one job to look at for a row.
const DELIVERIES: u32 = 50;

impl Jobs {
    /// Rows for these records, which are all of one project.
    pub(super) async fn views(&self, project: i64, records: &[JobRecord]) -> Result<Vec<JobView>> {
        let bare = records.iter().map(|record| record.bare().to_owned()).collect();
        let told = self.common.store().told_of().of(project, bare, DELIVERIES).await?;
        let mut by_job: HashMap<&str, Vec<&ToldRow>> = HashMap::new();
        for row in &told {
            by_job.entry(&row.job).or_default().push(row);
        }
        Ok(records
            .iter()
            .map(|record| self.view(record, by_job.get(record.bare()).map(Vec::as_slice).unwrap_or_default()))
            .collect())
    }

    /// One row.
    pub(super) async fn one_view(&self, record: &JobRecord) -> Result<JobView> {
        let rows = self.told_rows(record).await?;
        Ok(self.view(record, &rows.iter().collect::<Vec<_>>()))
    }

    /// The deliveries that name a job, the oldest first.
    pub(super) async fn told_rows(&self, record: &JobRecord) -> Result<Vec<ToldRow>> {
        let told = self.common.store().told_of();
        let rows = told.of(record.project, vec![record.bare().to_owned()], DELIVERIES).await?;
        Ok(rows.into_iter().filter(|row| is_of(record.kind, &row.event_type)).collect())
    }

    fn view(&self, record: &JobRecord, told: &[&ToldRow]) -> JobView {
        let about = About::of(record);
        let phase = phase(record, &about);
        let told: Vec<&ToldRow> = told.iter().copied().filter(|row| is_of(record.kind, &row.event_type)).collect();
        let finding = record.finding.as_deref().and_then(Kept::read);
        let missed = record.settled == Settled::Missed;
        let open = record.settled == Settled::Open && record.rank != JobRank::Running && !about.not_found;
        let grace = record.ended_ms.map(|ended| ended.saturating_add(self.below.grace_ms()));
        JobView {
            project: record.project,
            kind: shown_kind(record.kind),
            name: record.name.clone(),
            title: record.title.clone(),
            model: record.model.clone(),
            metadata: about.metadata_pairs(),
            phase,
            state: record.state.clone(),
            note: about.note.clone(),
            counts: about.counts,
            created_ms: record.created_ms.or(record.dispatched_ms),
            ended_ms: record.ended_ms,
            expires_ms: record.expires_ms,
            known_by: match record.known_by {
                KnownBy::Listed => JobKnownBy::Listed,
                KnownBy::Told => JobKnownBy::Told,
                KnownBy::Dispatched => JobKnownBy::Dispatched,
                KnownBy::Opened => JobKnownBy::Opened,
            },
            dispatched_ms: record.dispatched_ms,
            asked_ms: record.asked_ms,
            next_ms: record.next_ms,
            receivers: self.receivers(record, &about),
            told: told_by(&told, phase),
            grace_until_ms: grace.filter(|_| open),
            untold: record.settled == Settled::NotExpected,
            finding: finding.filter(|_| missed).map(|kept| kept.brief(record.aside)),
            unusable: about.unusable,
            picture: about.picture,
        }
    }

    /// Its own receivers, and whether one is ours.
    pub(super) fn receivers(&self, record: &JobRecord, about: &About) -> Option<JobReceivers> {
        let uris = about.receivers.clone()?;
        let ours = uris.iter().any(|uri| self.place(record.project, uri) != UriPlace::Elsewhere);
        Some(JobReceivers { uris, ours })
    }

    /// Whose address this is, for a project.
    pub(super) fn place(&self, project: i64, uri: &str) -> UriPlace {
        let projects = self.below.registry.projects();
        let path = projects.iter().find(|one| one.id == project).map(|one| one.path.clone()).unwrap_or_default();
        let paths: Vec<String> = projects.into_iter().map(|one| one.path).collect();
        place_of(uri, &path, &paths, &self.below.addresses.bases()).0
    }
}

/// Whether an event of this type is about jobs of this kind.
pub(super) fn is_of(kind: Kind, event_type: &str) -> bool {
    let family = match kind {
        Kind::Batch => "batch.",
        Kind::Interaction => "interaction.",
        Kind::Video => "video.",
    };
    event_type.starts_with(family)
}

/// Whether Pollux took it: what came from a file was taken by somebody else.
pub(super) fn is_accepted(row: &ToldRow) -> bool {
    (200..300).contains(&row.status) || row.imported
}

/// The delivery that told of it: of those that were verified the first that says how it stands, one that was accepted
/// before one that was refused; or else the newest.
pub(super) fn told_by(rows: &[&ToldRow], phase: JobPhase) -> Option<JobTold> {
    let verified = |row: &&&ToldRow| row.outcome == Outcome::Verified;
    let says = |row: &&&ToldRow| claimed(&row.event_type) == Some(phase);
    let accepted = |row: &&&ToldRow| is_accepted(row);
    let best = (rows.iter().filter(verified).filter(accepted).find(says))
        .or_else(|| rows.iter().filter(verified).find(says))
        .or_else(|| rows.iter().find(verified))
        .or_else(|| rows.last())?;
    Some(JobTold { attempts: u32::try_from(rows.len()).unwrap_or(u32::MAX), ..told(best, phase) })
}

/// One delivery of a job's events.
pub(super) fn told(row: &ToldRow, phase: JobPhase) -> JobTold {
    JobTold {
        delivery: row.delivery,
        message_id: row.message_id.clone(),
        event_type: row.event_type.clone(),
        received_ms: row.received_ns.div_euclid(1_000_000),
        outcome: row.outcome,
        scheme: row.scheme,
        status: row.status,
        accepted: is_accepted(row),
        attempts: 1,
        forward: row.forward.map(|(sent_ms, status, took_us)| JobForward { sent_ms, status, took_us }),
        contradiction: contradiction(row, phase),
    }
}

/// What an event says of its job's state.
pub(super) fn claimed(event_type: &str) -> Option<JobPhase> {
    Some(match event_type.split_once('.')?.1 {
        "succeeded" | "completed" | "generated" => JobPhase::Succeeded,
        "failed" => JobPhase::Failed,
        "expired" => JobPhase::Expired,
        "cancelled" => JobPhase::Cancelled,
        "requires_action" => JobPhase::Waiting,
        _ => return None,
    })
}

/// What the event says and the service does not. An interaction that waited has gone on since: that is none.
fn contradiction(row: &ToldRow, phase: JobPhase) -> Option<String> {
    let claims = claimed(&row.event_type)?;
    let word = |phase: JobPhase| match phase {
        JobPhase::Succeeded => "succeeded",
        JobPhase::Failed => "failed",
        JobPhase::Expired => "expired",
        JobPhase::Cancelled => "was cancelled",
        JobPhase::Waiting => "is waiting for an answer",
        _ => "is still running",
    };
    match phase {
        _ if claims == phase || claims == JobPhase::Waiting => None,
        JobPhase::Unknown => None,
        JobPhase::NotFound => Some(
            "The event names a job that the service does not know: it was deleted, another key made it, or there never \
             was one."
                .to_owned(),
        ),
        _ => {
            let (event, service) = (word(claims), word(phase));
            Some(format!("The event says that the job {event}, but the service says that it {service}."))
        }
    }
}
