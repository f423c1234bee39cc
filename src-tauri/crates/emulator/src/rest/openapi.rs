//! The description of what is served: OpenAPI 3.1, at `/emulator/openapi.json`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::rest::{ApiError, Call, Reply, ok};

/// Written by hand; the tests of this crate check it against the actual answers.
const DOCUMENT: &str = include_str!("openapi.json");

/// The document, with this emulator's address as its server.
pub(crate) fn document(call: &Call) -> Reply {
    let mut document: Value = serde_json::from_str(DOCUMENT).map_err(|error| {
        ApiError::status(StatusCode::INTERNAL_SERVER_ERROR, format!("The description cannot be read: {error}."))
    })?;
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["servers"] = json!([{ "url": call.origin }]);
    ok(&document)
}
