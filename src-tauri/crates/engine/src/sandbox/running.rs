//! The running emulator, with the REST client and the control side through which it is used. Its state lives as long as
//! the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use emulator::{Service, ServiceOptions, Signers};
use gemini::JwksCache;
use gemini::client::{ApiVersion, Client, ClientError};
use gemini::jwks::{Fetch, Fetching, HttpFetch};
use inbound::Clock;
use samples::{Profile, SigningKeys, TokenForm};
use signature::{JwtPolicy, KeyState, Policy, Scheme, Secret, SecretKey};
use store::Store;
use tokio::sync::{Notify, watch as watched};

use super::control::{self, Control};
use super::own::Own;
use super::received::Received;
use crate::common::Common;
use crate::dto::{ApiKey, Project, SandboxClock};
use crate::error::{Code, Error, Result};
use crate::projects::names::{self, hint};
use crate::projects::vault::VaultKind;
use crate::registry::{ProjectKeys, Registry, SANDBOX_PATH, SANDBOX_SECRET};

/// The running emulator, as its clients see it.
pub(crate) struct Running {
    /// Taken out at the end, so that it stops in order.
    pub(super) service: parking_lot::Mutex<Option<Service>>,
    pub(super) origin: String,
    pub(super) api_key: String,
    signers: Signers,
    /// What its tokens claim.
    token: watched::Receiver<TokenForm>,
    /// How often Pollux fetched its keys itself.
    fetched: Arc<AtomicU64>,
    client: Client,
    pub(super) control: Control,
    pub(super) received: Received,
    /// The webhook that Pollux registered for its own listener.
    pub(super) own: tokio::sync::Mutex<Own>,
    /// Notified when Pollux changed something in it.
    pub(super) changed: Notify,
    /// Changes whenever anything in it changed, whoever did it.
    pub(super) news: watched::Sender<()>,
    /// The id of its project.
    pub(super) project: i64,
    /// The wall clock.
    wall: Clock,
}

impl Running {
    /// Starts the emulator, and returns it with its project and keys.
    pub(crate) async fn start(common: &Common) -> Result<(Arc<Self>, ProjectKeys)> {
        let wall = common.clock().clone();
        let failed = |error: &dyn ToString| {
            Error::new(Code::SandboxFailed, "The Sandbox could not start.").with_detail(error.to_string())
        };
        let api_key = format!("pollux-{}", uuid::Uuid::new_v4().simple());
        let options =
            ServiceOptions { api_key: Some(api_key.clone()), wall: wall.clone(), ..ServiceOptions::default() };
        let service = Service::start(options).await.map_err(|error| failed(&error))?;
        let origin = service.origin();
        let (signers, token) = (service.signers(), service.token());
        let client = Client::new(&origin, ApiVersion::V1, &api_key).map_err(|error| failed(&error))?;
        let control = Control::new(&origin)?;
        let secret = Secret::parse(&service.sample_secret())?;
        let hint = hint(&api_key);
        let project = Project {
            base_url: origin.clone(),
            api_key: Some(ApiKey { hint, stored_in: VaultKind::Memory, available: true }),
            ..names::view(&common.store().projects().sandbox(SANDBOX_PATH).await?, true)
        };
        let fetched = Arc::new(AtomicU64::new(0));
        let keys = ProjectKeys {
            project,
            secrets: vec![SecretKey { id: SANDBOX_SECRET.to_owned(), secret, state: KeyState::Current }],
            expired: Vec::new(),
            jwks: Some(Arc::new(jwks(&origin, &fetched)?)),
            closed: false,
            policy: Some(policy(&token.borrow())),
        };
        let sandbox = Self {
            service: parking_lot::Mutex::new(Some(service)),
            origin,
            api_key,
            signers,
            token,
            fetched,
            client,
            control,
            received: Received::default(),
            own: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            news: watched::Sender::new(()),
            project: keys.project.id,
            wall,
        };
        Ok((Arc::new(sandbox), keys))
    }

    /// Follows what Pollux receives, until the store ends.
    pub(crate) async fn follow(self: Arc<Self>, store: Store) {
        let changes = store.subscribe();
        self.received.follow(store, changes, self.project).await;
    }

    /// Stops the emulator in order.
    pub(crate) async fn stop(&self) {
        let service = self.service.lock().take();
        if let Some(service) = service {
            service.stop().await;
        }
    }

    /// The id of its project.
    pub(crate) fn project(&self) -> i64 {
        self.project
    }

    /// Its REST client.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// An empty cache of the published keys, so that new ones are read at once: a cache reads its JWKS again once a
    /// minute at most, which is too long for a user who has just rotated the keys.
    pub(super) fn fresh_jwks(&self) -> Result<JwksCache> {
        jwks(&self.origin, &self.fetched)
    }

