//! Deliveries judged again: a secret was added, the published keys came, or the user asks for it.
//!
//! What is judged is what was kept, with the keys of now and the time of its arrival. A verdict gets better and never worse:
//! what is verified is left alone, and a rejection gives way to a verification, or to another rejection. What was answered
//! stays what it was, and nothing is forwarded: both belong to the arrival.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gemini::JwksCache;
use inbound::{jti, key_was_missing, needs_jwks};
use signature::{Jwks, KeyState, Keyring, Outcome, Policy, Received, Scheme, SecretKey, Seen, Verdict, probed, verify};
use store::{Change, Doubtful, DoubtfulRange};
use tokio::sync::broadcast::error::RecvError;

use crate::dto::{Level, Live, VerifiedAgain, VerifyRun};
use crate::engine::Engine;
use crate::error::{Code, Error, Result};

/// Deliveries that are read, judged and written at once.
const BATCH: u32 = 128;
/// Rows of a run that are told one by one. Beyond it the window opens its view again.
const TOLD: u64 = 2_000;
/// Between two such times, and between two reports of how far a run is.
const REPORTED: Duration = Duration::from_millis(500);
/// A delivery that was on its way when a key came, and was judged without it, is committed by then: its body may take 30 s.
const ON_ITS_WAY: Duration = Duration::from_secs(35);
/// Deliveries that are judged again by hand at once.
const BY_HAND: usize = 10_000;
/// Tokens that are remembered, so that one that comes again is told.
const TOKENS: usize = 10_000;
/// So long a secret is accepted after it was replaced: what came before that was signed by a current one.
const GRACE_S: i64 = 24 * 60 * 60;
/// First and longest wait before keys are asked for again that could not be had.
const ASKED_AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));
/// The reason of what waits for the published keys.
const NO_KEYS: &str = "jwks_unavailable";

/// What is judged again because of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    /// What could not be checked because the published keys could not be had.
    WithoutKeys,
    /// All that is not verified: the service made a secret, or another process added one.
    All,
    /// The same, for a secret that the user has just given, who is told also that nothing came of it.
    Given,
}

impl Which {
    fn reason(self) -> Option<&'static str> {
        (self == Self::WithoutKeys).then_some(NO_KEYS)
    }
}

/// What is under way.
#[derive(Default)]
pub(crate) struct Reverifying {
    /// By project. What is asked for while a run goes on comes behind it.
    runs: Mutex<HashMap<i64, Option<Which>>>,
    /// One batch at a time, whoever asks for it.
    turn: tokio::sync::Mutex<()>,
    /// Projects whose published keys are asked for again.
    waiting: Mutex<HashSet<i64>>,
}

impl Reverifying {
    fn runs(&self) -> MutexGuard<'_, HashMap<i64, Option<Which>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tokens that this run has verified.
type Tokens = Arc<Mutex<HashSet<String>>>;

/// A project's keys and rules.
#[derive(Clone)]
struct Keys {
    secrets: Vec<SecretKey>,
    closed: bool,
    policy: Policy,
    jwks: Option<Arc<JwksCache>>,
}

impl Engine {
    /// Judges these deliveries again: those of them that are not verified, at most 10,000 at once.
    ///
    /// # Errors
    /// `too_many` beyond that; what the store says.
    pub async fn verify_again(&self, mut ids: Vec<i64>) -> Result<VerifiedAgain> {
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > BY_HAND {
            let message = format!("At most {BY_HAND} deliveries are verified again at once; {} were given.", ids.len());
            return Err(Error::new(Code::TooMany, message));
        }
        let (mut sum, tokens) = (VerifiedAgain::default(), Tokens::default());
        let mut left = ids.as_slice();
        // A key may have been published since: asked for once.
        let mut refresh = true;
        while !left.is_empty() && !self.inner.stop.is_cancelled() {
            let turn = self.inner.reverifying.turn.lock().await;
            let some = left.get(..BATCH as usize).unwrap_or(left);
            let (found, looked_at) = self.inner.store.doubtful_of(some).await?;
            sum.skipped += (looked_at - found.len()) as u64;
            self.rejudge_batch(found, &tokens, &mut refresh, true, &mut sum).await?;
            drop(turn);
            left = left.get(looked_at..).unwrap_or_default();
        }
        if sum.verified + sum.rejected > 0 {
            self.inner.feed.reopen(true);
        }
        Ok(sum)
    }

