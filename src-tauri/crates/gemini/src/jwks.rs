//! The published keys of dynamic webhooks: fetched once and kept. They are fetched again at most once a minute if a
//! delivery needs a key that is not among them, so that forged traffic cannot make us hammer the service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use signature::{Jwks, KeySet};
use thiserror::Error;
use tokio::sync::watch;
use tracing::{debug, warn};

pub(crate) mod http;

pub use http::HttpFetch;

/// Where Google publishes the keys of dynamic webhooks, as observed (three Ed25519 keys without `kid`).
pub const GOOGLE_JWKS_URL: &str = "https://generativelanguage.googleapis.com/.well-known/jwks.json";

/// A larger JWKS is refused.
pub const SIZE_LIMIT: usize = 1 << 20;

/// How long one fetch may take.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The minimum time between two fetches when there are keys.
pub const REFRESH_EVERY: Duration = Duration::from_secs(60);

/// The minimum time between two fetches when there are none.
pub const RETRY_EVERY: Duration = Duration::from_secs(10);

/// Older keys are fetched again in the background when they are next requested, so that a key that the service has
/// withdrawn does not stay valid for ever.
pub const MAX_AGE: Duration = Duration::from_secs(6 * 60 * 60);

/// Why a JWKS could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The server could not be reached, or broke off.
    #[error("the server could not be reached ({0})")]
    Unreachable(String),
    /// The server answered with a status other than 200.
    #[error("the server answered {0} where 200 was expected")]
    Status(u16),
    /// More than [`SIZE_LIMIT`] bytes.
    #[error("the answer has more than 1 MiB")]
    TooLarge,
    /// It took too long, by default more than [`FETCH_TIMEOUT`].
    #[error("there was no answer in time")]
    TimedOut,
    /// The address cannot be used.
    #[error("{0}")]
    Address(String),
}

/// The future of a fetch.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchError>> + Send + 'a>>;

/// Fetches the bytes of a JWKS.
pub trait Fetch: Send + Sync + 'static {
    /// One attempt. The caller limits its time; the implementation limits its size to [`SIZE_LIMIT`].
    fn fetch(&self) -> Fetching<'_>;
}

type Clock = Box<dyn Fn() -> Instant + Send + Sync>;

/// The keys of one address, shared by all who need them. Cloning shares them.
#[derive(Clone)]
pub struct JwksCache {
    shared: Arc<Shared>,
}

struct Shared {
    fetch: Box<dyn Fetch>,
    clock: Clock,
    timeout: Duration,
    state: Mutex<State>,
    /// How many sets of keys have arrived.
    came: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    fetched_at: Option<Instant>,
    attempted_at: Option<Instant>,
    last_error: Option<String>,
    running: Option<watch::Receiver<()>>,
}

impl State {
    fn jwks(&self) -> Jwks {
        match (&self.keys, &self.last_error) {
            (Some(keys), _) => Jwks::Known(Arc::clone(keys)),
            (None, Some(why)) => Jwks::Unavailable(why.clone()),
            (None, None) => Jwks::Unavailable("The published keys have not been fetched yet.".to_owned()),
        }
    }

    fn elapsed_since_attempt(&self, now: Instant) -> Option<Duration> {
        self.attempted_at.map(|at| now.saturating_duration_since(at))
    }

    /// The fetch under way, if there is one. A fetch whose task is gone does not count.
    fn running(&self) -> Option<watch::Receiver<()>> {
        self.running.clone().filter(|receiver| receiver.has_changed().is_ok())
    }
}

impl fmt::Debug for JwksCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JwksCache").finish_non_exhaustive()
    }
}

impl JwksCache {
    /// A cache that fetches with `fetch` and uses the system's monotonic clock.
    #[must_use]
    pub fn new(fetch: impl Fetch) -> Self {
        Self::with_clock(fetch, Instant::now, FETCH_TIMEOUT)
    }