    /// The keys that it signs with.
    pub(crate) async fn signing_keys(&self) -> Result<SigningKeys> {
        let keys = self.signers.get().await;
        keys.map_err(|error| {
            Error::new(Code::SandboxFailed, "The Sandbox's keys could not be made.").with_detail(error)
        })
    }

    /// Where it publishes its keys, for a receiver of these schemes.
    pub(crate) fn jwks_url(&self, schemes: &[Scheme]) -> String {
        jwks_url(&self.origin, schemes.contains(&Scheme::Jwt))
    }

    /// How it presents itself now.
    pub(crate) fn profile(&self) -> Profile {
        Profile::default().claiming(self.token.borrow().clone())
    }

    /// Holds its deliveries to what its tokens claim, whoever changes that. Ends when the emulator does.
    pub(crate) async fn follow_token(self: Arc<Self>, registry: Arc<Registry>) {
        let mut token = self.token.clone();
        while token.changed().await.is_ok() {
            self.expect_token(&registry);
        }
    }

    pub(super) fn expect_token(&self, registry: &Registry) {
        let policy = policy(&self.token.borrow());
        registry.update(|all| {
            if let Some(keys) = all.iter_mut().find(|keys| keys.project.id == self.project) {
                keys.policy = Some(policy);
            }
        });
    }

    /// Returns a function that says how often others have asked for its keys from now on.
    pub(crate) fn asked_from_now_on(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let (signers, fetched) = (self.signers.clone(), self.fetched.clone());
        let asked = move || signers.asked().saturating_sub(fetched.load(Ordering::Relaxed));
        let before = asked();
        move || asked().saturating_sub(before)
    }

    pub(crate) async fn clock(&self) -> Result<SandboxClock> {
        Ok(self.clock_view(self.control.get("clock").await?))
    }

    pub(super) fn clock_view(&self, clock: control::Clock) -> SandboxClock {
        let since = (self.wall)().duration_since(UNIX_EPOCH).unwrap_or_default();
        SandboxClock {
            now_ms: clock.now,
            wall_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            warp: clock.warp,
            next_due_ms: clock.next_due,
        }
    }

    pub(super) fn touched(&self) {
        self.changed.notify_one();
    }

    /// Hears of every change in it.
    pub(crate) fn news(&self) -> watched::Receiver<()> {
        self.news.subscribe()
    }
}

/// Fetches the Sandbox's keys, and counts how often, to tell Pollux's requests from those of others.
struct Counted {
    fetch: HttpFetch,
    fetched: Arc<AtomicU64>,
}

impl Fetch for Counted {
    fn fetch(&self) -> Fetching<'_> {
        self.fetched.fetch_add(1, Ordering::Relaxed);
        self.fetch.fetch()
    }
}

fn jwks(origin: &str, fetched: &Arc<AtomicU64>) -> Result<JwksCache> {
    let fetch = HttpFetch::new(&jwks_url(origin, true))
        .map_err(|error| Error::new(Code::SandboxFailed, "The Sandbox's keys cannot be fetched.").with_detail(error))?;
    let cache = JwksCache::new(Counted { fetch, fetched: fetched.clone() });
    // The emulator makes its RSA keys when they are first asked for. Ask now, so that no delivery has to wait for them.
    let early = cache.clone();
    tokio::spawn(async move { early.get().await });
    Ok(cache)
}

/// Tokens are verified only with keys published under the scheme of tokens; samples are signed with either kind.
fn jwks_url(origin: &str, tokens: bool) -> String {
    format!("{origin}/.well-known/jwks.json{}", if tokens { "?dynamic=jwt" } else { "" })
}

/// What the Sandbox's tokens must claim. A claim that is left out is not checked.
fn policy(token: &TokenForm) -> Policy {
    let wanted = |claim: &String| Some(claim.clone()).filter(|claim| !claim.is_empty());
    let (audience, issuer) = (wanted(&token.audience), wanted(&token.issuer));
    Policy { jwt: JwtPolicy { audience, issuer, ..JwtPolicy::default() }, ..Policy::default() }
}

/// Words the REST side's errors for the user, with the service's own sentence.
pub(super) fn refused(error: ClientError) -> Error {
    let code = match &error {
        ClientError::Api(api) if api.http == 404 => Code::NotFound,
        ClientError::NotSent(_) | ClientError::Unreachable(_) | ClientError::TimedOut => Code::SandboxUnreachable,
        _ => Code::SandboxRefused,
    };
    Error::new(code, error.to_string())
}
