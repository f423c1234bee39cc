//! Every code of an error or a notice, in one place: its name on the wire, the exit code of the command line, how bad
//! it is, and where it is fixed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::facts::{Exit, Fix, Level};

/// One row per code: `Variant = "name": exit code, level[, where it is fixed];`
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $exit:ident, $level:ident $(, $fix:ident)?;)*) => {
        /// A stable code. The sentence for a person is beside it, in [`crate::Error`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in JSON, in the log and in the history.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The exit code of the command line.
            #[must_use]
            pub const fn exit(self) -> Exit {
                match self {
                    $(Self::$variant => Exit::$exit,)*
                }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Level {
                match self {
                    $(Self::$variant => Level::$level,)*
                }
            }

            /// Where it is fixed. `None`: its sentence says all there is to say.
            #[must_use]
            pub const fn fix(self) -> Option<Fix> {
                match self {
                    $(Self::$variant => codes!(@fix $($fix)?),)*
                }
            }
        }
    };
    (@fix) => { None };
    (@fix $fix:ident) => { Some(Fix::$fix) };
}

codes! {
    // Pollux itself.
    /// Something in Pollux failed that should not.
    Internal = "internal": Refused, Error;
    /// Something in the window failed. The engine never makes this code.
    Window = "window": Refused, Error;
    /// What was named is not there (any more).
    NotFound = "not_found": Refused, Warning;
    /// More was asked for than is done at once.
    TooMany = "too_many": Refused, Error;
    /// There is no folder for Pollux's files.
    NoHome = "no_home": Refused, Error;
    /// A file could not be written.
    NotWritten = "not_written": Refused, Error;
    /// Nothing could be copied to the clipboard.
    ClipboardFailed = "clipboard_failed": Refused, Error;
    /// A file could not be read, or holds none of the forms that are read.
    NotReadable = "not_readable": Usage, Error;
    /// Something that only text could be is not text.
    NotText = "not_text": Refused, Warning;
    /// Whoever read what was written has gone away.
    ReaderGone = "reader_gone": Refused, Info;
    /// There is no such format to export to.
    InvalidFormat = "invalid_format": Usage, Error;

    // Settings and the listener.
    /// A setting is out of its bounds.
    InvalidSetting = "invalid_setting": Usage, Warning, Settings;
    /// Another program listens at the port.
    PortInUse = "port_in_use": Refused, Error, Settings;
    /// The system refused to listen at the address.
    BindRefused = "bind_refused": Refused, Error, Settings;
    /// The listener is not running.
    NotListening = "not_listening": Refused, Warning, Settings;

    // The history.
    /// A newer Pollux wrote the history.
    DatabaseTooNew = "database_too_new": Usage, Error;
    /// The file belongs to another program.
    NotAHistory = "not_a_history": Usage, Error;
    /// The file or its folder cannot be opened.
    HistoryUnreachable = "history_unreachable": Usage, Error;
    /// The history cannot be written to.
    HistoryReadOnly = "history_read_only": Refused, Error;
    /// Another program holds the history locked.
    HistoryBusy = "history_busy": Refused, Error;
    /// The file of the history is damaged.
    HistoryDamaged = "history_damaged": Refused, Error;
    /// The history was closed.
    HistoryClosed = "history_closed": Refused, Error;
    /// The history could not be brought to the format of this version.
    MigrationFailed = "migration_failed": Usage, Error;
    /// SQLite refused for another reason.
    DatabaseError = "database_error": Refused, Error;
    /// The disk is full, or the history has reached its limit.
    DiskFull = "disk_full": Refused, Error;
    /// The disk has less free space left than is reserved.
    DiskNearlyFull = "disk_nearly_full": Refused, Error;
    /// The disk could not be read or written.
    DiskError = "disk_error": Refused, Error;
    /// Something is larger than the history can hold.
    TooLarge = "too_large": Refused, Error;
    /// A thread could not be started.
    NoThread = "no_thread": Refused, Error;
    /// The history could not be moved aside.
    NotMoved = "not_moved": Refused, Error;
    /// Deliveries could not be stored.
    NotStored = "not_stored": Refused, Error;

    // Deliveries.
    /// What is searched for cannot be understood.
    QueryInvalid = "query_invalid": Usage, Warning;
    /// Another view was opened meanwhile.
    ViewReplaced = "view_replaced": Refused, Info;
    /// The body is not what its encoding says.
    NotDecodable = "not_decodable": Refused, Warning;
    /// Only a part of the body was kept.
    BodyIncomplete = "body_incomplete": Refused, Warning;
    /// The two cannot be compared with each other.
    NotComparable = "not_comparable": Usage, Warning;
    /// The service's published keys cannot be fetched from here.
    NoJwks = "no_jwks": Refused, Error;
    /// A note is too long.
    InvalidNote = "invalid_note": Usage, Warning;
    /// The limits of the history are wrong.
    InvalidLimits = "invalid_limits": Usage, Warning;
    /// What was deleted cannot be taken back any more.
    CannotUndo = "cannot_undo": Refused, Warning;
    /// The file of the history is being rebuilt already.
    Rebuilding = "rebuilding": Refused, Warning;
    /// The file of the history could not be rebuilt.
    NotRebuilt = "not_rebuilt": Refused, Warning;
    /// Deliveries could not be judged again.
    VerifyAgainFailed = "verify_again_failed": Refused, Warning;

    // Secrets.
    /// `POLLUX_KEYCHAIN` does not name a place for secrets.
    InvalidKeychain = "invalid_keychain": Usage, Error;
    /// The vault failed.
    VaultFailed = "vault_failed": Refused, Error, Secrets;
    /// The secret is empty.
    EmptySecret = "empty_secret": Refused, Warning, Secrets;
    /// The secret is not base64.
    InvalidSecretBase64 = "invalid_secret_base64": Usage, Warning, Secrets;
    /// The secret starts with a wrong prefix.
    WrongSecretPrefix = "wrong_secret_prefix": Refused, Warning, Secrets;
    /// A private key was given.
    PrivateKeyGiven = "private_key_given": Refused, Warning, Secrets;
    /// What was given is not a public key.
    InvalidPublicKey = "invalid_public_key": Usage, Warning, Secrets;
    /// The project already has this secret.
    SecretKnown = "secret_known": Refused, Error;
    /// The secret is in use, so it was not destroyed.
    SecretLive = "secret_live": Refused, Error;
    /// The text of the secret was destroyed.
    SecretGone = "secret_gone": Refused, Error;
    /// Pollux cannot verify with what the service gave as a secret.
    SecretUnusable = "secret_unusable": Refused, Error;
    /// A new secret is stored nowhere yet.
    SecretNotStored = "secret_not_stored": Refused, Warning;
    /// The webhook has no current secret.
    NoCurrentSecret = "no_current_secret": Refused, Error;
    /// The name of a place where a secret is used is wrong.
    InvalidPlace = "invalid_place": Usage, Error;
    /// There are too many places to add another.
    TooManyPlaces = "too_many_places": Refused, Error;

    // Projects.
    /// The project is built in and cannot be changed.
    BuiltinProject = "builtin_project": Usage, Warning;
    /// Another project has this name.
    NameTaken = "name_taken": Usage, Warning, Projects;
    /// Another project has this path.
    PathTaken = "path_taken": Usage, Warning, Projects;
    /// There is no such project.
    UnknownProject = "unknown_project": Refused, Warning;
    /// The name of a project is wrong.
    InvalidName = "invalid_name": Usage, Warning;
    /// The path of a project is wrong.
    InvalidPath = "invalid_path": Usage, Warning;
    /// The base URL of a project is wrong.
    InvalidBaseUrl = "invalid_base_url": Usage, Warning;
    /// The API key cannot be sent.
    InvalidApiKey = "invalid_api_key": Usage, Error;
    /// The project has no API key.
    NoApiKey = "no_api_key": Usage, Warning, Projects;
    /// The stored API key belongs to another address.
    KeyOfAnotherAddress = "key_of_another_address": Refused, Error;

    // The service, and webhooks.
    /// The service refused the API key.
    ServiceKeyRefused = "service_key_refused": Refused, Error, Projects;
    /// The service refused and did nothing.
    ServiceRefused = "service_refused": Refused, Warning;
    /// The service had too many requests and did nothing.
    ServiceRateLimited = "service_rate_limited": Refused, Warning;
    /// The service failed on its side.
    ServiceFailed = "service_failed": Refused, Warning;
    /// The service could not be reached, and nothing was sent.
    ServiceUnreachable = "service_unreachable": NoAnswer, Warning;
    /// The service did not answer in time.
    ServiceTimedOut = "service_timed_out": NoAnswer, Warning;
    /// What answered does not answer like the service.
    ServiceUnreadable = "service_unreadable": NoAnswer, Warning;
    /// A change was sent, but it is not known whether it was made.
    OutcomeUnknown = "outcome_unknown": Unknown, Error, Refresh;
    /// The answer to a rotation was lost, and the secret was not rotated.
    NotRotated = "not_rotated": NoAnswer, Warning;
    /// The secret was rotated, but the new one was lost.
    RotatedButLost = "rotated_but_lost": Unknown, Error;
    /// There is no address to point a webhook to.
    NoAddress = "no_address": Refused, Error;

    // The Sandbox.
    /// The Sandbox is not running.
    NoSandbox = "no_sandbox": Refused, Error;
    /// The Sandbox could not start.
    SandboxFailed = "sandbox_failed": Refused, Error;
    /// The Sandbox refused.
    SandboxRefused = "sandbox_refused": Refused, Warning;
    /// The Sandbox does not answer.
    SandboxUnreachable = "sandbox_unreachable": Refused, Error;
    /// A sample could not be sent.
    SampleFailed = "sample_failed": Refused, Error;

    // Replays, forwards, the handler check and the fault lab.
    /// The address of a target is wrong.
    InvalidTarget = "invalid_target": Usage, Warning, Targets;
    /// The target is not on this machine and was not confirmed.
    ConfirmTarget = "confirm_target": Usage, Error;
    /// The request holds a secret, so it was not sent.
    HoldsSecret = "holds_secret": Refused, Error;
    /// The plan of a replay is wrong.
    InvalidReplay = "invalid_replay": Usage, Warning;

    // Jobs and their results.
    /// What was named is no job, or a job cannot be sent like this.
    InvalidJob = "invalid_job": Usage, Warning;
    /// A pointer of a delivery that is not verified is not opened unasked.
    NotVerified = "not_verified": Refused, Warning;
    /// The service no longer has the result, or it is not one that can be opened.
    ResultGone = "result_gone": Refused, Warning;
    /// The rule of a forward is wrong.
    InvalidForward = "invalid_forward": Usage, Warning;
    /// A rule of the fault lab is wrong.
    InvalidFault = "invalid_fault": Usage, Warning;
    /// The plan of a handler check is wrong.
    InvalidCheck = "invalid_check": Usage, Error;
    /// A handler check is already running.
    CheckRunning = "check_running": Refused, Warning;
    /// No handler check has been run yet.
    NoReport = "no_report": Refused, Error;
    /// There is nothing to sign with.
    NoKey = "no_key": Usage, Warning;
    /// The secret to sign with is not there.
    NoSecret = "no_secret": Usage, Warning, Secrets;
    /// The body is not JSON, so it cannot be changed as JSON.
    NotJson = "not_json": Refused, Warning;
    /// The request could not be signed.
    NotSigned = "not_signed": Refused, Error;
    /// Deliveries could not be forwarded.
    NotForwarded = "not_forwarded": Refused, Error;
    /// The run was stopped before the answer.
    Stopped = "stopped": Refused, Error;

    // Why a target gave no whole answer.
    /// Nothing listens at the target.
    ConnectionRefused = "connection_refused": NoAnswer, Error;
    /// The connection was not made in time.
    ConnectTimedOut = "connect_timed_out": NoAnswer, Error;
    /// The target reset the connection.
    ConnectionReset = "connection_reset": NoAnswer, Error;
    /// The target closed the connection, and is still running.
    ConnectionCut = "connection_cut": NoAnswer, Error;
    /// There is no way to the target.
    Unreachable = "unreachable": NoAnswer, Error;
    /// No host has the target's name.
    NameNotFound = "name_not_found": NoAnswer, Error;
    /// What the target answered is not HTTP.
    NotHttp = "not_http": NoAnswer, Error;
    /// The head of the answer is too long.
    HeadTooLong = "head_too_long": NoAnswer, Error;
    /// The target closed the connection without an answer.
    NoAnswer = "no_answer": NoAnswer, Error;
    /// The target did not answer in time.
    TimedOut = "timed_out": NoAnswer, Error;
    /// The body of the answer is longer than Pollux reads.
    BodyTooLong = "body_too_long": NoAnswer, Error;
    /// The body of the answer did not end in time.
    BodyTooSlow = "body_too_slow": NoAnswer, Error;
    /// The body of the answer is not whole.
    BodyCutShort = "body_cut_short": NoAnswer, Error;
    /// The request cannot be sent as HTTP.
    NotSendable = "not_sendable": NoAnswer, Error;
    /// The delivery ended the handler.
    EndedHandler = "ended_handler": NoAnswer, Error;
    /// The handler had ended before, and has not come back.
    HandlerGone = "handler_gone": NoAnswer, Error;
    /// The secure connection failed.
    TlsFailed = "tls_failed": NoAnswer, Error;
    /// The target's certificate has expired.
    TlsExpired = "tls_expired": NoAnswer, Error;
    /// The target's certificate is not valid yet.
    TlsNotYetValid = "tls_not_yet_valid": NoAnswer, Error;
    /// The target's certificate is for another name.
    TlsOtherName = "tls_other_name": NoAnswer, Error;
    /// The target's certificate is not signed by anybody whom this machine trusts.
    TlsUntrusted = "tls_untrusted": NoAnswer, Error;
    /// The target's certificate was revoked.
    TlsRevoked = "tls_revoked": NoAnswer, Error;
    /// The target does not know the name that it was called by.
    TlsUnknownName = "tls_unknown_name": NoAnswer, Error;
    /// The target speaks no version of TLS that Pollux speaks.
    TlsVersion = "tls_version": NoAnswer, Error;
    /// The target asks for a client certificate.
    TlsClientCertificate = "tls_client_certificate": NoAnswer, Error;
    /// The target does not speak TLS at this port.
    TlsNotSpoken = "tls_not_spoken": NoAnswer, Error;

    // Tunnels.
    /// No tunnel is chosen.
    TunnelNone = "tunnel_none": Refused, Warning, Tunnel;
    /// There is no public address now.
    TunnelOffline = "tunnel_offline": Refused, Warning, Tunnel;
    /// The authtoken of ngrok is wrong.
    InvalidAuthtoken = "invalid_authtoken": Usage, Warning, Tunnel;
    /// The public address has changed.
    PublicAddressChanged = "public_address_changed": Refused, Info;
    /// The user has not entered an address of their own.
    OwnAddressMissing = "own_address_missing": NoAnswer, Error, Tunnel;
    /// The user's own address is wrong.
    OwnAddressInvalid = "own_address_invalid": NoAnswer, Error, Tunnel;
    /// cloudflared is not installed.
    CloudflaredMissing = "cloudflared_missing": NoAnswer, Error, Tunnel;
    /// cloudflared cannot be run.
    CloudflaredNotExecutable = "cloudflared_not_executable": NoAnswer, Error, Tunnel;
    /// cloudflared does not know an option: it is too old, or another program.
    CloudflaredUnknownFlag = "cloudflared_unknown_flag": NoAnswer, Error, Tunnel;
    /// cloudflared could not be started.
    CloudflaredNotStarted = "cloudflared_not_started": NoAnswer, Error, Tunnel;
    /// Cloudflare gives this network no more quick tunnels for now.
    CloudflaredRateLimited = "cloudflared_rate_limited": NoAnswer, Error, Tunnel;
    /// cloudflared found no network.
    CloudflaredNoNetwork = "cloudflared_no_network": NoAnswer, Error, Tunnel;
    /// cloudflared could not reach its service.
    CloudflaredUnreachable = "cloudflared_unreachable": NoAnswer, Error, Tunnel;
    /// Cloudflare's service answered with an error.
    CloudflaredServiceError = "cloudflared_service_error": NoAnswer, Error, Tunnel;
    /// cloudflared ended by itself.
    CloudflaredExited = "cloudflared_exited": NoAnswer, Error, Tunnel;
    /// cloudflared crashed.
    CloudflaredCrashed = "cloudflared_crashed": NoAnswer, Error, Tunnel;
    /// cloudflared makes no progress.
    CloudflaredStuck = "cloudflared_stuck": NoAnswer, Error, Tunnel;
    /// The quick tunnel has expired.
    CloudflaredExpired = "cloudflared_expired": NoAnswer, Error, Tunnel;
    /// The network lets no UDP through.
    CloudflaredUdpBlocked = "cloudflared_udp_blocked": NoAnswer, Error, Tunnel;
    /// cloudflared got no connection.
    CloudflaredNoConnection = "cloudflared_no_connection": NoAnswer, Error, Tunnel;
    /// cloudflared lost its connections.
    CloudflaredLost = "cloudflared_lost": NoAnswer, Error, Tunnel;
    /// ngrok does not accept the authtoken.
    NgrokAuthtokenWrong = "ngrok_authtoken_wrong": NoAnswer, Error, Tunnel;
    /// ngrok needs an authtoken.
    NgrokAuthtokenMissing = "ngrok_authtoken_missing": NoAnswer, Error, Tunnel;
    /// The vault has lost the authtoken.
    NgrokAuthtokenGone = "ngrok_authtoken_gone": NoAnswer, Error, Tunnel;
    /// The account's e-mail address was not verified.
    NgrokAccountUnverified = "ngrok_account_unverified": NoAnswer, Error, Tunnel;
    /// The account is suspended.
    NgrokAccountSuspended = "ngrok_account_suspended": NoAnswer, Error, Tunnel;
    /// ngrok no longer speaks with this version of Pollux.
    NgrokTooOld = "ngrok_too_old": NoAnswer, Error, Tunnel;
    /// ngrok did not understand Pollux.
    NgrokProtocol = "ngrok_protocol": NoAnswer, Error, Tunnel;
    /// The account has too many agents at once.
    NgrokSessions = "ngrok_sessions": NoAnswer, Error, Tunnel;
    /// Another agent serves the address.
    NgrokEndpointTaken = "ngrok_endpoint_taken": NoAnswer, Error, Tunnel;
    /// The account has too many endpoints.
    NgrokEndpoints = "ngrok_endpoints": NoAnswer, Error, Tunnel;
    /// The domain does not belong to the account.
    NgrokDomain = "ngrok_domain": NoAnswer, Error, Tunnel;
    /// ngrok gave no usable address.
    NgrokAddress = "ngrok_address": NoAnswer, Error, Tunnel;
    /// The account's quota is used up.
    NgrokQuota = "ngrok_quota": NoAnswer, Error, Tunnel;
    /// The account had too many requests.
    NgrokRate = "ngrok_rate": NoAnswer, Error, Tunnel;
    /// No agent serves the address.
    NgrokOffline = "ngrok_offline": NoAnswer, Error, Tunnel;
    /// The agent did not reach the listener.
    NgrokUpstream = "ngrok_upstream": NoAnswer, Error, Tunnel;
    /// The address of ngrok's server is wrong.
    NgrokServer = "ngrok_server": NoAnswer, Error, Tunnel;
    /// The certificates for ngrok's server could not be read.
    NgrokCaUnreadable = "ngrok_ca_unreadable": NoAnswer, Error, Tunnel;
    /// ngrok could not be reached.
    NgrokUnreachable = "ngrok_unreachable": NoAnswer, Error, Tunnel;
    /// ngrok missed a heartbeat.
    NgrokHeartbeat = "ngrok_heartbeat": NoAnswer, Error, Tunnel;
    /// This computer was asleep, and the session has ended.
    NgrokSlept = "ngrok_slept": NoAnswer, Error, Tunnel;
    /// ngrok sent a command that Pollux does not follow.
    NgrokCommand = "ngrok_command": NoAnswer, Error, Tunnel;
    /// The connection to ngrok was lost.
    NgrokLost = "ngrok_lost": NoAnswer, Error, Tunnel;
    /// The secure connection to ngrok failed.
    NgrokTls = "ngrok_tls": NoAnswer, Error, Tunnel;
    /// ngrok stopped the endpoint.
    NgrokStopped = "ngrok_stopped": NoAnswer, Error, Tunnel;
    /// ngrok refused, for a reason that Pollux does not know.
    NgrokRefused = "ngrok_refused": NoAnswer, Error, Tunnel;
}