    /// A key of a project came: what it may verify is judged again in the background. One run a project; what comes during
    /// one is done behind it.
    pub(crate) fn keys_came(&self, project: i64, which: Which) {
        if self.inner.fixed || self.inner.stop.is_cancelled() {
            return;
        }
        {
            let mut runs = self.inner.reverifying.runs();
            if let Some(next) = runs.get_mut(&project) {
                *next = Some(next.map_or(which, |other| other.max(which)));
                return;
            }
            runs.insert(project, None);
        }
        let engine = self.clone();
        self.inner.tasks.spawn(async move { engine.rejudge(project, which).await });
    }

    async fn rejudge(&self, project: i64, mut which: Which) {
        let (mut sum, tokens) = (VerifiedAgain::default(), Tokens::default());
        let mut given = which == Which::Given;
        let came_ns = self.now_ms().saturating_mul(1_000_000);
        let upto = loop {
            let reached = match self.rejudge_all(project, which, &tokens, &mut sum).await {
                Ok(reached) => reached,
                Err(error) => {
                    tracing::warn!(code = %error.code, %error, project, "deliveries could not be judged again");
                    self.inner.reverifying.runs().remove(&project);
                    self.report_rejudged(project, &sum, sum.looked, Some(false));
                    let message =
                        format!("Not all deliveries could be verified again with the new key: {}", error.message);
                    self.notice(Level::Warning, Code::VerifyAgainFailed, &message);
                    return;
                }
            };
            let mut runs = self.inner.reverifying.runs();
            match runs.get_mut(&project).and_then(Option::take) {
                Some(next) if !self.inner.stop.is_cancelled() => {
                    given |= next == Which::Given;
                    which = next;
                    // All are looked at once more; what is verified stays counted.
                    sum = VerifiedAgain { verified: sum.verified, ..VerifiedAgain::default() };
                }
                _ => {
                    runs.remove(&project);
                    break reached;
                }
            }
        };
        if self.inner.stop.is_cancelled() {
            return;
        }
        self.report_rejudged(project, &sum, sum.looked, Some(given));
        tokio::select! {
            () = self.inner.stop.cancelled() => {}
            () = tokio::time::sleep(ON_ITS_WAY) => self.rejudge_late(project, which, upto, came_ns, &tokens).await,
        }
    }

    /// All that there is at its start. Gives the id up to which it looked.
    async fn rejudge_all(&self, project: i64, which: Which, tokens: &Tokens, sum: &mut VerifiedAgain) -> Result<i64> {
        let store = &self.inner.store;
        let upto = store.last_id().await?;
        let mut range = DoubtfulRange { project, after: 0, upto, reason: which.reason() };
        let of = sum.looked + store.doubtful_count(range.clone()).await?;
        let mut reported = Instant::now();
        let mut refresh = false;
        while !self.inner.stop.is_cancelled() {
            let turn = self.inner.reverifying.turn.lock().await;
            let began = Instant::now();
            let found = store.doubtful(range.clone(), BATCH).await?;
            let Some(last) = found.last() else { break };
            range.after = last.id;
            let tell = sum.verified + sum.rejected < TOLD;
            self.rejudge_batch(found, tokens, &mut refresh, tell, sum).await?;
            drop(turn);
            if reported.elapsed() >= REPORTED {
                reported = Instant::now();
                self.report_rejudged(project, sum, of, None);
                self.inner.feed.reopen(tell);
            }
            // Half of the time is left to those who receive and look.
            tokio::select! {
                () = self.inner.stop.cancelled() => {}
                () = tokio::time::sleep(began.elapsed().min(REPORTED)) => {}
            }
        }
        if sum.verified + sum.rejected > 0 {
            self.inner.feed.reopen(sum.verified + sum.rejected < TOLD);
        }
        Ok(upto)
    }

