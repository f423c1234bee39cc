//! The sandbox: keys, a JWKS served over HTTP on this machine, and a sender.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use reqwest::Client;
use serde_json::Value;
use signature::Scheme;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{error, warn};

use crate::keys::{KeyError, RsaKey, SigningKeys};
use crate::payload::SampleRequest;
use crate::send::{SampleSent, SendError, client, local, send};
use crate::source::{self, Random};
use crate::{Profile, system_random};

/// How long [`Sandbox::stop`] waits for requests that are under way.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

const JWKS_PATH: &str = "/.well-known/jwks.json";

/// How a sandbox is started.
#[derive(Clone)]
pub struct Options {
    /// Where it listens, port 0 for any that is free. Loopback by default.
    pub address: SocketAddr,
    /// Where keys, ids and sample payloads take their random bytes from.
    pub random: Random,
    /// How the sender presents itself.
    pub profile: Profile,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            random: system_random(),
            profile: Profile::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("address", &self.address)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The keys could not be made.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The address could not be listened on.
    #[error("the sandbox cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The HTTP client could not be made.
    #[error("the sandbox has no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// The service on one's own machine: it has keys, publishes them, and sends. Stops when dropped.
pub struct Sandbox {
    keys: Arc<KeyRing>,
    address: SocketAddr,
    profile: Profile,
    random: Random,
    client: Client,
    server: JoinHandle<()>,
    stop: DropGuard,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The keys, of which the RSA ones are made once and off the async threads.
struct KeyRing {
    plain: SigningKeys,
    random: Random,
    rsa: OnceCell<Arc<RsaKey>>,
    strange_rsa: OnceCell<Arc<RsaKey>>,
}

impl KeyRing {
    async fn rsa(&self) -> Result<Arc<RsaKey>, KeyError> {
        self.rsa.get_or_try_init(|| generate(&self.random)).await.cloned()
    }

    async fn strange_rsa(&self) -> Result<Arc<RsaKey>, KeyError> {
        self.strange_rsa.get_or_try_init(|| generate(&self.random)).await.cloned()
    }
}

async fn generate(random: &Random) -> Result<Arc<RsaKey>, KeyError> {
    let kid: String = source::bytes::<20>(random)?.iter().map(|byte| format!("{byte:02x}")).collect();
    tokio::task::spawn_blocking(move || RsaKey::generate(kid).map(Arc::new)).await.unwrap_or(Err(KeyError::Rsa))
}

impl Sandbox {
    /// Makes the keys, listens, and serves the JWKS. The RSA key is made in the background; whoever needs it earlier
    /// waits for it.
    ///
    /// # Errors
    /// When the address is taken, or random bytes cannot be had.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let keys = Arc::new(KeyRing {
            plain: SigningKeys::generate(&options.random)?,
            random: Arc::clone(&options.random),
            rsa: OnceCell::new(),
            strange_rsa: OnceCell::new(),
        });
        let listen = |source| StartError::Listen { address: options.address, source };
        let listener = TcpListener::bind(options.address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let client = client()?;

        let token = CancellationToken::new();
        let stopped = token.clone();
        let router = Router::new().route(JWKS_PATH, get(jwks)).with_state(Arc::clone(&keys));
        let server = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stopped.cancelled_owned());
            if let Err(error) = serving.await {
                error!(%error, "the sandbox no longer serves its keys");
            }
        });
        let early = Arc::clone(&keys);
        tokio::spawn(async move {
            if let Err(error) = early.rsa().await {
                warn!(%error, "the sandbox has no RSA key");
            }
        });
        Ok(Self {
            keys,
            address,
            profile: options.profile,
            random: options.random,
            client,
            server,
            stop: token.drop_guard(),
        })
    }

    /// The `whsec_…` text that `v1` samples are signed with.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.keys.plain.secret.as_deref().unwrap_or_default()
    }

    /// Where the sandbox listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of its JWKS.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("http://{}{JWKS_PATH}", self.address)
    }

    /// All keys, for [`compose`]. Waits for the RSA keys.
    ///
    /// # Errors
    /// When an RSA key could not be made.
    pub async fn signing_keys(&self) -> Result<SigningKeys, KeyError> {
        Ok(SigningKeys {
            rsa: Some(self.keys.rsa().await?),
            strange_rsa: Some(self.keys.strange_rsa().await?),
            ..self.keys.plain.clone()
        })
    }

    /// Sends a sample to a receiver on this machine. `now` in Unix seconds.
    ///
    /// # Errors
    /// When the request names something that there is not, `target` is not on this machine, or nobody answers there.
    pub async fn send(&self, request: &SampleRequest, target: &str, now: i64) -> Result<SampleSent, SendError> {
        let url = local(target)?;
        let mut keys = self.keys.plain.clone();
        if request.scheme == Scheme::Jwt {
            keys.rsa = Some(self.keys.rsa().await?);
            if request.broken.is_some() {
                keys.strange_rsa = Some(self.keys.strange_rsa().await?);
            }
        }
        send(&self.client, &url, request, &keys, &self.profile, now, &self.random).await
    }

    /// Stops serving. Requests under way are answered, within two seconds.
    pub async fn stop(self) {
        drop(self.stop);
        let mut server = self.server;
        if tokio::time::timeout(STOP_TIMEOUT, &mut server).await.is_err() {
            server.abort();
        }
    }
}

async fn jwks(State(keys): State<Arc<KeyRing>>) -> Json<Value> {
    let mut published = keys.plain.clone();
    // Without an RSA key the others are as good as before; why it failed was logged where it was made.
    published.rsa = keys.rsa().await.ok();
    Json(published.jwks())
}
