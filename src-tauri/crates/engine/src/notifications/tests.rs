//! What is told, when, and in which words: tables for the rules, seeds for what holds whatever happens.

use std::collections::BTreeMap;

use signature::Outcome::{Rejected, Unbound, Unchecked, Verified};

use super::desk::{DOWN_MS, Desk, Due, ENDING_MS, GATHER_MS, Out, QUIET_MS, QUIETEST_MS, UNSEEN};
use super::facts::{DownForward, Facts, HookFact, TunnelFact};
use super::words::words;
use crate::dto::{DesktopSettings, Looking, NotificationKind as Kind, NotificationPlace as Place, Unseen};

const START: i64 = 1_764_500_000_000;
const NIGHTLY: i64 = 2;
const STAGING: i64 = 3;

fn all() -> DesktopSettings {
    DesktopSettings {
        answered: true,
        rejected: true,
        webhook_disabled: true,
        tunnel_down: true,
        missed: true,
        forward_down: true,
        secret_ending: true,
        count: false,
        tray: false,
    }
}

/// A desk with a clock, looked at every second.
struct Run {
    desk: Desk,
    now_ms: i64,
    facts: Facts,
    looking: Looking,
    settings: DesktopSettings,
    next: i64,
}

impl Run {
    fn new() -> Self {
        let (facts, looking) = (Facts::default(), Looking::default());
        Self { desk: Desk::default(), now_ms: START, facts, looking, settings: all(), next: 1 }
    }

    fn arrive(&mut self, project: i64, outcomes: &[signature::Outcome]) {
        for outcome in outcomes {
            self.desk.arrived(project, self.next, *outcome, self.now_ms);
            self.next += 1;
        }
    }

    /// What is put out in so many seconds, with the second.
    fn outs(&mut self, seconds: i64) -> Vec<(i64, Out)> {
        let mut outs = Vec::new();
        for _ in 0..seconds {
            self.now_ms += 1_000;
            self.desk.look(&self.facts, self.now_ms);
            self.desk.seen(&self.looking);
            let due = self.desk.due(&self.settings, self.now_ms);
            outs.extend(due.into_iter().map(|out| ((self.now_ms - START) / 1_000, out)));
        }
        outs
    }

    /// The titles of what is shown in so many seconds.
    fn titles(&mut self, seconds: i64) -> Vec<String> {
        let outs = self.outs(seconds).into_iter();
        outs.map(|(at, out)| match out {
            Out::Show(due) => said(&due, START + at * 1_000).0,
            Out::Offer(due) => format!("? {}", said(&due, START + at * 1_000).0),
        })
        .collect()
    }

    fn hook(&mut self, disabled: bool, ending: &[(&str, i64)]) {
        let ending = ending.iter().map(|(tail, at_ms)| ((*tail).to_owned(), *at_ms)).collect();
        self.facts.webhooks = vec![HookFact { project: NIGHTLY, webhook: "a".into(), disabled, ending }];
    }
}

fn said(due: &Due, now_ms: i64) -> (String, String) {
    let name = |project| match project {
        NIGHTLY => Some("nightly".to_owned()),
        STAGING => Some("<b>staging</b>\u{202e}".to_owned()),
        _ => None,
    };
    let said = words(due, name, |ms| format!("+{} min", (ms - START) / 60_000), now_ms);
    (said.title, said.text)
}

#[test]
fn what_counts_as_rejected_after_good_ones() {
    let cases: [(&[signature::Outcome], Option<&str>); 10] = [
        (&[Verified], None),
        (&[Rejected], None),
        (&[Unchecked, Rejected], None),
        (&[Rejected, Rejected], None),
        (&[Verified, Rejected], Some("nightly: a delivery was rejected")),
        (&[Unbound, Rejected], None),
        (&[Verified, Unchecked, Unbound, Rejected], Some("nightly: a delivery was rejected")),
        (&[Rejected, Rejected, Verified, Rejected], Some("nightly: a delivery was rejected")),
        (&[Verified, Rejected, Rejected, Rejected], Some("nightly: 3 deliveries were rejected")),
        (&[Verified, Rejected, Verified, Rejected], Some("nightly: 2 deliveries were rejected")),
    ];
    for (outcomes, expected) in cases {
        let mut run = Run::new();
        run.arrive(NIGHTLY, outcomes);
        assert_eq!(run.titles(10), Vec::from_iter(expected), "{outcomes:?}");
    }
}

#[test]
fn a_good_one_of_an_earlier_run_counts_and_one_of_another_project_does_not() {
    let mut run = Run::new();
    run.desk.remember(NIGHTLY, Verified);
    run.desk.remember(NIGHTLY, Unchecked);
    run.arrive(STAGING, &[Rejected]);
    run.arrive(NIGHTLY, &[Rejected]);
    assert_eq!(run.titles(10), ["nightly: a delivery was rejected"]);
}

