//! The codes for what ends a tunnel.

use std::fmt;

/// Why a tunnel cannot continue, as a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// No own address was entered.
    OwnAddressMissing,
    /// The own address is wrong.
    OwnAddressInvalid,
    /// cloudflared is not installed.
    CloudflaredMissing,
    /// cloudflared cannot be run.
    CloudflaredNotExecutable,
    /// cloudflared does not know an option: it is too old, or another program.
    CloudflaredUnknownFlag,
    /// cloudflared could not be started.
    CloudflaredNotStarted,
    /// Cloudflare gives this network no more quick tunnels for now.
    CloudflaredRateLimited,
    /// cloudflared found no network.
    CloudflaredNoNetwork,
    /// cloudflared could not reach its service.
    CloudflaredUnreachable,
    /// Cloudflare's service answered with an error.
    CloudflaredServiceError,
    /// cloudflared ended by itself.
    CloudflaredExited,
    /// cloudflared crashed.
    CloudflaredCrashed,
    /// cloudflared made no progress.
    CloudflaredStuck,
    /// The quick tunnel has expired.
    CloudflaredExpired,
    /// The network blocks UDP.
    CloudflaredUdpBlocked,
    /// cloudflared got no connection.
    CloudflaredNoConnection,
    /// cloudflared lost its connections.
    CloudflaredLost,
    /// ngrok does not accept the authtoken.
    NgrokAuthtokenWrong,
    /// ngrok needs an authtoken.
    NgrokAuthtokenMissing,
    /// The account's e-mail address was not verified.
    NgrokAccountUnverified,
    /// The account is suspended.
    NgrokAccountSuspended,
    /// ngrok no longer supports this version of Pollux.
    NgrokTooOld,
    /// ngrok did not understand Pollux.
    NgrokProtocol,
    /// The account has too many agents at once.
    NgrokSessions,
    /// Another agent serves the address.
    NgrokEndpointTaken,
    /// The account has too many endpoints.
    NgrokEndpoints,
    /// The domain does not belong to the account.
    NgrokDomain,
    /// ngrok gave no usable address.
    NgrokAddress,
    /// The account's quota is used up.
    NgrokQuota,
    /// The account made too many requests.
    NgrokRate,
    /// No agent serves the address.
    NgrokOffline,
    /// The agent could not reach the listener.
    NgrokUpstream,
    /// The address of ngrok's server is wrong.
    NgrokServer,
    /// ngrok could not be reached.
    NgrokUnreachable,
    /// ngrok missed a heartbeat.
    NgrokHeartbeat,
    /// This computer was asleep, and the session has ended.
    NgrokSlept,
    /// ngrok sent a command that Pollux does not follow.
    NgrokCommand,
    /// The connection to ngrok was lost.
    NgrokLost,
    /// The secure connection to ngrok failed.
    NgrokTls,
    /// ngrok stopped the endpoint.
    NgrokStopped,
    /// ngrok refused for a reason that Pollux does not know.
    NgrokRefused,
}

impl FailureCode {
    /// The stable name, as it appears in logs, in JSON and in the history.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnAddressMissing => "own_address_missing",
            Self::OwnAddressInvalid => "own_address_invalid",
            Self::CloudflaredMissing => "cloudflared_missing",
            Self::CloudflaredNotExecutable => "cloudflared_not_executable",
            Self::CloudflaredUnknownFlag => "cloudflared_unknown_flag",
            Self::CloudflaredNotStarted => "cloudflared_not_started",
            Self::CloudflaredRateLimited => "cloudflared_rate_limited",
            Self::CloudflaredNoNetwork => "cloudflared_no_network",
            Self::CloudflaredUnreachable => "cloudflared_unreachable",
            Self::CloudflaredServiceError => "cloudflared_service_error",
            Self::CloudflaredExited => "cloudflared_exited",
            Self::CloudflaredCrashed => "cloudflared_crashed",
            Self::CloudflaredStuck => "cloudflared_stuck",
            Self::CloudflaredExpired => "cloudflared_expired",
            Self::CloudflaredUdpBlocked => "cloudflared_udp_blocked",
            Self::CloudflaredNoConnection => "cloudflared_no_connection",
            Self::CloudflaredLost => "cloudflared_lost",
            Self::NgrokAuthtokenWrong => "ngrok_authtoken_wrong",
            Self::NgrokAuthtokenMissing => "ngrok_authtoken_missing",
            Self::NgrokAccountUnverified => "ngrok_account_unverified",
            Self::NgrokAccountSuspended => "ngrok_account_suspended",
            Self::NgrokTooOld => "ngrok_too_old",
            Self::NgrokProtocol => "ngrok_protocol",
            Self::NgrokSessions => "ngrok_sessions",
            Self::NgrokEndpointTaken => "ngrok_endpoint_taken",
            Self::NgrokEndpoints => "ngrok_endpoints",
            Self::NgrokDomain => "ngrok_domain",
            Self::NgrokAddress => "ngrok_address",
            Self::NgrokQuota => "ngrok_quota",
            Self::NgrokRate => "ngrok_rate",
            Self::NgrokOffline => "ngrok_offline",
            Self::NgrokUpstream => "ngrok_upstream",
            Self::NgrokServer => "ngrok_server",
            Self::NgrokUnreachable => "ngrok_unreachable",
            Self::NgrokHeartbeat => "ngrok_heartbeat",
            Self::NgrokSlept => "ngrok_slept",
            Self::NgrokCommand => "ngrok_command",
            Self::NgrokLost => "ngrok_lost",
            Self::NgrokTls => "ngrok_tls",
            Self::NgrokStopped => "ngrok_stopped",
            Self::NgrokRefused => "ngrok_refused",
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
