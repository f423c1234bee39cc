//! The webhooks of a project, as the service lists them and with what Pollux saw of them. Times: Unix milliseconds.

use std::fmt;

use serde::{Deserialize, Serialize};
use signature::Outcome;

use super::VaultKind;
use crate::error::Error;

/// What is known of a project's webhooks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WebhookBoard {
    /// The project.
    pub project: i64,
    /// The webhooks as the service listed them last, in its order.
    pub webhooks: Vec<WebhookView>,
    /// When that was; `None` if it has not been asked yet, or has never answered.
    pub refreshed_ms: Option<i64>,
    /// Why the latest reading failed; the list is then older.
    pub error: Option<Error>,
    /// Where a new webhook should point: the public address (or else the listener's own) with the project's path.
    /// `None` while nothing listens.
    pub receiver: Option<String>,
    /// Whether the service can reach `receiver` from outside; otherwise only an emulator on this machine can.
    pub receiver_public: bool,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WebhookView {
    /// The service's id.
    pub id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Where events go.
    pub uri: String,
    /// The subscribed events, including any that are not known here.
    pub events: Vec<WebhookEvent>,
    /// As the service gave it: `enabled`, `disabled`, `disabled_due_to_failed_deliveries`, or something newer.
    pub state: String,
    /// Its secrets: the current one first, then the newest. Includes ended ones, while Pollux knows them.
    pub secrets: Vec<WebhookSecret>,
    /// Whose address `uri` is.
    pub place: UriPlace,
    /// Where it should point instead, if `place` is `earlier`; `None` also while there is no address to point to.
    pub repaired_uri: Option<String>,
    /// The latest delivery that one of its secrets signed, or that came to its path and no key verified.
    pub last: Option<SeenDelivery>,
    /// Deliveries like that in the last hour.
    pub last_hour: u32,
    /// Whether Pollux registered it in the Sandbox for its own listener.
    pub builtin: bool,
}

/// A subscribed event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WebhookEvent {
    /// `batch.succeeded`.
    pub name: String,
    /// Whether it is in the catalog.
    pub known: bool,
}

/// A secret of a webhook, without its text: what the service says and what Pollux knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WebhookSecret {
    /// The id of Pollux's copy; `None` if it has none, because it was made elsewhere.
    pub key: Option<String>,
    /// `whsec_…a91f`.
    pub hint: String,
    /// Its stage of life.
    pub state: SecretLife,
    /// When it was made, if Pollux knows.
    pub created_ms: Option<i64>,
    /// When it ends, or ended.
    pub expires_ms: Option<i64>,
    /// Whether Pollux can verify with it, because it has its text.
    pub available: bool,
}

/// A secret's stage of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SecretLife {
    /// It is the one that signs.
    Current,
    /// It was replaced, but is still good.
    Grace,
    /// No longer good.
    Expired,
}

/// Whose address a webhook points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum UriPlace {
    /// This listener's, with this project's path.
    Ours,
    /// An earlier address of ours: a public address, port or path that is no longer in use.
    Earlier,
    /// Somebody else's.
    Elsewhere,
}

/// A delivery, in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeenDelivery {
    /// Its id.
    pub id: i64,
    /// When it came.
    pub received_ms: i64,
    /// Its verdict.
    pub outcome: Outcome,
    /// Two or three words.
    pub cause: String,
}

/// A webhook to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WebhookDraft {
    /// What its owner calls it.
    pub name: Option<String>,
    /// Where events go.
    pub uri: String,
    /// Which events.
    pub events: Vec<String>,
}

/// What to change about a webhook; `None`: leave it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct WebhookEdit {
    /// What its owner calls it.
    pub name: Option<String>,
    /// Where events go.
    pub uri: Option<String>,
    /// Which events.
    pub events: Option<Vec<String>>,
    /// `enabled`, `disabled`.
    pub state: Option<String>,
}

/// The result of a creation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum WebhookCreation {
    /// It was made.
    Created {
        /// The webhook.
        webhook: Box<WebhookView>,
        /// Its secret.
        secret: NewSecret,
    },
    /// Nothing was made: there are already webhooks with the same uri and name.
    Found {
        /// Those webhooks.
        webhooks: Vec<WebhookView>,
    },
}

/// A secret that the service has just shown, and never will again. `Debug` does not show its text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NewSecret {
    /// The id of Pollux's copy.
    pub id: String,
    /// `whsec_…`, whole.
    pub text: String,
    /// `whsec_…a91f`.
    pub hint: String,
    /// Where it is stored; `None` if it could not be: then it is only in this process's memory.
    pub stored_in: Option<VaultKind>,
    /// Why it could not be stored.
    pub problem: Option<Error>,
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewSecret")
            .field("id", &self.id)
            .field("hint", &self.hint)
            .field("stored_in", &self.stored_in)
            .finish_non_exhaustive()
    }
}

/// The result of a ping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum PingResult {
    /// It came.
    Arrived {
        /// From asking for it to its arrival.
        after_ms: u32,
        /// The delivery that came.
        delivery: SeenDelivery,
    },
    /// It did not come in time.
    Missing {
        /// How long Pollux waited.
        waited_ms: u32,
        /// Stable code of the likely cause: `webhook_disabled`, `not_ours`, `not_listening`, `tunnel_down`,
        /// `refused_by_us`, `address_unreachable`, `unknown`.
        cause: String,
        /// The likely cause and what to do, in a sentence or two.
        message: String,
    },
}

/// The result for one webhook that was to be repaired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WebhookRepair {
    /// The webhook.
    pub id: String,
    /// Where it points now.
    pub uri: String,
    /// Why it could not be repaired.
    pub error: Option<Error>,
}

/// How many webhooks of a project need attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WebhookAlarms {
    /// The project.
    pub project: i64,
    /// How many are `disabled_due_to_failed_deliveries`.
    pub disabled: u32,
    /// How many point to an earlier address of ours.
    pub earlier: u32,
}
