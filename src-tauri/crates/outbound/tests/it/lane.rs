//! The lane of a forward, driven as the engine drives it: random interleavings of what arrives, what the target answers
//! and what the user does, each decided by a seed and held against a model; see [`crate::seeds`].
//!
//! What holds: nothing that is to be forwarded is lost, nothing that was settled is sent again, attempts of one event
//! go one after the other in their order, no more are under way than the rule allows, gaps are those that are
//! documented, a target that is down is tried with one at a time, and in the end nothing waits and no task lives.

mod found;
mod model;
mod sim;
mod turns;
mod world;

use crate::seeds::each_seed;
use sim::Plan;

const SEEDS: u64 = 120;

#[test]
fn whatever_the_target_does_each_delivery_is_settled_once_and_in_order() {
    each_seed(SEEDS, |dice| sim::run(dice, Plan { restarts: false, switches: false }));
}

#[test]
fn after_a_restart_or_a_crash_what_was_waiting_is_sent_and_what_was_settled_is_not() {
    each_seed(SEEDS, |dice| sim::run(dice, Plan { restarts: true, switches: false }));
}

#[test]
fn what_is_asked_for_when_it_is_switched_on_is_sent_and_nothing_else() {
    each_seed(SEEDS, |dice| sim::run(dice, Plan { restarts: true, switches: true }));
}

#[test]
fn whoever_answers_a_delivery_it_goes_to_the_target_once() {
    each_seed(SEEDS, turns::run);
}
