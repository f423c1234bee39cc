//! The webhooks of a project: lists, makes, changes, pings and repairs them.

use std::collections::HashMap;
use std::sync::{Arc, Once};

use inbound::Tally;
use signature::Outcome;

use crate::actions::Actions;
use crate::addresses::Addresses;
use crate::common::Common;
use crate::dto::{NamedWebhook, Row, WebhookAlarms, WebhookBoard};
use crate::error::{Code, Error, Result};
use crate::history::{History, rows};
use crate::listening::Listening;
use crate::projects::Projects;
use crate::registry::Registry;
use crate::sandbox::Sandbox;
use crate::tunnel::Tunnel;
use board::{Board, Boards, Listed};
use path::{path_of, same_path};
pub(crate) use reading::is_loopback;
use seen::{DAY_MS, ns};

mod board;
mod change;
mod create;
mod follow_sandbox;
mod path;
mod ping;
mod reading;
mod rotation;
mod seen;
mod standing;
mod view;
mod watch;

/// Most failures to show.
const FAILURES: usize = 20;
/// How many deliveries to search for them.
const LOOKED_AT: u32 = 500;

/// The rooms that this one hears from and asks.
pub(crate) struct Neighbours {
    pub(crate) actions: Actions,
    pub(crate) registry: Arc<Registry>,
    pub(crate) projects: Projects,
    pub(crate) addresses: Addresses,
    pub(crate) sandbox: Sandbox,
    pub(crate) history: History,
    pub(crate) listening: Listening,
    pub(crate) tunnel: Tunnel,
    pub(crate) tally: Arc<Tally>,
}

/// The room of webhooks. Cloning shares it.
#[derive(Clone)]
pub struct Webhooks {
    common: Common,
    actions: Actions,
    registry: Arc<Registry>,
    projects: Projects,
    addresses: Addresses,
    sandbox: Sandbox,
    history: History,
    listening: Listening,
    tunnel: Tunnel,
    tally: Arc<Tally>,
    boards: Arc<Boards>,
    /// Set once they are watched, from the first window on.
    watched: Arc<Once>,
}

impl Webhooks {
    pub(crate) fn new(common: Common, neighbours: Neighbours) -> Self {
        let Neighbours { actions, registry, projects, addresses, sandbox, history, listening, tunnel, tally } =
            neighbours;
        let (boards, watched) = (Arc::default(), Arc::new(Once::new()));
        Self {
            common,
            actions,
            registry,
            projects,
            addresses,
            sandbox,
            history,
            listening,
            tunnel,
            tally,
            boards,
            watched,
        }
    }

    /// The webhooks as the service listed them last, with what Pollux has seen of them. Asks the service only if it was
    /// never asked.
    pub async fn board(&self, project: i64) -> Result<WebhookBoard> {
        self.registry.project(project)?;
        if !self.boards.asked(project) {
            self.read_webhooks(project).await?;
        }
        self.webhook_board(project).await
    }

    /// The same, after asking the service. If it gave no proper answer, [`WebhookBoard::error`] says so.
    pub async fn refresh(&self, project: i64) -> Result<WebhookBoard> {
        self.read_webhooks(project).await?;
        self.webhook_board(project).await
    }

    /// The webhooks of all projects, as their services listed them last. Asks nobody.
    pub(crate) fn known(&self) -> Vec<NamedWebhook> {
        let projects = self.registry.projects();
        projects.iter().flat_map(|project| self.boards.with(project.id, |board| named(project.id, board))).collect()
    }

    /// Projects with webhooks that need attention, as last reported to the window.
    pub(crate) fn alarms(&self) -> Vec<WebhookAlarms> {
        self.boards.alarms()
    }

    /// Deliveries of the last 24 hours to this webhook that Pollux did not answer with 2xx, newest first, at most 20.
    pub async fn failures(&self, project: i64, id: &str) -> Result<Vec<Row>> {
        let listed = self.known_webhook(project, id).await?;
        let from_ns = ns(self.common.now_ms().saturating_sub(DAY_MS));
        let mut found = self.common.store().unverified(project, from_ns, LOOKED_AT).await?;
        found.extend(self.common.store().unanswered(project, from_ns, LOOKED_AT).await?);
        found.retain(|one| !(200..300).contains(&one.row.status));
        found.sort_by_key(|one| std::cmp::Reverse(one.row.id));
        found.dedup_by_key(|one| one.row.id);
        self.came_for(&listed, project, found, FAILURES).await
    }

    /// Those of these deliveries that a secret of the webhook verified, or that came to its path and no key verified.
    pub(crate) async fn came_for(
        &self,
        listed: &Listed,
        project: i64,
        found: Vec<store::Unverified>,
        most: usize,
    ) -> Result<Vec<Row>> {
        let keys = self.keys_of(project, &listed.id).await?;
        let path = path_of(&listed.uri);
        let mut rows = Vec::new();
        for store::Unverified { row, path: came_to } in found {
            let ours = match row.outcome {
                Outcome::Verified => self.signer(row.id).await?.is_some_and(|key| keys.contains_key(&key)),
                _ => path.as_deref().is_some_and(|path| same_path(&came_to, path)),
            };
            if ours {
                rows.push(rows::row(&row, &self.registry));
            }
            if rows.len() == most {
                break;
            }
        }
        Ok(rows)
    }

    /// The secrets of a webhook that Pollux has, by id, with their hints.
    pub(crate) async fn keys_of(&self, project: i64, webhook: &str) -> Result<HashMap<String, String>> {
        let records = self.projects.secret_records(project).await?;
        let ours = records.into_iter().filter(|record| record.webhook.as_deref() == Some(webhook));
        Ok(ours.map(|record| (record.id, record.hint)).collect())
    }

    /// The key that verified a delivery.
    pub(crate) async fn signer(&self, delivery: i64) -> Result<Option<String>> {
        let delivery = self.common.store().delivery(delivery).await?;
        Ok(delivery.and_then(|delivery| delivery.verdict.key).map(|key| key.id))
    }

    /// A webhook of the board. Asks the service if it is not there.
    pub(crate) async fn known_webhook(&self, project: i64, id: &str) -> Result<Listed> {
        self.registry.project(project)?;
        if let Some(listed) = self.boards.listed(project, id) {
            return Ok(listed);
        }
        self.read_webhooks(project).await?;
        if let Some(listed) = self.boards.listed(project, id) {
            return Ok(listed);
        }
        // Only after the list was read is it known whether it is gone.
        match self.boards.with(project, |known| known.error.clone()) {
            Some(error) => Err(error),
            None => Err(gone()),
        }
    }
}

pub(crate) fn gone() -> Error {
    Error::new(Code::NotFound, "The service no longer has this webhook. Read the list again.")
}

/// A board's webhooks, as far as they have to be known to go to them.
fn named(project: i64, board: &Board) -> Vec<NamedWebhook> {
    let webhook = |one: &Listed| NamedWebhook {
        project,
        id: one.id.clone(),
        name: one.name.clone(),
        uri: one.uri.clone(),
        state: one.state.clone(),
    };
    board.listed.iter().map(webhook).collect()
}