    /// What had arrived before the key came and was committed behind the run, judged without the key.
    async fn rejudge_late(&self, project: i64, which: Which, after: i64, came_ns: i64, tokens: &Tokens) {
        let mut sum = VerifiedAgain::default();
        let swept = async {
            let upto = self.inner.store.last_id().await?;
            let mut range = DoubtfulRange { project, after, upto, reason: which.reason() };
            while !self.inner.stop.is_cancelled() {
                let _turn = self.inner.reverifying.turn.lock().await;
                let mut found = self.inner.store.doubtful(range.clone(), BATCH).await?;
                let Some(last) = found.last() else { break };
                range.after = last.id;
                found.retain(|one| one.received_ns <= came_ns);
                self.rejudge_batch(found, tokens, &mut false, true, &mut sum).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = swept.await {
            tracing::warn!(code = %error.code, %error, project, "late deliveries could not be judged again");
        }
        if sum.verified > 0 {
            self.report_rejudged(project, &sum, sum.looked, Some(false));
            self.inner.feed.reopen(true);
        }
    }

    /// `ended`: it has, and whether the user gave the secret.
    fn report_rejudged(&self, project: i64, sum: &VerifiedAgain, of: u64, ended: Option<bool>) {
        let (done, given) = (ended.is_some(), ended == Some(true));
        let run = VerifyRun { project, of: of.max(sum.looked), done, given, sum: sum.clone() };
        self.inner.feed.tell(Live::VerifyAgain { run });
    }

    /// Judges a batch and stores what came of it.
    async fn rejudge_batch(
        &self,
        found: Vec<Doubtful>,
        tokens: &Tokens,
        refresh: &mut bool,
        tell: bool,
        sum: &mut VerifiedAgain,
    ) -> Result<()> {
        sum.looked += found.len() as u64;
        sum.partial += found.iter().filter(|one| one.truncated).count() as u64;
        let mut by_project: HashMap<i64, Vec<Doubtful>> = HashMap::new();
        for one in found.into_iter().filter(|one| !one.truncated) {
            by_project.entry(one.project).or_default().push(one);
        }
        let mut verdicts = Vec::new();
        for (project, deliveries) in by_project {
            // One that was removed has no keys any more.
            let Some(keys) = self.keys_then(project) else { continue };
            tokio::select! {
                // Published keys may be long in coming.
                () = self.inner.stop.cancelled() => return Ok(()),
                judged = judge(keys, deliveries, tokens, refresh) => verdicts.extend(judged?),
            }
        }
        // In the order of arrival: an earlier attempt is the first that is accepted.
        verdicts.sort_unstable_by_key(|(id, _)| *id);
        if verdicts.is_empty() {
            return Ok(());
        }
        for (_, outcome) in self.inner.store.judged_again(verdicts, self.now_ms(), tell).await? {
            match outcome {
                Outcome::Verified => sum.verified += 1,
                Outcome::Rejected => sum.rejected += 1,
                Outcome::Unchecked => {}
            }
        }
        Ok(())
    }

    fn keys_then(&self, project: i64) -> Option<Keys> {
        let known = self.inner.registry.all().into_iter().find(|keys| keys.project.id == project)?;
        let rules = self.inner.registry.of(project)?;
        let secrets = known.secrets.into_iter().chain(known.expired).collect();
        Some(Keys { secrets, closed: known.closed, policy: rules.policy.clone(), jwks: known.jwks })
    }

    /// Follows the published keys of one address: what could not be checked without them is judged when they come.
    pub(crate) fn follow_keys(&self, cache: &Arc<JwksCache>) {
        let (engine, cache, mut came) = (self.clone(), cache.clone(), cache.came());
        self.inner.tasks.spawn(async move {
            let stop = engine.inner.stop.clone();
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    changed = came.changed() => if changed.is_err() { return },
                }
                for keys in engine.inner.registry.all() {
                    if keys.jwks.is_some_and(|own| Arc::ptr_eq(&own, &cache)) {
                        engine.keys_came(keys.project.id, Which::WithoutKeys);
                    }
                }
            }
        });
    }

