//! Asks the service: for a page of its batches, and for one job.

use std::collections::HashMap;

use gemini::client::{Client, ClientError};
use store::{JobKind, JobRank, JobRecord, KnownBy, Settled};

use super::Jobs;
use super::about::{About, Said, new_record};
use super::asking::usable;
use crate::dto::{Project, SandboxClock};
use crate::error::{Error, Result};
use crate::service_error::job_error;

/// Batches on a page.
const BATCHES: u32 = 100;

/// What came of asking about a job.
pub(super) enum Asked {
    /// It is this now.
    Known(JobRecord),
    /// The service does not know it, or not with this key.
    NotFound(JobRecord),
    /// It could not be asked.
    Failed(JobRecord, Error),
}

impl Jobs {
    /// Reads the first page in the background, if it is due.
    pub(super) fn read_first_page_if_due(&self, project: &Project) {
        if usable(project) && self.lists.begin(project, self.common.now_ms(), false, false) {
            let (room, project) = (self.clone(), project.id);
            self.common.spawn(async move { drop(room.read_page(project, None).await) });
        }
    }

    /// Asks the service for its first page now.
    ///
    /// # Errors
    /// Why it could not be read; `jobs_paused` while the service had too many requests.
    pub async fn refresh(&self, project: i64) -> Result<()> {
        let asked = self.below.registry.project(project)?;
        if let Some(until) = self.lists.paused_until(project, self.common.now_ms()) {
            return Err(paused(until, self.common.now_ms()));
        }
        // Another reading is under way: it is as new as one that began now.
        if self.lists.begin(&asked, self.common.now_ms(), false, true) {
            self.read_page(project, None).await?;
        }
        Ok(())
    }

    /// Asks the service for its next page of batches. Does nothing if there is none, or one is being read.
    ///
    /// # Errors
    /// Why it could not be read.
    pub async fn more(&self, project: i64) -> Result<()> {
        self.below.registry.project(project)?;
        let Some(token) = self.lists.begin_next(project, self.common.now_ms()) else { return Ok(()) };
        self.read_page(project, Some(&token)).await.map(|_| ())
    }

    /// Reads a page of batches, and returns them. The list has noted that it is being read.
    pub(super) async fn read_page(&self, project: i64, token: Option<&str>) -> Result<Vec<JobRecord>> {
        let read = self.take_page(project, token).await;
        let now = self.common.now_ms();
        if let Err(error) = &read {
            self.lists.fail(project, now, error.clone());
        }
        self.changed(project);
        read
    }

    async fn take_page(&self, project: i64, token: Option<&str>) -> Result<Vec<JobRecord>> {
        let client = self.below.projects.client(project)?;
        let clock = self.emulator_clock(project).await?;
        let list = match client.batch_list(BATCHES, token).await {
            Ok(list) => list,
            Err(error) => return Err(self.told_of(project, error)),
        };
        let wall = wall_of(clock.as_ref());
        let now = self.common.now_ms();
        let named = list.batches.iter().filter(|batch| super::names::read(&batch.name).is_ok());
        let (names, said): (Vec<String>, Vec<Said>) =
            named.map(|batch| (batch.name.clone(), Said::batch(batch, &wall))).unzip();
        let mut said = names.iter().cloned().zip(said).collect::<HashMap<String, Said>>();
        let room = self.clone();
        let change = move |name: &str, known: Option<JobRecord>| {
            let said = said.remove(name)?;
            let mut record = known.unwrap_or_else(|| new_record(project, JobKind::Batch, name, KnownBy::Listed, now));
            said.put_into(&mut record, now, None);
            room.plan(&mut record, now);
            Some(record)
        };
        let records = self.common.store().known_jobs().change(project, names, change).await?;
        let ended: Vec<JobRecord> = records.iter().filter(|one| one.rank != JobRank::Running).cloned().collect();
        self.find_told(project, &ended).await?;
        self.lists.end(project, now, token.is_none(), list.next_page_token);
        Ok(records)
    }

