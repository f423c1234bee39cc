use crate::rest::{ApiError, Call, Reply};
use crate::service::Shared;

pub(crate) async fn handle(_shared: &Shared, call: &Call, _path: &[&str]) -> Reply {
    Err(ApiError::unknown_path(&call.method))
}

/// Does this call go on with an upload that was begun?
pub(crate) fn continues_upload(_shared: &Shared, _call: &Call) -> bool {
    false
}
