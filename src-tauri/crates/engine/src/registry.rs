//! The projects and their keys, for the listener and the near-miss probe.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gemini::JwksCache;
use inbound::Projects;
use parking_lot::RwLock;
use signature::{JwtPolicy, KeyState, Keyring, Policy, SecretKey};

use crate::dto::{Project, Settings};
use crate::error::{Error, Result};

/// The first path segment of the Sandbox's deliveries.
pub(crate) const SANDBOX_PATH: &str = "sandbox";
/// The id of the Sandbox's own secret.
pub(crate) const SANDBOX_SECRET: &str = "sandbox";

/// A project with everything that a verdict needs.
#[derive(Clone)]
pub(crate) struct ProjectKeys {
    pub(crate) project: Project,
    pub(crate) secrets: Vec<SecretKey>,
    /// Keys no longer accepted; the near-miss probe may name them.
    pub(crate) expired: Vec<SecretKey>,
    pub(crate) jwks: Option<Arc<JwksCache>>,
    /// Whether these keys are all there are: see `signature::Keyring::closed`.
    pub(crate) closed: bool,
    /// Rules in place of the settings': the Sandbox signs tokens for an audience of its own.
    pub(crate) policy: Option<Policy>,
}

impl ProjectKeys {
    /// The secrets to check a delivery with. Once all have ended, the ended ones: none of them verifies, so a delivery
    /// is rejected for that, and not unchecked for want of a secret.
    pub(crate) fn tried(&self) -> &[SecretKey] {
        if self.secrets.is_empty() { &self.expired } else { &self.secrets }
    }

    fn has(&self, id: &str) -> bool {
        self.secrets.iter().chain(&self.expired).any(|key| key.id == id)
    }

    fn forget(&mut self, id: &str) -> Option<SecretKey> {
        let one = self.secrets.extract_if(.., |key| key.id == id).next();
        one.or_else(|| self.expired.extract_if(.., |key| key.id == id).next())
    }

    /// Sorts the current secrets first, then those replaced last: a delivery signed with several counts as signed with
    /// a current one.
    fn sort(&mut self) {
        self.secrets.sort_by_key(|key| match key.state {
            KeyState::Current => i64::MIN,
            KeyState::Grace { until: at } | KeyState::Expired { at } => at.saturating_neg(),
        });
    }
}

/// The table of projects. Changed rarely, read for every delivery.
pub(crate) struct Registry {
    table: RwLock<Arc<Table>>,
    /// Other names than the usual one that the Sandbox's pings have had since the start.
    sandbox_pings: RwLock<BTreeSet<String>>,
}

struct Table {
    policy: Policy,
    by_path: HashMap<String, Arc<inbound::Project>>,
    default: Arc<inbound::Project>,
    all: Vec<ProjectKeys>,
}

impl Registry {
    /// `projects` holds at least one; the default project is the one with an empty path, or the last.
    pub(crate) fn new(projects: Vec<ProjectKeys>, settings: &Settings) -> Self {
        let table = RwLock::new(Arc::new(table(projects, policy(settings))));
        Self { table, sandbox_pings: RwLock::default() }
    }

