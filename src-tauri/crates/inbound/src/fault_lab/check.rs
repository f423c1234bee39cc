//! Checks whether a rule can be put in force.

use signature::is_hop_by_hop;

use super::rule::{FaultDrop, FaultRule, FaultWhen};

/// Bytes of a rule's body.
const LONGEST_BODY: usize = 256 * 1024;
/// Milliseconds that an answer may wait.
const LONGEST_DELAY: u32 = 120_000;

/// The rule in the form that is put in force: header names in lower case, the event type trimmed.
///
/// # Errors
/// Says in a sentence what is wrong with it.
pub fn checked(mut rule: FaultRule) -> Result<FaultRule, String> {
    if let Some(status) = rule.status
        && !(200..=599).contains(&status)
    {
        return Err(format!("the status must be 200 to 599, not {status}."));
    }
    if rule.delay_ms > LONGEST_DELAY {
        return Err(format!("an answer can wait at most {LONGEST_DELAY} ms, not {}.", rule.delay_ms));
    }
    if rule.body.len() > LONGEST_BODY {
        return Err(format!("the body can have at most {} KiB.", LONGEST_BODY / 1024));
    }
    for (name, value) in &mut rule.headers {
        name.trim().to_ascii_lowercase().clone_into(name);
        if http::HeaderName::try_from(name.as_str()).is_err() {
            return Err(format!("{name:?} is not a header name."));
        }
        if http::HeaderValue::try_from(value.as_str()).is_err() {
            return Err(format!(
                "the value of {name} cannot be sent: it contains a line end or another control character."
            ));
        }
        if name == "content-length" || is_hop_by_hop(name) {
            return Err(format!("{name} follows from the body and the connection; it cannot be set."));
        }
    }
    if let (FaultDrop::Middle, Some(status @ (204 | 205 | 304))) = (rule.drop, rule.status) {
        return Err(format!(
            "an answer with {status} has no body, so it has no middle to drop it in. Drop it before, or give another \
             status."
        ));
    }
    match rule.when {
        FaultWhen::First { attempts } if !(1..=1000).contains(&attempts) => {
            return Err(format!("a rule can apply to the first 1 to 1,000 attempts, not {attempts}."));
        }
        FaultWhen::Random { percent, .. } if !(percent > 0.0 && percent <= 100.0) => {
            return Err(format!("the share must be more than 0 and at most 100 %, not {percent}."));
        }
        _ => {}
    }
    let body = !rule.body.is_empty() || !rule.headers.is_empty();
    if rule.status.is_none() && rule.delay_ms == 0 && rule.drop == FaultDrop::No && !body {
        return Err("it changes nothing. Give a status or a delay, or drop the connection.".to_owned());
    }
    rule.event_type = rule.event_type.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    Ok(rule)
}
