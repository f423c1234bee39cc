use crate::rest::{ApiError, Call, Reply};
use crate::service::Shared;

pub(crate) async fn handle(_shared: &Shared, call: &Call, _rest: &[&str]) -> Reply {
    Err(ApiError::unknown_path(&call.method))
}
