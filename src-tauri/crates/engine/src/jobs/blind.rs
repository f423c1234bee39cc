//! When attempts of an event could not have been seen, and which of them should have come then. Pure, over what was
//! noted.

use store::TunnelState;

use super::retrying;
use crate::dto::{Blind, BlindCause, NextAttempt, Span};

/// The most stretches of time that are told.
const MOST: usize = 100;
/// The most attempts that are guessed.
const GUESSED: usize = 16;

fn stretch(from_ms: i64, to_ms: i64, cause: BlindCause, words: Option<String>) -> Blind {
    Blind { from_ms, to_ms, cause, words }
}

/// When a tunnel of ours was down, as it was noted. An address of one's own needs none of them.
pub(super) fn tunnel_down(noted: &[TunnelState], to_ms: i64) -> Vec<Blind> {
    let mut found: Vec<Blind> = Vec::new();
    for (at, one) in noted.iter().enumerate() {
        if one.state == "online" || one.provider == "own" {
            continue;
        }
        let until = noted.get(at + 1).map_or(to_ms, |next| next.at_ms);
        let words = one.detail.clone().filter(|_| one.state == "reconnecting");
        match found.last_mut().filter(|last| last.to_ms == one.at_ms) {
            Some(last) => {
                last.to_ms = until;
                last.words = last.words.take().or(words);
            }
            None => found.push(stretch(one.at_ms, until, BlindCause::TunnelDown, words)),
        }
    }
    found
}

/// When nothing could arrive within `from_ms..to_ms`, oldest first: the listener was closed, or the tunnel was `down`
/// while it was open. Where an attempt came all the same, what was noted is not the whole truth, and nothing is said.
pub(super) fn stretches(running: &[Span], down: &[Blind], (from_ms, to_ms): (i64, i64), came: &[i64]) -> Vec<Blind> {
    let closed: Vec<Blind> = running
        .chunk_by(|one, next| one.up == next.up)
        .filter_map(|together| together.first().zip(together.last()))
        .filter(|(first, _)| !first.up)
        .map(|(first, last)| stretch(first.from_ms, last.to_ms, BlindCause::NotListening, None))
        .collect();
    let mut all: Vec<Blind> = down.iter().flat_map(|one| without(one, &closed)).collect();
    all.extend(closed);
    for one in &mut all {
        (one.from_ms, one.to_ms) = (one.from_ms.max(from_ms), one.to_ms.min(to_ms));
    }
    all.retain(|one| one.from_ms < one.to_ms && !came.iter().any(|ms| is_within(one, *ms)));
    all.sort_by_key(|one| one.from_ms - one.to_ms);
    all.truncate(MOST);
    all.sort_by_key(|one| one.from_ms);
    all
}

/// The parts of a stretch that lie outside of others.
fn without(one: &Blind, others: &[Blind]) -> Vec<Blind> {
    let (mut parts, mut at) = (Vec::new(), one.from_ms);
    for other in others.iter().filter(|other| other.to_ms > one.from_ms && other.from_ms < one.to_ms) {
        if other.from_ms > at {
            parts.push(Blind { from_ms: at, to_ms: other.from_ms, ..one.clone() });
        }
        at = at.max(other.to_ms);
    }
    if at < one.to_ms {
        parts.push(Blind { from_ms: at, ..one.clone() });
    }
    parts
}

fn is_within(one: &Blind, ms: i64) -> bool {
    one.from_ms <= ms && ms < one.to_ms
}

