//! The Sandbox: the emulator in this process, and the REST client and control side through which it is used, over HTTP
//! like any other service. Its state lives as long as the process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use emulator::{Profile, SampleRequest, SampleSent, Service, ServiceOptions, Signers, SigningKeys, TokenForm};
use gemini::JwksCache;
use gemini::client::{ApiVersion, Client, ClientError};
use gemini::jwks::{Fetch, Fetching, HttpFetch};
use inbound::Clock;
use serde_json::{Value, json};
use signature::{JwtPolicy, KeyState, Policy, Scheme, Secret, SecretKey};
use store::Store;
use tokio::sync::{Mutex, Notify, watch as watched};

use crate::books;
use crate::dto::{
    ApiKey, ListenerState, Project, SandboxAdvance, SandboxClock, SandboxCounts, SandboxDeliveries, SandboxDelivery,
    SandboxOverview,
};
use crate::engine::{Engine, SANDBOX_PATH};
use crate::error::{Code, Error, Result};
use crate::keys::{ProjectKeys, Registry};
use crate::vault::VaultKind;

mod control;
mod jobs;
mod received;
mod watch;
mod webhooks;

use control::Control;
use received::Received;

/// Most deliveries of a page of the log.
const LOG_PAGE: u32 = 200;
/// How long a change of the clock waits for what follows from it.
const FOLLOW: Duration = Duration::from_secs(1);

/// The running emulator, as its clients see it.
pub(crate) struct Sandbox {
    /// Given up at the end, to stop in order.
    service: std::sync::Mutex<Option<Service>>,
    origin: String,
    api_key: String,
    signers: Signers,
    /// What its tokens claim.
    token: watched::Receiver<TokenForm>,
    /// How often we fetched its keys ourselves.
    fetched: Arc<AtomicU64>,
    pub(crate) client: Client,
    control: Control,
    received: Received,
    /// The webhook that Pollux registered for its own listener.
    own: Mutex<webhooks::Own>,
    /// Something was changed through us.
    changed: Notify,
    /// Something changed, whoever did it.
    news: watched::Sender<()>,
    /// The row of its project.
    pub(crate) project: i64,
    /// The wall clock.
    wall: Clock,
}

impl Sandbox {
    /// Starts the emulator; gives it with the project of its keys.
    pub(crate) async fn start(store: &Store, wall: Clock) -> Result<(Arc<Self>, ProjectKeys)> {
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
        let hint = crate::projects::hint(&api_key);
        let project = Project {
            base_url: origin.clone(),
            api_key: Some(ApiKey { hint, stored_in: VaultKind::Memory, available: true }),
            ..books::view(&store.projects().sandbox(SANDBOX_PATH).await?, true)
        };
        let fetched = Arc::new(AtomicU64::new(0));
        let keys = ProjectKeys {
            project,
            secrets: vec![SecretKey {
                id: crate::secrets::SANDBOX_SECRET.to_owned(),
                secret,
                state: KeyState::Current,
            }],
            expired: Vec::new(),
            jwks: Some(Arc::new(jwks(&origin, &fetched)?)),
            closed: false,
            policy: Some(policy(&token.borrow())),
        };
        let sandbox = Self {
            service: std::sync::Mutex::new(Some(service)),
            origin,
            api_key,
            signers,
            token,
            fetched,
            client,
            control,
            received: Received::default(),
            own: Mutex::default(),
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

    /// Ends the emulator in order.
    pub(crate) async fn stop(&self) {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(service) = service {
            service.stop().await;
        }
    }

    /// What it signs with.
    pub(crate) async fn signing_keys(&self) -> Result<SigningKeys> {
        let keys = self.signers.get().await;
        keys.map_err(|error| {
            Error::new(Code::SandboxFailed, "The Sandbox's keys could not be made.").with_detail(error)
        })
    }

    /// Where it publishes them, for a receiver of these schemes.
    pub(crate) fn jwks_url(&self, schemes: &[Scheme]) -> String {
        jwks_url(&self.origin, schemes.contains(&Scheme::Jwt))
    }

    /// How it presents itself now.
    pub(crate) fn profile(&self) -> Profile {
        Profile::default().claiming(self.token.borrow().clone())
    }

    /// Holds its deliveries to what its tokens claim, whoever changes that; ends with it.
    pub(crate) async fn follow_token(self: Arc<Self>, registry: Arc<Registry>) {
        let mut token = self.token.clone();
        while token.changed().await.is_ok() {
            self.expect_token(&registry);
        }
    }

    fn expect_token(&self, registry: &Registry) {
        let policy = policy(&self.token.borrow());
        registry.update(|all| {
            if let Some(keys) = all.iter_mut().find(|keys| keys.project.id == self.project) {
                keys.policy = Some(policy);
            }
        });
    }

    /// Tells how often others have asked for its keys from now on.
    pub(crate) fn asked_from_now_on(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let (signers, fetched) = (self.signers.clone(), self.fetched.clone());
        let asked = move || signers.asked().saturating_sub(fetched.load(Ordering::Relaxed));
        let before = asked();
        move || asked().saturating_sub(before)
    }

    pub(crate) async fn clock(&self) -> Result<SandboxClock> {
        Ok(self.clock_view(self.control.get("clock").await?))
    }

    fn clock_view(&self, clock: control::Clock) -> SandboxClock {
        let since = (self.wall)().duration_since(UNIX_EPOCH).unwrap_or_default();
        SandboxClock {
            now_ms: clock.now,
            wall_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            warp: clock.warp,
            next_due_ms: clock.next_due,
        }
    }

    fn touched(&self) {
        self.changed.notify_one();
    }

    /// Told whenever something in it changed.
    pub(crate) fn news(&self) -> watched::Receiver<()> {
        self.news.subscribe()
    }
}

/// Fetches the Sandbox's keys, and counts: others are told apart from us by that.
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
    // The emulator makes its RSA keys when they are first asked for: not when the first delivery waits for them.
    let early = cache.clone();
    tokio::spawn(async move { early.get().await });
    Ok(cache)
}

/// Tokens are verified only with keys that are published with the scheme of tokens; samples are signed with either.
fn jwks_url(origin: &str, tokens: bool) -> String {
    format!("{origin}/.well-known/jwks.json{}", if tokens { "?dynamic=jwt" } else { "" })
}

/// What the Sandbox's tokens are held to: a claim that is left out is not asked for.
fn policy(token: &TokenForm) -> Policy {
    let wanted = |claim: &String| Some(claim.clone()).filter(|claim| !claim.is_empty());
    let (audience, issuer) = (wanted(&token.audience), wanted(&token.issuer));
    Policy { jwt: JwtPolicy { audience, issuer, ..JwtPolicy::default() }, ..Policy::default() }
}

/// The REST side's errors in our words, with the service's own sentence.
fn refused(error: ClientError) -> Error {
    let code = match &error {
        ClientError::Api(api) if api.http == 404 => Code::NotFound,
        ClientError::NotSent(_) | ClientError::Unreachable(_) | ClientError::TimedOut => Code::SandboxUnreachable,
        _ => Code::SandboxRefused,
    };
    Error::new(code, error.to_string())
}

impl Engine {
    /// The running Sandbox.
    pub(crate) fn sandbox(&self) -> Result<&Arc<Sandbox>> {
        self.inner.sandbox.as_ref().ok_or_else(|| Error::new(Code::NoSandbox, "The Sandbox is not running."))
    }

