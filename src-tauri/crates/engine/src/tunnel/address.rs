//! The public address at which the listener is reached, and the checks on requests that come by it.

use inbound::GateRules;

use super::Tunnel;
use crate::dto::{Level, Settings, TunnelProvider, TunnelSettings, TunnelState};
use crate::error::Code;

/// The address with the path token and a slash at its end.
pub(super) fn with_token(base: &str, settings: &TunnelSettings) -> String {
    match &settings.path_token {
        Some(token) => format!("{base}{token}/"),
        None => base.to_owned(),
    }
}

impl Tunnel {
    /// Puts the public address, and the checks on requests that come by it, in force after either may have changed.
    /// `online`: the tunnel has just come online, so an address that differs from the last one is news.
    pub(crate) async fn apply_public_address(&self, online: bool) {
        let settings = self.tunnel_settings();
        let (base, live, running) = {
            let shown = self.state.shown();
            let live = shown.base.clone();
            let running =
                matches!(shown.state, TunnelState::Starting | TunnelState::Online | TunnelState::Reconnecting { .. });
            (live.clone(), live.is_some(), running)
        };
        let base = match base {
            Some(base) => Some(base),
            None => self.expected(&settings).await,
        };
        // A proxy of the user's own passes requests on, whether the tunnel runs or not.
        let reached = live || (settings.provider == TunnelProvider::Own && base.is_some());
        let rules = match running || reached || settings.path_token.is_some() {
            true => GateRules {
                public: base.clone().filter(|_| reached),
                path_token: settings.path_token.clone(),
                per_second: settings.per_second,
                bytes_per_second: u64::from(settings.mib_per_second) * 1024 * 1024,
            },
            false => GateRules::default(),
        };
        self.ports.gate.set(rules);
        let public = base.map(|base| with_token(&base, &settings));
        if online && let Some(public) = &public {
            self.tell_moved(public).await;
        }
        self.addresses.set_public(public, reached).await;
    }

    /// Where the tunnel of the settings will be reached when it is online again, as far as that is known.
    async fn expected(&self, settings: &TunnelSettings) -> Option<String> {
        match (settings.provider, &settings.ngrok_domain) {
            (TunnelProvider::Own, _) => self.stored_settings().public_address,
            (TunnelProvider::Ngrok, Some(domain)) => Some(format!("https://{domain}/")),
            // An account has one address of its own. A quick tunnel never gets the same address again.
            (TunnelProvider::Ngrok, None) => match self.common.store().tunnel_states().online("ngrok").await {
                Ok(last) => last.and_then(|last| last.public),
                Err(error) => {
                    tracing::warn!(%error, "the time-line of the tunnel could not be read");
                    None
                }
            },
            (TunnelProvider::None | TunnelProvider::Cloudflared, _) => None,
        }
    }

    async fn tell_moved(&self, public: &str) {
        // The list is in the order of use.
        let last = match self.common.store().addresses().list().await {
            Ok(list) => list.into_iter().find(|address| address.public).map(|address| address.base),
            Err(error) => {
                tracing::warn!(%error, "the earlier addresses of the listener could not be read");
                None
            }
        };
        if let Some(last) = last.filter(|last| last != public) {
            let message = format!(
                "The public address is now {public}. Webhooks may still point to {last}: Webhooks shows and repairs them."
            );
            self.common.notice(Level::Info, Code::PublicAddressChanged, &message);
        }
    }

    /// Has the running tunnel follow settings that were stored.
    pub(crate) async fn settings_changed(&self, before: &Settings) {
        let now = self.stored_settings();
        let provider = before.tunnel.provider;
        let of_ngrok = |settings: &TunnelSettings| {
            (settings.ngrok_domain.clone(), settings.ngrok_policy.clone(), settings.ngrok_metadata.clone())
        };
        let of_cloudflared =
            |settings: &TunnelSettings| (settings.cloudflared_path.clone(), settings.cloudflared_http2);
        let other = provider != now.tunnel.provider
            || match provider {
                TunnelProvider::None => false,
                TunnelProvider::Ngrok => of_ngrok(&before.tunnel) != of_ngrok(&now.tunnel),
                TunnelProvider::Cloudflared => of_cloudflared(&before.tunnel) != of_cloudflared(&now.tunnel),
                TunnelProvider::Own => before.public_address != now.public_address,
            };
        if other {
            self.restart_tunnel().await;
        }
        if other || before.tunnel != now.tunnel || before.public_address != now.public_address {
            self.apply_public_address(false).await;
            self.tell_tunnel();
        }
    }
}
