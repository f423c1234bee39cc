//! Sends a probe, and says what came of it.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode, Uri};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use rustls::{AlertDescription, CertificateError};

use super::compare::{self, Headers};
use super::{Echo, ProbeRequest, Probes, foreign};
use crate::gate::is_loopback;

/// For everything: resolving the name, TCP, TLS, the way there and back.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an answer is read: an echo is a few KiB, a provider's page is longer.
const ANSWER: usize = 256 * 1024;

/// What a probe showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived, byte for byte.
    Ok,
    /// It arrived with a changed body.
    BodyChanged,
    /// Its body arrived unchanged, but a header that verification needs did not.
    HeadersChanged,
    /// It arrived with a changed path: the path token, which is part of it, was lost.
    PathChanged,
    /// Somebody else answered: the provider with its own page, or another server.
    ForeignAnswer,
    /// No secure connection could be made.
    TlsFailed,
    /// Nobody answered.
    Unreachable,
    /// No answer came in time.
    TimedOut,
}

impl Outcome {
    /// Stable code for the window.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BodyChanged => "body_changed",
            Self::HeadersChanged => "headers_changed",
            Self::PathChanged => "path_changed",
            Self::ForeignAnswer => "foreign_answer",
            Self::TlsFailed => "tls_failed",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
        }
    }
}

/// The full result of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// The result in a word.
    pub outcome: Outcome,
    /// A sentence or two, with what to do.
    pub message: String,
    /// From the first byte sent (resolving the name, TCP and TLS included) to the last byte of the answer.
    pub took: Option<Duration>,
    /// Headers that arrived but were not sent. Hop-by-hop headers and `Host` are not counted.
    pub added: Vec<String>,
    /// Headers that were sent but did not arrive.
    pub dropped: Vec<String>,
    /// Headers whose value was changed, or that were merged.
    pub changed: Vec<String>,
    /// The HTTP status, if somebody answered.
    pub status: Option<u16>,
}

impl ProbeResult {
    fn failed(outcome: Outcome, message: String) -> Self {
        let (added, dropped, changed) = Default::default();
        Self { outcome, message, took: None, added, dropped, changed, status: None }
    }
}

/// Sends a probe to the address `base` (with its path token and a trailing slash) and compares what arrived with what
/// was sent. Follows no redirects, uses the system's proxy except for addresses of this machine, and takes 15 s at
/// most. `extra_root`: a certificate (PEM) to trust in addition to the system's.
pub async fn probe(probes: &Probes, base: &str, extra_root: Option<&[u8]>) -> ProbeResult {
    within(PATIENCE, probes, base, extra_root).await
}

async fn within(patience: Duration, probes: &Probes, base: &str, extra_root: Option<&[u8]>) -> ProbeResult {
    let Some(host) = base.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)) else {
        let message = "The public address is not a valid address, so nothing could be sent. Correct it.".to_owned();
        return ProbeResult::failed(Outcome::Unreachable, message);
    };
    let client = match client(&host, extra_root, patience) {
        Ok(client) => client,
        Err(error) => {
            let message = format!("No probe could be sent: {}.", innermost(&error));
            return ProbeResult::failed(Outcome::Unreachable, message);
        }
    };
    let Some(request) = probes.request(base) else {
        let message = "No probe could be made: the system gave no random bytes.".to_owned();
        return ProbeResult::failed(Outcome::Unreachable, message);
    };
    let _forgotten = Forgotten(probes, &request.nonce);
    let started = Instant::now();
    let answer = exchange(&client, &request).await;
    let took = started.elapsed();
    let (status, headers, body) = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let (outcome, message) = no_answer(&error, &host, patience);
            return ProbeResult::failed(outcome, message);
        }
    };
    let result = match probes.read_echo(&body, &request.nonce) {
        Some(echo) => arrived(&request, &echo, took),
        None => ProbeResult::failed(Outcome::ForeignAnswer, foreign::describe(status, &headers, &body)),
    };
    ProbeResult { took: Some(took), status: Some(status.as_u16()), ..result }
}

/// Forgets a probe that is over, even if nobody waits for its result any more.
struct Forgotten<'a>(&'a Probes, &'a str);

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        self.0.forget(self.1);
    }
}

