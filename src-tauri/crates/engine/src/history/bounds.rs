//! The bounds of the history: limits, what they would remove, what was deleted, and the rebuilding of an older file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use store::{Keep, Limits, Store};

use super::History;
use crate::common::Common;
use crate::dto::{HistorySizes, KeepLimits, ListenerState, Live, ProjectKeep, Rebuild, SizePart, SizePartName};
use crate::error::{Code, Error, Result};

/// The setting in the store that holds the limits.
const KEY: &str = "keep";
/// The limit of the size that a new history has: 2 GiB.
const DEFAULT_BYTES: u64 = 2 << 30;
const GIB: u64 = 1 << 30;
/// The least size that can be set for all, and for one project.
const LEAST_BYTES: u64 = 16 << 20;
const LEAST_OF_PROJECT: u64 = 1 << 20;
/// The largest number of days.
const MOST_DAYS: u32 = 36_500;
/// The least space that can be set to stay free.
const LEAST_FREE: u64 = 64 << 20;
const DAY_NS: i64 = 86_400_000_000_000;
/// Another process may change the limits: how often to read them.
const READ: Duration = Duration::from_secs(3);
/// An engine that receives nothing, such as a short command, leaves the history alone for so long.
const SETTLE: Duration = Duration::from_secs(5);
/// An older file is rebuilt once nothing has arrived for so long.
const QUIET: Duration = Duration::from_secs(30);
/// How often to tell how far a rebuild is.
const TELL: Duration = Duration::from_millis(250);

/// The limits in the form in which they are stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    all: Option<KeepLimits>,
    projects: BTreeMap<i64, KeepLimits>,
}

impl Stored {
    fn all(&self) -> KeepLimits {
        self.all.clone().unwrap_or_else(KeepLimits::usual)
    }
}

impl KeepLimits {
    /// Those of a new history: 2 GiB, whatever the age and the number.
    #[must_use]
    pub fn usual() -> Self {
        Self { max_bytes: Some(DEFAULT_BYTES), ..Self::default() }
    }

    fn in_force(&self) -> Limits {
        let max_age_ns = self.max_days.map(|days| i64::from(days).saturating_mul(DAY_NS));
        Limits { max_bytes: self.max_bytes, max_age_ns, max_count: self.max_count }
    }
}

/// Keeps the limits in force while the engine runs.
pub(super) struct Bounds {
    common: Common,
    /// Given on the command line: they hold in place of those that are stored, while this engine runs.
    given: Option<KeepLimits>,
    stored: Mutex<Stored>,
}

impl Bounds {
    pub(super) fn new(common: Common, given: Option<KeepLimits>) -> Arc<Self> {
        Arc::new(Self { common, given, stored: Mutex::default() })
    }

    fn store(&self) -> &Store {
        self.common.store()
    }

    /// The limits for all projects that are in force.
    fn all(&self) -> KeepLimits {
        self.given.clone().unwrap_or_else(|| self.stored.lock().all())
    }

    async fn read(&self) -> Result<Stored> {
        let value = self.store().settings().get(KEY).await?;
        let known = value.is_some();
        let mut stored: Stored = value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        if !known {
            // It was larger before there were limits: nothing leaves it unasked, but it grows no further.
            let total = self.store().sizes().await?.total;
            if total > DEFAULT_BYTES {
                let max_bytes = Some(total.div_ceil(GIB).saturating_mul(GIB));
                stored.all = Some(KeepLimits { max_bytes, ..KeepLimits::default() });
            }
            self.write(&stored).await?;
        }
        *self.stored.lock() = stored.clone();
        Ok(stored)
    }

    async fn write(&self, stored: &Stored) -> Result<()> {
        let value = serde_json::to_value(stored)
            .map_err(|error| Error::new(Code::Internal, "The limits could not be written.").with_detail(error))?;
        Ok(self.store().settings().set(KEY, &value).await?)
    }

    /// Puts what is stored in force.
    async fn apply(&self) -> Result<()> {
        let stored = self.read().await?;
        let waiting = crate::outgoing::forward::stored_waiting(self.store()).await?;
        let all = self.all();
        let projects = stored.projects.iter().map(|(project, limits)| (*project, limits.in_force())).collect();
        let keep = Keep { all: all.in_force(), projects, free_bytes: all.free_bytes, waiting };
        self.store().keep(keep, self.common.now_ms());
        Ok(())
    }

    /// Runs until the engine ends.
    pub(super) async fn run(self: Arc<Self>, listener: tokio::sync::watch::Receiver<ListenerState>) {
        let started = Instant::now();
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        let mut applied: Option<Instant> = None;
        let mut quiet = Quiet::default();
        loop {
            beat.tick().await;
            let receives = matches!(&*listener.borrow(), ListenerState::Listening { .. });
            if !receives && started.elapsed() < SETTLE {
                continue;
            }
            let done = match applied {
                Some(at) if at.elapsed() < READ => {
                    self.store().beat(self.common.now_ms());
                    Ok(())
                }
                _ => {
                    applied = Some(Instant::now());
                    self.apply().await
                }
            };
            if let Err(error) = done {
                let what = "the limits of the history could not be read";
                self.store().complaints().warn(what, "bounds", &error, Instant::now());
            }
            if quiet.is_over(self.store()).await
                && let Err(error) = self.rebuild().await
            {
                tracing::warn!(%error, "the file of the history was not rebuilt");
            }
        }
    }

