//! The faults: drawn from a seed, one after the other, while the senders go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::audit::Audit;
use super::clock::FURTHEST;
use super::curves::Life;
use super::draws::Draws;
use super::full_disk::FullDisk;
use super::listener::{Listener, Setup};
use super::message::Maker;
use super::oracle::{Oracle, Wrong};
use super::plan::{Ends, Plan};
use super::second;
use super::senders::{Courier, Ways};
use super::stalled::stall;
use crate::edge::Edge;

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL, and a start on the same history.
    Kill,
    /// No room on the disk, for a moment.
    FullDisk,
    /// Another process on the same history.
    SecondProcess,
    /// The wall clock jumps.
    ClockJump,
    /// Peers that stall.
    StalledPeers,
    /// The tunnel is cut.
    TunnelCut,
    /// SIGSTOP, and SIGCONT after up to a few seconds.
    Stop,
}

/// What a round holds besides its kills. Each round is shuffled.
const ROUND: [Fault; 9] = [
    Fault::FullDisk,
    Fault::SecondProcess,
    Fault::SecondProcess,
    Fault::ClockJump,
    Fault::StalledPeers,
    Fault::TunnelCut,
    Fault::TunnelCut,
    Fault::Stop,
    Fault::Stop,
];
const KILLS: u64 = 3;
/// How long each takes, in milliseconds.
const DOWN_MS: (u64, u64) = (0, 300);
const FULL_MS: (u64, u64) = (600, 2_500);
const STOPPED_MS: (u64, u64) = (200, 4_000);
const STALLED_MS: (u64, u64) = (2_000, 12_000);
/// The stream of draws; senders have those below.
const STREAM: u64 = 1 << 40;
/// Numbers of second processes, before they begin anew: each has ids of its own.
const SECONDS: u64 = 9_000;
/// Whoever interrupts the run interrupts the listener, too: for so long it is not clear which of them heard it first.
const BOTH: Duration = Duration::from_millis(500);

/// What the faults are done to.
pub(super) struct World {
    pub(super) setup: Arc<Setup>,
    pub(super) edge: Edge,
    /// `None` where a full disk cannot be made.
    pub(super) full_disk: Option<FullDisk>,
    pub(super) ways: watch::Sender<Ways>,
    pub(super) life: watch::Sender<Option<Life>>,
    pub(super) maker: Arc<Maker>,
    pub(super) oracle: Arc<Oracle>,
}

/// Does them.
pub(super) struct Injector {
    world: World,
    audit: Audit,
    courier: Courier,
    draws: Draws,
    stalled: JoinSet<()>,
    listener: Option<Listener>,
    lives: u32,
    /// Second processes take turns.
    seconds: u64,
    done: BTreeMap<Fault, u64>,
    refused_when_full: u64,
}

/// What there is at the end.
pub(super) struct Injected {
    /// `None` if it ended by itself, or did not start again.
    pub(super) listener: Option<Listener>,
    pub(super) audit: Audit,
    pub(super) done: BTreeMap<Fault, u64>,
    /// Deliveries that were refused while the disk was full: had there been none, it would not have been full.
    pub(super) refused_when_full: u64,
}

impl Injector {
    pub(super) fn new(world: World, seed: u64) -> Self {
        let audit = Audit::new(&world.setup.database, &world.maker, &world.oracle);
        Self {
            audit,
            courier: Courier::new(&world.maker, &world.oracle),
            world,
            draws: Draws::new(seed, STREAM),
            stalled: JoinSet::new(),
            listener: None,
            lives: 0,
            seconds: 0,
            done: BTreeMap::new(),
            refused_when_full: 0,
        }
    }

    /// Starts the listener, and does faults until the plan or `stop` ends them.
    pub(super) async fn run(mut self, plan: &Plan, stop: &CancellationToken) -> Injected {
        let began = Instant::now();
        if let Err(words) = self.start() {
            self.world.oracle.wrong(Wrong::Other, words);
        }
        let mut round = Vec::new();
        while self.listener.is_some() && began.elapsed() < plan.most() {
            if round.is_empty() {
                if matches!(plan.ends, Ends::Kills(kills) if self.kills() >= u64::from(kills)) {
                    break;
                }
                round = self.round(plan);
            }
            let Some(fault) = round.pop() else { break };
            let may_kill = match plan.ends {
                Ends::After(time) => began.elapsed() < time * 3 / 5,
                Ends::Kills(kills) => self.kills() < u64::from(kills),
            };
            if fault == Fault::Kill && !may_kill {
                continue;
            }
            let pause = self.draws.millis(plan.pause_ms);
            if stop.run_until_cancelled(sleep(pause)).await.is_none() {
                break;
            }
            if let Err(words) = self.inject(fault, may_kill).await {
                self.world.oracle.wrong(Wrong::Other, format!("{fault:?}: {words}"));
            }
            if !self.is_alive(stop).await {
                break;
            }
            self.look(fault == Fault::Kill);
        }
        self.world.life.send_replace(None);
        let Self { listener, audit, done, refused_when_full, .. } = self;
        Injected { listener, audit, done, refused_when_full }
    }

