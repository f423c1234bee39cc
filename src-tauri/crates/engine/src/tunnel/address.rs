//! Under which public address the listener is reached, and what is asked of those who come by it.

use inbound::GateRules;

use crate::dto::{Level, Project, Settings, TunnelProvider, TunnelSettings, TunnelState};
use crate::engine::Engine;
use crate::error::{Code, Error, Result};

/// Shortest path token: what is shorter can be guessed by trying.
const TOKEN: std::ops::RangeInclusive<usize> = 8..=64;
/// Longest traffic policy and metadata, in bytes.
const POLICY: usize = 64 * 1024;
/// Of ngrok.
const METADATA: usize = 4096;
const DOMAIN: usize = 253;
const PER_SECOND: u32 = 100_000;
const MIB_PER_SECOND: u32 = 10_000;

/// The address with the path token, with a slash at its end.
pub(super) fn with_token(base: &str, settings: &TunnelSettings) -> String {
    match &settings.path_token {
        Some(token) => format!("{base}{token}/"),
        None => base.to_owned(),
    }
}

impl Engine {
    /// The public address or what is asked of those who come by it may be another: puts it in force. `online`: the
    /// tunnel has just come online, so that an address that is another than the last one is news.
    pub(crate) async fn address_is(&self, online: bool) {
        let settings = self.tunnel_settings();
        let (base, live, running) = {
            let shown = self.inner.tunnels.shown();
            let live = shown.base.clone();
            let running =
                matches!(shown.state, TunnelState::Starting | TunnelState::Online | TunnelState::Reconnecting { .. });
            (live.clone(), live.is_some(), running)
        };
        let base = match base {
            Some(base) => Some(base),
            None => self.expected(&settings).await,
        };
        // A proxy of the user's own passes requests on whether or not we look at it.
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
        self.inner.gate.set(rules);
        let public = base.map(|base| with_token(&base, &settings));
        if online && let Some(public) = &public {
            self.tell_moved(public).await;
        }
        self.set_public(public, reached).await;
    }

    /// Where the tunnel of the settings will be reached when it is online again, as far as that is known.
    async fn expected(&self, settings: &TunnelSettings) -> Option<String> {
        match (settings.provider, &settings.ngrok_domain) {
            (TunnelProvider::Own, _) => self.settings().public_address,
            (TunnelProvider::Ngrok, Some(domain)) => Some(format!("https://{domain}/")),
            // An account has one address of its own. That of a quick tunnel never comes again.
            (TunnelProvider::Ngrok, None) => match self.inner.store.tunnel_states().online("ngrok").await {
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
        let last = match self.inner.store.addresses().list().await {
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
            self.notice(Level::Info, Code::PublicAddressChanged, &message);
        }
    }

    /// Settings were stored: what runs follows them.
    pub(crate) async fn tunnel_settings_changed(&self, before: &Settings) {
        let now = self.settings();
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
            self.address_is(false).await;
            self.tell_tunnel();
        }
    }
}

/// Settings of the tunnel within their ranges, or what is wrong with them.
pub(crate) fn checked(mut settings: TunnelSettings, projects: &[Project]) -> Result<TunnelSettings> {
    let invalid = |message: String| Err(Error::new(Code::InvalidSetting, message));
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    settings.ngrok_domain = filled(settings.ngrok_domain).map(|text| domain(&text)).transpose()?;
    settings.ngrok_policy = filled(settings.ngrok_policy);
    settings.ngrok_metadata = filled(settings.ngrok_metadata);
    settings.cloudflared_path = filled(settings.cloudflared_path);
    settings.path_token = filled(settings.path_token).map(|text| text.trim_matches('/').to_owned());
    let too_long = |text: &Option<String>, most: usize| text.as_ref().is_some_and(|text| text.len() > most);
    if too_long(&settings.ngrok_policy, POLICY) {
        return invalid(format!("The traffic policy is longer than {} KiB.", POLICY / 1024));
    }
    if too_long(&settings.ngrok_metadata, METADATA) {
        return invalid(format!("The metadata is longer than {METADATA} bytes."));
    }
    if settings.per_second > PER_SECOND {
        return invalid(format!("The rate is 0 (no limit) to {PER_SECOND} requests a second."));
    }
    if settings.mib_per_second > MIB_PER_SECOND {
        return invalid(format!("The rate is 0 (no limit) to {MIB_PER_SECOND} MiB a second."));
    }
    if let Some(token) = &settings.path_token {
        let plain = token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain || !TOKEN.contains(&token.len()) {
            return invalid(format!("The path token is {} to {} letters, digits, - or _.", TOKEN.start(), TOKEN.end()));
        }
        if projects.iter().any(|project| project.path == *token) {
            return invalid("The path token is the path of a project. Take another.".to_owned());
        }
    }
    Ok(settings)
}

/// `hooks.example.com`, also where it came as an address.
fn domain(text: &str) -> Result<String> {
    let host = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/').to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if host.len() > DOMAIN || !host.contains('.') || !host.split('.').all(label) {
        return Err(Error::new(
            Code::InvalidSetting,
            "The ngrok domain cannot be used. It looks like hooks.example.com or name.ngrok-free.app.",
        ));
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(path: &str) -> Project {
        Project {
            id: 1,
            name: path.to_owned(),
            path: path.to_owned(),
            sandbox: false,
            ..serde_json::from_value(serde_json::json!({
                "id": 1, "name": "", "path": "", "sandbox": false, "base_url": "", "api_version": "v1", "api_key": null
            }))
            .unwrap()
        }
    }

    #[test]
    fn settings_are_trimmed_and_checked() {
        let token = |token: &str| TunnelSettings { path_token: Some(token.into()), ..TunnelSettings::default() };
        let domain = |domain: &str| TunnelSettings { ngrok_domain: Some(domain.into()), ..TunnelSettings::default() };
        let projects = [project(""), project("nightly-run")];
        let check = |settings| checked(settings, &projects);
        for (settings, expected) in [
            (token(" /abcDEF-1_/ "), Some("abcDEF-1_")),
            (token("  "), None),
            (token(&"a".repeat(64)), Some(&*"a".repeat(64))),
        ] {
            assert_eq!(check(settings).unwrap().path_token.as_deref(), expected);
        }
        for (settings, expected) in [
            (domain(" https://Hooks.Example.com/ "), Some("hooks.example.com")),
            (domain("a-b.ngrok-free.app"), Some("a-b.ngrok-free.app")),
            (domain(""), None),
        ] {
            assert_eq!(check(settings).unwrap().ngrok_domain.as_deref(), expected);
        }
        let refused = [
            token("short12"),
            token(&"a".repeat(65)),
            token("with/slash"),
            token("with space"),
            token("perc%41nt"),
            token("nightly-run"),
            domain("http://hooks.example.com"),
            domain("hooks"),
            domain("hooks..example"),
            domain("-a.example"),
            domain("a.example/path"),
            domain("a.example:443"),
            TunnelSettings { per_second: 100_001, ..TunnelSettings::default() },
            TunnelSettings { ngrok_metadata: Some("x".repeat(4097)), ..TunnelSettings::default() },
            TunnelSettings { ngrok_policy: Some("x".repeat(65 * 1024)), ..TunnelSettings::default() },
        ];
        for settings in refused {
            assert_eq!(check(settings.clone()).unwrap_err().code, Code::InvalidSetting, "{settings:?}");
        }
    }
}