    /// Where the listener takes the Sandbox's deliveries; `None` while it does not run.
    async fn receiver(&self) -> Option<String> {
        match self.listener_state().await {
            ListenerState::Listening { address, .. } => Some(format!("{address}{SANDBOX_PATH}")),
            _ => None,
        }
    }

    async fn listening_receiver(&self) -> Result<String> {
        self.receiver().await.ok_or_else(|| {
            Error::new(Code::NotListening, "The listener is not running, so what the Sandbox sends has nowhere to go.")
        })
    }

    /// The Sandbox at a glance.
    pub async fn sandbox_overview(&self) -> Result<SandboxOverview> {
        let sandbox = self.sandbox()?;
        self.own_webhook(sandbox).await;
        let status: control::Status = sandbox.control.get("").await?;
        let webhooks = sandbox.control.webhooks().await?;
        let own = sandbox.own.lock().await.id().map(str::to_owned);
        Ok(SandboxOverview {
            address: sandbox.origin.clone(),
            api_key: sandbox.api_key.clone(),
            receiver: self.receiver().await,
            jobs: sandbox.control.jobs().await?,
            clock: sandbox.clock().await?,
            counts: SandboxCounts {
                pending: status.pending,
                webhooks: status.webhooks,
                jobs: status.jobs,
                deliveries: status.deliveries,
            },
            webhooks: webhooks.into_iter().map(|webhook| webhooks::view(webhook, own.as_deref())).collect(),
        })
    }

    /// Runs the Sandbox's clock at another pace, 0 to 1,000,000 times the wall clock's.
    pub async fn sandbox_clock_set(&self, warp: f64) -> Result<SandboxClock> {
        let sandbox = self.sandbox()?;
        let set = sandbox.control.patch("clock", json!({ "warp": warp })).await?;
        sandbox.touched();
        self.follow_clock(sandbox).await;
        Ok(sandbox.clock_view(set))
    }

    /// Sets the Sandbox's clock ahead.
    pub async fn sandbox_clock_advance(&self, by: SandboxAdvance) -> Result<SandboxClock> {
        let sandbox = self.sandbox()?;
        let body = match by {
            SandboxAdvance::Ms(ms) => json!({ "ms": ms }),
            SandboxAdvance::Next => json!({ "next": true }),
        };
        let set = sandbox.control.post("clock:advance", body).await?;
        sandbox.touched();
        self.follow_clock(sandbox).await;
        Ok(sandbox.clock_view(set))
    }

