//! Forwarding: deliveries sent on by themselves as they arrive. Here is what is decided: the rule, and of each project's
//! deliveries which one is sent next and when. No I/O, and no clock: the time is passed in.

mod lane;
mod queue;
mod rule;
mod says;
mod turn;

#[cfg(test)]
mod tests;

pub use lane::{Before, Lane};
pub use rule::{Answer, Rule, State, Which};
pub use says::{Ended, Found, Marks, Next, View};
pub use turn::Turn;

/// Tries of a delivery that is answered each time, and never taken: about ten minutes.
pub const GIVES_UP: u32 = 24;
