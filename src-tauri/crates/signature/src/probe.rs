//! The near-miss probe: what a rejected delivery would have matched.

use crate::{Diagnosis, Keyring, Others, Policy, Received, Verdict};

/// Looks for what would have matched. Does something only for a rejected verdict; `out_of_time` is asked between
/// candidates and ends the search when it says so.
pub fn probe(
    received: &Received<'_>,
    keys: &Keyring,
    others: &Others<'_>,
    policy: &Policy,
    now: i64,
    verdict: &Verdict,
    out_of_time: impl FnMut() -> bool,
) -> Option<Diagnosis> {
    let _ = (received, keys, others, policy, now, verdict, out_of_time);
    None
}

/// Puts what the probe found into the verdict: the near-miss step, the cause and the sentence.
pub fn explain(verdict: Verdict, diagnosis: Option<Diagnosis>) -> Verdict {
    Verdict { diagnosis, ..verdict }
}
