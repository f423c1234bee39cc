//! The HTTP side: what Google's SDKs speak, under `/v1` and `/v1beta`; the JWKS; and `/emulator/…`, which the service
//! does not have.
//!
//! Google's paths carry a verb after a colon (`/v1/webhooks/abc:ping`), which no router splits: a call is taken apart
//! once, here, and matched as a whole.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::shared::Shared;

mod auth;
mod control;
pub(crate) mod error;
mod faults;
pub(crate) mod fields;
mod files;
mod jobs;
mod meant;
mod openapi;
pub(crate) mod page;
mod webhooks;

use error::ApiError;

/// The longest body: uploads are held in memory.
const BODY_LIMIT: usize = 256 * 1024 * 1024;
/// The longest body of a call without the key: it is read before it is refused, and any page in a browser can send one.
const STRANGERS_LIMIT: usize = 1024 * 1024;

const NOT_KEPT: &str = "The emulator did this, but could not write it to its state: it will be lost when the emulator \
                        ends. Free some disk space; it keeps trying.";

/// A request, taken apart.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// `v1`, `v1beta`; empty for paths without a version.
    pub(crate) version: String,
    /// What follows the version, percent-decoded: `["webhooks", "abc"]`. The verb is cut off the last one.
    pub(crate) path: Vec<String>,
    /// What follows the colon in the last segment: `ping`.
    pub(crate) verb: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Who called.
    pub(crate) peer: SocketAddr,
    /// The emulator's address as the caller knows it; addresses in answers begin with it.
    pub(crate) origin: String,
}

impl Call {
    fn new(method: Method, uri: &Uri, headers: HeaderMap, peer: SocketAddr, address: SocketAddr) -> Self {
        let origin = origin(address, headers.get(header::HOST));
        let mut path: Vec<String> = uri.path().split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let version = match path.first().map(String::as_str) {
            Some("v1" | "v1beta" | "v1alpha") => path.remove(0),
            _ => String::new(),
        };
        let verb = path.last_mut().and_then(|last| {
            let (name, verb) = last.split_once(':')?;
            let (name, verb) = (name.to_owned(), verb.to_owned());
            *last = name;
            Some(verb)
        });
        // RFC 9110: HEAD is GET without the body, which the server leaves out.
        let method = if method == Method::HEAD { Method::GET } else { method };
        let query = uri.query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { method, version, path, verb, query, headers, body: Bytes::new(), peer, origin }
    }

    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An emulator that listens on every address (`0.0.0.0`) cannot be reached by that name, but by the one in `Host`.
fn origin(address: SocketAddr, host: Option<&HeaderValue>) -> String {
    let host = host.and_then(|host| host.to_str().ok()).filter(|_| address.ip().is_unspecified());
    let url = host.and_then(|host| Url::parse(&format!("http://{host}/")).ok());
    match url.filter(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none()) {
        Some(url) => url.origin().ascii_serialization(),
        None => format!("http://{address}"),
    }
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The result of a handler.
pub(crate) type Reply = Result<Response, ApiError>;

/// 200 with JSON.
pub(crate) fn ok(value: &Value) -> Reply {
    Ok(json_response(StatusCode::OK, value))
}

pub(crate) fn json_response(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=UTF-8")], value.to_string()).into_response()
}

/// Serves until it is told to stop.
pub(crate) async fn serve(listener: TcpListener, shared: Shared, stop: CancellationToken) {
    let router = Router::new().fallback(answer).with_state(shared);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = serving.await {
        tracing::error!(%error, "the emulator no longer answers");
    }
}

pub(crate) async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let mut call = Call::new(head.method, &head.uri, head.headers, peer, shared.address);
    let stranger = auth::check(&shared, &call).err();
    let mut request = Request::new(body);
    DefaultBodyLimit::max(if stranger.is_some() { STRANGERS_LIMIT } else { BODY_LIMIT }).apply(&mut request);
    call.body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        // Too long, or cut short. A caller without permission is told so first.
        Err(rejection) => {
            let error = ApiError::status(rejection.status(), rejection.body_text());
            let stranger = stranger.filter(|_| call.path.first().is_none_or(|first| first != "emulator"));
            return stranger.unwrap_or(error).into_response();
        }
    };
    let changes = call.method != Method::GET;
    let response = match dispatch(&shared, &call).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    // What was answered is stored: a kill after this loses none of it.
    if changes
        && response.status().is_success()
        && let Some(journal) = &shared.journal
        && !journal.flushed().await
    {
        return ApiError::status(StatusCode::INSUFFICIENT_STORAGE, NOT_KEPT).into_response();
    }
    faults::spoil(response)
}

async fn dispatch(shared: &Shared, call: &Call) -> Reply {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        [] | [".well-known", "jwks.json"] if call.version.is_empty() && call.method != Method::GET => {
            return Err(ApiError::wrong_method(&call.method, &[Method::GET]));
        }
        [] if call.version.is_empty() => return ok(&json!({ "emulator": "Pollux", "control": "/emulator/" })),
        [".well-known", "jwks.json"] if call.version.is_empty() => return published(shared, call).await,
        ["emulator", rest @ ..] if call.version.is_empty() => return control::handle(shared, call, rest).await,
        _ => {}
    }
    auth::check(shared, call)?;
    let spoilt = faults::before(shared, call).await?;
    let reply = match path.as_slice() {
        ["upload" | "download", ..] if call.version.is_empty() => files::handle(shared, call, &path).await,
        _ if call.version.is_empty() => Err(ApiError::unknown_path(call)),
        ["webhooks", rest @ ..] => webhooks::handle(shared, call, rest).await,
        ["files", ..] => files::handle(shared, call, &path).await,
        ["models" | "batches" | "interactions" | "operations", ..] => jobs::handle(shared, call, &path),
        _ => Err(ApiError::unknown_path(call)),
    };
    let mut response = reply?;
    if let Some(how) = spoilt {
        response.extensions_mut().insert(how);
    }
    Ok(response)
}

/// The JWKS. Samples are signed with either scheme whatever the settings say, so their receivers ask for the keys of
/// both with `?dynamic=jwt`, which the service does not have.
async fn published(shared: &Shared, call: &Call) -> Reply {
    let scheme = match call.query("dynamic") {
        None => shared.with(|world| world.settings.dynamic),
        Some(name) => serde_json::from_value(json!(name)).map_err(|_| {
            let message = format!("Invalid value for 'dynamic': '{name}'. Expected one of: 'v1a', 'jwt'.");
            ApiError::interactions(StatusCode::BAD_REQUEST, message)
        })?,
    };
    ok(&shared.keys.jwks(scheme).await)
}

/// How long a request is delayed on purpose.
pub(crate) async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_answers_are_those_that_the_caller_can_reach() {
        let origin = |address: &str, host: Option<&'static str>| {
            super::origin(address.parse().unwrap(), host.map(HeaderValue::from_static).as_ref())
        };
        for (address, host, expected) in [
            ("127.0.0.1:1", Some("evil.example"), "http://127.0.0.1:1"),
            ("0.0.0.0:1", Some("emulator:4720"), "http://emulator:4720"),
            ("[::]:1", Some("[::1]:4720"), "http://[::1]:4720"),
            ("0.0.0.0:1", None, "http://0.0.0.0:1"),
            ("0.0.0.0:1", Some("a b"), "http://0.0.0.0:1"),
            ("0.0.0.0:1", Some("a/b"), "http://0.0.0.0:1"),
            ("0.0.0.0:1", Some("a@b"), "http://0.0.0.0:1"),
        ] {
            assert_eq!(origin(address, host), expected, "{address} {host:?}");
        }
    }
}
