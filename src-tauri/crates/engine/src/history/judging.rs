//! Judges what was kept, with the current keys and the time of its arrival. A verdict gets better and never worse.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gemini::JwksCache;
use inbound::{jti, key_was_missing, needs_jwks};
use parking_lot::{Mutex, MutexGuard};
use signature::{Jwks, KeyState, Keyring, Outcome, Policy, Received, Scheme, SecretKey, Seen, Verdict, probed, verify};
use store::Doubtful;

use crate::error::{Code, Error, Result};
use crate::projects::key_news::Which;

/// Tokens to remember, so that one that comes again is noticed.
const TOKENS: usize = 10_000;
/// How long a secret is accepted after it was replaced: what came before that was signed by a current one.
const GRACE_S: i64 = 24 * 60 * 60;

/// The runs under way.
#[derive(Default)]
pub(super) struct Judging {
    /// By project. What is asked for during a run is done after it.
    runs: Mutex<HashMap<i64, Option<Which>>>,
    /// One batch at a time, whoever asked for it.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Projects whose published keys are being fetched again.
    waiting: Mutex<HashSet<i64>>,
}

impl Judging {
    pub(super) fn runs(&self) -> MutexGuard<'_, HashMap<i64, Option<Which>>> {
        self.runs.lock()
    }

    pub(super) fn waiting(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.waiting.lock()
    }
}

/// Tokens that this run has verified.
pub(crate) type Tokens = Arc<Mutex<HashSet<String>>>;

/// A project's keys and rules.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(super) secrets: Vec<SecretKey>,
    pub(super) closed: bool,
    pub(super) policy: Policy,
    pub(super) jwks: Option<Arc<JwksCache>>,
}

/// The new verdicts of the deliveries whose verdict they replace.
pub(super) async fn judge(
    keys: Keys,
    deliveries: Vec<Doubtful>,
    tokens: &Tokens,
    refresh: &mut bool,
) -> Result<Vec<(i64, Verdict)>> {
    let cache = keys.jwks.clone().filter(|_| deliveries.iter().any(|one| needs_jwks(&one.headers)));
    let mut jwks = match &cache {
        Some(cache) => cache.get().await,
        None => Jwks::None,
    };
    let deliveries = Arc::new(deliveries);
    let mut judged = judge_with(&keys, &deliveries, jwks.clone(), tokens).await?;
    if let Some(cache) = cache.filter(|_| *refresh && judged.iter().any(key_was_missing)) {
        *refresh = false;
        if let Some(fresh) = cache.refresh(&jwks).await {
            jwks = fresh;
            judged = judge_with(&keys, &deliveries, jwks, tokens).await?;
        }
    }
    let pairs = deliveries.iter().zip(judged);
    Ok(pairs.filter(|(one, new)| replaces(new, &one.verdict)).map(|(one, new)| (one.id, new)).collect())
}

async fn judge_with(keys: &Keys, deliveries: &Arc<Vec<Doubtful>>, jwks: Jwks, tokens: &Tokens) -> Result<Vec<Verdict>> {
    let (keys, deliveries, tokens) = (keys.clone(), deliveries.clone(), tokens.clone());
    let judged = tokio::task::spawn_blocking(move || {
        deliveries.iter().map(|one| verdict(&keys, one, &jwks, &tokens)).collect::<Vec<_>>()
    });
    judged.await.map_err(|error| Error::new(Code::Internal, "Deliveries could not be judged again.").with_detail(error))
}

fn verdict(keys: &Keys, one: &Doubtful, jwks: &Jwks, tokens: &Tokens) -> Verdict {
    let arrival = Arrival { number: one.id, received_ns: one.received_ns, headers: &one.headers, body: &one.body };
    verdict_on(keys, arrival, jwks, tokens)
}

/// What a verdict depends on, besides the keys.
pub(super) struct Arrival<'a> {
    /// Tells it from others.
    pub(super) number: i64,
    pub(super) received_ns: i64,
    pub(super) headers: &'a [(String, Vec<u8>)],
    pub(super) body: &'a [u8],
}

/// The verdict with these keys at the time of the arrival.
pub(super) fn verdict_on(keys: &Keys, one: Arrival<'_>, jwks: &Jwks, tokens: &Tokens) -> Verdict {
    let now = one.received_ns.div_euclid(1_000_000_000);
    let received = Received { headers: one.headers, body: one.body };
    let keyring = Keyring {
        secrets: keys.secrets.iter().map(|key| SecretKey { state: state_at(key.state, now), ..key.clone() }).collect(),
        jwks: if needs_jwks(one.headers) { jwks.clone() } else { Jwks::None },
        closed: keys.closed,
    };
    let judged = verify(&received, &keyring, &keys.policy, &Seen::default(), now);
    if judged.scheme == Some(Scheme::Jwt)
        && judged.outcome.is_genuine()
        && let Some(jti) = jti(one.headers)
    {
        let mut tokens = tokens.lock();
        // A delivery is remembered with its token: judged twice, it does not count as a repeat of itself.
        let first = !tokens.contains(&jti) || tokens.contains(&format!("{} {jti}", one.number));
        if tokens.len() >= TOKENS {
            tokens.clear();
        }
        if !first {
            let seen = Seen { token_id: true, ..Seen::default() };
            return verify(&received, &keyring, &keys.policy, &seen, now);
        }
        tokens.insert(format!("{} {jti}", one.number));
        tokens.insert(jti);
    }
    judged
}

/// The state of a secret at an earlier time. A secret made since then was good then, too: it is what the sender signed
/// with. One that has ended since then was current until it was replaced, at most a day before its end.
fn state_at(state: KeyState, then: i64) -> KeyState {
    match state {
        KeyState::Current => KeyState::Current,
        KeyState::Grace { until: end } | KeyState::Expired { at: end } if then >= end => KeyState::Expired { at: end },
        KeyState::Grace { until: end } | KeyState::Expired { at: end } if then < end.saturating_sub(GRACE_S) => {
            KeyState::Current
        }
        KeyState::Grace { until: end } | KeyState::Expired { at: end } => KeyState::Grace { until: end },
    }
}

/// Whether a verdict replaces an old one that is not a verification.
fn replaces(new: &Verdict, old: &Verdict) -> bool {
    match (old.outcome, new.outcome) {
        (Outcome::Verified, _) | (Outcome::Unbound, Outcome::Rejected | Outcome::Unchecked) => false,
        (_, Outcome::Verified) | (Outcome::Unchecked | Outcome::Rejected, Outcome::Unbound) => true,
        (Outcome::Rejected, Outcome::Unchecked) => false,
        (Outcome::Unchecked, Outcome::Rejected) => true,
        (Outcome::Unchecked, Outcome::Unchecked) | (Outcome::Unbound, Outcome::Unbound) => new.reason != old.reason,
        // Where the near-miss probe found nothing, it may find something with the current keys: it runs again when the
        // delivery is opened.
        (Outcome::Rejected, Outcome::Rejected) => new.reason != old.reason || (old.diagnosis.is_none() && probed(old)),
    }
}

#[cfg(test)]
mod tests;
