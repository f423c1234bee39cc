//! Starting and ending the listener, and what the window is told about it.

use std::net::SocketAddr;

use inbound::{BindError, Limits, Listener};

use crate::dto::{ListenerState, Live};
use crate::engine::Engine;
use crate::error::Code;

/// The listener, if it runs, and its state.
pub(crate) struct Slot {
    listener: Option<Listener>,
    state: ListenerState,
}

impl Default for Slot {
    fn default() -> Self {
        Self { listener: None, state: ListenerState::Starting }
    }
}

impl Engine {
    /// What the listener is doing.
    pub async fn listener_state(&self) -> ListenerState {
        self.inner.slot.lock().await.state.clone()
    }

    /// Starts the listener on `port` (`None`: any free one), in place of one that runs. A failure is a state, with the
    /// next free port in it. One that runs on another port is ended only when the new one listens, so that a taken port
    /// loses nothing: it then goes on, and only the answer says what failed.
    pub async fn listener_start(&self, port: Option<u16>) -> ListenerState {
        self.begin_forwards().await;
        let mut slot = self.inner.slot.lock().await;
        let running = slot.listener.as_ref().map(|listener| listener.address().port());
        if running.is_some() && running == port {
            replace(&mut slot).await;
        }
        let state = match self.bind(port).await {
            Ok(listener) => {
                replace(&mut slot).await;
                let address = listener.address();
                self.inner.tunnels.set_listener(Some(&listener));
                slot.listener = Some(listener);
                ListenerState::Listening { address: format!("http://{address}/"), port: address.port() }
            }
            Err(error) => ListenerState::Failed {
                code: Code::from(&error),
                message: error.to_string(),
                port: port.unwrap_or(0),
                next_free: error.next_free(),
            },
        };
        if slot.listener.is_none() || matches!(state, ListenerState::Listening { .. }) {
            if slot.listener.is_none() {
                self.inner.tunnels.set_listener(None);
            }
            slot.state = state.clone();
            self.set_local(&state).await;
            self.inner.feed.tell(Live::Listener { listener: state.clone() });
        }
        drop(slot);
        self.point_sandbox();
        if matches!(state, ListenerState::Listening { .. }) {
            self.launch_tunnel();
        }
        state
    }

    /// The Sandbox's webhook follows the listener, behind our back.
    fn point_sandbox(&self) {
        let engine = self.clone();
        self.inner.tasks.spawn(async move {
            if let Ok(sandbox) = engine.sandbox() {
                engine.own_webhook(sandbox).await;
            }
        });
    }

    async fn bind(&self, port: Option<u16>) -> Result<Listener, BindError> {
        let inner = &self.inner;
        let limits = Limits { body: self.body_limit(), rejected: self.rejected_kept(), ..Limits::default() };
        let parts = inbound::Parts {
            store: inner.store.clone(),
            projects: inner.registry.clone(),
            limits,
            clock: inner.clock.clone(),
            tally: inner.tally.clone(),
            explain: inner.explain.clone(),
            failed: inner.failed.clone(),
            gate: inner.gate.clone(),
            probes: inner.probes.clone(),
            answers: inner.answering.clone(),
        };
        Listener::start(SocketAddr::new(inner.bind, port.unwrap_or(0)), parts).await
    }

    /// Puts what the settings say about bodies in force.
    pub(crate) async fn limit_bodies(&self) {
        if let Some(listener) = &self.inner.slot.lock().await.listener {
            listener.limit_bodies(self.body_limit());
            listener.keep_of_rejected(self.rejected_kept());
        }
    }

    fn body_limit(&self) -> usize {
        self.settings().max_body_mib as usize * 1024 * 1024
    }

    fn rejected_kept(&self) -> usize {
        self.settings().rejected_body_kib as usize * 1024
    }

    /// Ends the listener in order.
    pub async fn listener_stop(&self) {
        let mut slot = self.inner.slot.lock().await;
        self.inner.tunnels.set_listener(None);
        if let Some(running) = slot.listener.take() {
            running.shutdown().await;
        }
        slot.state = ListenerState::Stopped;
        self.set_local(&slot.state).await;
        self.inner.feed.tell(Live::Listener { listener: slot.state.clone() });
    }
}

/// Frees the port of the one that ran. Its open requests end behind our back.
async fn replace(slot: &mut Slot) {
    if let Some(mut running) = slot.listener.take() {
        running.release().await;
        tokio::spawn(running.shutdown());
    }
}
