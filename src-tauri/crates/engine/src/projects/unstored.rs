//! Secrets that could not be stored: held in memory until the process ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use signature::{Secret, SecretKey};
use store::SecretRecord;
use zeroize::Zeroizing;

use super::names::secret_key;

/// A secret that could not be stored. It verifies.
pub(super) struct Unstored {
    pub(super) record: SecretRecord,
    pub(super) text: Zeroizing<String>,
    /// Whether the user has kept it elsewhere: then nothing is asked about it any more.
    let_go: bool,
}

/// All of them, and how many may still come.
#[derive(Default)]
pub(super) struct UnstoredSecrets {
    all: Mutex<Vec<Unstored>>,
    /// Calls under way that may return a new secret.
    coming: AtomicUsize,
}

/// A secret on its way; by the time this is dropped it is stored, or held.
pub(super) struct Coming(Arc<UnstoredSecrets>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.coming.fetch_sub(1, Ordering::Relaxed);
    }
}

impl UnstoredSecrets {
    /// Counts a call that may return a new secret.
    pub(super) fn expect_one(self: &Arc<Self>) -> Coming {
        self.coming.fetch_add(1, Ordering::Relaxed);
        Coming(self.clone())
    }

    /// Whether there is one that nobody has kept, or one on its way.
    pub(super) fn any(&self) -> bool {
        self.coming.load(Ordering::Relaxed) > 0 || self.all.lock().iter().any(|one| !one.let_go)
    }

    pub(super) fn add(&self, record: SecretRecord, text: Zeroizing<String>) {
        self.all.lock().push(Unstored { record, text, let_go: false });
    }

    /// Takes one out, to be stored or forgotten.
    pub(super) fn take(&self, id: &str) -> Option<Unstored> {
        let mut all = self.all.lock();
        let place = all.iter().position(|one| one.record.id == id)?;
        Some(all.swap_remove(place))
    }

    /// The user has kept it, so it is not asked about any more. False where no secret has that id.
    pub(super) fn let_go(&self, id: &str) -> bool {
        let mut all = self.all.lock();
        let found = all.iter_mut().find(|one| one.record.id == id);
        found.map(|one| one.let_go = true).is_some()
    }

    /// Sets its end (`None`: it has none). False where no secret has that id.
    pub(super) fn set_end(&self, id: &str, at_s: Option<i64>) -> bool {
        let mut all = self.all.lock();
        let found = all.iter_mut().find(|one| one.record.id == id);
        found.map(|one| one.record.expires_at = at_s).is_some()
    }

    pub(super) fn records(&self) -> Vec<SecretRecord> {
        self.all.lock().iter().map(|one| one.record.clone()).collect()
    }

    pub(super) fn text(&self, id: &str) -> Option<Zeroizing<String>> {
        self.all.lock().iter().find(|one| one.record.id == id).map(|one| one.text.clone())
    }

    /// The keys of a project that are among them.
    pub(super) fn keys(&self, project: i64, now_s: i64) -> Vec<SecretKey> {
        let all = self.all.lock();
        let ours = all.iter().filter(|one| one.record.project == project);
        ours.filter_map(|one| Some(secret_key(&one.record, Secret::parse(&one.text).ok()?, now_s))).collect()
    }
}
