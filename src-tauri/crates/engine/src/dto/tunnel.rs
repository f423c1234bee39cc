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
    /// The chosen one.
    pub provider: TunnelProvider,
    /// Start it with Pollux.
    pub on_launch: bool,
    /// ngrok: a reserved domain, `hooks.example.com`.
    pub ngrok_domain: Option<String>,
    /// ngrok: a traffic policy, YAML or JSON.
    pub ngrok_policy: Option<String>,
    /// ngrok: metadata of the session, shown in ngrok's own dashboard.
    pub ngrok_metadata: Option<String>,
    /// cloudflared: the program, if it is not on the PATH.
    pub cloudflared_path: Option<String>,
    /// cloudflared: over TCP (HTTP/2), for networks that block UDP.
    pub cloudflared_http2: bool,
    /// A first path segment that public requests must have: those without are answered 404 and not stored.
    pub path_token: Option<String>,
    /// Public requests a second; more are answered 429 and not stored. 0: no limit.
    pub per_second: u32,
    /// MiB of public requests a second, heads and bodies; more is answered 429 and not stored. 0: no limit.
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
    /// The settings of a tunnel that is set up for the first time: with a random path token of its own, unless the
    /// caller takes it out.
    #[must_use]
    pub fn set_up(provider: TunnelProvider) -> Self {
        Self { provider, path_token: Some(new_path_token()), ..Self::default() }
    }
}

/// A path segment of 100 bits: 20 letters out of 32 that no address has to escape and nobody confuses.
fn new_path_token() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    const LEN: usize = 20;
    // Of the 16 bytes of a UUID, two have fixed bits. Use only the low bits of the others, which are random.
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
    /// The public address with the path token, with a slash at its end; kept while it reconnects.
    pub public: Option<String>,
    /// When it entered this state.
    pub since_ms: i64,
    /// The round trip to the provider.
    pub latency_ms: Option<u32>,
    /// The latest probe.
    pub probe: Option<ProbeView>,
    /// Public requests answered 404 since the start because they lacked the path token.
    pub stray: u64,
    /// Public requests answered 429, since the start.
    pub too_many: u64,
    /// The authtoken that ngrok is used with; `None`: there is none.
    pub ngrok_authtoken: Option<Authtoken>,
}

/// An authtoken of ngrok, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Authtoken {
    /// Its end: `…a91f`.
    pub hint: String,
    /// Where it comes from.
    pub from: AuthtokenFrom,
    /// The end of another one, in `NGROK_AUTHTOKEN`, which gives way to the stored one.
    pub passed_over: Option<String>,
}

/// Where an authtoken comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AuthtokenFrom {
    /// Entered by the user, and stored with the secrets.
    Kept,
    /// `NGROK_AUTHTOKEN`, as Pollux was started with it.
    Environment,
}

/// A state of the tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TunnelState {
    /// Not started, or stopped.
    Off,
    /// Started, and connecting for the first time.
    Starting,
    /// Reached from the internet.
    Online,
    /// The connection was lost, and the provider is trying again.
    Reconnecting {
        /// What was lost.
        why: String,
        /// When the next try is; `None` while it is under way.
        next_ms: Option<i64>,
        /// Which try it is, from 1.
        attempt: u32,
    },
    /// Ended on its own; it does not try again.
    Failed {
        /// Stable code.
        code: Code,
        /// What was wrong and what to do.
        message: String,
        /// What the provider said.
        detail: Option<String>,
    },
}

/// The result of a probe: a signed, binary POST from here through the public address back to the listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProbeView {
    /// When it was sent.
    pub at_ms: i64,
    /// `ok`, `body_changed`, `headers_changed` (one that verification needs), `path_changed` (the path token was lost
    /// on the way), `foreign_answer` (the provider answered with a page of its own), `tls_failed`, `unreachable`,
    /// `timed_out`.
    pub result: String,
    /// The result in a sentence, and what to do.
    pub message: String,
    /// The round trip.
    pub took_ms: Option<u32>,
    /// Headers that came but were not sent.
    pub added: Vec<String>,
    /// Headers that were sent but did not come.
    pub dropped: Vec<String>,
    /// Headers whose value changed.
    pub changed: Vec<String>,
    /// The HTTP status, if there was an answer.
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
        // Each place takes every letter, or nearly every one.
        for place in 0..20 {
            let letters: std::collections::BTreeSet<char> =
                tokens.iter().filter_map(|token| token.chars().nth(place)).collect();
            assert!(letters.len() > 20, "place {place}: {letters:?}");
        }
        assert_eq!(TunnelSettings::default().path_token, None, "what was saved without one stays so");
    }
}
