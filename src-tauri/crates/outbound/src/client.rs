//! The HTTP client: HTTP/1.1 as given, no redirects (SW-50), no proxy, no decompression, and limits on what comes back.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{self, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout_at;

use crate::problem::{Problem, ProblemCode};
use crate::target::Target;
use crate::tls;

/// How long TCP may take to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: shorter than receivers commonly keep theirs (gunicorn 2 s, Node 5 s), so that
/// none is closed at the moment it is reused.
const IDLE: Duration = Duration::from_secs(1);
/// Idle connections to a target.
const IDLE_MOST: usize = 64;
/// Header lines of an answer.
const HEADERS: usize = 256;

type Plain = legacy::Client<HttpConnector, Full<Bytes>>;
type Tls = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A POST as it is sent: only what framing needs is added.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its target.
    pub target: Target,
    /// Header lines in order. `host` and `content-length` get their values in place, or are added.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
    /// Whether a certificate that nobody vouches for is accepted.
    pub any_certificate: bool,
}

/// The limits of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// For everything, from the first byte sent to the last byte of the answer.
    pub time: Duration,
    /// Bytes of its body that are read.
    pub read: u64,
    /// Bytes of its body that are kept.
    pub kept: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { time: Duration::from_secs(30), read: 16 * 1024 * 1024, kept: 64 * 1024 }
    }
}

/// The head of an answer, and its body as far as it was read.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `HTTP/1.1`.
    pub version: &'static str,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// From the start until the head arrived.
    pub first: Duration,
    /// The beginning of the body, as it arrived.
    pub body: Vec<u8>,
    /// How many bytes of the body were read.
    pub body_len: u64,
}

impl Answer {
    /// The first header line with this name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(header, _)| header == name)?;
        std::str::from_utf8(value).ok()
    }
}

/// The result of a request.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The answer, if at least its head arrived.
    pub answer: Option<Answer>,
    /// Why it is missing or incomplete.
    pub problem: Option<Problem>,
    /// From the start to the end, whatever it was.
    pub total: Duration,
}

/// Sends requests. Connections are kept for a moment and reused.
pub struct Client {
    plain: Plain,
    /// How many idle connections to a target are kept.
    idle: usize,
    /// Clients with TLS are built when they are needed, because they read the system's roots.
    strict: OnceLock<Result<Tls, String>>,
    lenient: OnceLock<Result<Tls, String>>,
}

impl Default for Client {
    fn default() -> Self {
        Self::keeping(IDLE_MOST)
    }
}

impl Client {
    /// Makes a new connection for each request, so that a failure says something about this request, and not that a
    /// kept connection was closed meanwhile.
    #[must_use]
    pub fn with_a_connection_each() -> Self {
        Self::keeping(0)
    }

    fn keeping(idle: usize) -> Self {
        Self { plain: client(tcp(), idle), idle, strict: OnceLock::new(), lenient: OnceLock::new() }
    }

    /// Sends a request and never fails: errors are in the exchange. Dropping the future cuts the connection.
    pub async fn send(&self, request: Request, bounds: Bounds) -> Exchange {
        let started = Instant::now();
        let until = tokio::time::Instant::from_std(started) + bounds.time;
        let Request { target, any_certificate, .. } = &request;
        let (target, lenient) = (target.clone(), *any_certificate);
        let failed = |problem| Exchange { answer: None, problem: Some(problem), total: started.elapsed() };
        let http = match of(request) {
            Ok(http) => http,
            Err(problem) => return failed(problem),
        };
        let response = match timeout_at(until, self.answer(http, &target, lenient)).await {
            Ok(Ok(response)) => response,
            Ok(Err(problem)) => return failed(problem),
            Err(_) => return failed(Problem::too_slow(&target, bounds.time)),
        };
        let first = started.elapsed();
        let (head, body) = response.into_parts();
        let (bytes, read, problem) = read(body, bounds, until).await;
        let answer = Answer {
            status: head.status.as_u16(),
            version: version(head.version),
            headers: lines(&head.headers),
            first,
            body: bytes,
            body_len: read,
        };
        Exchange { answer: Some(answer), problem, total: started.elapsed() }
    }

