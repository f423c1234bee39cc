//! Forwarding: sends a project's deliveries on by itself as they arrive.
//!
//! What waits is known by ids only; the rest is in the history. Everything in the history up to a mark is dealt with;
//! after it, each forward that was settled is stored with its delivery. So a restart finds what was waiting, and sends
//! nothing twice.

use std::sync::Arc;
use std::time::Duration;

use outbound::forward::{Found, Marks};
use store::{After, Change};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OnceCell, broadcast};
use tokio::time::Instant;

use super::sending::Sending;
use super::targets::Targets;
use crate::addresses::Addresses;
use crate::common::Common;
use crate::dto::{ForwardAnswer, ForwardOffer, ForwardRule, ForwardStart, ForwardView, Level, Live, Outbound};
use crate::error::{Code, Error, Result};
use crate::registry::Registry;
use lanes::{Kept, Lane, Lanes, store_which};

pub(crate) use lanes::stored_waiting;

mod answer;
mod lanes;
mod send;

/// The setting in the store that holds the rules.
const KEY: &str = "forward";
/// How often, at most, to report to the window.
const TELL: Duration = Duration::from_millis(100);
const KEEP: Duration = Duration::from_secs(2);
const HOUR_MS: i64 = 3_600_000;

/// How many forwards a follower may lag behind.
const FOLLOWED: usize = 1024;

/// The room of forwarding. Cloning shares it.
#[derive(Clone)]
pub struct Forwards {
    common: Common,
    registry: Arc<Registry>,
    addresses: Addresses,
    targets: Targets,
    sending: Sending,
    lanes: Arc<Lanes>,
    /// Set once forwarding has begun, by the process that receives: two would send everything twice.
    begun: Arc<OnceCell<()>>,
    /// Carries every request that was sent on.
    sent: broadcast::Sender<Outbound>,
}

