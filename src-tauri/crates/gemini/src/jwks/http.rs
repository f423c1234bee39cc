//! Fetching a JWKS over HTTP.

use std::net::IpAddr;

use reqwest::{Client, Url, redirect};

use super::{FETCH_TIMEOUT, Fetch, FetchError, Fetching, GOOGLE_JWKS_URL, SIZE_LIMIT};

const REDIRECTS_LIMIT: usize = 3;

/// Fetches a JWKS from one address: https, or http on this machine. Redirects are followed on the same host only.
#[derive(Clone, Debug)]
pub struct HttpFetch {
    client: Client,
    url: Url,
}

impl HttpFetch {
    /// For the JWKS at `url`.
    ///
    /// # Errors
    /// [`FetchError::Address`] if the address is not valid, is not https (or http on this machine), or contains a user
    /// name; [`FetchError::Unreachable`] if the system offers no TLS.
    pub fn new(url: &str) -> Result<Self, FetchError> {
        let url =
            Url::parse(url).map_err(|error| FetchError::Address(format!("the address cannot be read ({error})")))?;
        let local = is_loopback(&url);
        if url.scheme() != "https" && !(local && url.scheme() == "http") {
            return Err(FetchError::Address(
                "the address must start with https:// (http:// is for this machine only)".to_owned(),
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Address("the address must not carry a user name or password".to_owned()));
        }
        let mut builder = Client::builder().timeout(FETCH_TIMEOUT).redirect(redirect::Policy::custom(|attempt| {
            let same_origin = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
            if !same_origin {
                attempt.error("a redirect to another host is not followed")
            } else if attempt.previous().len() > REDIRECTS_LIMIT {
                attempt.error("too many redirects")
            } else {
                attempt.follow()
            }
        }));
        if local {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| FetchError::Unreachable(chain(&error)))?;
        Ok(Self { client, url })
    }

    /// For Google's own keys.
    ///
    /// # Errors
    /// Those of [`HttpFetch::new`].
    pub fn google() -> Result<Self, FetchError> {
        Self::new(GOOGLE_JWKS_URL)
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(async move {
            let mut response =
                self.client.get(self.url.clone()).header("accept", "application/json").send().await.map_err(failed)?;
            if response.status() != 200 {
                return Err(FetchError::Status(response.status().as_u16()));
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if bytes.len() + chunk.len() > SIZE_LIMIT {
                    return Err(FetchError::TooLarge);
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        })
    }
}

fn failed(error: reqwest::Error) -> FetchError {
    if error.is_timeout() { FetchError::TimedOut } else { FetchError::Unreachable(chain(&error.without_url())) }
}

/// The error with its causes: reqwest's own text says only that sending failed.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host.trim_matches(|c| c == '[' || c == ']').parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}
