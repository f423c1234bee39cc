//! The engine: one store, one listener, one Sandbox, one feed.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, RwLock};
use std::time::UNIX_EPOCH;

use gemini::JwksCache;
use inbound::{Clock, Explain, Gate, Probes, Tally};
use signature::{Policy, SecretKey};
use store::{SpaceOf, Store};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::addresses::Bases;
use crate::answering::Answering;
use crate::arrivals::Arrivals;
use crate::books::{self, Books};
use crate::check::Checks;
use crate::clients::Access;
use crate::dto::{
    AppState, Database, Detail, Filter, Level, ListenerState, Notice, Project, Row, SecretStore, Settings, ViewOpened,
};
use crate::error::{Code, Error, Result};
use crate::feed::{Feed, Sink};
use crate::forward::Forwards;
use crate::keeping::Held;
use crate::keys::{ProjectKeys, Registry};
use crate::listening::Slot;
use crate::replay::{self, Replays};
use crate::reverify::Reverifying;
use crate::sandbox::Sandbox;
use crate::tunnel::{TunnelFactory, Tunnels};
use crate::vault::{MemoryVault, Vault};
use crate::webhooks::board::Boards;
use crate::{body, detail, explain, feed, settings, space};

/// Rejected deliveries that wait for the near-miss probe. Beyond it the probe runs when the delivery is opened.
const EXPLAIN_QUEUE: usize = 256;
/// Failed commits that wait to be told.
const FAILED_QUEUE: usize = 16;
/// The first path segment of the Sandbox's deliveries.
pub(crate) const SANDBOX_PATH: &str = "sandbox";

/// How an engine is set up.
pub struct Config {
    /// The file of the history.
    pub database: PathBuf,
    /// What keeps the secrets.
    pub vault: Arc<dyn Vault>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Run the Sandbox: the emulator in this process, with a project of its own.
    pub sandbox: bool,
    /// Keys that are all there are, for the command line; otherwise the stored secrets and Google's JWKS.
    pub fixed: Option<FixedKeys>,
    /// The address to listen on, in place of 127.0.0.1.
    pub bind: Option<IpAddr>,
    /// Pollux's version, for the window.
    pub version: String,
    /// Who acts, for the log of actions: `ada, window`.
    pub actor: String,
    /// The variables that Pollux was started with.
    pub environment: Environment,
    /// Where the children of tunnels are noted, so that the next start ends what a crash left: one folder for all
    /// processes of this user.
    pub tunnel_folder: PathBuf,
    /// Makes the tunnels in place of the real providers.
    pub tunnels: Option<TunnelFactory>,
}

/// Gives the value of a variable.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Keys given on the command line.
#[derive(Default)]
pub struct FixedKeys {
    /// Secrets, with the caller's ids.
    pub secrets: Vec<SecretKey>,
    /// Where the JWKS comes from.
    pub jwks: Option<JwksCache>,
    /// The rules of the verification.
    pub policy: Policy,
}

