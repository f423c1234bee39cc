//! The project's jobs: batches, interactions and videos. What the service says of them, what was heard of them, and
//! what should have been heard.
//!
//! Everything that is known is in the history (`known_job`, `told`), so that a restart begins where the last run ended.
//! The service is asked for a page when it is looked at, for a running job with growing gaps, and for a job at once when
//! its event arrives.

use std::collections::HashMap;
use std::sync::{Arc, Once};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use store::{JobKind as Kind, JobRecord, JobsWanted};
use tokio::sync::{Notify, broadcast, watch};

use crate::actions::Actions;
use crate::addresses::Addresses;
use crate::common::Common;
use crate::dto::{JobAlarms, JobFilter, JobKind, JobPage, ListenerState, Live, Settings};
use crate::error::Result;
use crate::history::History;
use crate::outgoing::replay::Replays;
use crate::projects::Projects;
use crate::registry::Registry;
use crate::run_folder::RunFolder;
use crate::sandbox::Sandbox;
use crate::webhooks::Webhooks;
use lists::Lists;

mod about;
mod asking;
mod blind;
mod changing;
mod day;
mod delivery;
mod detail;
mod dispatch;
mod evidence;
mod finding;
mod following;
mod lists;
mod making;
pub(crate) mod named;
mod names;
mod picture;
mod reading;
mod report;
mod retrying;
mod serving;
mod steps;
mod timeline;
mod uptime;
mod view;
mod watchdog;

/// The most rows of a page.
const PAGE: u32 = 200;
/// Missed jobs that may wait for who follows them.
const TOLD: usize = 256;
/// Answers of the service that are remembered whole, for the detail.
const REMEMBERED: usize = 64;

/// A project, the name of one of its jobs, and what the service said of it.
type Remembered = ((i64, String), Value);

/// The rooms that this one asks.
pub(crate) struct Below {
    pub(crate) actions: Actions,
    pub(crate) registry: Arc<Registry>,
    pub(crate) projects: Projects,
    pub(crate) addresses: Addresses,
    pub(crate) history: History,
    pub(crate) sandbox: Sandbox,
    pub(crate) webhooks: Webhooks,
    pub(crate) replays: Replays,
    pub(crate) run: RunFolder,
    pub(crate) settings: watch::Receiver<Settings>,
    pub(crate) listener: watch::Receiver<ListenerState>,
}

impl Below {
    /// Whether jobs are watched without being looked at.
    fn watches(&self) -> bool {
        self.settings.borrow().watch_jobs
    }

    /// How long an event may take to come, in milliseconds.
    fn grace_ms(&self) -> i64 {
        i64::from(self.settings.borrow().grace_minutes) * 60_000
    }
}

/// The room of jobs. Cloning shares it.
#[derive(Clone)]
pub struct Jobs {
    common: Common,
    below: Arc<Below>,
    lists: Arc<Lists>,
    /// The service's last answers, whole, the newest last.
    answers: Arc<Mutex<Vec<Remembered>>>,
    /// What was last reported to the window.
    alarms: Arc<Mutex<HashMap<i64, JobAlarms>>>,
    /// Projects with something new, to be reported.
    news: Arc<Mutex<Vec<i64>>>,
    woken: Arc<Notify>,
    /// Carries every job that was found to be missed.
    missed: broadcast::Sender<MissedJob>,
    /// Set once the jobs are watched, from the first window on.
    watched: Arc<Once>,
}

/// A job that ended without an event that counts.
#[derive(Clone, Debug)]
pub(crate) struct MissedJob {
    pub(crate) project: i64,
    pub(crate) name: String,
}

impl Jobs {
    pub(crate) fn new(common: Common, below: Below) -> Self {
        Self {
            common,
            below: Arc::new(below),
            lists: Arc::default(),
            answers: Arc::default(),
            alarms: Arc::default(),
            news: Arc::default(),
            woken: Arc::default(),
            missed: broadcast::Sender::new(TOLD),
            watched: Arc::new(Once::new()),
        }
    }

    /// Begins to note what deliveries tell, and when the listener is open. Forgets the Sandbox's jobs of the last run:
    /// they ended with it.
    ///
    /// # Errors
    /// Any error of the store.
    pub(crate) async fn begin(&self) -> Result<()> {
        self.common.store().known_jobs().forget_unknown().await?;
        for project in self.below.registry.projects() {
            if project.sandbox {
                self.common.store().known_jobs().clear(project.id).await?;
            }
            self.count_alarms(project.id).await?;
        }
        self.common.spawn(self.clone().follow());
        self.common.spawn_to_the_end(self.clone().note_uptime());
        self.common.spawn(self.clone().report());
        Ok(())
    }

