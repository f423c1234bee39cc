//! The answers of the listener.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use signature::Outcome;
use store::Answer;

use crate::turned_away::Refusal;

/// The one line on `GET /`. It names no version, so an attacker learns nothing from it.
pub const HEALTH_LINE: &str = "Listening for webhooks. Send a POST.\n";

/// Seconds before the sender of a refused delivery may try again.
const RETRY_AFTER_S: u32 = 5;
/// The same for a delivery that exceeded the rate.
const TOO_MANY_RETRY_AFTER_S: u32 = 1;

/// The default answer for an outcome. A rejected sender gets an empty 401.
pub(crate) fn for_outcome(outcome: Outcome) -> StatusCode {
    match outcome {
        Outcome::Verified | Outcome::Unchecked | Outcome::Unbound => StatusCode::OK,
        Outcome::Rejected => StatusCode::UNAUTHORIZED,
    }
}

/// An empty answer, as it is kept with the delivery.
pub(crate) fn kept(status: StatusCode) -> Answer {
    let headers = vec![("content-length".into(), "0".into())];
    Answer { status: status.as_u16(), headers, body: String::new(), by: None }
}

/// Stands for the usual answer while one is made after the commit: its status is not known yet.
pub(crate) fn still_to_be_given(status: StatusCode) -> Answer {
    Answer { status: 0, ..kept(status) }
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Answers a request whose body was not read to its end: the connection cannot be used again.
pub(crate) fn empty_and_close(status: StatusCode) -> Response {
    let mut response = empty(status);
    and_close(&mut response);
    response
}

/// This answer is the last one of its connection.
pub(crate) fn and_close(response: &mut Response) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// Answers a request that is turned away. With 429 it says when to try again.
pub(crate) fn turned_away(refusal: Refusal) -> Response {
    let mut response = empty(refusal.status());
    if refusal.status() == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(TOO_MANY_RETRY_AFTER_S));
    }
    response
}

/// The answer to a probe.
pub(crate) fn json(text: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // A cache or proxy on the way must neither keep nor change it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    response
}

/// 503 with `Retry-After`: nothing was stored, so the sender must try again.
pub(crate) fn try_again() -> Response {
    let mut response = empty(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    response
}

/// The answer to any method but POST (and GET on `/`).
pub(crate) fn method_not_allowed() -> Response {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// `GET /`, for anyone who checks that the listener runs.
pub(crate) fn health() -> Response {
    let mut response = Response::new(Body::from(HEALTH_LINE));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
