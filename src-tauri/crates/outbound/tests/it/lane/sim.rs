//! The process that forwards, as the engine drives a lane, and a user who never leaves it alone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use outbound::forward::{Ended, Found, Lane, Next, Rule};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::model::Model;
use super::world::{After, Answer, World};
use crate::seeds::{Dice, no_task_is_left};

/// How long requests under way may go on when the process ends.
const GRACE: Duration = Duration::from_secs(2);
/// How often the marks are written down.
const KEEP: Duration = Duration::from_secs(2);
/// By when everything is done once the target is up and nothing more happens.
const CALM: Duration = Duration::from_secs(24 * 3600);

/// What may happen besides.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    /// The process ends in order or crashes, and starts again.
    pub(super) restarts: bool,
    /// The rule is switched off and on.
    pub(super) switches: bool,
}

/// What is told of the history.
enum Change {
    Inserted(i64),
    /// There is more to read than is told.
    Resync,
}

/// One life of the process.
struct Life {
    lane: Arc<Lane<()>>,
    /// It ends in order.
    stop: CancellationToken,
    /// It ends at once.
    crash: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
    changes: mpsc::UnboundedSender<Change>,
}

impl Life {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let crash = self.crash.clone();
        self.tasks.lock().spawn(async move {
            crash.run_until_cancelled(work).await;
        });
    }
}

struct Sim {
    began: Instant,
    plan: Plan,
    world: Mutex<World>,
}

/// One run, until nothing is left to be done.
pub(super) async fn run(dice: Dice, plan: Plan) {
    let sim = Arc::new(Sim { began: Instant::now(), plan, world: Mutex::new(World::new(dice)) });
    let mut life = sim.start();
    let steps = sim.world.lock().dice.between(20, 70);
    for _ in 0..steps {
        sim.pause().await;
        life = sim.step(life).await;
    }
    sim.calm(life).await;
    no_task_is_left();
}

/// What happens, step by step.
impl Sim {
    async fn pause(&self) {
        let pause = {
            let dice = &mut self.world.lock().dice;
            match dice.below(10) {
                0..6 => dice.millis(0, 200),
                6..9 => dice.millis(200, 5000),
                _ => dice.millis(5000, 120_000),
            }
        };
        sleep(pause).await;
    }

    async fn step(self: &Arc<Self>, life: Arc<Life>) -> Arc<Life> {
        let (what, filling) = {
            let mut world = self.world.lock();
            (world.dice.below(100), world.model.filling)
        };
        match what {
            0..52 => self.arrive(&life),
            52..60 => self.change(&life, |world, now| {
                life.lane.retry_now(now);
                world.model.retried(now);
            }),
            60..66 => self.drop_waiting(&life),
            66..74 => self.put(&life),
            74..78 => self.world.lock().delete(),
            78..90 if self.plan.switches && !filling => self.switch(&life).await,
            90.. if self.plan.restarts => return self.restart(life).await,
            _ => {}
        }
        life
    }

    /// Changes lane and model, checks that they agree, and writes the marks down, as the engine does at once.
    fn change(&self, life: &Life, change: impl FnOnce(&mut World, Instant)) {
        let mut world = self.world.lock();
        change(&mut world, Instant::now());
        world.model.agrees(&life.lane.view(), life.lane.marks());
        world.kept = (life.lane.rule(), life.lane.marks());
    }

    fn arrive(&self, life: &Life) {
        let mut world = self.world.lock();
        let on = world.model.on;
        for _ in 0..world.dice.between(1, 4) {
            let id = world.store(on);
            let change = if world.dice.hits(15) { Change::Resync } else { Change::Inserted(id) };
            // The follower may have ended with the process.
            let _ = life.changes.send(change);
        }
    }

    fn drop_waiting(&self, life: &Life) {
        self.change(life, |world, _| {
            if world.model.on {
                assert_eq!(life.lane.drop_waiting(), world.model.drop_waiting());
                let seen = world.model.seen;
                world.forget(|id| id <= seen);
            } else {
                life.lane.drop_left();
                world.model.dropped_to = life.lane.marks().dropped_to;
                world.left.clear();
            }
        });
    }

    fn put(&self, life: &Life) {
        self.change(life, |world, now| {
            if world.model.on {
                let concurrency = u32::try_from(world.dice.between(1, 5)).unwrap();
                life.lane.put(Rule { concurrency, ..life.lane.rule() }, now);
                world.model.put(concurrency, now);
            }
        });
    }

    async fn restart(self: &Arc<Self>, life: Arc<Life>) -> Arc<Life> {
        let crash = self.world.lock().dice.hits(50);
        self.end(&life, crash).await;
        self.pause().await;
        self.start()
    }

    /// Lets everything come to an end, and checks that it does.
    async fn calm(self: &Arc<Self>, life: Arc<Life>) {
        self.world.lock().clear_up();
        self.until(|world| !world.model.filling).await;
        if !self.world.lock().model.on {
            self.switch_on(&life, Start::Waiting, false).await;
        }
        self.until(|world| world.wanted.is_empty() && world.model.is_idle() && world.model.seen >= world.last()).await;
        self.change(&life, |world, _| assert_eq!(life.lane.marks().reached, world.last(), "all is dealt with"));
        self.end(&life, false).await;
    }