    /// A cache with its own clock and time limit.
    #[must_use]
    pub fn with_clock(
        fetch: impl Fetch,
        clock: impl Fn() -> Instant + Send + Sync + 'static,
        timeout: Duration,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                fetch: Box::new(fetch),
                clock: Box::new(clock),
                timeout,
                state: Mutex::default(),
                came: watch::Sender::new(0),
            }),
        }
    }

    /// What is known now, without fetching.
    #[must_use]
    pub fn known(&self) -> Jwks {
        self.shared.state().jwks()
    }

    /// Changes whenever keys have arrived.
    #[must_use]
    pub fn came(&self) -> watch::Receiver<u64> {
        self.shared.came.subscribe()
    }

    /// The keys, fetched if there are none yet. Existing keys are returned at once, however old; old ones ([`MAX_AGE`])
    /// are fetched again in the background.
    ///
    /// After a failure, returns `Unavailable` without a new attempt for [`RETRY_EVERY`]. Must run inside a Tokio
    /// runtime.
    pub async fn get(&self) -> Jwks {
        let now = (self.shared.clock)();
        let waiting = {
            let mut state = self.shared.state();
            if state.keys.is_some() {
                let age = state.fetched_at.map(|at| now.saturating_duration_since(at));
                if age >= Some(MAX_AGE) && state.elapsed_since_attempt(now) >= Some(REFRESH_EVERY) {
                    let _background = self.join_or_start(&mut state, now);
                }
                return state.jwks();
            }
            match state.running() {
                Some(running) => running,
                None if state.elapsed_since_attempt(now).is_some_and(|since| since < RETRY_EVERY) => {
                    return state.jwks();
                }
                None => self.join_or_start(&mut state, now),
            }
        };
        self.outcome_of(waiting).await
    }

    /// For a verification that found no key: fetches again, at most once per [`REFRESH_EVERY`] (or [`RETRY_EVERY`]
    /// while there are no keys at all).
    ///
    /// `None` if there is nothing new to try: too soon, failed, or the same keys as `used`. Concurrent callers share
    /// one fetch.
    pub async fn refresh(&self, used: &Jwks) -> Option<Jwks> {
        let now = (self.shared.clock)();
        let waiting = {
            let mut state = self.shared.state();
            if is_newer(&state.jwks(), used) {
                return Some(state.jwks());
            }
            let least = if state.keys.is_some() { REFRESH_EVERY } else { RETRY_EVERY };
            match state.running() {
                Some(running) => running,
                None if state.elapsed_since_attempt(now).is_some_and(|since| since < least) => {
                    return None;
                }
                None => self.join_or_start(&mut state, now),
            }
        };
        let jwks = self.outcome_of(waiting).await;
        is_newer(&jwks, used).then_some(jwks)
    }

    /// Waits for a fetch and returns what is known then.
    async fn outcome_of(&self, mut waiting: watch::Receiver<()>) -> Jwks {
        // A message and a dropped sender both mean that the fetch is over.
        let _over = waiting.changed().await;
        self.known()
    }

    /// Starts a fetch in its own task, so that a caller who gives up does not take it from the others.
    fn join_or_start(&self, state: &mut State, now: Instant) -> watch::Receiver<()> {
        if let Some(running) = state.running() {
            return running;
        }
        let (done, waiting) = watch::channel(());
        state.running = Some(waiting.clone());
        state.attempted_at = Some(now);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let fetched =
                tokio::time::timeout(shared.timeout, shared.fetch.fetch()).await.unwrap_or(Err(FetchError::TimedOut));
            shared.settle(fetched);
            // The caller may have gone away.
            let _nobody = done.send(());
        });
        waiting
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements that change it.
        self.state.lock()
    }

    fn settle(&self, fetched: Result<Vec<u8>, FetchError>) {
        let parsed = fetched.map_err(|error| error.to_string()).and_then(|bytes| {
            if bytes.len() > SIZE_LIMIT {
                return Err(FetchError::TooLarge.to_string());
            }
            KeySet::parse(&bytes).map_err(|error| error.to_string())
        });
        let now = (self.clock)();
        let mut state = self.state();
        state.running = None;
        match parsed {
            Ok(keys) => {
                debug!("published keys fetched");
                state.keys = Some(Arc::new(keys));
                state.fetched_at = Some(now);
                state.last_error = None;
                drop(state);
                self.came.send_modify(|count| *count += 1);
            }
            Err(why) => {
                warn!(why, "published keys could not be fetched");
                state.last_error = Some(format!("The published keys could not be fetched: {why}."));
            }
        }
    }
}

/// Whether `found` is a key set that differs from `used`.
fn is_newer(found: &Jwks, used: &Jwks) -> bool {
    match (found, used) {
        (Jwks::Known(found), Jwks::Known(used)) => !Arc::ptr_eq(found, used),
        (Jwks::Known(_), _) => true,
        _ => false,
    }
}