fn client(host: &str, extra_root: Option<&[u8]>, patience: Duration) -> reqwest::Result<Client> {
    let mut builder = Client::builder().redirect(Policy::none()).timeout(patience);
    if is_loopback(host) {
        builder = builder.no_proxy();
    }
    if let Some(pem) = extra_root {
        builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
    }
    builder.build()
}

async fn exchange(client: &Client, request: &ProbeRequest) -> reqwest::Result<(StatusCode, HeaderMap, Vec<u8>)> {
    let mut sending = client.post(&request.url).body(request.body.clone());
    for (name, value) in &request.headers {
        sending = sending.header(*name, value);
    }
    let mut response = sending.send().await?;
    let mut body = Vec::new();
    while body.len() < ANSWER {
        match response.chunk().await? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok((response.status(), std::mem::take(response.headers_mut()), body))
}

/// It reached the listener.
fn arrived(sent: &ProbeRequest, echo: &Echo, took: Duration) -> ProbeResult {
    let headers = Headers::of(sent, echo);
    let lost = headers.of_the_signature();
    let (outcome, message) = if let Some(how) = compare::body(&sent.body, echo) {
        let message = format!(
            "Something on the way changes the body: {how}. Signatures will not verify; let the proxy pass \
             bodies on as they are."
        );
        (Outcome::BodyChanged, message)
    } else if !lost.is_empty() {
        let message = format!(
            "The body arrived byte for byte, but not all headers that verification needs: {} was changed or \
             removed on the way. Let the proxy pass it on.",
            lost.join(", ")
        );
        (Outcome::HeadersChanged, message)
    } else if !echo.token {
        let message =
            "The request arrived, but without the path token: something on the way changes the path. Let the \
                       proxy pass the path on, or remove the path token."
                .to_owned();
        (Outcome::PathChanged, message)
    } else {
        let mut message =
            format!("Reached in {} ms; all {} bytes arrived as they were sent.", took.as_millis(), sent.body.len());
        if echo.public == Some(false) {
            message.push_str(
                " But the proxy does not say that requests are from the internet: path token and rate are not in force. \
                 Let it set Host to the public name, or send X-Forwarded-For.",
            );
        }
        (Outcome::Ok, message)
    };
    let Headers { added, dropped, changed } = headers;
    ProbeResult { added, dropped, changed, ..ProbeResult::failed(outcome, message) }
}

/// Nobody answered, or the answer broke off.
fn no_answer(error: &reqwest::Error, host: &str, patience: Duration) -> (Outcome, String) {
    if error.is_timeout() {
        let message = format!(
            "{host} did not answer within {} s. Check that the address is right and that a firewall lets it through.",
            patience.as_secs()
        );
        return (Outcome::TimedOut, message);
    }
    if let Some(why) = tls_fault(error) {
        let message =
            format!("The secure connection to {host} failed: {why}. The service cannot deliver there either.");
        return (Outcome::TlsFailed, message);
    }
    let why = innermost(error);
    let message = if error.is_connect() {
        format!("{host} cannot be reached: {why}. Check the address, and that the tunnel or proxy is running.")
    } else {
        format!("{host} accepted the connection but ended it before a full answer: {why}. Check the tunnel or proxy.")
    };
    (Outcome::Unreachable, message)
}

/// What was wrong with TLS, if that was the cause.
fn tls_fault(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            return Some(tls_words(fault));
        }
        // An `io::Error` gives the source of its inner error as its own source, not the inner error.
        if let Some(io) = error.downcast_ref::<io::Error>() {
            if let Some(fault) = io.get_ref().and_then(|inner| tls_fault(inner)) {
                return Some(fault);
            }
            if io.to_string() == "tls handshake eof" {
                return Some("the connection was closed in the middle of the handshake".to_owned());
            }
        }
        next = error.source();
    }
    None
}

fn tls_words(fault: &rustls::Error) -> String {
    let words = match fault {
        rustls::Error::InvalidCertificate(fault) => match fault {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet (is this machine's clock right?)"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "its certificate is not signed by anyone this machine trusts"
            }
            CertificateError::Revoked => "its certificate was revoked",
            _ => return format!("its certificate is not valid ({fault})"),
        },
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => "the server does not know this name",
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS on this port",
        _ => return format!("{fault}"),
    };
    words.to_owned()
}

/// The cause at the end of the chain: those before it repeat the address, which may contain the path token.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    match error.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request could not be sent".to_owned(),
        None => error.to_string().trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests;