    async fn until(&self, done: impl Fn(&World) -> bool) {
        let began = Instant::now();
        loop {
            {
                let world = self.world.lock();
                if done(&world) {
                    return;
                }
                assert!(began.elapsed() < CALM, "still to be settled: {:?}", world.wanted);
            }
            sleep(Duration::from_secs(5)).await;
        }
    }
}

/// What is already there when it is switched on.
#[derive(Clone, Copy)]
enum Start {
    New,
    Waiting,
    Since(Instant),
}

/// Off and on.
impl Sim {
    async fn switch(self: &Arc<Self>, life: &Arc<Life>) {
        if self.world.lock().model.on {
            return self.switch_off(life);
        }
        let (start, fails) = {
            let dice = &mut self.world.lock().dice;
            let back = dice.millis(0, u64::try_from(self.began.elapsed().as_millis()).unwrap());
            let since = Start::Since(Instant::now() - back);
            (dice.one_of(&[Start::New, Start::Waiting, Start::Waiting, since]), dice.hits(15))
        };
        self.switch_on(life, start, fails).await;
    }

    fn switch_off(&self, life: &Life) {
        self.change(life, |world, _| {
            life.lane.close(Rule { on: false, ..life.lane.rule() }, world.last());
            world.model.closed();
            world.left = std::mem::take(&mut world.wanted);
        });
    }

    /// `fails`: the history cannot be read.
    async fn switch_on(self: &Arc<Self>, life: &Arc<Life>, start: Start, fails: bool) {
        let (before, marks, last, earlier) = {
            let mut world = self.world.lock();
            let (marks, last) = (life.lane.marks(), world.last());
            let rule = Rule { on: true, ..life.lane.rule() };
            let earlier = world.model.dropped_to;
            world.model.begins(rule.concurrency, last);
            let before = life.lane.begin(rule, last);
            world.wanted = match start {
                Start::New => BTreeSet::new(),
                Start::Waiting => world.left.clone(),
                Start::Since(at) => world.unsettled(After::Time(at), last).iter().map(|found| found.id).collect(),
            };
            (before, marks, last, earlier)
        };
        let found = match start {
            Start::New => Vec::new(),
            Start::Waiting => self.read(After::Id(marks.reached), marks.off_at.min(last)).await,
            Start::Since(at) => {
                life.lane.ask_again();
                self.world.lock().model.dropped_to = 0;
                self.read(After::Time(at), last).await
            }
        };
        if fails {
            return self.change(life, |world, _| {
                life.lane.undo(before);
                world.model.undone(earlier);
                world.wanted.clear();
            });
        }
        self.change(life, |world, _| {
            life.lane.filled(found.iter().copied());
            world.model.filled(&found);
            world.left.clear();
            world.may_come = match start {
                Start::New | Start::Since(_) => BTreeSet::new(),
                Start::Waiting => {
                    world.unsettled(After::Id(marks.reached), last).iter().map(|found| found.id).collect()
                }
            };
        });
        life.spawn(self.clone().drive(life.clone()));
    }
}

/// The process, as the engine is one.
impl Sim {
    fn start(self: &Arc<Self>) -> Arc<Life> {
        let (changes, coming) = mpsc::unbounded_channel();
        let mut world = self.world.lock();
        let (rule, marks) = world.kept.clone();
        let lane = Arc::new(Lane::new(Rule { on: false, ..rule.clone() }, marks));
        let (stop, crash) = (CancellationToken::new(), CancellationToken::new());
        let life = Arc::new(Life { lane, stop, crash, tasks: Mutex::default(), changes });
        world.model = Model::new(rule.concurrency, marks);
        if rule.on {
            let last = world.last();
            world.model.begins(rule.concurrency, last);
            life.lane.begin(rule, last);
            life.spawn(self.clone().resume(life.clone(), marks.reached, last));
        }
        life.spawn(self.clone().follow(life.clone(), coming));
        life.spawn(self.clone().keep(life.clone()));
        drop(world);
        life
    }

    async fn end(&self, life: &Life, crash: bool) {
        if crash {
            life.crash.cancel();
        } else {
            life.stop.cancel();
        }
        loop {
            let mut tasks = std::mem::take(&mut *life.tasks.lock());
            if tasks.is_empty() {
                break;
            }
            while let Some(ended) = tasks.join_next().await {
                ended.unwrap();
            }
        }
        let mut world = self.world.lock();
        world.cut_requests();
        if !crash {
            world.kept = (life.lane.rule(), life.lane.marks());
        }
    }

    async fn resume(self: Arc<Self>, life: Arc<Life>, after: i64, last: i64) {
        let read = self.read(After::Id(after), last);
        let Some(found) = life.stop.run_until_cancelled(read).await else { return };
        {
            let mut world = self.world.lock();
            life.lane.filled(found.iter().copied());
            world.model.filled(&found);
            world.model.agrees(&life.lane.view(), life.lane.marks());
        }
        self.drive(life).await;
    }

