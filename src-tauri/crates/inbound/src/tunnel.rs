//! Tunnels: how the listener is reached from the internet. One file a provider; each of them runs until it is stopped or
//! cannot go on, and says what it is doing.

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
    /// Connecting for the first time.
    Starting,
    /// Requests to `public` reach the listener.
    Online {
        /// `https://x-y-z.ngrok.app/`, with the slash at its end.
        public: String,
        /// The latest round trip to the provider, where it is measured.
        latency: Option<Duration>,
    },
    /// The connection was lost, or a heartbeat was missed.
    Reconnecting {
        /// What was lost, in a sentence.
        why: String,
        /// How long until the next try; `None` while it is under way.
        retry_in: Option<Duration>,
        /// Which try it is, from 1.
        attempt: u32,
    },
    /// It has ended by itself.
    Failed(Failure),
    /// It was stopped.
    Stopped,
}

/// Why a tunnel cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: FailureCode,
    /// What was wrong and what to do, in a sentence or two. Never a token.
    pub message: String,
    /// What the provider said, where that helps.
    pub detail: Option<String>,
}

/// What a tunnel works with.
#[derive(Clone)]
pub struct Site {
    /// The way into the running listener; `None` while there is none.
    pub intake: Arc<dyn Fn() -> Option<Intake> + Send + Sync>,
    /// Where the listener's socket is; `None` while there is none.
    pub local: watch::Receiver<Option<SocketAddr>>,
    /// Where the states go, in order.
    pub states: mpsc::Sender<State>,
    /// Ends the tunnel.
    pub stop: CancellationToken,
    /// Numbers from 0 to 1, for the jitter of waits.
    pub random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

/// A provider with its settings. `Debug` shows no token.
pub trait Tunnel: fmt::Debug + Send {
    /// Runs until `site.stop`, or until it cannot go on; the last state that it says is [`State::Failed`] or
    /// [`State::Stopped`]. Nothing of it is left when this returns.
    fn run(self: Box<Self>, site: Site) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
