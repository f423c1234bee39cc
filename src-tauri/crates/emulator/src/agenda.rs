//! Does what is due on the emulator's clock: advances jobs, starts attempts.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Millis;
use crate::delivery::attempt;
use crate::delivery::lanes::{Lanes, Ticket};
use crate::jobs;
use crate::shared::Shared;
use crate::world::Due;

/// How many items are taken from the agenda at once.
const AT_ONCE: usize = 512;
/// How often the clock is saved, in wall time, while nothing else is.
const KEEP_CLOCK: Duration = Duration::from_secs(1);
/// How long attempts in flight may take once the emulator is stopping. After that they are broken off, and repeated
/// when it starts again with the same state.
const LAST_ATTEMPTS: Duration = Duration::from_millis(1500);

/// Works through the agenda until it is told to stop.
pub(crate) async fn run(shared: Shared, stop: CancellationToken) {
    let runner = Runner {
        shared: Arc::clone(&shared),
        lanes: Arc::new(Lanes::default()),
        workers: TaskTracker::new(),
        stop: stop.clone(),
        give_up: CancellationToken::new(),
    };
    let mut changed = shared.clock.subscribe();
    let mut keep_clock = tokio::time::interval(KEEP_CLOCK);
    keep_clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !stop.is_cancelled() {
        let next = runner.turn();
        let wait = next.map(|next| shared.clock.wall_time_until(next));
        if wait == Some(Some(Duration::ZERO)) {
            // There is more: let the workers run first.
            tokio::task::yield_now().await;
            continue;
        }
        let until_next = async {
            match wait.flatten() {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = shared.planned.notified() => {}
            _ = changed.changed() => {}
            () = until_next => {}
            _ = keep_clock.tick() => {
                if let Some(journal) = &shared.journal {
                    journal.keep_clock(shared.clock.now());
                }
            }
        }
    }
    runner.workers.close();
    if tokio::time::timeout(LAST_ATTEMPTS, runner.workers.wait()).await.is_err() {
        runner.give_up.cancel();
        runner.workers.wait().await;
    }
}

struct Runner {
    shared: Shared,
    lanes: Arc<Lanes>,
    workers: TaskTracker,
    /// No further attempt starts.
    stop: CancellationToken,
    /// Attempts in flight are broken off.
    give_up: CancellationToken,
}

impl Runner {
    /// Does what is due now, or starts it. Returns when the next item is due.
    fn turn(&self) -> Option<Millis> {
        let now = self.shared.clock.now();
        let (keys, next) = self.shared.with(|world| {
            // Lanes that get another worker.
            let mut keys = Vec::new();
            // One by one: a job plans attempts that come before the next job.
            for _ in 0..AT_ONCE {
                let Some((at, due)) = world.take_due(now, 1).pop() else { break };
                match due {
                    Due::Job(id) => jobs::advance(&self.shared, world, &id, at),
                    Due::Attempt(number) => {
                        let delivery = world.deliveries.at(number).filter(|delivery| delivery.next_ms == Some(at));
                        if let Some(delivery) = delivery {
                            let key = host(&delivery.uri);
                            if self.lanes.offer(key, Ticket { number, due: at }) {
                                keys.push(key.to_owned());
                            }
                        }
                    }
                }
            }
            (keys, world.next_due())
        });
        for key in keys {
            let (shared, lanes) = (Arc::clone(&self.shared), Arc::clone(&self.lanes));
            let (stop, give_up) = (self.stop.clone(), self.give_up.clone());
            self.workers.spawn(async move {
                give_up.run_until_cancelled(attempt::make_all(&shared, &lanes, key, &stop)).await;
            });
        }
        next
    }
}

/// Host and port, as they appear in the address.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}
