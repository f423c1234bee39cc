//! The face: makes the rooms in order, gives them out, and ends them in order.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use gemini::JwksCache;
use inbound::{Clock, Gate, Probes, Tally};
use signature::{Policy, SecretKey};
use store::{SpaceOf, Store};
use tokio::sync::watch;

use crate::actions::Actions;
use crate::addresses::Addresses;
use crate::answers::Answers;
use crate::common::{About, Common, Environment, Sink};
use crate::dto::{AppState, Database, KeepLimits, Level, ListenerState, Project, SecretStore};
use crate::error::{Code, Result};
use crate::first_steps::FirstSteps;
use crate::history::History;
use crate::jobs::{self, Jobs};
use crate::listening::{self, Listening};
use crate::notifications::{Asked, Notifications};
use crate::outgoing::check::Checks;
use crate::outgoing::forward::Forwards;
use crate::outgoing::outbounds::Outbounds;
use crate::outgoing::replay::{self, Replays};
use crate::outgoing::sending::Sending;
use crate::outgoing::targets::Targets;
use crate::palette::Palette;
use crate::projects::vault::Vault;
use crate::projects::{Projects, names};
use crate::registry::{ProjectKeys, Registry};
use crate::results::Results;
use crate::run_folder::RunFolder;
use crate::sandbox::Sandbox;
use crate::sandbox::running::Running;
use crate::settings::{self, SettingsRoom};
use crate::transfer::{self, Transfers};
use crate::tunnel::provider::{self, TunnelFactory};
use crate::tunnel::{self, Tunnel};
use crate::webhooks::{Neighbours, Webhooks};

/// How an engine is set up.
pub struct Config {
    /// The file of the history.
    pub database: PathBuf,
    /// Keeps the secrets.
    pub vault: Arc<dyn Vault>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether to run the Sandbox: the emulator in this process, with a project of its own.
    pub sandbox: bool,
    /// The only keys to use, for the command line. `None`: the stored secrets and Google's JWKS.
    pub fixed: Option<FixedKeys>,
    /// The address to listen on, in place of 127.0.0.1.
    pub bind: Option<IpAddr>,
    /// Pollux's version, for the window.
    pub version: String,
    /// Who acts, for the log of actions: `ada, window`.
    pub actor: String,
    /// The environment variables that Pollux was started with.
    pub environment: Environment,
    /// Where the child processes of tunnels are noted, so that the next start ends what a crash left: one folder for
    /// all processes of this user.
    pub tunnel_folder: PathBuf,
    /// Limits of the history, in place of those that are stored in it, while this engine runs.
    pub keep: Option<KeepLimits>,
    /// Makes the tunnels in place of the real providers.
    pub tunnels: Option<TunnelFactory>,
}

impl Config {
    /// The history in this file, with its secrets in this vault. The Sandbox runs, the listener is on 127.0.0.1, no
    /// environment variable is set, and the notes about tunnels are beside the history.
    pub fn new(database: impl Into<PathBuf>, vault: Arc<dyn Vault>) -> Self {
        let database = database.into();
        Self {
            vault,
            clock: Arc::new(SystemTime::now),
            sandbox: true,
            fixed: None,
            bind: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            actor: "Pollux".to_owned(),
            environment: Arc::new(|_| None),
            tunnel_folder: database.with_file_name("tunnels"),
            keep: None,
            tunnels: None,
            database,
        }
    }
}

/// Keys given on the command line.
#[derive(Default)]
pub struct FixedKeys {
    /// Secrets, with the caller's ids.
    pub secrets: Vec<SecretKey>,
    /// Where the JWKS comes from.
    pub jwks: Option<JwksCache>,
    /// The rules of verification.
    pub policy: Policy,
}

/// The engine. Cloning shares it.
#[derive(Clone)]
pub struct Engine {
    rooms: Arc<Rooms>,
}

