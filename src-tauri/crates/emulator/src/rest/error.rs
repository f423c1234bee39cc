//! Errors in the two shapes of the service.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::rest::json_response;

/// An answer that is not 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{"error":{"message":"…","code":"invalid_request"}}`: webhooks and interactions.
    Interactions,
    /// google.rpc.Status: `{"error":{"code":400,"message":"…","status":"INVALID_ARGUMENT"}}`: the gateway and the
    /// camelCase services.
    Status,
}

impl ApiError {
    pub(crate) fn interactions(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), shape: Shape::Interactions }
    }

    pub(crate) fn status(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), shape: Shape::Status }
    }

    /// 404 of the gateway, for a path that no service has.
    pub(crate) fn unknown_path(method: &Method) -> Self {
        Self::status(StatusCode::NOT_FOUND, format!("Method not found: no service answers {method} at this path."))
    }

    /// The same in another shape.
    pub(crate) fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// `invalid_request`.
    fn code(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_denied",
            404 => "not_found",
            409 => "conflict",
            429 => "rate_limit_exceeded",
            500..=599 => "internal_error",
            _ => "invalid_request",
        }
    }

    /// `INVALID_ARGUMENT`: google.rpc.Code.
    fn rpc(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            409 => "ABORTED",
            412 => "FAILED_PRECONDITION",
            429 => "RESOURCE_EXHAUSTED",
            499 => "CANCELLED",
            503 => "UNAVAILABLE",
            500..=599 => "INTERNAL",
            _ => "INVALID_ARGUMENT",
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = match self.shape {
            Shape::Interactions => json!({ "message": self.message, "code": self.code() }),
            Shape::Status => {
                json!({ "code": self.status.as_u16(), "message": self.message, "status": self.rpc() })
            }
        };
        json_response(self.status, &json!({ "error": error }))
    }
}
