//! The delivery engine: an event becomes one delivery for each receiver, each tried until it is taken or given up.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Millis, rfc3339};
use crate::jobs;
use crate::service::Shared;
use crate::settings::MetadataPlace;
use crate::world::{Attempt, Delivery, DeliveryState, Due, Job, WebhookState, World};

mod attempt;
mod courier;
mod faults;
mod lanes;
mod schedule;
mod sign;
#[cfg(test)]
mod tests;

pub(crate) use courier::Courier;

use faults::{Draw, Draws};
use lanes::{Lanes, Ticket};

/// How many things are taken from the agenda at once.
const AT_ONCE: usize = 512;
/// How often the clock is kept, in wall time, while nothing else is.
const KEEP_CLOCK: Duration = Duration::from_secs(1);
/// How long attempts in flight may take once the emulator is to stop; then they are broken off, and made again when it
/// starts again with the same state.
const LAST_ATTEMPTS: Duration = Duration::from_millis(1500);

/// An event of a job, or a ping, on its way to its receivers.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// `batch.succeeded`.
    pub(crate) event_type: String,
    /// `data`, without the user's metadata.
    pub(crate) data: Value,
}

/// One attempt, as the log and the command line tell it.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptReport {
    /// The `webhook-id`.
    pub id: String,
    /// `batch.succeeded`.
    pub event_type: String,
    /// Where it went.
    pub uri: String,
    /// Number, time and answer.
    #[serde(flatten)]
    pub(crate) attempt: Attempt,
    /// `pending`, `delivered`, `given_up`…: the delivery after it.
    pub state: &'static str,
    /// When it is tried again, on the emulator's clock.
    pub next_ms: Option<Millis>,
}

/// Sends an event of `job` to the addresses of its own configuration, otherwise to every enabled webhook that
/// subscribed to its type. Types that cannot be subscribed to go to a job's own addresses only.
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

/// Sends a ping to one webhook, whatever it subscribed to. False where nothing is sent: there is no such webhook, or it is
/// switched off.
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

/// Tries a delivery now, whatever was planned, also one that has ended. False where there is none.
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

/// Works off the agenda until it is told to stop.
pub(crate) async fn run(shared: Shared, stop: CancellationToken) {
    let engine = Engine {
        shared: Arc::clone(&shared),
        lanes: Arc::new(Lanes::default()),
        workers: TaskTracker::new(),
        stop: stop.clone(),
        give_up: CancellationToken::new(),
    };
    let mut changed = shared.clock.subscribe();
    let mut keep_clock = tokio::time::interval(KEEP_CLOCK);
    keep_clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !stop.is_cancelled() {
        let next = engine.turn();
        let wait = next.map(|next| shared.clock.wall_time_until(next));
        if wait == Some(Some(Duration::ZERO)) {
            // There is more: the workers come first.
            tokio::task::yield_now().await;
            continue;
        }
        let until_next = async {
            match wait.flatten() {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = shared.planned.notified() => {}
            _ = changed.changed() => {}
            () = until_next => {}
            _ = keep_clock.tick() => {
                if let Some(journal) = &shared.journal {
                    journal.keep_clock(shared.clock.now());
                }
            }
        }
    }
    engine.workers.close();
    if tokio::time::timeout(LAST_ATTEMPTS, engine.workers.wait()).await.is_err() {
        engine.give_up.cancel();
        engine.workers.wait().await;
    }
}

struct Engine {
    shared: Shared,
    lanes: Arc<Lanes>,
    workers: TaskTracker,
    /// No attempt begins any more.
    stop: CancellationToken,
    /// Attempts in flight are broken off.
    give_up: CancellationToken,
}

impl Engine {
    /// Does what is due now, or begins it. When the next thing is due.
    fn turn(&self) -> Option<Millis> {
        let now = self.shared.clock.now();
        let (keys, next) = self.shared.with(|world| {
            // Lanes that get a worker more.
            let mut keys = Vec::new();
            // One by one: a job plans attempts that come before the next job.
            for _ in 0..AT_ONCE {
                let Some((at, due)) = world.take_due(now, 1).pop() else { break };
                match due {
                    Due::Job(id) => jobs::advance(&self.shared, world, &id, at),
                    Due::Attempt(number) => {
                        let delivery = world.deliveries.at(number).filter(|delivery| delivery.next_ms == Some(at));
                        if let Some(delivery) = delivery {
                            let key = host(&delivery.uri);
                            if self.lanes.offer(key, Ticket { number, due: at }) {
                                keys.push(key.to_owned());
                            }
                        }
                    }
                }
            }
            (keys, world.next_due())
        });
        for key in keys {
            let (shared, lanes) = (Arc::clone(&self.shared), Arc::clone(&self.lanes));
            let (stop, give_up) = (self.stop.clone(), self.give_up.clone());
            self.workers.spawn(async move {
                give_up.run_until_cancelled(attempt::make_all(&shared, &lanes, key, &stop)).await;
            });
        }
        next
    }
}

/// Host and port, as they stand in the address.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}
