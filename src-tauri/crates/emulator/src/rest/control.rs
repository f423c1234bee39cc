//! `/emulator/…`: what the service does not have. State, clock, settings, keys and the log of deliveries, for this
//! machine only.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::{MAX_WARP, Millis, rfc3339};
use crate::rest::error::Shape;
use crate::rest::fields::Fields;
use crate::rest::{ApiError, Call, Reply, ok, openapi};
use crate::shared::Shared;
use crate::world::World;

mod gate;
mod log;
mod settings;
mod work;

/// The furthest that the clock can be moved ahead at once, in milliseconds.
const LONGEST_STEP: Millis = 10 * 365 * 86_400_000;
/// The last moment that the clock can be set to: the year 9000, in milliseconds.
const LAST_MOMENT: Millis = 221_845_392_000_000;

pub(crate) async fn handle(shared: &Shared, call: &Call, rest: &[&str]) -> Reply {
    answer(shared, call, rest).await.map_err(|error| error.shaped(Shape::Interactions))
}

async fn answer(shared: &Shared, call: &Call, rest: &[&str]) -> Reply {
    gate::check(shared, call)?;
    let (get, patch, post) = (Method::GET, Method::PATCH, Method::POST);
    let allowed = |methods: &[Method]| match methods.contains(&call.method) {
        true => Ok(()),
        false => Err(ApiError::wrong_method(&call.method, methods)),
    };
    let changes = call.method != get;
    match (rest, call.verb.as_deref()) {
        ([], None) => allowed(&[get]).and_then(|()| overview(shared)),
        (["clock"], None) => {
            allowed(&[get, patch])?;
            if changes { set_warp(shared, call) } else { ok(&clock(shared)) }
        }
        (["clock"], Some("advance")) => allowed(&[post]).and_then(|()| advance(shared, call)),
        (["settings"], None) => {
            allowed(&[get, patch])?;
            if changes { settings::change(shared, call) } else { settings::show(shared) }
        }
        (["reset"], None) => {
            allowed(&[post])?;
            Fields::parse(&call.body, &[])?;
            shared.with(World::reset);
            ok(&json!({}))
        }
        (["keys"], Some("rotate")) => allowed(&[post]).and_then(|()| rotate_keys(shared, call)),
        (["jobs"], None) => allowed(&[get]).and_then(|()| work::list(shared, call)),
        (["jobs"], Some("finish")) => allowed(&[post]).and_then(|()| work::finish(shared, call)),
        (["webhooks"], None) => allowed(&[get]).and_then(|()| log::webhooks(shared)),
        (["deliveries"], None) => allowed(&[get]).and_then(|()| log::list(shared, call)),
        (["deliveries"], Some("send")) => {
            allowed(&[post])?;
            work::send_sample(shared, call).await
        }
        (["deliveries", id], None) if !id.is_empty() => allowed(&[get]).and_then(|()| log::get(shared, id)),
        (["deliveries", id], Some("retry")) if !id.is_empty() => {
            allowed(&[post]).and_then(|()| log::retry(shared, call, id))
        }
        (["openapi.json"], None) => allowed(&[get]).and_then(|()| openapi::document(call)),
        _ => Err(ApiError::unknown_path(call)),
    }
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::interactions(StatusCode::BAD_REQUEST, message)
}

fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::interactions(StatusCode::CONFLICT, message)
}

/// `limit`: 1 to 1000, 100 by default.
fn limit(call: &Call) -> Result<usize, ApiError> {
    match call.query("limit") {
        None => Ok(100),
        Some(text) => (text.parse().ok().filter(|limit| (1..=1000).contains(limit)))
            .ok_or_else(|| bad(format!("Invalid value for 'limit': '{text}'. Expected a number from 1 to 1000."))),
    }
}

fn overview(shared: &Shared) -> Reply {
    let counts =
        shared.with(|world| [world.open_deliveries(), world.webhooks.len(), world.jobs.len(), world.deliveries.len()]);
    ok(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "origin": shared.origin(),
        "seed": shared.seed,
        "now": rfc3339(shared.clock.now()),
        "warp": shared.clock.warp(),
        "pending": counts[0],
        "webhooks": counts[1],
        "jobs": counts[2],
        "deliveries": counts[3],
    }))
}

fn clock(shared: &Shared) -> Value {
    let next = shared.with(|world| world.next_due());
    json!({
        "now": rfc3339(shared.clock.now()),
        "warp": shared.clock.warp(),
        "next_due": next.map(rfc3339),
    })
}

fn set_warp(shared: &Shared, call: &Call) -> Reply {
    let mut fields = Fields::parse(&call.body, &["warp"])?;
    let warp = fields.take("warp").ok_or_else(|| bad("Missing required parameter 'warp'."))?;
    match warp.as_f64().filter(|warp| (0.0..=MAX_WARP).contains(warp)) {
        Some(warp) => shared.clock.set_warp(warp),
        None => return Err(bad(format!("Invalid value for 'warp': expected a number from 0 to {MAX_WARP}."))),
    }
    ok(&clock(shared))
}

/// Moves the clock ahead: by a time, to a moment, or to whatever is due next.
fn advance(shared: &Shared, call: &Call) -> Reply {
    let mut fields = Fields::parse(&call.body, &["ms", "to", "next"])?;
    let now = shared.clock.now();
    let moment = match (fields.take("ms"), fields.take("to"), fields.take("next")) {
        (Some(by), None, None) => whole(&by)
            .filter(|by| (0..=LONGEST_STEP).contains(by))
            .map(|by| now.saturating_add(by))
            .ok_or_else(|| {
                bad(format!(
                    "Invalid value for 'ms': expected whole milliseconds from 0 to {LONGEST_STEP} (ten years)."
                ))
            })?,
        (None, Some(to), None) => {
            let moment = to.as_str().and_then(|text| text.parse::<Timestamp>().ok()).map(Timestamp::as_millisecond);
            let moment =
                moment.ok_or_else(|| bad("Invalid value for 'to': expected a time such as 2026-01-22T12:00:00Z."))?;
            if moment < now {
                return Err(conflict(format!("The clock never goes back: it shows {}.", rfc3339(now))));
            }
            moment
        }
        // If nothing is due, it stays where it is.
        (None, None, Some(Value::Bool(true))) => shared.with(|world| world.next_due()).unwrap_or(now),
        (None, None, Some(_)) => return Err(bad("Invalid value for 'next': expected true.")),
        _ => return Err(bad("Expected exactly one of 'ms', 'to' and 'next'.")),
    };
    if moment > LAST_MOMENT {
        return Err(conflict("The clock cannot be set beyond the year 9000."));
    }
    shared.clock.advance_to(moment);
    ok(&clock(shared))
}

/// A whole number, even if it is written `1.0`: JSON has only one kind of number.
fn whole(value: &Value) -> Option<i64> {
    let exact = |number: &f64| number.fract() == 0.0 && number.abs() < 9e15;
    value.as_i64().or_else(|| value.as_f64().filter(exact).map(|number| number as i64))
}

fn rotate_keys(shared: &Shared, call: &Call) -> Reply {
    Fields::parse(&call.body, &[])?;
    shared.keys.rotate().map_err(|error| {
        ApiError::status(StatusCode::INTERNAL_SERVER_ERROR, format!("The keys were not rotated: {error}."))
    })?;
    ok(&json!({ "keys": shared.keys.plain().seeds.len() }))
}
