//! What can go wrong with cloudflared, by name, and what the user can do about it.

use std::process::ExitStatus;

use super::output::Seen;
use crate::tunnel::{Failure, FailureCode};

const INSTALL: &str = "Install it: on Debian and Ubuntu from Cloudflare's package repository \
    (https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/ says how), on macOS with \
    `brew install cloudflared`, on Windows with `winget install --id Cloudflare.cloudflared`. Or give the path of the \
    program in the settings of the tunnel.";

/// What went wrong, and what cloudflared said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    pub(super) said: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Neither at the path in the settings nor on the PATH. Holds that path.
    Missing(Option<String>),
    /// It exists but cannot be run. Holds the path.
    NotExecutable(String),
    /// It does not know one of our flags: it is too old, or another program.
    UnknownFlag,
    /// The system did not start it, or our file or port for it could not be created. Holds the reason.
    NotStarted(String),
    /// Cloudflare gives out no more quick tunnels for now.
    RateLimited,
    /// Names cannot be resolved, or there is no way out.
    NoNetwork,
    /// The service that gives out quick tunnels could not be reached.
    Unreachable,
    /// The service that gives out quick tunnels answered with an error.
    Service,
    /// It ended with a status, if the system has one.
    Exited(Option<i32>),
    /// A signal ended it.
    Crashed(String),
    /// It runs but reports no address, or no longer answers.
    Stuck,
    /// Cloudflare no longer knows the tunnel.
    Expired,
    /// There is an address but no connection, and QUIC fails.
    UdpBlocked,
    /// There is an address but no connection.
    NoConnection,
    /// There was a connection.
    Lost,
}

