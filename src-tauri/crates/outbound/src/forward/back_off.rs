//! Decides when a target counts as down, and when to try it again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use super::rule::State;

/// The first and the longest gap between two tries of a target that is down, or of one delivery that it refuses for
/// now.
pub(super) const GAPS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// The longest pause that a target may ask for (`Retry-After`).
pub(super) const LEFT_ALONE: Duration = Duration::from_secs(300);
/// When this many deliveries in a row are refused for now, the target counts as down; fewer may just be odd ones.
const IN_A_ROW: u32 = 3;

/// What is known of a target.
#[derive(Default)]
pub(super) struct BackOff {
    down: Option<Down>,
    /// The gaps still to come.
    gaps: Option<ExponentialBackoff>,
    /// Deliveries that it refused for now since the last one it accepted.
    refused_in_a_row: u32,
}

struct Down {
    why: String,
    since_ms: i64,
    next: Instant,
    next_ms: i64,
    attempt: u32,
}

impl BackOff {
    /// When to try a target that is down; `None` if it is up.
    pub(super) fn next(&self) -> Option<Instant> {
        self.down.as_ref().map(|down| down.next)
    }

    /// What is shown of a target that is down.
    pub(super) fn state(&self) -> Option<State> {
        let Down { why, since_ms, next_ms, attempt, .. } = self.down.as_ref()?;
        Some(State::Down { why: why.clone(), since_ms: *since_ms, next_ms: *next_ms, attempt: *attempt })
    }

    pub(super) fn mark_up(&mut self) {
        *self = Self::default();
    }

    pub(super) fn mark_down(&mut self, why: String, retry_after: Option<Duration>, now: Instant, now_ms: i64) {
        let gaps = self.gaps.get_or_insert_with(gaps);
        let gap = gaps.next().unwrap_or(GAPS.1).max(bounded(retry_after));
        let (since_ms, attempt) = self.down.as_ref().map_or((now_ms, 1), |down| (down.since_ms, down.attempt));
        let next_ms = now_ms.saturating_add(i64::try_from(gap.as_millis()).unwrap_or(i64::MAX));
        let attempt = attempt.saturating_add(1);
        self.down = Some(Down { why, since_ms, next: now + gap, next_ms, attempt });
    }

    /// Counts a delivery that is refused for now. Many in a row mean that the target is down.
    pub(super) fn count_refusal(&mut self, why: String, retry_after: Option<Duration>, now: Instant, now_ms: i64) {
        self.refused_in_a_row += 1;
        if self.refused_in_a_row >= IN_A_ROW {
            self.mark_down(why, retry_after, now, now_ms);
        }
    }

    /// Tries a target that is down right away, and starts the gaps over.
    pub(super) fn retry_now(&mut self, now: Instant) {
        if let Some(down) = &mut self.down {
            down.next = now;
        }
        self.gaps = None;
    }
}

fn gaps() -> ExponentialBackoff {
    let (first, longest) = GAPS;
    ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times().build()
}

/// The gap after this many tries of one delivery, or the pause that the target asks for.
pub(super) fn gap(tries: u32, retry_after: Option<Duration>) -> Duration {
    gaps().nth(tries.saturating_sub(1) as usize).unwrap_or(GAPS.1).max(bounded(retry_after))
}

fn bounded(retry_after: Option<Duration>) -> Duration {
    retry_after.unwrap_or_default().min(LEFT_ALONE)
}