/// The engine. Cloning shares it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) registry: Arc<Registry>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) clock: Clock,
    pub(crate) tally: Arc<Tally>,
    /// What the listener asks of requests from the internet.
    pub(crate) gate: Gate,
    /// Makes and knows the probes of the public address.
    pub(crate) probes: Probes,
    pub(crate) settings: RwLock<Settings>,
    /// One change of the settings at a time.
    pub(crate) changing: Mutex<()>,
    pub(crate) slot: Mutex<Slot>,
    pub(crate) sandbox: Option<Arc<Sandbox>>,
    pub(crate) bind: IpAddr,
    pub(crate) explain: mpsc::Sender<Explain>,
    pub(crate) failed: mpsc::Sender<String>,
    /// Secrets removed in this session, for undo.
    pub(crate) removed: Mutex<Vec<crate::secrets::Removed>>,
    /// Projects removed in this session, for undo.
    pub(crate) removed_projects: Mutex<Vec<crate::projects::Removed>>,
    /// What keeps the Sandbox's secrets.
    pub(crate) memory: Arc<MemoryVault>,
    /// Secrets that could not be stored.
    pub(crate) held: std::sync::Mutex<Vec<Held>>,
    /// Calls under way that a new secret may come of.
    pub(crate) coming: AtomicUsize,
    /// What is known of projects and secrets. One change at a time.
    pub(crate) books: Mutex<Books>,
    /// The keys are the caller's: those of the store are not read.
    pub(crate) fixed: bool,
    /// Published keys by address.
    pub(crate) jwks: std::sync::Mutex<HashMap<String, Arc<JwksCache>>>,
    /// Addresses and API keys by project.
    pub(crate) accesses: std::sync::Mutex<HashMap<i64, Access>>,
    /// Where the listener is and was reached.
    pub(crate) bases: RwLock<Bases>,
    /// How it is reached from the internet.
    pub(crate) tunnels: Tunnels,
    /// What is known of the projects' webhooks.
    pub(crate) boards: Boards,
    /// They are watched: once, from the first window on.
    pub(crate) watched: std::sync::Once,
    /// Runs of replays, and the client that all requests go out with.
    pub(crate) replays: Replays,
    /// Deliveries that are judged again.
    pub(crate) reverifying: Reverifying,
    /// What is sent on by itself.
    pub(crate) forwards: Forwards,
    /// The handler check.
    pub(crate) checks: Checks,
    /// Answers that are not the usual ones.
    pub(crate) answering: Arc<Answering>,
    pub(crate) actor: String,
    pub(crate) environment: Environment,
    pub(crate) started_ms: i64,
    database: PathBuf,
    version: String,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Engine {
    /// Opens the history, reads the secrets and starts the Sandbox. The listener is started by
    /// [`Engine::listener_start`]. Call within a tokio runtime.
    pub async fn start(config: Config) -> Result<Self> {
        let mut options = store::Options::default();
        options.space = Some(SpaceOf::system());
        Self::start_with(config, options).await
    }

    /// The same with a history that is set up otherwise.
    pub async fn start_with(config: Config, options: store::Options) -> Result<Self> {
        let store = Store::open(&config.database, options)?;
        let settings = settings::stored(&store).await?;

        let mut projects = Vec::new();
        let mut sandbox = None;
        if config.sandbox {
            let (started, keys) = Sandbox::start(&store, config.clock.clone()).await?;
            projects.push(keys);
            sandbox = Some(started);
        }
        let default = store.projects().default().await?;
        let fixed = config.fixed.is_some();
        if let Some(fixed) = config.fixed {
            projects.push(fixed_project(default, fixed));
        }
        let registry = Arc::new(Registry::new(projects, &settings));
        let gate = Gate::default();
        gate.limit_local(settings.local_per_second);

        let started_ms = since_epoch_ms(&config.clock);
        let tally = Arc::new(Tally::default());
        let feed = Feed::new(store.clone(), registry.clone(), tally.clone());
        let (explain, to_explain) = mpsc::channel(EXPLAIN_QUEUE);
        let (failed, failures) = mpsc::channel(FAILED_QUEUE);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(feed.clone().run(store.subscribe(), stop.clone()));
        tasks.spawn(until(stop.clone(), explain::run(store.clone(), registry.clone(), to_explain)));
        tasks.spawn(space::watch(store.clone(), feed.clone(), stop.clone()));
        tasks.spawn(until(stop.clone(), feed::tell_failures(feed.clone(), failures)));
        if let Some(sandbox) = &sandbox {
            tasks.spawn(until(stop.clone(), sandbox.clone().follow(store.clone())));
            tasks.spawn(sandbox.clone().watch(feed.clone(), stop.clone()));
            tasks.spawn(until(stop.clone(), sandbox.clone().follow_token(registry.clone())));
        }

        let engine = Self {
            inner: Arc::new(Inner {
                store,
                registry,
                vault: config.vault,
                feed,
                clock: config.clock,
                tally,
                gate,
                probes: Probes::default(),
                settings: RwLock::new(settings),
                changing: Mutex::default(),
                slot: Mutex::new(Slot::default()),
                sandbox,
                bind: config.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                explain,
                failed,
                removed: Mutex::default(),
                removed_projects: Mutex::default(),
                memory: Arc::default(),
                held: std::sync::Mutex::default(),
                coming: AtomicUsize::new(0),
                books: Mutex::default(),
                fixed,
                jwks: std::sync::Mutex::default(),
                accesses: std::sync::Mutex::default(),
                bases: RwLock::default(),
                tunnels: Tunnels::new(config.tunnels, config.tunnel_folder, started_ms),
                boards: Boards::default(),
                watched: std::sync::Once::new(),
                replays: Replays::default(),
                reverifying: Reverifying::default(),
                forwards: Forwards::default(),
                checks: Checks::default(),
                answering: Arc::default(),
                actor: config.actor,
                environment: config.environment,
                started_ms,
                database: config.database,
                version: config.version,
                stop,
                tasks,
            }),
        };
        if let Some(sandbox) = &engine.inner.sandbox {
            engine.forget_sandbox(sandbox.project).await?;
        }
        engine.read_books(&mut *engine.inner.books.lock().await).await?;
        engine.inner.answering.belongs_to(Arc::downgrade(&engine.inner));
        engine.start_fault_lab().await?;
        engine.read_authtoken_hint().await;
        engine.address_is(false).await;
        if !fixed {
            let swept = engine.now_s();
            engine.sweep().await;
            let (stop, following) = (engine.inner.stop.clone(), engine.clone());
            engine.inner.tasks.spawn(until(stop.clone(), following.follow_books(swept)));
            engine.inner.tasks.spawn(until(stop, engine.clone().follow_arrivals()));
        }
        Ok(engine)
    }

    /// Ends the tunnel, the listener, the Sandbox and the background work, then the store, in order.
    pub async fn shutdown(&self) {
        self.shutdown_tunnel().await;
        self.listener_stop().await;
        if let Some(sandbox) = &self.inner.sandbox {
            sandbox.stop().await;
        }
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        if let Err(error) = self.keep_forwards().await {
            tracing::warn!(%error, "how far forwarding is could not be kept");
        }
        self.inner.store.close().await;
    }

    /// Everything the window needs at its start.
    pub async fn state(&self) -> AppState {
        AppState {
            version: self.inner.version.clone(),
            projects: self.projects(),
            listener: self.listener_state().await,
            secret_store: SecretStore { kind: self.inner.vault.kind(), note: self.inner.vault.note() },
            counts: self.inner.feed.counts().await,
            disk: self.disk(),
            settings: self.settings(),
            database: Database { path: self.inner.database.display().to_string() },
            event_types: gemini::catalog::event_types(),
            sample_types: emulator::sample_types(),
            broken_kinds: emulator::broken_kinds().to_vec(),
            alarms: self.alarms(),
            twists: replay::twists(),
            forwards: self.forwards(),
            fault_lab: self.fault_lab(),
        }
    }

    /// The projects, the Sandbox first.
    pub fn projects(&self) -> Vec<Project> {
        self.inner.registry.projects()
    }

    /// Where live messages go from now on. One sink at a time.
    pub fn attach(&self, sink: Sink) {
        self.inner.feed.attach(sink);
        self.watch_webhooks();
    }

    /// Tells the window something.
    pub fn notice(&self, level: Level, code: Code, message: &str) {
        self.inner.feed.notice(Notice { level, code, message: message.to_owned() });
    }

    /// Every delivery from now on, as it is committed.
    pub async fn arrivals(&self) -> Result<Arrivals> {
        Arrivals::new(&self.inner.store, self.inner.registry.clone()).await
    }

    /// Opens a view in place of the one before.
    pub async fn view_open(&self, filter: Filter) -> Result<ViewOpened> {
        self.inner.feed.open(filter).await
    }

    /// Rows of the open view by ordinal (0 is the oldest), 200 at most.
    pub async fn view_rows(&self, view: u32, start: u64, count: u32) -> Result<Vec<Row>> {
        self.inner.feed.page(view, start, count).await
    }

    /// The ordinal of a delivery in the open view.
    pub fn view_find(&self, view: u32, id: i64) -> Option<u64> {
        self.inner.feed.find(view, id)
    }

    /// One delivery, whole, but for the bytes of its body. A rejected one that was never probed is probed now.
    pub async fn delivery(&self, id: i64) -> Result<Detail> {
        self.explain_late(id).await?;
        let address = match self.listener_state().await {
            ListenerState::Listening { address, .. } => Some(address),
            _ => None,
        };
        detail::open(&self.inner.store, &self.inner.registry, id, address).await
    }

    async fn explain_late(&self, id: i64) -> Result<()> {
        let inner = &self.inner;
        let Some(delivery) = inner.store.delivery(id).await? else { return Ok(()) };
        if delivery.verdict.outcome != signature::Outcome::Rejected
            || delivery.row.truncated
            || signature::probed(&delivery.verdict)
        {
            return Ok(());
        }
        let explain = Explain {
            id,
            project: delivery.row.project,
            headers: delivery.headers,
            body: inner.store.body(id).await?.unwrap_or_default().into(),
            now: delivery.row.received_ns.div_euclid(1_000_000_000),
            verdict: delivery.verdict,
            room: None,
        };
        if let Some(verdict) = explain::explained(&inner.store, &inner.registry, explain, None).await {
            inner.store.explained(id, verdict).await?;
        }
        Ok(())
    }

    /// The bytes of a body, as kept, or with its content encoding undone.
    pub async fn delivery_body(&self, id: i64, decoded: bool) -> Result<Vec<u8>> {
        let bytes = self.inner.store.body(id).await?.ok_or_else(|| Error::not_found("delivery"))?;
        if !decoded {
            return Ok(bytes);
        }
        let delivery = self.inner.store.delivery(id).await?.ok_or_else(|| Error::not_found("delivery"))?;
        let encoding = delivery.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let Some(encoding) = encoding.and_then(|(_, value)| String::from_utf8(value.clone()).ok()) else {
            return Ok(bytes);
        };
        tokio::task::spawn_blocking(move || body::decode(&bytes, &encoding))
            .await
            .map_err(|error| Error::new(Code::Internal, "The body could not be decoded.").with_detail(error))?
            .map_err(|problem| Error::new(Code::NotDecodable, problem))
    }

    pub(crate) fn version(&self) -> &str {
        &self.inner.version
    }

    pub(crate) fn now_ms(&self) -> i64 {
        since_epoch_ms(&self.inner.clock)
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}

fn since_epoch_ms(clock: &Clock) -> i64 {
    let since = clock().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

async fn until(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

fn fixed_project(project: store::Project, fixed: FixedKeys) -> ProjectKeys {
    let closed = !fixed.secrets.is_empty() || fixed.jwks.is_some();
    ProjectKeys {
        project: Project { api_key: None, ..books::view(&project, false) },
        secrets: fixed.secrets,
        expired: Vec::new(),
        jwks: fixed.jwks.map(Arc::new),
        closed,
        policy: Some(fixed.policy),
    }
}
