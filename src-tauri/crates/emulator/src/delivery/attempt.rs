//! One attempt: reads what to send from the state, sends it without holding the state, and records the result there.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use samples::spaced;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::clock::Millis;
use crate::delivery::courier::{Parcel, Receipt};
use crate::delivery::faults::{Draw, Draws};
use crate::delivery::lanes::{Lanes, Ticket};
use crate::delivery::report::AttemptReport;
use crate::delivery::schedule;
use crate::delivery::sign::Signer;
use crate::shared::Shared;
use crate::world::{Attempt, Delivery, DeliveryState, Due, WebhookState, World};

/// 410: the receiver wants no more deliveries.
const GONE: u16 = 410;

/// Makes the attempts of a lane, one after the other, until none waits. Records the result of one and reads the next in
/// a single step, because with many at once they wait for the state.
pub(crate) async fn make_all(shared: &Shared, lanes: &Lanes, mut key: String, stop: &CancellationToken) {
    let told = || shared.attempts.receiver_count() > 0;
    let now = shared.clock.now();
    let mut draft = shared.with(|world| next(world, lanes, &mut key, now));
    while let Some((ticket, current)) = draft {
        let timestamp = shared.wall_seconds();
        let receipt = send(shared, current, timestamp).await;
        let (now, told, stopped) = (shared.clock.now(), told(), stop.is_cancelled());
        let (report, following) = shared.with(|world| {
            let report = record(world, shared.seed, &ticket, timestamp, receipt, now, told);
            (report, if stopped { None } else { next(world, lanes, &mut key, now) })
        });
        if let Some(report) = report {
            // Nobody may be listening.
            let _ = shared.attempts.send(Arc::new(report));
        }
        draft = following;
    }
}

fn next(world: &mut World, lanes: &Lanes, key: &mut String, now: Millis) -> Option<(Ticket, Draft)> {
    while let Some(ticket) = lanes.next(key) {
        if let Some(draft) = Draft::of(world, &ticket, now) {
            return Some((ticket, draft));
        }
    }
    None
}

async fn send(shared: &Shared, draft: Draft, timestamp: i64) -> Receipt {
    let Draft { id, uri, signer, body, recased, reserialised, drip, timeout } = draft;
    let signature = match signer.sign(shared, &id, timestamp, body.as_bytes()).await {
        Err(why) => return Receipt { answer: Err(why), took_us: 0 },
        Ok(signature) => signature,
    };
    let body = Bytes::from(if reserialised { printed_again(body) } else { body });
    shared.courier.deliver(Parcel { uri, id, timestamp, signature, body, recased, drip, timeout }).await
}

struct Draft {
    id: String,
    uri: String,
    signer: Signer,
    body: String,
    recased: bool,
    reserialised: bool,
    drip: u32,
    timeout: Duration,
}

impl Draft {
    /// `None` if there is nothing to send: the ticket is stale, or the webhook was deleted or disabled.
    fn of(world: &mut World, ticket: &Ticket, now: Millis) -> Option<Self> {
        let settings = &world.settings;
        let delivery = world.deliveries.at(ticket.number).filter(|delivery| delivery.next_ms == Some(ticket.due))?;
        let webhook = match &delivery.webhook {
            None => None,
            Some(id) => {
                let ping = settings.payload.ping_when_disabled && delivery.event_type == settings.payload.ping_type;
                let webhook = world.webhooks.get(id);
                let webhook = webhook.filter(|webhook| ping || webhook.state == WebhookState::Enabled);
                if webhook.is_none() {
                    drop_delivery(world, ticket.number);
                    return None;
                }
                webhook
            }
        };
        let draft = Self {
            id: delivery.id.clone(),
            uri: webhook.map_or(&delivery.uri, |webhook| &webhook.uri).clone(),
            signer: Signer::of(webhook, settings, now),
            body: delivery.body.clone(),
            recased: settings.faults.recased_headers,
            reserialised: settings.faults.reserialised_body,
            drip: settings.faults.drip_bytes_per_second,
            timeout: Duration::from_millis(settings.attempt_timeout_ms),
        };
        if draft.uri != delivery.uri
            && let Some(delivery) = world.deliveries.at_mut(ticket.number)
        {
            delivery.uri.clone_from(&draft.uri);
        }
        Some(draft)
    }
}

fn drop_delivery(world: &mut World, number: u64) {
    if let Some(delivery) = world.deliveries.at_mut(number) {
        // What was accepted before stays delivered: only its duplicate is dropped.
        if !delivery.was_taken() {
            delivery.state = DeliveryState::Dropped;
        }
        delivery.next_ms = None;
    }
    world.end_delivery(number);
}

