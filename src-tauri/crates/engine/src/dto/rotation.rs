//! The rotation cockpit: lifetimes of secrets, and which secret signed what. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};

use crate::dto::Row;
use crate::dto::webhooks::{NewSecret, SeenDelivery, WebhookSecret, WebhookView};

/// One webhook over the last 24 hours and the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rotation {
    /// The webhook.
    pub webhook: WebhookView,
    /// The time that this shows.
    pub now_ms: i64,
    /// 24 hours earlier; the axis ends 24 hours later.
    pub from_ms: i64,
    /// Deliveries closer together than this share a tick.
    pub tick_ms: i64,
    /// One lane per secret, the current one first, then the newest. Those that ended before `from_ms` are left out.
    pub lanes: Vec<RotationLane>,
    /// Deliveries to the webhook's path that no key verified.
    pub rejected: Vec<RotationTick>,
    /// When the current secret took over; `None` if Pollux knows of no rotation.
    pub rotated_ms: Option<i64>,
    /// What the data says about the earlier secrets since then (at most the last 24 hours).
    pub since: RotationCounts,
    /// Events whose latest attempt in the last 24 hours was not answered 2xx, so the service tries again; the newest,
    /// at most 20.
    pub pending: Vec<Row>,
    /// Where secrets of this webhook are in use, as noted by the user.
    pub places: Vec<Place>,
}

/// A secret's bar and its ticks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RotationLane {
    /// The secret.
    pub secret: WebhookSecret,
    /// Deliveries of the last 24 hours that it verified and no newer one did.
    pub verified: u32,
    /// These as ticks, oldest first.
    pub ticks: Vec<RotationTick>,
    /// The latest of them.
    pub last: Option<SeenDelivery>,
}

/// One or more deliveries close together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RotationTick {
    /// When.
    pub at_ms: i64,
    /// How many.
    pub count: u32,
    /// The latest of them.
    pub delivery: i64,
}

/// What came since the rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RotationCounts {
    /// Verified with the current secret (even if an older one would have verified it, too).
    pub by_current: u32,
    /// Verified with an older secret only.
    pub only_older: u32,
    /// The latest of those.
    pub last_only_older: Option<SeenDelivery>,
}

/// A place that holds a secret of a webhook, in the user's words: `.env of results-worker`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Place {
    /// Its id.
    pub id: i64,
    /// The note.
    pub text: String,
    /// The user ticked that it holds the current secret. A rotation takes the tick away.
    pub done: bool,
    /// When the user ticked it.
    pub done_ms: Option<i64>,
}

/// The result of a rotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rotated {
    /// The webhook as it is now.
    pub webhook: WebhookView,
    /// The new secret.
    pub secret: NewSecret,
}
