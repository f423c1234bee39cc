//! Puts what a service answered into our words: what happened and what to do. The service's own words are the detail.

use gemini::client::{ApiError, ClientError};

use crate::error::{Code, Error};

/// Makes a failed call an error of ours. `change`: the call changes something (POST, PATCH, DELETE), so an answer that
/// was lost or cannot be read leaves open whether it had its effect.
pub(crate) fn service_error(error: ClientError, change: bool) -> Error {
    let words = error.to_string();
    let (code, message) = told(&error, change);
    match error {
        // These sentences are ours already, and say what to do.
        ClientError::Address(_) | ClientError::Key => Error::new(code, words),
        _ => Error::new(code, message).with_detail(words),
    }
}

/// The same for a call about a job.
pub(crate) fn job_error(error: ClientError, change: bool) -> Error {
    let told = service_error(error, change);
    let message = match told.code {
        Code::OutcomeUnknown => {
            "It is not known whether the service did this: the request was sent, but the answer was lost or cannot be \
             read. Look at the list of jobs before you try again: what was sent may run, and cost money."
        }
        Code::NotFound if change => {
            "The service does not know this, or not with this project's key. Its own words say what is missing."
        }
        Code::NotFound => "The service does not know this job, or not with this project's key.",
        _ => return told,
    };
    Error { message: message.to_owned(), ..told }
}

fn told(error: &ClientError, change: bool) -> (Code, &'static str) {
    if change && error.may_have_been_acted_on() {
        return (
            Code::OutcomeUnknown,
            "It is not known whether the service did this: the request was sent, but the answer was lost or cannot be \
             read. Check the project's webhooks as they are now before you try again.",
        );
    }
    match error {
        ClientError::Address(_) => (Code::InvalidBaseUrl, ""),
        ClientError::Key => (Code::InvalidApiKey, ""),
        ClientError::Name(_) => (Code::NotFound, "The service has nothing with this name. Read the list again."),
        ClientError::Api(api) => refused(api),
        ClientError::Unreachable(_) => {
            (Code::ServiceTimedOut, "The connection to the service was cut before it answered. Try again.")
        }
        ClientError::TimedOut => (Code::ServiceTimedOut, "The service did not answer in time. Try again."),
        ClientError::Local(_) => (Code::NotReadable, "The file could not be read. Choose another file."),
        ClientError::Redirected => (
            Code::ServiceRefused,
            "The service answered with a redirect, which is not followed, so that the API key stays where it belongs. \
             Check the project's base URL.",
        ),
        ClientError::Unreadable(_) | ClientError::TooLarge { .. } => (
            Code::ServiceUnreadable,
            "What answered does not answer like the service. Check the project's base URL and version, and whether \
             something stands between it and this machine (a proxy, a sign-in page); then try again.",
        ),
        _ => (
            Code::ServiceUnreachable,
            "The service could not be reached, and nothing was sent. Check the network and the project's base URL, then \
             try again.",
        ),
    }
}

fn refused(api: &ApiError) -> (Code, &'static str) {
    match api.http {
        _ if key_refused(api) => (
            Code::ServiceKeyRefused,
            "The service refused the API key. Check the project's key: it may be mistyped, revoked, or meant for \
             another service.",
        ),
        404 => (Code::NotFound, "The service does not know this, or not any more. Read the list again."),
        429 => (
            Code::ServiceRateLimited,
            "The service had too many requests and did nothing. Wait a minute, then try again.",
        ),
        500.. => (Code::ServiceFailed, "The service failed on its side. Try again in a while."),
        _ => (Code::ServiceRefused, "The service refused this and did nothing. See its own words for the reason."),
    }
}

/// Google answers a wrong key with 400, and an absent or a forbidden one with 401 or 403.
fn key_refused(api: &ApiError) -> bool {
    let reason = |detail: &serde_json::Value| {
        detail.get("reason").and_then(serde_json::Value::as_str) == Some("API_KEY_INVALID")
    };
    match api.http {
        401 | 403 => true,
        400 => api.details.iter().any(reason) || api.message.to_ascii_lowercase().contains("api key not valid"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn api(http: u16, message: &str, details: Vec<Value>) -> ClientError {
        ClientError::Api(ApiError { http, code: None, status: None, message: message.to_owned(), details })
    }

    #[test]
    fn each_failure_has_its_code_and_the_services_own_words() {
        let table = [
            (api(401, "no", vec![]), Code::ServiceKeyRefused, Code::ServiceKeyRefused),
            (api(403, "no", vec![]), Code::ServiceKeyRefused, Code::ServiceKeyRefused),
            (api(400, "API key not valid. Please pass…", vec![]), Code::ServiceKeyRefused, Code::ServiceKeyRefused),
            (
                api(400, "x", vec![json!({ "reason": "API_KEY_INVALID" })]),
                Code::ServiceKeyRefused,
                Code::ServiceKeyRefused,
            ),
            (api(400, "Unknown parameter", vec![]), Code::ServiceRefused, Code::ServiceRefused),
            (api(409, "no", vec![]), Code::ServiceRefused, Code::ServiceRefused),
            (api(404, "no", vec![]), Code::NotFound, Code::NotFound),
            (api(429, "slow down", vec![]), Code::ServiceRateLimited, Code::ServiceRateLimited),
            (api(500, "oh", vec![]), Code::ServiceFailed, Code::OutcomeUnknown),
            (api(503, "oh", vec![]), Code::ServiceFailed, Code::OutcomeUnknown),
            (ClientError::TimedOut, Code::ServiceTimedOut, Code::OutcomeUnknown),
            (ClientError::Unreadable("html".into()), Code::ServiceUnreadable, Code::OutcomeUnknown),
            (ClientError::TooLarge { limit: 1 }, Code::ServiceUnreadable, Code::OutcomeUnknown),
            (ClientError::Unreachable("reset".into()), Code::ServiceTimedOut, Code::OutcomeUnknown),
            (ClientError::NotSent("refused".into()), Code::ServiceUnreachable, Code::ServiceUnreachable),
            (ClientError::Redirected, Code::ServiceRefused, Code::ServiceRefused),
            (ClientError::Name("a/../b".into()), Code::NotFound, Code::NotFound),
            (ClientError::Key, Code::InvalidApiKey, Code::InvalidApiKey),
            (ClientError::Address("x".into()), Code::InvalidBaseUrl, Code::InvalidBaseUrl),
        ];
        for (error, reading, changing) in table {
            for (change, code) in [(false, reading), (true, changing)] {
                let told = service_error(error.clone(), change);
                assert_eq!(told.code, code, "{error:?}, change: {change}");
                assert!(told.message.len() > 30, "{told:?}");
                if let ClientError::Api(api) = &error {
                    assert_eq!(told.detail.as_ref(), Some(&api.message));
                }
            }
        }
    }
}
