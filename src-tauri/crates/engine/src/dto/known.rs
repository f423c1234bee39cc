//! What ids in a payload lead to.

use serde::Serialize;
use signature::Outcome;

use super::JobKind;

/// An id of which Pollux knows what it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KnownId {
    /// As it was asked for.
    pub id: String,
    /// What it leads to.
    pub thing: KnownThing,
}

/// What an id leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum KnownThing {
    /// A message: its newest delivery.
    Delivery {
        /// The delivery.
        delivery: i64,
        /// `batch.succeeded`, if it says so.
        event_type: Option<String>,
        /// The verdict on it.
        outcome: Outcome,
    },
    /// A job.
    Job {
        /// Its name: `batches/…`.
        name: String,
        /// What it is.
        kind: JobKind,
        /// What its owner calls it.
        title: Option<String>,
        /// The id names the file with its requests.
        requests: bool,
    },
    /// A file with the result of a job.
    Result {
        /// The name of the job.
        name: String,
        /// What it is.
        kind: JobKind,
        /// What its owner calls it.
        title: Option<String>,
    },
    /// A webhook.
    Webhook {
        /// The service's id.
        webhook: String,
        /// What its owner calls it.
        name: Option<String>,
    },
}
