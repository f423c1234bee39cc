//! The WebhookService: snake_case, known members only.

use axum::http::Method;
use serde_json::{Value, json};
use signature::Secret;

use crate::clock::{Millis, rfc3339};
use crate::delivery;
use crate::rest::error::Shape;
use crate::rest::fields::Fields;
use crate::rest::page::Page;
use crate::rest::{ApiError, Call, Reply, ok};
use crate::shared::Shared;
use crate::world::{SigningSecret, Webhook, WebhookState, World};

pub(super) mod checks;

use checks::{Member, bad, changed_members, checked_events, checked_state, checked_uri, not_found};

/// The length of an id in the samples seen.
const ID_LENGTH: usize = 36;
/// Rows of a page by default.
const PAGE: usize = 50;
const MOST: usize = 1000;

/// What a rotation does to earlier secrets. The guide's upper-case form is refused, as the service does.
const AFTER_GRACE: &str = "revoke_previous_secrets_after_h24";
const IMMEDIATELY: &str = "revoke_previous_secrets_immediately";

/// Answers everything under `/{version}/webhooks`.
pub(crate) async fn handle(shared: &Shared, call: &Call, rest: &[&str]) -> Reply {
    let status_errors = shared.with(|world| world.settings.rest.status_errors);
    let shape = if status_errors { Shape::Status } else { Shape::Interactions };
    answer(shared, call, rest).map_err(|error| error.shaped(shape))
}

fn answer(shared: &Shared, call: &Call, rest: &[&str]) -> Reply {
    let method = &call.method;
    match (rest, call.verb.as_deref()) {
        ([], None) => match *method {
            Method::GET => list(shared, call),
            Method::POST => create(shared, call),
            _ => Err(ApiError::wrong_method(method, &[Method::GET, Method::POST])),
        },
        ([id], None) if !id.is_empty() => match *method {
            Method::GET => get(shared, id),
            Method::PATCH => update(shared, call, id),
            Method::DELETE => delete(shared, id),
            _ => Err(ApiError::wrong_method(method, &[Method::GET, Method::PATCH, Method::DELETE])),
        },
        ([id], Some(verb @ ("ping" | "rotateSigningSecret"))) if !id.is_empty() => match (method, verb) {
            (&Method::POST, "ping") => ping(shared, call, id),
            (&Method::POST, _) => rotate(shared, call, id),
            _ => Err(ApiError::wrong_method(method, &[Method::POST])),
        },
        _ => Err(ApiError::unknown_path(call)),
    }
}

fn create(shared: &Shared, call: &Call) -> Reply {
    let mut fields = Fields::parse(&call.body, &["name", "uri", "subscribed_events"])?;
    let name = fields.text("name")?;
    let uri = fields.text("uri")?.ok_or_else(|| bad("Missing required parameter 'uri'."))?;
    let uri = checked_uri(uri)?;
    let events =
        fields.texts("subscribed_events")?.ok_or_else(|| bad("Missing required parameter 'subscribed_events'."))?;
    let subscribed_events = checked_events(events)?;
    let secret = new_secret(shared)?;
    let now = shared.clock.now();
    shared.with(|world| {
        let mut id = new_id(shared)?;
        while world.webhooks.get(&id).is_some() {
            id = new_id(shared)?;
        }
        let webhook = Webhook {
            id,
            name,
            uri,
            subscribed_events,
            state: WebhookState::Enabled,
            secrets: vec![SigningSecret { text: secret.clone(), expires_ms: None }],
            created_ms: now,
            updated_ms: now,
            given_up_in_a_row: 0,
        };
        let mut answer = shown(&webhook, now, world);
        answer["new_signing_secret"] = json!(secret);
        world.webhooks.insert(webhook);
        ok(&answer)
    })
}

fn list(shared: &Shared, call: &Call) -> Reply {
    const KIND: &str = "webhooks";
    let page = Page::read(KIND, call.query("page_size"), call.query("page_token"), PAGE, MOST)?;
    let now = shared.clock.now();
    shared.with(|world| {
        let (webhooks, next) = page.cut(KIND, world.webhooks.after(page.after));
        let webhooks: Vec<Value> = webhooks.into_iter().map(|webhook| shown(webhook, now, world)).collect();
        let mut answer = json!({ "webhooks": webhooks });
        if let Some(next) = next {
            answer["next_page_token"] = json!(next);
        }
        ok(&answer)
    })
}

fn get(shared: &Shared, id: &str) -> Reply {
    let now = shared.clock.now();
    shared.with(|world| {
        let webhook = world.webhooks.get(id).ok_or_else(|| not_found(id))?;
        ok(&shown(webhook, now, world))
    })
}

fn update(shared: &Shared, call: &Call, id: &str) -> Reply {
    let mut fields = Fields::parse(&call.body, &Member::NAMES)?;
    let name = fields.text("name")?;
    let uri = fields.text("uri")?.map(checked_uri).transpose()?;
    let events = fields.texts("subscribed_events")?.map(checked_events).transpose()?;
    let state = fields.text("state")?.map(|text| checked_state(&text)).transpose()?;
    let now = shared.clock.now();
    shared.with(|world| {
        let mask = call.query("update_mask").filter(|_| world.settings.rest.strict_update_mask);
        let members = changed_members(mask, [name.is_some(), uri.is_some(), events.is_some(), state.is_some()])?;
        let webhook = world.webhooks.get_mut(id).ok_or_else(|| not_found(id))?;
        for member in members {
            match member {
                Member::Name => webhook.name.clone_from(&name),
                Member::Uri => webhook.uri.clone_from(uri.as_ref().ok_or_else(|| member.missing())?),
                Member::Events => {
                    webhook.subscribed_events.clone_from(events.as_ref().ok_or_else(|| member.missing())?);
                }
                Member::State => {
                    webhook.state = state.ok_or_else(|| member.missing())?;
                    if webhook.state == WebhookState::Enabled {
                        webhook.given_up_in_a_row = 0;
                    }
                }
            }
        }
        webhook.updated_ms = now;
        let webhook = webhook.clone();
        ok(&shown(&webhook, now, world))
    })
}

