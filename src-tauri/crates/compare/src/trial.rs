//! Whose bytes a signature is over: it is tried over the other body, too.

use serde::Serialize;
use signature::{Jwks, Keyring, Policy, Received, Scheme, Seen, StepStatus, Verdict};

use crate::side::Side;

/// Whether a signature fits a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "SignatureFits"))]
#[serde(rename_all = "snake_case")]
pub enum Fits {
    /// With a key that is known here.
    Yes,
    /// With none of them.
    No,
    /// There is no key of its scheme.
    NoKey,
    /// The body is kept in part only.
    Cut,
    /// It has no signature that could be tried, or one that says nothing of the body.
    NotSigned,
}

/// Both signatures over both bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "SignatureTrial"))]
pub struct Trial {
    /// A's signature over A's body.
    pub a_over_a: Fits,
    /// A's signature over B's body.
    pub a_over_b: Fits,
    /// B's signature over A's body.
    pub b_over_a: Fits,
    /// B's signature over B's body.
    pub b_over_b: Fits,
}

/// Tries the signature of one side over a body. `received_s`: when it came, Unix seconds: its time is judged by that.
/// The tolerance plays no part: a signature fits however late it came.
#[must_use]
pub fn try_signature(side: &Side<'_>, body: &Side<'_>, keys: &Keyring, policy: &Policy, received_s: i64) -> Fits {
    if !side.is_signed() {
        return Fits::NotSigned;
    }
    if !signature::checkable(side.headers, policy) {
        return Fits::NotSigned;
    }
    if body.cut {
        return Fits::Cut;
    }
    let over = |body: &[u8]| {
        let received = Received { headers: side.headers, body };
        signature::verify(&received, keys, policy, &Seen::default(), received_s)
    };
    let verdict = over(body.body);
    if verdict.scheme == Some(Scheme::Jwt) {
        return by_token(&verdict, keys);
    }
    match verdict.key {
        Some(_) => Fits::Yes,
        None if has_key(&verdict, keys) => Fits::No,
        None => Fits::NoKey,
    }
}

/// A token need not say anything of the body; then it fits every body, and proves nothing.
fn by_token(verdict: &Verdict, keys: &Keyring) -> Fits {
    let bound = verdict.steps.iter().find(|step| step.check == "body_binding").map(|step| step.status);
    match (&verdict.key, bound) {
        (Some(_), Some(StepStatus::Passed)) => Fits::Yes,
        (Some(_), Some(StepStatus::Failed)) => Fits::No,
        (Some(_), _) => Fits::NotSigned,
        (None, _) if has_key(verdict, keys) => Fits::No,
        (None, _) => Fits::NoKey,
    }
}

fn has_key(verdict: &Verdict, keys: &Keyring) -> bool {
    let published = matches!(&keys.jwks, Jwks::Known(set) if !set.keys().is_empty());
    let missing = matches!(&*verdict.reason, "no_secret" | "no_jwks" | "jwks_unavailable" | "no_usable_key");
    (published || !keys.secrets.is_empty()) && !missing
}
