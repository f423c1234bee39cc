//! What the palette of the window shows that is kept or found here.

use serde::{Deserialize, Serialize};

use super::{JobView, Row};

/// An entry of the palette that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PaletteUsed {
    /// The window's name for it: `action:replay`, `id:msg_1`.
    pub entry: String,
    /// When it was last chosen, Unix milliseconds.
    pub at_ms: i64,
}

/// A webhook as far as it has to be known to go to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NamedWebhook {
    /// The project.
    pub project: i64,
    /// The service's id.
    pub id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Where events go.
    pub uri: String,
    /// As the service gave it.
    pub state: String,
}

/// What an id leads to, of what Pollux knows.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct IdFound {
    /// The newest delivery with this `webhook-id`, or the one with this number.
    pub delivery: Option<Row>,
    /// Jobs with this id or name, of any project.
    pub jobs: Vec<JobView>,
    /// Webhooks with this id, of any project.
    pub webhooks: Vec<NamedWebhook>,
}
