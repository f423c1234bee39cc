//! Who may call: `x-goog-api-key`, `?key=` or a bearer token.

use axum::http::{StatusCode, header};
use subtle::ConstantTimeEq as _;

use crate::rest::{ApiError, Call, files};
use crate::settings::Settings;
use crate::shared::Shared;

/// The header with which a program on this machine sees the batches of all keys.
const ALL_KEYS: &str = "x-emulator-all-keys";

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
    let (given, wrong) = match (api_key(call), bearer(call)) {
        (Some(key), _) => (key, ApiError::status(StatusCode::BAD_REQUEST, WRONG_KEY).with_reason("API_KEY_INVALID")),
        (None, Some(token)) => (token, ApiError::status(StatusCode::UNAUTHORIZED, WRONG_TOKEN)),
        (None, None) => return Err(ApiError::status(StatusCode::FORBIDDEN, NOBODY)),
    };
    match &shared.api_key {
        Some(expected) if !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) => Err(wrong),
        _ => Ok(()),
    }
}

fn api_key(call: &Call) -> Option<&str> {
    call.header("x-goog-api-key").or_else(|| call.query("key")).filter(|key| !key.is_empty())
}

/// A hash of the caller's key or token: what it makes is known by it.
pub(crate) fn owner(call: &Call) -> Option<String> {
    let digest = |key: &str| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes());
    let key = api_key(call).or_else(|| bearer(call)).map(digest)?;
    Some(key.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// Which batches a caller sees.
pub(crate) struct Sight {
    all: bool,
    owner: Option<String>,
}

impl Sight {
    /// The caller's own, unless the settings or a program on this machine want all of them.
    pub(crate) fn of(call: &Call, settings: &Settings) -> Self {
        let here = call.peer.ip().to_canonical().is_loopback();
        let all = !settings.rest.batches_by_key || here && call.header(ALL_KEYS) == Some("1");
        Self { all, owner: owner(call) }
    }

    /// Whether it sees what this owner made. What is older than owners is everyone's.
    pub(crate) fn sees(&self, owner: Option<&str>) -> bool {
        self.all || owner.is_none() || owner == self.owner.as_deref()
    }
}

/// The token in `Authorization: Bearer …`; the scheme in any case (RFC 9110).
fn bearer(call: &Call) -> Option<&str> {
    let (scheme, token) = call.header(header::AUTHORIZATION.as_str())?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
