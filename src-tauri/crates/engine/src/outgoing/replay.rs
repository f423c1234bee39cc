//! Replays: deliveries sent again by hand, as received or changed, to one address or several.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use outbound::{Recipe, Twist};
use parking_lot::Mutex;
use signature::Secret;
use store::Sendable;
use tokio::sync::broadcast;

use super::outbounds::{altered, line};
use super::sending::Sending;
use super::targets::{Allowed, Targets};
use crate::common::Common;
use crate::dto::{
    HeaderLine, Outbound, ReplayBody, ReplayChanges, ReplayDraft, ReplayId, ReplayPlan, ReplayPreview, ReplayRun,
    ReplaySign, ReplaySigner, ReplayTime, ReplayTwist,
};
use crate::error::{Code, Error, Result};
use crate::registry::Registry;
use run::{Run, Way};

mod run;

/// Longest body in the editor, in bytes.
const EDITED: usize = 1024 * 1024;
/// Most requests of one plan.
const MOST: u64 = 100_000;
/// Most bytes of changed bodies that one run may store.
const KEPT: u64 = 256 * 1024 * 1024;
/// Most deliveries of one plan.
const DELIVERIES: usize = 10_000;
/// Most addresses of one plan.
const TARGETS: usize = 10;
/// How many runs can be looked at.
const RUNS: usize = 20;
/// How many requests a follower may lag behind.
const FOLLOWED: usize = 4096;

/// The room of replays. Cloning shares it.
#[derive(Clone)]
pub struct Replays {
    common: Common,
    registry: Arc<Registry>,
    targets: Targets,
    sending: Sending,
    runs: Arc<Mutex<BTreeMap<u32, Arc<Run>>>>,
    /// Carries every request that has ended.
    sent: broadcast::Sender<Outbound>,
}

/// The ready-made ways to break a replay.
pub(crate) fn twists() -> Vec<ReplayTwist> {
    let view = |twist: &Twist| ReplayTwist {
        id: twist.id,
        label: twist.label,
        what: twist.what,
        expected: twist.expected,
        signs: twist.signs,
    };
    outbound::twists().iter().map(view).collect()
}

impl Replays {
    pub(crate) fn new(common: Common, registry: Arc<Registry>, targets: Targets, sending: Sending) -> Self {
        Self { common, registry, targets, sending, runs: Arc::default(), sent: broadcast::Sender::new(FOLLOWED) }
    }

    /// A delivery as the editor needs it.
    pub async fn draft(&self, id: i64) -> Result<ReplayDraft> {
        let sendable = self.sendable(id).await?;
        let row =
            self.common.store().rows(&[id]).await?.into_iter().next().ok_or_else(|| Error::not_found("delivery"))?;
        let Sendable { project, truncated, body, headers, .. } = sendable;
        let short = body.len() <= EDITED;
        let text = std::str::from_utf8(&body).ok().filter(|_| short).map(str::to_owned);
        let base64 = (short && text.is_none()).then(|| STANDARD.encode(&body));
        Ok(ReplayDraft {
            delivery: id,
            project,
            outcome: row.outcome,
            headers: headers.into_iter().map(|(name, value)| line(name, value)).collect(),
            text,
            base64,
            body_len: body.len() as u64,
            truncated,
            signers: self.signers(project),
        })
    }

    /// The first request of a plan, as it would go out. Sends nothing, and asks for no consent.
    pub async fn preview(&self, plan: ReplayPlan) -> Result<ReplayPreview> {
        let first = *plan.deliveries.first().ok_or_else(nothing)?;
        let url = plan.targets.first().ok_or_else(nowhere)?;
        let target = outbound::Target::parse(url)?;
        let recipe = self.recipe(&plan.changes).await?;
        let sendable = self.sendable(first).await?;
        let composed = self.sending.compose(&sendable, &recipe, &target)?;
        Ok(ReplayPreview {
            body_len: composed.body.len() as u64,
            headers: sent_headers(&composed, &target).into_iter().map(|(name, value)| line(name, value)).collect(),
            altered: altered(composed.altered),
            changes: composed.changes,
        })
    }

