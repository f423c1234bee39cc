//! Notifications of the desktop: follows what happens, and tells the window when something is worth one. What is worth
//! one, and when, is decided in `desk`, which sees only facts and the time.
//!
//! The Sandbox is for trying things out: nothing in it is worth a notification.

use std::collections::BTreeSet;
use std::sync::{Arc, Once};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use signature::Outcome;
use store::Change;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::common::Common;
use crate::dto::{
    DesktopNews, ForwardState, Live, Looking, Notification, NotificationPlace, Settings, TunnelProvider, TunnelState,
    Unseen,
};
use crate::error::Result;
use crate::jobs::{Jobs, MissedJob};
use crate::outgoing::forward::Forwards;
use crate::registry::Registry;
use crate::tunnel::Tunnel;
use crate::webhooks::Webhooks;
use desk::{Desk, Due, Out};
use facts::{DownForward, Facts, HookFact, TunnelFact};

mod desk;
mod facts;
#[cfg(test)]
mod tests;
mod words;

/// How often to look at how everything stands.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two readings of all that is unseen: when many are judged again, not each is reported.
const READ_ALL: u32 = 60;
/// How many deliveries of the last run to look back at.
const EARLIER: i64 = 200;

/// The rooms that are asked how things stand.
pub(crate) struct Asked {
    tunnel: Tunnel,
    webhooks: Webhooks,
    jobs: Jobs,
    forwards: Forwards,
}

impl Asked {
    pub(crate) fn of(tunnel: &Tunnel, webhooks: &Webhooks, jobs: &Jobs, forwards: &Forwards) -> Self {
        let (tunnel, webhooks, jobs) = (tunnel.clone(), webhooks.clone(), jobs.clone());
        Self { tunnel, webhooks, jobs, forwards: forwards.clone() }
    }
}

/// The room of notifications. Cloning shares it.
#[derive(Clone)]
pub struct Notifications {
    common: Common,
    registry: Arc<Registry>,
    settings: watch::Receiver<Settings>,
    asked: Arc<Asked>,
    state: Arc<Mutex<State>>,
    /// Set once it follows what happens, from the first window on.
    watched: Arc<Once>,
}

#[derive(Default)]
struct State {
    desk: Desk,
    looking: Looking,
    /// What the window was told last.
    told: Unseen,
    /// Unseen deliveries whose rows changed.
    changed: BTreeSet<i64>,
    looks: u32,
}

