//! What was up and what was down, and when. Pure, over what was noted.

use store::{GONE, TunnelState, Uptime, WebhookSeen};

use crate::dto::Span;

/// How long after its last sign of life something may still have been up: twice the beat.
const SILENCE_MS: i64 = 25_000;

/// Stretches of time, from what was noted: without gaps, from `from_ms` to `to_ms`.
fn fill(mut spans: Vec<Span>, from_ms: i64, to_ms: i64, gap: impl Fn(i64, i64) -> Span) -> Vec<Span> {
    spans.retain(|span| span.to_ms > from_ms && span.from_ms < to_ms && span.to_ms > span.from_ms);
    spans.sort_by_key(|span| span.from_ms);
    let (mut filled, mut at) = (Vec::new(), from_ms);
    for mut span in spans {
        span.from_ms = span.from_ms.max(at);
        span.to_ms = span.to_ms.min(to_ms);
        if span.to_ms <= span.from_ms {
            continue;
        }
        if span.from_ms > at {
            filled.push(gap(at, span.from_ms));
        }
        at = span.to_ms;
        filled.push(span);
    }
    if at < to_ms {
        filled.push(gap(at, to_ms));
    }
    filled
}

fn up(from_ms: i64, to_ms: i64) -> Span {
    Span { from_ms, to_ms, up: true, guessed: false, words: None }
}

/// When the listener was open.
pub(super) fn running(noted: &[Uptime], from_ms: i64, to_ms: i64) -> Vec<Span> {
    let spans = noted.iter().map(|one| {
        // A process that was ended hard was up a little longer than it could note.
        let until = if one.ended { one.seen_ms } else { one.seen_ms.saturating_add(SILENCE_MS) };
        up(one.from_ms, until)
    });
    let gap = |from_ms, to_ms| Span { from_ms, to_ms, up: false, guessed: false, words: None };
    fill(spans.collect(), from_ms, to_ms, gap)
}

/// When the tunnel was up. Empty where none was used.
pub(super) fn tunnel(noted: &[TunnelState], from_ms: i64, to_ms: i64) -> Vec<Span> {
    if !noted.iter().any(|one| one.state != "off") {
        return Vec::new();
    }
    let mut spans = Vec::new();
    for (at, one) in noted.iter().enumerate() {
        let next = noted.get(at + 1).map(|next| next.at_ms);
        let until = next.unwrap_or_else(|| one.seen_ms.saturating_add(SILENCE_MS).min(to_ms));
        // A process that ended without a word: what it noted holds until then.
        let held = one.seen_ms.saturating_add(SILENCE_MS).max(one.at_ms);
        let until = if next.is_some() && one.state == "online" && held < until && one.seen_ms > one.at_ms {
            held
        } else {
            until
        };
        let words = (one.state != "online").then(|| one.detail.clone().unwrap_or_else(|| one.state.clone()));
        spans.push(Span { from_ms: one.at_ms, to_ms: until, up: one.state == "online", guessed: false, words });
    }
    let gap = |from_ms, to_ms| Span {
        from_ms,
        to_ms,
        up: false,
        guessed: false,
        words: Some("Pollux was not running".to_owned()),
    };
    fill(spans, from_ms, to_ms, gap)
}

/// When a webhook was enabled. What lies between two looks at the same state is taken to be so; before the first look it
/// is a guess.
pub(super) fn webhook(noted: &[&WebhookSeen], from_ms: i64, to_ms: i64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (at, one) in noted.iter().enumerate() {
        let until = noted.get(at + 1).map_or(to_ms, |next| next.at_ms);
        let enabled = one.state == "enabled";
        let words = match one.state.as_str() {
            "enabled" => None,
            GONE => Some("no longer listed".to_owned()),
            "disabled_due_to_failed_deliveries" => Some("disabled by the service after failed deliveries".to_owned()),
            state => Some(state.to_owned()),
        };
        // Nobody looked between the last look at this state and the first at the next.
        let seen = if at + 1 < noted.len() { one.seen_ms.max(one.at_ms) } else { until };
        spans.push(Span { from_ms: one.at_ms, to_ms: seen, up: enabled, guessed: false, words: words.clone() });
        spans.push(Span { from_ms: seen, to_ms: until, up: enabled, guessed: true, words });
    }
    let first = noted.first().copied();
    let gap = |from_ms, to_ms| Span {
        from_ms,
        to_ms,
        up: first.is_none_or(|first| first.state == "enabled"),
        guessed: true,
        words: Some("not looked at then".to_owned()),
    };
    fill(spans, from_ms, to_ms, gap)
}