    /// Begins a run of replays.
    ///
    /// # Errors
    /// What is wrong with the plan; `confirm_target` if an address is not on this machine and was never agreed to;
    /// `holds_secret` if the request holds one.
    pub async fn start(&self, plan: ReplayPlan) -> Result<ReplayRun> {
        let plan = checked(plan)?;
        let mut targets = Vec::with_capacity(plan.targets.len());
        for url in &plan.targets {
            let allowed = self.targets.allowed(url).await?;
            if !targets.iter().any(|known: &Allowed| known.target == allowed.target) {
                targets.push(allowed);
            }
        }
        let recipe = self.recipe(&plan.changes).await?;
        // Report what cannot be composed before the run begins.
        let first = self.sendable(*plan.deliveries.first().ok_or_else(nothing)?).await?;
        for allowed in &targets {
            let composed = self.sending.compose(&first, &recipe, &allowed.target)?;
            self.sending.guard().check(&composed.headers, &composed.body)?;
            let kept = if composed.body_changed { composed.body.len() as u64 } else { 0 };
            let requests = plan.deliveries.len() as u64 * targets.len() as u64 * u64::from(plan.times);
            if kept.saturating_mul(requests) > KEPT {
                let mib = kept.saturating_mul(requests) / 1024 / 1024;
                let message = format!(
                    "Each request is stored with its changed body: {mib} MiB are over one run's {} MiB. Send fewer.",
                    KEPT / 1024 / 1024
                );
                return Err(Error::new(Code::InvalidReplay, message));
            }
            self.targets.note_use(&allowed.target).await?;
        }
        let run = {
            let mut runs = self.runs.lock();
            let number = runs.keys().next_back().map_or(1, |last| last + 1);
            let run = Arc::new(Run::new(number, plan, recipe, targets, self.common.now_ms()));
            runs.insert(number, run.clone());
            forget_ended(&mut runs);
            run
        };
        let way = Way { common: self.common.clone(), sending: self.sending.clone(), sent: self.sent.clone() };
        self.common.spawn_to_the_end(run.clone().go(way));
        Ok(run.view(false))
    }

    /// Every request of a replay from now on, once it has ended.
    pub fn subscribe(&self) -> broadcast::Receiver<Outbound> {
        self.sent.subscribe()
    }

    /// Stops a run: requests under way are cut off, and stored as such.
    pub async fn stop(&self, run: u32) -> Result<ReplayRun> {
        let run = self.known(run)?;
        run.stop().await;
        Ok(run.view(true))
    }

    /// A run with its first requests.
    pub fn run(&self, run: u32) -> Result<ReplayRun> {
        Ok(self.known(run)?.view(true))
    }

    /// Waits until a run is over.
    pub async fn ended(&self, run: u32) -> Result<ReplayRun> {
        let run = self.known(run)?;
        run.ended().await;
        Ok(run.view(true))
    }

    fn known(&self, run: u32) -> Result<Arc<Run>> {
        self.runs.lock().get(&run).cloned().ok_or_else(|| Error::not_found("run"))
    }

    async fn sendable(&self, id: i64) -> Result<Sendable> {
        let found = self.common.store().outbounds().sendable(&[id]).await?;
        found.into_iter().next().ok_or_else(|| Error::not_found("delivery"))
    }

    /// The keys that can sign a delivery of this project, its own secrets first.
    fn signers(&self, project: i64) -> Vec<ReplaySigner> {
        let mut signers = Vec::new();
        for keys in self.registry.all() {
            let own = keys.project.id == project;
            for key in keys.secrets.iter().filter(|key| matches!(key.secret, Secret::Hmac(_))) {
                let label = format!("v1 with {}, {}", key.secret.hint(), keys.project.name);
                signers.push(ReplaySigner { sign: ReplaySign::Secret { id: key.id.clone() }, label, own });
            }
            if keys.project.sandbox && self.sending.has_sandbox() {
                for (sign, label) in [
                    (ReplaySign::SandboxV1a, "v1a with the Sandbox's Ed25519 key"),
                    (ReplaySign::SandboxJwt, "JWT with the Sandbox's RSA key"),
                ] {
                    signers.push(ReplaySigner { sign, label: label.to_owned(), own });
                }
            }
        }
        signers.sort_by_key(|signer| !signer.own);
        signers
    }

