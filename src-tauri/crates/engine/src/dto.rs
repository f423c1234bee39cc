//! The types that cross to the window. Their TypeScript is generated (`types.rs`) and committed.

use serde::{Deserialize, Serialize};
use signature::{KeyState, Warning};

use crate::error::Code;

mod actions;
mod bounds;
mod check;
mod compare;
mod day;
mod detail;
mod fault_lab;
mod findings;
mod first_steps;
mod forward;
mod health;
mod jobs;
mod known;
mod notifications;
mod palette;
mod projects;
mod replay;
mod results;
mod rotation;
mod row;
mod sandbox;
mod search;
mod selection;
mod start;
mod transfer;
mod tunnel;
mod turned_away;
mod vault;
mod verify_again;
mod webhooks;

pub use crate::error::Level;
pub use actions::*;
pub use bounds::*;
pub use check::*;
pub use compare::*;
pub use day::*;
pub use detail::*;
pub use fault_lab::*;
pub use findings::*;
pub use first_steps::*;
pub use forward::*;
pub use health::*;
pub use jobs::*;
pub use known::*;
pub use notifications::*;
pub use palette::*;
pub use projects::*;
pub use replay::*;
pub use results::*;
pub use rotation::*;
pub use row::*;
pub use sandbox::*;
pub use search::*;
pub use selection::*;
pub use start::*;
pub use transfer::*;
pub use tunnel::*;
pub use turned_away::*;
pub use vault::VaultKind;
pub use verify_again::*;
pub use webhooks::*;

/// An opened view: what matches a query, in order, which the engine keeps. Its ordinals are `first` to `first +
/// matched - 1`; the newest has the highest, and an ordinal stays the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ViewOpened {
    /// Names the view in `view_rows` and in live messages.
    pub view: u32,
    /// The ordinal of the oldest match that was found.
    pub first: u64,
    /// How many matches were found.
    pub matched: u64,
    /// These are all. Otherwise older ones are being looked for, and `counted` follows.
    pub exact: bool,
    /// How many deliveries there are.
    pub total: u64,
    /// How long the search took, in µs.
    pub took_us: u64,
    /// The newest, up to 200, oldest first.
    pub rows: Vec<Row>,
    /// The query as it was read.
    pub query: QueryRead,
    /// If nothing matches: the part that removes everything.
    pub nothing: Option<Nothing>,
    /// How it was done.
    pub explained: SearchExplained,
}

/// The counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counts {
    /// Deliveries stored.
    pub total: u64,
    /// Bytes of their bodies and headers.
    pub kept_bytes: u64,
    /// Answered 503 since the start.
    pub refused: u64,
    /// Answered 413 since the start.
    pub too_large: u64,
    /// Turned away since the start, for any reason; those answered 503 and 413 are among them.
    pub turned_away: u64,
    /// Deliveries in the last 60 s.
    pub per_minute: u64,
}

