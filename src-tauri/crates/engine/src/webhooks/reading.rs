//! Reads a project's webhooks from the service, and applies what follows from it to the secrets that Pollux has.

use std::collections::{HashMap, HashSet};

use gemini::client::{Client, ClientError, Webhook};
use signature::KeyState;
use store::{SecretRecord, WebhookSeen};

use super::Webhooks;
use super::board::{self, Listed, ListedSecret, Service, matched, tail};
use super::seen::Seen;
use super::view::Facts;
use crate::dto::{Live, Project, SandboxClock, WebhookBoard, WebhookView};
use crate::error::{Error, Result};
use crate::service_error::service_error;

/// Webhooks on a page: the most that the service gives.
const PAGE: u32 = 1000;
/// Most pages to read, in case a service never ends its list.
const PAGES: usize = 100;
/// Ends that differ by less than this are the same: records hold whole seconds.
const SAME_S: u64 = 2;

impl Webhooks {
    /// Asks the service for its list, applies what it says of secrets, and reports to the window. If the service gave
    /// no proper answer, the board says so.
    pub(crate) async fn read_webhooks(&self, project: i64) -> Result<()> {
        let asked = self.registry.project(project)?;
        let boards = &self.boards;
        let number = boards.begin(project, &service(&asked));
        // What is made from here on may be missing from the list.
        let began_ms = self.common.now_ms();
        match self.list_webhooks(project).await {
            Ok(listed) => {
                // A change that is answered meanwhile ends secrets before or after this, not halfway through.
                let _alone = boards.settling.lock().await;
                if boards.end(project, number, listed.clone(), self.common.now_ms()) {
                    self.settle_secrets(project, &listed, began_ms).await?;
                    self.note_states(project, &listed).await?;
                }
            }
            Err(error) => boards.fail(project, number, error),
        }
        self.tell_webhooks(project).await;
        Ok(())
    }

    /// Notes what the service said, so that it is known later what a webhook was at a time.
    async fn note_states(&self, project: i64, listed: &[Listed]) -> Result<()> {
        let seen = listed.iter().map(|one| WebhookSeen {
            project,
            webhook: one.id.clone(),
            at_ms: 0,
            seen_ms: 0,
            name: one.name.clone(),
            uri: one.uri.clone(),
            events: one.events.clone(),
            state: one.state.clone(),
        });
        let seen = seen.collect();
        Ok(self.common.store().webhook_states().listed(project, self.common.now_ms(), seen).await?)
    }

    /// The same in the background, after a change.
    pub(crate) fn read_webhooks_soon(&self, project: i64) {
        let room = self.clone();
        self.common.spawn(async move {
            // A service that does not answer must not delay the end of the engine.
            if let Err(error) = room.read_webhooks(project).await {
                tracing::warn!(project, code = %error.code, "the webhooks could not be read");
            }
        });
    }

    /// All pages.
    pub(crate) async fn list_webhooks(&self, project: i64) -> Result<Vec<Listed>> {
        let client = self.projects.client(project)?;
        let webhooks = all_pages(&client).await.map_err(|error| service_error(error, false))?;
        let clock = self.emulator_clock(project).await?;
        Ok(webhooks.into_iter().map(|webhook| Listed::read(webhook, clock.as_ref())).collect())
    }

    /// One webhook, as it is now.
    pub(crate) async fn read_webhook(&self, project: i64, id: &str) -> Result<Listed> {
        let webhook =
            self.projects.client(project)?.webhook_get(id).await.map_err(|error| service_error(error, false))?;
        self.listed_now(project, webhook).await
    }

    /// A webhook from the service's answer.
    pub(crate) async fn listed_now(&self, project: i64, webhook: Webhook) -> Result<Listed> {
        let clock = self.emulator_clock(project).await?;
        Ok(Listed::read(webhook, clock.as_ref()))
    }

