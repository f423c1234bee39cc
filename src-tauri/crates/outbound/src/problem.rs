//! Says in words why there is no complete answer.

mod code;

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};

use crate::target::Target;

pub use code::ProblemCode;

/// Why there is no complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable code.
    pub code: ProblemCode,
    /// What was wrong and what to do, in a sentence or two.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Whether nothing at all came from the target, so that it counts as down.
    #[must_use]
    pub fn is_down(&self) -> bool {
        !matches!(
            self.code,
            ProblemCode::BodyTooLong | ProblemCode::BodyTooSlow | ProblemCode::BodyCutShort | ProblemCode::NotSendable
        )
    }

    pub(crate) fn too_slow(target: &Target, time: Duration) -> Self {
        let message = format!("{} gave no answer within {}.", target.authority(), seconds(time));
        Self::new(ProblemCode::TimedOut, message)
    }

    pub(crate) fn body_too_slow(read: u64, time: Duration) -> Self {
        let message = format!(
            "The answer's body did not end within {}; {read} bytes of it arrived. It was cut there.",
            seconds(time)
        );
        Self::new(ProblemCode::BodyTooSlow, message)
    }

    pub(crate) fn body_too_long(read: u64) -> Self {
        let message = format!("The answer's body is longer than {read} bytes. It was cut there.");
        Self::new(ProblemCode::BodyTooLong, message)
    }

    pub(crate) fn body_cut_short(read: u64, error: &hyper::Error) -> Self {
        let what = if error.is_parse() { "its framing is not valid HTTP" } else { "the connection ended" };
        let message = format!("The answer's body is incomplete: after {read} bytes {what}.");
        Self::new(ProblemCode::BodyCutShort, message)
    }

    /// What prevented an answer.
    pub(crate) fn of(error: &(dyn Error + 'static), target: &Target, connecting: bool) -> Self {
        let chain = Chain::of(error);
        let host = target.authority();
        if let Some(fault) = chain.tls {
            return tls(fault, host);
        }
        if chain.handshake_cut {
            let message = format!("{host} closed the connection in the middle of the TLS handshake.");
            return Self::new(ProblemCode::TlsFailed, message);
        }
        if let Some(http) = chain.http {
            if http.is_parse_too_large() {
                return Self::new(ProblemCode::HeadTooLong, format!("The head of {host}'s answer is too long."));
            }
            if http.is_parse() {
                let hint = if target.is_tls() { "" } else { " If it speaks TLS, write https:// instead of http://." };
                return Self::new(ProblemCode::NotHttp, format!("What {host} answered is not HTTP.{hint}"));
            }
            if http.is_incomplete_message() {
                return Self::new(ProblemCode::NoAnswer, format!("{host} closed the connection without an answer."));
            }
        }
        if chain.resolving {
            return Self::new(ProblemCode::NameNotFound, format!("This machine cannot find the host name in {host}."));
        }
        match chain.io.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Self::new(
                ProblemCode::ConnectionRefused,
                format!("Nothing listens at {host}. Start your handler, or correct the address."),
            ),
            Some(io::ErrorKind::TimedOut) => Self::new(
                ProblemCode::ConnectTimedOut,
                format!("{host} cannot be reached: the connection was not made in time."),
            ),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted) => {
                Self::new(ProblemCode::ConnectionReset, format!("{host} reset the connection before it answered."))
            }
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                Self::new(ProblemCode::Unreachable, format!("There is no route to {host} from this machine."))
            }
            _ if connecting => {
                Self::new(ProblemCode::Unreachable, format!("{host} cannot be reached: {}.", chain.innermost))
            }
            _ => Self::new(ProblemCode::NoAnswer, format!("{host} gave no answer: {}.", chain.innermost)),
        }
    }
}

fn seconds(time: Duration) -> String {
    if time.as_millis().is_multiple_of(1000) {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// What is distinguished in an error and its causes.
struct Chain<'a> {
    tls: Option<&'a rustls::Error>,
    handshake_cut: bool,
    http: Option<&'a hyper::Error>,
    io: Option<&'a io::Error>,
    resolving: bool,
    innermost: String,
}

impl<'a> Chain<'a> {
    fn of(error: &'a (dyn Error + 'static)) -> Self {
        let innermost = String::new();
        let mut chain = Self { tls: None, handshake_cut: false, http: None, io: None, resolving: false, innermost };
        chain.look_at(error);
        chain
    }

    fn look_at(&mut self, error: &'a (dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            self.resolving |= text.contains("dns error");
            self.tls = self.tls.or_else(|| error.downcast_ref());
            self.http = self.http.or_else(|| error.downcast_ref());
            if let Some(io) = error.downcast_ref::<io::Error>() {
                self.io = self.io.or(Some(io));
                self.handshake_cut |= text == "tls handshake eof";
                // An `io::Error` gives the source of its inner error as its own source, not the inner error.
                if let Some(inner) = io.get_ref() {
                    self.look_at(inner);
                    return;
                }
            }
            next = error.source();
            if next.is_none() {
                text.trim_end_matches('.').clone_into(&mut self.innermost);
            }
        }
    }
}

fn tls(fault: &rustls::Error, host: &str) -> Problem {
    let allow = "It can be allowed for this target: see its settings.";
    let (code, words) = match fault {
        rustls::Error::InvalidCertificate(fault) => match fault {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                (ProblemCode::TlsExpired, format!("The certificate of {host} has expired. {allow}"))
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                ProblemCode::TlsNotYetValid,
                format!("The certificate of {host} is not valid yet: is this machine's clock right? {allow}"),
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (ProblemCode::TlsOtherName, format!("The certificate of {host} is for another name. {allow}"))
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => (
                ProblemCode::TlsUntrusted,
                format!(
                    "The certificate of {host} is self-signed, or not signed by anyone this machine trusts. {allow}"
                ),
            ),
            CertificateError::Revoked => (ProblemCode::TlsRevoked, format!("The certificate of {host} was revoked.")),
            other => (ProblemCode::TlsUntrusted, format!("The certificate of {host} is not valid ({other}). {allow}")),
        },
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            (ProblemCode::TlsUnknownName, format!("The server at {host} does not know this name."))
        }
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => {
            (ProblemCode::TlsVersion, format!("{host} supports no version of TLS that Pollux does (1.2 and 1.3)."))
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            (ProblemCode::TlsClientCertificate, format!("{host} requires a client certificate, and Pollux has none."))
        }
        rustls::Error::InvalidMessage(_) => (
            ProblemCode::TlsNotSpoken,
            format!("{host} does not speak TLS on this port. Write http:// instead of https://."),
        ),
        other => (ProblemCode::TlsFailed, format!("The secure connection to {host} failed: {other}.")),
    };
    Problem::new(code, words)
}
