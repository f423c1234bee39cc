//! Who may call: `x-goog-api-key`, `?key=` or a bearer token.

use axum::http::{StatusCode, header};
use subtle::ConstantTimeEq as _;

use crate::rest::{ApiError, Call, files};
use crate::shared::Shared;

/// The gateway's words for a call with neither key nor token.
const NOBODY: &str = "Method doesn't allow unregistered callers (callers without established identity). Please use API \
                      Key or other form of API consumer identity to call this API.";

/// The gateway's words for a key that it does not know.
const WRONG_KEY: &str = "API key not valid. Please pass a valid API key.";

/// The gateway's words for a token that it does not know.
const WRONG_TOKEN: &str = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie \
                           or other valid authentication credential. See \
                           https://developers.google.com/identity/sign-in/web/devconsole-project.";

/// Lets a call with the emulator's key pass, or with any key if the emulator was started without one. The id of a
/// started upload counts as a key for that upload: clients follow the address they were given.
pub(crate) fn check(shared: &Shared, call: &Call) -> Result<(), ApiError> {
    if files::continues_upload(shared, call) {
        return Ok(());
    }
    let key = call.header("x-goog-api-key").or_else(|| call.query("key")).filter(|key| !key.is_empty());
    let (given, wrong) = match (key, bearer(call)) {
        (Some(key), _) => (key, ApiError::status(StatusCode::BAD_REQUEST, WRONG_KEY).with_reason("API_KEY_INVALID")),
        (None, Some(token)) => (token, ApiError::status(StatusCode::UNAUTHORIZED, WRONG_TOKEN)),
        (None, None) => return Err(ApiError::status(StatusCode::FORBIDDEN, NOBODY)),
    };
    match &shared.api_key {
        Some(expected) if !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) => Err(wrong),
        _ => Ok(()),
    }
}

/// The token in `Authorization: Bearer …`; the scheme in any case (RFC 9110).
fn bearer(call: &Call) -> Option<&str> {
    let (scheme, token) = call.header(header::AUTHORIZATION.as_str())?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