    /// Asks about one job, and keeps what the service says.
    pub(super) async fn ask(&self, record: JobRecord) -> Result<Asked> {
        let (project, name) = (record.project, record.name.clone());
        let client = self.below.projects.client(project)?;
        match self.said(&client, project, record.kind, &name).await {
            Ok((said, raw)) => {
                let now = self.common.now_ms();
                self.remember(project, &name, raw);
                let told = self.told_rows(&record).await?;
                let verified = told.iter().find(|row| row.outcome == signature::Outcome::Verified);
                let heard = verified.map(|row| row.received_ns.div_euclid(1_000_000));
                let room = self.clone();
                let change = move |record: &mut JobRecord| {
                    said.put_into(record, now, heard);
                    room.plan(record, now);
                };
                let known = self.update(project, &name, unless_asked(record), change).await?;
                let Some(known) = known else { return Err(Error::not_found("job")) };
                if known.rank != JobRank::Running && known.settled == Settled::Open {
                    self.find_told(project, std::slice::from_ref(&known)).await?;
                }
                Ok(Asked::Known(known))
            }
            Err(error) => self.not_said(record, error).await,
        }
    }

    async fn not_said(&self, record: JobRecord, error: ClientError) -> Result<Asked> {
        let (project, name, now) = (record.project, record.name.clone(), self.common.now_ms());
        let missing = error.http() == Some(404);
        let told = self.told_of(project, error);
        let new = unless_asked(record.clone());
        let change = move |record: &mut JobRecord| {
            record.asked_ms = Some(now);
            record.asks = record.asks.saturating_add(1);
            if missing {
                let about = About { not_found: true, ..About::of(record) };
                record.about = serde_json::to_string(&about).unwrap_or_default();
                record.next_ms = None;
            } else if record.next_ms.is_some() {
                let wait = 30_000_i64.saturating_mul(1 << record.asks.min(5));
                record.next_ms = Some(now.saturating_add(wait));
            }
        };
        let record = self.update(project, &name, new, change).await?.unwrap_or(record);
        Ok(if missing { Asked::NotFound(record) } else { Asked::Failed(record, told) })
    }

    /// What the service says of a job with this client, and its whole answer.
    pub(super) async fn said(
        &self,
        client: &Client,
        project: i64,
        kind: JobKind,
        name: &str,
    ) -> std::result::Result<(Said, serde_json::Value), ClientError> {
        let clock = self.emulator_clock(project).await.unwrap_or_default();
        let wall = wall_of(clock.as_ref());
        Ok(match kind {
            JobKind::Batch => {
                let batch = client.batch_get(name).await?;
                (Said::batch(&batch, &wall), batch.raw)
            }
            JobKind::Interaction => {
                let interaction = client.interaction_get(name).await?;
                (Said::interaction(&interaction, &wall), interaction.raw)
            }
            JobKind::Video => {
                let operation = client.operation_get(name).await?;
                (Said::video(&operation, &wall), operation.raw)
            }
        })
    }

    /// A failed call in our words. A 429 pauses the project.
    pub(super) fn told_of(&self, project: i64, error: ClientError) -> Error {
        if let ClientError::Api(api) = &error
            && api.http == 429
        {
            let after = api.retry_after().and_then(|after| i64::try_from(after.as_millis()).ok());
            self.lists.pause(project, self.common.now_ms(), after);
        }
        job_error(error, false)
    }

    /// The Sandbox's clock, if this is its project.
    pub(super) async fn emulator_clock(&self, project: i64) -> Result<Option<SandboxClock>> {
        match self.below.registry.is_sandbox(project) {
            true => Ok(Some(self.below.sandbox.running()?.clock().await?)),
            false => Ok(None),
        }
    }
}

/// A record to be kept if there is none: one that was asked about before and is gone was deleted meanwhile.
fn unless_asked(record: JobRecord) -> Option<JobRecord> {
    (record.asks == 0 && record.asked_ms.is_none()).then_some(record)
}

/// The Sandbox's times on this machine's clock. One that ran fast or was set ahead did so after this moment, as far as
/// can be told: what lies behind its present is mapped by its present speed.
pub(super) fn wall_of(clock: Option<&SandboxClock>) -> impl Fn(i64) -> i64 + Sync + use<> {
    let clock = clock.copied();
    move |moment| match clock {
        None => moment,
        Some(clock) => {
            let warp = if clock.warp > 0.0 { clock.warp } else { 1.0 };
            let ago = clock.now_ms.saturating_sub(moment) as f64 / warp;
            clock.wall_ms.saturating_sub(ago as i64)
        }
    }
}

pub(super) fn paused(until_ms: i64, now_ms: i64) -> Error {
    let seconds = until_ms.saturating_sub(now_ms).max(0).saturating_add(999) / 1000;
    let message =
        format!("The service reported too many requests. Pollux waits another {seconds} s before it asks again.");
    Error::new(crate::error::Code::ServiceRateLimited, message)
}
