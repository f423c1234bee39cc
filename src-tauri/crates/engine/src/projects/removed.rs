//! What was removed in this session, so that it can be brought back.

use store::SecretRecord;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// Removed secrets and projects. Locked while one is being removed or brought back.
#[derive(Default)]
pub(super) struct Removed {
    pub(super) secrets: Mutex<Vec<RemovedSecret>>,
    pub(super) projects: Mutex<Vec<RemovedProject>>,
}

/// A removed secret, until the session ends.
pub(super) struct RemovedSecret {
    pub(super) record: SecretRecord,
    pub(super) text: Zeroizing<String>,
}

/// A removed project, until the session ends.
pub(super) struct RemovedProject {
    pub(super) project: store::Project,
    pub(super) key: Option<Zeroizing<String>>,
    pub(super) secrets: Vec<(SecretRecord, Option<Zeroizing<String>>)>,
}
