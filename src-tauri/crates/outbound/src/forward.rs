//! Forwarding: sending deliveries on automatically as they arrive. This is the deciding part: the rule, and which
//! delivery of each project is sent next and when. It does no I/O and has no clock: the time is passed in.

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

/// How often to try a delivery that is always answered but never accepted: about ten minutes.
pub const GIVES_UP: u32 = 24;
