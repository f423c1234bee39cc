//! The codes for what prevents an answer.

use std::fmt;

/// Why there is no complete answer, as a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemCode {
    /// Nothing listens at the target.
    ConnectionRefused,
    /// The connection was not made in time.
    ConnectTimedOut,
    /// The target reset the connection.
    ConnectionReset,
    /// The target closed the connection, but lives on.
    ConnectionCut,
    /// There is no route to the target.
    Unreachable,
    /// The target's host name cannot be found.
    NameNotFound,
    /// What the target answered is not HTTP.
    NotHttp,
    /// The head of the answer is too long.
    HeadTooLong,
    /// The target closed the connection without an answer.
    NoAnswer,
    /// The target did not answer in time.
    TimedOut,
    /// The body of the answer is longer than the limit.
    BodyTooLong,
    /// The body of the answer did not end in time.
    BodyTooSlow,
    /// The body of the answer is incomplete.
    BodyCutShort,
    /// The request cannot be sent as HTTP.
    NotSendable,
    /// The delivery ended the handler.
    EndedHandler,
    /// The handler had ended before, and has not come back.
    HandlerGone,
    /// The secure connection failed.
    TlsFailed,
    /// The target's certificate has expired.
    TlsExpired,
    /// The target's certificate is not valid yet.
    TlsNotYetValid,
    /// The target's certificate is for another name.
    TlsOtherName,
    /// The target's certificate is not signed by anyone this machine trusts.
    TlsUntrusted,
    /// The target's certificate was revoked.
    TlsRevoked,
    /// The target does not know the name.
    TlsUnknownName,
    /// The target supports no version of TLS that Pollux does.
    TlsVersion,
    /// The target requires a client certificate.
    TlsClientCertificate,
    /// The target does not speak TLS on this port.
    TlsNotSpoken,
    /// The request contains a secret, so it is not sent.
    HoldsSecret,
    /// Only part of the body was kept.
    BodyIncomplete,
    /// The run was stopped before the answer.
    Stopped,
}

impl ProblemCode {
    /// The stable name, as it appears in logs, in JSON and in the history.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectTimedOut => "connect_timed_out",
            Self::ConnectionReset => "connection_reset",
            Self::ConnectionCut => "connection_cut",
            Self::Unreachable => "unreachable",
            Self::NameNotFound => "name_not_found",
            Self::NotHttp => "not_http",
            Self::HeadTooLong => "head_too_long",
            Self::NoAnswer => "no_answer",
            Self::TimedOut => "timed_out",
            Self::BodyTooLong => "body_too_long",
            Self::BodyTooSlow => "body_too_slow",
            Self::BodyCutShort => "body_cut_short",
            Self::NotSendable => "not_sendable",
            Self::EndedHandler => "ended_handler",
            Self::HandlerGone => "handler_gone",
            Self::TlsFailed => "tls_failed",
            Self::TlsExpired => "tls_expired",
            Self::TlsNotYetValid => "tls_not_yet_valid",
            Self::TlsOtherName => "tls_other_name",
            Self::TlsUntrusted => "tls_untrusted",
            Self::TlsRevoked => "tls_revoked",
            Self::TlsUnknownName => "tls_unknown_name",
            Self::TlsVersion => "tls_version",
            Self::TlsClientCertificate => "tls_client_certificate",
            Self::TlsNotSpoken => "tls_not_spoken",
            Self::HoldsSecret => "holds_secret",
            Self::BodyIncomplete => "body_incomplete",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