    /// The Sandbox's clock, if this is its project.
    async fn emulator_clock(&self, project: i64) -> Result<Option<SandboxClock>> {
        match self.registry.is_sandbox(project) {
            true => Ok(Some(self.sandbox.running()?.clock().await?)),
            false => Ok(None),
        }
    }

    /// Applies when secrets end. One that is no longer listed has ended now. One that is listed as if it had not ended
    /// has not: the API key was another's meanwhile, or the answer to a rotation was wrong.
    pub(crate) async fn settle_secrets(&self, project: i64, listed: &[Listed], began_ms: i64) -> Result<()> {
        let mut records = Vec::new();
        for record in self.projects.secret_records(project).await? {
            records.extend(self.linked_secret(record, listed).await?);
        }
        let now_s = self.common.now_s();
        let found: HashMap<&str, &ListedSecret> = listed.iter().flat_map(|one| matched(one, &records)).collect();
        for record in &records {
            let ended = matches!(record.state(now_s), KeyState::Expired { .. });
            match found.get(record.id.as_str()) {
                Some(secret) if secret.current && record.expires_at.is_some() => {
                    self.projects.revive_secret(record).await?
                }
                Some(secret) => {
                    let ends = secret.ends_ms.map(|ms| ms.div_euclid(1000));
                    let same = |ends: i64| record.expires_at.is_some_and(|known| known.abs_diff(ends) < SAME_S);
                    if let Some(ends) = ends.filter(|ends| !same(*ends)) {
                        self.projects.end_secret(&record.id, ends).await?;
                    }
                }
                None if !ended && record.added_ms < began_ms => self.projects.end_secret(&record.id, now_s).await?,
                None => {}
            }
        }
        Ok(())
    }

    /// A secret that the user pasted in belongs to the one webhook whose list shows its last characters.
    async fn linked_secret(&self, mut record: SecretRecord, listed: &[Listed]) -> Result<Option<SecretRecord>> {
        if record.webhook.is_some() {
            return Ok(Some(record));
        }
        let end = tail(&record.hint);
        let mut twins = listed.iter().filter(|one| one.secrets.iter().any(|secret| secret.tail == end));
        let (Some(webhook), None) = (twins.next(), twins.next()) else { return Ok(None) };
        record.webhook = Some(webhook.id.clone());
        self.common.store().secrets().put(record.clone()).await?;
        Ok(Some(record))
    }

    /// What is known of a project's webhooks, without asking.
    pub(crate) async fn webhook_board(&self, project: i64) -> Result<WebhookBoard> {
        let project = self.registry.project(project)?;
        let (listed, refreshed_ms, error) =
            self.boards.with(project.id, |known| (known.listed.clone(), known.refreshed_ms, known.error.clone()));
        let receiver = self.receiver_of(&project);
        Ok(WebhookBoard {
            webhooks: self.webhook_views(&project, &listed).await?,
            refreshed_ms,
            error,
            receiver_public: receiver.as_ref().is_some_and(|(_, public)| *public),
            receiver: receiver.map(|(uri, _)| uri),
            project: project.id,
        })
    }

    /// Where the listener takes a project's deliveries, and whether that is a public address.
    fn receiver_of(&self, project: &Project) -> Option<(String, bool)> {
        let bases = self.addresses.bases();
        // A service on this machine reaches the listener directly.
        let near = reqwest::Url::parse(&project.base_url).is_ok_and(|url| is_loopback(&url));
        let local = bases.local.as_ref()?;
        let (base, public) = match &bases.public {
            Some(public) if !near && bases.reached => (public, true),
            _ => (local, false),
        };
        Some((format!("{base}{}", project.path), public))
    }

    /// The address at which the project's service reaches the listener, if it can.
    pub(crate) fn receiver(&self, project: i64) -> Result<Option<String>> {
        let project = self.registry.project(project)?;
        let near = reqwest::Url::parse(&project.base_url).is_ok_and(|url| is_loopback(&url));
        Ok(self.receiver_of(&project).filter(|(_, public)| near || *public).map(|(uri, _)| uri))
    }

