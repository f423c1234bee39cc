//! The emulator's own time, which can run faster than the wall clock ("time warp"), be moved ahead, or stand still.
//!
//! Everything in the emulator that depends on time asks this clock: retries, the grace of secrets, jobs, the expiry of
//! files. Only what a receiver checks against its own clock (`webhook-timestamp`, `iat`, `exp`) is wall time.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;

/// Milliseconds since the Unix epoch on the emulator's clock.
pub type Millis = i64;

/// The fastest warp: 24 hours in less than a tenth of a second.
pub const MAX_WARP: f64 = 1_000_000.0;

/// A clock that runs `warp` times as fast as the wall clock.
#[derive(Debug)]
pub struct Clock {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// Both are the same moment.
    since: Instant,
    base: Millis,
    warp: f64,
}

impl State {
    fn now(&self) -> Millis {
        let passed = self.since.elapsed().as_secs_f64() * 1000.0 * self.warp;
        self.base.saturating_add(passed as i64)
    }
}

impl Clock {
    /// A clock that shows `now` and runs `warp` times as fast as the wall clock; with 0 it stands still.
    #[must_use]
    pub fn new(now: Millis, warp: f64) -> Self {
        let state = State { since: Instant::now(), base: now, warp: sane(warp) };
        Self { state: Mutex::new(state), changed: watch::Sender::new(()) }
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.read().now()
    }

    /// How much faster than the wall clock it runs.
    #[must_use]
    pub fn warp(&self) -> f64 {
        self.read().warp
    }

    /// Changes its pace, 0 to [`MAX_WARP`].
    pub fn set_warp(&self, warp: f64) {
        self.change(|state| state.warp = sane(warp));
    }

    /// Moves it ahead by this much; it never goes back.
    pub fn advance(&self, by: Millis) {
        self.change(|state| state.base = state.base.saturating_add(by.max(0)));
    }

    /// Moves it ahead to this moment, unless it is already past it.
    pub fn advance_to(&self, moment: Millis) {
        self.change(|state| state.base = state.base.max(moment));
    }

    /// Notified whenever the pace or the time is set.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// How long the wall clock takes until this one shows `moment`; `None` while it stands still.
    #[must_use]
    pub fn wall_time_until(&self, moment: Millis) -> Option<Duration> {
        let state = self.read();
        let left = moment.saturating_sub(state.now());
        if left <= 0 {
            return Some(Duration::ZERO);
        }
        (state.warp > 0.0).then(|| Duration::from_secs_f64((left as f64 / 1000.0 / state.warp).min(86_400.0 * 365.0)))
    }

    fn read(&self) -> State {
        *self.state.lock()
    }

    fn change(&self, set: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        state.base = state.now();
        state.since = Instant::now();
        set(&mut state);
        drop(state);
        self.changed.send_replace(());
    }
}

fn sane(warp: f64) -> f64 {
    if warp.is_finite() { warp.clamp(0.0, MAX_WARP) } else { 1.0 }
}

/// `2026-01-22T12:00:00Z`, with milliseconds if there are any.
#[must_use]
pub(crate) fn rfc3339(moment: Millis) -> String {
    let moment = Timestamp::from_millisecond(moment).unwrap_or(Timestamp::UNIX_EPOCH);
    // Proto-JSON writes either no fractional digits or three.
    if moment.subsec_millisecond() == 0 { moment.to_string() } else { format!("{moment:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_warps_stands_still_and_never_goes_back() {
        let clock = Clock::new(1_000_000, 0.0);
        assert_eq!((clock.now(), clock.wall_time_until(1_000_001)), (1_000_000, None));
        clock.advance(500);
        clock.advance(-500);
        clock.advance_to(3);
        assert_eq!(clock.now(), 1_000_500);
        assert_eq!(clock.wall_time_until(1_000_500), Some(Duration::ZERO));
        clock.set_warp(3600.0);
        let wall = clock.wall_time_until(clock.now() + 3_600_000).unwrap();
        assert!(wall <= Duration::from_secs(1) && wall > Duration::from_millis(900), "{wall:?}");
        clock.set_warp(f64::NAN);
        assert_eq!(clock.warp(), 1.0);
        clock.set_warp(1e12);
        assert_eq!(clock.warp(), MAX_WARP);
        assert_eq!(rfc3339(1_769_083_200_000), "2026-01-22T12:00:00Z");
        assert_eq!(rfc3339(1_769_083_200_500), "2026-01-22T12:00:00.500Z");
    }
}
