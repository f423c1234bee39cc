//! Attempts that wait for their turn: one lane per target, so that a slow target does not hold up the others.

use std::collections::{HashMap, VecDeque};

use parking_lot::{Mutex, MutexGuard};

use crate::clock::Millis;

/// Attempts in flight at once.
const MOST: usize = 256;
/// Attempts in flight at once to one target.
pub(crate) const MOST_PER_TARGET: usize = 64;

/// An attempt that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The delivery's number.
    pub(crate) number: u64,
    /// When it was due; if the row has another due time, this ticket is stale.
    pub(crate) due: Millis,
}

#[derive(Debug, Default)]
struct Lane {
    workers: usize,
    waiting: VecDeque<Ticket>,
    /// Whether it is in [`State::hungry`].
    hungry: bool,
}

impl Lane {
    fn wants_a_worker(&self) -> bool {
        !self.waiting.is_empty() && self.workers < MOST_PER_TARGET
    }
}

#[derive(Debug, Default)]
struct State {
    workers: usize,
    lanes: HashMap<String, Lane>,
    /// Lanes that would use another worker if there were one, in the order in which they asked.
    hungry: VecDeque<String>,
}

impl State {
    fn note_hunger(&mut self, key: &str) {
        if let Some(lane) = self.lanes.get_mut(key)
            && lane.wants_a_worker()
            && !lane.hungry
        {
            lane.hungry = true;
            self.hungry.push_back(key.to_owned());
        }
    }

    /// Removes a worker from this lane.
    fn leave(&mut self, key: &str) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.workers = lane.workers.saturating_sub(1);
            if lane.workers == 0 && lane.waiting.is_empty() && !lane.hungry {
                self.lanes.remove(key);
            }
        }
    }
}

/// Which worker is on which lane.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<State>);

impl Lanes {
    /// Puts an attempt at the end of its lane. If true, the caller starts a worker there.
    pub(crate) fn offer(&self, key: &str, ticket: Ticket) -> bool {
        let mut state = self.state();
        let room = state.workers < MOST;
        if !state.lanes.contains_key(key) {
            state.lanes.insert(key.to_owned(), Lane::default());
        }
        let Some(lane) = state.lanes.get_mut(key) else { return false };
        lane.waiting.push_back(ticket);
        let starts = room && lane.workers < MOST_PER_TARGET;
        if starts {
            lane.workers += 1;
            state.workers += 1;
        } else {
            state.note_hunger(key);
        }
        starts
    }

    /// What the worker of lane `key` does next. A lane that waits for a worker comes first; `key` then names that lane.
    /// `None` ends the worker.
    pub(crate) fn next(&self, key: &mut String) -> Option<Ticket> {
        let mut state = self.state();
        while let Some(other) = state.hungry.pop_front() {
            let Some(lane) = state.lanes.get_mut(&other) else { continue };
            lane.hungry = false;
            if !lane.wants_a_worker() {
                if lane.workers == 0 && lane.waiting.is_empty() {
                    state.lanes.remove(&other);
                }
                continue;
            }
            lane.workers += 1;
            let ticket = lane.waiting.pop_front();
            state.note_hunger(&other);
            state.leave(key);
            state.note_hunger(key);
            *key = other;
            return ticket;
        }
        let ticket = state.lanes.get_mut(key).and_then(|lane| lane.waiting.pop_front());
        if ticket.is_none() {
            state.workers = state.workers.saturating_sub(1);
            state.leave(key);
        }
        ticket
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(number: u64) -> Ticket {
        Ticket { number, due: 0 }
    }

    #[test]
    fn one_target_never_has_more_than_its_share_and_all_is_done_once() {
        let lanes = Lanes::default();
        let mut workers: Vec<String> = Vec::new();
        let mut expected = 0;
        for number in 0..2000 {
            let key = format!("target {}", number % 7);
            expected += 1;
            if lanes.offer(&key, ticket(number)) {
                workers.push(key);
            }
        }
        assert_eq!(workers.len(), MOST, "no more at once than there may be");
        let mut done = std::collections::HashSet::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        while let Some(mut key) = workers.pop() {
            while let Some(ticket) = lanes.next(&mut key) {
                assert!(done.insert(ticket.number), "done twice");
                *seen.entry(key.clone()).or_default() += 1;
                let state = lanes.state();
                assert!(state.lanes.values().all(|lane| lane.workers <= MOST_PER_TARGET));
                assert_eq!(state.lanes.values().map(|lane| lane.workers).sum::<usize>(), state.workers);
            }
        }
        assert_eq!(done.len(), expected);
        assert_eq!(seen.len(), 7);
        let state = lanes.state();
        assert!(state.lanes.is_empty() && state.hungry.is_empty() && state.workers == 0, "{state:?}");
    }

    #[test]
    fn a_lane_without_a_worker_does_not_wait_for_a_long_one() {
        let lanes = Lanes::default();
        let mut busy: Vec<String> = Vec::new();
        for target in 0..4 {
            for number in 0..1000 {
                let key = format!("busy {target}");
                if lanes.offer(&key, ticket(number)) {
                    busy.push(key);
                }
            }
        }
        assert_eq!(busy.len(), MOST);
        assert!(!lanes.offer("late", ticket(9999)));
        let mut key = busy.pop().unwrap();
        assert_eq!(lanes.next(&mut key).unwrap().number, 9999);
        assert_eq!(key, "late");
    }
}
