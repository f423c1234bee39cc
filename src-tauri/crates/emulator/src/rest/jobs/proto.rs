//! Bodies of the camelCase services: proto-JSON accepts a member by its camelCase or its snake_case name, and no
//! unknown member.

use serde_json::{Map, Value};

use crate::rest::ApiError;
use crate::rest::fields::{self, snake_case};
use crate::rest::jobs::invalid;

/// The object in a body; an empty body is an empty object.
pub(in crate::rest) fn object(body: &[u8]) -> Result<Value, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    match fields::json(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(invalid("Invalid JSON payload received. The root of the payload must be an object.")),
        Err(error) => Err(invalid(format!("Invalid JSON payload received. {error}."))),
    }
}

/// Refuses members that are not among `known` (camelCase names), a member under both of its names, and anything but an
/// object. `at` is its place: `batch.input_config`, empty for the whole body.
pub(in crate::rest) fn check(value: &Value, at: &str, known: &[&str]) -> Result<(), ApiError> {
    let Value::Object(map) = value else {
        return Err(wrong_type(at, "an object"));
    };
    let both = |name: &&&str| {
        let snake = snake_case(name);
        snake != **name && map.contains_key(**name) && map.contains_key(&snake)
    };
    if let Some(twice) = known.iter().find(both) {
        let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
        return Err(invalid(format!(
            "Invalid JSON payload received. \"{twice}\"{place} is given twice, also as \"{}\".",
            snake_case(twice)
        )));
    }
    let unknown = map.keys().find(|key| !known.iter().any(|name| *name == key.as_str() || snake_case(name) == **key));
    match unknown {
        None => Ok(()),
        Some(unknown) if at.is_empty() => {
            Err(invalid(format!("Invalid JSON payload received. Unknown name \"{unknown}\": Cannot find field.")))
        }
        Some(unknown) => Err(invalid(format!(
            "Invalid JSON payload received. Unknown name \"{unknown}\" at '{at}': Cannot find field."
        ))),
    }
}

/// A member that is a text.
pub(in crate::rest) fn text(value: Option<&Value>, at: &str) -> Result<Option<String>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong_type(at, "a string")),
    }
}

/// A member of another type.
pub(in crate::rest) fn wrong_type(at: &str, expected: &str) -> ApiError {
    invalid(format!("Invalid value at '{at}': expected {expected}."))
}
