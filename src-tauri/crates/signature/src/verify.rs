//! Verification: the checks in their order, and the ladder that shows them.

use crate::{Keyring, Outcome, Policy, Received, SecretError, Seen, Verdict};

/// Checks one delivery. `now` is Unix seconds. Pure: the same arguments give the same verdict.
pub fn verify(
    received: &Received<'_>,
    keys: &Keyring,
    policy: &Policy,
    seen: &Seen,
    now: i64,
) -> Verdict {
    let _ = (received, keys, policy, seen, now);
    empty(Outcome::Unchecked, "no_secret")
}

/// The verdict where the secret itself cannot be read: rejected, with the error's code as the reason.
pub fn refuse(error: &SecretError) -> Verdict {
    Verdict {
        sentence: error.to_string(),
        ..empty(Outcome::Rejected, error.code())
    }
}

fn empty(outcome: Outcome, reason: &'static str) -> Verdict {
    Verdict {
        outcome,
        scheme: None,
        reason: reason.into(),
        key: None,
        warnings: Vec::new(),
        diagnosis: None,
        steps: Vec::new(),
        cause: "".into(),
        sentence: String::new(),
    }
}
