//! What is known of the tunnel, and the one that runs.

use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::dto::{Authtoken, ProbeView, TunnelProvider, TunnelSettings, TunnelState, TunnelView};

/// States that may wait for a slow reader of [`Tunnel::states`].
const TOLD: usize = 64;

/// The state of the room.
pub(super) struct State {
    /// The tunnel that runs, or ran last. Locked while one is being started or stopped.
    pub(super) run: tokio::sync::Mutex<Option<Run>>,
    shown: Mutex<Shown>,
    pub(super) told: broadcast::Sender<TunnelView>,
}

/// What is known of the tunnel.
pub(super) struct Shown {
    /// Counts the starts, so that what an earlier tunnel reports late is ignored.
    pub(super) number: u64,
    /// Its settings, if they are not the stored ones.
    pub(super) given: Option<TunnelSettings>,
    pub(super) provider: TunnelProvider,
    pub(super) state: TunnelState,
    pub(super) since_ms: i64,
    /// The public address, without the path token, while the tunnel is online or reconnects.
    pub(super) base: Option<String>,
    pub(super) latency: Option<Duration>,
    pub(super) probe: Option<ProbeView>,
    /// Ends the probe that is under way.
    pub(super) probing: CancellationToken,
    /// The counts of refused requests that were last reported.
    pub(super) refused: (u64, u64),
    pub(super) authtoken: Option<Authtoken>,
}

impl State {
    pub(super) fn new(now_ms: i64) -> Self {
        let shown = Shown {
            number: 0,
            given: None,
            provider: TunnelProvider::None,
            state: TunnelState::Off,
            since_ms: now_ms,
            base: None,
            latency: None,
            probe: None,
            probing: CancellationToken::new(),
            refused: (0, 0),
            authtoken: None,
        };
        Self { run: tokio::sync::Mutex::default(), shown: Mutex::new(shown), told: broadcast::Sender::new(TOLD) }
    }

    pub(super) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock()
    }
}

/// A tunnel that was started.
pub(super) struct Run {
    pub(super) stop: CancellationToken,
    /// Follows its states, and ends after it.
    pub(super) following: JoinHandle<()>,
    pub(super) tunnel: AbortHandle,
}

impl Run {
    pub(super) fn is_running(&self) -> bool {
        !self.following.is_finished()
    }
}

/// The states of the tunnel as they come, from [`Tunnel::states`].
pub struct TunnelStates(broadcast::Receiver<TunnelView>);

impl TunnelStates {
    pub(crate) fn new(told: broadcast::Receiver<TunnelView>) -> Self {
        Self(told)
    }

    /// The next state, also when only the latency, a probe or a count differs. `None` at the end of the engine.
    pub async fn next(&mut self) -> Option<TunnelView> {
        loop {
            match self.0.recv().await {
                Ok(view) => return Some(view),
                Err(RecvError::Lagged(_)) => {} // the states that follow say what counts
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// A state that has come already, without waiting.
    pub fn already(&mut self) -> Option<TunnelView> {
        loop {
            match self.0.try_recv() {
                Ok(view) => return Some(view),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }
}

impl TunnelProvider {
    /// The name in the store, in the log of actions and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ngrok => "ngrok",
            Self::Cloudflared => "cloudflared",
            Self::Own => "own",
        }
    }
}

impl TunnelState {
    /// The name in the store.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::Online => "online",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Failed { .. } => "failed",
        }
    }
}
