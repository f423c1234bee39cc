//! ngrok, inside this process.
//!
//! The crate's own reconnect is not used: its gaps grow fiftyfold (0, 0.05 s, 2.5 s, 125 s, 1 h 44 min, …), so that an
//! outage of two minutes would keep the listener out of reach for hours. [`Ngrok`] refuses it and builds a new session
//! instead. Nothing that ngrok could do to a request at its edge is asked for (no webhook verification, no compression, no
//! changes of headers): the bytes that were sent are what the listener is for.

mod door;
mod keep;
mod line;
mod proxy;
mod refusal;
mod time;
mod wire;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{Site, State, Tunnel};
pub use proxy::Proxies;
pub use refusal::meaning;
#[doc(hidden)]
pub use time::{Real, Time};

/// How long the last state may wait for a reader.
const LAST_WORD: Duration = Duration::from_secs(5);

/// A tunnel of ngrok with its settings.
pub struct Ngrok {
    /// The account's authtoken.
    pub authtoken: Zeroizing<String>,
    /// A domain of the account, `hooks.example.com`; `None`: the one that ngrok gives.
    pub domain: Option<String>,
    /// A traffic policy, YAML or JSON, which ngrok applies at its edge.
    pub policy: Option<String>,
    /// Any text, shown with the session and its endpoint in ngrok's own dashboard.
    pub metadata: Option<String>,
    /// Where the session is opened; `None`: `connect.ngrok-agent.com:443`. For accounts with an agent ingress of their own.
    pub server: Option<Server>,
    /// What stands between this machine and the internet.
    pub proxies: Proxies,
    #[doc(hidden)]
    pub seams: Seams,
}

/// An agent ingress: the address at which agents connect, in place of ngrok's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `connect.example.com:443`; without a port 443 is meant.
    pub address: String,
    /// The certificates that its certificate must go back to, PEM. `None`: ngrok's own.
    pub ca_pem: Option<String>,
}

/// A connection to ngrok by other means than TCP and TLS.
#[doc(hidden)]
pub type Dial =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = io::Result<Box<dyn ngrok::session::IoStream>>> + Send>> + Send + Sync>;

/// What tests put in the place of the world.
#[doc(hidden)]
#[derive(Clone)]
pub struct Seams {
    pub dial: Option<Dial>,
    pub time: Arc<dyn Time>,
    /// How often a heartbeat goes out, and how late its answer may be.
    pub heartbeat: (Duration, Duration),
}

impl Default for Seams {
    fn default() -> Self {
        let heartbeat = (Duration::from_secs(10), Duration::from_secs(15));
        Self { dial: None, time: Arc::new(Real::default()), heartbeat }
    }
}

impl Ngrok {
    /// A tunnel with ngrok's own address and no further settings.
    pub fn new(authtoken: impl Into<String>) -> Self {
        Self {
            authtoken: Zeroizing::new(authtoken.into()),
            domain: None,
            policy: None,
            metadata: None,
            server: None,
            proxies: Proxies::default(),
            seams: Seams::default(),
        }
    }
}

impl fmt::Debug for Ngrok {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ngrok")
            .field("domain", &self.domain)
            .field("policy", &self.policy.is_some())
            .field("metadata", &self.metadata.is_some())
            .field("server", &self.server.as_ref().map(|server| &server.address))
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

impl Tunnel for Ngrok {
    fn run(self: Box<Self>, site: Site) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let last = match keep::keep(&self, &site).await {
                Some(failure) => State::Failed(failure),
                None => State::Stopped,
            };
            // Nobody reads any more: nobody has to be told.
            let _ = tokio::time::timeout(LAST_WORD, site.states.send(last)).await;
        })
    }
}
