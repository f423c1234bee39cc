//! The running emulator as a whole: its state, its clock, its HTTP side, and the agenda that drives jobs and
//! deliveries.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use samples::{KeyError, Profile, Random, SigningKeys, TokenForm, random, system_random};
use tokio::net::TcpListener;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::clock::Clock;
use crate::delivery::courier::Courier;
use crate::delivery::report::AttemptReport;
use crate::journal::{Journal, JournalError, Kept};
use crate::keyring::KeyRing;
use crate::settings::{DynamicScheme, Settings};
use crate::shared::{Inner, Shared, Wall};
use crate::source::seeded_random;
use crate::world::World;
use crate::world::ended::Keep;
use crate::{agenda, rest, send};

/// How long [`Service::stop`] waits for requests that are under way.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// How an emulator is started.
#[derive(Clone)]
pub struct ServiceOptions {
    /// Where it listens; port 0 picks any that is free. Loopback by default.
    pub address: SocketAddr,
    /// Keeps its state in this file, or else in memory.
    pub database: Option<PathBuf>,
    /// The key that clients have to send; if `None`, any that is not empty.
    pub api_key: Option<String>,
    /// Same seed and same requests: same ids, secrets, waits and faults. Random if `None`.
    pub seed: Option<u64>,
    /// How much faster than the wall clock its own clock runs.
    pub warp: f64,
    /// Its settings. Those left at the default are taken from the database if it has them; any other was requested and
    /// wins.
    pub settings: Settings,
    /// How much of the log of ended deliveries stays, besides the settings.
    pub keep: Keep,
    /// How the sender presents itself. Its token claims are also settings, and those win.
    pub profile: Profile,
    /// Where the wall time comes from.
    pub wall: Wall,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database: None,
            api_key: None,
            seed: None,
            warp: 1.0,
            settings: Settings::default(),
            keep: Keep::default(),
            profile: Profile::default(),
            wall: Arc::new(SystemTime::now),
        }
    }
}

impl fmt::Debug for ServiceOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServiceOptions")
            .field("address", &self.address)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// Why an emulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The keys could not be made.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The address could not be listened on.
    #[error("The emulator cannot listen on {address}: {source}. Choose another port, or 0 for any that is free.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The HTTP client could not be built.
    #[error("The emulator could not set up its HTTP client: {0}.")]
    Client(#[from] reqwest::Error),
    /// The state could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A running emulator. Stops when dropped.
pub struct Service {
    shared: Shared,
    address: SocketAddr,
    server: JoinHandle<()>,
    agenda: JoinHandle<()>,
    stop: DropGuard,
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Service").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The seed of the draws, and the source of ids. After `starts` earlier starts with the same state, a seed continues
/// with other bytes, so no id is given twice.
fn chance(seed: Option<u64>, starts: u64) -> Result<(u64, Random), KeyError> {
    let system = system_random();
    Ok(match seed {
        Some(seed) => (seed, seeded_random(seed.wrapping_add(starts.wrapping_mul(0x9e37_79b9_7f4a_7c15)))),
        None => (u64::from_le_bytes(random::bytes(&system)?), system),
    })
}

/// The keys that a service signs with, also while somebody else uses the service.
#[derive(Clone)]
pub struct Signers(Shared);

impl Signers {
    /// The current keys. Makes the RSA keys if they do not exist yet.
    ///
    /// # Errors
    /// If an RSA key cannot be made.
    pub async fn get(&self) -> Result<SigningKeys, KeyError> {
        let rsa = self.0.keys.rsa().await?;
        let strange_rsa = self.0.keys.strange_rsa().await?;
        Ok(SigningKeys { rsa: Some(rsa), strange_rsa: Some(strange_rsa), ..self.0.keys.plain() })
    }

    /// How often anyone has requested the JWKS since the start.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.0.keys.asked()
    }
}

impl fmt::Debug for Signers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signers").finish_non_exhaustive()
    }
}

