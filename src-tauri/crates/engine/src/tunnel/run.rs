//! One run of a tunnel: from its start to its end, each state written to the time-line and reported.

use std::sync::Arc;
use std::time::Duration;

use inbound::tunnel::{Site, State};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Tunnel;
use super::provider::{self, TunnelPlan};
use super::state::Run;
use crate::dto::{TunnelProvider, TunnelState, TunnelView};
use crate::error::{Code, Error, Result};

/// States of the provider that may wait to be handled.
const STATES: usize = 16;
/// How long a tunnel may take to end. One that ends says so itself; this is for one that hangs.
const END: Duration = Duration::from_secs(15);
/// How often to check how many requests the listener refused.
const LOOK: Duration = Duration::from_secs(1);
/// Checks between two notes that a state still holds.
const SEEN: u32 = 30;

impl Tunnel {
    /// Ends what an earlier process left, and starts the tunnel if the settings say so. Called once, when the listener
    /// runs.
    pub(super) async fn launch(&self) {
        // Read them now: what is set from here on is for the next start.
        let settings = self.stored_settings().tunnel;
        provider::reap_children(self.ports.folder.clone()).await;
        if self.common.is_fixed() {
            return; // a command line says for itself what it wants
        }
        self.end_time_line().await;
        if settings.on_launch
            && settings.provider != TunnelProvider::None
            && !self.common.stop().is_cancelled()
            && let Err(error) = self.start_tunnel(None).await
        {
            tracing::warn!(code = %error.code, %error, "the tunnel could not be started");
        }
    }