    /// Secrets end on the Sandbox's clock: what comes after a jump is judged by what holds then. Only where the service
    /// that is asked for it is slow, on purpose, this happens later.
    async fn follow_clock(&self, sandbox: &Sandbox) {
        if self.inner.boards.asked(sandbox.project) {
            let read = tokio::time::timeout(FOLLOW, self.read_webhooks(sandbox.project)).await;
            if let Ok(Err(error)) = read {
                tracing::warn!(code = %error.code, "the Sandbox's webhooks could not be read");
            }
        }
    }

    /// What the emulator assumes, and what goes wrong on purpose.
    pub async fn sandbox_settings(&self) -> Result<emulator::Settings> {
        self.sandbox()?.control.get("settings").await
    }

    /// Changes them by a JSON merge patch (RFC 7396).
    pub async fn sandbox_settings_set(&self, patch: Value) -> Result<emulator::Settings> {
        let sandbox = self.sandbox()?;
        let settings: emulator::Settings = sandbox.control.patch("settings", patch).await?;
        sandbox.expect_token(&self.inner.registry);
        self.inner.registry.note_sandbox_ping(&settings.payload.ping_type);
        sandbox.touched();
        Ok(settings)
    }

    /// A page of the delivery log, newest first, each with what Pollux received of it.
    pub async fn sandbox_deliveries(&self, before: Option<u64>, limit: u32) -> Result<SandboxDeliveries> {
        let sandbox = self.sandbox()?;
        let page = sandbox.control.deliveries(before, limit.clamp(1, LOG_PAGE)).await?;
        let view = |one: control::Delivery| SandboxDelivery {
            received: sandbox.received.with(&one.id),
            number: one.number,
            id: one.id,
            event_type: one.event_type,
            uri: one.uri,
            webhook: one.webhook,
            job: one.job,
            scheme: one.scheme,
            created_ms: one.created,
            state: one.state,
            next_ms: one.next,
            attempts: one.attempts.into_iter().map(control::Attempt::view).collect(),
        };
        Ok(SandboxDeliveries {
            deliveries: page.deliveries.into_iter().map(view).collect(),
            next_before: page.next_before,
        })
    }

    /// The signed JSON of a delivery in the log.
    pub async fn sandbox_delivery_body(&self, id: &str) -> Result<String> {
        #[derive(serde::Deserialize)]
        struct Answer {
            body: String,
        }
        let answer: Answer = self.sandbox()?.control.get(&format!("deliveries/{}", message(id)?)).await?;
        Ok(answer.body)
    }

    /// Tries a delivery now, whatever was planned.
    pub async fn sandbox_delivery_retry(&self, id: &str) -> Result<()> {
        let sandbox = self.sandbox()?;
        let _: Value = sandbox.control.post(&format!("deliveries/{}:retry", message(id)?), json!({})).await?;
        sandbox.touched();
        Ok(())
    }

    /// New keys for dynamic deliveries: the old ones are gone from the JWKS.
    pub async fn sandbox_keys_rotate(&self) -> Result<()> {
        let sandbox = self.sandbox()?;
        let _: Value = sandbox.control.post("keys:rotate", json!({})).await?;
        // A JWKS is read again once a minute at most, and whoever rotates keys by hand does not wait for that.
        let fresh = Arc::new(jwks(&sandbox.origin, &sandbox.fetched)?);
        self.inner.registry.update(|all| {
            if let Some(keys) = all.iter_mut().find(|keys| keys.project.id == sandbox.project) {
                keys.jwks = Some(fresh);
            }
        });
        Ok(())
    }

    /// As on the first day, but for settings and keys: without webhooks, jobs, files and deliveries. Then Pollux's own
    /// webhook is registered anew.
    pub async fn sandbox_reset(&self) -> Result<()> {
        let sandbox = self.sandbox()?;
        let _: Value = sandbox.control.post("reset", json!({})).await?;
        self.forget_webhooks(sandbox).await?;
        self.own_webhook(sandbox).await;
        sandbox.touched();
        Ok(())
    }

    /// The Sandbox sends a sample to the listener.
    pub async fn sample_send(&self, request: &SampleRequest) -> Result<SampleSent> {
        let sandbox = self.sandbox()?;
        let uri = self.listening_receiver().await?;
        let sent = sandbox.control.post("deliveries:send", json!({ "uri": uri, "request": request })).await;
        sent.map_err(|error| match error.code {
            Code::SandboxRefused | Code::NotFound => Error { code: Code::SampleFailed, ..error },
            _ => error,
        })
    }
}

/// A message id as a path segment.
fn message(id: &str) -> Result<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !id.is_empty() && id.chars().all(fits) { Ok(id) } else { Err(Error::not_found("delivery")) }
}
