//! What the simulations found, one by one.

use std::sync::Arc;
use std::time::Duration;

use outbound::forward::{Answer, Ended, Found, Lane, Marks, Next, Rule};
use signature::Outcome;
use tokio::time::{Instant, advance};

/// A lane that is on, and the number of its run.
fn lane(answer: Answer) -> (Arc<Lane<()>>, u64) {
    let rule = Rule { project: 1, on: true, url: "http://localhost:1/".to_owned(), answer, ..Rule::default() };
    let lane = Arc::new(Lane::new(Rule { on: false, ..rule.clone() }, Marks::default()));
    lane.begin(rule, 0);
    lane.filled([]);
    let opened = lane.opened();
    (lane, opened)
}

fn arrive(lane: &Lane<()>, ids: &[i64]) {
    for id in ids {
        lane.arrived(*id, None, Outcome::Verified, false, Instant::now());
    }
}

fn found(ids: &[i64]) -> Vec<Found> {
    ids.iter().map(|id| Found { id: *id, event: None, outcome: Outcome::Verified }).collect()
}

/// Everything that can be sent now.
fn sent(lane: &Lane<()>) -> Vec<i64> {
    let next = || match lane.next(lane.opened(), Instant::now()) {
        Next::Send { id, .. } => Some(id),
        Next::WaitUntil(_) | Next::End => None,
    };
    std::iter::from_fn(next).collect()
}

fn settled(lane: &Lane<()>, id: i64) {
    lane.ended(id, Ended::Settled { status: Some(200) }, None, Instant::now(), 0);
}

fn off_and_on(lane: &Lane<()>, last: i64) {
    let on = lane.rule();
    lane.close(Rule { on: false, ..on.clone() }, last);
    lane.begin(on, last);
}

/// Otherwise the next start would find what is behind the mark, and send what was left out here.
#[tokio::test(start_paused = true)]
async fn what_goes_on_from_an_earlier_run_does_not_hold_the_mark() {
    let (lane, _) = lane(Answer::AtOnce);
    arrive(&lane, &[1]);
    assert_eq!(sent(&lane), [1]);
    arrive(&lane, &[2]);
    off_and_on(&lane, 2);
    lane.filled([]);
    assert_eq!(lane.marks().reached, 2, "only what comes from now on");
    off_and_on(&lane, 2);
    lane.filled(found(&[1]));
    assert_eq!(lane.marks().reached, 0, "asked for again, it does");
}

#[tokio::test(start_paused = true)]
async fn a_flood_while_the_history_is_looked_through_loses_nothing() {
    let (lane, _) = lane(Answer::AtOnce);
    off_and_on(&lane, 5);
    assert_eq!(lane.catch_up_from(9), Some(5));
    lane.caught_up(9, found(&[7, 9]));
    assert!(sent(&lane).is_empty(), "not before all is found");
    lane.filled(found(&[3]));
    assert_eq!(sent(&lane), [3, 7, 9]);
}

#[tokio::test(start_paused = true)]
async fn what_is_settled_while_the_history_is_looked_through_is_not_sent_again() {
    let (lane, _) = lane(Answer::AtOnce);
    arrive(&lane, &[1, 2]);
    assert_eq!(sent(&lane), [1, 2]);
    off_and_on(&lane, 2);
    // Both were found before one of them was settled.
    settled(&lane, 1);
    lane.filled(found(&[1, 2]));
    assert!(sent(&lane).is_empty());
    assert_eq!(lane.view().waiting, 1, "2 is under way");
}

#[tokio::test(start_paused = true)]
async fn what_was_read_for_an_earlier_run_is_nothing_to_the_present_one() {
    let (lane, _) = lane(Answer::AtOnce);
    assert_eq!(lane.catch_up_from(4), Some(0));
    off_and_on(&lane, 4);
    lane.caught_up(4, found(&[3, 4]));
    lane.filled([]);
    assert!(sent(&lane).is_empty(), "only what comes from now on");
}

#[tokio::test(start_paused = true)]
async fn what_was_dropped_under_way_and_is_asked_for_again_is_tried_again() {
    let (lane, _) = lane(Answer::AtOnce);
    arrive(&lane, &[1]);
    assert_eq!(sent(&lane), [1]);
    lane.drop_waiting();
    off_and_on(&lane, 1);
    lane.ask_again();
    lane.filled(found(&[1]));
    lane.ended(1, Ended::Down { why: "Nothing listens.".to_owned() }, None, Instant::now(), 0);
    advance(Duration::from_secs(1)).await;
    assert_eq!(sent(&lane), [1]);
}

/// The history may be read between a delivery's commit and the word of whoever answers it.
#[tokio::test(start_paused = true)]
async fn what_is_found_before_somebody_says_who_answers_it_is_sent_once() {
    let (lane, _) = lane(Answer::Target { timeout_ms: 1000 });
    assert_eq!(lane.catch_up_from(1), Some(0));
    lane.caught_up(1, found(&[1]));
    let turn = lane.claim(1, None, Outcome::Verified).expect("it waits, and is not under way");
    assert!(sent(&lane).is_empty(), "its sender gets the answer");
    drop(turn);

    assert_eq!(lane.catch_up_from(2), Some(1));
    lane.caught_up(2, found(&[2]));
    assert_eq!(sent(&lane), [2]);
    assert!(lane.claim(2, None, Outcome::Verified).is_none(), "it is under way");
    lane.offer(2, None, Outcome::Verified);
    settled(&lane, 2);

    // Somebody was quicker than the news of it, and had no answer for its sender.
    drop(lane.claim(3, None, Outcome::Verified).expect("a turn"));
    assert_eq!(lane.catch_up_from(3), Some(2));
    lane.caught_up(3, found(&[3]));
    assert!(sent(&lane).is_empty(), "its sender tries again");
    assert_eq!(lane.marks().reached, 3);
}

/// As the engine does it: what was not settled between the two marks is asked for.
#[tokio::test(start_paused = true)]
#[ignore = "the marks cannot tell what arrived while it was off from what was waiting before and after"]
async fn what_arrives_while_it_is_off_is_not_sent_with_what_was_waiting() {
    let (lane, _) = lane(Answer::AtOnce);
    arrive(&lane, &[1]);
    // 2 arrives while it is off. Then 1 is asked for, but has not been sent when it is switched off once more.
    let on = lane.rule();
    lane.close(Rule { on: false, ..on.clone() }, 1);
    lane.begin(on.clone(), 2);
    lane.filled(found(&[1]));
    arrive(&lane, &[3]);
    lane.close(Rule { on: false, ..on.clone() }, 3);
    let between = (lane.marks().reached, lane.marks().off_at);
    assert_eq!(between, (0, 3));
    lane.begin(on, 3);
    lane.filled(found(&[1, 2, 3]));
    assert_eq!(sent(&lane), [1, 3]);
}
