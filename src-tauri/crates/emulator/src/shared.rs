//! What all parts of a running emulator share: the state behind its lock, the clock, keys, clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;
use reqwest::Client;
use samples::{Profile, Random, TokenForm};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::delivery::courier::Courier;
use crate::delivery::report::AttemptReport;
use crate::journal::Journal;
use crate::keyring::KeyRing;
use crate::settings::Settings;
use crate::world::World;

/// Where the wall time comes from.
pub type Wall = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What all parts of an emulator share.
pub(crate) type Shared = Arc<Inner>;

pub(crate) struct Inner {
    pub(crate) world: Mutex<World>,
    pub(crate) clock: Clock,
    pub(crate) wall: Wall,
    /// Ids and secrets come from here, in the order of the requests; from the seed if there is one.
    pub(crate) random: Random,
    /// The draws of single deliveries come from here, so their order does not matter.
    pub(crate) seed: u64,
    pub(crate) api_key: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) keys: KeyRing,
    /// For samples.
    pub(crate) client: Client,
    /// For deliveries.
    pub(crate) courier: Courier,
    /// Notified when something was planned, or the clock was set.
    pub(crate) planned: Notify,
    /// Notified when a job has changed.
    pub(crate) jobs: watch::Sender<()>,
    /// Cancelled when the emulator ends: answers that never end by themselves end then.
    pub(crate) stopping: CancellationToken,
    pub(crate) attempts: broadcast::Sender<Arc<AttemptReport>>,
    /// The current claims of tokens, for those who check them.
    pub(crate) token: watch::Sender<TokenForm>,
    pub(crate) journal: Option<Arc<Journal>>,
    /// Where it listens: its download addresses begin with it.
    pub(crate) address: SocketAddr,
}

impl Inner {
    /// Reads or changes the state. Changes go to the journal, and new plans wake the agenda. Never held across an
    /// await.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut World) -> R) -> R {
        let mut world = self.world.lock();
        let before = world.next_due();
        let result = work(&mut world);
        if world.jobs.has_changes() {
            self.jobs.send_replace(());
        }
        match &self.journal {
            Some(journal) => journal.note(&mut world, self.clock.now()),
            None => world.forget_changes(),
        }
        if world.next_due() != before {
            self.planned.notify_one();
        }
        result
    }

    /// Changes the settings. Those who follow the claims of tokens are notified before anything is signed with them.
    pub(crate) fn set<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        self.with(|world| {
            let result = change(&mut world.settings);
            self.token.send_if_modified(|known| {
                let changed = *known != world.settings.token;
                known.clone_from(&world.settings.token);
                changed
            });
            result
        })
    }

    /// Wall time in Unix seconds.
    pub(crate) fn wall_seconds(&self) -> i64 {
        let since = (self.wall)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}
