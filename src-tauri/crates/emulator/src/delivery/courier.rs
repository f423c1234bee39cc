//! The HTTP client for deliveries: HTTP/1.1, no proxy, no redirects (SW-50), connections kept alive and reused.

use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Sleep;
use url::Url;

use crate::delivery::lanes::MOST_PER_TARGET;

/// How long an idle connection is kept: shorter than receivers commonly keep theirs.
const IDLE: Duration = Duration::from_secs(4);
/// How much of an answer is kept.
const ANSWER: usize = 256;
/// How much of an answer is read, so that its connection can be reused.
const DRAIN: usize = 64 * 1024;
/// The most pieces a second in which a dripping body is sent.
const PIECES: u32 = 20;

type Plain = Client<HttpConnector, Payload>;
type Tls = Client<HttpsConnector<HttpConnector>, Payload>;

/// One POST.
pub(crate) struct Parcel {
    pub(crate) uri: String,
    /// `webhook-id`.
    pub(crate) id: String,
    /// `webhook-timestamp`.
    pub(crate) timestamp: i64,
    /// `webhook-signature`.
    pub(crate) signature: String,
    pub(crate) body: Bytes,
    /// Sends header names as `Webhook-Id`.
    pub(crate) recased: bool,
    /// Bytes a second; 0 sends all at once.
    pub(crate) drip: u32,
    /// Limits the time from the end of the body to the head of the answer.
    pub(crate) timeout: Duration,
}

/// The result of a POST.
#[derive(Debug)]
pub(crate) struct Receipt {
    /// The status and the first bytes of the body, or why there is none.
    pub(crate) answer: Result<(u16, String), String>,
    /// Microseconds of wall time until the head of the answer.
    pub(crate) took_us: u64,
}

/// The clients. The one with TLS is built for the first `https` address, because it reads the system's roots.
pub(crate) struct Courier {
    user_agent: HeaderValue,
    plain: Plain,
    plain_recased: Plain,
    tls: OnceLock<Result<(Tls, Tls), String>>,
}

impl Courier {
    pub(crate) fn new(user_agent: &str) -> Self {
        Self {
            user_agent: HeaderValue::from_str(user_agent).unwrap_or(HeaderValue::from_static("emulator")),
            plain: client(tcp(), false),
            plain_recased: client(tcp(), true),
            tls: OnceLock::new(),
        }
    }

    /// Sends it and never fails: errors are in the receipt.
    pub(crate) async fn deliver(&self, parcel: Parcel) -> Receipt {
        let started = Instant::now();
        let sent = match target(&parcel.uri) {
            Ok(uri) => self.send(uri, parcel).await,
            Err(why) => Err(why),
        };
        let took_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let answer = match sent {
            Ok((response, until)) => Ok((response.status().as_u16(), beginning(response.into_body(), until).await)),
            Err(why) => Err(why),
        };
        Receipt { answer, took_us }
    }

    /// The head of the answer, and the deadline for its body.
    async fn send(&self, uri: Uri, parcel: Parcel) -> Result<(Response<Incoming>, tokio::time::Instant), String> {
        let dripping = match parcel.drip {
            0 => Duration::ZERO,
            rate => Duration::from_secs_f64(parcel.body.len() as f64 / f64::from(rate)),
        };
        let until = tokio::time::Instant::now() + dripping + parcel.timeout;
        let secure = uri.scheme_str() == Some("https");
        let (recased, timeout) = (parcel.recased, parcel.timeout);
        let request = self.request(uri, parcel)?;
        let sending = async {
            if !secure {
                return post(if recased { &self.plain_recased } else { &self.plain }, request).await;
            }
            let (tls, tls_recased) = self.tls.get_or_init(with_tls).as_ref().map_err(String::clone)?;
            post(if recased { tls_recased } else { tls }, request).await
        };
        match tokio::time::timeout_at(until, sending).await {
            Ok(answer) => Ok((answer?, until)),
            Err(_) => Err(format!("no answer within {} ms", timeout.as_millis())),
        }
    }

    fn request(&self, uri: Uri, parcel: Parcel) -> Result<Request<Payload>, String> {
        let no_header = |error: http::header::InvalidHeaderValue| format!("the headers cannot be sent: {error}");
        let mut request = Request::new(Payload::new(parcel.body, parcel.drip));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.reserve(8);
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("user-agent", self.user_agent.clone());
        headers.insert("webhook-id", HeaderValue::try_from(parcel.id).map_err(no_header)?);
        headers.insert("webhook-timestamp", HeaderValue::from(parcel.timestamp));
        headers.insert("webhook-signature", HeaderValue::try_from(parcel.signature).map_err(no_header)?);
        Ok(request)
    }
}

