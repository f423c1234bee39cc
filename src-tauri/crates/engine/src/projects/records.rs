//! What the store said last of projects and secrets.

use store::SecretRecord;

/// The projects and secrets as they were last read.
#[derive(Default)]
pub(super) struct Records {
    pub(super) projects: Vec<store::Project>,
    pub(super) secrets: Vec<SecretRecord>,
    /// Whether they were read before: then a secret that comes now is a new one.
    pub(super) read: bool,
}
