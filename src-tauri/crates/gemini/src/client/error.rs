//! What can go wrong with a call, in one type for both shapes in which the service answers.

use std::time::Duration;

use serde_json::Value;

use crate::jwks::http::chain;
use crate::printable::printable;

/// The longest text other than JSON that is shown, in characters.
const EXCERPT: usize = 200;
/// The longest message of the service that is shown, in characters.
const MESSAGE: usize = 2000;
/// `reason` of the google.rpc.ErrorInfo with which the gateway refuses a key.
const KEY_REASON: &str = "API_KEY_INVALID";
/// Its words in that case. Answers in the shape without details have only the words.
const KEY_WORDS: &str = "API key not valid";

/// Why a call failed. Never contains a key or a secret.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// The base address cannot be used.
    #[error("The address of the API cannot be used: {0}.")]
    Address(String),
    /// The key cannot be used.
    #[error("The API key is empty or contains characters that are not valid in a header. Copy it again.")]
    Key,
    /// The name of a resource could lead elsewhere.
    #[error("{0:?} is not the name of a resource of the API.")]
    Name(String),
    /// Nothing was sent: no such host, nobody there, no TLS, or not in time.
    #[error("The API could not be reached: {0}.")]
    NotSent(String),
    /// The connection was lost after the request was sent and before the answer was complete.
    #[error("The connection to the API was lost before its answer was complete: {0}.")]
    Unreachable(String),
    /// The request was sent, but not answered in time.
    #[error("The API did not answer in time. Try again.")]
    TimedOut,
    /// A redirect that is not followed: it leads to a place that must not get the key, or there were too many.
    #[error("The API answered with a redirect, which is not followed, so that the API key stays where it belongs.")]
    Redirected,
    /// The answer is longer than the limit.
    #[error("The answer is longer than {limit} bytes and was not read.")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// A 2xx answer with unexpected content.
    #[error("The API's answer could not be read: {0}.")]
    Unreadable(String),
    /// A file of this machine could not be read.
    #[error("The file could not be read: {0}.")]
    Local(String),
    /// The API refused.
    #[error("{}", .0.message)]
    Api(ApiError),
}

impl ClientError {
    /// The HTTP status, if the API answered.
    #[must_use]
    pub fn http(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.http),
            _ => None,
        }
    }

    /// For a call that changes something: whether it may have been done all the same, so that calling again may do it
    /// twice. False if it certainly was not: nothing was sent, or the API refused it.
    #[must_use]
    pub fn may_have_been_acted_on(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::TooLarge { .. } | Self::Unreadable(_) => true,
            Self::Api(error) => error.http >= 500,
            Self::Address(_) | Self::Key | Self::Name(_) | Self::NotSent(_) | Self::Redirected | Self::Local(_) => {
                false
            }
        }
    }
}

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> Self {
        // A time-out while connecting is both; what counts then is that nothing was sent.
        if error.is_connect() || error.is_builder() {
            return Self::NotSent(chain(&error.without_url()));
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        Self::Unreachable(chain(&error.without_url()))
    }
}

/// An answer other than 2xx. Webhooks and interactions say `{"error":{"message","code":"not_found"}}`, the others
/// `{"error":{"code":404,"message","status":"NOT_FOUND","details"}}`. Which service uses which is not published, so
/// both are read everywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The HTTP status.
    pub http: u16,
    /// `invalid_request`, `not_found`: the first shape's.
    pub code: Option<String>,
    /// `INVALID_ARGUMENT`, `NOT_FOUND`: the second shape's.
    pub status: Option<String>,
    /// What the service says, or the start of a text that is not JSON.
    pub message: String,
    /// The extra details of the second shape.
    pub details: Vec<Value>,
}

impl ApiError {
    /// Whether the API rejects the key, or rejects it for this: 401, 403, or the gateway's 400 for an unknown key.
    #[must_use]
    pub fn key_refused(&self) -> bool {
        let reason = || self.details.iter().any(|detail| detail["reason"] == KEY_REASON);
        match self.http {
            401 | 403 => true,
            400 => reason() || self.message.contains(KEY_WORDS),
            _ => false,
        }
    }

    /// How long the service asks to wait before the next request: `retryDelay` of its google.rpc.RetryInfo.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let delay = self.details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
        let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// `key` must not come back: neither in the message nor in the details, which sometimes contain it as `api_key:…`.
    pub(crate) fn parse(http: u16, body: &[u8], key: &str) -> Self {
        let shown = |text: &str, limit| {
            let text = if key.is_empty() { text.to_owned() } else { text.replace(key, "…") };
            printable(&text, limit)
        };
        let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
        without(&mut value, key);
        // The gateway wraps errors of streams in an array.
        let error = value.get(0).unwrap_or(&value).get("error").unwrap_or(&Value::Null);
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        let message = match (text("message").or_else(|| error.as_str().map(str::to_owned)), body) {
            (Some(message), _) if !message.trim().is_empty() => shown(&message, MESSAGE),
            (_, body) => {
                let excerpt = shown(String::from_utf8_lossy(body).trim(), EXCERPT);
                match value.is_null() && !excerpt.is_empty() {
                    true => format!("The API answered {http}: {excerpt}"),
                    false => format!("The API answered {http} without saying why."),
                }
            }
        };
        let details = error.get("details").and_then(Value::as_array).cloned().unwrap_or_default();
        Self { http, code: text("code"), status: text("status"), message, details }
    }
}

/// Removes `key` from every text in `value`.
fn without(value: &mut Value, key: &str) {
    match value {
        Value::String(text) if !key.is_empty() && text.contains(key) => *text = text.replace(key, "…"),
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, key)),
        Value::Object(members) => members.values_mut().for_each(|member| without(member, key)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_an_error_holds_the_key() {
        let body = serde_json::json!({ "error": { "code": 403, "status": "PERMISSION_DENIED",
            "message": "Consumer 'api_key:AIzaKEY' has been suspended.",
            "details": [{ "reason": "CONSUMER_SUSPENDED", "metadata": { "consumer": "api_key:AIzaKEY" } }] } });
        let error = ApiError::parse(403, body.to_string().as_bytes(), "AIzaKEY");
        assert!(!format!("{error:?}").contains("AIzaKEY"), "{error:?}");
        assert_eq!(error.details[0]["metadata"]["consumer"], "api_key:…");
    }
}
