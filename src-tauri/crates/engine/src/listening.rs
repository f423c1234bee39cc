//! Starts and ends the listener, and reports its state to the window.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use inbound::{Answers, BindError, Explain, Gate, Intake, Limits, Listener, Probes, Tally};
use tokio::sync::{Mutex, mpsc, watch};

use crate::addresses::Addresses;
use crate::common::Common;
use crate::dto::{Level, ListenerState, Live, Settings};
use crate::error::Code;
use crate::outgoing::forward::Forwards;
use crate::registry::Registry;

mod turned_away;

/// Failed commits that may wait to be reported.
const FAILED_QUEUE: usize = 16;

/// What the listener is made of, beside what the room has itself.
pub(crate) struct Ports {
    /// The address to listen on.
    pub(crate) bind: IpAddr,
    pub(crate) tally: Arc<Tally>,
    /// Checks requests from the internet.
    pub(crate) gate: Gate,
    /// Recognizes the probes of the public address.
    pub(crate) probes: Probes,
    /// Where rejected deliveries go to be explained.
    pub(crate) explain: mpsc::Sender<Explain>,
    /// Makes the answers that are not the usual ones.
    pub(crate) answers: Arc<dyn Answers>,
}

/// The room of the listener. Cloning shares it.
#[derive(Clone)]
pub struct Listening {
    common: Common,
    registry: Arc<Registry>,
    settings: watch::Receiver<Settings>,
    addresses: Addresses,
    forwards: Forwards,
    ports: Arc<Ports>,
    /// Where the messages of failed commits go.
    failed: mpsc::Sender<String>,
    /// The running listener. Locked while one is being started or ended.
    slot: Arc<Mutex<Option<Listener>>>,
    /// Where the tunnel hands in requests.
    intake: Arc<parking_lot::Mutex<Option<Intake>>>,
    state: watch::Sender<ListenerState>,
}

impl Listening {
    /// `state`: where the room publishes what the listener is doing.
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        settings: watch::Receiver<Settings>,
        addresses: Addresses,
        forwards: Forwards,
        ports: Ports,
        state: watch::Sender<ListenerState>,
    ) -> Self {
        let (failed, failures) = mpsc::channel(FAILED_QUEUE);
        common.spawn(tell_failures(common.clone(), failures));
        let (slot, intake) = (Arc::default(), Arc::default());
        Self { common, registry, settings, addresses, forwards, ports: Arc::new(ports), failed, slot, intake, state }
    }

    /// What the listener is doing. Never waits for one that is ending.
    pub fn state(&self) -> ListenerState {
        self.state.borrow().clone()
    }

    /// Hands requests to the running listener.
    pub(crate) fn intake(&self) -> Option<Intake> {
        self.intake.lock().clone()
    }

    /// Starts the listener on `port` (`None`: any free one), in place of a running one. A failure is a state that names
    /// the next free port. A listener on another port ends only once the new one listens, so a taken port loses
    /// nothing: the old one goes on, and only the answer says what failed.
    pub async fn start(&self, port: Option<u16>) -> ListenerState {
        self.forwards.begin().await;
        let mut slot = self.slot.lock().await;
        let running = slot.as_ref().map(|listener| listener.address().port());
        if running.is_some() && running == port {
            replace(&mut slot).await;
        }
        let state = match self.bind(port).await {
            Ok(listener) => {
                replace(&mut slot).await;
                let address = listener.address();
                self.put(&mut slot, listener);
                ListenerState::Listening { address: format!("http://{address}/"), port: address.port() }
            }
            Err(error) => ListenerState::Failed {
                code: Code::from(&error),
                message: error.to_string(),
                port: port.unwrap_or(0),
                next_free: error.next_free(),
            },
        };
        if slot.is_none() || matches!(state, ListenerState::Listening { .. }) {
            self.set_state(state.clone()).await;
        }
        state
    }

    fn put(&self, slot: &mut Option<Listener>, listener: Listener) {
        *self.intake.lock() = Some(listener.intake());
        self.addresses.set_socket(Some(listener.address()));
        *slot = Some(listener);
    }

    async fn set_state(&self, state: ListenerState) {
        self.addresses.set_local(&state).await;
        self.state.send_replace(state.clone());
        self.common.tell(Live::Listener { listener: state });
    }

    async fn bind(&self, port: Option<u16>) -> Result<Listener, BindError> {
        let (limits, ports) =
            (Limits { body: self.body_limit(), rejected: self.rejected_kept(), ..Limits::default() }, &self.ports);
        let parts = inbound::Parts {
            store: self.common.store().clone(),
            projects: self.registry.clone(),
            limits,
            clock: self.common.clock().clone(),
            tally: ports.tally.clone(),
            explain: ports.explain.clone(),
            failed: self.failed.clone(),
            gate: ports.gate.clone(),
            probes: ports.probes.clone(),
            answers: ports.answers.clone(),
        };
        Listener::start(SocketAddr::new(ports.bind, port.unwrap_or(0)), parts).await
    }

    /// Puts the settings for bodies in force.
    pub(crate) async fn limit_bodies(&self) {
        if let Some(listener) = &*self.slot.lock().await {
            listener.limit_bodies(self.body_limit());
            listener.keep_of_rejected(self.rejected_kept());
        }
    }

    fn body_limit(&self) -> usize {
        self.settings.borrow().max_body_mib as usize * 1024 * 1024
    }

    fn rejected_kept(&self) -> usize {
        self.settings.borrow().rejected_body_kib as usize * 1024
    }

    /// Stops the listener in order.
    pub async fn stop(&self) {
        let mut slot = self.slot.lock().await;
        *self.intake.lock() = None;
        self.addresses.set_socket(None);
        if let Some(running) = slot.take() {
            running.shutdown().await;
        }
        self.set_state(ListenerState::Stopped).await;
    }
}

/// Frees the port of the running listener. Its open requests end in the background.
async fn replace(slot: &mut Option<Listener>) {
    if let Some(mut running) = slot.take() {
        running.release().await;
        tokio::spawn(running.shutdown());
    }
}

/// Makes notices of failed commits, at most one in a while.
async fn tell_failures(common: Common, mut failed: mpsc::Receiver<String>) {
    const QUIET: Duration = Duration::from_secs(5);
    while let Some(message) = failed.recv().await {
        common.notice(
            Level::Error,
            Code::NotStored,
            format!("A delivery could not be stored. It was answered 503, so its sender should try again. {message}"),
        );
        tokio::time::sleep(QUIET).await;
        while failed.try_recv().is_ok() {}
    }
}
