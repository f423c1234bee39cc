//! The codes of what keeps an answer from coming.

use std::fmt;

/// Why there is no whole answer, as a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemCode {
    /// Nothing listens at the target.
    ConnectionRefused,
    /// The connection was not made in time.
    ConnectTimedOut,
    /// The target reset the connection.
    ConnectionReset,
    /// The target closed the connection, and lives on.
    ConnectionCut,
    /// There is no way to the target.
    Unreachable,
    /// There is no host of the target's name.
    NameNotFound,
    /// What the target answered is not HTTP.
    NotHttp,
    /// The head of the answer is too long.
    HeadTooLong,
    /// The target closed the connection without an answer.
    NoAnswer,
    /// The target did not answer in time.
    TimedOut,
    /// The body of the answer is longer than what is read.
    BodyTooLong,
    /// The body of the answer did not end in time.
    BodyTooSlow,
    /// The body of the answer is not whole.
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
    /// Nobody whom this machine trusts has signed the target's certificate.
    TlsUntrusted,
    /// The target's certificate was revoked.
    TlsRevoked,
    /// The target knows no such name.
    TlsUnknownName,
    /// The target speaks no version of TLS that Pollux does.
    TlsVersion,
    /// The target asks for a client certificate.
    TlsClientCertificate,
    /// The target does not speak TLS at this port.
    TlsNotSpoken,
    /// The request holds a secret, so that it is not sent.
    HoldsSecret,
    /// Only a part of the body was kept.
    BodyIncomplete,
    /// The run was stopped before the answer.
    Stopped,
}

impl ProblemCode {
    /// The stable name: what stands in logs, in JSON and in the history.
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
