//! The webhooks of a project: listed, made, changed, pinged, repaired.

use std::collections::HashMap;
use std::sync::{Arc, Once};

use inbound::Tally;
use signature::Outcome;

use crate::actions::Actions;
use crate::addresses::Addresses;
use crate::common::Common;
use crate::dto::{Row, WebhookAlarms, WebhookBoard};
use crate::error::{Code, Error, Result};
use crate::history::{History, rows};
use crate::listening::Listening;
use crate::projects::Projects;
use crate::registry::Registry;
use crate::sandbox::Sandbox;
use crate::tunnel::Tunnel;
use board::{Boards, Listed};
use path::{path_of, same_path};
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
mod view;
mod watch;

/// Failures that are shown.
const FAILURES: usize = 20;
/// Deliveries that are looked at for them.
const LOOKED_AT: u32 = 500;

/// What the room is told by, and asks.
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
    /// They are watched: once, from the first window on.
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

    /// The webhooks as the service listed them last, with what Pollux saw of them until now. Asks the service only
    /// where it was never asked.
    pub async fn board(&self, project: i64) -> Result<WebhookBoard> {
        self.registry.project(project)?;
        if !self.boards.asked(project) {
            self.read_webhooks(project).await?;
        }
        self.webhook_board(project).await
    }

    /// The same, after asking the service. That it did not answer well stands in [`WebhookBoard::error`].
    pub async fn refresh(&self, project: i64) -> Result<WebhookBoard> {
        self.read_webhooks(project).await?;
        self.webhook_board(project).await
    }

    /// Projects with webhooks that need somebody, as far as the window was told.
    pub(crate) fn alarms(&self) -> Vec<WebhookAlarms> {
        self.boards.alarms()
    }

    /// Deliveries of the last 24 hours to this webhook that Pollux did not answer with 2xx, newest first, 20 at most.
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

    /// Of these deliveries those that a secret of the webhook verified, or that came to its path and no key verified.
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

    /// The secrets of a webhook that Pollux keeps, by id: their hints.
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

    /// A webhook of the board; the service is asked where it is not there.
    pub(crate) async fn known_webhook(&self, project: i64, id: &str) -> Result<Listed> {
        self.registry.project(project)?;
        if let Some(listed) = self.boards.listed(project, id) {
            return Ok(listed);
        }
        self.read_webhooks(project).await?;
        if let Some(listed) = self.boards.listed(project, id) {
            return Ok(listed);
        }
        // Whether it is gone is known only where the list was read.
        match self.boards.with(project, |known| known.error.clone()) {
            Some(error) => Err(error),
            None => Err(gone()),
        }
    }
}

pub(crate) fn gone() -> Error {
    Error::new(Code::NotFound, "The service no longer has this webhook. Read the list again.")
}
