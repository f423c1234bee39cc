//! Starting and ending the listener, and what the window is told about it.

use std::net::SocketAddr;

use inbound::{Limits, Listener};

use crate::dto::{ListenerState, Live};
use crate::engine::Engine;

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
    /// next free port in it; the listener that ran before is started again only by hand.
    pub async fn listener_start(&self, port: Option<u16>) -> ListenerState {
        let inner = &self.inner;
        let mut slot = inner.slot.lock().await;
        if let Some(running) = slot.listener.take() {
            running.shutdown().await;
        }
        let address = SocketAddr::new(inner.bind, port.unwrap_or(0));
        let settings = self.settings();
        let limits = Limits { body: settings.max_body_mib as usize * 1024 * 1024, ..Limits::default() };
        let parts = inbound::Parts {
            store: inner.store.clone(),
            projects: inner.registry.clone(),
            limits,
            clock: inner.clock.clone(),
            tally: inner.tally.clone(),
            explain: inner.explain.clone(),
            failed: inner.failed.clone(),
        };
        slot.state = match Listener::start(address, parts).await {
            Ok(listener) => {
                let address = listener.address();
                slot.listener = Some(listener);
                ListenerState::Listening { address: format!("http://{address}/"), port: address.port() }
            }
            Err(error) => ListenerState::Failed {
                code: error.code().to_owned(),
                message: error.to_string(),
                port: address.port(),
                next_free: error.next_free(),
            },
        };
        inner.feed.tell(Live::Listener { listener: slot.state.clone() });
        slot.state.clone()
    }

    /// Ends the listener in order.
    pub async fn listener_stop(&self) {
        let mut slot = self.inner.slot.lock().await;
        if let Some(running) = slot.listener.take() {
            running.shutdown().await;
        }
        slot.state = ListenerState::Stopped;
        self.inner.feed.tell(Live::Listener { listener: slot.state.clone() });
    }
}
