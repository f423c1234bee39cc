//! The listener: capture → verify → commit → answer.
//!
//! A POST on any path becomes a delivery: it is captured byte for byte, judged with the keys of the project that its
//! path picks, committed to the store, and only then answered. What cannot be stored is answered 503 with
//! `Retry-After`, so that the sender tries again: nothing that was acknowledged can be lost.

mod answer;
mod answers;
mod buffer;
mod capture;
pub mod fault_lab;
mod gate;
mod judge;
mod kept;
mod listener;
mod near_miss;
mod origin;
pub mod probe;
mod receive;
mod room;
mod storing;
mod summary;
mod tokens;
pub mod tunnel;
mod turned_away;
mod unread;
mod words;

pub use answer::HEALTH_LINE;
pub use answers::{Answers, Committed, Ending, Given, GivenLater, UsualAnswers};
pub use gate::{Gate, GateRules, Monotonic};
pub use judge::{Project, Projects, jti, key_was_missing, needs_jwks, refused};
pub use listener::{BindError, Intake, Listener};
pub use near_miss::{Explain, Waiting};
pub use probe::{ProbeResult, Probes};
pub use receive::{Clock, Limits, Parts};
pub use summary::{Described, describe, unfold};
pub use turned_away::{REMEMBERED, Refusal, Tally, TallySnapshot, TurnedAway};
