//! Errors in the service's two shapes.

use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::rest::{Call, json_response, meant};

/// An answer other than 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) shape: Shape,
    /// google.rpc.Code, if the HTTP status stands for more than one.
    rpc: Option<&'static str>,
    /// `error.details` of google.rpc.Status.
    details: Option<Box<Value>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{"error":{"message":"…","code":"invalid_request"}}`: webhooks, interactions, and `/emulator/`.
    Interactions,
    /// google.rpc.Status: `{"error":{"code":400,"message":"…","status":"INVALID_ARGUMENT"}}`: the gateway and the
    /// camelCase services.
    Status,
}

impl ApiError {
    pub(crate) fn interactions(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, message.into(), Shape::Interactions)
    }

    pub(crate) fn status(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, message.into(), Shape::Status)
    }

    fn new(status: StatusCode, message: String, shape: Shape) -> Self {
        Self { status, message, shape, rpc: None, details: None, headers: Vec::new() }
    }

    /// 404 of the gateway, for a path that no service has. It suggests the call that was probably meant.
    pub(crate) fn unknown_path(call: &Call) -> Self {
        let method = &call.method;
        let hint = match meant::instead(call) {
            Some(right) => format!(" {right}"),
            None => String::new(),
        };
        let message = format!("Method not found: no service answers {method} at this path.{hint}");
        Self::status(StatusCode::NOT_FOUND, message)
    }

    /// 405 with `Allow`: the path exists, but not with this method.
    pub(crate) fn wrong_method(method: &Method, allowed: &[Method]) -> Self {
        let mut names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        if allowed.contains(&Method::GET) {
            names.push("HEAD");
        }
        let names = names.join(", ");
        let message = format!("The method {method} is not supported at this path, only {names}.");
        Self::status(StatusCode::METHOD_NOT_ALLOWED, message).with_header(header::ALLOW, &names)
    }

    /// The source of random bytes failed.
    pub(crate) fn no_random(error: &std::io::Error) -> Self {
        Self::status(StatusCode::INTERNAL_SERVER_ERROR, format!("The emulator could not get random bytes: {error}."))
    }

    /// The same in another shape.
    pub(crate) fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// With this google.rpc.Code instead of the one that the HTTP status usually stands for.
    pub(crate) fn with_rpc(self, code: &'static str) -> Self {
        Self { rpc: Some(code), ..self }
    }

    /// Adds a google.rpc.ErrorInfo with this `reason` to its details.
    pub(crate) fn with_reason(self, reason: &str) -> Self {
        self.with_details(json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
            "metadata": { "service": "generativelanguage.googleapis.com" },
        }]))
    }

    /// With these `details` of google.rpc.Status.
    pub(crate) fn with_details(self, details: Value) -> Self {
        Self { details: Some(Box::new(details)), ..self }
    }

    /// Adds a header. A value that is not valid in a header is left out.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// `invalid_request`.
    fn code(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_denied",
            404 => "not_found",
            405 => "method_not_allowed",
            409 => "conflict",
            424 => "unreachable",
            429 => "rate_limit_exceeded",
            500..=599 => "internal_error",
            _ => "invalid_request",
        }
    }

    /// `INVALID_ARGUMENT`: google.rpc.Code.
    fn rpc(&self) -> &'static str {
        if let Some(code) = self.rpc {
            return code;
        }
        match self.status.as_u16() {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            405 => "UNIMPLEMENTED",
            409 => "ABORTED",
            412 => "FAILED_PRECONDITION",
            416 => "OUT_OF_RANGE",
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
        let mut error = match self.shape {
            Shape::Interactions => json!({ "message": self.message, "code": self.code() }),
            Shape::Status => {
                json!({ "code": self.status.as_u16(), "message": self.message, "status": self.rpc() })
            }
        };
        if let (Shape::Status, Some(details)) = (self.shape, self.details) {
            error["details"] = *details;
        }
        let mut response = json_response(self.status, &json!({ "error": error }));
        response.headers_mut().extend(self.headers);
        response
    }
}