/// The stretch that holds a moment.
pub(super) fn at(spans: &[Span], ms: i64) -> Option<&Span> {
    spans.iter().find(|span| span.from_ms <= ms && ms < span.to_ms)
}

/// The whole stretch of time around a moment in which it was down, over neighbours that are down, too.
pub(super) fn down_around(spans: &[Span], ms: i64) -> Option<(i64, i64, Option<String>)> {
    let here = spans.iter().position(|span| span.from_ms <= ms && ms < span.to_ms && !span.up)?;
    let words = spans.get(here)?.words.clone();
    let first =
        spans[..here].iter().rev().take_while(|span| !span.up).last().map_or(spans[here].from_ms, |s| s.from_ms);
    let last = spans[here..].iter().take_while(|span| !span.up).last().map_or(spans[here].to_ms, |s| s.to_ms);
    Some((first, last, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(spans: &[Span]) -> Vec<(i64, i64, bool)> {
        spans.iter().map(|span| (span.from_ms, span.to_ms, span.up)).collect()
    }

    #[test]
    fn the_listener_was_up_until_its_last_sign_and_a_little_longer_if_it_was_ended_hard() {
        let one = |from_ms, seen_ms, ended| Uptime { id: 1, from_ms, seen_ms, ended };
        let noted = [one(100_000, 200_000, true), one(300_000, 400_000, false)];
        let expected = [
            (50_000, 100_000, false),
            (100_000, 200_000, true),
            (200_000, 300_000, false),
            (300_000, 425_000, true),
            (425_000, 500_000, false),
        ];
        assert_eq!(shape(&running(&noted, 50_000, 500_000)), expected);
        assert_eq!(shape(&running(&[], 0, 10)), [(0, 10, false)]);
        assert_eq!(shape(&running(&[one(0, 90, true), one(50, 100, true)], 10, 60)), [(10, 60, true)]);
    }

    #[test]
    fn a_tunnel_is_down_while_it_reconnects_and_while_nothing_ran() {
        let one = |at_ms, seen_ms, state: &str, detail: Option<&str>| TunnelState {
            at_ms,
            seen_ms,
            provider: "ngrok".into(),
            state: state.into(),
            public: None,
            detail: detail.map(str::to_owned),
        };
        let noted = [
            one(0, 90_000, "online", None),
            one(100_000, 100_000, "reconnecting", Some("network unreachable")),
            one(160_000, 160_000, "online", None),
        ];
        let spans = tunnel(&noted, 50_000, 180_000);
        assert_eq!(shape(&spans), [(50_000, 100_000, true), (100_000, 160_000, false), (160_000, 180_000, true)]);
        let down = down_around(&spans, 120_000).unwrap();
        assert_eq!(down, (100_000, 160_000, Some("network unreachable".into())));
        assert_eq!(down_around(&spans, 60_000), None);
        assert_eq!(tunnel(&[one(0, 0, "off", None)], 0, 10), []);
    }

    #[test]
    fn a_webhook_is_what_it_was_last_seen_as_and_a_guess_before_it_was_seen() {
        let one = |at_ms, seen_ms, state: &str| WebhookSeen {
            project: 1,
            webhook: "w".into(),
            at_ms,
            seen_ms,
            name: None,
            uri: "https://a".into(),
            events: vec![],
            state: state.into(),
        };
        let (first, second) = (one(100, 150, "enabled"), one(200, 300, "disabled"));
        let spans = webhook(&[&first, &second], 50, 400);
        assert_eq!(shape(&spans), [(50, 100, true), (100, 150, true), (150, 200, true), (200, 400, false)]);
        assert_eq!(spans.iter().map(|span| span.guessed).collect::<Vec<_>>(), [true, false, true, false]);
        assert!(!at(&spans, 250).unwrap().up);
    }
}