    /// Follows what arrives: while something waits for published keys, they are asked for again. Never ends by itself.
    pub(crate) async fn follow_arrivals(self) {
        let mut changes = self.inner.store.subscribe();
        loop {
            match changes.recv().await {
                Ok(Change::Inserted(arrived)) if arrived.row.reason == NO_KEYS => {
                    self.ask_for_keys_again(arrived.row.project)
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn ask_for_keys_again(&self, project: i64) {
        let Some(cache) = self.inner.registry.of(project).and_then(|project| project.jwks.clone()) else { return };
        if !self.inner.reverifying.waiting().insert(project) {
            return;
        }
        let engine = self.clone();
        self.inner.tasks.spawn(async move {
            let stop = engine.inner.stop.clone();
            let asking = async {
                let (mut wait, longest) = ASKED_AGAIN;
                loop {
                    tokio::time::sleep(wait).await;
                    if matches!(cache.get().await, Jwks::Known(_)) {
                        break;
                    }
                    wait = (wait * 2).min(longest);
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = asking => {}
            }
            engine.inner.reverifying.waiting().remove(&project);
            // Also where they came while the delivery was being stored, so that whoever follows them did not see it.
            engine.keys_came(project, Which::WithoutKeys);
        });
    }
}

/// The new verdicts of those whose verdict is to be replaced.
async fn judge(
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
    let now = one.received_ns.div_euclid(1_000_000_000);
    let received = Received { headers: &one.headers, body: &one.body };
    let keyring = Keyring {
        secrets: keys.secrets.iter().map(|key| SecretKey { state: state_at(key.state, now), ..key.clone() }).collect(),
        jwks: if needs_jwks(&one.headers) { jwks.clone() } else { Jwks::None },
        closed: keys.closed,
    };
    let judged = verify(&received, &keyring, &keys.policy, &Seen::default(), now);
    if judged.scheme == Some(Scheme::Jwt)
        && judged.outcome == Outcome::Verified
        && let Some(jti) = jti(&one.headers)
    {
        let mut tokens = tokens.lock().unwrap_or_else(PoisonError::into_inner);
        // The delivery is named with its token: judged twice, it is no repeat of itself.
        let first = !tokens.contains(&jti) || tokens.contains(&format!("{} {jti}", one.id));
        if tokens.len() >= TOKENS {
            tokens.clear();
        }
        if !first {
            let seen = Seen { token_id: true, ..Seen::default() };
            return verify(&received, &keyring, &keys.policy, &seen, now);
        }
        tokens.insert(format!("{} {jti}", one.id));
        tokens.insert(jti);
    }
    judged
}

/// The state of a secret at an earlier time. A secret that was made since was good then, too: it is what the sender signed
/// with. One that has ended since was current until it was replaced, a day before its end at most.
pub(crate) fn state_at(state: KeyState, then: i64) -> KeyState {
    match state {
        KeyState::Current => KeyState::Current,
        KeyState::Grace { until: end } | KeyState::Expired { at: end } if then >= end => KeyState::Expired { at: end },
        KeyState::Grace { until: end } | KeyState::Expired { at: end } if then < end.saturating_sub(GRACE_S) => {
            KeyState::Current
        }
        KeyState::Grace { until: end } | KeyState::Expired { at: end } => KeyState::Grace { until: end },
    }
}

/// Whether a verdict takes the place of one that is no verification.
fn replaces(new: &Verdict, old: &Verdict) -> bool {
    match (old.outcome, new.outcome) {
        (Outcome::Verified, _) | (Outcome::Rejected, Outcome::Unchecked) => false,
        (_, Outcome::Verified) | (Outcome::Unchecked, Outcome::Rejected) => true,
        (Outcome::Unchecked, Outcome::Unchecked) => new.reason != old.reason,
        // Where the near-miss probe found nothing, it may find something with the keys of now: it looks again when the
        // delivery is opened.
        (Outcome::Rejected, Outcome::Rejected) => new.reason != old.reason || (old.diagnosis.is_none() && probed(old)),
    }
}

#[cfg(test)]
mod tests;
