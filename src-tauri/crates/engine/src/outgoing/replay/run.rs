//! A run of replays: its requests, one after the other or many at a time, their results, and its progress.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use outbound::{Bounds, Exchange, Problem, ProblemCode, Recipe};
use parking_lot::{Mutex, MutexGuard};
use store::{NewOutbound, OutboundKind, Sendable};
use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::common::Common;
use crate::dto::{self, Live, ReplayPlan, ReplayRun, ReplayTally, RunState};
use crate::outgoing::guard::Guard;
use crate::outgoing::outbounds::{not_sent, sent, shown_outbound};
use crate::outgoing::sending::Sending;
use crate::outgoing::targets::Allowed;

/// Deliveries to read at a time.
const PAGE: usize = 32;
/// Requests that can be looked at without a query to the history.
const SHOWN: usize = 200;
/// How often to report to the window.
const TELL: Duration = Duration::from_millis(100);
/// Requests to store in one transaction.
const KEPT_AT_ONCE: usize = 256;

/// A run. Its requests are stored in the history with the delivery that they came from.
pub(super) struct Run {
    number: u32,
    plan: ReplayPlan,
    recipe: Recipe,
    targets: Vec<Allowed>,
    started_ms: i64,
    started: Instant,
    /// How many requests each sending makes: the duplicate twist sends everything twice.
    each: u64,
    progress: Mutex<Progress>,
    stop: CancellationToken,
    over: watch::Sender<bool>,
}

struct Progress {
    state: RunState,
    total: u64,
    done: u64,
    took: Option<Duration>,
    problem: Option<String>,
    tallies: Vec<Tally>,
    shown: Vec<dto::Outbound>,
}

#[derive(Clone, Default)]
struct Tally {
    done: u64,
    failed: u64,
    statuses: BTreeMap<u16, u64>,
    took_us: Vec<u32>,
}

/// What a run needs to send.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) common: Common,
    pub(super) sending: Sending,
    /// Carries every request that has ended.
    pub(super) sent: broadcast::Sender<dto::Outbound>,
}

/// The result of one request.
struct Ended {
    target: usize,
    outbound: NewOutbound,
}