    /// Webhooks of a project as the window shows them.
    pub(crate) async fn webhook_views(&self, project: &Project, listed: &[Listed]) -> Result<Vec<WebhookView>> {
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let records = self.projects.secret_records(project.id).await?;
        let keys: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
        let now_ms = self.common.now_ms();
        let seen = Seen::read(self.common.store(), project.id, &keys, now_ms).await?;
        let own = match self.sandbox.of(project.id) {
            Some(sandbox) => sandbox.own().await,
            None => None,
        };
        let facts = Facts {
            project,
            paths: &self.registry.projects().into_iter().map(|project| project.path).collect::<Vec<_>>(),
            bases: &self.addresses.bases(),
            records: &records,
            available: &self.available(project.id),
            seen: &seen,
            own: own.as_deref(),
            now_ms,
        };
        Ok(listed.iter().map(|listed| facts.view(listed)).collect())
    }

    /// One of them.
    pub(crate) async fn webhook_view(&self, project: i64, listed: &Listed) -> Result<WebhookView> {
        let views = self.webhook_views(&self.registry.project(project)?, std::slice::from_ref(listed)).await?;
        views.into_iter().next().ok_or_else(|| Error::not_found("webhook"))
    }

    /// The same, even if what was seen cannot be read: a secret that was just made must be shown.
    pub(crate) async fn view_or_plain(&self, project: i64, listed: &Listed) -> WebhookView {
        match self.webhook_view(project, listed).await {
            Ok(view) => view,
            Err(error) => {
                tracing::warn!(project, code = %error.code, "a webhook is shown without what was seen of it");
                listed.plain()
            }
        }
    }

    /// The secrets whose text is at hand.
    fn available(&self, project: i64) -> Vec<String> {
        let all = self.registry.all();
        let keys = all.iter().filter(|keys| keys.project.id == project);
        keys.flat_map(|keys| keys.secrets.iter().chain(&keys.expired)).map(|key| key.id.clone()).collect()
    }

    /// Reports to the window if something shown has changed.
    pub(crate) async fn tell_webhooks(&self, project: i64) {
        let _alone = self.boards.telling.lock().await;
        match self.webhook_board(project).await {
            Ok(shown) if self.boards.tell(&shown) => {
                self.common.tell(Live::Webhooks { alarms: board::alarms(&shown) });
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(project, code = %error.code, "the webhooks could not be shown"),
        }
    }
}

/// The service to ask.
pub(crate) fn service(project: &Project) -> Service {
    Service {
        base_url: project.base_url.clone(),
        version: gemini::client::ApiVersion::from(project.api_version).as_str(),
        key: project.api_key.as_ref().map(|key| key.hint.clone()),
    }
}

/// Whether this is an address of this machine's own.
pub(crate) fn is_loopback(url: &reqwest::Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_matches(|c| c == '[' || c == ']').parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

async fn all_pages(client: &Client) -> std::result::Result<Vec<Webhook>, ClientError> {
    let mut webhooks = Vec::new();
    let (mut ids, mut tokens) = (HashSet::new(), HashSet::new());
    let mut token: Option<String> = None;
    loop {
        let page = client.webhook_list(PAGE, token.as_deref()).await?;
        // Drop those without an id, which cannot be shown, pinged or changed, and those that an earlier page had.
        let mut listed = page.webhooks;
        listed.retain(|webhook| !webhook.id.is_empty() && ids.insert(webhook.id.clone()));
        webhooks.append(&mut listed);
        let Some(next) = page.next_page_token else { return Ok(webhooks) };
        // With only a part of the list, all that is missing would be taken for gone.
        if tokens.len() >= PAGES || !tokens.insert(next.clone()) {
            return Err(ClientError::Unreadable("its list of webhooks does not end".to_owned()));
        }
        token = Some(next);
    }
}
