//! A client of the REST side: webhooks, batches, interactions, videos and files, at Google or at an emulator.
//!
//! The API key goes only to the base address's own origin, even across redirects: what the service answers, and what a
//! payload points to, may name any host. Nothing is retried here: a POST that is sent twice can leave two webhooks, so
//! the caller decides.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url, redirect};
use serde_json::Value;

use crate::jwks::http::is_loopback;

mod error;
mod files;
mod jobs;
mod read;
#[cfg(test)]
mod tests;
mod webhooks;

pub use error::{ApiError, ClientError};
pub use files::{Download, File};
pub use jobs::{
    Batch, BatchCounts, BatchInput, BatchList, Interaction, NewBatch, NewInteraction, Operation, WebhookConfig,
};
pub use read::{JobFailure, SecretText};
pub use webhooks::{NewWebhook, Revocation, SigningSecret, Webhook, WebhookChange, WebhookList, WebhookState};

/// Google's own base address.
pub const GOOGLE_BASE_URL: &str = "https://generativelanguage.googleapis.com";
/// The longest JSON answer that is read.
const ANSWER_LIMIT: usize = 32 * 1024 * 1024;

/// The time limits.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For one call, from its start to the end of its answer.
    call: Duration,
    /// For a connection to be made, including TLS.
    connect: Duration,
    /// For the next bytes of an answer, including downloads.
    read: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { call: Duration::from_secs(60), connect: Duration::from_secs(10), read: Duration::from_secs(30) }
    }
}

/// The version segment of the paths: Google's SDKs use `v1` since 3.x and `v1beta` before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiVersion {
    /// `v1`.
    #[default]
    V1,
    /// `v1beta`.
    V1beta,
}

impl ApiVersion {
    /// The segment.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1beta => "v1beta",
        }
    }
}

/// A client with one key at one base address. Cloning shares its connections. `Debug` shows no key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    version: ApiVersion,
    key: HeaderValue,
    extra: Vec<(HeaderName, HeaderValue)>,
    patience: Patience,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("base", &self.base.as_str())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// For the service at `base`: https, or http on this machine. A path before the version segment is kept.
    ///
    /// # Errors
    /// [`ClientError::Address`] if `base` is not such an address or has a user name, query or fragment;
    /// [`ClientError::Key`] if the key is not valid in a header; [`ClientError::NotSent`] without TLS.
    pub fn new(base: &str, version: ApiVersion, key: &str) -> Result<Self, ClientError> {
        Self::patient(base, version, key, Patience::default())
    }

    fn patient(base: &str, version: ApiVersion, key: &str, patience: Patience) -> Result<Self, ClientError> {
        let wrong = |why: &str| ClientError::Address(why.to_owned());
        let base = Url::parse(base).map_err(|error| wrong(&format!("it cannot be read ({error})")))?;
        let local = is_loopback(&base);
        if base.scheme() != "https" && !(local && base.scheme() == "http") {
            return Err(wrong("it must start with https:// (http:// is for this machine only)"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("it must not carry a user name or password"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("it must end with its path, without ? or #"));
        }
        let mut key = HeaderValue::from_str(key.trim()).map_err(|_| ClientError::Key)?;
        if key.is_empty() {
            return Err(ClientError::Key);
        }
        key.set_sensitive(true);
        // Redirects are followed by hand, if at all: reqwest keeps our key's header across hosts.
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(patience.connect)
            .read_timeout(patience.read);
        if local {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ClientError::from)?;
        Ok(Self { http, base, version, key, extra: Vec::new(), patience })
    }

    /// The same client, with a header on every call that is not the service's own, such as those of the emulator.
    #[must_use]
    pub fn with_header(&self, name: HeaderName, value: HeaderValue) -> Self {
        let mut client = self.clone();
        client.extra.push((name, value));
        client
    }

    /// The base address.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// `{base}/{version}/{name}[:{verb}]`.
    fn versioned(&self, version: ApiVersion, name: &str, verb: Option<&str>) -> Result<Url, ClientError> {
        self.address(&format!("{}/{}", version.as_str(), checked(name)?), verb)
    }

    /// `{base}/{path}[:{verb}]`.
    fn address(&self, path: &str, verb: Option<&str>) -> Result<Url, ClientError> {
        let mut url = self.base.clone();
        let before = url.path().trim_end_matches('/').to_owned();
        let verb = verb.map(|verb| format!(":{verb}")).unwrap_or_default();
        url.set_path(&format!("{before}/{path}{verb}"));
        Ok(url)
    }

    /// A request that carries the key if `url` has the base address's origin, and no key otherwise.
    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let ours = url.origin() == self.base.origin();
        let mut request = self.http.request(method, url);
        if ours {
            request = request.header("x-goog-api-key", self.key.clone());
            for (name, value) in &self.extra {
                request = request.header(name.clone(), value.clone());
            }
        }
        request
    }

    /// One call of the current version.
    async fn call(
        &self,
        method: Method,
        name: &str,
        verb: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, ClientError> {
        let url = self.versioned(self.version, name, verb)?;
        self.call_url(method, url, body).await
    }

    async fn call_url(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Value, ClientError> {
        let mut request = self.request(method, url).header(ACCEPT, "application/json").timeout(self.patience.call);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request.send().await?).await
    }

    /// The JSON of a 2xx answer; an empty body is null.
    async fn answer(&self, response: Response) -> Result<Value, ClientError> {
        let status = response.status();
        let read = read(response, ANSWER_LIMIT).await;
        if !status.is_success() {
            // Even if its words cannot be read, the status says that it refused.
            return Err(self.refused(status.as_u16(), &read.unwrap_or_default()));
        }
        let bytes = read?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| ClientError::Unreadable(format!("it is not JSON ({error})")))
    }

    fn refused(&self, status: u16, body: &[u8]) -> ClientError {
        if (300..400).contains(&status) {
            return ClientError::Redirected;
        }
        ClientError::Api(ApiError::parse(status, body, self.key.to_str().unwrap_or_default()))
    }
}

/// The body, up to a limit.
async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > limit {
            return Err(ClientError::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A resource's name as a path: names come from payloads and answers, and must not lead to another method or path.
fn checked(name: &str) -> Result<&str, ClientError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let sound = |segment: &str| {
        !segment.is_empty() && !segment.chars().all(|c| c == '.') && segment.chars().all(fits) && segment.len() <= 512
    };
    if name.split('/').all(sound) { Ok(name) } else { Err(ClientError::Name(name.chars().take(80).collect())) }
}

/// `{collection}/{id}`, even if the name already starts with the collection.
fn within(collection: &str, name: &str) -> String {
    match name.strip_prefix(collection).is_some_and(|rest| rest.starts_with('/')) {
        true => name.to_owned(),
        false => format!("{collection}/{name}"),
    }
}
