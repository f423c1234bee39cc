//! The report on an attempt.

use serde::Serialize;

use crate::clock::Millis;
use crate::world::Attempt;

/// One attempt, as the log and the command line report it.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptReport {
    /// The `webhook-id`.
    pub id: String,
    /// The event type, such as `batch.succeeded`.
    pub event_type: String,
    /// Where it went.
    pub uri: String,
    /// Number, time and answer.
    #[serde(flatten)]
    pub(crate) attempt: Attempt,
    /// The delivery's state afterwards: `pending`, `delivered`, `given_up`…
    pub state: &'static str,
    /// When it is tried again, on the emulator's clock.
    pub next_ms: Option<Millis>,
}
