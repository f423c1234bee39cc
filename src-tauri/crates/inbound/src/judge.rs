//! Picks the project of a delivery, and judges the delivery with that project's keys.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gemini::JwksCache;
use signature::{Jwks, Keyring, Outcome, Policy, Received, Scheme, Seen, Verdict};
use tokio::time::timeout;

use crate::tokens::SeenTokens;

/// What the listener needs to know of a project.
#[derive(Clone)]
pub struct Project {
    /// The project's row in the store.
    pub id: i64,
    /// Its secrets; the JWKS is added from `jwks` when a delivery needs it.
    pub keyring: Keyring,
    /// The rules for verifying its deliveries.
    pub policy: Policy,
    /// Where the keys of its dynamic webhooks come from. Asked only when a `v1a` or JWT delivery arrives.
    pub jwks: Option<Arc<JwksCache>>,
}

/// Finds the project of a delivery. Called for every delivery, so it must be a look-up in memory.
pub trait Projects: Send + Sync + 'static {
    /// The project whose path is the first segment of `path`, or the default project.
    fn find(&self, path: &str) -> Arc<Project>;
}

/// The longest that a delivery waits for a JWKS. The service allows "a few seconds" for an answer.
const JWKS_WAIT: Duration = Duration::from_secs(2);
/// Bodies of this size or more are judged off the async threads.
const LARGE: usize = 128 * 1024;

/// The reason given when the check itself failed.
pub(crate) const CHECK_FAILED: &str = "check_failed";

/// The verdict on a complete delivery. Fetches the project's JWKS only if the scheme needs it, and once more (the cache
/// limits the rate) if no key in it fits.
pub(crate) async fn verdict(
    project: &Arc<Project>,
    tokens: &SeenTokens,
    headers: &[(String, Vec<u8>)],
    body: &Bytes,
    now: i64,
) -> Verdict {
    let Some(cache) = project.jwks.as_ref().filter(|_| needs_jwks(headers)) else {
        return check(project, None, headers, body, Seen::default(), now).await;
    };
    let mut jwks = timeout(JWKS_WAIT, cache.get()).await.unwrap_or_else(|_| cache.known());
    let mut verdict = check(project, Some(&jwks), headers, body, Seen::default(), now).await;
    if key_was_missing(&verdict)
        && let Ok(Some(fresh)) = timeout(JWKS_WAIT, cache.refresh(&jwks)).await
    {
        jwks = fresh;
        verdict = check(project, Some(&jwks), headers, body, Seen::default(), now).await;
    }
    if verdict.scheme == Some(Scheme::Jwt)
        && verdict.outcome.is_genuine()
        && jti(headers).is_some_and(|jti| tokens.again(project.id, &jti))
    {
        let seen = Seen { token_id: true, ..Seen::default() };
        return check(project, Some(&jwks), headers, body, seen, now).await;
    }
    verdict
}

async fn check(
    project: &Arc<Project>,
    jwks: Option<&Jwks>,
    headers: &[(String, Vec<u8>)],
    body: &Bytes,
    seen: Seen,
    now: i64,
) -> Verdict {
    if jwks.is_none() && body.len() < LARGE {
        let received = Received { headers, body };
        return signature::verify(&received, &project.keyring, &project.policy, &seen, now);
    }
    let mut keyring = project.keyring.clone();
    keyring.jwks = jwks.cloned().unwrap_or_default();
    if body.len() < LARGE {
        return signature::verify(&Received { headers, body }, &keyring, &project.policy, &seen, now);
    }
    let (project, owned, body) = (project.clone(), headers.to_vec(), body.clone());
    let judged = tokio::task::spawn_blocking(move || {
        signature::verify(&Received { headers: &owned, body: &body }, &keyring, &project.policy, &seen, now)
    });
    judged.await.unwrap_or_else(|error| {
        tracing::debug!(%error, "a delivery could not be judged");
        let sentence = "Rejected: Pollux failed while checking this delivery.".to_owned();
        refused(CHECK_FAILED, "check failed".into(), sentence)
    })
}

/// The `jti` of a token that has just been verified.
pub fn jti(headers: &[(String, Vec<u8>)]) -> Option<String> {
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("webhook-signature"))?;
    let token = signature::decode_signature(value).token?;
    token.claims.get("jti")?.as_str().map(str::to_owned)
}

/// Whether a delivery needs the JWKS: only `v1,` signatures are checked without it.
pub fn needs_jwks(headers: &[(String, Vec<u8>)]) -> bool {
    headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("webhook-signature")).any(|(_, value)| {
        value.split(|byte| *byte == b' ').any(|token| !token.is_empty() && !token.starts_with(b"v1,"))
    })
}

/// Whether newer keys might change the verdict. After a rejection for any other reason, forged traffic would only cause
/// fetches.
pub fn key_was_missing(verdict: &Verdict) -> bool {
    matches!(verdict.scheme, Some(Scheme::V1a | Scheme::Jwt))
        && matches!(&*verdict.reason, "no_matching_signature" | "unknown_kid" | "no_usable_key" | "jwt_signature")
}

/// The verdict on a delivery whose body is incomplete: there is nothing to check a signature against.
pub fn refused(reason: &'static str, cause: String, sentence: String) -> Verdict {
    Verdict {
        outcome: Outcome::Rejected,
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
