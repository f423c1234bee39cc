//! The log of deliveries, and the webhooks beside it. The service has neither.

use serde_json::{Value, json};

use super::{bad, limit};
use crate::clock::rfc3339;
use crate::delivery;
use crate::rest::fields::Fields;
use crate::rest::{ApiError, Call, Reply, ok};
use crate::shared::Shared;
use crate::world::{Attempt, Delivery, DeliveryState, World};

const STATES: [DeliveryState; 5] = [
    DeliveryState::Pending,
    DeliveryState::Delivered,
    DeliveryState::GivenUp,
    DeliveryState::Lost,
    DeliveryState::Dropped,
];

/// All webhooks; of their secrets only what the service shows.
pub(super) fn webhooks(shared: &Shared) -> Reply {
    let now = shared.clock.now();
    let webhooks: Vec<Value> = shared.with(|world| {
        let shown = world.webhooks.iter().map(|webhook| {
            let secrets: Vec<Value> = webhook
                .live(now)
                .map(|secret| {
                    json!({ "truncated_secret": secret.truncated(), "expires": secret.expires_ms.map(rfc3339) })
                })
                .collect();
            json!({
                "id": webhook.id,
                "name": webhook.name,
                "uri": webhook.uri,
                "subscribed_events": webhook.subscribed_events,
                "state": webhook.state,
                "secrets": secrets,
                "given_up_in_a_row": webhook.given_up_in_a_row,
            })
        });
        shown.collect()
    });
    ok(&json!({ "webhooks": webhooks }))
}

/// Newest first.
pub(super) fn list(shared: &Shared, call: &Call) -> Reply {
    let limit = limit(call)?;
    let before = match call.query("before") {
        None => u64::MAX,
        Some(text) => text
            .parse()
            .map_err(|_| bad(format!("Invalid value for 'before': '{text}'. Expected the number of a delivery.")))?,
    };
    let state = call.query("state").map(state).transpose()?;
    shared.with(|world| {
        let fitting = |(_, one): &(u64, &Delivery)| state.is_none_or(|state| one.state == state);
        let mut rows = world.deliveries.before(before).filter(fitting).peekable();
        let mut shown_rows = Vec::new();
        let mut last = None;
        while shown_rows.len() < limit
            && let Some((number, delivery)) = rows.next()
        {
            last = Some(number);
            shown_rows.push(shown(world, number, delivery));
        }
        let next = rows.peek().and(last);
        ok(&json!({ "deliveries": shown_rows, "next_before": next }))
    })
}

fn state(text: &str) -> Result<DeliveryState, ApiError> {
    STATES.into_iter().find(|state| state.name() == text).ok_or_else(|| {
        let names = STATES.map(|state| format!("'{}'", state.name())).join(", ");
        bad(format!("Invalid value for 'state': '{text}'. Expected one of: {names}."))
    })
}

/// One delivery, with the text that is signed.
pub(super) fn get(shared: &Shared, id: &str) -> Reply {
    shared.with(|world| ok(&whole(world, id)?))
}

/// Tries it now, whatever was planned.
pub(super) fn retry(shared: &Shared, call: &Call, id: &str) -> Reply {
    Fields::parse(&call.body, &[])?;
    let now = shared.clock.now();
    shared.with(|world| {
        if !delivery::retry(world, id, now) {
            return Err(not_found(id));
        }
        ok(&whole(world, id)?)
    })
}

fn not_found(id: &str) -> ApiError {
    ApiError::interactions(axum::http::StatusCode::NOT_FOUND, format!("There is no delivery with the id '{id}'."))
}

fn whole(world: &World, id: &str) -> Result<Value, ApiError> {
    let delivery = world.deliveries.get(id).ok_or_else(|| not_found(id))?;
    let mut value = shown(world, world.deliveries.number(id).unwrap_or_default(), delivery);
    value["body"] = json!(delivery.body);
    Ok(value)
}

fn shown(world: &World, number: u64, delivery: &Delivery) -> Value {
    let scheme = match delivery.webhook {
        Some(_) => json!("v1"),
        // As it would be signed now.
        None => json!(world.settings.dynamic),
    };
    json!({
        "number": number,
        "id": delivery.id,
        "event_type": delivery.event_type,
        "uri": delivery.uri,
        "webhook": delivery.webhook,
        "job": delivery.job,
        "scheme": scheme,
        "created": rfc3339(delivery.created_ms),
        "state": delivery.state,
        "next": delivery.next_ms.map(rfc3339),
        "attempts": delivery.attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "number": attempt.number,
        "due": rfc3339(attempt.due_ms),
        "timestamp": attempt.timestamp,
        "status": attempt.status,
        "error": attempt.error,
        "took_us": attempt.took_us,
        "answer": attempt.answer,
    })
}