/// As middleware does it: parsed and serialised, with a space after each colon and comma.
fn printed_again(body: String) -> String {
    serde_json::from_str::<Value>(&body).map_or(body, |value| spaced(&value))
}

fn record(
    world: &mut World,
    seed: u64,
    ticket: &Ticket,
    timestamp: i64,
    receipt: Receipt,
    now: Millis,
    told: bool,
) -> Option<AttemptReport> {
    let number = ticket.number;
    let draws = Draws { seed, number };
    let settings = &world.settings;
    let delivery = world.deliveries.at_mut(ticket.number)?;
    let taken_before = delivery.was_taken();
    let attempt = attempt(delivery, ticket.due, timestamp, receipt);
    let taken = attempt.was_taken();
    let gone = attempt.status == Some(GONE) && settings.disabling.on_gone;
    let attempt_number = attempt.number;
    // Most deliveries have one attempt: a vector that grows for the first time would make room for four.
    delivery.attempts.reserve_exact(1);
    let told = told.then(|| attempt.clone());
    delivery.attempts.push(attempt);

    let (state, next) = if taken_before {
        (DeliveryState::Delivered, None)
    } else if taken {
        let again = draws.hits(Draw::Doubled, settings.faults.doubled);
        let pause = || draws.pause(Draw::Again, settings.faults.hold_back_ms);
        (DeliveryState::Delivered, again.then(|| ticket.due.saturating_add(pause())))
    } else if gone {
        (DeliveryState::GivenUp, None)
    } else {
        let next = schedule::next(&settings.retry, draws, attempt_number, ticket.due, delivery.created_ms);
        (if next.is_some() { DeliveryState::Pending } else { DeliveryState::GivenUp }, next)
    };
    // Retried by hand while this attempt was under way: that plan stays, unless this attempt was accepted after all.
    let planned = delivery.next_ms.filter(|due| !taken && *due != ticket.due);
    delivery.state = if planned.is_some() && !taken_before { DeliveryState::Pending } else { state };
    delivery.next_ms = planned.or(next);

    let report = told.map(|attempt| report(delivery, attempt));
    // A delivery that is retried by hand can be given up repeatedly: it counts once.
    let ended_before = |one: &Attempt| {
        (one.status == Some(GONE) && settings.disabling.on_gone)
            || schedule::next(&settings.retry, draws, one.number, one.due_ms, delivery.created_ms).is_none()
    };
    let before = delivery.attempts.split_last().map(|(_, before)| before).unwrap_or_default();
    let given_up = delivery.state == DeliveryState::GivenUp && !before.iter().any(ended_before);
    let ended = delivery.has_ended();
    let webhook = delivery.webhook.clone();
    if let (None, Some(at)) = (planned, next) {
        world.plan(at, Due::Attempt(number));
    }
    if ended {
        world.end_delivery(number);
    }
    if let Some(id) = webhook {
        judge(world, &id, taken, gone, given_up, now);
    }
    report
}

fn attempt(delivery: &Delivery, due_ms: Millis, timestamp: i64, receipt: Receipt) -> Attempt {
    let number = u32::try_from(delivery.attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
    let (status, answer, error) = match receipt.answer {
        Ok((status, answer)) => (Some(status), (!answer.is_empty()).then_some(answer), None),
        Err(why) => (None, None, Some(why)),
    };
    Attempt { number, due_ms, timestamp, status, error, took_us: receipt.took_us, answer }
}

/// Applies the result to the webhook: a receiver that never accepts anything is disabled.
fn judge(world: &mut World, id: &str, taken: bool, gone: bool, given_up: bool, now: Millis) {
    let Some(webhook) = world.webhooks.get(id) else { return };
    let before = webhook.given_up_in_a_row;
    let row = match (taken, given_up) {
        (true, _) => 0,
        (false, true) => before.saturating_add(1),
        (false, false) => before,
    };
    let most = world.settings.disabling.after_given_up;
    let failed = gone || (given_up && most > 0 && row >= most);
    let switch_off = failed && webhook.state == WebhookState::Enabled;
    // Fetching a row for a change makes the journal write it.
    if (row != before || switch_off)
        && let Some(webhook) = world.webhooks.get_mut(id)
    {
        webhook.given_up_in_a_row = row;
        if switch_off {
            webhook.state = WebhookState::DisabledDueToFailedDeliveries;
            webhook.updated_ms = now;
        }
    }
}

fn report(delivery: &Delivery, attempt: Attempt) -> AttemptReport {
    AttemptReport {
        id: delivery.id.clone(),
        event_type: delivery.event_type.clone(),
        uri: delivery.uri.clone(),
        attempt,
        state: delivery.state.name(),
        next_ms: delivery.next_ms,
    }
}
