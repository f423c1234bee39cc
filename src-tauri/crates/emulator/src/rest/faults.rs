//! Deliberate faults on the REST side: latency, 429, 5xx, answers that are lost or replaced.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::rest::{ApiError, Call, wait};
use crate::settings::Faults;
use crate::shared::Shared;

/// Seconds in `Retry-After`: the shortest that it can say.
const RETRY_AFTER: Millis = 1;
/// The time that a quota is for.
const MINUTE: Millis = 60_000;

/// What a proxy or a portal sends in place of an answer.
const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><head><title>Sign in</title></head>\n\
                    <body><p>Sign in to use this network.</p></body></html>\n";

/// What happens to a request instead of the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It is refused, and nothing is done.
    Refused(StatusCode),
    /// It is done, but its answer is spoiled.
    Spoilt(Spoilt),
}

/// What happens to the answer of a request that was done. It accompanies the answer until it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoilt {
    /// The connection is cut before the first byte.
    Lost,
    /// A page is sent in its place.
    Garbled,
}

/// Waits as long as the settings say, then fails if this request's draw says so. The draws depend only on the seed and
/// the request's number, so the same script fails in the same places.
pub(crate) async fn before(shared: &Shared, call: &Call) -> Result<Option<Spoilt>, ApiError> {
    let (number, faults) = shared.with(|world| {
        world.requests += 1;
        (world.requests, world.settings.faults.clone())
    });
    wait(faults.latency_ms).await;
    within_quota(shared)?;
    match drawn(&faults, shared.seed, number, changes_webhooks(call)) {
        None => Ok(None),
        Some(Fault::Spoilt(how)) => Ok(Some(how)),
        Some(Fault::Refused(status @ StatusCode::TOO_MANY_REQUESTS)) => {
            let message = "Resource has been exhausted (e.g. check quota).";
            let details = json!([retry_info(RETRY_AFTER)]);
            let error = ApiError::status(status, message).with_details(details);
            Err(error.with_header(header::RETRY_AFTER, &RETRY_AFTER.to_string()))
        }
        Some(Fault::Refused(status @ StatusCode::SERVICE_UNAVAILABLE)) => {
            Err(ApiError::status(status, "The model is overloaded. Please try again later."))
        }
        Some(Fault::Refused(status)) => Err(ApiError::status(status, "An internal error has occurred. Please retry.")),
    }
}

fn retry_info(seconds: Millis) -> Value {
    json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s") })
}

/// Takes a request of the minute's quota if there is one. What is refused does not count.
fn within_quota(shared: &Shared) -> Result<(), ApiError> {
    let now = shared.clock.now();
    let (quota, over) = shared
        .with(|world| {
            let quota = world.settings.rest.requests_per_minute?;
            let (began, taken) = world.minute.filter(|(began, _)| now - began < MINUTE).unwrap_or((now, 0));
            world.minute = Some((began, taken.saturating_add(u32::from(taken < quota))));
            (taken >= quota).then_some((quota, began + MINUTE - now))
        })
        .unzip();
    let (Some(quota), Some(left)) = (quota, over) else { return Ok(()) };
    let seconds = (left + 999) / 1000;
    let message = format!(
        "You exceeded your current quota, please check your plan and billing details. Please retry in {seconds}s."
    );
    let details = json!([
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{
                "quotaMetric": "generativelanguage.googleapis.com/requests",
                "quotaId": "RequestsPerMinutePerProject",
                "quotaValue": quota.to_string(),
            }],
        },
        retry_info(seconds),
    ]);
    let error = ApiError::status(StatusCode::TOO_MANY_REQUESTS, message).with_details(details);
    Err(error.with_header(header::RETRY_AFTER, &seconds.to_string()))
}

fn changes_webhooks(call: &Call) -> bool {
    let collection = call.path.first().is_some_and(|first| first == "webhooks");
    collection && !call.version.is_empty() && [Method::POST, Method::PATCH, Method::DELETE].contains(&call.method)
}

