//! Deliveries whose senders wait for the target's own answer, beside those that wait in the lane: whoever answers is
//! quicker or slower than the news of a delivery, senders go away, and the history is read in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use outbound::forward::{Answer, Ended, Found, Lane, Marks, Next, Rule, Turn};
use parking_lot::Mutex;
use signature::Outcome;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::seeds::{Dice, no_task_is_left};

/// How long a sender may wait for the target.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the lane looks for deliveries that nobody answers.
const ADOPT: Duration = Duration::from_millis(100);
/// By when everything is done.
const CALM: Duration = Duration::from_secs(3600);

struct Row {
    event: Option<i64>,
    outcome: Outcome,
    settled: bool,
    /// Its sender waits for the target's answer, or has waited.
    claimed: bool,
    /// It had its turn, and that is over.
    over: bool,
}

struct World {
    dice: Dice,
    history: BTreeMap<i64, Row>,
    /// Claimed, and not over.
    held: BTreeMap<i64, Option<i64>>,
    /// Requests under way, with their events: those whose senders wait, and those of the lane.
    own: BTreeMap<i64, Option<i64>>,
    of_lane: BTreeMap<i64, Option<i64>>,
}

impl World {
    fn last(&self) -> i64 {
        self.history.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// Checks what holds for every request.
    fn check_sent(&self, id: i64) {
        let row = &self.history[&id];
        assert!(!row.settled, "{id} is sent again, and was settled");
        let beside = self.own.iter().chain(&self.of_lane);
        let same = beside.filter(|(other, event)| **other == id || (row.event.is_some() && **event == row.event));
        assert_eq!(same.count(), 0, "{id} goes beside another of its event");
    }

    fn is_done(&self) -> bool {
        let open = |row: &Row| row.outcome == Outcome::Verified && !row.settled && !row.over;
        !self.history.values().any(open) && self.held.is_empty() && self.of_lane.is_empty()
    }
}

struct Scene {
    lane: Arc<Lane<()>>,
    concurrency: usize,
    stop: CancellationToken,
    world: Mutex<World>,
    tasks: Mutex<JoinSet<()>>,
}

/// What is told of the history: a delivery, or only that there is more to read.
type News = Option<i64>;

pub(super) async fn run(mut dice: Dice) {
    let concurrency = u32::try_from(dice.between(1, 4)).unwrap();
    let steps = dice.between(10, 40);
    let answer = Answer::Target { timeout_ms: 1000 };
    let url = "http://localhost:1/".to_owned();
    let rule = Rule { project: 1, on: true, url, concurrency, answer, ..Rule::default() };
    let lane = Arc::new(Lane::new(Rule { on: false, ..rule.clone() }, Marks::default()));
    lane.begin(rule, 0);
    lane.filled([]);
    let (history, held, own, of_lane) = Default::default();
    let world = Mutex::new(World { dice, history, held, own, of_lane });
    let (stop, tasks) = (CancellationToken::new(), Mutex::default());
    let scene = Arc::new(Scene { lane, concurrency: concurrency as usize, stop, world, tasks });
    let (news, coming) = mpsc::unbounded_channel();
    scene.spawn(scene.clone().follow(coming));
    scene.spawn(scene.clone().drive());
    scene.spawn(scene.clone().adopt());
    for _ in 0..steps {
        let burst = scene.draw(1, 5);
        for _ in 0..burst {
            scene.store(&news);
        }
        let pause = if burst > 3 { scene.draw(0, 3000) } else { scene.draw(0, 100) };
        sleep(Duration::from_millis(pause)).await;
    }
    scene.end().await;
    no_task_is_left();
}

impl Scene {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().spawn(work);
    }

    fn draw(&self, first: u64, last: u64) -> u64 {
        self.world.lock().dice.between(first, last)
    }

    async fn soon(&self, first: u64, last: u64) {
        sleep(Duration::from_millis(self.draw(first, last))).await;
    }

    fn store(self: &Arc<Self>, news: &mpsc::UnboundedSender<News>) {
        let (id, told) = {
            let mut world = self.world.lock();
            let id = world.last() + 1;
            let event = if world.dice.hits(60) { Some(world.dice.between(1, 3).cast_signed()) } else { None };
            let outcome = if world.dice.hits(90) { Outcome::Verified } else { Outcome::Rejected };
            world.history.insert(id, Row { event, outcome, settled: false, claimed: false, over: false });
            (id, world.dice.hits(85))
        };
        news.send(told.then_some(id)).unwrap();
        self.spawn(self.clone().answer(id));
    }