/// The rooms, each above those that it knows.
struct Rooms {
    common: Common,
    actions: Actions,
    projects: Projects,
    history: History,
    sandbox: Sandbox,
    outgoing: Outgoing,
    answers: Answers,
    transfers: Transfers,
    listening: Listening,
    tunnel: Tunnel,
    webhooks: Webhooks,
    jobs: Jobs,
    results: Results,
    settings: SettingsRoom,
    first_steps: FirstSteps,
    notifications: Notifications,
    palette: Palette,
    /// Where the history is.
    database: PathBuf,
    /// Of Pollux.
    version: String,
}

/// The rooms that send deliveries on.
struct Outgoing {
    targets: Targets,
    outbounds: Outbounds,
    replays: Replays,
    forwards: Forwards,
    checks: Checks,
}

impl Engine {
    /// Opens the history, reads the secrets and starts the Sandbox. [`Listening::start`] starts the listener. Call
    /// within a tokio runtime.
    pub async fn start(config: Config) -> Result<Self> {
        let mut options = store::Options::default();
        options.space = Some(SpaceOf::system());
        Self::start_with(config, options).await
    }

    /// The same with other options for the history.
    pub async fn start_with(config: Config, options: store::Options) -> Result<Self> {
        let store = Store::open(&config.database, options)?;
        let stored = settings::stored(&store).await?;
        let about = About { actor: config.actor, fixed: config.fixed.is_some(), environment: config.environment };
        let common = Common::new(store, config.clock, about);

        let (mut keys, mut running) = (Vec::new(), None);
        if config.sandbox {
            let (started, its_keys) = Running::start(&common).await?;
            keys.push(its_keys);
            running = Some(started);
        }
        let default = common.store().projects().default().await?;
        keys.extend(config.fixed.map(|fixed| fixed_project(default, fixed)));
        let registry = Arc::new(Registry::new(keys, &stored));

        // Several rooms share these; each is changed by only one of them.
        let (tally, gate, probes) = (Arc::new(Tally::default()), Gate::default(), Probes::default());
        gate.limit_local(stored.local_per_second);
        let (current, settings) = watch::channel(stored);
        let (listener, listens) = watch::channel(ListenerState::Starting);

        let actions = Actions::new(common.clone(), registry.clone());
        let projects = Projects::new(common.clone(), actions.clone(), registry.clone(), config.vault);
        let history = History::new(common.clone(), registry.clone(), tally.clone(), listens.clone(), config.keep);
        let explain = history.begin(projects.key_news());
        let sandbox =
            Sandbox::new(common.clone(), registry.clone(), projects.clone(), running.clone(), listens.clone());
        sandbox.begin();
        projects.open(running.map(|running| (running.project(), running.client().clone()))).await?;

        let addresses = Addresses::new(common.clone());
        let outgoing = Outgoing::new(&common, &registry, &projects, &sandbox, &addresses, &config.version);
        let below = transfer::Below {
            registry: registry.clone(),
            projects: projects.clone(),
            history: history.clone(),
            addresses: addresses.clone(),
            forwards: outgoing.forwards.clone(),
            settings: settings.clone(),
        };
        let transfers = Transfers::new(common.clone(), below, &config.version);
        let answers = Answers::new(common.clone(), outgoing.forwards.clone());
        answers.begin().await?;

        let ports = listening::Ports {
            bind: config.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            tally: tally.clone(),
            gate: gate.clone(),
            probes: probes.clone(),
            explain,
            answers: Arc::new(answers.clone()),
        };
        let listening = Listening::new(
            common.clone(),
            registry.clone(),
            settings.clone(),
            addresses.clone(),
            outgoing.forwards.clone(),
            ports,
            listener,
        );
        let ports = tunnel::Ports {
            gate: gate.clone(),
            probes,
            tally: tally.clone(),
            factory: config.tunnels.unwrap_or_else(provider::real),
            folder: config.tunnel_folder,
        };
        let tunnel = Tunnel::new(
            common.clone(),
            actions.clone(),
            projects.clone(),
            settings.clone(),
            addresses.clone(),
            listening.clone(),
            ports,
        );
        tunnel.begin().await;
        let webhooks = Webhooks::new(
            common.clone(),
            Neighbours {
                actions: actions.clone(),
                registry: registry.clone(),
                projects: projects.clone(),
                addresses: addresses.clone(),
                sandbox: sandbox.clone(),
                history: history.clone(),
                listening: listening.clone(),
                tunnel: tunnel.clone(),
                tally,
            },
        );
        webhooks.begin();
        let run = RunFolder::beside(common.store().file());
        let jobs = Jobs::new(
            common.clone(),
            jobs::Below {
                actions: actions.clone(),
                registry: registry.clone(),
                projects: projects.clone(),
                addresses,
                history: history.clone(),
                sandbox: sandbox.clone(),
                webhooks: webhooks.clone(),
                replays: outgoing.replays.clone(),
                run: run.clone(),
                settings: settings.clone(),
                listener: listens,
            },
        );
        jobs.begin().await?;
        let results = Results::new(common.clone(), registry.clone(), projects.clone(), jobs.clone(), run);
        results.begin();
        projects.begin().await;
        let asked = Asked::of(&tunnel, &webhooks, &jobs, &outgoing.forwards);
        let notifications = Notifications::new(common.clone(), registry.clone(), settings.clone(), asked);
        let first_steps = FirstSteps::new(common.clone(), registry.clone(), projects.clone(), settings);
        let settings =
            SettingsRoom::new(common.clone(), registry.clone(), gate, listening.clone(), tunnel.clone(), current);
        let palette = Palette::new(common.clone(), registry, history.clone(), jobs.clone(), webhooks.clone());
        let rooms = Rooms {
            common,
            actions,
            projects,
            history,
            sandbox,
            outgoing,
            answers,
            transfers,
            listening,
            tunnel,
            webhooks,
            jobs,
            results,
            settings,
            first_steps,
            notifications,
            palette,
            database: config.database,
            version: config.version,
        };
        Ok(Self { rooms: Arc::new(rooms) })
    }

