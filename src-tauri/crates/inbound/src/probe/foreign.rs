//! Recognises answers that are not the listener's, by what the providers are known to send.

use http::{HeaderMap, StatusCode, header};

use crate::words::printable;

/// Who answered in place of the listener, why, and what to do.
pub(super) fn describe(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if let Some(code) = ngrok_code(headers, &text) {
        return ngrok(&code);
    }
    if of_cloudflare(headers, &text) {
        return cloudflare(status, headers, &text);
    }
    let server = word(headers, header::SERVER.as_str());
    let who = server.map_or_else(|| "Another server".to_owned(), |server| format!("Another server (“{server}”)"));
    let number = status.as_u16();
    if status.is_redirection() {
        let to = word(headers, header::LOCATION.as_str()).map(|to| format!(" to {to}")).unwrap_or_default();
        return format!(
            "{who} redirects{to} ({number}). Webhook senders follow no redirects: use the address it leads to."
        );
    }
    let why = match number {
        401 | 403 => "wants a login or refuses the request: let POST requests through to the listener without one",
        404 | 405 | 410 => {
            "has nothing at this path: check the address, and that the proxy passes POST requests on to the listener"
        }
        411 | 413 => "does not take a body of 64 KiB: raise its limit (nginx: client_max_body_size)",
        429 => "says there were too many requests: wait, or raise its limit",
        502..=504 => "is there, but cannot reach the listener: check that it forwards requests to the listener's port",
        _ => {
            if let Some(title) = title(headers, &text) {
                return format!(
                    "{who} answered {number} with its own page (“{title}”). No delivery gets past that page: \
                     check where the address leads."
                );
            }
            "took the request, but it did not reach this listener: the address leads elsewhere, or the header \
             x-pollux-probe is removed on the way"
        }
    };
    format!("{who} answered {number} in place of the listener. It {why}.")
}

fn ngrok_code(headers: &HeaderMap, text: &str) -> Option<String> {
    if let Some(code) = word(headers, "ngrok-error-code") {
        return Some(code);
    }
    let (_, rest) = text.split_once("ERR_NGROK_")?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).take(6).collect();
    (!number.is_empty()).then(|| format!("ERR_NGROK_{number}"))
}

fn ngrok(code: &str) -> String {
    let why = match code.strip_prefix("ERR_NGROK_").unwrap_or(code) {
        "3200" => {
            "says the address is offline. Right after a start this takes up to 30 s; if it stays, start the \
             tunnel again"
        }
        "3004" | "8012" => "could not speak to this machine. Start the tunnel again",
        "725" => "says the account has used up this month's traffic. Wait until next month, or change the plan",
        "726" => "says the account has used up this month's connections. Wait until next month, or change the plan",
        "727" => "says the account has used up this month's requests. Wait until next month, or change the plan",
        "734" => "says there were too many requests in a short time. Wait a minute",
        "6024" => "showed its page for browsers. Webhook senders do not see it: probe again",
        _ => "answered with its own error",
    };
    let page = code.to_ascii_lowercase();
    format!("The request did not get past ngrok, which {why} ({code}, https://ngrok.com/docs/errors/{page}).")
}

fn of_cloudflare(headers: &HeaderMap, text: &str) -> bool {
    headers.contains_key("cf-ray")
        || word(headers, header::SERVER.as_str()).is_some_and(|server| server.eq_ignore_ascii_case("cloudflare"))
        || text.trim_start().starts_with("error code: 10")
}

fn cloudflare(status: StatusCode, headers: &HeaderMap, text: &str) -> String {
    let number = status.as_u16();
    // `error code: 1033` for programs; `Error 1033` or `Error</span> <span>1033` for browsers.
    let lower = text.to_ascii_lowercase();
    let said = |code: &str| {
        lower
            .match_indices(code)
            .any(|(at, _)| lower.get(at.saturating_sub(60)..at).is_none_or(|near| near.contains("error")))
    };
    if headers.contains_key("cf-mitigated") {
        return "Cloudflare asks for proof of being human before it lets a request through. Turn that off for this \
                address: senders of webhooks cannot give it."
            .to_owned();
    }
    let why = if said("1033") {
        "finds no tunnel behind the address (error 1033): cloudflared is not connected, or the address is from an \
         earlier run. Start the tunnel again"
    } else if said("1016") {
        "cannot find where the address leads (error 1016): it is from an earlier run. Start the tunnel again"
    } else if said("1015") {
        "says there were too many requests (error 1015). Wait a few minutes"
    } else {
        match number {
            502 | 504 => "is connected to cloudflared, which cannot reach the listener. Start the tunnel again",
            520..=527 => "cannot reach the server behind the address",
            530 => "finds nothing behind the address. A new quick tunnel needs some seconds; if this lasts, restart it",
            _ => "answered with its own page",
        }
    };
    format!("The request did not get past Cloudflare, which {why} (status {number}).")
}

/// A header's value, shortened, if it is text.
fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| shortened(value))
}

/// The title of an HTML page.
fn title(headers: &HeaderMap, text: &str) -> Option<String> {
    let html = word(headers, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("text/html"));
    if !html && !text.trim_start().starts_with('<') {
        return None;
    }
    let lower = text.to_ascii_lowercase(); // same length as `text`
    let from = lower.find("<title").and_then(|at| Some(at + lower.get(at..)?.find('>')? + 1));
    let named = from.and_then(|from| {
        let to = from + lower.get(from..)?.find('<')?;
        Some(text.get(from..to)?.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    Some(named.filter(|title| !title.is_empty()).map_or_else(|| "a web page".to_owned(), |title| shortened(&title)))
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 120;
    let plain: String = printable(text).chars().take(LONGEST).collect();
    if text.chars().count() > LONGEST { format!("{plain}…") } else { plain }
}

#[cfg(test)]
mod tests;
