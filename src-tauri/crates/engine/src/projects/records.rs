//! What the store said last.

use store::SecretRecord;

/// What was read last of projects and secrets.
#[derive(Default)]
pub(super) struct Records {
    pub(super) projects: Vec<store::Project>,
    pub(super) secrets: Vec<SecretRecord>,
    /// They were read before: a secret that comes now is a new one.
    pub(super) read: bool,
}