impl Service {
    /// Reads its state if it has any, listens, and starts to deliver.
    ///
    /// # Errors
    /// If the address is taken, the state cannot be read, or there are no random bytes.
    pub async fn start(options: ServiceOptions) -> Result<Self, ServiceError> {
        let listen = |source| ServiceError::Listen { address: options.address, source };
        let listener = TcpListener::bind(options.address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let wall_ms = (options.wall)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut settings = options.settings;
        if settings.token == TokenForm::default() {
            settings.token = TokenForm::of(&options.profile);
        }
        let mut world = World::new(settings);
        world.ended.keep = options.keep;
        let mut now = i64::try_from(wall_ms).unwrap_or(i64::MAX);
        let (journal, kept) = match &options.database {
            None => (None, Kept::default()),
            Some(path) => {
                let (journal, kept) = Journal::open(path, &mut world)?;
                (Some(Arc::new(journal)), kept)
            }
        };
        // The clock never goes back, not even across a restart.
        now = now.max(kept.clock_ms.unwrap_or(now));
        let (seed, random) = chance(options.seed, kept.starts)?;
        let keys = match kept.keys {
            Some(keys) => KeyRing::from_kept(keys, &random)?,
            None => KeyRing::generate(&random)?,
        };
        if let Some(journal) = &journal {
            keys.keep_in(journal);
            journal.keep_clock(now);
        }
        world.plan_all(now);
        let courier = Courier::new(&options.profile.user_agent);
        let token = watch::Sender::new(world.settings.token.clone());
        let stop = CancellationToken::new();
        let shared = Arc::new(Inner {
            world: Mutex::new(world),
            clock: Clock::new(now, options.warp),
            wall: options.wall,
            random,
            seed,
            api_key: options.api_key,
            profile: options.profile,
            keys,
            client: send::client()?,
            courier,
            planned: Notify::new(),
            jobs: watch::Sender::new(()),
            stopping: stop.clone(),
            attempts: broadcast::channel(1024).0,
            token,
            journal,
            address,
        });
        let server = tokio::spawn(rest::serve(listener, Arc::clone(&shared), stop.clone()));
        let agenda = tokio::spawn(agenda::run(Arc::clone(&shared), stop.clone()));
        Ok(Self { shared, address, server, agenda, stop: stop.drop_guard() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, the base address for clients.
    #[must_use]
    pub fn origin(&self) -> String {
        self.shared.origin()
    }

    /// The `whsec_…` text that samples of scheme `v1` are signed with: their receivers need it.
    #[must_use]
    pub fn sample_secret(&self) -> String {
        self.shared.keys.plain().secret.unwrap_or_default()
    }

    /// The keys that deliveries are signed with, for a caller that signs in its place.
    #[must_use]
    pub fn signers(&self) -> Signers {
        Signers(Arc::clone(&self.shared))
    }

    /// Changes how deliveries of dynamic webhooks are signed, whatever the settings said.
    pub fn set_dynamic(&self, dynamic: DynamicScheme) {
        self.shared.set(|settings| settings.dynamic = dynamic);
    }

    /// Changes the claims of tokens, whatever the settings said.
    pub fn set_token(&self, change: impl FnOnce(&mut TokenForm)) {
        self.shared.set(|settings| change(&mut settings.token));
    }

    /// The claims of tokens, and every change of them.
    #[must_use]
    pub fn token(&self) -> watch::Receiver<TokenForm> {
        self.shared.token.subscribe()
    }

    /// Answers a request without a socket, as if a program on this machine had sent it; for the fuzz targets. From the
    /// first one on, no job goes on by itself and nothing is delivered.
    #[cfg(feature = "fuzzing")]
    #[doc(hidden)]
    pub async fn answer(&self, request: axum::extract::Request) -> axum::response::Response {
        use axum::extract::{ConnectInfo, State};

        self.agenda.abort();
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        rest::answer(State(Arc::clone(&self.shared)), ConnectInfo(peer), request).await
    }

    /// Its inner parts, for tests of them.
    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Its clock, to read and to set.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Reports every attempt as it ends. A receiver that falls too far behind gets `Lagged`; the log has all of them.
    #[must_use]
    pub fn attempts(&self) -> broadcast::Receiver<Arc<AttemptReport>> {
        self.shared.attempts.subscribe()
    }

    /// Stops in order: answers requests under way within two seconds, and writes the state.
    pub async fn stop(self) {
        drop(self.stop);
        for mut task in [self.server, self.agenda] {
            if tokio::time::timeout(STOP_TIMEOUT, &mut task).await.is_err() {
                task.abort();
            }
        }
        if let Some(journal) = &self.shared.journal {
            journal.keep_clock(self.shared.clock.now());
            journal.close().await;
        }
    }
}
