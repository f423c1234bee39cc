//! Which deliveries a command is about.

use serde::{Deserialize, Serialize};

/// Deliveries that the user means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// These.
    Ids(Vec<i64>),
    /// Those that a search finds.
    Query(String),
    /// All there are.
    All,
}