impl Code {
    /// The code with this name, as the history stores it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_name_on_the_wire_and_back() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(serde_json::from_value::<Code>(code.as_str().into()).unwrap(), *code);
            assert_eq!(Code::named(code.as_str()), Some(*code));
        }
        assert_eq!(Code::named("strange"), None);
    }

    #[test]
    fn scripts_tell_a_refusal_from_no_answer_and_from_not_knowing() {
        for (code, expected) in [
            (Code::ServiceKeyRefused, 1),
            (Code::ServiceRateLimited, 1),
            (Code::ServiceRefused, 1),
            (Code::NotFound, 1),
            (Code::VaultFailed, 1),
            (Code::NameTaken, 2),
            (Code::InvalidBaseUrl, 2),
            (Code::NoApiKey, 2),
            (Code::BuiltinProject, 2),
            (Code::ServiceUnreachable, 4),
            (Code::ServiceTimedOut, 4),
            (Code::ServiceFailed, 1),
            (Code::ServiceUnreadable, 4),
            (Code::OutcomeUnknown, 5),
            (Code::RotatedButLost, 5),
            (Code::NotRotated, 4),
        ] {
            assert_eq!(code.exit() as u8, expected, "{code}");
        }
        // Anything invalid that was given is wrong usage; this holds for codes added later, too.
        let invalid = Code::ALL.iter().filter(|code| code.as_str().starts_with("invalid_"));
        assert!(invalid.clone().count() > 10 && invalid.clone().all(|code| code.exit() == Exit::Usage));
    }
}