impl Forwards {
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        addresses: Addresses,
        targets: Targets,
        sending: Sending,
    ) -> Self {
        let (lanes, begun, sent) = (Arc::default(), Arc::default(), broadcast::Sender::new(FOLLOWED));
        Self { common, registry, addresses, targets, sending, lanes, begun, sent }
    }

    /// Begins to forward, once, by the rules of the last time, unless the caller supplies the keys. What waits is found
    /// in the background, so that a long history does not delay the listener.
    pub(crate) async fn begin(&self) {
        let begun = self.begun.get_or_try_init(|| self.start_forwards()).await;
        if let Err(error) = begun {
            tracing::error!(%error, "forwarding could not begin");
            let message = format!("Nothing is forwarded, because the rules for it could not be read: {error}");
            self.common.notice(Level::Error, Code::NotForwarded, &message);
        }
    }

    /// Every request that is sent on from now on, once it has ended.
    pub fn subscribe(&self) -> broadcast::Receiver<Outbound> {
        self.sent.subscribe()
    }

    async fn start_forwards(&self) -> Result<()> {
        // Subscribe before anything is read, so that nothing that arrives from here on is missed.
        let changes = self.common.store().subscribe();
        let kept = if self.common.is_fixed() { None } else { self.common.store().settings().get(KEY).await? };
        let kept: Vec<Kept> = kept.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        let last = self.common.store().last_id().await?;
        for kept in kept {
            let off = ForwardRule { on: false, ..kept.rule.clone() };
            let lane = Arc::new(Lane::new(off, kept.marks()));
            self.lanes.put(lane.clone());
            if kept.rule.on {
                lane.begin(kept.rule.clone(), last);
                let room = self.clone();
                let opened = lane.opened();
                self.common.spawn(async move { room.resume(&lane, opened, kept.mark, last).await });
            }
        }
        self.lanes.note_answering();
        let room = self.clone();
        self.common.spawn(async move { room.feed_lanes(changes).await });
        let room = self.clone();
        self.common.spawn(async move { room.tell_news().await });
        Ok(())
    }

    /// Goes on where forwarding was when Pollux last ended, unless the run `opened` is over by then.
    async fn resume(&self, lane: &Arc<Lane>, opened: u64, mark: i64, last: i64) {
        let mut wait = Duration::from_secs(1);
        loop {
            match self.left(&lane.rule(), After::Id(mark), last).await {
                Ok(found) => {
                    let _alone = lane.alone().await;
                    if lane.opened() != opened {
                        // It was switched off, or off and on, meanwhile: that run knows what it is to send.
                        return;
                    }
                    lane.filled(found);
                    return self.run_lane(lane);
                }
                Err(error) => tracing::error!(%error, "what waits to be forwarded could not be read"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(60));
        }
    }

    /// The state of forwarding for each project that has a rule.
    pub fn list(&self) -> Vec<ForwardView> {
        let live = self.registry.projects();
        let here = |lane: &Arc<Lane>| live.iter().any(|project| project.id == lane.project());
        self.lanes.all().iter().filter(|lane| here(lane)).map(|lane| lane.view().into()).collect()
    }

    /// What is already there, before a rule is switched on.
    pub async fn offer(&self, rule: ForwardRule) -> Result<ForwardOffer> {
        let rule = self.checked_rule(rule)?;
        let which = store_which(rule.which);
        let now = self.common.now_ms();
        let store = &self.common.store();
        let count = async |after: After, upto: i64| -> Result<u64> {
            Ok(store.outbounds().count_not_forwarded(rule.project, after, upto, which).await?)
        };
        let since = |ms: i64| After::Time(ms.saturating_mul(1_000_000));
        let waiting = match self.lanes.of(rule.project) {
            Some(lane) if lane.rule().on => lane.view().waiting,
            Some(lane) => {
                let Marks { reached, off_at, dropped_to } = lane.marks();
                count(After::Id(reached.max(dropped_to)), off_at).await?
            }
            None => 0,
        };
        let last_hour = count(since(now - HOUR_MS), i64::MAX).await?;
        Ok(ForwardOffer { waiting, last_hour, last_day: count(since(now - 24 * HOUR_MS), i64::MAX).await? })
    }

    /// Puts a rule in force. `start` says what happens to what is already there, if this switches the rule on.
    ///
    /// # Errors
    /// What is wrong with the rule; `confirm_target`.
    pub async fn set(&self, rule: ForwardRule, start: Option<ForwardStart>) -> Result<ForwardView> {
        let rule = self.checked_rule(rule)?;
        if rule.on {
            let allowed = self.targets.allowed(&rule.url).await?;
            self.targets.note_use(&allowed.target).await?;
        }
        let lane = self.lanes.of_or_new(rule.project);
        let _alone = lane.alone().await;
        let was_on = lane.rule().on;
        if rule.on && !was_on {
            let marks = lane.marks();
            let last = self.common.store().last_id().await?;
            let before = lane.begin(rule.clone(), last);
            self.lanes.note_answering();
            let found = match start.unwrap_or(ForwardStart::New) {
                ForwardStart::New => Ok(Vec::new()),
                ForwardStart::Waiting => self.left(&rule, After::Id(marks.reached), marks.off_at.min(last)).await,
                // This asks again for what was dropped before.
                ForwardStart::Since { ms } => {
                    lane.ask_again();
                    self.left(&rule, After::Time(ms.saturating_mul(1_000_000)), last).await
                }
            };
            match found {
                Ok(found) => lane.filled(found),
                Err(error) => {
                    lane.undo(before);
                    self.lanes.note_answering();
                    return Err(error);
                }
            }
            self.run_lane(&lane);
        } else if rule.on {
            lane.put(rule, Instant::now());
        } else {
            // What is stored but not reported yet also came while the rule was on.
            lane.close(rule, self.common.store().last_id().await?);
        }
        self.keep().await?;
        self.note_waiting();
        self.lanes.note_answering();
        let view = ForwardView::from(lane.view());
        self.common.tell(Live::Forward { forward: Box::new(view.clone()) });
        Ok(view)
    }

    /// Drops what waits. It stays in the history.
    pub async fn drop_waiting(&self, project: i64) -> Result<u64> {
        let lane = self.lanes.of(project).ok_or_else(|| Error::not_found("rule"))?;
        let _alone = lane.alone().await;
        let dropped = match lane.rule().on {
            true => lane.drop_waiting(),
            false => {
                let Marks { reached, off_at, dropped_to } = lane.marks();
                let which = store_which(lane.rule().which);
                let after = After::Id(reached.max(dropped_to));
                let left = self.common.store().outbounds().count_not_forwarded(project, after, off_at, which).await?;
                lane.drop_left();
                left
            }
        };
        self.keep().await?;
        self.common.store().waiting_dropped(self.lanes.waiting());
        self.common.tell(Live::Forward { forward: Box::new(lane.view().into()) });
        Ok(dropped)
    }

    /// Tries now, whatever the back-off says.
    pub fn retry_now(&self, project: i64) -> Result<ForwardView> {
        let lane = self.lanes.of(project).ok_or_else(|| Error::not_found("rule"))?;
        lane.retry_now(Instant::now());
        Ok(lane.view().into())
    }

    fn checked_rule(&self, mut rule: ForwardRule) -> Result<ForwardRule> {
        let invalid = |message: String| Err(Error::new(Code::InvalidForward, message));
        if !self.registry.projects().iter().any(|project| project.id == rule.project) {
            return Err(Error::not_found("project"));
        }
        if rule.on || !rule.url.trim().is_empty() {
            outbound::Target::parse(&rule.url)?.url().clone_into(&mut rule.url);
        }
        if !(1..=32).contains(&rule.concurrency) {
            return invalid(format!("1 to 32 requests can be under way at a time, not {}.", rule.concurrency));
        }
        if let ForwardAnswer::Target { timeout_ms } = rule.answer
            && !(100..=60_000).contains(&timeout_ms)
        {
            return invalid(format!(
                "The time to wait for the target's answer must be 100 to 60,000 ms, not {timeout_ms}."
            ));
        }
        if let Some(secret) = &rule.resign {
            self.sending.secret_to_sign(secret)?;
        }
        self.not_to_ourselves(&rule.url)?;
        Ok(rule)
    }

    /// Refuses an address where Pollux itself listens: what is forwarded there would come back without end.
    pub(super) fn not_to_ourselves(&self, url: &str) -> Result<()> {
        let target = outbound::Target::parse(url)?;
        let port = |authority: &str| authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let host = target.host();
        // 0.0.0.0 and :: are this machine, too.
        let here = target.is_local() || matches!(host, "0.0.0.0" | "[::]");
        let local = self.addresses.socket();
        let same_port = |local: std::net::SocketAddr| port(target.authority()).unwrap_or(80) == local.port();
        let same_host = |local: std::net::SocketAddr| host.trim_matches(['[', ']']) == local.ip().to_string();
        let listener = local.is_some_and(|local| same_port(local) && (here || same_host(local)));
        let public = self.addresses.public_hosts().iter().any(|own| own.eq_ignore_ascii_case(host));
        if listener || public {
            let message = format!(
                "Pollux itself receives at {}: deliveries forwarded there would come back without end.",
                target.authority()
            );
            return Err(Error::new(Code::InvalidForward, message));
        }
        Ok(())
    }

    /// What waits stays in the history, whatever its limits.
    fn note_waiting(&self) {
        self.common.store().waiting(self.lanes.waiting());
    }

    /// What has not been forwarded yet, of the history up to `last`.
    async fn left(&self, rule: &ForwardRule, after: After, last: i64) -> Result<Vec<Found>> {
        let which = store_which(rule.which);
        let found = self.common.store().outbounds().not_forwarded(rule.project, after, last, which).await?;
        Ok(found.into_iter().map(|(id, event, outcome)| Found { id, event, outcome }).collect())
    }

    fn run_lane(&self, lane: &Arc<Lane>) {
        let (room, lane) = (self.clone(), lane.clone());
        self.common.spawn_to_the_end(async move { room.drive(&lane).await });
    }

    /// Hands what arrives to its project's lane.
    async fn feed_lanes(&self, mut changes: Receiver<Change>) {
        loop {
            match changes.recv().await {
                Ok(Change::Inserted(arrived)) => {
                    let row = &arrived.row;
                    if let Some(lane) = self.lanes.of(row.project) {
                        lane.arrived(row.id, row.event, row.outcome, row.status == 0, Instant::now());
                    }
                }
                Ok(
                    Change::Changed(_)
                    | Change::Answered(_)
                    | Change::SentOn(_)
                    | Change::Removed(_)
                    | Change::Restored,
                ) => {}
                Ok(Change::Resync) | Err(RecvError::Lagged(_)) => self.catch_up().await,
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Reads from the store what was not reported one by one.
    async fn catch_up(&self) {
        for lane in self.lanes.all() {
            let read = async {
                let last = self.common.store().last_id().await?;
                if let Some(seen) = lane.catch_up_from(last) {
                    lane.caught_up(last, self.left(&lane.rule(), After::Id(seen), last).await?);
                }
                Ok::<_, Error>(())
            };
            if let Err(error) = read.await {
                let what = "the deliveries to forward could not be read";
                self.common.store().complaints().error(what, "forward", &error, std::time::Instant::now());
            }
        }
    }

    async fn tell_news(&self) {
        let mut tick = tokio::time::interval(TELL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut kept = Instant::now();
        loop {
            self.lanes.some().await;
            tick.tick().await;
            for lane in self.lanes.all() {
                lane.adopt(Instant::now());
                if let Some(view) = lane.take_news() {
                    self.common.tell(Live::Forward { forward: Box::new(view.into()) });
                }
            }
            if kept.elapsed() >= KEEP {
                kept = Instant::now();
                self.note_waiting();
                if self.lanes.all().iter().any(|lane| lane.take_moved())
                    && let Err(error) = self.keep().await
                {
                    tracing::warn!(%error, "the progress of forwarding could not be stored");
                }
            }
        }
    }

    /// Writes down the rules and marks.
    pub(crate) async fn keep(&self) -> Result<()> {
        if self.common.is_fixed() || !self.begun.initialized() {
            return Ok(());
        }
        let kept: Vec<Kept> = self.lanes.all().iter().map(|lane| Kept::of(lane)).collect();
        let value = serde_json::to_value(kept)
            .map_err(|error| Error::new(Code::Internal, "The rules could not be written.").with_detail(error))?;
        Ok(self.common.store().settings().set(KEY, &value).await?)
    }
}
