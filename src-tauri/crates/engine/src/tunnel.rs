//! The tunnel: one at a time, started and stopped by the user, its states kept and told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use inbound::{Intake, Listener};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::dto::{Authtoken, Live, ProbeView, TunnelProvider, TunnelSettings, TunnelState, TunnelView};
use crate::engine::Engine;
use crate::error::{Code, Error, Result};

mod address;
mod authtoken;
mod probing;
mod provider;
mod run;

pub(crate) use address::checked;
pub use provider::{TunnelFactory, TunnelPlan};
pub use run::TunnelStates;

/// States that may wait for a slow reader of [`Engine::tunnel_states`].
const TOLD: usize = 64;

/// The tunnel of one engine.
pub(crate) struct Tunnels {
    /// The one that runs, or ran last. Held by whoever starts or stops one.
    run: tokio::sync::Mutex<Option<run::Run>>,
    shown: Mutex<Shown>,
    told: broadcast::Sender<TunnelView>,
    /// Where the listener's socket is.
    local: watch::Sender<Option<SocketAddr>>,
    intake: Arc<Mutex<Option<Intake>>>,
    factory: TunnelFactory,
    /// Where running children are noted.
    folder: PathBuf,
    launched: Once,
}

/// What is known of the tunnel.
struct Shown {
    /// Counts the starts: what an earlier one says late is not listened to.
    number: u64,
    /// Its settings where they are not those that are stored.
    given: Option<TunnelSettings>,
    provider: TunnelProvider,
    state: TunnelState,
    since_ms: i64,
    /// The public address, without the path token. While it is online or reconnects.
    base: Option<String>,
    latency: Option<Duration>,
    probe: Option<ProbeView>,
    /// Ends the probe that is under way.
    probing: CancellationToken,
    /// Requests that were refused, as they were told.
    refused: (u64, u64),
    authtoken: Option<Authtoken>,
}

impl Tunnels {
    pub(crate) fn new(factory: Option<TunnelFactory>, folder: PathBuf, now_ms: i64) -> Self {
        Self {
            run: tokio::sync::Mutex::default(),
            shown: Mutex::new(Shown {
                number: 0,
                given: None,
                provider: TunnelProvider::None,
                state: TunnelState::Off,
                since_ms: now_ms,
                base: None,
                latency: None,
                probe: None,
                probing: CancellationToken::new(),
                refused: (0, 0),
                authtoken: None,
            }),
            told: broadcast::Sender::new(TOLD),
            local: watch::Sender::new(None),
            intake: Arc::default(),
            factory: factory.unwrap_or_else(provider::real),
            folder,
            launched: Once::new(),
        }
    }

    /// The listener is another, or there is none.
    /// Where the listener's socket is.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        *self.local.borrow()
    }

    pub(crate) fn set_listener(&self, listener: Option<&Listener>) {
        *self.intake.lock().unwrap_or_else(PoisonError::into_inner) = listener.map(Listener::intake);
        self.local.send_replace(listener.map(Listener::address));
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// What the tunnel is doing.
    pub async fn tunnel(&self) -> Result<TunnelView> {
        Ok(self.tunnel_view())
    }

    /// Starts the provider of the settings, in place of one that runs. That it cannot go on is a state.
    ///
    /// # Errors
    /// `tunnel_none` where no provider is chosen, `not_listening` where the listener does not run.
    pub async fn tunnel_start(&self) -> Result<TunnelView> {
        self.inner.tunnels.shown().given = None;
        self.start_tunnel(Some(&self.inner.actor)).await
    }

    /// The same with settings that are not kept: those of a command line.
    ///
    /// # Errors
    /// As [`Engine::tunnel_start`]; `invalid_setting` where one is out of its range.
    pub async fn tunnel_start_with(&self, settings: TunnelSettings) -> Result<TunnelView> {
        let settings = address::checked(settings, &self.projects())?;
        self.inner.tunnels.shown().given = Some(settings);
        self.start_tunnel(Some(&self.inner.actor)).await
    }

    /// Stops it. It is gone when this returns.
    pub async fn tunnel_stop(&self) -> Result<TunnelView> {
        let mut run = self.inner.tunnels.run.lock().await;
        let provider = self.inner.tunnels.shown().provider;
        if run.as_ref().is_some_and(run::Run::is_running) {
            self.act(None, "tunnel.stop", provider.as_str(), &Ok(()), "").await;
        }
        self.end_tunnel(&mut run).await;
        Ok(self.tunnel_view())
    }

    /// Sends a probe through the public address and waits for what comes of it, 15 s at most.
    ///
    /// # Errors
    /// `tunnel_offline` where there is no public address now.
    pub async fn tunnel_probe(&self) -> Result<ProbeView> {
        let (number, base) = {
            let shown = self.inner.tunnels.shown();
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
    pub async fn tunnel_was(&self, at_ms: i64) -> Result<Option<store::TunnelState>> {
        Ok(self.inner.store.tunnel_states().at(at_ms).await?)
    }

    /// Every state from now on.
    pub fn tunnel_states(&self) -> TunnelStates {
        TunnelStates::new(self.inner.tunnels.told.subscribe())
    }

    /// Is the tunnel online, and if not, why? In a sentence, for a person. `None` for an address of the user's own: it
    /// does not depend on us.
    pub(crate) fn tunnel_down(&self) -> Option<String> {
        let settings = self.tunnel_settings();
        let shown = self.inner.tunnels.shown();
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

    /// The settings of the tunnel: those it was started with, or the stored ones.
    pub(crate) fn tunnel_settings(&self) -> TunnelSettings {
        let given = self.inner.tunnels.shown().given.clone();
        given.unwrap_or_else(|| self.settings().tunnel)
    }

    pub(crate) fn tunnel_view(&self) -> TunnelView {
        let settings = self.tunnel_settings();
        let (stray, too_many) = self.refused_requests();
        let shown = self.inner.tunnels.shown();
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

    /// Requests from the internet that came without the path token, and beyond the rate.
    fn refused_requests(&self) -> (u64, u64) {
        let tally = self.inner.tally.snapshot();
        (tally.stray, tally.too_many)
    }

    /// Tells the window how it is now.
    fn tell_tunnel(&self) {
        let view = self.tunnel_view();
        self.inner.tunnels.shown().refused = (view.stray, view.too_many);
        self.inner.feed.tell(Live::Tunnel { tunnel: Box::new(view.clone()) });
        let _ = self.inner.tunnels.told.send(view); // nobody may be listening
    }
}

impl TunnelProvider {
    /// The name in the store, in the log of actions and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ngrok => "ngrok",
            Self::Cloudflared => "cloudflared",
            Self::Own => "own",
        }
    }
}

impl TunnelState {
    /// The name in the store.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::Online => "online",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Failed { .. } => "failed",
        }
    }
}