    /// Begins to ask about jobs by itself and to look for what was missed, once. Ends with the room.
    pub(crate) fn watch(&self) {
        self.watched.call_once(|| self.common.spawn(self.clone().ask_by_itself()));
    }

    /// Every job that is found to be missed from now on, unless it was set aside.
    pub(crate) fn missed_jobs(&self) -> broadcast::Receiver<MissedJob> {
        self.missed.subscribe()
    }

    /// Some of a project's jobs, from a place on, at most 200. Has the service's first page read if that is due, without
    /// waiting for it.
    ///
    /// # Errors
    /// `not_found` if there is no such project; any error of the store.
    pub async fn page(&self, project: i64, filter: JobFilter, start: u32, count: u32) -> Result<JobPage> {
        let asked = self.below.registry.project(project)?;
        self.read_first_page_if_due(&asked);
        let wanted =
            JobsWanted { text: filter.text, kind: filter.kind.map(kind_of), missed: filter.missed, about: None };
        let store = self.common.store();
        let records = store.known_jobs().page(project, wanted.clone(), start, count.min(PAGE)).await?;
        let counts = store.known_jobs().counts(project, wanted).await?;
        Ok(JobPage {
            jobs: self.views(project, &records).await?,
            matched: counts.matched,
            running: counts.running,
            known: counts.known,
            missed: counts.missed,
            listed: self.lists.view(project, self.common.now_ms()),
        })
    }

    /// Projects with jobs that need attention, as last reported to the window.
    pub(crate) fn alarms(&self) -> Vec<JobAlarms> {
        let mut alarms: Vec<JobAlarms> = self.alarms.lock().values().copied().collect();
        alarms.retain(|one| one.missed > 0 || one.waiting > 0);
        alarms.sort_by_key(|one| one.project);
        alarms
    }

    /// Something of this project changed: the window is told soon.
    fn changed(&self, project: i64) {
        let mut news = self.news.lock();
        if !news.contains(&project) {
            news.push(project);
        }
        drop(news);
        self.woken.notify_one();
    }

    /// Reports to the window what changed, at most five times a second.
    async fn report(self) {
        loop {
            self.woken.notified().await;
            let news = std::mem::take(&mut *self.news.lock());
            for project in news {
                match self.count_alarms(project).await {
                    Ok(alarms) => self.common.tell(Live::Jobs { alarms }),
                    Err(error) => tracing::warn!(project, code = %error.code, "the jobs could not be counted"),
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn count_alarms(&self, project: i64) -> Result<JobAlarms> {
        let counts = self.common.store().known_jobs().counts(project, JobsWanted::default()).await?;
        let alarms = JobAlarms { project, missed: counts.missed, waiting: counts.waiting };
        self.alarms.lock().insert(project, alarms);
        Ok(alarms)
    }

    /// Remembers the service's whole answer.
    fn remember(&self, project: i64, name: &str, raw: Value) {
        let mut answers = self.answers.lock();
        answers.retain(|((of, known), _)| !(*of == project && known == name));
        answers.push(((project, name.to_owned()), raw));
        let over = answers.len().saturating_sub(REMEMBERED);
        answers.drain(..over);
    }

    fn remembered(&self, project: i64, name: &str) -> Option<Value> {
        let answers = self.answers.lock();
        let found = answers.iter().find(|((of, known), _)| *of == project && known == name);
        found.map(|(_, raw)| raw.clone())
    }

    /// Changes a record, or `new` where there is none. `None` if there is neither.
    async fn update(
        &self,
        project: i64,
        name: &str,
        new: Option<JobRecord>,
        change: impl FnOnce(&mut JobRecord) + Send + 'static,
    ) -> Result<Option<JobRecord>> {
        let mut once = Some((new, change));
        let change = move |_: &str, known: Option<JobRecord>| {
            let (new, change) = once.take()?;
            let mut record = known.or(new)?;
            change(&mut record);
            Some(record)
        };
        let written = self.common.store().known_jobs().change(project, vec![name.to_owned()], change).await?;
        self.changed(project);
        Ok(written.into_iter().next())
    }
}

fn kind_of(kind: JobKind) -> Kind {
    match kind {
        JobKind::Batch => Kind::Batch,
        JobKind::Interaction => Kind::Interaction,
        JobKind::Video => Kind::Video,
    }
}

fn shown_kind(kind: Kind) -> JobKind {
    match kind {
        Kind::Batch => JobKind::Batch,
        Kind::Interaction => JobKind::Interaction,
        Kind::Video => JobKind::Video,
    }
}