/// A message to the window: at most one of each kind per frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Live {
    /// Deliveries that match the view, oldest first.
    Rows {
        /// The view they belong to.
        view: u32,
        /// The rows.
        added: Vec<Row>,
        /// The ordinal of the oldest match that was found.
        first: u64,
        /// How many matches were found.
        matched: u64,
        /// How many there are now.
        total: u64,
    },
    /// Rows that changed: a diagnosis, another attempt of the event, the time of the answer.
    Changed {
        /// The rows.
        rows: Vec<Row>,
    },
    /// Older matches were found, or all of them.
    Counted {
        /// The view.
        view: u32,
        /// The ordinal of the oldest.
        first: u64,
        /// How many there are.
        matched: u64,
        /// No more will be found.
        exact: bool,
        /// Since the view was opened, in µs.
        took_us: u64,
        /// How it was done.
        explained: SearchExplained,
        /// If nothing matches: the part that removes everything.
        nothing: Option<Nothing>,
    },
    /// Deliveries of the view were removed: read its rows again, as their ordinals are others now.
    Removed {
        /// The view.
        view: u32,
        /// The ordinal of the oldest.
        first: u64,
        /// How many there are.
        matched: u64,
    },
    /// Too much happened: open the view again.
    Resync {
        /// The view.
        view: u32,
    },
    /// The listener's state changed.
    Listener {
        /// The new state.
        listener: ListenerState,
    },
    /// The counts changed.
    Counts {
        /// The counts.
        counts: Counts,
    },
    /// The disk has less free space than Pollux reserves, or enough again (`None`).
    Disk {
        /// The free space.
        disk: Option<DiskShortage>,
    },
    /// The history was checked, or is being checked.
    Health {
        /// What is known of it now.
        health: Box<HistoryHealth>,
    },
    /// The tunnel's state changed.
    Tunnel {
        /// The new one.
        tunnel: Box<TunnelView>,
    },
    /// Something in the Sandbox changed: ask again for what is shown of it.
    Sandbox,
    /// The projects changed.
    Projects {
        /// All of them, the Sandbox first.
        projects: Vec<Project>,
    },
    /// What is known of a project's webhooks changed: ask again for what is shown of them.
    Webhooks {
        /// The project, with how many of its webhooks need attention.
        alarms: WebhookAlarms,
    },
    /// A run of replays made progress.
    Replay {
        /// Its progress.
        run: Box<ReplayRun>,
    },
    /// Forwarding made progress, or its rule changed.
    Forward {
        /// The project's forwarding.
        forward: Box<ForwardView>,
    },
    /// The fault lab's rules changed, or one made an answer.
    FaultLab {
        /// The whole fault lab.
        lab: FaultLab,
    },
    /// The handler check made progress.
    Check {
        /// Its progress.
        report: Box<CheckReport>,
    },
    /// Deliveries are being judged again, because a key came.
    VerifyAgain {
        /// Their progress.
        run: VerifyRun,
    },
    /// An export or an import made progress.
    Transfer {
        /// Its progress.
        transfer: Box<Transfer>,
    },
    /// What is known of a project's jobs changed: ask again for what is shown of them.
    Jobs {
        /// The project, with how many of its jobs need attention.
        alarms: JobAlarms,
    },
    /// Something of the desktop's notifications.
    Desktop {
        /// What it is.
        news: DesktopNews,
    },
    /// An opened result made progress.
    Result {
        /// It, as it is now.
        result: Box<ResultView>,
    },
    /// The file of the history is being rebuilt; `done` is `total` at its end.
    Rebuild {
        /// How much is done.
        done: u64,
        /// Of how much.
        total: u64,
    },
    /// Something to tell the user.
    Notice {
        /// The notice.
        notice: Notice,
    },
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Notice {
    /// How bad it is.
    pub level: Level,
    /// Stable code.
    pub code: Code,
    /// One sentence.
    pub message: String,
}

/// The disk of the history is nearly full: new deliveries are answered 503 until there is space again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskShortage {
    /// Bytes that are free.
    pub free: u64,
    /// Bytes that Pollux reserves.
    pub reserve: u64,
    /// The folder of the history.
    pub folder: String,
}

/// What the listener is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ListenerState {
    /// Not bound to a port yet.
    Starting,
    /// Taking deliveries.
    Listening {
        /// `http://127.0.0.1:4710/`.
        address: String,
        /// Its port.
        port: u16,
    },
    /// Could not start.
    Failed {
        /// Stable code.
        code: Code,
        /// What was wrong.
        message: String,
        /// The port asked for.
        port: u16,
        /// The next free port.
        next_free: Option<u16>,
    },
    /// Ended, until it is started again.
    Stopped,
}

/// Where secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SecretStore {
    /// Keychain, file or memory.
    pub kind: VaultKind,
    /// What the user should know about it.
    pub note: Option<String>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// More than a machine of today can store in a second (measured: 60,000 with two cores), so no load test meets it.
const LOCAL_PER_SECOND: u32 = 100_000;