    fn kills(&self) -> u64 {
        self.done.get(&Fault::Kill).copied().unwrap_or(0)
    }

    fn round(&mut self, plan: &Plan) -> Vec<Fault> {
        let kills = match plan.ends {
            Ends::After(_) => KILLS,
            Ends::Kills(kills) => KILLS.min(u64::from(kills).saturating_sub(self.kills())),
        };
        let mut round: Vec<Fault> = ROUND.into_iter().chain((0..kills).map(|_| Fault::Kill)).collect();
        self.draws.shuffle(&mut round);
        round
    }

    fn start(&mut self) -> Result<(), String> {
        let listener = block_in_place(|| self.world.setup.start(true))?;
        self.lives += 1;
        let address = listener.address;
        self.world.life.send_replace(Some(Life { number: self.lives, pid: listener.pid() }));
        self.world.ways.send_modify(|ways| ways.straight = Some(address));
        self.listener = Some(listener);
        Ok(())
    }

    async fn kill(&mut self) -> Result<(), String> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        self.world.life.send_replace(None);
        block_in_place(|| listener.kill())?;
        self.world.ways.send_modify(|ways| ways.straight = None);
        *self.done.entry(Fault::Kill).or_default() += 1;
        sleep(self.draws.millis(DOWN_MS)).await;
        Ok(())
    }

    async fn inject(&mut self, fault: Fault, may_kill: bool) -> Result<(), String> {
        let Some(listener) = &self.listener else { return Ok(()) };
        let address = listener.address;
        match fault {
            Fault::Kill => {
                self.kill().await?;
                // Counted already.
                return self.start();
            }
            Fault::FullDisk => {
                if self.world.full_disk.is_none() {
                    return Ok(());
                }
                self.full_disk(may_kill).await?;
            }
            Fault::SecondProcess => {
                let which = second::ALL[(self.seconds % second::ALL.len() as u64) as usize];
                let number = (self.seconds % SECONDS) as u16;
                self.seconds += 1;
                let Self { world, courier, draws, .. } = self;
                let ran = second::run(which, &world.setup, (courier, address), draws, number).await;
                ran.map_err(|words| format!("{which:?}: {words}"))?;
            }
            Fault::ClockJump => {
                let Some(clock) = &self.world.setup.clock else { return Ok(()) };
                let seconds = self.draws.below(2 * FURTHEST as u64 + 1) as i64 - FURTHEST;
                clock.jump(seconds).map_err(|error| error.to_string())?;
            }
            Fault::StalledPeers => {
                while self.stalled.try_join_next().is_some() {}
                let (maker, oracle) = (self.world.maker.clone(), self.world.oracle.clone());
                let number = self.done.get(&fault).copied().unwrap_or(0) as u32;
                // Beside whatever comes next.
                self.stalled.spawn(stall(address, number, maker, oracle, self.draws.millis(STALLED_MS)));
            }
            Fault::TunnelCut => self.world.edge.cut(),
            Fault::Stop => {
                listener.signal("STOP")?;
                sleep(self.draws.millis(STOPPED_MS)).await;
                listener.signal("CONT")?;
            }
        }
        *self.done.entry(fault).or_default() += 1;
        Ok(())
    }

    /// Ends with room again, or with a kill while there is none.
    async fn full_disk(&mut self, may_kill: bool) -> Result<(), String> {
        let first = !self.done.contains_key(&Fault::FullDisk);
        let (all, kill) = (first || self.draws.percent(50), self.draws.percent(25) && may_kill && !first);
        let time = self.draws.millis(FULL_MS);
        let before = self.refused();
        let Self { world, draws, listener, .. } = self;
        let (Some(full_disk), Some(listener)) = (&world.full_disk, listener.as_ref()) else { return Ok(()) };
        full_disk.begin(listener, &world.setup.database, draws, all)?;
        sleep(time).await;
        if kill {
            self.kill().await?;
            if let Some(full_disk) = &self.world.full_disk {
                full_disk.end_without()?;
            }
            self.start()?;
        } else {
            full_disk.end(listener)?;
        }
        self.refused_when_full += self.refused() - before;
        Ok(())
    }

    /// Answered 503 so far.
    fn refused(&self) -> u64 {
        self.world.oracle.counts().refused.get(&503).copied().unwrap_or(0)
    }

    async fn is_alive(&mut self, stop: &CancellationToken) -> bool {
        let Some(listener) = &mut self.listener else { return false };
        let Some(status) = listener.ended() else { return true };
        if tokio::time::timeout(BOTH, stop.cancelled()).await.is_err() {
            let words = format!("pollux ended by itself, with {status}: {}", self.world.setup.last_words());
            self.world.oracle.wrong(Wrong::Other, words);
        }
        self.listener = None;
        false
    }

    /// Compares what is new in the history; after a kill, its file is looked at too.
    fn look(&mut self, killed: bool) {
        block_in_place(|| {
            if let Err(words) = self.audit.newest() {
                self.world.oracle.wrong(Wrong::Other, words);
            }
            if killed {
                self.audit.sound(false);
            }
        });
    }
}
