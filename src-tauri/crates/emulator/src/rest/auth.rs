//! Who may call: `x-goog-api-key`, `?key=` or a bearer token.

use crate::rest::{ApiError, Call};
use crate::service::Shared;

pub(crate) fn check(_shared: &Shared, _call: &Call) -> Result<(), ApiError> {
    Ok(())
}
