//! Jobs: what each kind goes through, what it results in, and the event at its end.

use crate::clock::Millis;
use crate::service::Shared;
use crate::world::{Outcome, World};

/// The job's time has come: its next state, and its event where it ended. Called by the agenda.
pub(crate) fn advance(_shared: &Shared, _world: &mut World, _id: &str, _now: Millis) {}

/// Ends a job now, whatever was planned. False where there is none, or it has ended.
pub(crate) fn finish(_shared: &Shared, _world: &mut World, _id: &str, _outcome: Outcome, _now: Millis) -> bool {
    false
}