    /// Whoever answers a delivery.
    async fn answer(self: Arc<Self>, id: i64) {
        self.soon(0, 3).await;
        let what = self.draw(0, 99);
        let claimed = {
            let mut world = self.world.lock();
            let (event, outcome) = (world.history[&id].event, world.history[&id].outcome);
            let turn = if what < 80 { self.lane.claim(id, event, outcome) } else { None };
            if turn.is_some() {
                assert_eq!(outcome, Outcome::Verified);
                assert!(!world.of_lane.contains_key(&id) && !world.history[&id].settled, "{id} is sent already");
                world.history.get_mut(&id).unwrap().claimed = true;
                world.held.insert(id, event);
            } else if what < 92 {
                // A rule of the fault lab answers, or the lane has it already.
                self.lane.offer(id, event, outcome);
            }
            turn
        };
        let Some(turn) = claimed else { return };
        // Its sender may go away at any time.
        let stays = Duration::from_millis(self.draw(100, 3000));
        let _ = timeout(stays, self.wait_and_send(&turn, id)).await;
        let mut world = self.world.lock();
        world.own.remove(&id);
        world.held.remove(&id);
        world.history.get_mut(&id).unwrap().over = true;
        drop(turn);
    }

    async fn wait_and_send(&self, turn: &Turn<()>, id: i64) {
        if timeout(PATIENCE, turn.come()).await.is_err() {
            return;
        }
        {
            let mut world = self.world.lock();
            let event = world.history[&id].event;
            world.check_sent(id);
            let earlier = world.held.range(..id).find(|(_, other)| event.is_some() && **other == event);
            assert_eq!(earlier, None, "{id} overtakes it");
            assert!(world.own.len() < self.concurrency, "too many are under way");
            world.own.insert(id, event);
        }
        self.soon(10, 400).await;
        self.world.lock().own.remove(&id);
        self.soon(0, 3).await;
        self.world.lock().history.get_mut(&id).unwrap().settled = true;
        self.lane.answered(Some(200), ());
    }

    async fn follow(self: Arc<Self>, mut coming: mpsc::UnboundedReceiver<News>) {
        while let Some(Some(news)) = self.stop.run_until_cancelled(coming.recv()).await {
            self.soon(0, 15).await;
            match news {
                Some(id) => {
                    let (event, outcome) = {
                        let world = self.world.lock();
                        (world.history[&id].event, world.history[&id].outcome)
                    };
                    self.lane.arrived(id, event, outcome, true, Instant::now());
                }
                None => self.catch_up().await,
            }
        }
    }

    async fn catch_up(&self) {
        let last = self.world.lock().last();
        let Some(seen) = self.lane.catch_up_from(last) else { return };
        self.soon(0, 30).await;
        let found: Vec<Found> = {
            let world = self.world.lock();
            let open = world.history.range(seen + 1..=last);
            let open = open.filter(|(_, row)| !row.settled && row.outcome == Outcome::Verified);
            open.map(|(id, row)| Found { id: *id, event: row.event, outcome: row.outcome }).collect()
        };
        self.soon(0, 30).await;
        self.lane.caught_up(last, found);
    }

    async fn adopt(self: Arc<Self>) {
        while self.stop.run_until_cancelled(sleep(ADOPT)).await.is_some() {
            self.lane.adopt(Instant::now());
        }
    }

    async fn drive(self: Arc<Self>) {
        let opened = self.lane.opened();
        loop {
            let next = self.lane.next(opened, Instant::now());
            match next {
                Next::End => return,
                Next::Send { id, number } => {
                    {
                        let mut world = self.world.lock();
                        world.check_sent(id);
                        let row = &world.history[&id];
                        assert!(!row.claimed && row.outcome == Outcome::Verified, "{id} is not for the lane");
                        assert!(world.of_lane.len() < self.concurrency, "too many are under way");
                        let event = row.event;
                        world.of_lane.insert(id, event);
                    }
                    self.spawn(self.clone().forward(id, number));
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
                        () = self.stop.cancelled() => return,
                        () = self.lane.woken() => {}
                        () = due => {}
                    }
                }
            }
        }
    }

    async fn forward(self: Arc<Self>, id: i64, number: u32) {
        self.soon(10, 400).await;
        let refused = number < 3 && self.draw(0, 9) == 0;
        let ended = match refused {
            true => Ended::Later { why: "It answered 503.".to_owned(), retry_after: None },
            false => Ended::Settled { status: Some(200) },
        };
        let mut world = self.world.lock();
        world.of_lane.remove(&id);
        world.history.get_mut(&id).unwrap().settled = !refused;
        self.lane.ended(id, ended, None, Instant::now(), 0);
    }

    /// Waits until everything is done, and checks that nothing is left.
    async fn end(&self) {
        let began = Instant::now();
        loop {
            let (done, last) = {
                let world = self.world.lock();
                (world.is_done(), world.last())
            };
            let reached = self.lane.marks().reached;
            if done && reached >= last {
                break;
            }
            assert!(began.elapsed() < CALM, "{last} are stored, and the mark is {reached}");
            sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(self.lane.view().waiting, 0);
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    }
}
