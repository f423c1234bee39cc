//! What headers mean, and a delivery as a `curl` command.

use jiff::Timestamp;
use store::Delivery;

/// What a header is for; `None` where there is nothing to say.
pub(crate) fn meaning(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "webhook-id" => "Names the event: the same on every attempt. Use it to drop duplicates.",
        "webhook-timestamp" => "When this attempt was sent, in Unix seconds. Part of what is signed.",
        "webhook-signature" => "One or more signatures over id, timestamp and body, or a JWT.",
        "content-type" => "What the sender says the body is.",
        "content-encoding" => "How the body is encoded. The signature is over the encoded bytes.",
        "content-length" => "Length of the body in bytes.",
        "transfer-encoding" => "How the body is framed on this connection.",
        "user-agent" => "What the sender says it is.",
        "host" => "The address the sender called.",
        "x-forwarded-for" => "Added by a proxy: the addresses the request came through. Not signed.",
        "x-forwarded-proto" => "Added by a proxy: the scheme of the public address. Not signed.",
        "x-forwarded-host" => "Added by a proxy: the public host. Not signed.",
        "svix-id" | "svix-timestamp" | "svix-signature" => {
            "Svix's own name for a webhook header. Pollux does not read it."
        }
        "authorization" => "Credentials. Gemini webhooks carry none.",
        _ => return None,
    })
}

/// What a value means, if it can be put in words.
pub(crate) fn decoded(name: &str, value: &str, received_s: i64) -> Option<String> {
    match name.to_ascii_lowercase().as_str() {
        "webhook-timestamp" => {
            let seconds: i64 = value.parse().ok()?;
            let at = Timestamp::from_second(seconds).ok()?;
            Some(format!("{}, {}", at.strftime("%-d %b %Y %H:%M:%S UTC"), skew(received_s.saturating_sub(seconds))))
        }
        "content-length" => {
            let bytes: u64 = value.parse().ok()?;
            (bytes >= 1024).then(|| format!("{:.1} KiB", bytes as f64 / 1024.0))
        }
        _ => None,
    }
}

fn skew(seconds: i64) -> String {
    match seconds {
        0 => "the second it arrived".to_owned(),
        1.. => format!("{} before it arrived", span(seconds)),
        _ => format!("{} after it arrived", span(seconds.saturating_neg())),
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// The usual reason phrase of a status.
pub(crate) fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        503 => "Service Unavailable",
        _ => "",
    }
}

/// Headers that curl adds itself, or that belong to one connection.
const LEFT_OUT: [&str; 6] = ["host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect"];

/// The delivery as a command for a POSIX shell. A body that is not plain text goes through `base64`.
pub(crate) fn curl(delivery: &Delivery, body: &[u8], address: Option<&str>) -> String {
    let base = address.unwrap_or("http://127.0.0.1:4710/").trim_end_matches('/');
    let query = delivery.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut command = format!("curl -X POST {}", quote(&format!("{base}{}{query}", delivery.path)));
    for (name, value) in &delivery.headers {
        if LEFT_OUT.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        let Ok(value) = std::str::from_utf8(value) else { continue };
        // curl drops "name:" without a value; "name;" sends it empty.
        let line = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        command.push_str(&format!(" \\\n  -H {}", quote(&line)));
    }
    let note = match delivery.row.truncated {
        true => format!(
            "# The first {} of {} bytes of the body: the rest was not kept.\n",
            body.len(),
            delivery.row.body_len
        ),
        false => String::new(),
    };
    match std::str::from_utf8(body) {
        // curl reads a file where the data begin with `@`.
        Ok(text) if !text.contains('\0') && !text.starts_with('@') => {
            command.push_str(&format!(" \\\n  --data-binary {}", quote(text)));
            note + &command
        }
        _ => {
            note + &format!(
                "printf %s {} | base64 -d | {command} \\\n  --data-binary @-",
                quote(&super::body::base64(body))
            )
        }
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timestamp_is_put_in_words() {
        let now = 1_795_223_526;
        assert_eq!(
            decoded("Webhook-Timestamp", "1795223524", now).unwrap(),
            "21 Nov 2026 01:12:04 UTC, 2 s before it arrived"
        );
        assert!(decoded("webhook-timestamp", "1795223886", now).unwrap().ends_with("6 min after it arrived"));
        assert_eq!(decoded("webhook-timestamp", "soon", now), None);
        assert_eq!(decoded("webhook-timestamp", "99999999999999", now), None);
    }

    #[test]
    fn quoting_survives_a_shell() {
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
