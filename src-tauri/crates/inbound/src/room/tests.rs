#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

const MIB: usize = 1024 * 1024;
const STEP: usize = 256 * 1024;

fn at(start: Instant, ms: u64) -> Instant {
    start + Duration::from_millis(ms)
}

fn ask(state: &mut State, id: &mut u64, len: usize, now: Instant) -> Result<bool, Denied> {
    if len > PROVEN {
        *id = state.prove(*id);
    }
    let answer = state.ask(*id, len, now);
    let held: usize = state.uploads.values().map(|upload| upload.held).sum();
    assert_eq!(state.free + held, state.bytes, "nothing is lost and nothing is given twice");
    assert_eq!(state.waiting, state.uploads.values().filter(|upload| upload.wants.is_some()).count());
    answer
}

/// An upload of a simulation.
struct Sim {
    id: u64,
    len: usize,
    came: usize,
    waits: bool,
}

/// All send at the same speed and take equally long to be stored. Returns the lengths of those that ended, in that
/// order.
fn all_at_once(bytes: usize, lengths: &[(usize, &str)]) -> Vec<usize> {
    let start = Instant::now();
    let mut state = State::new(bytes);
    let mut sims: Vec<Sim> = lengths
        .iter()
        .map(|(len, from)| Sim { id: state.enter((*from).into(), *len, start).0, len: *len, came: 0, waits: false })
        .collect();
    let mut ended = Vec::new();
    for round in 0..10_000 {
        let now = at(start, round);
        for sim in &mut sims {
            if sim.waits {
                sim.waits = !state.settled(sim.id).unwrap();
                continue;
            }
            sim.came = (sim.came + STEP).min(sim.len);
            sim.waits = !ask(&mut state, &mut sim.id, sim.came, now).unwrap();
        }
        let (whole, rest) = sims.into_iter().partition(|sim| sim.came == sim.len && !sim.waits);
        sims = rest;
        for sim in whole {
            state.mark_whole(sim.id);
            state.leave(sim.id);
            state.serve(now);
            ended.push(sim.len);
        }
        if sims.is_empty() {
            assert_eq!((state.free, state.needed, state.waiting), (bytes, 0, 0), "all of it is back");
            return ended;
        }
    }
    panic!("{} of {} did not end", sims.len(), lengths.len());
}

#[test]
fn uploads_that_come_all_at_once_end_all() {
    assert_eq!(all_at_once(256 * MIB, &[(10 * MIB, "a"); 50]).len(), 50);
    assert_eq!(all_at_once(25 * MIB, &[(10 * MIB, "a"); 7]).len(), 7, "few at a time");
    // From several senders, and of all lengths.
    let mixed: Vec<(usize, &str)> =
        (0..120).map(|n| (MIB / 2 + (n * 7919 % 97) * MIB / 10, ["a", "b", "c"][n % 3])).collect();
    assert_eq!(all_at_once(40 * MIB, &mixed).len(), 120);
}

#[test]
fn those_who_fit_are_not_refused_for_waiting_and_one_that_never_fits_is_refused_at_once() {
    let start = Instant::now();
    let mut state = State::new(256 * MIB);
    let mut ids: Vec<u64> = (0..50).map(|_| state.enter("a".into(), 10 * MIB, start).0).collect();
    for id in &mut ids {
        let _ = ask(&mut state, id, 5 * MIB, start).unwrap();
    }
    let fit = ids.iter().filter(|id| state.fits(**id)).count();
    assert_eq!(fit, 25);
    let going = ids.iter().filter(|id| state.settled(**id).unwrap()).count();
    assert!(going >= 25, "{going}");
    let mut large = state.enter("a".into(), 257 * MIB, start).0;
    assert_eq!(ask(&mut state, &mut large, MIB, start), Err(Denied::NoRoom));
}

#[test]
fn what_was_only_begun_takes_nothing_from_those_who_go_on() {
    let start = Instant::now();
    let mut state = State::new(256 * MIB);
    for _ in 0..1000 {
        let mut id = state.enter("a".into(), 10 * MIB, start).0;
        assert_eq!(ask(&mut state, &mut id, SMALL + 1, start), Ok(true));
    }
    for _ in 0..10 {
        let mut honest = state.enter("a".into(), 10 * MIB, start).0;
        assert_eq!(ask(&mut state, &mut honest, 10 * MIB, start), Ok(true));
    }
}

#[test]
fn a_promise_takes_nothing_from_others_once_its_sender_is_silent() {
    let start = Instant::now();
    let mut state = State::new(256 * MIB);
    for _ in 0..25 {
        let mut id = state.enter("a".into(), 10 * MIB, start).0;
        assert_eq!(ask(&mut state, &mut id, MIB, start), Ok(true));
    }
    let mut honest = state.enter("a".into(), 10 * MIB, at(start, 1_000)).0;
    assert_eq!(ask(&mut state, &mut honest, 10 * MIB, at(start, 1_000)), Ok(false), "they may still go on");
    state.look(at(start, 2_000));
    assert_eq!(state.settled(honest), Ok(true));
}

