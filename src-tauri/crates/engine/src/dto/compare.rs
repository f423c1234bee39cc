//! Two deliveries, or two answers of a replay, compared.

use compare::{Finding, Meaning, Transport};
use serde::{Deserialize, Serialize};

use super::{Outbound, Row};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CompareSide {
    /// A delivery, by its id.
    Delivery(i64),
    /// The answer to a request that was sent on, by the id of the request.
    Outbound(i64),
}

/// What to compare a delivery with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CompareWith {
    /// The attempt of its event before it.
    PreviousAttempt,
    /// The newest verified delivery of its type that is of another event.
    LastVerified,
}

/// One side, as a list shows it: one of the two is there.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ComparedSide {
    /// What was asked for.
    pub side: CompareSide,
    /// The delivery.
    pub delivery: Option<Row>,
    /// What may be shown of the key that its signature matched: `whsec_…a91f`.
    pub key: Option<String>,
    /// The request whose answer it is.
    pub outbound: Option<Outbound>,
}

/// How two of them differ.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Comparison {
    /// The one.
    pub a: ComparedSide,
    /// The other.
    pub b: ComparedSide,
    /// What they are to each other.
    pub relation: compare::Relation,
    /// Whether anything differs that need not: what is another for each delivery does not count.
    pub differ: bool,
    /// What follows from it.
    pub finding: Finding,
    /// Both signatures tried over both bodies; only for two attempts whose bodies differ.
    pub trial: Option<compare::Trial>,
    /// The signed bytes.
    pub bytes: compare::Bytes,
    /// What the bodies mean.
    pub meaning: Meaning,
    /// How they came.
    pub transport: Transport,
    /// Attempts of B's event, or of the delivery whose answer B is; oldest first, at most the 200 newest.
    pub attempts: Vec<Row>,
    /// The newest verified delivery of B's type, of another event.
    pub last_verified: Option<i64>,
    /// What was sent on of B's delivery, newest first, at most 200.
    pub answers: Vec<Outbound>,
}
