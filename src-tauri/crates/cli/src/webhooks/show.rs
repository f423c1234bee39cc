//! Shows a webhook as JSON and in words.

use engine::{SecretLife, SeenDelivery, WebhookSecret, WebhookView};
use owo_colors::Style;
use serde_json::{Value, json};

use crate::manage::time;
use crate::print::{paint, printable};

/// For scripts. Whose address the uri is, is not said: nothing listens in this process.
pub(super) fn object(webhook: &WebhookView) -> Value {
    json!({
        "id": webhook.id,
        "name": webhook.name,
        "uri": webhook.uri,
        "events": webhook.events.iter().map(|event| &event.name).collect::<Vec<_>>(),
        "state": webhook.state,
        "secrets": webhook.secrets.iter().map(secret_object).collect::<Vec<_>>(),
        "last": webhook.last,
        "last_hour": webhook.last_hour,
    })
}

fn secret_object(secret: &WebhookSecret) -> Value {
    json!({
        "hint": secret.hint,
        "state": secret.state,
        "created_ms": secret.created_ms,
        "expires_ms": secret.expires_ms,
        "available": secret.available,
    })
}

/// For a person: a line with its name, and what else is known of it below.
pub(super) fn block(webhook: &WebhookView) -> String {
    let (glyph, style) = match webhook.state.as_str() {
        "enabled" => ("✓", Style::new().green()),
        "disabled" => ("○", Style::new().dimmed()),
        "disabled_due_to_failed_deliveries" => ("✕", Style::new().red()),
        _ => ("?", Style::new()),
    };
    let name = webhook.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("(no name)");
    let mut text = format!("{} {}\n", paint(glyph, style), paint(&printable(name), Style::new().bold()));
    let mut line = |label: &str, value: &str| {
        text.push_str(&format!("  {} {value}\n", paint(&format!("{label:<8}"), Style::new().dimmed())));
    };
    line("id", &printable(&webhook.id));
    line("state", &printable(&webhook.state));
    line("uri", &printable(&webhook.uri));
    let events: Vec<_> = webhook.events.iter().map(|event| printable(&event.name)).collect();
    line("events", &events.join(", "));
    for (index, secret) in webhook.secrets.iter().enumerate() {
        line(if index == 0 { "secrets" } else { "" }, &in_words(secret));
    }
    let last = webhook.last.as_ref().map_or_else(
        || "nothing seen here yet".to_owned(),
        |last| format!("{}, {} in the last hour", seen(last), webhook.last_hour),
    );
    line("last", &last);
    text
}

fn in_words(secret: &WebhookSecret) -> String {
    let ends = |word: &str| match secret.expires_ms {
        Some(at) => format!("{word} {}", time(at)),
        None => String::new(),
    };
    let life = match secret.state {
        SecretLife::Current => "current".to_owned(),
        SecretLife::Grace => ["previous", &ends("valid until")].join(", "),
        SecretLife::Expired => ["no longer valid", &ends("since")].join(" "),
    };
    let here = if secret.available { "" } else { ", not known here, so it cannot verify" };
    format!("{}  {}{here}", printable(&secret.hint), life.trim_end_matches([',', ' ']))
}

/// `2026-11-22 09:12 verified`.
pub(super) fn seen(delivery: &SeenDelivery) -> String {
    let outcome = delivery.outcome.word();
    let cause = if delivery.cause.is_empty() { String::new() } else { format!(" ({})", printable(&delivery.cause)) };
    format!("{} {outcome}{cause}", time(delivery.received_ms))
}