    /// Ends the tunnel, the listener, the Sandbox and the background work, then the store, in order.
    pub async fn shutdown(&self) {
        let rooms = &self.rooms;
        rooms.tunnel.shutdown().await;
        rooms.listening.stop().await;
        rooms.sandbox.stop().await;
        rooms.common.end().await;
        if let Err(error) = rooms.outgoing.forwards.keep().await {
            tracing::warn!(%error, "the progress of forwarding could not be stored");
        }
        rooms.common.store().close().await;
    }

    /// Everything the window needs at its start.
    pub async fn state(&self) -> AppState {
        let rooms = &self.rooms;
        let vault = rooms.projects.vault();
        AppState {
            version: rooms.version.clone(),
            projects: rooms.projects.list(),
            listener: rooms.listening.state(),
            secret_store: SecretStore { kind: vault.kind(), note: vault.note() },
            counts: rooms.history.counts().await,
            disk: rooms.history.disk(),
            health: rooms.history.health(),
            settings: rooms.settings.get(),
            database: Database { path: rooms.database.display().to_string() },
            event_types: gemini::catalog::event_types(),
            sample_types: samples::sample_types(),
            broken_kinds: samples::broken_kinds().to_vec(),
            alarms: rooms.webhooks.alarms(),
            job_alarms: rooms.jobs.alarms(),
            twists: replay::twists(),
            forwards: rooms.outgoing.forwards.list(),
            fault_lab: rooms.answers.fault_lab(),
        }
    }

    /// Sets where live messages go from now on: one sink at a time. From the first one on, the webhooks are watched.
    pub fn attach(&self, sink: Sink) {
        self.rooms.common.attach(sink);
        self.rooms.webhooks.watch();
        self.rooms.jobs.watch();
        self.rooms.notifications.watch();
    }

    /// The file of the history.
    pub fn database(&self) -> &Path {
        &self.rooms.database
    }

    /// Shows a notice in the window.
    pub fn notice(&self, level: Level, code: Code, message: &str) {
        self.rooms.common.notice(level, code, message);
    }

