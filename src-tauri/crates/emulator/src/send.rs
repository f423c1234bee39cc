//! Sends a sample: composes it, then makes one POST (two for a duplicate) to a receiver on this machine.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use reqwest::{Client, Url, redirect};
use samples::{ComposeError, KeyError, Prepared, Profile, Random, SampleRequest, SigningKeys, compose, message_id};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long a sample waits for its answer, or for both answers if it is sent twice.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a sample could not be sent.
#[derive(Debug, Error)]
pub enum SendError {
    /// It could not be composed.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A key could not be made.
    #[error("The sample could not be signed: {0}.")]
    Key(#[from] KeyError),
    /// The target is not an address on this machine.
    #[error("Samples are sent to this machine only, such as http://127.0.0.1:4710/, not to {0:?}.")]
    Target(String),
    /// Nobody answered.
    #[error("The sample could not be delivered to {address}: {why}.")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What went wrong.
        why: String,
    },
}

/// A sample that was sent and answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleSent {
    /// The `webhook-id`, even if the sample was sent without that header.
    pub message_id: String,
    /// The receiver's HTTP status; the last one if it was sent twice.
    pub status: u16,
    /// Microseconds until the head of that answer.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub took_us: u64,
}

/// Sends a sample, signed with the caller's keys, to a receiver on this machine. `now` is in Unix seconds.
///
/// # Errors
/// If the request names something that does not exist, `target` is not on this machine, or nobody answers there.
pub async fn send_sample(
    request: &SampleRequest,
    keys: &SigningKeys,
    target: &str,
    now: i64,
    random: &Random,
) -> Result<SampleSent, SendError> {
    let url = local(target)?;
    let client = client().map_err(|error| SendError::Unreachable { address: target.to_owned(), why: why(&error) })?;
    send(&client, &url, request, keys, &Profile::default(), now, random).await
}

/// The receiver is on this machine, so no proxy is involved. A redirect is an answer like any other (SW-50).
pub(crate) fn client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build()
}

pub(crate) async fn send(
    client: &Client,
    url: &Url,
    request: &SampleRequest,
    keys: &SigningKeys,
    profile: &Profile,
    now: i64,
    random: &Random,
) -> Result<SampleSent, SendError> {
    let message_id = message_id(random).map_err(ComposeError::Io)?;
    let prepared = compose(request, keys, profile, &message_id, now, random)?;
    let posts = async {
        let mut sent = post(client, url, &prepared).await?;
        for _ in 1..prepared.times {
            sent = post(client, url, &prepared).await?;
        }
        Ok(sent)
    };
    let (status, took_us) = tokio::time::timeout(SEND_TIMEOUT, posts).await.unwrap_or_else(|_| {
        let why = "there was no answer within 30 seconds".to_owned();
        Err(SendError::Unreachable { address: url.authority().to_owned(), why })
    })?;
    Ok(SampleSent { message_id: prepared.id, status, took_us })
}

/// One POST: status and microseconds.
async fn post(client: &Client, url: &Url, prepared: &Prepared) -> Result<(u16, u64), SendError> {
    let mut request = client.post(url.clone());
    for (name, value) in &prepared.headers {
        request = request.header(name, value.as_slice());
    }
    let started = Instant::now();
    let response = request
        .body(prepared.body.clone())
        .send()
        .await
        .map_err(|error| SendError::Unreachable { address: url.authority().to_owned(), why: why(&error) })?;
    let took_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok((response.status().as_u16(), took_us))
}

pub(crate) fn local(target: &str) -> Result<Url, SendError> {
    let refused = || SendError::Target(target.to_owned());
    let url = Url::parse(target).map_err(|_| refused())?;
    let host = url.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host.trim_matches(|c| c == '[' || c == ']').parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.scheme() != "http" || !loopback || !url.username().is_empty() || url.password().is_some() {
        return Err(refused());
    }
    Ok(url)
}

/// The root cause: reqwest's own text says only that sending failed.
fn why(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