    async fn recipe(&self, changes: &ReplayChanges) -> Result<Recipe> {
        let headers = match &changes.headers {
            Some(lines) => Some(lines.iter().map(header).collect::<Result<Vec<_>>>()?),
            None => None,
        };
        let body = match &changes.body {
            ReplayBody::Received => None,
            ReplayBody::Text { text } => Some(Bytes::from(text.clone())),
            ReplayBody::Base64 { base64 } => Some(decoded("body", base64)?.into()),
        };
        let twist = match &changes.twist {
            Some(id) => Some(
                Twist::find(id).ok_or_else(|| Error::new(Code::InvalidReplay, format!("There is no twist {id:?}.")))?,
            ),
            None => None,
        };
        Ok(Recipe {
            headers,
            body,
            // Bytes that were given as bytes are sent as they are.
            fill: outbound::Fill {
                headers: changes.fill,
                body: changes.fill && matches!(changes.body, ReplayBody::Text { .. }),
            },
            id: match changes.id {
                ReplayId::Keep => outbound::Id::Keep,
                ReplayId::Renew => outbound::Id::Renew,
            },
            time: match changes.time {
                ReplayTime::Received => outbound::Time::Keep,
                ReplayTime::Now => outbound::Time::Now(0),
                ReplayTime::Shifted { seconds } => outbound::Time::Now(seconds),
            },
            sign: self.sending.sign_with(&changes.sign).await?,
            twist,
        })
    }
}

/// Keeps only the newest runs, but forgets none that is still under way, so that it can always be stopped.
fn forget_ended(runs: &mut BTreeMap<u32, Arc<Run>>) {
    while runs.len() > RUNS {
        let Some(oldest) = runs.iter().find(|(_, run)| run.is_over()).map(|(number, _)| *number) else { return };
        runs.remove(&oldest);
    }
}

/// Checks that a plan is within its bounds.
fn checked(mut plan: ReplayPlan) -> Result<ReplayPlan> {
    let invalid = |message: String| Err(Error::new(Code::InvalidReplay, message));
    if plan.deliveries.is_empty() {
        return Err(nothing());
    }
    if plan.targets.is_empty() {
        return Err(nowhere());
    }
    if plan.deliveries.len() > DELIVERIES {
        return invalid(format!(
            "{} deliveries are more than the {DELIVERIES} that one run can take.",
            plan.deliveries.len()
        ));
    }
    if plan.targets.len() > TARGETS {
        return invalid(format!("{} addresses are more than the {TARGETS} that one run can take.", plan.targets.len()));
    }
    if !(1..=10_000).contains(&plan.times) {
        return invalid(format!("Each delivery can be sent 1 to 10,000 times, not {}.", plan.times));
    }
    if !(1..=64).contains(&plan.concurrency) {
        return invalid(format!("1 to 64 requests can be under way at a time, not {}.", plan.concurrency));
    }
    if plan.delay_ms > 60_000 {
        return invalid(format!("The time between two requests must be at most 60,000 ms, not {}.", plan.delay_ms));
    }
    let edited = plan.changes.headers.is_some() || plan.changes.body != ReplayBody::Received;
    if edited && plan.deliveries.len() > 1 {
        return invalid("Headers and body can be edited for a single delivery only.".to_owned());
    }
    let total = plan.deliveries.len() as u64 * plan.targets.len() as u64 * u64::from(plan.times);
    if total > MOST {
        return invalid(format!("{total} requests are more than the {MOST} that one run can take."));
    }
    let mut seen = std::collections::HashSet::new();
    plan.deliveries.retain(|id| seen.insert(*id));
    Ok(plan)
}

fn nothing() -> Error {
    Error::new(Code::InvalidReplay, "No delivery was chosen. Choose at least one.")
}

fn nowhere() -> Error {
    Error::new(Code::InvalidReplay, "No address was given. Enter one such as http://localhost:3000/webhooks.")
}

/// The headers as the client sends them, with the values of `host` and `content-length`.
fn sent_headers(composed: &outbound::Composed, target: &outbound::Target) -> Vec<(String, Vec<u8>)> {
    outbound::framed(&composed.headers, composed.body.len(), target)
}

fn header(line: &HeaderLine) -> Result<(String, Vec<u8>)> {
    let value = match &line.base64 {
        Some(base64) => decoded("header", base64)?,
        None => line.value.clone().into_bytes(),
    };
    Ok((line.name.trim().to_owned(), value))
}

fn decoded(what: &str, base64: &str) -> Result<Vec<u8>> {
    STANDARD
        .decode(base64.trim())
        .map_err(|error| Error::new(Code::InvalidReplay, format!("The {what} is not base64.")).with_detail(error))
}