#[test]
fn what_was_told_is_not_told_again_until_there_was_a_good_one() {
    let mut run = Run::new();
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(4).len(), 1);
    for _ in 0..600 {
        run.arrive(NIGHTLY, &[Rejected]);
        assert!(run.titles(1).is_empty());
    }
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(10).len(), 1);
}

#[test]
fn a_flood_is_told_ever_more_rarely_and_a_quiet_time_begins_anew() {
    let mut run = Run::new();
    let (mut told, mut counted) = (Vec::new(), 0);
    for _ in 0..3_600 {
        run.arrive(NIGHTLY, &[Verified, Rejected]);
        for (at, out) in run.outs(1) {
            let Out::Show(due) = out else { panic!("{out:?}") };
            told.push(at);
            counted += due.count;
        }
    }
    assert_eq!(told, [3, 63, 183, 423, 903, 1863], "3 s after the first, then after 1, 2, 4, 8 and 16 minutes");
    assert_eq!(counted, 1863, "each is counted once");
    run.outs(10_000);
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(10).len(), 1);
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(QUIET_MS / 1_000).len(), 1, "quiet for a minute only");
}

#[test]
fn what_is_looked_at_is_not_told() {
    for (kinds, project, told) in [
        (vec![Kind::Rejected], None, 0),
        (vec![Kind::Rejected], Some(NIGHTLY), 0),
        (vec![Kind::Rejected], Some(STAGING), 1),
        (vec![Kind::Missed], None, 1),
        (vec![], None, 1),
    ] {
        let mut run = Run::new();
        run.looking = Looking { kinds: kinds.clone(), project };
        run.arrive(NIGHTLY, &[Verified, Rejected]);
        assert_eq!(run.titles(10).len(), told, "{kinds:?} of {project:?}");
        assert_eq!(run.desk.unseen().rejected, told as u32);
    }
}

#[test]
fn what_is_not_wanted_is_not_told_and_whoever_was_not_asked_yet_is_offered_it() {
    let mut run = Run::new();
    run.settings = DesktopSettings { answered: true, ..DesktopSettings::default() };
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert!(run.titles(10).is_empty());
    run.settings.rejected = true;
    assert!(run.titles(100).is_empty(), "what is over is over");
    run.settings = DesktopSettings::default();
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(10), ["? nightly: a delivery was rejected"]);
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert!(run.titles(40).is_empty(), "it is not offered all the time");
    run.settings = all();
    run.titles(10);
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(10), Vec::<String>::new(), "quiet after what waited was shown");
}

#[test]
fn an_offer_silences_nothing_that_is_wanted_after_it() {
    let mut run = Run::new();
    run.settings = DesktopSettings::default();
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(4), ["? nightly: a delivery was rejected"]);
    run.settings = all();
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.titles(4), ["nightly: a delivery was rejected"]);
}

#[test]
fn a_tunnel_is_told_of_once_it_was_lost_for_a_minute() {
    let lost = |since_ms, again| TunnelFact::Lost { since_ms, again };
    let online = TunnelFact::Online;
    // What is seen, for how many seconds; when it is told.
    for (states, expected) in [
        (vec![(online, 5), (lost(START + 5_000, true), 100)], vec![67]),
        (vec![(online, 5), (lost(START + 5_000, true), 50), (lost(START + 55_000, false), 100)], vec![67]),
        (vec![(online, 5), (lost(START + 5_000, true), 59), (online, 100)], vec![]),
        (vec![(online, 5), (lost(START + 5_000, true), 30), (TunnelFact::Off, 100)], vec![]),
        (vec![(TunnelFact::Starting, 5), (lost(START + 5_000, false), 100)], vec![]),
        (vec![(online, 5), (TunnelFact::Starting, 200)], vec![]),
        (
            vec![(online, 5), (lost(START + 5_000, true), 80), (online, 5), (lost(START + 90_000, true), 90)],
            vec![67, 152],
        ),
    ] {
        let mut run = Run::new();
        let mut told = Vec::new();
        for (state, seconds) in &states {
            run.facts.tunnel = *state;
            told.extend(run.outs(*seconds).into_iter().map(|(at, _)| at));
        }
        assert_eq!(told, expected, "{states:?}");
    }
}

#[test]
fn what_is_over_before_it_is_told_is_not_told() {
    let mut run = Run::new();
    run.facts.tunnel = TunnelFact::Online;
    run.outs(1);
    let since_ms = run.now_ms - DOWN_MS + 1_000;
    run.facts.tunnel = TunnelFact::Lost { since_ms, again: true };
    assert!(run.outs(2).is_empty(), "it has been a minute, and more of the kind is waited for");
    run.facts.tunnel = TunnelFact::Online;
    assert!(run.outs(100).is_empty());
}

