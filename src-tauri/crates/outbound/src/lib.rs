//! The other direction: sends deliveries on to the user's own code, by hand or as they arrive, and checks that code
//! with a battery.
//!
//! A delivery is sent as it was received: the same header lines in the same order, the same bytes. What cannot be the
//! same (the host, what belongs to one connection) is named. What comes back is limited in bytes and in time.

pub mod check;
mod client;
mod compose;
pub mod forward;
mod passing;
mod problem;
mod target;
mod tls;

pub use client::{Answer, Bounds, Client, Exchange, Request, framed};
pub use compose::{ComposeError, Composed, Fill, Id, Received, Recipe, Sign, Time, Twist, compose, twists};
pub use passing::{Altered, for_another_connection};
pub use problem::{Problem, ProblemCode};
pub use target::{Target, TargetError};
