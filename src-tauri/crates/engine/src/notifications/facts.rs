//! How the things stand that a notification may tell of.

/// How everything stands, the Sandbox left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) tunnel: TunnelFact,
    /// Forwards whose target takes nothing.
    pub(super) forwards: Vec<DownForward>,
    pub(super) webhooks: Vec<HookFact>,
}

/// What the tunnel is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TunnelFact {
    /// Not started, stopped by the user, or one that does not depend on Pollux.
    #[default]
    Off,
    Starting,
    Online,
    Lost {
        /// Unix milliseconds.
        since_ms: i64,
        /// Whether it tries again by itself.
        again: bool,
    },
}

/// A forward whose target takes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DownForward {
    pub(super) project: i64,
    /// Unix milliseconds.
    pub(super) since_ms: i64,
    /// Deliveries that wait.
    pub(super) waiting: u64,
}

/// A webhook as its service listed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HookFact {
    pub(super) project: i64,
    pub(super) webhook: String,
    /// Whether the service disabled it.
    pub(super) disabled: bool,
    /// The last characters of its old secrets, and when each ends (Unix milliseconds).
    pub(super) ending: Vec<(String, i64)>,
}