/// An address in the client's form: without user, password and fragment, the host in ASCII.
fn target(text: &str) -> Result<Uri, String> {
    if text.is_ascii()
        && !text.contains(['@', '#'])
        && let Ok(uri) = text.parse::<Uri>()
        && matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some()
    {
        return Ok(uri);
    }
    let wrong = || "the address is not an http:// or https:// URL".to_owned();
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    url.set_fragment(None);
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| wrong())?;
    url.as_str().parse().map_err(|_| wrong())
}

fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.enforce_http(false);
    connector
}

fn client<C: Connect + Clone>(connector: C, recased: bool) -> Client<C, Payload> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MOST_PER_TARGET)
        .http1_title_case_headers(recased)
        .build(connector)
}

fn with_tls() -> Result<(Tls, Tls), String> {
    let builder = HttpsConnectorBuilder::new()
        .try_with_platform_verifier()
        .map_err(|error| format!("the system's certificates cannot be used: {error}"))?;
    let connector = builder.https_only().enable_http1().wrap_connector(tcp());
    Ok((client(connector.clone(), false), client(connector, true)))
}

async fn post<C>(client: &Client<C, Payload>, request: Request<Payload>) -> Result<Response<Incoming>, String>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    client.request(request).await.map_err(|error| why(&error))
}

/// The root cause: the client's own text says only that sending failed.
fn why(error: &ClientError) -> String {
    let mut cause: &dyn std::error::Error = error;
    let mut while_resolving = false;
    loop {
        while_resolving |= cause.to_string().contains("dns error");
        match cause.source() {
            Some(next) => cause = next,
            None => break,
        }
    }
    if let Some(error) = cause.downcast_ref::<std::io::Error>() {
        match error.kind() {
            std::io::ErrorKind::ConnectionRefused => return "the connection was refused".to_owned(),
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => {
                return "the connection was reset".to_owned();
            }
            _ => {}
        }
    }
    if while_resolving { format!("the host name could not be resolved: {cause}") } else { cause.to_string() }
}

/// The first bytes of a body as text. The rest is read and dropped, so that the connection can be reused.
async fn beginning(mut body: Incoming, until: tokio::time::Instant) -> String {
    if body.is_end_stream() {
        return String::new();
    }
    let mut kept = Vec::new();
    let mut read = 0;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            read += data.remaining();
            let room = ANSWER.saturating_sub(kept.len()).min(data.len());
            kept.extend_from_slice(&data[..room]);
            if read > DRAIN {
                break;
            }
        }
    };
    // A late body changes nothing: the status has already arrived.
    let _ = tokio::time::timeout_at(until, reading).await;
    String::from_utf8_lossy(&kept).into_owned()
}

/// A body of known length that is sent at once, or drips.
pub(crate) struct Payload {
    rest: Bytes,
    drip: Option<Drip>,
}

struct Drip {
    piece: usize,
    pause: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Payload {
    fn new(body: Bytes, bytes_per_second: u32) -> Self {
        let drip = (bytes_per_second > 0).then(|| {
            let piece = bytes_per_second.div_ceil(PIECES);
            let pause = Duration::from_secs_f64(f64::from(piece) / f64::from(bytes_per_second));
            Drip { piece: piece as usize, pause, sleep: Box::pin(tokio::time::sleep(pause)) }
        });
        Self { rest: body, drip }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            return Poll::Ready(None);
        }
        let piece = match &mut this.drip {
            None => std::mem::take(&mut this.rest),
            Some(drip) => {
                ready!(drip.sleep.as_mut().poll(cx));
                let next = drip.sleep.deadline() + drip.pause;
                drip.sleep.as_mut().reset(next);
                let piece = drip.piece.min(this.rest.len());
                this.rest.split_to(piece)
            }
        };
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("http://127.0.0.1:80/a?b=c", "http://127.0.0.1:80/a?b=c"),
            ("https://example.com", "https://example.com/"),
            ("http://user:secret@example.com/x#part", "http://example.com/x"),
            ("http://bücher.example/é", "http://xn--bcher-kva.example/%C3%A9"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
        ] {
            assert_eq!(target(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "nonsense", "ftp://example.com/", "file:///etc/passwd", "/path", "http://", "127.0.0.1:80"] {
            assert!(target(text).is_err(), "{text}");
        }
    }
}
