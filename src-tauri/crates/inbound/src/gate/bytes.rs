//! Limits the bytes of public requests a second: heads and bodies, as they arrive.
//!
//! A `content-length` is only a promise and spends nothing: one small request a second that promises a lot would
//! otherwise keep everybody else out. A request is let in while something is left, and its body may run into debt: by
//! one burst, or by one body of the listener's limit, whichever is larger. A lone body is never cut off; of many that
//! arrive at the same moment, the last ones are.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::BoxError;
use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::{Asked, Gate};

/// For how long the rate may be exceeded at once, in seconds.
const BURST_S: f64 = 2.0;

/// The bytes left to spend; below 0 is a debt.
pub(super) struct Budget {
    level: f64,
    at: Instant,
}

impl Budget {
    pub(super) fn new(per_second: u64, now: Instant) -> Self {
        Self { level: burst(per_second), at: now }
    }

    fn earn(&mut self, per_second: u64, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        if passed > 0.0 {
            self.level = (self.level + passed * rate(per_second)).min(burst(per_second));
            self.at = now;
        }
    }

    /// Whether anything is left; if so, spends the head.
    pub(super) fn admits(&mut self, per_second: u64, head: usize, now: Instant) -> bool {
        self.earn(per_second, now);
        if self.level <= 0.0 {
            return false;
        }
        self.level -= head as f64;
        true
    }

    /// Spends what arrived. False if the debt has become too large.
    fn spend(&mut self, per_second: u64, bytes: usize, debt: usize, now: Instant) -> bool {
        self.earn(per_second, now);
        self.level -= bytes as f64;
        self.level >= -(debt as f64).max(burst(per_second))
    }
}

fn rate(per_second: u64) -> f64 {
    per_second as f64
}

fn burst(per_second: u64) -> f64 {
    rate(per_second) * BURST_S
}

/// Bytes of a request's head, nearly: separators are not counted.
pub(super) fn head(asked: &Asked<'_, '_>) -> usize {
    let lines = asked.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    asked.uri.path().len() + asked.uri.query().map_or(0, str::len) + lines.sum::<usize>()
}

/// Tells whether a body was cut off because it exceeded the rate.
#[derive(Clone, Default)]
pub(crate) struct Spent(Option<Arc<AtomicBool>>);

impl Spent {
    /// Whether it was.
    pub(crate) fn is_beyond(&self) -> bool {
        self.0.as_ref().is_some_and(|beyond| beyond.load(Ordering::Relaxed))
    }
}

impl Gate {
    /// The body of a public request that was let in. It spends as it arrives, and ends with an error when it exceeds
    /// the rate. `longest`: the listener's limit in bytes.
    pub(crate) fn meter(&self, body: Body, longest: usize) -> (Body, Spent) {
        let beyond = Arc::new(AtomicBool::new(false));
        let metered = Metered { body, gate: self.clone(), longest, beyond: beyond.clone() };
        (Body::new(metered), Spent(Some(beyond)))
    }

    fn spend_bytes(&self, bytes: usize, longest: usize) -> bool {
        let rules = self.0.rules.read();
        let per_second = rules.given.bytes_per_second;
        let mut budget = self.0.budget.lock();
        per_second == 0 || budget.spend(per_second, bytes, longest, (self.0.now)())
    }
}

struct Metered {
    body: Body,
    gate: Gate,
    longest: usize,
    beyond: Arc<AtomicBool>,
}

impl http_body::Body for Metered {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let came = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
        if came > 0 && !self.gate.spend_bytes(came, self.longest) {
            self.beyond.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err("beyond the rate".into())));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const KB: usize = 1000;

    #[test]
    fn a_burst_of_two_seconds_and_then_the_rate() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut budget = Budget::new(100_000, start);
        let mut taken = 0;
        while budget.admits(100_000, 100, start) {
            assert!(budget.spend(100_000, 9_900, 50 * KB, start));
            taken += 1;
        }
        assert_eq!(taken, 20);
        assert!(budget.admits(100_000, 100, at(10)), "a hundredth of a second later there is something left");
        assert!(budget.spend(100_000, 100 * KB, 50 * KB, at(10)), "it may be as long as the burst");
        assert!(!budget.admits(100_000, 0, at(900)), "which has to be earned first");
        assert!(budget.admits(100_000, 0, at(1_100)));
        assert!(budget.spend(100_000, 200 * KB, 50 * KB, at(60_000)), "no more than a burst was saved up");
        assert!(!budget.admits(100_000, 0, at(60_000)));
    }

    #[test]
    fn a_lone_body_of_the_limit_always_comes_in_however_low_the_rate() {
        let start = Instant::now();
        let mut budget = Budget::new(1_000, start);
        assert!(budget.admits(1_000, 2_000 - 1, start));
        assert!((0..100).all(|_| budget.spend(1_000, 10 * KB, 1_000 * KB, start)));
        assert!(!budget.admits(1_000, 0, start + Duration::from_secs(900)));
        assert!(budget.admits(1_000, 0, start + Duration::from_secs(1_001)));
    }

    #[test]
    fn of_many_that_come_in_together_the_last_ones_are_cut_off() {
        let start = Instant::now();
        let mut budget = Budget::new(100_000, start);
        assert!((0..50).all(|_| budget.admits(100_000, 100, start)));
        let let_through = (0..50).filter(|_| budget.spend(100_000, 100 * KB, 100 * KB, start)).count();
        // The rest of the burst, and a debt of the same size.
        assert_eq!(let_through, 3);
    }
}
