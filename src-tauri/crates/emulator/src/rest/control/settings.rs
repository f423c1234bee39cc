//! The settings, read and changed by a JSON merge patch (RFC 7396).

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::bad;
use crate::rest::{ApiError, Call, Reply, ok};
use crate::settings::{LONGEST_TEXT, Settings};
use crate::shared::Shared;

/// The longest time that a setting can have, in milliseconds: ten years, so that no sum leaves the calendar.
const LONGEST: f64 = 10.0 * 365.0 * 86_400_000.0;

pub(super) fn show(shared: &Shared) -> Reply {
    ok(&json!(shared.with(|world| world.settings.clone())))
}

pub(super) fn change(shared: &Shared, call: &Call) -> Reply {
    let patch: Value =
        serde_json::from_slice(&call.body).map_err(|error| bad(format!("Request body is not valid JSON: {error}.")))?;
    let Value::Object(patch) = patch else {
        return Err(bad("Request body must be a JSON object."));
    };
    shared.set(|settings| {
        *settings = patched(settings, &patch)?;
        ok(&json!(settings))
    })
}

/// Applies all of the patch or nothing.
fn patched(settings: &Settings, patch: &Map<String, Value>) -> Result<Settings, ApiError> {
    let mut members = Vec::new();
    leaves(patch, &json!(Settings::default()), "", &mut members)?;
    let mut tree = json!(settings);
    let mut settings = settings.clone();
    for (path, value) in members {
        if let Some(member) = tree.pointer_mut(&format!("/{}", path.replace('.', "/"))) {
            // `621.0` is a whole number, too.
            *member = super::whole(&value).map_or(value, Value::from);
        }
        // One at a time: serde says what is wrong, but not where.
        settings = serde_json::from_value(tree.clone())
            .map_err(|error| bad(format!("Invalid value for '{path}': {error}.")))?;
    }
    check_ranges(&tree, "")?;
    Ok(settings)
}

/// Path and new value of every single member in a patch; `null` stands for the default.
fn leaves(
    patch: &Map<String, Value>,
    defaults: &Value,
    before: &str,
    found: &mut Vec<(String, Value)>,
) -> Result<(), ApiError> {
    for (name, value) in patch {
        let path = format!("{before}{name}");
        let default =
            defaults.get(name).ok_or_else(|| bad(format!("Unknown parameter '{path}': there is no such setting.")))?;
        match (value, default) {
            (Value::Null, default) => found.push((path, default.clone())),
            (Value::Object(inner), Value::Object(_)) => leaves(inner, default, &format!("{path}."), found)?,
            (_, Value::Object(_)) => return Err(bad(format!("Invalid value for '{path}': expected an object."))),
            _ => found.push((path, value.clone())),
        }
    }
    Ok(())
}

/// The range of the numbers; `None` if the type is enough.
fn range(path: &str) -> Option<RangeInclusive<f64>> {
    Some(match path {
        "faults.too_many_requests"
        | "faults.server_errors"
        | "faults.lost_answers"
        | "faults.garbled_answers"
        | "faults.never_called"
        | "faults.lost"
        | "faults.doubled"
        | "faults.reordered"
        | "retry.jitter" => 0.0..=1.0,
        "retry.factor" => 1.0..=1000.0,
        // Wall time, during which somebody waits.
        "attempt_timeout_ms" => 1.0..=3_600_000.0,
        "faults.latency_ms" => 0.0..=3_600_000.0,
        _ if path.ends_with("_ms") => 0.0..=LONGEST,
        _ => return None,
    })
}

fn check_ranges(tree: &Value, before: &str) -> Result<(), ApiError> {
    for (name, value) in tree.as_object().into_iter().flatten() {
        let path = format!("{before}{name}");
        check_ranges(value, &format!("{path}."))?;
        if let (Some(range), Some(number)) = (range(&path), value.as_f64())
            && !range.contains(&number)
        {
            let (least, most) = (range.start(), range.end());
            return Err(bad(format!("Invalid value for '{path}': {value}. Expected {least} to {most}.")));
        }
        if value.as_str().is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
            return Err(bad(format!("Invalid value for '{path}': expected at most {LONGEST_TEXT} characters.")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(patch: &Value) -> Result<Settings, String> {
        patched(&Settings::default(), patch.as_object().unwrap()).map_err(|error| error.message)
    }

    #[test]
    fn every_member_can_be_set_to_its_own_default() {
        let defaults = Settings::default();
        assert_eq!(patch(&json!(defaults)).unwrap(), defaults);
        assert_eq!(patch(&json!({})).unwrap(), defaults);
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_takes_it_back() {
        let changed = patch(&json!({ "retry": { "factor": 2 }, "dynamic": "jwt" })).unwrap();
        assert_eq!((changed.retry.factor, changed.retry.first_ms), (2.0, Settings::default().retry.first_ms));
        let back = json!({ "retry": null, "dynamic": null });
        assert_eq!(patched(&changed, back.as_object().unwrap()).unwrap(), Settings::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (wrong, member) in [
            (json!({ "retries": {} }), "'retries'"),
            (json!({ "retry": { "facto": 1 } }), "'retry.facto'"),
            (json!({ "nothing": null }), "'nothing'"),
            (json!({ "retry": { "factor": "2" } }), "'retry.factor'"),
            (json!({ "retry": 1 }), "'retry'"),
            (json!({ "retry": { "factor": 0.99 } }), "'retry.factor'"),
            (json!({ "retry": { "jitter": 1.1 } }), "'retry.jitter'"),
            (json!({ "retry": { "window_ms": -1 } }), "'retry.window_ms'"),
            (json!({ "jobs": { "batch_ms": 1e18 as i64 } }), "'jobs.batch_ms'"),
            (json!({ "faults": { "latency_ms": -1 } }), "'faults.latency_ms'"),
            (json!({ "faults": { "lost": 1.5 } }), "'faults.lost'"),
            (json!({ "faults": { "lost_answers": -0.1 } }), "'faults.lost_answers'"),
            (json!({ "faults": { "garbled_answers": 1.1 } }), "'faults.garbled_answers'"),
            (json!({ "attempt_timeout_ms": 0 }), "'attempt_timeout_ms'"),
            (json!({ "dynamic": "V1A" }), "'dynamic'"),
            (json!({ "dynamic": {} }), "'dynamic'"),
            (json!({ "token": { "aud": "" } }), "'token.aud'"),
            (json!({ "token": { "holds_event": "yes" } }), "'token.holds_event'"),
            (json!({ "token": { "issuer": "é".repeat(1025) } }), "'token.issuer'"),
        ] {
            let message = patch(&wrong).unwrap_err();
            assert!(message.contains(member), "{wrong}: {message}");
        }
    }
}
