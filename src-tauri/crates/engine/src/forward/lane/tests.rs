use super::*;

fn lane(concurrency: u32) -> (Lane, u64) {
    let rule =
        ForwardRule { project: 1, on: true, url: "http://localhost:1/".into(), concurrency, ..ForwardRule::default() };
    let lane = Lane::new(rule, 0, 0);
    lane.open(0, false);
    let opened = lane.opened();
    (lane, opened)
}

fn send(lane: &Lane, opened: u64) -> Option<(i64, u32)> {
    match lane.next(opened, Instant::now()) {
        Next::Send { id, number } => Some((id, number)),
        Next::WaitUntil(_) | Next::End => None,
    }
}

fn taken(lane: &Lane, opened: u64, id: i64) {
    lane.ended(opened, id, Ended::Settled { status: Some(200) }, None, 0);
}

fn down(lane: &Lane, opened: u64, id: i64) {
    lane.ended(opened, id, Ended::Down { why: "Nothing listens.".into(), retry_after: None }, None, 5_000);
}

#[test]
fn attempts_of_one_event_keep_their_order_and_others_go_beside_them() {
    let (lane, opened) = lane(3);
    for (id, event) in [(1, Some(9)), (2, Some(9)), (3, None), (4, Some(8)), (5, None)] {
        lane.arrived(id, event, true);
    }
    assert_eq!(send(&lane, opened), Some((1, 1)));
    assert_eq!(send(&lane, opened), Some((3, 1)), "2 waits for 1");
    assert_eq!(send(&lane, opened), Some((4, 1)));
    assert_eq!(send(&lane, opened), None, "three are under way");
    taken(&lane, opened, 3);
    assert_eq!(send(&lane, opened), Some((5, 1)), "2 still waits for 1");
    taken(&lane, opened, 1);
    assert_eq!(send(&lane, opened), Some((2, 1)));
    assert_eq!((lane.view().waiting, lane.view().accepted), (3, 2));
}

#[test]
fn a_target_that_is_down_is_tried_with_one_and_then_gets_the_rest() {
    let (lane, opened) = lane(2);
    for id in 1..=3 {
        lane.arrived(id, None, true);
    }
    assert_eq!((send(&lane, opened), send(&lane, opened)), (Some((1, 1)), Some((2, 1))));
    down(&lane, opened, 1);
    let ForwardState::Down { since_ms: 5_000, next_ms: 5_500, attempt: 2, .. } = lane.view().state else {
        panic!("{:?}", lane.view().state)
    };
    down(&lane, opened, 2);
    assert!(matches!(lane.next(opened, Instant::now()), Next::WaitUntil(Some(_))));
    let later = Instant::now() + GAPS.1;
    let Next::Send { id: 1, number: 2 } = lane.next(opened, later) else { panic!("the oldest is tried again") };
    assert!(matches!(lane.next(opened, later), Next::WaitUntil(None)), "one is enough");
    taken(&lane, opened, 1);
    assert_eq!((send(&lane, opened), send(&lane, opened)), (Some((2, 2)), Some((3, 1))));
    assert_eq!(lane.view().state, ForwardState::Sending);
}

#[test]
fn gaps_grow_to_half_a_minute_and_a_target_may_ask_for_more() {
    let (lane, opened) = lane(1);
    lane.arrived(1, None, true);
    let mut gaps = Vec::new();
    for _ in 0..9 {
        let Next::Send { id, .. } = lane.next(opened, Instant::now() + LEFT_ALONE) else { panic!("due") };
        lane.ended(opened, id, Ended::Down { why: String::new(), retry_after: None }, None, 0);
        let ForwardState::Down { next_ms, .. } = lane.view().state else { panic!("down") };
        gaps.push(next_ms);
    }
    assert_eq!(gaps, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    let Next::Send { id, .. } = lane.next(opened, Instant::now() + LEFT_ALONE) else { panic!("due") };
    let retry_after = Some(Duration::from_secs(86_400));
    lane.ended(opened, id, Ended::Down { why: String::new(), retry_after }, None, 0);
    let ForwardState::Down { next_ms: 300_000, .. } = lane.view().state else { panic!("{:?}", lane.view().state) };
    lane.retry_now();
    assert_eq!(send(&lane, opened), Some((1, 11)));
}

#[test]
fn the_mark_stays_before_what_is_not_dealt_with() {
    let (lane, opened) = lane(4);
    for id in 1..=4 {
        lane.arrived(id, None, id != 4);
    }
    assert_eq!(lane.marks(), (0, 4));
    for _ in 0..3 {
        send(&lane, opened);
    }
    taken(&lane, opened, 1);
    taken(&lane, opened, 3);
    assert_eq!(lane.marks(), (1, 4), "2 is under way; 4 was not verified and is nobody's");
    taken(&lane, opened, 2);
    assert_eq!(lane.marks(), (4, 4));
    lane.arrived(5, None, true);
    lane.put(ForwardRule { on: false, ..lane.rule() });
    lane.close();
    lane.arrived(6, None, true);
    assert_eq!(lane.marks(), (4, 5), "what came after it was switched off was not waiting");
    assert_eq!(lane.view().state, ForwardState::Off);
    assert!(matches!(lane.next(opened, Instant::now()), Next::End));
}

#[test]
fn what_was_told_twice_is_sent_once() {
    let (lane, opened) = lane(4);
    lane.open(7, false);
    let opened = opened + 1;
    lane.add([(6, None), (7, None)].into_iter());
    for id in [6, 7, 8, 8] {
        lane.arrived(id, None, true);
    }
    let all: Vec<_> = std::iter::from_fn(|| send(&lane, opened)).collect();
    assert_eq!(all, [(6, 1), (7, 1), (8, 1)]);
    assert_eq!(lane.catch_up_to(8), None);
    assert_eq!(lane.catch_up_to(12), Some(8));
}

#[test]
fn what_waits_can_be_dropped() {
    let (lane, opened) = lane(1);
    for id in 1..=3 {
        lane.arrived(id, None, true);
    }
    send(&lane, opened);
    assert_eq!(lane.drop_waiting(), 2);
    assert_eq!((lane.view().waiting, lane.view().dropped), (1, 2));
    taken(&lane, opened, 1);
    assert_eq!(lane.marks(), (3, 3));
}

#[test]
fn with_the_targets_own_answer_nothing_waits() {
    let (lane, opened) = lane(1);
    lane.put(ForwardRule { answer: ForwardAnswer::Target { timeout_ms: 1000 }, ..lane.rule() });
    lane.arrived(1, None, true);
    assert_eq!(send(&lane, opened), None);
    assert_eq!(lane.marks(), (1, 1));
}
