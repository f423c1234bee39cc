//! How long is waited for what.

use std::time::Duration;

use super::trouble::Kind;

/// The times of a quick tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks before the first connection: 250 ms.
    pub poll: Duration,
    /// Between two looks after it: 2 s.
    pub watch: Duration,
    /// From the address to the first connection, before it is said that there is none: 20 s.
    pub connect: Duration,
    /// Without an address, or without an answer, before the child is started anew: 45 s. cloudflared itself gives up
    /// asking for an address after 15 s.
    pub stuck: Duration,
    /// How long the listener may be away before the child is ended: 2 s. A restart on the same port keeps the address.
    pub settle: Duration,
    /// From the request to end to the end by force: 5 s.
    pub stop: Duration,
    /// The first wait before another start: 1 s. It doubles with each.
    pub first_wait: Duration,
    /// The longest wait, and how long a child has to be online for the waits to begin anew: 60 s.
    pub longest_wait: Duration,
    /// The wait after Cloudflare gave out no tunnel because there were too many: 5 min.
    pub limited_wait: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(250),
            watch: Duration::from_secs(2),
            connect: Duration::from_secs(20),
            stuck: Duration::from_secs(45),
            settle: Duration::from_secs(2),
            stop: Duration::from_secs(5),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            limited_wait: Duration::from_secs(300),
        }
    }
}

impl Pace {
    /// The wait before start `attempt` (from 1) after a failure; `random` is from 0 to 1. Half of it to one and a half,
    /// within the bounds.
    pub(super) fn wait(&self, kind: &Kind, attempt: u32, random: f64) -> Duration {
        let random = random.clamp(0.0, 1.0);
        if *kind == Kind::RateLimited {
            return self.limited_wait.mul_f64(1.0 + random / 2.0);
        }
        let doubled = self.first_wait.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.longest_wait);
        doubled.mul_f64(0.5 + random).clamp(self.first_wait, self.longest_wait.max(self.first_wait))
    }
}
