//! How the webhooks stand, as their services listed them last. Asks nobody.

use super::Webhooks;
use super::board::Listed;

/// The state of a webhook that its service disabled.
const FAILED: &str = "disabled_due_to_failed_deliveries";

/// A webhook as its service listed it last.
pub(crate) struct Standing {
    pub(crate) project: i64,
    pub(crate) webhook: String,
    /// Whether the service disabled it, because deliveries to it failed.
    pub(crate) disabled: bool,
    /// The last characters of its old secrets, and when each ends (Unix milliseconds).
    pub(crate) ending: Vec<(String, i64)>,
}

impl Webhooks {
    /// All webhooks that were listed.
    pub(crate) fn standing(&self) -> Vec<Standing> {
        let projects = self.registry.projects();
        let listed = |project: i64| self.boards.with(project, |board| stand(project, &board.listed));
        projects.iter().flat_map(|project| listed(project.id)).collect()
    }
}

fn stand(project: i64, listed: &[Listed]) -> Vec<Standing> {
    let standing = |one: &Listed| Standing {
        project,
        webhook: one.id.clone(),
        disabled: one.state == FAILED,
        ending: one.secrets.iter().filter_map(|secret| Some((secret.tail.clone(), secret.ends_ms?))).collect(),
    };
    listed.iter().map(standing).collect()
}
