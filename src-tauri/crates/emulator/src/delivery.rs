//! The delivery engine: an event becomes one delivery per receiver, and each is tried until it is accepted or given up.

use serde_json::{Value, json};

use crate::clock::{Millis, rfc3339};
use crate::settings::MetadataPlace;
use crate::shared::Shared;
use crate::world::{Delivery, DeliveryState, Due, Job, WebhookState, World};

pub(crate) mod attempt;
pub(crate) mod courier;
mod faults;
pub(crate) mod lanes;
pub(crate) mod report;
mod schedule;
mod sign;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub(crate) use faults::{Draw, Draws};

/// An event of a job, or a ping, on its way to its receivers.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The type, such as `batch.succeeded`.
    pub(crate) event_type: String,
    /// `data`, without the user's metadata.
    pub(crate) data: Value,
}

/// Sends an event of `job` to the addresses in its own configuration, or else to every enabled webhook that subscribes
/// to its type. Types that cannot be subscribed to go only to a job's own addresses.
pub(crate) fn emit(shared: &Shared, world: &mut World, event: Event, job: Option<&Job>, now: Millis) {
    let config = job.and_then(|job| job.webhook_config.as_ref());
    let receivers: Vec<(Option<String>, String)> = match config {
        Some(config) if !config.uris.is_empty() => config.uris.iter().map(|uri| (None, uri.clone())).collect(),
        _ if is_subscribable(&event.event_type) => world
            .webhooks
            .iter()
            .filter(|webhook| webhook.state == WebhookState::Enabled)
            .filter(|webhook| webhook.subscribed_events.contains(&event.event_type))
            .map(|webhook| (Some(webhook.id.clone()), webhook.uri.clone()))
            .collect(),
        _ => Vec::new(),
    };
    if receivers.is_empty() {
        return;
    }
    let metadata = config.and_then(|config| config.user_metadata.as_ref());
    let body = body(&event, metadata, world.settings.payload.user_metadata, now);
    for (webhook, uri) in receivers {
        let body = body.clone();
        let job = job.map(|job| job.id.clone());
        add(shared, world, New { event_type: event.event_type.clone(), body, webhook, uri, job }, now);
    }
}

fn is_subscribable(event_type: &str) -> bool {
    gemini::catalog::lookup(event_type).is_none_or(|entry| entry.subscribable)
}

/// Sends a ping to one webhook, whatever it subscribes to. False if nothing is sent, because there is no such webhook
/// or it is disabled.
pub(crate) fn ping(shared: &Shared, world: &mut World, webhook: &str, now: Millis) -> bool {
    let form = &world.settings.payload;
    let Some(webhook) = world.webhooks.get(webhook) else { return false };
    if webhook.state != WebhookState::Enabled && !form.ping_when_disabled {
        return false;
    }
    let event = Event { event_type: form.ping_type.clone(), data: json!({ "id": webhook.id }) };
    let (webhook, uri) = (Some(webhook.id.clone()), webhook.uri.clone());
    let body = body(&event, None, MetadataPlace::Nowhere, now);
    add(shared, world, New { event_type: event.event_type, body, webhook, uri, job: None }, now);
    true
}

/// Tries a delivery now, whatever was planned, even if it has ended. False if there is no such delivery.
pub(crate) fn retry(world: &mut World, id: &str, now: Millis) -> bool {
    let Some(number) = world.deliveries.number(id) else { return false };
    let Some(delivery) = world.deliveries.get_mut(id) else { return false };
    if !delivery.was_taken() {
        delivery.state = DeliveryState::Pending;
    }
    delivery.next_ms = Some(now);
    world.reopen_delivery(number);
    world.plan(now, Due::Attempt(number));
    true
}

/// Compact JSON, in the order of the documentation.
fn body(event: &Event, metadata: Option<&Value>, place: MetadataPlace, now: Millis) -> String {
    let mut body = json!({
        "type": event.event_type,
        "version": gemini::catalog::VERSION,
        // Whole seconds, as in all samples.
        "timestamp": rfc3339(now.div_euclid(1000).saturating_mul(1000)),
        "data": event.data,
    });
    if let Some(metadata) = metadata {
        match place {
            MetadataPlace::Data => body["data"]["user_metadata"] = metadata.clone(),
            MetadataPlace::Top => body["user_metadata"] = metadata.clone(),
            MetadataPlace::Nowhere => {}
        }
    }
    body.to_string()
}

struct New {
    event_type: String,
    body: String,
    webhook: Option<String>,
    uri: String,
    job: Option<String>,
}

fn add(shared: &Shared, world: &mut World, new: New, now: Millis) {
    let draws = Draws { seed: shared.seed, number: world.deliveries.next_number() };
    let faults = &world.settings.faults;
    let lost = draws.hits(Draw::Lost, faults.lost);
    let held_back = draws.hits(Draw::Reordered, faults.reordered);
    let pause = if held_back { draws.pause(Draw::HeldBack, faults.hold_back_ms) } else { 0 };
    let next = (!lost).then(|| now.saturating_add(pause));
    let New { event_type, body, webhook, uri, job } = new;
    let state = if lost { DeliveryState::Lost } else { DeliveryState::Pending };
    let delivery = Delivery {
        id: draws.id(),
        event_type,
        body,
        webhook,
        uri,
        job,
        created_ms: now,
        state,
        attempts: Vec::new(),
        next_ms: next,
    };
    let number = world.deliveries.insert(delivery);
    match next {
        Some(next) => world.plan(next, Due::Attempt(number)),
        None => world.end_delivery(number),
    }
}