    /// Writes the end of a tunnel whose process crashed before it could.
    async fn end_time_line(&self) {
        let line = self.common.store().tunnel_states();
        let ended = match line.latest().await {
            Ok(Some(last)) if last.state != "off" && last.state != "failed" => last,
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "the time-line of the tunnel could not be read");
                return;
            }
        };
        let state = store::TunnelState {
            at_ms: ended.seen_ms,
            seen_ms: ended.seen_ms,
            state: TunnelState::Off.as_str().to_owned(),
            detail: Some("Pollux ended without stopping the tunnel.".to_owned()),
            ..ended
        };
        if let Err(error) = line.add(state).await {
            tracing::warn!(%error, "the end of a tunnel could not be stored");
        }
    }

    /// Starts the provider of the settings, in place of any running one. `who`: for the log of actions; `None`: Pollux.
    pub(crate) async fn start_tunnel(&self, who: Option<&str>) -> Result<TunnelView> {
        let mut run = self.state.run.lock().await;
        let started = self.start_locked(&mut run).await;
        let target = self.tunnel_settings().provider.as_str();
        let outcome = match &started {
            Ok(view) => match &view.state {
                TunnelState::Failed { code, message, .. } => Err(Error::new(*code, message.clone())),
                _ => Ok(()),
            },
            Err(error) => Err(error.clone()),
        };
        match who {
            Some(_) => self.actions.act(None, "tunnel.start", target, &outcome, "").await,
            None => self.actions.tried_alone("tunnel.start", target, &outcome, "Started with Pollux.").await,
        }
        started
    }

    /// Restarts a running tunnel after its settings changed.
    pub(crate) async fn restart_tunnel(&self) {
        let mut run = self.state.run.lock().await;
        if !run.as_ref().is_some_and(Run::is_running) {
            return;
        }
        self.state.shown().given = None;
        if let Err(error) = self.start_locked(&mut run).await {
            // No provider is chosen any more.
            tracing::debug!(code = %error.code, "the tunnel was stopped by the settings");
            self.end_tunnel(&mut run).await;
        }
    }

    async fn start_locked(&self, run: &mut Option<Run>) -> Result<TunnelView> {
        let settings = self.tunnel_settings();
        let provider = settings.provider;
        if provider == TunnelProvider::None {
            let message = "No tunnel is chosen. In the settings, choose how the listener is reached from the internet.";
            return Err(Error::new(Code::TunnelNone, message));
        }
        if self.addresses.socket().is_none() {
            let message = "The listener is not running, so there is nothing to make public. Start it first.";
            return Err(Error::new(Code::NotListening, message));
        }
        self.end_tunnel(run).await;
        let number = {
            let mut shown = self.state.shown();
            shown.number += 1;
            shown.provider = provider;
            shown.probe = None;
            shown.latency = None;
            shown.base = None;
            shown.number
        };
        self.enter_state(number, TunnelState::Starting, None).await;
        match self.make_tunnel(settings).await {
            Ok(tunnel) => {
                let (states, coming) = mpsc::channel(STATES);
                let stop = CancellationToken::new();
                let listening = self.listening.clone();
                let site = Site {
                    intake: Arc::new(move || listening.intake()),
                    local: self.addresses.follow_socket(),
                    states,
                    stop: stop.clone(),
                    random: Arc::new(random),
                };
                let tunnel = tokio::spawn(tunnel.run(site));
                let handle = tunnel.abort_handle();
                let following = tokio::spawn(self.clone().follow_tunnel(number, coming, tunnel, stop.clone()));
                *run = Some(Run { stop, following, tunnel: handle });
            }
            Err(error) => self.tunnel_failed(number, error).await,
        }
        Ok(self.view())
    }

    async fn make_tunnel(&self, settings: crate::dto::TunnelSettings) -> Result<Box<dyn inbound::tunnel::Tunnel>> {
        let authtoken = match settings.provider {
            TunnelProvider::Ngrok => Some(self.ngrok_authtoken().await?),
            _ => None,
        };
        let own_address = self.stored_settings().public_address;
        (self.ports.factory)(TunnelPlan {
            settings,
            own_address,
            authtoken,
            folder: self.ports.folder.clone(),
            environment: self.common.environment().clone(),
        })
    }

    /// Ends the running tunnel. Nothing of it is left when this returns.
    pub(super) async fn end_tunnel(&self, run: &mut Option<Run>) {
        if let Some(mut ending) = run.take() {
            ending.stop.cancel();
            if tokio::time::timeout(END, &mut ending.following).await.is_err() {
                tracing::error!("the tunnel did not end within {} s and was cut off", END.as_secs());
                ending.tunnel.abort();
                ending.following.abort();
            }
        }
        let (number, failed) = {
            let shown = self.state.shown();
            (shown.number, shown.state != TunnelState::Off)
        };
        if failed {
            self.enter_state(number, TunnelState::Off, None).await;
        }
    }

    /// Ends the tunnel at the end of the engine.
    pub(crate) async fn shutdown(&self) {
        let mut run = self.state.run.lock().await;
        self.end_tunnel(&mut run).await;
    }

    async fn follow_tunnel(
        self,
        number: u64,
        mut coming: mpsc::Receiver<State>,
        mut tunnel: JoinHandle<()>,
        stop: CancellationToken,
    ) {
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut looks, mut ended, mut result) = (0_u32, false, None);
        loop {
            tokio::select! {
                state = coming.recv() => match state {
                    Some(state) => {
                        ended = matches!(state, State::Failed(_) | State::Stopped);
                        self.take_over(number, state).await;
                    }
                    None => break,
                },
                // What the tunnel said last is still in the channel.
                end = &mut tunnel, if result.is_none() => {
                    coming.close();
                    result = Some(end);
                }
                _ = tick.tick() => {
                    looks = looks.wrapping_add(1);
                    self.look_at_tunnel(looks.is_multiple_of(SEEN)).await;
                }
            }
        }
        let result = match result {
            Some(result) => result,
            None => tunnel.await,
        };
        let fault = result.err().map(|error| error.to_string());
        if let Some(fault) = &fault {
            tracing::error!(fault, "the tunnel was ended by a fault");
        }
        if !ended && !stop.is_cancelled() {
            let error = Error {
                code: Code::Internal,
                message: "A fault in Pollux ended the tunnel. Start it again.".to_owned(),
                detail: fault,
            };
            self.tunnel_failed(number, error).await;
        } else if !ended {
            self.take_over(number, State::Stopped).await;
        }
    }

    /// Reports requests that the listener has refused since the last report. With `note`, also notes that the state
    /// still holds.
    async fn look_at_tunnel(&self, note: bool) {
        let refused = self.refused_requests();
        let told = self.state.shown().refused;
        if told != refused {
            self.tell_tunnel();
        }
        if note && let Err(error) = self.common.store().tunnel_states().seen(self.common.now_ms()).await {
            tracing::warn!(%error, "the time-line of the tunnel could not be written");
        }
    }

    /// Handles what a provider says.
    async fn take_over(&self, number: u64, state: State) {
        match state {
            State::Starting => self.enter_state(number, TunnelState::Starting, None).await,
            State::Online { public, latency } => {
                let same = {
                    let mut shown = self.state.shown();
                    let same = shown.number == number
                        && shown.state == TunnelState::Online
                        && shown.base.as_deref() == Some(public.as_str());
                    if shown.number == number {
                        shown.latency = latency;
                    }
                    same
                };
                if same {
                    self.tell_tunnel();
                    return;
                }
                self.enter_state(number, TunnelState::Online, Some(public.clone())).await;
                self.probe_soon(number, public);
            }
            State::Reconnecting { why, retry_in, attempt } => {
                let wait = retry_in.map(|wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
                let next_ms = wait.map(|wait| self.common.now_ms().saturating_add(wait));
                let base = self.state.shown().base.clone();
                self.enter_state(number, TunnelState::Reconnecting { why, next_ms, attempt }, base).await;
            }
            State::Failed(failure) => self.tunnel_failed(number, failure.into()).await,
            State::Stopped => self.enter_state(number, TunnelState::Off, None).await,
        }
    }

    async fn tunnel_failed(&self, number: u64, Error { code, message, detail }: Error) {
        tracing::warn!(%code, "the tunnel has failed");
        self.enter_state(number, TunnelState::Failed { code, message, detail }, None).await;
    }

    /// Enters a state, under this address: first puts the rules of the listener in force, then writes the state down,
    /// then reports it.
    async fn enter_state(&self, number: u64, state: TunnelState, base: Option<String>) {
        let now_ms = self.common.now_ms();
        let before = {
            let mut shown = self.state.shown();
            if shown.number != number {
                return; // it belongs to an earlier run
            }
            if !matches!(state, TunnelState::Online) {
                shown.probing.cancel();
                shown.latency = None;
            }
            let before = (shown.state.as_str(), shown.base.clone());
            if before.0 != state.as_str() {
                shown.since_ms = now_ms;
            }
            shown.base.clone_from(&base);
            shown.state = state.clone();
            before
        };
        // A new reason or another try does not make a new state.
        if before != (state.as_str(), base.clone()) {
            let online = matches!(state, TunnelState::Online);
            self.apply_public_address(online).await;
            self.write_time_line(now_ms, &state, base).await;
        }
        self.tell_tunnel();
    }

    async fn write_time_line(&self, now_ms: i64, state: &TunnelState, base: Option<String>) {
        let detail = match state {
            TunnelState::Reconnecting { why, .. } => Some(why.clone()),
            TunnelState::Failed { code, message, .. } => Some(format!("{code}: {message}")),
            TunnelState::Off | TunnelState::Starting | TunnelState::Online => None,
        };
        let provider = self.state.shown().provider;
        let state = store::TunnelState {
            at_ms: now_ms,
            seen_ms: now_ms,
            provider: provider.as_str().to_owned(),
            state: state.as_str().to_owned(),
            public: base,
            detail,
        };
        if let Err(error) = self.common.store().tunnel_states().add(state).await {
            tracing::warn!(%error, "a state of the tunnel could not be stored");
        }
    }
}

/// A number from 0 to below 1, from the random bits at the end of a UUID.
fn random() -> f64 {
    const BITS: u32 = 52; // as many as a double has; the fixed bits of a UUID come before them
    let bits = uuid::Uuid::new_v4().as_u128() & ((1 << BITS) - 1);
    bits as f64 / (1_u64 << BITS) as f64
}

#[cfg(test)]
mod tests {
    use super::random;

    #[test]
    fn jitter_is_spread_from_0_to_1() {
        let numbers: Vec<f64> = (0..2000).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 2000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