/// What happens to the request with this number; `None` means the usual.
fn drawn(faults: &Faults, seed: u64, number: u64, changes_webhooks: bool) -> Option<Fault> {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    draws.set_stream(number);
    // Always draw all of them: one rate must not shift the faults of the other.
    let [many, failed, kind, lost, garbled] = [(); 5].map(|()| (draws.next_u64() >> 11) as f64 / (1u64 << 53) as f64);
    if many < faults.too_many_requests {
        Some(Fault::Refused(StatusCode::TOO_MANY_REQUESTS))
    } else if failed < faults.server_errors {
        let overloaded = kind >= 0.5;
        let status = if overloaded { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Some(Fault::Refused(status))
    } else if changes_webhooks && lost < faults.lost_answers {
        Some(Fault::Spoilt(Spoilt::Lost))
    } else if garbled < faults.garbled_answers {
        Some(Fault::Spoilt(Spoilt::Garbled))
    } else {
        None
    }
}

/// Spoils an answer if it is drawn, after everything it reports is done and stored. A refusal arrives unspoiled:
/// nothing was done.
pub(crate) fn spoil(mut response: Response) -> Response {
    match response.extensions_mut().remove() {
        Some(Spoilt::Lost) if response.status().is_success() => Response::new(Body::new(Cut)),
        Some(Spoilt::Garbled) if response.status() == StatusCode::OK => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response()
        }
        _ => response,
    }
}

/// A body that fails at once. The server asks for the first bytes of a body before it sends the head, and closes the
/// connection without either.
struct Cut;

impl hyper::body::Body for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::other("the answer is lost on purpose"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(faults: &Faults, seed: u64, changes_webhooks: bool) -> Vec<Option<Fault>> {
        (0..4000).map(|number| drawn(faults, seed, number, changes_webhooks)).collect()
    }

    fn share(drawn: &[Option<Fault>], fault: Fault) -> f64 {
        drawn.iter().filter(|drawn| **drawn == Some(fault)).count() as f64 / drawn.len() as f64
    }

    const LOST: Fault = Fault::Spoilt(Spoilt::Lost);
    const GARBLED: Fault = Fault::Spoilt(Spoilt::Garbled);

    #[test]
    fn draws_keep_their_rates_and_depend_on_the_seed_alone() {
        let refusing = Faults { too_many_requests: 0.2, server_errors: 0.5, ..Faults::default() };
        let one = run(&refusing, 7, true);
        assert_eq!(one, run(&refusing, 7, false));
        assert_ne!(one, run(&refusing, 8, true));
        for status in
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE]
        {
            assert!((share(&one, Fault::Refused(status)) - 0.2).abs() < 0.03, "{status}");
        }
        let never = run(&Faults::default(), 7, true);
        assert!(never.iter().all(Option::is_none));
        let always = run(&Faults { server_errors: 1.0, ..Faults::default() }, 7, true);
        assert!(always.iter().all(Option::is_some));
    }

    #[test]
    fn answers_are_spoilt_at_their_rates_without_moving_the_refusals() {
        let refusing = Faults { too_many_requests: 0.2, server_errors: 0.25, ..Faults::default() };
        let all = Faults { lost_answers: 0.5, garbled_answers: 0.5, ..refusing.clone() };
        let refusals = |drawn: &[Option<Fault>]| {
            let refused = |drawn: &Option<Fault>| drawn.filter(|fault| matches!(fault, Fault::Refused(_)));
            drawn.iter().map(refused).collect::<Vec<_>>()
        };
        let (changes, readings) = (run(&all, 7, true), run(&all, 7, false));
        assert_eq!(refusals(&changes), run(&refusing, 7, true));
        assert_eq!(refusals(&readings), refusals(&changes));
        // The refusals leave 60 %.
        assert!((share(&changes, LOST) - 0.3).abs() < 0.03);
        assert!((share(&changes, GARBLED) - 0.15).abs() < 0.03);
        assert!((share(&readings, GARBLED) - 0.3).abs() < 0.03);
        assert!(!readings.contains(&Some(LOST)));
        let always = run(&Faults { lost_answers: 1.0, ..Faults::default() }, 7, true);
        assert!(always.iter().all(|drawn| *drawn == Some(LOST)));
    }
}