    /// Changes the projects, one caller at a time.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Vec<ProjectKeys>)) {
        let mut current = self.table.write();
        let mut all = current.all.clone();
        change(&mut all);
        *current = Arc::new(table(all, current.policy.clone()));
    }

    /// Puts the rules of these settings in force.
    pub(crate) fn apply(&self, settings: &Settings) {
        let mut current = self.table.write();
        *current = Arc::new(table(current.all.clone(), policy(settings)));
    }

    /// Adds a secret, in front of those that are there. It verifies from now on.
    pub(crate) fn add_secret(&self, project: i64, key: SecretKey) {
        self.update(|all| {
            let Some(keys) = all.iter_mut().find(|keys| keys.project.id == project) else { return };
            keys.forget(&key.id);
            match key.state {
                KeyState::Expired { .. } => keys.expired.insert(0, key),
                _ => keys.secrets.insert(0, key),
            }
            keys.sort();
        });
    }

    /// Sets whether a secret is current, in its grace period, or ended.
    pub(crate) fn set_secret_state(&self, id: &str, state: KeyState) {
        self.update(|all| {
            let Some(keys) = all.iter_mut().find(|keys| keys.has(id)) else { return };
            let Some(key) = keys.forget(id) else { return };
            let key = SecretKey { state, ..key };
            match state {
                KeyState::Expired { .. } => keys.expired.insert(0, key),
                _ => keys.secrets.insert(0, key),
            }
            keys.sort();
        });
    }

    pub(crate) fn knows_secret(&self, id: &str) -> bool {
        self.table().all.iter().any(|keys| keys.has(id))
    }

    /// Forgets a secret altogether.
    pub(crate) fn forget_secret(&self, id: &str) {
        self.update(|all| {
            for keys in all {
                keys.forget(id);
            }
        });
    }

    fn table(&self) -> Arc<Table> {
        self.table.read().clone()
    }

    pub(crate) fn all(&self) -> Vec<ProjectKeys> {
        self.table().all.clone()
    }

    /// What verifies a project's deliveries; `None` if the project is no longer there.
    pub(crate) fn of(&self, id: i64) -> Option<Arc<inbound::Project>> {
        let table = self.table();
        std::iter::once(&table.default).chain(table.by_path.values()).find(|project| project.id == id).cloned()
    }

    pub(crate) fn projects(&self) -> Vec<Project> {
        self.table().all.iter().map(|keys| keys.project.clone()).collect()
    }

    /// A project.
    ///
    /// # Errors
    /// `not_found` if it is not there (any more).
    pub(crate) fn project(&self, id: i64) -> Result<Project> {
        self.projects().into_iter().find(|project| project.id == id).ok_or_else(|| Error::not_found("project"))
    }

    pub(crate) fn is_sandbox(&self, id: i64) -> bool {
        self.table().all.iter().any(|keys| keys.project.id == id && keys.project.sandbox)
    }

    /// Notes the name that the Sandbox gives its pings from now on. Ignores the name of an event, which proves nothing.
    pub(crate) fn note_sandbox_ping(&self, name: &str) {
        if gemini::catalog::lookup(name).is_none() {
            self.sandbox_pings.write().insert(name.to_owned());
        }
    }

    /// Whether the Sandbox calls its pings this, or has done so since the start.
    pub(crate) fn is_sandbox_ping(&self, project: i64, name: &str) -> bool {
        self.is_sandbox(project) && self.sandbox_pings.read().contains(name)
    }
}

impl Projects for Registry {
    fn find(&self, path: &str) -> Arc<inbound::Project> {
        let table = self.table();
        let segment = path.strip_prefix('/').unwrap_or(path).split('/').next().unwrap_or_default();
        table.by_path.get(segment).unwrap_or(&table.default).clone()
    }
}

fn table(all: Vec<ProjectKeys>, policy: Policy) -> Table {
    let mut by_path = HashMap::new();
    let mut default = None;
    for keys in &all {
        let project = Arc::new(inbound::Project {
            id: keys.project.id,
            keyring: Keyring { secrets: keys.tried().to_vec(), closed: keys.closed, ..Keyring::default() },
            policy: keys.policy.clone().unwrap_or_else(|| policy.clone()),
            jwks: keys.jwks.clone(),
        });
        if keys.project.path.is_empty() || default.is_none() {
            default = Some(project.clone());
        }
        if !keys.project.path.is_empty() {
            by_path.insert(keys.project.path.clone(), project);
        }
    }
    let default = default.unwrap_or_else(|| {
        Arc::new(inbound::Project { id: 0, keyring: Keyring::default(), policy: Policy::default(), jwks: None })
    });
    Table { policy, by_path, default, all }
}

fn policy(settings: &Settings) -> Policy {
    Policy {
        tolerance: settings.tolerance_s.into(),
        jwt: JwtPolicy { audience: settings.audience.clone(), issuer: settings.issuer.clone(), ..JwtPolicy::default() },
    }
}
