//! The claims: times, audience, issuer, and required ones (RFC 7519, 4.1).

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::received::shown;
use crate::wording::{distance, span};
use crate::{JwtPolicy, Warning, json};

/// An `exp` further in the future than this was hardly meant.
const IMPLAUSIBLE: f64 = 10.0 * 366.0 * 86_400.0;

/// 2^63, the first number beyond the range of a 64-bit integer.
const I64_RANGE: f64 = 9_223_372_036_854_775_808.0;

/// Checks the claims of a token with a valid signature.
pub(crate) fn check(
    payload: &[u8],
    policy: &JwtPolicy,
    now: i64,
    warnings: &mut Vec<Warning>,
) -> Result<Map<String, Value>, Refusal> {
    let claims = json::object(payload).map_err(|why| {
        Refusal::new("malformed_payload", "malformed token", format!("the token's claims cannot be used: {why}."), why)
    })?;
    if let Some(name) = policy.required.iter().find(|name| claims.get(*name).is_none_or(Value::is_null)) {
        return Err(missing(name));
    }
    times(&claims, policy, now, warnings)?;
    if let Some(audience) = &policy.audience {
        let fits = match claims.get("aud") {
            None | Some(Value::Null) => return Err(missing("aud")),
            Some(Value::String(aud)) => aud == audience,
            Some(Value::Array(list)) => list.iter().all(Value::is_string) && list.iter().any(|aud| aud == audience),
            Some(_) => false,
        };
        if !fits {
            return Err(differs("wrong_audience", "wrong audience", "aud", &claims, audience));
        }
    }
    if let Some(issuer) = &policy.issuer {
        match claims.get("iss") {
            None | Some(Value::Null) => return Err(missing("iss")),
            Some(Value::String(iss)) if iss == issuer => {}
            Some(_) => return Err(differs("wrong_issuer", "wrong issuer", "iss", &claims, issuer)),
        }
    }
    Ok(claims)
}

/// Compares `exp`, `nbf` and `iat` with now, with the leeway. A token is expired at `exp` itself.
fn times(
    claims: &Map<String, Value>,
    policy: &JwtPolicy,
    now: i64,
    warnings: &mut Vec<Warning>,
) -> Result<(), Refusal> {
    #[expect(clippy::cast_precision_loss, reason = "times of this age are exact in a double")]
    let (clock, leeway) = (now as f64, policy.leeway as f64);
    // Exact when a rounded figure could read like the leeway.
    let away = |time: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rough figure for a sentence")]
        let seconds = (time - clock).abs() as u64;
        distance(seconds, policy.leeway)
    };
    if let Some(exp) = time(claims, "exp")? {
        if clock >= exp + leeway {
            let ago = away(exp);
            return Err(Refusal::new(
                "expired",
                format!("expired {ago} ago"),
                format!("the token expired {ago} ago, and {} s are allowed; its signature is right.", policy.leeway),
                format!("expired {ago} ago"),
            ));
        }
        if exp - clock > IMPLAUSIBLE {
            warnings.push(Warning::new(
                "exp_implausible",
                "The token expires more than ten years from now: exp looks like milliseconds, it should be seconds.",
            ));
        }
    }
    if let Some(nbf) = time(claims, "nbf")?.filter(|nbf| *nbf > clock + leeway) {
        let ahead = away(nbf);
        return Err(Refusal::new(
            "not_yet_valid",
            format!("valid in {ahead}"),
            format!(
                "the token is not valid for another {ahead} (nbf), and {} s are allowed: one of the clocks is off.",
                policy.leeway
            ),
            format!("nbf {ahead} ahead"),
        ));
    }
    if let Some(iat) = time(claims, "iat")?.filter(|iat| *iat > clock + leeway) {
        let ahead = away(iat);
        return Err(Refusal::new(
            "issued_in_future",
            format!("issued {ahead} ahead"),
            format!(
                "the token says that it was issued {ahead} from now (iat), and {} s are allowed: one of the clocks is off.",
                policy.leeway
            ),
            format!("iat {ahead} ahead"),
        ));
    }
    Ok(())
}

/// A NumericDate, if the claim exists: any number within the range of a 64-bit integer.
fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<f64>, Refusal> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) if number.is_u64() && !number.is_i64() => Err(invalid(name)),
        // As doubles, the ends of the range cannot be distinguished from what lies just beyond them.
        Some(Value::Number(number)) => match number.as_f64() {
            Some(time) if number.is_i64() || time.abs() < I64_RANGE => Ok(Some(time)),
            _ => Err(invalid(name)),
        },
        Some(_) => Err(invalid(name)),
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::new(
        format!("missing_claim:{name}"),
        format!("no {name}"),
        format!("the token lacks the claim {name}, which is required."),
        format!("no {name}"),
    )
}

fn invalid(name: &str) -> Refusal {
    Refusal::new(
        format!("invalid_claim:{name}"),
        format!("{name} not valid"),
        format!("the token's {name} is not a time in Unix seconds."),
        format!("{name} is not a time"),
    )
}

fn differs(
    reason: &'static str,
    cause: &'static str,
    name: &str,
    claims: &Map<String, Value>,
    wanted: &str,
) -> Refusal {
    let held = claims.get(name).map(Value::to_string).unwrap_or_default();
    let held = shown(held.as_bytes());
    Refusal::new(
        reason,
        cause,
        format!("the token is for another {name}: expected {wanted}, seen {held}."),
        format!("{name} {held}"),
    )
}

/// What the rung shows if all is well.
pub(crate) fn words(claims: &Map<String, Value>, policy: &JwtPolicy, now: i64) -> String {
    let mut words = match claims.get("exp").and_then(Value::as_f64) {
        #[expect(clippy::cast_possible_truncation, reason = "a rough figure for a person")]
        Some(exp) if exp as i64 > now => format!("expires in {}", span(now.abs_diff(exp as i64))),
        Some(_) => "expired just now, within the leeway".to_owned(),
        None => "no exp".to_owned(),
    };
    words.push_str(if policy.audience.is_some() { ", audience right" } else { ", audience not checked" });
    words.push_str(if policy.issuer.is_some() { ", issuer right" } else { ", issuer not checked" });
    words
}
