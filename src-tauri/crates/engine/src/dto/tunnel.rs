//! The tunnel as the window sees it. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};

use crate::error::Code;

/// How the listener is reached from the internet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TunnelProvider {
    /// Not at all.
    #[default]
    None,
    /// ngrok, inside this process.
    Ngrok,
    /// A quick tunnel of cloudflared, a child process.
    Cloudflared,
    /// An address of the user's own: a reverse proxy, Tailscale Funnel, a dev box.
    Own,
}

/// What the user sets about tunnels. The authtoken of ngrok is in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct TunnelSettings {
    /// Which one.
    pub provider: TunnelProvider,
    /// Start it with Pollux.
    pub on_launch: bool,
    /// ngrok: a reserved domain, `hooks.example.com`.
    pub ngrok_domain: Option<String>,
    /// ngrok: a traffic policy, YAML or JSON.
    pub ngrok_policy: Option<String>,
    /// ngrok: metadata of the session, shown in ngrok's own dashboard.
    pub ngrok_metadata: Option<String>,
    /// cloudflared: the program, where it is not on the PATH.
    pub cloudflared_path: Option<String>,
    /// cloudflared: over TCP (HTTP/2), for networks that block UDP.
    pub cloudflared_http2: bool,
    /// A first path segment that public requests must have: what has none is answered 404 and not kept.
    pub path_token: Option<String>,
    /// Public requests a second; more are answered 429 and not kept. 0: no limit.
    pub per_second: u32,
    /// MiB of public requests a second, heads and bodies; what is beyond is answered 429 and not kept. 0: no limit.
    pub mib_per_second: u32,
}

impl Default for TunnelSettings {
    fn default() -> Self {
        Self {
            provider: TunnelProvider::None,
            on_launch: false,
            ngrok_domain: None,
            ngrok_policy: None,
            ngrok_metadata: None,
            cloudflared_path: None,
            cloudflared_http2: false,
            path_token: None,
            per_second: 200,
            mib_per_second: 4,
        }
    }
}

impl TunnelSettings {
    /// A tunnel that is set up for the first time: with a path token of its own, made at random. Whoever wants none says
    /// so.
    #[must_use]
    pub fn set_up(provider: TunnelProvider) -> Self {
        Self { provider, path_token: Some(new_path_token()), ..Self::default() }
    }
}

/// A path segment of 100 bits: 20 letters of 32, which no address has to escape and nobody mistakes for another.
fn new_path_token() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    const LEN: usize = 20;
    // Of the 16 bytes of a UUID, two have fixed bits: of each only low bits that are random are taken.
    let random = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
    let bytes = random.iter().flat_map(|uuid| uuid.as_bytes().iter().enumerate());
    let letters =
        bytes.filter(|(at, _)| !matches!(at, 6 | 8)).filter_map(|(_, byte)| LETTERS.get(usize::from(byte & 31)));
    letters.take(LEN).map(|letter| char::from(*letter)).collect()
}

/// What the tunnel is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TunnelView {
    /// Which one runs, or ran last.
    pub provider: TunnelProvider,
    /// Its state.
    pub state: TunnelState,
    /// The public address with the path token, with a slash at its end; also while it reconnects.
    pub public: Option<String>,
    /// Since when it is in this state.
    pub since_ms: i64,
    /// Round trip to the provider.
    pub latency_ms: Option<u32>,
    /// Of the latest probe.
    pub probe: Option<ProbeView>,
    /// Public requests answered 404 for want of the path token, since the start.
    pub stray: u64,
    /// Public requests answered 429, since the start.
    pub too_many: u64,
    /// The authtoken that ngrok is opened with; `None`: there is none.
    pub ngrok_authtoken: Option<Authtoken>,
}

/// An authtoken of ngrok, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Authtoken {
    /// Its end: `…a91f`.
    pub hint: String,
    /// Where it is from.
    pub from: AuthtokenFrom,
    /// The end of another one, in `NGROK_AUTHTOKEN`: a kept one goes before it.
    pub passed_over: Option<String>,
}

/// Where an authtoken is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AuthtokenFrom {
    /// Entered by the user, and kept with the secrets.
    Kept,
    /// `NGROK_AUTHTOKEN`, as Pollux was started with it.
    Environment,
}

/// A state of the tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TunnelState {
    /// Not started.
    Off,
    /// Connecting.
    Starting,
    /// Reached from the internet.
    Online,
    /// Lost, and trying again.
    Reconnecting {
        /// What was lost.
        why: String,
        /// When the next try is; `None` while it is under way.
        next_ms: Option<i64>,
        /// Which try it is, from 1.
        attempt: u32,
    },
    /// It has ended by itself.
    Failed {
        /// Stable code.
        code: Code,
        /// What was wrong and what to do.
        message: String,
        /// What the provider said.
        detail: Option<String>,
    },
}

/// What a probe showed: a signed, binary POST from here through the public address back to the listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProbeView {
    /// When.
    pub at_ms: i64,
    /// `ok`, `body_changed`, `headers_changed` (one that a verification needs), `path_changed` (the path token was lost on the
    /// way), `foreign_answer` (the provider answered with a page of its own), `tls_failed`, `unreachable`, `timed_out`.
    pub result: String,
    /// In a sentence, and what to do.
    pub message: String,
    /// The round trip.
    pub took_ms: Option<u32>,
    /// Headers that came and were not sent.
    pub added: Vec<String>,
    /// Headers that were sent and did not come.
    pub dropped: Vec<String>,
    /// Headers whose value is another.
    pub changed: Vec<String>,
    /// The HTTP status, where somebody answered.
    pub status: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_that_is_set_up_has_a_path_token_that_cannot_be_guessed() {
        let tokens: std::collections::BTreeSet<String> =
            (0..100).filter_map(|_| TunnelSettings::set_up(TunnelProvider::Own).path_token).collect();
        assert_eq!(tokens.len(), 100);
        for token in &tokens {
            assert!(token.len() == 20 && token.chars().all(|c| matches!(c, 'a'..='z' | '2'..='7')), "{token}");
        }
        // Each place takes every letter, or nearly so.
        for place in 0..20 {
            let letters: std::collections::BTreeSet<char> =
                tokens.iter().filter_map(|token| token.chars().nth(place)).collect();
            assert!(letters.len() > 20, "place {place}: {letters:?}");
        }
        assert_eq!(TunnelSettings::default().path_token, None, "what was saved without one stays so");
    }
}