/// What the user can set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Settings {
    /// Port of the listener; `None`: any free one.
    pub port: Option<u16>,
    /// Longest body, in MiB.
    pub max_body_mib: u32,
    /// How much of the body of a rejected delivery is kept, in KiB.
    pub rejected_body_kib: u32,
    /// Requests a second that are accepted from this machine; more are answered 429 and not stored. 0: no limit.
    pub local_per_second: u32,
    /// How far `webhook-timestamp` may be off, in seconds.
    pub tolerance_s: u32,
    /// `aud` that a JWT must hold.
    pub audience: Option<String>,
    /// `iss` that a JWT must hold.
    pub issuer: Option<String>,
    /// Light or dark.
    pub theme: Theme,
    /// Share of the width that the list takes, 0.2 to 0.8.
    pub split: f64,
    /// The https address at which the listener is reached from outside: `https://hooks.example.com/`.
    pub public_address: Option<String>,
    /// The tunnel.
    pub tunnel: TunnelSettings,
    /// Whether the projects' jobs are watched for events that never come.
    pub watch_jobs: bool,
    /// How long an event may take to come after a job's end, in minutes.
    pub grace_minutes: u32,
    /// What is shown of Pollux on the desktop.
    pub desktop: DesktopSettings,
    /// Whether the first steps are shown.
    pub first_steps: Tour,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: Some(4710),
            max_body_mib: 10,
            rejected_body_kib: 64,
            local_per_second: LOCAL_PER_SECOND,
            tolerance_s: 300,
            audience: None,
            issuer: None,
            theme: Theme::System,
            split: 0.5,
            public_address: None,
            tunnel: TunnelSettings::default(),
            watch_jobs: true,
            grace_minutes: 10,
            desktop: DesktopSettings::default(),
            first_steps: Tour::Shown,
        }
    }
}

/// Everything the window needs at its start.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AppState {
    /// Pollux's version.
    pub version: String,
    /// The projects, the Sandbox first.
    pub projects: Vec<Project>,
    /// What the listener is doing.
    pub listener: ListenerState,
    /// Where secrets are kept.
    pub secret_store: SecretStore,
    /// The counts.
    pub counts: Counts,
    /// Set while the disk is nearly full.
    pub disk: Option<DiskShortage>,
    /// Whether the history is whole.
    pub health: HistoryHealth,
    /// What the user has set.
    pub settings: Settings,
    /// Where the history is.
    pub database: Database,
    /// The catalog of event types.
    pub event_types: Vec<gemini::EventType>,
    /// What the Sandbox can send.
    pub sample_types: Vec<samples::SampleType>,
    /// Broken deliveries that the Sandbox can send.
    pub broken_kinds: Vec<samples::BrokenKind>,
    /// Projects with webhooks that need attention.
    pub alarms: Vec<WebhookAlarms>,
    /// Projects with jobs that need attention.
    pub job_alarms: Vec<JobAlarms>,
    /// Ready-made ways to break a replay.
    pub twists: Vec<ReplayTwist>,
    /// The forwarding of each project that has a rule.
    pub forwards: Vec<ForwardView>,
    /// What the listener answers by script.
    pub fault_lab: FaultLab,
}

/// Where the history is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Database {
    /// The file.
    pub path: String,
}

/// A secret, without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SecretView {
    /// Its id.
    pub id: String,
    /// The project whose deliveries it verifies.
    pub project: i64,
    /// What the user calls it.
    pub label: String,
    /// `whsec_…a91f`.
    pub hint: String,
    /// When it was added.
    pub added_ms: i64,
    /// Keychain, file or memory.
    pub stored_in: VaultKind,
    /// It is the Sandbox's own.
    pub builtin: bool,
    /// Weaknesses of the secret's text.
    pub warnings: Vec<Warning>,
    /// Current, in its grace period, or expired.
    pub key_state: KeyState,
    /// Whether its text can be read; otherwise it verifies nothing until it is pasted in again.
    pub available: bool,
    /// The webhook that it belongs to, if Pollux received it from the service.
    pub webhook: Option<String>,
    /// When its text was destroyed, in Unix milliseconds: only the hint is left.
    pub destroyed_ms: Option<i64>,
}
