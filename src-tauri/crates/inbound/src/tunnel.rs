//! Tunnels: how the listener is reached from the internet. There is one file per provider; each runs until it is
//! stopped or cannot continue, and reports what it is doing.

pub mod cloudflared;
mod code;
pub mod ngrok;
pub mod own;

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::Intake;

pub use code::FailureCode;
pub use own::Own;

/// What a tunnel is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// The first connection is being made.
    Starting,
    /// Connected: requests to `public` reach the listener.
    Online {
        /// The public address with a trailing slash, such as `https://x-y-z.ngrok.app/`.
        public: String,
        /// The latest round trip to the provider, if it is measured.
        latency: Option<Duration>,
    },
    /// The connection was lost, or a heartbeat was missed; it is being restored.
    Reconnecting {
        /// What was lost, in a sentence.
        why: String,
        /// How long until the next try; `None` while a try is under way.
        retry_in: Option<Duration>,
        /// Which try it is, from 1.
        attempt: u32,
    },
    /// It ended by itself and does not try again.
    Failed(Failure),
    /// The user stopped it.
    Stopped,
}

/// Why a tunnel cannot continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: FailureCode,
    /// What was wrong and what to do, in a sentence or two. Never a token.
    pub message: String,
    /// What the provider said, if that helps.
    pub detail: Option<String>,
}

/// What a tunnel works with.
#[derive(Clone)]
pub struct Site {
    /// The way into the running listener; `None` while it is not running.
    pub intake: Arc<dyn Fn() -> Option<Intake> + Send + Sync>,
    /// Where the listener's socket is; `None` while it is not running.
    pub local: watch::Receiver<Option<SocketAddr>>,
    /// Where the states go, in order.
    pub states: mpsc::Sender<State>,
    /// Stops the tunnel.
    pub stop: CancellationToken,
    /// Random numbers from 0 to 1, for the jitter of waits.
    pub random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

/// A provider with its settings. `Debug` shows no token.
pub trait Tunnel: fmt::Debug + Send {
    /// Runs until `site.stop`, or until it cannot continue; the last state it reports is [`State::Failed`] or
    /// [`State::Stopped`]. Everything it started has ended when this returns.
    fn run(self: Box<Self>, site: Site) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
