use std::sync::Arc;
use std::time::Duration;

use signature::Outcome;
use tokio::time::{Instant, advance};

use super::back_off::{GAPS, LEFT_ALONE, gap};
use super::queue::UNANSWERED;
use super::*;

/// What is shown of a sent request does not matter here.
type Lane = super::Lane<()>;

fn lane(concurrency: u32) -> (Arc<Lane>, u64) {
    let rule = Rule { project: 1, on: true, url: "http://localhost:1/".into(), concurrency, ..Rule::default() };
    let lane = Arc::new(Lane::new(Rule { on: false, ..rule.clone() }, Marks::default()));
    lane.begin(rule, 0);
    lane.filled([]);
    let opened = lane.opened();
    (lane, opened)
}

fn arrive(lane: &Lane, all: &[(i64, Option<i64>)]) {
    for (id, event) in all {
        lane.arrived(*id, *event, Outcome::Verified, false, Instant::now());
    }
}

fn send(lane: &Lane, opened: u64) -> Option<(i64, u32)> {
    match lane.next(opened, Instant::now()) {
        Next::Send { id, number } => Some((id, number)),
        Next::WaitUntil(_) | Next::End => None,
    }
}

fn taken(lane: &Lane, id: i64) {
    lane.ended(id, Ended::Settled { status: Some(200) }, None, Instant::now(), 0);
}

fn down(lane: &Lane, id: i64) {
    lane.ended(id, Ended::Down { why: "Nothing listens.".into() }, None, Instant::now(), 5_000);
}

fn later(lane: &Lane, id: i64) {
    lane.ended(id, Ended::Later { why: "It answered 503.".into(), retry_after: None }, None, Instant::now(), 5_000);
}

fn found(ids: &[i64]) -> Vec<Found> {
    ids.iter().map(|id| Found { id: *id, event: None, outcome: Outcome::Verified }).collect()
}

