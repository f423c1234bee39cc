//! The first steps as the window shows them: what really happened, and nothing that was only meant to.

use serde::{Deserialize, Serialize};

use super::{Row, TunnelProvider, VaultKind};

/// Whether the window shows the first steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Tour {
    /// Until they are done or put away.
    #[default]
    Shown,
    /// The user put them away.
    PutAway,
    /// The first delivery of a real webhook has come.
    Done,
}

/// What tells genuine deliveries from forged ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FirstKeyKind {
    /// A project's API key.
    Project,
    /// A signing secret alone.
    Secret,
}

/// A project with an API key, or a secret; never the Sandbox's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FirstKey {
    /// The project.
    pub project: i64,
    /// Which of the two.
    pub kind: FirstKeyKind,
    /// `…a91f`, `whsec_…a91f`.
    pub hint: String,
    /// Keychain, file or memory.
    pub stored_in: VaultKind,
    /// Whether it can be read.
    pub available: bool,
    /// When the project, or the secret, was added; `None` where that was not noted.
    pub since_ms: Option<i64>,
}

/// The first time that the tunnel was online.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FirstTunnel {
    /// Which one.
    pub provider: TunnelProvider,
    /// When.
    pub at_ms: i64,
}

/// The facts that tick the first steps, and what the next one can start with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FirstFacts {
    /// The first verified delivery of the Sandbox's that is kept.
    pub sample: Option<Row>,
    /// A project with an API key; where there is none, the first secret.
    pub key: Option<FirstKey>,
    /// The first time that the tunnel was online.
    pub tunnel: Option<FirstTunnel>,
    /// The first verified delivery of another project that is kept. What was imported does not count.
    pub real: Option<Row>,
    /// Where cloudflared is, if it is found.
    pub cloudflared: Option<String>,
}
