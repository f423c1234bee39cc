//! Which project a delivery is for, and the verdict with that project's keys.

use std::sync::Arc;

use gemini::JwksCache;
use signature::{Keyring, Policy, Received, Scheme, Seen, Verdict};

/// A project, as far as the listener needs it.
#[derive(Clone)]
pub struct Project {
    /// The project's row in the store.
    pub id: i64,
    /// Its secrets; the JWKS is put in from `jwks` when a delivery needs one.
    pub keyring: Keyring,
    /// The rules of its verification.
    pub policy: Policy,
    /// Where the keys of its dynamic webhooks come from. Asked only when a `v1a` or JWT delivery arrives.
    pub jwks: Option<Arc<JwksCache>>,
}

/// Finds the project of a delivery. Called for every delivery: a lookup in memory.
pub trait Projects: Send + Sync + 'static {
    /// The project whose path is the first segment of `path`, otherwise the default project.
    fn find(&self, path: &str) -> Arc<Project>;
}

/// The verdict on a whole delivery. Fetches the project's JWKS only where the scheme needs it, and once more (the cache
/// limits the rate) when no key of it fits.
pub(crate) async fn verdict(project: &Project, received: &Received<'_>, now: i64) -> Verdict {
    let Some(cache) = project.jwks.as_ref().filter(|_| needs_jwks(received)) else {
        return signature::verify(received, &project.keyring, &project.policy, &Seen::default(), now);
    };
    let mut keyring = project.keyring.clone();
    keyring.jwks = cache.get().await;
    let verdict = signature::verify(received, &keyring, &project.policy, &Seen::default(), now);
    if !key_was_missing(&verdict) {
        return verdict;
    }
    match cache.refresh(&keyring.jwks).await {
        Some(fresh) => {
            keyring.jwks = fresh;
            signature::verify(received, &keyring, &project.policy, &Seen::default(), now)
        }
        None => verdict,
    }
}

/// Only `v1,` signatures are checked without a JWKS.
fn needs_jwks(received: &Received<'_>) -> bool {
    received.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("webhook-signature")).any(|(_, value)| {
        value.split(|byte| *byte == b' ').any(|token| !token.is_empty() && !token.starts_with(b"v1,"))
    })
}

/// Might newer keys change the verdict? A rejection for any other reason would only make forged traffic fetch.
fn key_was_missing(verdict: &Verdict) -> bool {
    matches!(verdict.scheme, Some(Scheme::V1a | Scheme::Jwt))
        && matches!(&*verdict.reason, "no_matching_signature" | "unknown_kid" | "no_usable_key" | "jwt_signature")
}

/// The verdict on a delivery whose body did not come whole: there is nothing to check a signature over.
pub(crate) fn refused(reason: &'static str, cause: String, sentence: String) -> Verdict {
    Verdict {
        outcome: signature::Outcome::Rejected,
        scheme: None,
        reason: reason.into(),
        key: None,
        warnings: Vec::new(),
        diagnosis: None,
        steps: vec![
            step("body", "Body", signature::StepStatus::Failed, sentence.clone()),
            step("signature", "Signature", signature::StepStatus::Skipped, "needs the whole body".into()),
        ],
        cause: cause.into(),
        sentence,
    }
}

fn step(check: &'static str, title: &'static str, status: signature::StepStatus, seen: String) -> signature::Step {
    signature::Step {
        check: check.into(),
        title: title.into(),
        status,
        expected: String::new().into(),
        seen: seen.into(),
    }
}
