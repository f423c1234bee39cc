//! Runs a simulation for many seeds, each in a runtime of its own whose time stands still while there is anything to
//! do, and otherwise jumps to what is due next: hours pass at once.
//!
//! A seed decides all that is drawn, so one that fails will fail again: `POLLUX_SEED=17 cargo test …` runs it alone.

// Shared with `emulator` and `inbound`; each uses a part.
#![allow(dead_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use tokio::runtime::{Builder, Handle};

/// The variable with the only seed to run.
const SEED: &str = "POLLUX_SEED";
/// More than any simulation takes, in its own time.
const LONGEST: Duration = Duration::from_secs(10 * 24 * 3600);
/// More than any machine needs for what a simulation does while its time is held.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a simulation for the seeds from 0, and fails with the first that fails or does not end.
pub(crate) fn each_seed<F: Future<Output = ()>>(count: u64, run: impl Fn(Dice) -> F) {
    let asked = std::env::var(SEED).ok().map(|seed| seed.trim().parse::<u64>().expect("the seed is a number"));
    for seed in asked.map_or(0..count, |seed| seed..seed + 1) {
        let ran = catch_unwind(AssertUnwindSafe(|| in_still_time(run(Dice::new(seed)))));
        if let Err(fault) = ran {
            eprintln!("seed {seed} failed; {SEED}={seed} runs it alone");
            resume_unwind(fault);
        }
    }
}

fn in_still_time(run: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONGEST, run).await.expect("it hangs") });
}

/// Fails if a task of this runtime still lives.
pub(crate) fn no_task_is_left() {
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0, "tasks are left");
}

/// Keeps the time from jumping until it is dropped, so that sockets and other threads can be waited for: tokio's paused
/// clock jumps only while no blocking task runs. It gives up after a while, so that what hangs fails.
pub(crate) struct Hold(std::sync::mpsc::Sender<()>);

impl Hold {
    pub(crate) fn begin() -> Self {
        let (held, until) = std::sync::mpsc::channel();
        tokio::task::spawn_blocking(move || until.recv_timeout(PATIENCE));
        Self(held)
    }
}

/// Chance, decided by a seed.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// From 0 up to but not including `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    /// From `first` to `last`.
    pub(crate) fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// True so many times in a hundred.
    pub(crate) fn hits(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// From 0 up to but not including 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn millis(&mut self, first: u64, last: u64) -> Duration {
        Duration::from_millis(self.between(first, last))
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}