impl Notifications {
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        settings: watch::Receiver<Settings>,
        asked: Asked,
    ) -> Self {
        let (state, watched) = (Arc::default(), Arc::new(Once::new()));
        Self { common, registry, settings, asked: Arc::new(asked), state, watched }
    }

    /// Begins to follow what happens, once. Ends with the room.
    pub(crate) fn watch(&self) {
        self.watched.call_once(|| {
            let (changes, missed) = (self.common.store().subscribe(), self.asked.jobs.missed_jobs());
            self.common.spawn(self.clone().follow(changes, missed));
        });
    }

    /// Takes in what the window shows while it has the focus. Answers with how many rejected deliveries nobody has seen
    /// yet.
    pub fn looking(&self, looking: Looking) -> Unseen {
        let mut state = self.state.lock();
        state.desk.seen(&looking);
        state.looking = looking;
        state.told = state.desk.unseen();
        state.told
    }

    /// Has the window go to what a notification tells of, after it was clicked.
    pub fn open(&self, place: NotificationPlace) {
        self.tell(DesktopNews::Opened { place });
    }

    async fn follow(self, mut changes: Receiver<Change>, mut missed: Receiver<MissedJob>) {
        // What arrives meanwhile waits in the channel.
        if let Err(error) = self.remember().await {
            tracing::warn!(code = %error.code, "the deliveries before this start could not be read");
        }
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => self.changed(&change),
                    Err(RecvError::Lagged(_)) => self.state.lock().desk.not_heard(),
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => {
                    self.take_missed(&mut missed);
                    self.look().await;
                }
            }
        }
    }

    /// Reads what came last before this start.
    async fn remember(&self) -> Result<()> {
        let last = self.common.store().last_id().await?;
        let ids: Vec<i64> = (last.saturating_sub(EARLIER - 1).max(1)..=last).collect();
        let rows = self.common.store().rows(&ids).await?;
        let mut state = self.state.lock();
        for row in rows.iter().filter(|row| !row.imported) {
            state.desk.remember(row.project, row.outcome);
        }
        Ok(())
    }

    fn changed(&self, change: &Change) {
        let now_ms = self.common.now_ms();
        let mut state = self.state.lock();
        match change {
            Change::Inserted(arrived) => {
                let row = &arrived.row;
                if !self.registry.is_sandbox(row.project) {
                    state.desk.arrived(row.project, row.id, row.outcome, now_ms);
                }
            }
            Change::Changed(ids) => {
                let unseen = state.desk.unseen_of(ids);
                state.changed.extend(unseen);
            }
            Change::Removed(ranges) => state.desk.removed(ranges),
            Change::Resync => state.desk.not_heard(),
            Change::Answered(_) | Change::SentOn(_) | Change::Restored => {}
        }
    }

    fn take_missed(&self, missed: &mut Receiver<MissedJob>) {
        loop {
            match missed.try_recv() {
                Ok(MissedJob { project, name }) if !self.registry.is_sandbox(project) => {
                    self.state.lock().desk.missed(project, name, self.common.now_ms());
                }
                Ok(_) | Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    async fn look(&self) {
        self.look_again().await;
        let (facts, now_ms) = (self.facts(), self.common.now_ms());
        let settings = self.settings.borrow().desktop;
        let mut state = self.state.lock();
        let State { desk, looking, .. } = &mut *state;
        desk.look(&facts, now_ms);
        desk.seen(looking);
        let due = desk.due(&settings, now_ms);
        let unseen = state.desk.unseen();
        let news = std::mem::replace(&mut state.told, unseen) != unseen;
        drop(state);
        for out in due {
            self.tell(match out {
                Out::Show(due) => DesktopNews::Shown { notification: self.words(&due, now_ms) },
                Out::Offer(due) => DesktopNews::Offered { notification: self.words(&due, now_ms) },
            });
        }
        if news {
            self.tell(DesktopNews::Unseen { unseen });
        }
    }

    /// Deliveries whose rows changed may not be rejected any more.
    async fn look_again(&self) {
        let changed: Vec<i64> = {
            let mut state = self.state.lock();
            state.looks = state.looks.wrapping_add(1);
            let changed = std::mem::take(&mut state.changed);
            if state.looks.is_multiple_of(READ_ALL) { state.desk.all_unseen() } else { changed.into_iter().collect() }
        };
        if changed.is_empty() {
            return;
        }
        match self.common.store().rows(&changed).await {
            Ok(rows) => {
                let verified: Vec<i64> =
                    rows.iter().filter(|row| row.outcome != Outcome::Rejected).map(|row| row.id).collect();
                self.state.lock().desk.no_longer(&verified);
            }
            Err(error) => tracing::warn!(%error, "deliveries that changed could not be read"),
        }
    }

    fn facts(&self) -> Facts {
        let real = |project: i64| !self.registry.is_sandbox(project);
        let tunnel = self.asked.tunnel.view();
        let down = self.asked.forwards.list().into_iter().filter(|view| real(view.rule.project));
        let forwards = down.filter_map(|view| match view.state {
            ForwardState::Down { since_ms, .. } => {
                Some(DownForward { project: view.rule.project, since_ms, waiting: view.waiting })
            }
            _ => None,
        });
        let listed = self.asked.webhooks.standing().into_iter().filter(|one| real(one.project));
        let webhooks = listed.map(|one| HookFact {
            project: one.project,
            webhook: one.webhook,
            disabled: one.disabled,
            ending: one.ending,
        });
        Facts {
            tunnel: match (&tunnel.state, tunnel.provider) {
                (TunnelState::Off, _) | (_, TunnelProvider::Own | TunnelProvider::None) => TunnelFact::Off,
                (TunnelState::Starting, _) => TunnelFact::Starting,
                (TunnelState::Online, _) => TunnelFact::Online,
                (TunnelState::Reconnecting { .. }, _) => TunnelFact::Lost { since_ms: tunnel.since_ms, again: true },
                (TunnelState::Failed { .. }, _) => TunnelFact::Lost { since_ms: tunnel.since_ms, again: false },
            },
            forwards: forwards.collect(),
            webhooks: webhooks.collect(),
        }
    }

    fn words(&self, due: &Due, now_ms: i64) -> Notification {
        let projects = self.registry.projects();
        let name = |id: i64| projects.iter().find(|project| project.id == id).map(|project| project.name.clone());
        words::words(due, name, |ms| time_of_day(ms, &TimeZone::system()), now_ms)
    }

    fn tell(&self, news: DesktopNews) {
        self.common.tell(Live::Desktop { news });
    }
}

/// `14:05`
fn time_of_day(ms: i64, zone: &TimeZone) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    time.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}
