//! The tunnel: one at a time, started and stopped by the user, its states stored and reported.

use std::path::PathBuf;
use std::sync::Arc;

use inbound::{Gate, Probes, Tally};
use tokio::sync::watch;

use crate::actions::Actions;
use crate::addresses::Addresses;
use crate::common::Common;
use crate::dto::{Live, ProbeView, Settings, TunnelProvider, TunnelSettings, TunnelState, TunnelView};
use crate::error::{Code, Error, Result};
use crate::listening::Listening;
use crate::projects::Projects;
use provider::TunnelFactory;
use state::{State, TunnelStates};

mod address;
mod authtoken;
pub(crate) mod checked;
mod probing;
pub(crate) mod provider;
mod run;
pub(crate) mod state;

/// What the room needs to make a tunnel, beside its neighbours.
pub(crate) struct Ports {
    /// Checks requests from the internet.
    pub(crate) gate: Gate,
    /// Makes the probes of the public address, and recognizes them.
    pub(crate) probes: Probes,
    pub(crate) tally: Arc<Tally>,
    pub(crate) factory: TunnelFactory,
    /// Where running child processes are noted.
    pub(crate) folder: PathBuf,
}

/// The room of the tunnel. Cloning shares it.
#[derive(Clone)]
pub struct Tunnel {
    common: Common,
    actions: Actions,
    projects: Projects,
    settings: watch::Receiver<Settings>,
    addresses: Addresses,
    listening: Listening,
    ports: Arc<Ports>,
    state: Arc<State>,
}

impl Tunnel {
    pub(crate) fn new(
        common: Common,
        actions: Actions,
        projects: Projects,
        settings: watch::Receiver<Settings>,
        addresses: Addresses,
        listening: Listening,
        ports: Ports,
    ) -> Self {
        let state = Arc::new(State::new(common.started_ms()));
        Self { common, actions, projects, settings, addresses, listening, ports: Arc::new(ports), state }
    }

    /// Reads what is known from the last run. Once the listener runs, starts the tunnel if the settings say so.
    pub(crate) async fn begin(&self) {
        self.read_authtoken_hint().await;
        self.apply_public_address(false).await;
        let (room, mut socket) = (self.clone(), self.addresses.follow_socket());
        self.common.spawn_to_the_end(async move {
            let stop = room.common.stop();
            let listens = stop.run_until_cancelled(async { socket.wait_for(Option::is_some).await.is_ok() }).await;
            if listens == Some(true) {
                room.launch().await;
            }
        });
    }

    fn stored_settings(&self) -> Settings {
        self.settings.borrow().clone()
    }

    /// Starts the provider of the settings, in place of any running one. A provider that fails is a state, not an
    /// error.
    ///
    /// # Errors
    /// `tunnel_none` if no provider is chosen, `not_listening` if the listener is not running.
    pub async fn start(&self) -> Result<TunnelView> {
        self.state.shown().given = None;
        self.start_tunnel(Some(self.common.actor())).await
    }

    /// The same with settings that are not stored: those of a command line.
    ///
    /// # Errors
    /// As [`Tunnel::start`]; `invalid_setting` if one is out of its range.
    pub async fn start_with(&self, settings: TunnelSettings) -> Result<TunnelView> {
        let settings = checked::checked(settings, &self.projects.list())?;
        self.state.shown().given = Some(settings);
        self.start_tunnel(Some(self.common.actor())).await
    }

    /// Stops the tunnel. It is gone when this returns.
    pub async fn stop(&self) -> Result<TunnelView> {
        let mut run = self.state.run.lock().await;
        let (provider, ended) = {
            let shown = self.state.shown();
            (shown.provider, matches!(shown.state, TunnelState::Off | TunnelState::Failed { .. }))
        };
        // One that failed was not stopped by anyone.
        if run.is_some() && !ended {
            self.actions.act(None, "tunnel.stop", provider.as_str(), &Ok(()), "").await;
        }
        self.end_tunnel(&mut run).await;
        Ok(self.view())
    }

    /// Sends a probe through the public address and waits for its result, at most 15 s.
    ///
    /// # Errors
    /// `tunnel_offline` if there is no public address now.
    pub async fn probe_now(&self) -> Result<ProbeView> {
        let (number, base) = {
            let shown = self.state.shown();
            let online = shown.state == TunnelState::Online;
            (shown.number, shown.base.clone().filter(|_| online))
        };
        let offline = "There is no public address to send a probe to: the tunnel is not online. Start it first.";
        let base = base.ok_or_else(|| Error::new(Code::TunnelOffline, offline))?;
        let probe = self.probe(&base).await;
        self.keep_probe(number, &probe);
        Ok(probe)
    }

    /// What the tunnel was doing at a time (Unix milliseconds); `None` before it was ever started.
    pub async fn was(&self, at_ms: i64) -> Result<Option<store::TunnelState>> {
        Ok(self.common.store().tunnel_states().at(at_ms).await?)
    }

    /// Every state from now on.
    pub fn states(&self) -> TunnelStates {
        TunnelStates::new(self.state.told.subscribe())
    }

    /// Why the tunnel is not online, in a sentence for a person; `None` if it is, or for an address of the user's own,
    /// which does not depend on Pollux.
    pub(crate) fn down(&self) -> Option<String> {
        let settings = self.tunnel_settings();
        let shown = self.state.shown();
        let provider = if shown.state == TunnelState::Off { settings.provider } else { shown.provider };
        if matches!(provider, TunnelProvider::Own) {
            return None;
        }
        match &shown.state {
            TunnelState::Online => None,
            TunnelState::Off => Some("The tunnel is off: start it.".to_owned()),
            TunnelState::Starting => Some("The tunnel is still connecting.".to_owned()),
            TunnelState::Reconnecting { why, .. } => {
                Some(format!("The tunnel was lost and is connecting again: {why}"))
            }
            TunnelState::Failed { message, .. } => Some(format!("The tunnel has failed. {message}")),
        }
    }

    /// The settings that the tunnel was started with, or the stored ones.
    pub(crate) fn tunnel_settings(&self) -> TunnelSettings {
        let given = self.state.shown().given.clone();
        given.unwrap_or_else(|| self.stored_settings().tunnel)
    }

    /// What the tunnel is doing.
    pub fn view(&self) -> TunnelView {
        let settings = self.tunnel_settings();
        let (stray, too_many) = self.refused_requests();
        let shown = self.state.shown();
        TunnelView {
            provider: if shown.state == TunnelState::Off { settings.provider } else { shown.provider },
            state: shown.state.clone(),
            public: shown.base.as_deref().map(|base| address::with_token(base, &settings)),
            since_ms: shown.since_ms,
            latency_ms: shown.latency.map(|latency| u32::try_from(latency.as_millis()).unwrap_or(u32::MAX)),
            probe: shown.probe.clone(),
            stray,
            too_many,
            ngrok_authtoken: shown.authtoken.clone(),
        }
    }

    /// How many requests from the internet came without the path token, and how many beyond the rate.
    fn refused_requests(&self) -> (u64, u64) {
        let tally = self.ports.tally.snapshot();
        (tally.stray, tally.too_many)
    }

    /// Sends the present state to the window.
    fn tell_tunnel(&self) {
        let view = self.view();
        self.state.shown().refused = (view.stray, view.too_many);
        self.common.tell(Live::Tunnel { tunnel: Box::new(view.clone()) });
        let _ = self.state.told.send(view); // nobody may be listening
    }
}