impl Run {
    pub(super) fn new(number: u32, plan: ReplayPlan, recipe: Recipe, targets: Vec<Allowed>, started_ms: i64) -> Self {
        let each = if plan.changes.twist.as_deref() == Some("duplicate") { 2 } else { 1 };
        let total = plan.deliveries.len() as u64 * targets.len() as u64 * u64::from(plan.times) * each;
        let progress = Progress {
            state: RunState::Running,
            total,
            done: 0,
            took: None,
            problem: None,
            tallies: vec![Tally::default(); targets.len()],
            shown: Vec::new(),
        };
        Self {
            number,
            plan,
            recipe,
            targets,
            started_ms,
            started: Instant::now(),
            each,
            progress: Mutex::new(progress),
            stop: CancellationToken::new(),
            over: watch::Sender::new(false),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock()
    }

    pub(super) async fn stop(&self) {
        self.stop.cancel();
        self.ended().await;
    }

    pub(super) async fn ended(&self) {
        // The sender lives as long as the run.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Sends everything. Returns once all of it is stored.
    pub(super) async fn go(self: Arc<Self>, way: Way) {
        let (to_keep, ended) = mpsc::channel(1024);
        let keeping = tokio::spawn(self.clone().keep(way.clone(), ended));
        tokio::select! {
            biased;
            () = way.common.stop().cancelled() => self.stop.cancel(),
            () = self.send_all(&way, to_keep) => {}
        }
        if let Err(error) = keeping.await {
            self.progress().problem = Some(format!("What was sent could not be stored: {error}."));
        }
        {
            let mut progress = self.progress();
            progress.state = if self.stop.is_cancelled() { RunState::Stopped } else { RunState::Done };
            progress.took = Some(self.started.elapsed());
        }
        way.common.tell(Live::Replay { run: Box::new(self.view(false)) });
        self.over.send_replace(true);
    }

    /// Returns when every request has ended, or when the run is stopped.
    async fn send_all(self: &Arc<Self>, way: &Way, to_keep: mpsc::Sender<Ended>) {
        let places = Arc::new(Semaphore::new(self.plan.concurrency as usize));
        let guard = Arc::new(way.sending.guard());
        let under_way = TaskTracker::new();
        let mut pace = tokio::time::interval(Duration::from_millis(u64::from(self.plan.delay_ms.max(1))));
        'all: for page in self.plan.deliveries.chunks(PAGE) {
            let sendable = match way.common.store().outbounds().sendable(page).await {
                Ok(sendable) => sendable,
                Err(error) => {
                    self.progress().problem = Some(format!("Deliveries could not be read: {error}"));
                    self.stop.cancel();
                    break;
                }
            };
            self.missing(page.len() - sendable.len());
            for delivery in sendable {
                let delivery = Arc::new(delivery);
                for number in 1..=self.plan.times {
                    for target in 0..self.targets.len() {
                        if self.plan.delay_ms > 0 {
                            tokio::select! {
                                () = self.stop.cancelled() => break 'all,
                                _ = pace.tick() => {}
                            }
                        }
                        let place = tokio::select! {
                            () = self.stop.cancelled() => break 'all,
                            place = places.clone().acquire_owned() => place,
                        };
                        let (run, way, delivery) = (self.clone(), way.clone(), delivery.clone());
                        let (guard, to_keep) = (guard.clone(), to_keep.clone());
                        under_way.spawn(async move {
                            run.send(&way, &delivery, target, number, &guard, &to_keep).await;
                            drop(place);
                        });
                    }
                }
            }
        }
        under_way.close();
        under_way.wait().await;
    }

    fn missing(&self, count: usize) {
        if count == 0 {
            return;
        }
        let each = self.targets.len() as u64 * u64::from(self.plan.times) * self.each;
        let mut progress = self.progress();
        progress.total = progress.total.saturating_sub(count as u64 * each);
        progress.problem = Some("Some deliveries are no longer there; they were left out.".to_owned());
    }

    async fn send(
        &self,
        way: &Way,
        delivery: &Sendable,
        target: usize,
        number: u32,
        guard: &Guard,
        to_keep: &mpsc::Sender<Ended>,
    ) {
        let Some(allowed) = self.targets.get(target) else { return };
        let kind = OutboundKind::Replay;
        let composed = match way.sending.compose(delivery, &self.recipe, &allowed.target) {
            Ok(composed) => composed,
            Err(error) => {
                let outbound = not_sent(delivery, &allowed.target, number, way.common.now_ms(), error, kind);
                let _ = to_keep.send(Ended { target, outbound }).await;
                return;
            }
        };
        for again in 0..composed.times {
            if self.stop.is_cancelled() {
                return;
            }
            let (at_ms, started) = (way.common.now_ms(), Instant::now());
            let exchange = tokio::select! {
                exchange = way.sending.send(&composed, allowed, guard, Bounds::default()) => exchange,
                () = self.stop.cancelled() => Ok(cut(started.elapsed())),
            };
            let exchange = match exchange {
                Ok(exchange) => exchange,
                Err(error) => {
                    let outbound = not_sent(delivery, &allowed.target, number, at_ms, error, kind);
                    let _ = to_keep.send(Ended { target, outbound }).await;
                    return;
                }
            };
            let number = (number - 1) * composed.times + again + 1;
            let outbound = sent(delivery, &allowed.target, &composed, number, at_ms, exchange, kind);
            // The receiver is there until the run is over.
            let _ = to_keep.send(Ended { target, outbound }).await;
        }
    }

    /// Stores the results of the requests, many at a time, and reports the progress to the window.
    async fn keep(self: Arc<Self>, way: Way, mut ended: mpsc::Receiver<Ended>) {
        let mut told = Instant::now();
        let mut batch = Vec::with_capacity(KEPT_AT_ONCE);
        while ended.recv_many(&mut batch, KEPT_AT_ONCE).await > 0 {
            let new = std::mem::replace(&mut batch, Vec::with_capacity(KEPT_AT_ONCE));
            let targets: Vec<usize> = new.iter().map(|one| one.target).collect();
            let room = SHOWN.saturating_sub(self.progress().shown.len());
            let followed = &way.sent;
            let seen = if followed.receiver_count() > 0 { new.len() } else { room };
            let mut views: Vec<_> = new.iter().take(seen).map(|one| shown(&one.outbound, self.number)).collect();
            self.count(&targets, &new);
            let outbounds = new.into_iter().map(|one| one.outbound).collect();
            match way.common.store().outbounds().add(outbounds).await {
                Ok(ids) => {
                    for (view, id) in views.iter_mut().zip(ids) {
                        view.id = id;
                    }
                    self.progress().shown.extend(views.iter().take(room).cloned());
                }
                Err(error) => {
                    tracing::error!(%error, "requests that were sent could not be stored");
                    self.progress().problem = Some(format!("What was sent could not be stored: {error}"));
                }
            }
            // What could not be stored was sent all the same. Nobody may be following.
            views.into_iter().for_each(|view| drop(followed.send(view)));
            if told.elapsed() >= TELL {
                told = Instant::now();
                way.common.tell(Live::Replay { run: Box::new(self.view(false)) });
            }
        }
    }

    fn count(&self, targets: &[usize], ended: &[Ended]) {
        let mut progress = self.progress();
        progress.done += ended.len() as u64;
        for (target, one) in targets.iter().zip(ended) {
            let Some(tally) = progress.tallies.get_mut(*target) else { continue };
            tally.done += 1;
            tally.failed += u64::from(one.outbound.problem.is_some());
            if let Some(answer) = &one.outbound.answer {
                *tally.statuses.entry(answer.status).or_default() += 1;
                tally.took_us.push(u32::try_from(one.outbound.total_us).unwrap_or(u32::MAX));
            }
        }
    }

    /// The run as the window sees it.
    pub(super) fn view(&self, with_outbounds: bool) -> ReplayRun {
        let progress = self.progress();
        let took = progress.took.unwrap_or_else(|| self.started.elapsed());
        let tally = |(allowed, tally): (&Allowed, &Tally)| {
            let mut took = tally.took_us.clone();
            took.sort_unstable();
            let share = |percent: usize| {
                let at = (took.len() * percent).div_ceil(100).saturating_sub(1);
                took.get(at).map(|us| u64::from(*us))
            };
            ReplayTally {
                url: allowed.target.url().to_owned(),
                done: tally.done,
                failed: tally.failed,
                statuses: tally.statuses.iter().map(|(status, count)| (*status, *count)).collect(),
                p50_us: share(50),
                p95_us: share(95),
            }
        };
        ReplayRun {
            run: self.number,
            state: progress.state,
            total: progress.total,
            done: progress.done,
            started_ms: self.started_ms,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            problem: progress.problem.clone(),
            targets: self.targets.iter().zip(&progress.tallies).map(tally).collect(),
            outbounds: if with_outbounds { progress.shown.clone() } else { Vec::new() },
        }
    }
}

fn shown(outbound: &NewOutbound, run: u32) -> dto::Outbound {
    dto::Outbound { run: Some(run), ..shown_outbound(outbound) }
}

/// The result of a request that was under way when the run was stopped.
fn cut(total: Duration) -> Exchange {
    let message = "The run was stopped while its answer was awaited; the target may have it.".to_owned();
    Exchange { answer: None, problem: Some(Problem { code: ProblemCode::Stopped, message }), total }
}