fn delete(shared: &Shared, id: &str) -> Reply {
    shared.with(|world| world.webhooks.remove(id)).ok_or_else(|| not_found(id))?;
    ok(&json!({}))
}

/// `{}` whatever happens to the delivery, even for a disabled webhook.
fn ping(shared: &Shared, call: &Call, id: &str) -> Reply {
    Fields::parse(&call.body, &[])?;
    let now = shared.clock.now();
    shared.with(|world| {
        if world.webhooks.get(id).is_none() {
            return Err(not_found(id));
        }
        delivery::ping(shared, world, id, now);
        ok(&json!({}))
    })
}

fn rotate(shared: &Shared, call: &Call, id: &str) -> Reply {
    let mut fields = Fields::parse(&call.body, &["revocation_behavior"])?;
    let keep = match fields.text("revocation_behavior")?.as_deref() {
        None | Some(AFTER_GRACE) => true,
        Some(IMMEDIATELY) => false,
        Some(other) => {
            return Err(bad(format!(
                "Invalid value for 'revocation_behavior': '{other}'. Expected one of: '{AFTER_GRACE}', '{IMMEDIATELY}'."
            )));
        }
    };
    let now = shared.clock.now();
    shared.with(|world| {
        let grace = world.settings.secret_grace_ms;
        if world.webhooks.get(id).is_none() {
            return Err(not_found(id));
        }
        // Drawn only now, so that rotating nothing does not shift the secrets of later rotations.
        let text = new_secret(shared)?;
        let webhook = world.webhooks.get_mut(id).ok_or_else(|| not_found(id))?;
        add_secret(webhook, text.clone(), keep.then(|| now.saturating_add(grace)), now);
        ok(&json!({ "secret": text }))
    })
}

/// Makes the new one active. Earlier ones expire at `old_until`, or are removed if there is no such time. A secret that
/// expires earlier keeps its time.
fn add_secret(webhook: &mut Webhook, text: String, old_until: Option<Millis>, now: Millis) {
    match old_until {
        None => webhook.secrets.clear(),
        Some(until) => {
            for secret in &mut webhook.secrets {
                secret.expires_ms = Some(secret.expires_ms.map_or(until, |expires| expires.min(until)));
            }
            webhook.secrets.retain(|secret| secret.expires_ms.is_none_or(|expires| expires > now));
        }
    }
    webhook.secrets.push(SigningSecret { text, expires_ms: None });
    webhook.updated_ms = now;
}

fn new_id(shared: &Shared) -> Result<String, ApiError> {
    samples::random::id_text(&shared.random, ID_LENGTH).map_err(|error| ApiError::no_random(&error))
}

fn new_secret(shared: &Shared) -> Result<String, ApiError> {
    samples::random::bytes(&shared.random).map(Secret::generate).map_err(|error| ApiError::no_random(&error))
}

/// What a client sees: no complete secret.
fn shown(webhook: &Webhook, now: Millis, world: &World) -> Value {
    let mut value = json!({ "id": webhook.id });
    if let Some(name) = &webhook.name {
        value["name"] = json!(name);
    }
    value["uri"] = json!(webhook.uri);
    value["subscribed_events"] = json!(webhook.subscribed_events);
    value["state"] = json!(webhook.state);
    value["signing_secrets"] = webhook
        .live(now)
        .map(|secret| {
            let mut entry = json!({ "truncated_secret": secret.truncated() });
            if let Some(expires) = secret.expires_ms {
                entry["expire_time"] = json!(rfc3339(expires));
            }
            entry
        })
        .collect();
    if world.settings.rest.webhook_times {
        value["create_time"] = json!(rfc3339(webhook.created_ms));
        value["update_time"] = json!(rfc3339(webhook.updated_ms));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook() -> Webhook {
        Webhook {
            id: "a".to_owned(),
            name: None,
            uri: "https://example.com/".to_owned(),
            subscribed_events: vec!["batch.failed".to_owned()],
            state: WebhookState::Enabled,
            secrets: vec![SigningSecret { text: "1".to_owned(), expires_ms: None }],
            created_ms: 0,
            updated_ms: 0,
            given_up_in_a_row: 0,
        }
    }

    #[test]
    fn a_secret_never_lives_longer_than_its_first_end() {
        let mut webhook = webhook();
        let ends = |webhook: &Webhook| -> Vec<_> {
            webhook.secrets.iter().map(|one| (one.text.clone(), one.expires_ms)).collect()
        };
        add_secret(&mut webhook, "2".to_owned(), Some(100), 0);
        add_secret(&mut webhook, "3".to_owned(), Some(150), 50);
        let three = [("1".to_owned(), Some(100)), ("2".to_owned(), Some(150)), ("3".to_owned(), None)];
        assert_eq!(ends(&webhook), three);
        assert_eq!(webhook.live(99).count(), 3);
        assert_eq!(webhook.live(100).count(), 2);
        add_secret(&mut webhook, "4".to_owned(), Some(200), 100);
        assert_eq!(ends(&webhook)[0], ("2".to_owned(), Some(150)));
        add_secret(&mut webhook, "5".to_owned(), None, 100);
        assert_eq!(ends(&webhook), [("5".to_owned(), None)]);
    }
}