    /// Reads the history, which takes a while: what is found is what it was at some moment of that.
    async fn read(&self, after: After, last: i64) -> Vec<Found> {
        sleep(self.draw(0, 1500)).await;
        let found = self.world.lock().unsettled(after, last);
        sleep(self.draw(0, 1500)).await;
        found
    }

    fn draw(&self, first: u64, last: u64) -> Duration {
        self.world.lock().dice.millis(first, last)
    }

    /// Hands what arrives to the lane.
    async fn follow(self: Arc<Self>, life: Arc<Life>, mut coming: mpsc::UnboundedReceiver<Change>) {
        loop {
            let change = tokio::select! {
                biased;
                () = life.stop.cancelled() => return,
                change = coming.recv() => change,
            };
            sleep(self.draw(0, 15)).await;
            match change {
                Some(Change::Inserted(id)) => {
                    let mut world = self.world.lock();
                    let (event, outcome, wanted) = {
                        let row = world.row(id);
                        (row.event, row.outcome, world.takes(row))
                    };
                    life.lane.arrived(id, event, outcome, false, Instant::now());
                    world.model.arrived(id, event, wanted);
                    world.model.agrees(&life.lane.view(), life.lane.marks());
                }
                Some(Change::Resync) => _ = life.stop.run_until_cancelled(self.catch_up(&life)).await,
                None => return,
            }
        }
    }

    async fn catch_up(&self, life: &Life) {
        let (last, seen) = {
            let world = self.world.lock();
            let last = world.last();
            let seen = life.lane.catch_up_from(last);
            assert_eq!(seen, world.model.is_behind(last), "what is to be read");
            (last, seen)
        };
        let Some(seen) = seen else { return };
        let run = life.lane.opened();
        let found = self.read(After::Id(seen), last).await;
        let mut world = self.world.lock();
        life.lane.caught_up(last, found.iter().copied());
        // What was read for an earlier run is nothing to the present one.
        if life.lane.opened() == run {
            world.model.caught_up(last, &found);
        }
        world.model.agrees(&life.lane.view(), life.lane.marks());
    }

    async fn keep(self: Arc<Self>, life: Arc<Life>) {
        while life.stop.run_until_cancelled(sleep(KEEP)).await.is_some() {
            self.world.lock().kept = (life.lane.rule(), life.lane.marks());
        }
    }

    /// Sends what waits until it is switched off.
    async fn drive(self: Arc<Self>, life: Arc<Life>) {
        let opened = life.lane.opened();
        let (done, mut dones) = mpsc::channel::<()>(1);
        loop {
            match self.next(&life, opened) {
                Next::End => return,
                Next::Send { id, number } => {
                    let (sim, of, done) = (self.clone(), life.clone(), done.clone());
                    life.spawn(async move {
                        sim.forward(&of, id, number).await;
                        let _ = done.try_send(());
                    });
                }
                Next::WaitUntil(until) => {
                    let due = async {
                        match until {
                            Some(until) => sleep_until(until).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        biased;
                        () = life.stop.cancelled() => return,
                        () = life.lane.woken() => {}
                        _ = dones.recv() => {}
                        () = due => {}
                    }
                }
            }
        }
    }

    fn next(&self, life: &Life, opened: u64) -> Next {
        let mut world = self.world.lock();
        let now = Instant::now();
        let next = life.lane.next(opened, now);
        if !world.model.on || life.lane.opened() != opened {
            assert_eq!(next, Next::End, "an earlier run goes on");
            return next;
        }
        if let Next::Send { id, .. } = next {
            world.check_sent(id);
        }
        world.model.follow(&next, now);
        world.model.agrees(&life.lane.view(), life.lane.marks());
        next
    }

    async fn forward(&self, life: &Life, id: i64, number: u32) {
        let stopped = async {
            life.stop.cancelled().await;
            sleep(GRACE).await;
        };
        let answer = tokio::select! {
            biased;
            () = stopped => return,
            answer = self.request(id) => answer,
        };
        let ended = answer.map_or(Ended::Gone, |answer| answer.ends(number));
        if matches!(ended, Ended::Settled { .. }) {
            // It is written down, and then the lane is told.
            sleep(self.draw(0, 5)).await;
            self.world.lock().settle(id);
            sleep(self.draw(0, 3)).await;
        }
        let mut world = self.world.lock();
        let now = Instant::now();
        let now_ms = i64::try_from((now - self.began).as_millis()).unwrap();
        life.lane.ended(id, ended.clone(), None, now, now_ms);
        world.model.ended(id, &ended, now, now_ms);
        world.model.agrees(&life.lane.view(), life.lane.marks());
    }

    /// Sends it. `None`: it is not in the history any more.
    async fn request(&self, id: i64) -> Option<Answer> {
        sleep(self.draw(0, 3)).await;
        let (time, answer) = {
            let mut world = self.world.lock();
            if world.row(id).deleted {
                return None;
            }
            world.begin_request(id)
        };
        sleep(time).await;
        self.world.lock().end_request(id);
        Some(answer)
    }
}
