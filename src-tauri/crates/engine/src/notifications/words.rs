//! What a notification says. Names stand in the title alone, which every desktop shows as plain text; some read the
//! text below it as markup.

use gemini::printable;

use super::desk::Due;
use crate::dto::{Notification, NotificationKind as Kind};

/// Characters of a project's name.
const NAME: usize = 40;

/// `name`: of a project. `clock`: the time of day at a moment (Unix milliseconds).
pub(super) fn words(
    due: &Due,
    name: impl Fn(i64) -> Option<String>,
    clock: impl Fn(i64) -> String,
    now_ms: i64,
) -> Notification {
    let (title, text) = match due.kind {
        Kind::Rejected => rejected(due),
        Kind::WebhookDisabled => disabled(due),
        Kind::TunnelDown => (format!("The tunnel has been down for {}", minutes(due, now_ms)), tunnel(due)),
        Kind::Missed => missed(due),
        Kind::ForwardDown => forward(due, now_ms),
        Kind::SecretEnding => ending(due, &clock(due.first.at_ms)),
    };
    let mut projects = due.projects.iter();
    let only = projects.next().filter(|_| projects.next().is_none());
    let title = match only.and_then(|project| name(*project)) {
        Some(name) => format!("{}: {title}", printable(&name, NAME)),
        None => capital(&title),
    };
    let text = match due.projects.len() {
        0 | 1 => text,
        many => format!("In {many} projects. {text}"),
    };
    Notification { kind: due.kind, title, text, place: due.first.place.clone() }
}

fn rejected(due: &Due) -> (String, String) {
    let title = match (due.count, due.more) {
        (1, false) => "a delivery was rejected".to_owned(),
        (1, true) => "at least 1 delivery was rejected".to_owned(),
        (many, false) => format!("{many} deliveries were rejected"),
        (many, true) => format!("at least {many} deliveries were rejected"),
    };
    let text = match due.more {
        true => "The list has all of them.",
        false => "An earlier delivery had been verified.",
    };
    (title, text.to_owned())
}

fn disabled(due: &Due) -> (String, String) {
    match due.count {
        1 => (
            "the service disabled a webhook".to_owned(),
            "Deliveries to it failed, so nothing more is sent to it until it is enabled again.".to_owned(),
        ),
        many => (
            format!("the service disabled {many} webhooks"),
            "Deliveries to them failed, so nothing more is sent to them until they are enabled again.".to_owned(),
        ),
    }
}

fn tunnel(due: &Due) -> String {
    match due.first.number {
        0 => "It does not try again by itself. Nothing arrives through it until it is started again.".to_owned(),
        _ => "Nothing arrives through it until it is back.".to_owned(),
    }
}

fn missed(due: &Due) -> (String, String) {
    let title = match due.count {
        1 => "a job ended without an event that counts".to_owned(),
        many => format!("{many} jobs ended without an event that counts"),
    };
    (title, "Operations shows what is known about the cause.".to_owned())
}

fn forward(due: &Due, now_ms: i64) -> (String, String) {
    let time = minutes(due, now_ms);
    match due.count {
        1 => {
            let waits = match due.first.number {
                1 => "1 delivery waits.".to_owned(),
                many => format!("{many} deliveries wait."),
            };
            let text = format!("Its target does not answer, or asks for a pause. {waits}");
            (format!("forwarding has been held up for {time}"), text)
        }
        many => (
            format!("{many} forwards are held up, the first for {time}"),
            "Their targets do not answer, or ask for a pause.".to_owned(),
        ),
    }
}

fn ending(due: &Due, at: &str) -> (String, String) {
    let title = match due.count {
        1 => format!("an old secret ends at {at}"),
        many => format!("{many} old secrets end, the first at {at}"),
    };
    (title, "Where nothing newer is known, deliveries cannot be verified from then on.".to_owned())
}

/// How long the first thing has been so: `1 minute`, `12 minutes`, `3 hours`.
fn minutes(due: &Due, now_ms: i64) -> String {
    let minutes = (now_ms - due.first.at_ms).max(0) / 60_000;
    match (minutes / 60, minutes) {
        (0, 1) => "1 minute".to_owned(),
        (0, some) => format!("{some} minutes"),
        (1, _) => "1 hour".to_owned(),
        (hours, _) => format!("{hours} hours"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