    /// The log of management actions.
    pub fn actions(&self) -> &Actions {
        &self.rooms.actions
    }

    /// Projects and their secrets.
    pub fn projects(&self) -> &Projects {
        &self.rooms.projects
    }

    /// What arrived, and what was found out about it.
    pub fn history(&self) -> &History {
        &self.rooms.history
    }

    /// The built-in service.
    pub fn sandbox(&self) -> &Sandbox {
        &self.rooms.sandbox
    }

    /// Addresses that deliveries are sent on to.
    pub fn targets(&self) -> &Targets {
        &self.rooms.outgoing.targets
    }

    /// Requests that were sent on.
    pub fn outbounds(&self) -> &Outbounds {
        &self.rooms.outgoing.outbounds
    }

    /// Deliveries sent again by hand.
    pub fn replays(&self) -> &Replays {
        &self.rooms.outgoing.replays
    }

    /// Deliveries sent on as they arrive.
    pub fn forwards(&self) -> &Forwards {
        &self.rooms.outgoing.forwards
    }

    /// The check of the user's handler.
    pub fn checks(&self) -> &Checks {
        &self.rooms.outgoing.checks
    }

    /// Answers that are not the usual ones.
    pub fn answers(&self) -> &Answers {
        &self.rooms.answers
    }

    /// Deliveries into files and out of them.
    pub fn transfers(&self) -> &Transfers {
        &self.rooms.transfers
    }

    /// The listener.
    pub fn listening(&self) -> &Listening {
        &self.rooms.listening
    }

    /// The way from the internet to the listener.
    pub fn tunnel(&self) -> &Tunnel {
        &self.rooms.tunnel
    }

    /// The projects' webhooks at their services.
    pub fn webhooks(&self) -> &Webhooks {
        &self.rooms.webhooks
    }

    /// The projects' batches, interactions and videos.
    pub fn jobs(&self) -> &Jobs {
        &self.rooms.jobs
    }

    /// What pointers lead to, opened.
    pub fn results(&self) -> &Results {
        &self.rooms.results
    }

    /// What the user has set.
    pub fn settings(&self) -> &SettingsRoom {
        &self.rooms.settings
    }

    /// What a newcomer's first steps are ticked by.
    pub fn first_steps(&self) -> &FirstSteps {
        &self.rooms.first_steps
    }

    /// What is worth a notification of the desktop.
    pub fn notifications(&self) -> &Notifications {
        &self.rooms.notifications
    }

    /// What was chosen in the window's palette, and what an id leads to.
    pub fn palette(&self) -> &Palette {
        &self.rooms.palette
    }
}

impl Outgoing {
    fn new(
        common: &Common,
        registry: &Arc<Registry>,
        projects: &Projects,
        sandbox: &Sandbox,
        addresses: &Addresses,
        version: &str,
    ) -> Self {
        let (common, registry) = (common.clone(), registry.clone());
        let targets = Targets::new(common.clone());
        let sending = Sending::new(common.clone(), registry.clone(), projects.clone(), sandbox.clone());
        Self {
            outbounds: Outbounds::new(common.clone()),
            replays: Replays::new(common.clone(), registry.clone(), targets.clone(), sending.clone()),
            forwards: Forwards::new(
                common.clone(),
                registry.clone(),
                addresses.clone(),
                targets.clone(),
                sending.clone(),
            ),
            checks: Checks::new(common, registry, targets.clone(), sending, sandbox.clone(), version),
            targets,
        }
    }
}

fn fixed_project(project: store::Project, fixed: FixedKeys) -> ProjectKeys {
    let closed = !fixed.secrets.is_empty() || fixed.jwks.is_some();
    ProjectKeys {
        project: Project { api_key: None, ..names::view(&project, false) },
        secrets: fixed.secrets,
        expired: Vec::new(),
        jwks: fixed.jwks.map(Arc::new),
        closed,
        policy: Some(fixed.policy),
    }
}
