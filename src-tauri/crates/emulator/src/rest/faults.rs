//! What goes wrong on purpose on the REST side: latency, 429, 5xx.

use crate::rest::{ApiError, Call};
use crate::service::Shared;

pub(crate) async fn before(_shared: &Shared, _call: &Call) -> Result<(), ApiError> {
    Ok(())
}