    /// Rebuilds the file, and tells the window how far it is.
    async fn rebuild(&self) -> Result<()> {
        let rebuilding = self.store().rebuild();
        tokio::pin!(rebuilding);
        let mut tick = tokio::time::interval(TELL);
        let mut total = 1;
        let done = loop {
            tokio::select! {
                done = &mut rebuilding => break done,
                _ = tick.tick() => if let Some(progress) = self.store().rebuild_progress() {
                    total = progress.total;
                    self.common.tell(Live::Rebuild { done: progress.done, total });
                },
            }
        };
        self.common.tell(Live::Rebuild { done: total, total });
        Ok(done?)
    }
}

/// Waits until an older file can be rebuilt without a delivery having to wait.
struct Quiet {
    last: i64,
    since: Instant,
    /// Nothing to do any more.
    settled: bool,
}

impl Default for Quiet {
    fn default() -> Self {
        Self { last: -1, since: Instant::now(), settled: false }
    }
}

impl Quiet {
    async fn is_over(&mut self, store: &Store) -> bool {
        if self.settled {
            return false;
        }
        let Ok(last) = store.last_id().await else { return false };
        if last != self.last {
            (self.last, self.since) = (last, Instant::now());
            return false;
        }
        if self.since.elapsed() < QUIET {
            return false;
        }
        self.since = Instant::now();
        let need = store.rebuild_need().await;
        self.settled = need.as_ref().is_ok_and(|need| !need.needed);
        need.is_ok_and(|need| need.needed && need.why.is_none())
    }
}

impl History {
    /// What the history takes up, and its limits.
    pub async fn sizes(&self) -> Result<HistorySizes> {
        let store = self.common.store();
        let sizes = store.sizes().await?;
        let need = store.rebuild_need().await?;
        let stored = self.bounds.read().await?;
        let mut parts: Vec<SizePart> = [
            (SizePartName::Headers, sizes.headers),
            (SizePartName::Bodies, sizes.bodies),
            (SizePartName::Rows, sizes.rows),
            (SizePartName::Answers, sizes.answers),
            (SizePartName::Results, sizes.results),
            (SizePartName::Search, sizes.search),
            (SizePartName::Log, sizes.log),
            (SizePartName::Deleted, sizes.deleted),
            (SizePartName::Free, sizes.free),
        ]
        .into_iter()
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(name, bytes)| SizePart { name, bytes })
        .collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
        let mut per_project: BTreeMap<i64, ProjectKeep> = BTreeMap::new();
        let empty = |project| ProjectKeep { project, limits: None, deliveries: 0, bytes: 0 };
        for share in sizes.shares {
            let one = per_project.entry(share.project).or_insert_with(|| empty(share.project));
            (one.deliveries, one.bytes) = (share.deliveries, share.bytes);
        }
        for project in self.registry.projects() {
            per_project.entry(project.id).or_insert_with(|| empty(project.id));
        }
        for (project, limits) in stored.projects {
            per_project.entry(project).or_insert_with(|| empty(project)).limits = Some(limits);
        }
        let possible = need.why.is_none();
        Ok(HistorySizes {
            path: store.file().display().to_string(),
            total_bytes: sizes.total,
            free_bytes: store.free_space(),
            deliveries: sizes.deliveries,
            pinned: sizes.pinned,
            oldest_ms: sizes.oldest_ns.map(|ns| ns.div_euclid(1_000_000)),
            parts,
            limits: self.bounds.all(),
            per_project: per_project.into_values().collect(),
            rebuild: need.needed.then_some(Rebuild { needed: true, bytes: need.bytes, possible, why: need.why }),
        })
    }

    /// Sets the limits of a project, or of all. `None` takes those of a project away, and puts the usual ones in force
    /// for all.
    ///
    /// # Errors
    /// `invalid_limits`; `not_found` if there is no such project.
    pub async fn set_limits(&self, project: Option<i64>, limits: Option<KeepLimits>) -> Result<()> {
        if let Some(limits) = &limits {
            checked(project.is_some(), limits)?;
        }
        let mut stored = self.bounds.read().await?;
        match project {
            None => stored.all = limits,
            Some(project) => {
                let known = self.common.store().projects().all().await?.iter().any(|one| one.id == project);
                match limits {
                    Some(limits) if known => drop(stored.projects.insert(project, limits)),
                    Some(_) => return Err(Error::not_found("project")),
                    None => drop(stored.projects.remove(&project)),
                }
            }
        }
        self.bounds.write(&stored).await?;
        self.bounds.apply().await
    }

    /// Rebuilds the file of an older version, so that it gives space back to the disk. Returns when that is done.
    ///
    /// # Errors
    /// `not_rebuilt` if there is no room; `rebuilding`.
    pub async fn rebuild(&self) -> Result<()> {
        self.bounds.rebuild().await
    }
}

pub(super) fn limits_in_force(limits: &KeepLimits) -> Limits {
    limits.in_force()
}

/// Refuses what nobody can mean.
pub(super) fn checked(of_project: bool, limits: &KeepLimits) -> Result<()> {
    let invalid = |message: String| Err(Error::new(Code::InvalidLimits, message));
    let (least, whose) = if of_project { (LEAST_OF_PROJECT, "a project") } else { (LEAST_BYTES, "the history") };
    if limits.max_bytes.is_some_and(|bytes| bytes < least) {
        return invalid(format!("The size of {whose} can be limited to {} MiB or more.", least >> 20));
    }
    if limits.max_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return invalid(format!("The age can be limited to 1 to {MOST_DAYS} days."));
    }
    if limits.max_count == Some(0) {
        return invalid("The number of deliveries can be limited to 1 or more.".to_owned());
    }
    if of_project && limits.free_bytes.is_some() {
        return invalid("The space that stays free is set for all projects together.".to_owned());
    }
    if limits.free_bytes.is_some_and(|bytes| bytes < LEAST_FREE) {
        return invalid(format!("At least {} MiB of the disk have to stay free.", LEAST_FREE >> 20));
    }
    Ok(())
}
