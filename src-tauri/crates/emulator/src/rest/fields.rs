//! The members of a JSON body; unknown ones are refused.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::rest::error::ApiError;

/// How deep a body may be nested, as in protobuf's own parsers. The journal stores it a few levels deeper, and could
/// not read back more than 128 levels.
const DEEPEST: usize = 100;

/// The JSON of a body, or what is wrong with it.
pub(crate) fn json(body: &[u8]) -> Result<Value, String> {
    let value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if depth(&value) > DEEPEST { Err(format!("it is nested deeper than {DEEPEST} levels")) } else { Ok(value) }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// The body of a snake_case service: only known members, each with its type.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// An empty body is an empty object.
    pub(crate) fn parse(body: &[u8], known: &[&str]) -> Result<Self, ApiError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        let value = json(body).map_err(|error| invalid(format!("Request body is not valid JSON: {error}.")))?;
        let Value::Object(map) = value else {
            return Err(invalid("Request body must be a JSON object.".to_owned()));
        };
        Self::known(map, "", known)
    }

    /// The members of an object within the body, called `at`.
    pub(crate) fn within(value: Value, at: &str, known: &[&str]) -> Result<Self, ApiError> {
        let Value::Object(map) = value else {
            return Err(invalid(format!("Invalid value for '{at}': expected an object.")));
        };
        Self::known(map, &format!("{at}."), known)
    }

    fn known(map: Map<String, Value>, before: &str, known: &[&str]) -> Result<Self, ApiError> {
        if let Some(unknown) = map.keys().find(|key| !known.contains(&key.as_str())) {
            let snake = snake_case(unknown);
            let hint = if known.contains(&snake.as_str()) {
                format!(" Did you mean '{before}{snake}'?")
            } else {
                String::new()
            };
            return Err(invalid(format!("Unknown parameter '{before}{unknown}'.{hint}")));
        }
        Ok(Self(map))
    }

    /// A member of any type; `null` counts as missing.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(format!("Invalid value for '{name}': expected a string."))),
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let wrong = || invalid(format!("Invalid value for '{name}': expected an array of strings."));
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) => items
                .into_iter()
                .map(|item| if let Value::String(text) = item { Ok(text) } else { Err(wrong()) })
                .collect::<Result<Vec<_>, _>>()
                .map(Some),
            Some(_) => Err(wrong()),
        }
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::interactions(StatusCode::BAD_REQUEST, message)
}

/// `subscribedEvents` → `subscribed_events`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
