//! Forwarding: deliveries sent on by themselves as they arrive. Here is what is decided: the rule, and of each project's
//! deliveries which one is sent next and when. No I/O, and no clock: the time is passed in.

mod back_off;
mod lane;
mod queue;
mod rule;
mod says;

#[cfg(test)]
mod tests;

pub use lane::{Lane, Turn};
pub use rule::{Answer, Rule, State, Which};
pub use says::{Before, Ended, Found, Marks, Next, View};

/// Tries of a delivery that is answered each time, and never taken: about ten minutes.
pub const GIVES_UP: u32 = 24;
