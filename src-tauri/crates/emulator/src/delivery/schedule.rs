//! When a delivery is tried again.

use crate::clock::Millis;
use crate::delivery::faults::{Draw, Draws};
use crate::settings::Retry;

/// The wait after failed attempt `number` (from 1): at least a millisecond.
pub(crate) fn wait(retry: &Retry, draws: Draws, number: u32) -> Millis {
    let steps = i32::try_from(number.saturating_sub(1)).unwrap_or(i32::MAX);
    let longest = retry.longest_ms.max(1) as f64;
    let plain = retry.first_ms.max(1) as f64 * retry.factor.powi(steps);
    // A factor that is not a number, or is negative, must not remove the wait.
    let plain = if plain.is_nan() { longest } else { plain.clamp(1.0, longest) };
    let jitter = if retry.jitter > 0.0 { retry.jitter.min(1.0) } else { 0.0 };
    let off = 1.0 + jitter * (2.0 * draws.share(Draw::Jitter(number)) - 1.0);
    ((plain * off).round() as Millis).max(1)
}

/// When the attempt after number `number`, which was due at `due`, is due; `None` if that is past the window. Counted
/// from when it was due, not from when its answer arrived, so the gaps are those in the settings however fast the clock
/// runs.
pub(crate) fn next(retry: &Retry, draws: Draws, number: u32, due: Millis, created: Millis) -> Option<Millis> {
    let next = due.saturating_add(wait(retry, draws, number));
    (next <= created.saturating_add(retry.window_ms)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws { seed: 1, number: 1 };

    fn all(retry: &Retry) -> Vec<Millis> {
        let (mut due, mut times) = (0, vec![0]);
        for number in 1..1000 {
            match next(retry, DRAWS, number, due, 0) {
                Some(next) => due = next,
                None => break,
            }
            times.push(due);
        }
        times
    }

    #[test]
    fn waits_grow_up_to_the_longest_and_end_with_the_window() {
        let retry = Retry { first_ms: 1000, factor: 3.0, longest_ms: 10_000, jitter: 0.0, window_ms: 33_000 };
        assert_eq!(
            all(&retry),
            [0, 1000, 4000, 13_000, 23_000, 33_000],
            "an attempt at the very end of the window counts"
        );
        assert_eq!(all(&Retry { window_ms: 32_999, ..retry.clone() }).len(), 5);
        assert_eq!(all(&Retry { window_ms: 999, ..retry.clone() }), [0]);
        assert_eq!(all(&Retry { window_ms: -1, ..retry }), [0]);
    }

    #[test]
    fn jitter_stays_within_its_share() {
        let retry = Retry { first_ms: 10_000, factor: 1.0, jitter: 0.2, ..Retry::default() };
        let waits: Vec<_> = (1..200).map(|number| wait(&retry, DRAWS, number)).collect();
        assert!(waits.iter().all(|wait| (8_000..=12_000).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait < 8_400) && waits.iter().any(|wait| *wait > 11_600), "{waits:?}");
    }

    #[test]
    fn odd_settings_never_make_a_wait_of_nothing() {
        for factor in [0.0, -4.0, f64::NAN, f64::INFINITY, 1e300] {
            for first_ms in [0, -5, 1, i64::MAX] {
                let retry = Retry { first_ms, factor, longest_ms: 1000, jitter: 5.0, ..Retry::default() };
                for number in [1, 2, 50, u32::MAX] {
                    let wait = wait(&retry, DRAWS, number);
                    assert!((1..=2000).contains(&wait), "{factor} {first_ms} {number}: {wait}");
                }
            }
        }
    }
}