#[test]
fn stalled_uploads_make_way_when_others_wait_and_no_more_of_them_than_needed() {
    let start = Instant::now();
    let mut state = State::new(256 * MIB);
    let full = 10 * MIB - 1;
    let mut ids: Vec<u64> = Vec::new();
    for number in 0..26 {
        let mut id = state.enter("a".into(), 10 * MIB, at(start, number)).0;
        let len = if number == 25 { 6 * MIB } else { full };
        assert_eq!(ask(&mut state, &mut id, len, at(start, number)), Ok(true));
        ids.push(id);
    }
    let mut honest = state.enter("a".into(), MIB, at(start, 100)).0;
    assert_eq!(ask(&mut state, &mut honest, MIB, at(start, 100)), Ok(false));
    state.look(at(start, 1_000));
    assert_eq!(state.settled(honest), Ok(false), "they may still go on");
    state.look(at(start, 2_100));
    let denied: Vec<u64> = ids.iter().copied().filter(|id| state.settled(*id) == Err(Denied::Stalled)).collect();
    // What the stalled ones promised is no longer kept free, so only a little is missing.
    assert!(denied.len() <= 1, "{denied:?}");
    for mut id in denied {
        assert_eq!(ask(&mut state, &mut id, full, at(start, 2_101)), Err(Denied::Stalled));
        state.leave(id);
        state.serve(at(start, 2_101));
    }
    assert_eq!(state.settled(honest), Ok(true));
    // Nobody waits: silence alone is no reason.
    state.look(at(start, 60_000));
    assert!(ids[1..].iter().all(|id| state.settled(*id).is_ok()));
}

#[test]
fn one_sender_has_the_whole_room_until_another_wants_some_of_it() {
    let start = Instant::now();
    let mut state = State::new(100 * MIB);
    let mut ids = Vec::new();
    for _ in 0..10 {
        let mut id = state.enter("a".into(), 10 * MIB, start).0;
        assert_eq!(ask(&mut state, &mut id, 10 * MIB - 1, start), Ok(true), "it is alone");
        ids.push(id);
    }
    let mut other = state.enter("b".into(), 10 * MIB, start).0;
    assert_eq!(ask(&mut state, &mut other, 10 * MIB, start), Ok(false));
    // They continue slowly, so none of them has stalled.
    for tick in 1..=20 {
        for id in &ids {
            if let Some(upload) = state.uploads.get_mut(id) {
                upload.came = at(start, tick * 100);
            }
        }
        state.look(at(start, tick * 100));
    }
    let denied: Vec<usize> = (0..10).filter(|n| state.settled(ids[*n]) == Err(Denied::NoRoom)).collect();
    assert_eq!(denied, [9], "the last one, and no more than needed");
    for n in denied {
        state.leave(ids[n]);
    }
    state.serve(at(start, 2_001));
    assert_eq!(state.settled(other), Ok(true));
}

#[test]
fn a_flood_from_one_address_leaves_room_for_another_one() {
    let start = Instant::now();
    let mut state = State::new(100 * MIB);
    for _ in 0..200 {
        let mut id = state.enter("a".into(), 10 * MIB, start).0;
        let _ = ask(&mut state, &mut id, MIB, start).unwrap();
    }
    // It arrives last, and is served before those beyond their address's share.
    let mut other = state.enter("b".into(), 10 * MIB, start).0;
    let _ = ask(&mut state, &mut other, MIB, start).unwrap();
    let place = state.order().iter().position(|turn| turn.id == other).unwrap();
    assert_eq!(place, 5, "behind the half of the room that is theirs");
    assert!(state.fits(other));
    // A body larger than its address's share, alone at that address.
    let mut large = state.enter("c".into(), 60 * MIB, start).0;
    let _ = ask(&mut state, &mut large, MIB, start).unwrap();
    assert!(state.order().contains(&Turn { beyond: false, unproven: false, id: large }));
}

#[tokio::test]
async fn a_place_waits_until_another_one_ends_and_gives_its_room_back() {
    let room = Room::new(10 * MIB, Duration::from_secs(60));
    let from: Arc<str> = "a".into();
    let mut first = room.enter(&from, 10 * MIB);
    first.hold(10 * MIB).await.unwrap();
    let mut second = room.enter(&from, 10 * MIB);
    {
        let waiting = second.hold(10 * MIB);
        tokio::pin!(waiting);
        assert!(timeout(Duration::from_millis(1), &mut waiting).await.is_err());
        first.mark_whole();
        drop(first);
        waiting.await.unwrap();
    }
    drop(second);
    assert_eq!(room.state().free, 10 * MIB);
}

#[tokio::test]
async fn whoever_does_not_fit_is_refused_after_the_wait() {
    let room = Room::new(10 * MIB, Duration::ZERO);
    let from: Arc<str> = "a".into();
    let mut first = room.enter(&from, 8 * MIB);
    first.hold(8 * MIB).await.unwrap();
    first.mark_whole();
    let mut second = room.enter(&from, 8 * MIB);
    assert_eq!(second.hold(8 * MIB).await, Err(Denied::NoRoom));
}