#[tokio::test(start_paused = true)]
async fn attempts_of_one_event_keep_their_order_and_others_go_beside_them() {
    let (lane, opened) = lane(3);
    arrive(&lane, &[(1, Some(9)), (2, Some(9)), (3, None), (4, Some(8)), (5, None)]);
    assert_eq!(send(&lane, opened), Some((1, 1)));
    assert_eq!(send(&lane, opened), Some((3, 1)), "2 waits for 1");
    assert_eq!(send(&lane, opened), Some((4, 1)));
    assert_eq!(send(&lane, opened), None, "three are under way");
    taken(&lane, 3);
    assert_eq!(send(&lane, opened), Some((5, 1)), "2 still waits for 1");
    taken(&lane, 1);
    assert_eq!(send(&lane, opened), Some((2, 1)));
    assert_eq!((lane.view().waiting, lane.view().accepted), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_down_is_tried_with_one_and_then_gets_the_rest() {
    let (lane, opened) = lane(2);
    arrive(&lane, &[(1, None), (2, None), (3, None)]);
    assert_eq!((send(&lane, opened), send(&lane, opened)), (Some((1, 1)), Some((2, 1))));
    down(&lane, 1);
    let State::Down { since_ms: 5_000, next_ms: 5_500, attempt: 2, .. } = lane.view().state else {
        panic!("{:?}", lane.view().state)
    };
    down(&lane, 2);
    let next = Instant::now() + 2 * GAPS.0;
    assert_eq!(lane.next(opened, Instant::now()), Next::WaitUntil(Some(next)), "the second gap");
    advance(GAPS.1).await;
    assert_eq!(send(&lane, opened), Some((3, 1)), "one that was not tried yet");
    assert_eq!(lane.next(opened, Instant::now()), Next::WaitUntil(None), "one is enough");
    taken(&lane, 3);
    assert_eq!((send(&lane, opened), send(&lane, opened)), (Some((1, 2)), Some((2, 2))));
    assert_eq!(lane.view().state, State::Sending);
}

#[tokio::test(start_paused = true)]
async fn one_delivery_that_is_refused_for_now_does_not_hold_up_the_others() {
    let (lane, opened) = lane(1);
    arrive(&lane, &[(1, Some(7)), (2, Some(7)), (3, None), (4, None)]);
    assert_eq!(send(&lane, opened), Some((1, 1)));
    later(&lane, 1);
    assert_eq!(lane.view().state, State::Sending, "the target is not down");
    assert_eq!(send(&lane, opened), Some((3, 1)), "2 is of the same event as 1");
    taken(&lane, 3);
    assert_eq!(send(&lane, opened), Some((4, 1)));
    taken(&lane, 4);
    let due = Instant::now() + GAPS.0;
    assert_eq!(lane.next(opened, Instant::now()), Next::WaitUntil(Some(due)), "1 is due later");
    advance(GAPS.0).await;
    assert_eq!(send(&lane, opened), Some((1, 2)));
    // Many of them in a row are a different matter.
    arrive(&lane, &[(5, None), (6, None), (7, None)]);
    taken(&lane, 1);
    for id in [2, 5, 6] {
        assert_eq!(send(&lane, opened).map(|(id, _)| id), Some(id));
        later(&lane, id);
    }
    assert!(matches!(lane.view().state, State::Down { .. }));
}

#[tokio::test(start_paused = true)]
async fn gaps_grow_to_half_a_minute_and_a_target_may_ask_for_more() {
    let (lane, opened) = lane(1);
    arrive(&lane, &[(1, None)]);
    let mut gaps = Vec::new();
    for _ in 0..9 {
        advance(GAPS.1).await;
        let (id, _) = send(&lane, opened).unwrap();
        lane.ended(id, Ended::Down { why: String::new() }, None, Instant::now(), 0);
        let State::Down { next_ms, .. } = lane.view().state else { panic!("down") };
        gaps.push(next_ms);
    }
    assert_eq!(gaps, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    let of_one: Vec<_> = (1..=9).map(|tries| gap(tries, None).as_millis() as i64).collect();
    assert_eq!(of_one, gaps, "the same for one delivery that is refused for now");
    lane.retry_now(Instant::now());
    assert_eq!(send(&lane, opened), Some((1, 10)));
    let retry_after = Some(Duration::from_secs(86_400));
    lane.ended(1, Ended::Later { why: String::new(), retry_after }, None, Instant::now(), 0);
    let until = Instant::now() + LEFT_ALONE;
    assert_eq!(lane.next(opened, Instant::now()), Next::WaitUntil(Some(until)), "it is left alone, and not for a day");
}

#[tokio::test(start_paused = true)]
async fn the_mark_stays_before_what_is_not_dealt_with() {
    let (lane, opened) = lane(4);
    for id in 1..=4 {
        let outcome = if id == 4 { Outcome::Rejected } else { Outcome::Verified };
        lane.arrived(id, None, outcome, false, Instant::now());
    }
    assert_eq!(lane.marks().reached, 0);
    for _ in 0..3 {
        send(&lane, opened);
    }
    taken(&lane, 1);
    taken(&lane, 3);
    assert_eq!(lane.marks().reached, 1, "2 is under way; 4 was not verified and is nobody's");
    taken(&lane, 2);
    assert_eq!(lane.marks().reached, 4);
    lane.arrived(5, None, Outcome::Verified, false, Instant::now());
    lane.close(Rule { on: false, ..lane.rule() }, 6);
    lane.arrived(6, None, Outcome::Verified, false, Instant::now());
    lane.arrived(7, None, Outcome::Verified, false, Instant::now());
    let expected = Marks { reached: 4, off_at: 6, dropped_to: 0 };
    assert_eq!(lane.marks(), expected, "6 was stored before it was switched off and told later; 7 came after it");
    assert_eq!(lane.view().state, State::Off);
    assert_eq!(lane.next(opened, Instant::now()), Next::End);
}

#[tokio::test(start_paused = true)]
async fn what_was_told_twice_is_sent_once_and_nothing_before_the_history_was_looked_through() {
    let (lane, _) = lane(4);
    lane.begin(lane.rule(), 7);
    let opened = lane.opened();
    lane.arrived(8, None, Outcome::Verified, false, Instant::now());
    assert_eq!(send(&lane, opened), None);
    lane.filled(found(&[6, 7]));
    for id in [6, 7, 8, 8] {
        lane.arrived(id, None, Outcome::Verified, false, Instant::now());
    }
    let all: Vec<_> = std::iter::from_fn(|| send(&lane, opened)).collect();
    assert_eq!(all, [(6, 1), (7, 1), (8, 1)]);
    assert_eq!(lane.catch_up_from(8), None);
    assert_eq!(lane.catch_up_from(12), Some(8));
    lane.caught_up(12, found(&[8, 10]));
    assert_eq!(send(&lane, opened), Some((10, 1)), "8 is under way");
}

#[tokio::test(start_paused = true)]
async fn what_waits_can_be_dropped_and_does_not_come_back() {
    let (lane, opened) = lane(1);
    arrive(&lane, &[(1, None), (2, None), (3, None)]);
    send(&lane, opened);
    assert_eq!(lane.drop_waiting(), 2);
    assert_eq!((lane.view().waiting, lane.view().dropped), (1, 2));
    down(&lane, 1);
    assert_eq!((lane.view().waiting, lane.view().dropped), (0, 3), "it is not tried again");
    assert_eq!(lane.marks(), Marks { reached: 3, off_at: 0, dropped_to: 3 });
    // As at the next start, from a mark that was stored before.
    lane.filled(found(&[1, 2, 3, 4]));
    assert_eq!(send(&lane, opened), Some((4, 1)));
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_while_it_is_switched_off_and_on_is_not_lost() {
    let (lane, opened) = lane(2);
    arrive(&lane, &[(1, None), (2, None)]);
    send(&lane, opened);
    send(&lane, opened);
    let on = lane.rule();
    lane.close(Rule { on: false, ..on.clone() }, 0);
    assert_eq!(lane.marks().reached, 0);
    lane.begin(on, 2);
    lane.filled(found(&[1]));
    down(&lane, 1);
    down(&lane, 2);
    assert_eq!(lane.view().waiting, 1, "1 was asked for, 2 was not");
}

#[tokio::test(start_paused = true)]
async fn only_verified_ones_go_on_waiting_where_the_rule_says_so() {
    let (lane, opened) = lane(1);
    lane.put(Rule { which: Which::All, ..lane.rule() }, Instant::now());
    lane.arrived(1, None, Outcome::Rejected, false, Instant::now());
    lane.arrived(2, None, Outcome::Verified, false, Instant::now());
    lane.arrived(3, None, Outcome::Unbound, false, Instant::now());
    lane.arrived(4, None, Outcome::Unchecked, false, Instant::now());
    lane.put(Rule { which: Which::Genuine, ..lane.rule() }, Instant::now());
    assert_eq!(lane.view().waiting, 2);
    lane.put(Rule { which: Which::Verified, ..lane.rule() }, Instant::now());
    assert_eq!(send(&lane, opened), Some((2, 1)));
    taken(&lane, 2);
    assert_eq!(send(&lane, opened), None);
    lane.arrived(5, None, Outcome::Unbound, false, Instant::now());
    assert_eq!(send(&lane, opened), None, "its token does not cover the body");
    lane.put(Rule { which: Which::Genuine, ..lane.rule() }, Instant::now());
    lane.arrived(6, None, Outcome::Unbound, false, Instant::now());
    assert_eq!(send(&lane, opened), Some((6, 1)));
}

#[tokio::test(start_paused = true)]
async fn the_targets_own_answers_keep_order_and_number() {
    let (lane, opened) = lane(2);
    lane.put(Rule { answer: Answer::Target { timeout_ms: 1000 }, ..lane.rule() }, Instant::now());
    // In either order: the news of it, or whoever answers it.
    let one = lane.claim(1, Some(9), Outcome::Verified).unwrap();
    lane.arrived(1, Some(9), Outcome::Verified, true, Instant::now());
    lane.arrived(2, Some(9), Outcome::Verified, true, Instant::now());
    assert_eq!(lane.marks().reached, 0);
    let two = lane.claim(2, Some(9), Outcome::Verified).unwrap();
    let three = lane.claim(3, None, Outcome::Verified).unwrap();
    let four = lane.claim(4, None, Outcome::Verified).unwrap();
    assert_eq!(send(&lane, opened), None, "nothing waits");
    one.come().await;
    three.come().await;
    let soon = Duration::from_millis(20);
    assert!(tokio::time::timeout(soon, two.come()).await.is_err(), "it is of the same event as 1");
    assert!(tokio::time::timeout(soon, four.come()).await.is_err(), "two are under way");
    drop(one);
    two.come().await;
    drop((two, three, four));
    assert!(lane.claim(5, None, Outcome::Rejected).is_none(), "it was not verified");
    // A rule of the fault lab answered: the target gets it all the same.
    lane.arrived(6, None, Outcome::Verified, true, Instant::now());
    lane.offer(6, None, Outcome::Verified);
    assert_eq!(send(&lane, opened), Some((6, 1)));
    // It was not open: its body was incomplete, or the rule was different when it arrived.
    lane.arrived(7, None, Outcome::Verified, false, Instant::now());
    assert_eq!(send(&lane, opened), Some((7, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_fails_leaves_it_as_it_was() {
    let (lane, _) = lane(1);
    let on = lane.rule();
    lane.close(Rule { on: false, ..on.clone() }, 0);
    let (before, rule) = (lane.marks(), lane.rule());
    let undo = lane.begin(on, 9);
    lane.undo(undo);
    assert_eq!((lane.marks(), lane.rule()), (before, rule));
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_nobody_answers_any_more_waits_like_the_others() {
    let (lane, opened) = lane(1);
    lane.arrived(1, None, Outcome::Verified, true, Instant::now());
    lane.adopt(Instant::now());
    assert_eq!((send(&lane, opened), lane.marks().reached), (None, 0));
    advance(UNANSWERED).await;
    lane.adopt(Instant::now());
    assert_eq!(send(&lane, opened), Some((1, 1)));
    taken(&lane, 1);
    assert_eq!(lane.marks().reached, 1);
}
