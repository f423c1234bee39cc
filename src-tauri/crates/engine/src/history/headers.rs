//! What headers mean.

use jiff::Timestamp;

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
}