impl Trouble {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, said: Vec::new() }
    }

    /// Why the child ended by itself.
    pub(super) fn of_exit(status: ExitStatus, seen: &Seen, had_address: bool) -> Self {
        let said = seen.lines();
        let text = said.join("\n");
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let kind = if let Some(signal) = signal(status) {
            Kind::Crashed(signal)
        } else if has(&["flag provided but not defined", "Incorrect Usage"]) {
            Kind::UnknownFlag
        } else if let Some(line) = said.iter().find(|line| line.contains("setpriv: failed to execute")) {
            Kind::NotExecutable(line.trim_start_matches("setpriv: failed to execute ").to_owned())
        } else if had_address {
            Kind::Exited(status.code())
        } else if has(&["429 Too Many Requests", "error code: 1015"]) {
            Kind::RateLimited
        } else if has(&["failed to request quick Tunnel"]) {
            let names = ["no such host", "lookup ", "name resolution", "network is unreachable", "no route to host"];
            if has(&names) { Kind::NoNetwork } else { Kind::Unreachable }
        } else if has(&[
            "failed to unmarshal quick Tunnel",
            "failed to parse quick Tunnel",
            "failed to read quick-tunnel",
        ]) {
            Kind::Service
        } else {
            Kind::Exited(status.code())
        };
        Self { kind, said }
    }

    /// Whether another try would end the same way.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.kind, Kind::Missing(_) | Kind::NotExecutable(_) | Kind::UnknownFlag)
    }

    /// Stable code.
    pub(super) fn code(&self) -> FailureCode {
        match self.kind {
            Kind::Missing(_) => FailureCode::CloudflaredMissing,
            Kind::NotExecutable(_) => FailureCode::CloudflaredNotExecutable,
            Kind::UnknownFlag => FailureCode::CloudflaredUnknownFlag,
            Kind::NotStarted(_) => FailureCode::CloudflaredNotStarted,
            Kind::RateLimited => FailureCode::CloudflaredRateLimited,
            Kind::NoNetwork => FailureCode::CloudflaredNoNetwork,
            Kind::Unreachable => FailureCode::CloudflaredUnreachable,
            Kind::Service => FailureCode::CloudflaredServiceError,
            Kind::Exited(_) => FailureCode::CloudflaredExited,
            Kind::Crashed(_) => FailureCode::CloudflaredCrashed,
            Kind::Stuck => FailureCode::CloudflaredStuck,
            Kind::Expired => FailureCode::CloudflaredExpired,
            Kind::UdpBlocked => FailureCode::CloudflaredUdpBlocked,
            Kind::NoConnection => FailureCode::CloudflaredNoConnection,
            Kind::Lost => FailureCode::CloudflaredLost,
        }
    }

    /// What was wrong and what to do.
    pub(super) fn message(&self) -> String {
        match &self.kind {
            Kind::Missing(None) => format!("cloudflared is not installed: it is not on the PATH. {INSTALL}"),
            Kind::Missing(Some(path)) => format!("There is no cloudflared at {path}. {INSTALL}"),
            Kind::NotExecutable(path) => format!(
                "{path} cannot be run. It must be the path of the program cloudflared, built for this system, and you \
                 must have the right to run it (`chmod +x`)."
            ),
            Kind::UnknownFlag => "This cloudflared does not know an option that Pollux needs. It is too old, or another \
                 program: update cloudflared, or correct its path in the settings of the tunnel."
                .into(),
            Kind::NotStarted(why) => format!("cloudflared could not be started: {why}."),
            Kind::RateLimited => "Cloudflare limits how many quick tunnels a network may ask for, and gives out no more for \
                 now. Wait some minutes, or use ngrok or an address of your own."
                .into(),
            Kind::NoNetwork => {
                "No network: cloudflared cannot find api.trycloudflare.com. Is this computer online, and does its DNS work?"
                    .into()
            }
            Kind::Unreachable => "cloudflared cannot reach Cloudflare's service for quick tunnels. Is this computer online, \
                 and may it connect to api.trycloudflare.com on port 443?"
                .into(),
            Kind::Service => {
                "Cloudflare's service for quick tunnels answered with an error. It comes without a guarantee: if this lasts, \
                 use ngrok or an address of your own."
                    .into()
            }
            Kind::Exited(Some(status)) => format!("cloudflared ended with exit status {status}."),
            Kind::Exited(None) => "cloudflared ended.".into(),
            Kind::Crashed(signal) => format!("cloudflared was ended by the signal {signal}."),
            Kind::Stuck => "cloudflared is running, but got no address or no longer answers; restarting it.".into(),
            Kind::Expired => "Cloudflare no longer knows the address, as happens after a long time offline; asking for a new \
                 one."
                .into(),
            Kind::UdpBlocked => "cloudflared has an address, but no connection to Cloudflare: QUIC fails, so this network \
                 probably blocks UDP on port 7844. Turn on HTTP/2 in the settings of the tunnel. cloudflared goes on trying."
                .into(),
            Kind::NoConnection => "cloudflared has an address, but no connection to Cloudflare. It needs to connect to port \
                 7844 outside, by TCP for HTTP/2 and by UDP otherwise; it goes on trying."
                .into(),
            Kind::Lost => "cloudflared lost its connection to Cloudflare.".into(),
        }
    }

    /// The message, with cloudflared's own last word where the message does not say it all.
    pub(super) fn why(&self) -> String {
        let message = self.message();
        let tells =
            matches!(self.kind, Kind::Exited(_) | Kind::Crashed(_) | Kind::Service | Kind::Unreachable | Kind::Stuck);
        match self.said.last() {
            Some(last) if tells => format!("{message} It said: {last}"),
            _ => message,
        }
    }

    pub(super) fn failure(&self) -> Failure {
        let detail = (!self.said.is_empty()).then(|| self.said.join("\n"));
        Failure { code: self.code(), message: self.message(), detail }
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt as _;
    let number = status.signal()?;
    let name = nix::sys::signal::Signal::try_from(number).map(|signal| signal.as_str().to_owned());
    Some(name.unwrap_or_else(|_| number.to_string()))
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<String> {
    None
}
