//! What the WebhookService accepts and what it refuses.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::StatusCode;
use url::{Host, Url};

use crate::rest::ApiError;
use crate::world::WebhookState;

pub(super) fn bad(message: impl Into<String>) -> ApiError {
    ApiError::interactions(StatusCode::BAD_REQUEST, message)
}

pub(super) fn not_found(id: &str) -> ApiError {
    ApiError::interactions(StatusCode::NOT_FOUND, format!("Webhook '{id}' not found."))
}

/// The error for an address that is not accepted.
pub(in crate::rest) const REFUSED_URI: &str = "expected an absolute https address. The emulator takes http addresses of \
    this machine too, such as http://127.0.0.1:4710/.";

pub(super) fn checked_uri(uri: String) -> Result<String, ApiError> {
    if takes_uri(&uri) { Ok(uri) } else { Err(bad(format!("Invalid value for 'uri': {REFUSED_URI}"))) }
}

/// Whether it is an absolute https address, which the service requires. The emulator is for one's own machine, so it
/// also accepts http to a loopback address. It does not check whether anything listens there; neither does the service.
pub(in crate::rest) fn takes_uri(uri: &str) -> bool {
    // The parser drops white space that a client may not send.
    if uri.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let Ok(url) = Url::parse(uri) else { return false };
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(host)) => is_loopback(&host),
        _ => false,
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => Ipv4Addr::is_loopback(address),
        Host::Ipv6(address) => Ipv6Addr::is_loopback(address),
    }
}

/// At least one, each subscribable and named once.
pub(super) fn checked_events(events: Vec<String>) -> Result<Vec<String>, ApiError> {
    if events.is_empty() {
        return Err(bad("Invalid value for 'subscribed_events': at least one event is required."));
    }
    let mut kept: Vec<String> = Vec::with_capacity(events.len().min(subscribable().count()));
    for event in events {
        if !subscribable().any(|name| name == event) {
            let names: Vec<String> = subscribable().map(|name| format!("'{name}'")).collect();
            return Err(bad(format!(
                "Invalid value for 'subscribed_events': '{event}'. Expected one of: {}.",
                names.join(", ")
            )));
        }
        if !kept.contains(&event) {
            kept.push(event);
        }
    }
    Ok(kept)
}

fn subscribable() -> impl Iterator<Item = &'static str> {
    gemini::catalog::ALL.iter().filter(|entry| entry.subscribable).map(|entry| entry.name)
}

pub(super) fn checked_state(text: &str) -> Result<WebhookState, ApiError> {
    match text {
        "enabled" => Ok(WebhookState::Enabled),
        "disabled" => Ok(WebhookState::Disabled),
        "disabled_due_to_failed_deliveries" => Ok(WebhookState::DisabledDueToFailedDeliveries),
        other => Err(bad(format!(
            "Invalid value for 'state': '{other}'. Expected one of: 'enabled', 'disabled', \
             'disabled_due_to_failed_deliveries'."
        ))),
    }
}

/// A member of a webhook that PATCH can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Name,
    Uri,
    Events,
    State,
}

impl Member {
    pub(super) const NAMES: [&'static str; 4] = ["name", "uri", "subscribed_events", "state"];
    const ALL: [Self; 4] = [Self::Name, Self::Uri, Self::Events, Self::State];

    /// Its name is in the mask and a webhook requires it, but the body does not have it.
    pub(super) fn missing(self) -> ApiError {
        bad(format!("The update_mask names '{}', but the request body has no value for it.", self.name()))
    }

    fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// What is to be changed: what the body has, or what a strict mask names (`*` means everything the body has).
pub(super) fn changed_members(mask: Option<&str>, in_body: [bool; 4]) -> Result<Vec<Member>, ApiError> {
    let present = || Member::ALL.into_iter().filter(|member| in_body[*member as usize]).collect();
    let Some(mask) = mask.filter(|mask| !mask.is_empty() && *mask != "*") else {
        return Ok(present());
    };
    let mut members = Vec::new();
    for path in mask.split(',').map(str::trim) {
        let known = Member::ALL.into_iter().find(|member| member.name() == path);
        let member = known.ok_or_else(|| {
            bad(format!(
                "Invalid value for 'update_mask': unknown path '{path}'. Expected some of: {}.",
                Member::NAMES.join(", ")
            ))
        })?;
        // Checks the body before anything is changed.
        if member != Member::Name && !in_body[member as usize] {
            return Err(member.missing());
        }
        members.push(member);
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_taken_and_refused() {
        for good in [
            "https://example.com",
            "https://example.com:8443/a?b=c",
            "https://10.0.0.1/",
            "http://127.0.0.1:1/",
            "http://127.9.9.9/",
            "http://[::1]:80/x",
            "http://localhost/",
            "HTTP://LOCALHOST/",
            "http://hooks.localhost:3000/",
        ] {
            assert!(checked_uri(good.to_owned()).is_ok(), "{good}");
        }
        for refused in [
            "",
            "example.com",
            "/hook",
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "http://[::ffff:10.0.0.1]/",
            "ftp://127.0.0.1/",
            "https://",
            "https:///",
            " https://example.com/",
            "https://exa\nmple.com/",
            "mailto:a@example.com",
        ] {
            assert!(checked_uri(refused.to_owned()).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_mask_decides_only_where_it_is_strict() {
        let body = [true, false, false, true];
        let all = vec![Member::Name, Member::State];
        for mask in [None, Some(""), Some("*")] {
            assert_eq!(changed_members(mask, body).unwrap(), all, "{mask:?}");
        }
        assert_eq!(changed_members(Some("state"), body).unwrap(), [Member::State]);
        // Only the name can be removed.
        assert_eq!(changed_members(Some("name"), [false; 4]).unwrap(), [Member::Name]);
        assert!(changed_members(Some("name,uri"), body).unwrap_err().message.contains("'uri'"));
        for unknown in ["nam", "subscribedEvents", "name,", "id"] {
            assert!(changed_members(Some(unknown), body).unwrap_err().message.contains("unknown path"), "{unknown}");
        }
    }
}
