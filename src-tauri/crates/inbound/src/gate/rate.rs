//! A rate limit without a lock. Each request takes a step on a time line, which may be ahead of the clock by as much as
//! may arrive at once (GCRA, the leaky bucket as a meter; ITU-T I.371).

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// How much may arrive at once.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Requests a second; two seconds' worth may arrive at once.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// 0: no limit.
    per_second: AtomicU32,
    /// How far it is used up, in nanoseconds on the caller's clock.
    used: AtomicU64,
}

impl Rate {
    pub(super) fn set(&self, per_second: u32) {
        self.per_second.store(per_second, Ordering::Relaxed);
    }

    /// Takes one. `now`: the time since any fixed moment, called only if there is a rate.
    pub(super) fn spend(&self, now: impl FnOnce() -> Duration) -> bool {
        let per_second = self.per_second.load(Ordering::Relaxed);
        if per_second == 0 {
            return true;
        }
        let step = 1_000_000_000 / u64::from(per_second);
        let now = u64::try_from(now().as_nanos()).unwrap_or(u64::MAX);
        let most = now.saturating_add(u64::try_from(AT_ONCE.as_nanos()).unwrap_or(u64::MAX));
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                let next = used.max(now).saturating_add(step);
                (next <= most).then_some(next)
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_seconds_of_it_may_come_at_once_and_then_as_many_as_it_says() {
        let rate = Rate::default();
        let run = |ms: u64, tries: u32| (0..tries).filter(|_| rate.spend(|| Duration::from_millis(ms))).count();
        assert_eq!(run(0, 5_000), 5_000, "no rate");
        rate.set(1_000);
        assert_eq!(run(0, 5_000), 2_000);
        assert_eq!(run(500, 5_000), 500);
        assert_eq!(run(500, 10), 0);
        assert_eq!(run(3_600_000, 5_000), 2_000, "rest is not saved up");
        rate.set(0);
        assert_eq!(run(3_600_000, 5_000), 5_000);
    }

    #[test]
    fn an_even_stream_at_the_rate_is_never_refused() {
        let rate = Rate::default();
        rate.set(100_000);
        assert!((0..300_000_u64).all(|number| rate.spend(|| Duration::from_micros(number * 10))));
    }
}