    async fn answer(
        &self,
        request: http::Request<Full<Bytes>>,
        target: &Target,
        lenient: bool,
    ) -> Result<http::Response<Incoming>, Problem> {
        if !target.is_tls() {
            return post(&self.plain, request, target).await;
        }
        let made = if lenient {
            self.lenient.get_or_init(|| tls::taking_any(tcp()).map(|connector| client(connector, self.idle)))
        } else {
            self.strict.get_or_init(|| tls::trusting_the_system(tcp()).map(|connector| client(connector, self.idle)))
        };
        match made {
            Ok(client) => post(client, request, target).await,
            Err(why) => Err(Problem::new(
                ProblemCode::TlsFailed,
                format!(
                    "No secure connection could be made: \
                {why}."
                ),
            )),
        }
    }
}

fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT));
    connector.enforce_http(false);
    connector
}

fn client<C: Connect + Clone>(connector: C, idle: usize) -> legacy::Client<C, Full<Bytes>> {
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(idle)
        .http1_max_headers(HEADERS)
        .set_host(false)
        .build(connector)
}

async fn post<C>(
    client: &legacy::Client<C, Full<Bytes>>,
    request: http::Request<Full<Bytes>>,
    target: &Target,
) -> Result<http::Response<Incoming>, Problem>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    client.request(request).await.map_err(|error: ClientError| Problem::of(&error, target, error.is_connect()))
}

/// Header lines as they are sent: with `host` and `content-length` in place, or at the end.
#[must_use]
pub fn framed(headers: &[(String, Vec<u8>)], body_len: usize, target: &Target) -> Vec<(String, Vec<u8>)> {
    let mut framed = Vec::with_capacity(headers.len() + 2);
    let (mut host, mut length) =
        (Some(target.authority().as_bytes().to_vec()), Some(body_len.to_string().into_bytes()));
    for (name, value) in headers {
        let given = if name.eq_ignore_ascii_case("host") {
            host.take()
        } else if name.eq_ignore_ascii_case("content-length") {
            length.take()
        } else {
            Some(value.clone())
        };
        framed.extend(given.map(|value| (name.clone(), value)));
    }
    framed.extend(host.map(|value| ("host".to_owned(), value)));
    framed.extend(length.map(|value| ("content-length".to_owned(), value)));
    framed
}

fn of(request: Request) -> Result<http::Request<Full<Bytes>>, Problem> {
    let Request { target, headers, body, .. } = request;
    let framed = framed(&headers, body.len(), &target);
    let mut map = HeaderMap::with_capacity(framed.len());
    for (name, value) in framed {
        let sendable = |what: &str| {
            let message = format!("The {what} of the header {name:?} cannot be sent over HTTP. Correct it.");
            Problem::new(ProblemCode::NotSendable, message)
        };
        let key = HeaderName::try_from(name.as_str()).map_err(|_| sendable("name"))?;
        map.append(key, HeaderValue::try_from(value).map_err(|_| sendable("value"))?);
    }
    let mut http = http::Request::new(Full::new(body));
    *http.method_mut() = Method::POST;
    *http.uri_mut() = target.uri().clone();
    *http.headers_mut() = map;
    Ok(http)
}

/// The beginning of a body, how much of it was read, and what was wrong with it.
async fn read(mut body: Incoming, bounds: Bounds, until: tokio::time::Instant) -> (Vec<u8>, u64, Option<Problem>) {
    let (mut kept, mut read) = (Vec::new(), 0_u64);
    if body.is_end_stream() {
        return (kept, read, None);
    }
    let reading = async {
        while let Some(frame) = body.frame().await {
            let data = match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => data,
                Ok(Err(_)) => continue, // trailers
                Err(error) => return Some(Problem::body_cut_short(read, &error)),
            };
            read += data.len() as u64;
            let room = bounds.kept.saturating_sub(kept.len());
            kept.extend_from_slice(data.get(..room).unwrap_or(&data));
            if read > bounds.read {
                return Some(Problem::body_too_long(bounds.read));
            }
        }
        None
    };
    let problem = match timeout_at(until, reading).await {
        Ok(problem) => problem,
        Err(_) => Some(Problem::body_too_slow(read, bounds.time)),
    };
    (kept, read, problem)
}

fn lines(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}

fn version(version: Version) -> &'static str {
    if version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }
}
