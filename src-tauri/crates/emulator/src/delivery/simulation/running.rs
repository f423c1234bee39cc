//! An emulator without its REST side: the state, its journal, and the agenda that delivers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use samples::Profile;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::agenda;
use crate::clock::{Clock, Millis};
use crate::delivery::courier::Courier;
use crate::delivery::report::AttemptReport;
use crate::journal::Journal;
use crate::keyring::KeyRing;
use crate::send;
use crate::settings::Settings;
use crate::shared::{Inner, Shared};
use crate::source::seeded_random;
use crate::world::{Delivery, World};

/// 2026-01-22T12:00:00Z, where the wall clock stands.
pub(super) const NOW: Millis = 1_769_083_200_000;
/// A step of the time in which an emulator ends.
const STEP: Duration = Duration::from_millis(100);

/// Nothing is sent with it, and it takes long to make.
static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();

pub(super) struct Running {
    pub(super) shared: Shared,
    pub(super) reports: broadcast::Receiver<Arc<AttemptReport>>,
    agenda: JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    /// Starts it with the state in this file, as [`crate::Service`] does, and a clock that stands still.
    pub(super) fn start(path: &Path, seed: u64, settings: &Settings) -> Self {
        let mut world = World::new(settings.clone());
        let (journal, kept) = Journal::open(path, &mut world).unwrap();
        let journal = Arc::new(journal);
        let now = NOW.max(kept.clock_ms.unwrap_or(NOW));
        let random = seeded_random(seed.wrapping_add(kept.starts));
        let keys = match kept.keys {
            Some(keys) => KeyRing::from_kept(keys, &random).unwrap(),
            None => KeyRing::generate(&random).unwrap(),
        };
        keys.keep_in(&journal);
        journal.keep_clock(now);
        world.plan_all(now);
        let (stop, token) = (CancellationToken::new(), watch::Sender::new(world.settings.token.clone()));
        let attempts = broadcast::channel(1024).0;
        let reports = attempts.subscribe();
        let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW.cast_unsigned());
        let shared = Arc::new(Inner {
            world: Mutex::new(world),
            clock: Clock::new(now, 0.0),
            wall: Arc::new(move || wall),
            random,
            seed,
            api_key: None,
            profile: Profile::default(),
            keys,
            client: CLIENT.get_or_init(|| send::client().unwrap()).clone(),
            courier: Courier::new("Simulated"),
            planned: Notify::new(),
            jobs: watch::Sender::new(()),
            stopping: stop.clone(),
            attempts,
            token,
            journal: Some(journal),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
        });
        let agenda = tokio::spawn(agenda::run(Arc::clone(&shared), stop.clone()));
        Self { shared, reports, agenda, stop }
    }

    /// What its clock shows.
    pub(super) fn now(&self) -> Millis {
        self.shared.clock.now()
    }

    /// All deliveries, oldest first.
    pub(super) fn rows(&self) -> Vec<Delivery> {
        self.shared.world.lock().deliveries.iter().cloned().collect()
    }

    pub(super) fn row(&self, id: &str) -> Delivery {
        self.shared.world.lock().deliveries.get(id).unwrap().clone()
    }

    /// Everything that was recorded so far is in the file when this returns.
    pub(super) async fn flushed(&self) {
        assert!(self.shared.journal.as_ref().unwrap().flushed().await);
    }

    /// Ends it in order: attempts under way are broken off after a while.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        for _ in 0..100 {
            tokio::time::advance(STEP).await;
            if self.agenda.is_finished() {
                break;
            }
        }
        assert!(self.agenda.is_finished(), "it does not end");
        self.agenda.await.unwrap();
        let journal = self.shared.journal.as_ref().unwrap();
        journal.keep_clock(self.shared.clock.now());
        journal.close().await;
    }
}
