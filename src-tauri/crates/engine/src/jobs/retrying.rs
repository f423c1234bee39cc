//! When a sender should try again. The service publishes no schedule, so it is learnt from the gaps that were seen; where
//! none were, it is the one that Standard Webhooks suggests. Pure.

use crate::dto::NextAttempt;

/// The gaps that Standard Webhooks suggests, in milliseconds: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h.
const USUAL_MS: [i64; 7] = [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000];
/// For how long the service tries, as the guide says.
pub(super) const TRIES_FOR_MS: i64 = 24 * 3_600_000;
/// The share of a gap by which the usual schedule may be off.
const USUAL_SPREAD: i64 = 4;

/// When the next attempt is expected after these (Unix milliseconds, ascending), by the gaps of earlier events, each
/// with the arrivals of its attempts. `None` if there was no attempt, or none is expected any more.
pub(super) fn next(attempts: &[i64], earlier: &[Vec<i64>], now_ms: i64) -> Option<NextAttempt> {
    let (first, last) = (*attempts.first()?, *attempts.last()?);
    let gives_up_ms = first.saturating_add(TRIES_FOR_MS);
    let place = attempts.len() - 1;
    // What followed the same number of attempts, at about the same age.
    let mut gaps: Vec<i64> = earlier
        .iter()
        .filter_map(|event| Some(event.get(place + 1)?.saturating_sub(*event.get(place)?)).filter(|gap| *gap > 0))
        .collect();
    gaps.sort_unstable();
    let from_events = u32::try_from(gaps.len()).unwrap_or(u32::MAX);
    let (gap, spread) = match gaps.get(gaps.len() / 2) {
        Some(median) => {
            let at = |share: usize| gaps.get((gaps.len() * share / 10).min(gaps.len() - 1)).copied().unwrap_or(*median);
            (*median, (at(9).saturating_sub(at(1)) / 2).max(1_000))
        }
        None => {
            let usual = USUAL_MS.get(place).or(USUAL_MS.last()).copied()?;
            (usual, usual / USUAL_SPREAD)
        }
    };
    let at_ms = last.saturating_add(gap);
    let over = now_ms >= gives_up_ms || at_ms > gives_up_ms;
    (!over).then_some(NextAttempt { at_ms, spread_ms: spread, from_events, gives_up_ms })
}

/// When a call that never came may still come, for a job that ended at `ended_ms`: the next step of the usual schedule,
/// or of the one that was seen.
pub(super) fn next_unseen(ended_ms: i64, earlier: &[Vec<i64>], now_ms: i64) -> Option<NextAttempt> {
    let mut attempts = vec![ended_ms];
    // Attempts that were not seen, one after the other, until one lies ahead.
    for _ in 0..64 {
        let next = next(&attempts, earlier, now_ms)?;
        if next.at_ms.saturating_add(next.spread_ms) >= now_ms {
            return Some(next);
        }
        attempts.push(next.at_ms);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn the_gap_is_what_most_events_had_at_that_place() {
        let earlier = [vec![0, 5_000, 305_000], vec![0, 6_000, 290_000], vec![0, 5_500, 400_000], vec![0]];
        let one = next(&[1_000_000], &earlier, 1_000_000).unwrap();
        assert_eq!((one.at_ms, one.from_events), (1_005_500, 3));
        let two = next(&[0, 5_000], &earlier, 6_000).unwrap();
        assert_eq!((two.at_ms, two.from_events), (305_000, 3));
        assert_eq!(two.gives_up_ms, 24 * HOUR);
        let three = next(&[0, 5_000, 305_000], &earlier, 306_000).unwrap();
        assert_eq!((three.at_ms, three.from_events), (305_000 + 1_800_000, 0), "nobody got so far: the usual one");
        assert_eq!(next(&[], &earlier, 0), None);
        assert_eq!(next(&[0], &earlier, 24 * HOUR), None, "the service has given up");
    }

    #[test]
    fn what_was_never_seen_is_expected_at_the_next_step_ahead() {
        let found = next_unseen(0, &[], 10 * 60_000).unwrap();
        // 5 s and 5 min have passed (with their spread): the next is 30 min after those.
        assert_eq!(found.at_ms, 5_000 + 300_000 + 1_800_000);
        assert_eq!(next_unseen(0, &[], 24 * HOUR), None);
    }
}
