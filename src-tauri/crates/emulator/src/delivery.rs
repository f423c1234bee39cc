//! The delivery engine: an event becomes one delivery for each receiver, each tried until it is taken or given up.

use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::clock::Millis;
use crate::service::Shared;
use crate::world::{Attempt, Job, World};

/// An event of a job, or a ping, on its way to its receivers.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// `batch.succeeded`.
    pub(crate) event_type: String,
    /// `data`, without the user's metadata.
    pub(crate) data: Value,
}

/// One attempt, as the log and the command line tell it.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptReport {
    /// The `webhook-id`.
    pub id: String,
    /// `batch.succeeded`.
    pub event_type: String,
    /// Where it went.
    pub uri: String,
    /// Number, time and answer.
    #[serde(flatten)]
    pub(crate) attempt: Attempt,
    /// `pending`, `delivered`, `given_up`…: the delivery after it.
    pub state: &'static str,
    /// When it is tried again, on the emulator's clock.
    pub next_ms: Option<Millis>,
}

/// The client that delivers: no redirects (SW-50), no proxy, no retries of its own.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}

/// Sends an event of `job` to the addresses of its own configuration, otherwise to every enabled webhook that
/// subscribed to its type.
pub(crate) fn emit(_shared: &Shared, _world: &mut World, _event: Event, _job: Option<&Job>, _now: Millis) {}

/// Sends a ping to one webhook.
pub(crate) fn ping(_shared: &Shared, _world: &mut World, _webhook: &str, _now: Millis) {}

/// Works off the agenda until it is told to stop.
pub(crate) async fn run(_shared: Shared, stop: CancellationToken) {
    stop.cancelled().await;
}