#[test]
fn a_webhook_is_told_of_when_the_service_disables_it_while_it_is_watched() {
    let mut run = Run::new();
    run.hook(true, &[]);
    assert!(run.outs(10).is_empty(), "it was so at the start");
    run.hook(false, &[]);
    assert!(run.outs(10).is_empty());
    run.hook(true, &[]);
    assert_eq!(run.titles(200), ["nightly: the service disabled a webhook"]);
    run.hook(false, &[]);
    run.outs(10);
    run.hook(true, &[]);
    assert_eq!(run.titles(200).len(), 1, "once more");
}

#[test]
fn a_target_is_told_of_when_it_took_nothing_for_a_minute() {
    let mut run = Run::new();
    run.facts.forwards = vec![DownForward { project: NIGHTLY, since_ms: START, waiting: 4 }];
    let outs = run.outs(300);
    let [(at, Out::Show(due))] = outs.as_slice() else { panic!("{outs:?}") };
    assert_eq!(*at, 62);
    let (title, text) = said(due, START + at * 1_000);
    assert_eq!(title, "nightly: forwarding has been held up for 1 minute");
    assert_eq!(text, "Its target does not answer, or asks for a pause. 4 deliveries wait.");
}

#[test]
fn an_old_secret_is_told_of_an_hour_before_its_end() {
    let mut run = Run::new();
    let end = START + ENDING_MS + 10_000;
    run.hook(false, &[("a91f", end), ("long", end + 86_400_000), ("over", START - 1)]);
    let outs = run.outs(4_000);
    let [(at, Out::Show(due))] = outs.as_slice() else { panic!("{outs:?}") };
    assert_eq!(*at, 12);
    assert_eq!(said(due, run.now_ms).0, "nightly: an old secret ends at +60 min");
    assert_eq!(due.first.place, Place::Webhooks { project: NIGHTLY, webhook: "a".into() });
}

#[test]
fn each_kind_has_its_words() {
    let place = Place::Deliveries { project: NIGHTLY, delivery: 7 };
    let due = |kind, count, more, projects: &[i64], number| Due {
        kind,
        count,
        more,
        projects: projects.iter().copied().collect(),
        first: super::desk::Thing { place: place.clone(), at_ms: START, number },
    };
    let now = START + 3 * DOWN_MS;
    for (due, title, text) in [
        (due(Kind::Rejected, 1, false, &[9], 1), "A delivery was rejected", "An earlier delivery had been verified."),
        (
            due(Kind::Rejected, 3, true, &[NIGHTLY], 1),
            "nightly: at least 3 deliveries were rejected",
            "The list has all of them.",
        ),
        (
            due(Kind::Rejected, 5, false, &[NIGHTLY, STAGING], 1),
            "5 deliveries were rejected",
            "In 2 projects. An earlier delivery had been verified.",
        ),
        (
            due(Kind::Missed, 1, false, &[STAGING], 1),
            "<b>staging</b>\\u{202e}: a job ended without an event that counts",
            "Operations shows what is known about the cause.",
        ),
        (
            due(Kind::TunnelDown, 1, false, &[], 1),
            "The tunnel has been down for 3 minutes",
            "Nothing arrives through it until it is back.",
        ),
        (
            due(Kind::TunnelDown, 1, false, &[], 0),
            "The tunnel has been down for 3 minutes",
            "It does not try again by itself. Nothing arrives through it until it is started again.",
        ),
        (
            due(Kind::ForwardDown, 2, false, &[NIGHTLY, STAGING], 1),
            "2 forwards are held up, the first for 3 minutes",
            "In 2 projects. Their targets do not answer, or ask for a pause.",
        ),
        (
            due(Kind::SecretEnding, 2, false, &[NIGHTLY], 1),
            "nightly: 2 old secrets end, the first at +0 min",
            "Where nothing newer is known, deliveries cannot be verified from then on.",
        ),
    ] {
        assert_eq!(said(&due, now), (title.to_owned(), text.to_owned()));
        assert!(!said(&due, now).1.contains(['<', '&']), "a text may be read as markup");
    }
}

