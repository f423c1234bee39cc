//! Batches and videos (camelCase, google.rpc.Status) and interactions (snake_case, their own errors).

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::jobs::answer::either;
use crate::rest::error::Shape;
use crate::rest::webhooks::checks;
use crate::rest::{ApiError, Call, Reply};
use crate::shared::Shared;
use crate::world::WebhookConfig;

mod batches;
mod interactions;
pub(super) mod proto;
mod stream;
mod videos;
mod wishes;

use wishes::wishes;

pub(crate) fn handle(shared: &Shared, call: &Call, path: &[&str]) -> Reply {
    let (method, verb) = (&call.method, call.verb.as_deref());
    match (path, verb) {
        (["models", model], Some(name @ ("batchGenerateContent" | "asyncBatchEmbedContent"))) => match *method {
            Method::POST => batches::create(shared, call, model, name),
            _ => Err(ApiError::wrong_method(method, &[Method::POST])),
        },
        (["models", model], Some("predictLongRunning")) => match *method {
            Method::POST => videos::create(shared, call, model),
            _ => Err(ApiError::wrong_method(method, &[Method::POST])),
        },
        (["models", model, "operations", id], None) => match *method {
            Method::GET => videos::get(shared, call, model, id),
            _ => Err(ApiError::wrong_method(method, &[Method::GET])),
        },
        (["batches"], None) => match *method {
            Method::GET => batches::list(shared, call),
            _ => Err(ApiError::wrong_method(method, &[Method::GET])),
        },
        (["batches", id], None) => match *method {
            Method::GET => batches::get(shared, call, id),
            Method::DELETE => batches::delete(shared, call, id),
            _ => Err(ApiError::wrong_method(method, &[Method::GET, Method::DELETE])),
        },
        (["batches", id], Some("cancel")) => match *method {
            Method::POST => batches::cancel(shared, call, id),
            _ => Err(ApiError::wrong_method(method, &[Method::POST])),
        },
        (["interactions", rest @ ..], None) => {
            interactions::handle(shared, call, rest).map_err(|error| error.shaped(Shape::Interactions))
        }
        _ => Err(ApiError::unknown_path(call)),
    }
}

/// `uris` and `user_metadata` of a configuration whose members are all known, or what is wrong. Accepts both spellings
/// of `user_metadata`: the Python SDK sends it in snake_case even if everything around it is camelCase.
fn webhook_config(config: &Value) -> Result<WebhookConfig, String> {
    let uris = match config.get("uris").unwrap_or(&Value::Null) {
        Value::Null => Vec::new(),
        Value::Array(uris) => uris.iter().map(webhook_uri).collect::<Result<_, _>>()?,
        _ => return Err("Invalid value for 'webhook_config.uris': expected an array of strings.".to_owned()),
    };
    let user_metadata = match either(config, "userMetadata", "user_metadata") {
        None => None,
        Some(metadata @ Value::Object(_)) => Some(metadata.clone()),
        Some(_) => return Err("Invalid value for 'webhook_config.user_metadata': expected an object.".to_owned()),
    };
    Ok(WebhookConfig { uris, user_metadata })
}

fn webhook_uri(uri: &Value) -> Result<String, String> {
    match uri.as_str() {
        Some(uri) if checks::takes_uri(uri) => Ok(uri.to_owned()),
        Some(uri) => Err(format!("Invalid value for 'webhook_config.uris': '{uri}': {}", checks::REFUSED_URI)),
        None => Err("Invalid value for 'webhook_config.uris': expected an array of strings.".to_owned()),
    }
}

/// A new id of `[a-z0-9]`.
fn new_id(shared: &Shared, len: usize) -> Result<String, ApiError> {
    samples::random::id_text(&shared.random, len).map_err(|error| ApiError::no_random(&error))
}

/// `models/…` for a model's name from a path.
fn model_name(model: &str) -> Result<String, ApiError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if model.is_empty() || !model.chars().all(fits) {
        let message = format!("models/{model} is not a valid model name.");
        return Err(ApiError::status(StatusCode::BAD_REQUEST, message));
    }
    Ok(format!("models/{model}"))
}

/// 400 of the camelCase services.
fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::status(StatusCode::BAD_REQUEST, message)
}

/// 404 of the camelCase services.
fn not_found(name: &str) -> ApiError {
    ApiError::status(StatusCode::NOT_FOUND, format!("Requested entity was not found: {name}."))
}