/// Attempts that the sender should have made while nothing could arrive: between those that came, and until
/// `until_ms`. Each is a guess. Also all of them in order, those that came with those that are guessed.
pub(super) fn guess(
    came: &[i64],
    earlier: &[Vec<i64>],
    blind: &[Blind],
    until_ms: i64,
) -> (Vec<NextAttempt>, Vec<i64>) {
    let (mut unseen, mut all) = (Vec::new(), Vec::new());
    let ends = came.iter().map(|ms| (*ms, true)).chain([(until_ms, false)]);
    for (following, seen) in ends {
        // An attempt that should have come while everything was up says that the schedule is another one.
        while unseen.len() < GUESSED
            && let Some(next) = retrying::next(&all, earlier, i64::MIN)
            && next.at_ms.saturating_add(next.spread_ms) < following
            && blind.iter().any(|one| is_within(one, next.at_ms))
        {
            all.push(next.at_ms);
            unseen.push(next);
        }
        if seen {
            all.push(following);
        }
    }
    (unseen, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: i64 = 60_000;

    fn state(at_ms: i64, state: &str, detail: Option<&str>) -> TunnelState {
        TunnelState {
            at_ms,
            seen_ms: at_ms,
            provider: "ngrok".into(),
            state: state.into(),
            public: None,
            detail: detail.map(str::to_owned),
        }
    }

    fn span(from_ms: i64, to_ms: i64, up: bool) -> Span {
        Span { from_ms, to_ms, up, guessed: false, words: None }
    }

    fn shape(blind: &[Blind]) -> Vec<(i64, i64, BlindCause)> {
        blind.iter().map(|one| (one.from_ms, one.to_ms, one.cause)).collect()
    }

    #[test]
    fn a_tunnel_is_down_from_its_first_trouble_until_it_is_online_again() {
        let noted = [
            state(0, "online", None),
            state(100, "reconnecting", Some("network unreachable")),
            state(160, "failed", Some("tunnel_failed: It has ended.")),
            state(200, "starting", None),
            state(210, "online", None),
            state(500, "off", None),
        ];
        let down = tunnel_down(&noted, 900);
        assert_eq!(shape(&down), [(100, 210, BlindCause::TunnelDown), (500, 900, BlindCause::TunnelDown)]);
        assert_eq!((down[0].words.as_deref(), down[1].words.as_deref()), (Some("network unreachable"), None));
        let own = TunnelState { provider: "own".into(), ..state(0, "off", None) };
        assert_eq!(tunnel_down(&[own], 900), []);
    }

    #[test]
    fn what_was_closed_is_not_told_twice_and_what_an_arrival_contradicts_not_at_all() {
        use BlindCause::{NotListening, TunnelDown};
        let running = [span(0, 300, true), span(300, 350, false), span(350, 400, false), span(400, 900, true)];
        let down = tunnel_down(&[state(200, "reconnecting", None), state(450, "online", None)], 900);
        let all = stretches(&running, &down, (0, 900), &[0, 600]);
        assert_eq!(shape(&all), [(200, 300, TunnelDown), (300, 400, NotListening), (400, 450, TunnelDown)]);
        let some = stretches(&running, &down, (250, 330), &[260]);
        assert_eq!(shape(&some), [(300, 330, NotListening)], "one came while the tunnel was noted as down");
        assert_eq!(stretches(&[span(0, 900, false)], &[], (0, 900), &[0]), [], "nothing was noted yet");
    }

    #[test]
    fn an_attempt_is_guessed_only_where_one_was_due_and_could_not_arrive() {
        let down = |from_ms, to_ms| [stretch(from_ms, to_ms, BlindCause::TunnelDown, None)];
        let times = |unseen: &[NextAttempt]| unseen.iter().map(|one| one.at_ms).collect::<Vec<_>>();
        // 5 s, then 5 min, then 30 min: the third lies in the gap.
        let came = [0, 5_000, 5_000 + 35 * MIN];
        let (unseen, all) = guess(&came, &[], &down(4 * MIN, 7 * MIN), came[2]);
        assert_eq!(times(&unseen), [5_000 + 5 * MIN]);
        assert_eq!(all, [0, 5_000, 5_000 + 5 * MIN, 5_000 + 35 * MIN]);
        // While everything was up, none is missing.
        assert!(guess(&came, &[], &down(10 * MIN, 20 * MIN), came[2]).0.is_empty());
        // What was learnt wins over the usual schedule.
        let earlier: Vec<Vec<i64>> = std::iter::repeat_n(vec![0, 5_000, 15 * MIN], 3).collect();
        assert_eq!(times(&guess(&came, &earlier, &down(10 * MIN, 20 * MIN), came[2]).0), [15 * MIN]);
        // After the last one, as long as nothing could arrive.
        let (unseen, all) = guess(&[0], &[], &down(1_000, 60 * MIN), 50 * MIN);
        assert_eq!(times(&unseen), [5_000, 5_000 + 5 * MIN, 5_000 + 35 * MIN]);
        assert_eq!(all.len(), 4);
        assert_eq!(guess(&[], &[], &down(0, 60 * MIN), 50 * MIN), (vec![], vec![]));
    }
}
