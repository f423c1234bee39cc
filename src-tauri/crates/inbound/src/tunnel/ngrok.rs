//! ngrok, inside this process.
//!
//! The crate's own reconnect is not used: its gaps grow fiftyfold (0, 0.05 s, 2.5 s, 125 s, 1 h 44 min, …), so an
//! outage of two minutes would keep the listener unreachable for hours. [`Ngrok`] refuses it and builds a new session
//! instead. Nothing that ngrok could do to a request at its edge is asked for (no webhook verification, no compression,
//! no header changes): the listener exists to see the bytes that were sent.

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
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use door::passed;
pub use proxy::Proxies;
pub use refusal::meaning;
#[doc(hidden)]
pub use time::{Real, Time};

/// How long the last state waits for a reader.
const LAST_WORD: Duration = Duration::from_secs(5);

/// An ngrok tunnel with its settings.
pub struct Ngrok {
    /// The account's authtoken.
    pub authtoken: Zeroizing<String>,
    /// One of the account's domains, `hooks.example.com`; `None` means the one that ngrok assigns.
    pub domain: Option<String>,
    /// A traffic policy, YAML or JSON, that ngrok applies at its edge.
    pub policy: Option<String>,
    /// Any text; ngrok's own dashboard shows it with the session and its endpoint.
    pub metadata: Option<String>,
    /// Where the session is opened; `None` means `connect.ngrok-agent.com:443`. For accounts with their own agent
    /// ingress.
    pub server: Option<Server>,
    /// The proxies between this machine and the internet.
    pub proxies: Proxies,
    #[doc(hidden)]
    pub seams: Seams,
}

/// An agent ingress: the address at which agents connect, in place of ngrok's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `connect.example.com:443`; the default port is 443.
    pub address: String,
    /// The roots that its certificate must lead to, PEM. `None` means ngrok's own.
    pub ca_pem: Option<String>,
}

/// A connection to ngrok by other means than TCP and TLS.
#[doc(hidden)]
pub type Dial =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = io::Result<Box<dyn ngrok::session::IoStream>>> + Send>> + Send + Sync>;

/// What tests put in the place of the outside world.
#[doc(hidden)]
#[derive(Clone)]
pub struct Seams {
    pub dial: Option<Dial>,
    pub time: Arc<dyn Time>,
    /// How often a heartbeat is sent, and how late its answer may be.
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
            // Nobody reads any more, so there is nobody to report to.
            let _ = tokio::time::timeout(LAST_WORD, site.states.send(last)).await;
        })
    }
}
