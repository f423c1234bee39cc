//! Batches and videos (camelCase, google.rpc.Status) and interactions (snake_case, their own errors).

use axum::http::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::jobs::answer::either;
use crate::rest::{ApiError, Call, Reply};
use crate::service::Shared;
use crate::source;
use crate::world::{Outcome, WebhookConfig};

mod batches;
mod interactions;
mod proto;
mod stream;
mod videos;

/// The header that chooses how a job ends.
const OUTCOME_HEADER: &str = "x-emulator-outcome";
/// The member of `user_metadata` that does so.
const OUTCOME_MEMBER: &str = "emulator_outcome";

pub(crate) async fn handle(shared: &Shared, call: &Call, path: &[&str]) -> Reply {
    let verb = call.verb.as_deref();
    match (&call.method, path, verb) {
        (&Method::POST, ["models", model], Some(method @ ("batchGenerateContent" | "asyncBatchEmbedContent"))) => {
            batches::create(shared, call, model, method)
        }
        (&Method::GET, ["batches"], None) => batches::list(shared, call),
        (&Method::GET, ["batches", id], None) => batches::get(shared, id),
        (&Method::POST, ["batches", id], Some("cancel")) => batches::cancel(shared, id),
        (&Method::DELETE, ["batches", id], None) => batches::delete(shared, id),
        (&Method::POST, ["models", model], Some("predictLongRunning")) => videos::create(shared, call, model),
        (&Method::GET, ["models", model, "operations", id], None) => videos::get(shared, model, id),
        (&Method::POST, ["interactions"], None) => interactions::create(shared, call).await,
        (&Method::GET, ["interactions", id], None) => interactions::get(shared, call, id).await,
        (&Method::POST, ["interactions", id, "cancel"], None) => interactions::cancel(shared, id),
        (&Method::DELETE, ["interactions", id], None) => interactions::delete(shared, id),
        _ => Err(ApiError::unknown_path(&call.method)),
    }
}

/// How the job is to end: the header says it, or `user_metadata`. `fitting` is what its kind can do.
fn chosen_outcome(call: &Call, config: Option<&WebhookConfig>, fitting: &[Outcome]) -> Result<Outcome, String> {
    let member = config.and_then(|config| config.user_metadata.as_ref()?.get(OUTCOME_MEMBER)).cloned();
    let (place, value) = match (call.headers.get(OUTCOME_HEADER), member) {
        (Some(header), _) => {
            (OUTCOME_HEADER, Value::String(String::from_utf8_lossy(header.as_bytes()).trim().to_owned()))
        }
        (None, Some(value)) => (OUTCOME_MEMBER, value),
        (None, None) => return Ok(Outcome::default()),
    };
    match serde_json::from_value::<Outcome>(value.clone()) {
        Ok(outcome) if fitting.contains(&outcome) => Ok(outcome),
        _ => {
            let names: Vec<String> = fitting.iter().map(|outcome| format!("'{}'", name(*outcome))).collect();
            let value = value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"));
            Err(format!("Invalid value for '{place}': {value}. This request can end with: {}.", names.join(", ")))
        }
    }
}

fn name(outcome: Outcome) -> String {
    serde_json::to_value(outcome).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}

/// `uris` and `user_metadata` of a configuration whose members are known ones; else what is wrong. Both casings of
/// `user_metadata` are taken: the Python SDK sends it in snake_case also where everything around it is camelCase.
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
    let Some(text) = uri.as_str() else {
        return Err("Invalid value for 'webhook_config.uris': expected an array of strings.".to_owned());
    };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(text.to_owned()),
        _ => Err(format!("Invalid value for 'webhook_config.uris': '{text}' is not an absolute http or https URI.")),
    }
}

/// A new id of `[a-z0-9]`.
fn new_id(shared: &Shared, len: usize) -> Result<String, ApiError> {
    source::id_text(&shared.random, len)
        .map_err(|error| ApiError::status(StatusCode::INTERNAL_SERVER_ERROR, format!("No random bytes: {error}.")))
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