#[test]
fn unseen_ones_are_counted_until_they_are_looked_at_or_no_longer_rejected() {
    let mut desk = Desk::default();
    for id in 1..=5 {
        desk.arrived(if id < 4 { NIGHTLY } else { STAGING }, id, Rejected, START);
    }
    desk.arrived(NIGHTLY, 6, Verified, START);
    assert_eq!(desk.unseen(), Unseen { rejected: 5, more: false });
    assert_eq!(desk.unseen_of(&[2, 6, 7]), [2]);
    desk.no_longer(&[2]);
    desk.removed(&[(5, 9)]);
    assert_eq!(desk.unseen().rejected, 3);
    desk.not_heard();
    assert_eq!(desk.unseen(), Unseen { rejected: 3, more: true });
    desk.seen(&Looking { kinds: vec![Kind::Rejected], project: Some(STAGING) });
    assert_eq!(desk.unseen(), Unseen { rejected: 2, more: true });
    desk.seen(&Looking { kinds: vec![Kind::Rejected], project: None });
    assert_eq!(desk.unseen(), Unseen::default());
    for id in 10..2_000 {
        desk.arrived(NIGHTLY, id, Rejected, START);
    }
    assert_eq!(desk.unseen(), Unseen { rejected: UNSEEN as u32, more: true });
}

#[test]
fn what_was_not_heard_makes_the_count_a_lower_bound() {
    let mut run = Run::new();
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    run.desk.not_heard();
    run.arrive(NIGHTLY, &[Rejected]);
    assert_eq!(run.titles(10), ["nightly: at least 2 deliveries were rejected"]);
    run.outs(200);
    run.arrive(NIGHTLY, &[Verified]);
    run.desk.not_heard();
    run.arrive(NIGHTLY, &[Rejected]);
    assert_eq!(run.titles(10), ["nightly: at least 1 delivery was rejected"]);
}

#[test]
fn a_clock_that_is_set_back_silences_nothing_for_long() {
    let mut run = Run::new();
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.outs(5).len(), 1);
    run.now_ms -= 7 * 86_400_000;
    run.arrive(NIGHTLY, &[Verified, Rejected]);
    assert_eq!(run.outs(2 * QUIET_MS / 1_000).len(), 1);
}

/// The numbers of a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn whatever_happens_a_kind_is_told_at_most_once_a_minute_and_only_what_is_so() {
    for seed in 1..=100 {
        let mut random = Random(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15));
        let mut run = Run::new();
        let mut last: BTreeMap<Kind, i64> = BTreeMap::new();
        let (mut rejected, mut told) = (0, 0);
        for _ in 0..1_500 {
            for _ in 0..random.below(4) {
                let outcome = [Verified, Rejected, Unchecked][random.below(3) as usize];
                rejected += u64::from(outcome == Rejected);
                run.arrive([NIGHTLY, STAGING][random.below(2) as usize], &[outcome]);
            }
            match random.below(40) {
                0 => run.facts.tunnel = TunnelFact::Online,
                1 => run.facts.tunnel = TunnelFact::Lost { since_ms: run.now_ms, again: true },
                2 => run.facts.forwards = vec![DownForward { project: NIGHTLY, since_ms: run.now_ms, waiting: 1 }],
                3 => run.facts.forwards.clear(),
                4 => run.hook(true, &[]),
                5 => run.hook(false, &[("a91f", run.now_ms + ENDING_MS)]),
                6 => run.desk.missed(STAGING, "batches/a".into(), run.now_ms),
                7 => run.looking.kinds = Kind::ALL.into_iter().filter(|_| random.below(2) == 0).collect(),
                8 => run.looking = Looking::default(),
                9 => run.desk.not_heard(),
                _ => {}
            }
            for (_, out) in run.outs(1) {
                let Out::Show(due) = out else { panic!("seed {seed}: {out:?}") };
                let before = last.insert(due.kind, run.now_ms);
                assert!(before.is_none_or(|at| run.now_ms - at >= QUIET_MS), "seed {seed}: {:?} too soon", due.kind);
                assert!(
                    due.count > 0 && !run.looking.covers(due.kind, due.first.place.project()),
                    "seed {seed}: {due:?}"
                );
                match due.kind {
                    Kind::TunnelDown => assert!(matches!(run.facts.tunnel, TunnelFact::Lost { .. }), "seed {seed}"),
                    Kind::ForwardDown => assert!(run.now_ms - due.first.at_ms >= DOWN_MS, "seed {seed}"),
                    Kind::WebhookDisabled => assert!(run.facts.webhooks[0].disabled, "seed {seed}"),
                    Kind::Rejected => told += due.count,
                    Kind::Missed | Kind::SecretEnding => {}
                }
            }
        }
        assert!(told <= rejected, "seed {seed}: {told} of {rejected}");
        // What waits is told in the end.
        run.looking = Looking::default();
        run.outs((QUIETEST_MS + 2 * GATHER_MS) / 1_000);
        assert!(run.outs(1_000).iter().all(|(_, out)| !matches!(out, Out::Show(due) if due.kind == Kind::Rejected)));
    }
}
