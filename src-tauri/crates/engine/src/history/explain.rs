//! The near-miss probe, off the answer path: one at a time, with a time limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use inbound::{Explain, Projects as _};
use signature::{Jwks, Keyring, Others, Outcome, Received, SecretKey, Verdict};
use store::Store;
use tokio::sync::mpsc;

use crate::registry::Registry;

/// Time for one probe.
const TIME: Duration = Duration::from_millis(500);
/// The same while others wait: opening the delivery makes the long search.
const BRIEF: Duration = Duration::from_millis(20);
/// A single signature over a larger body may take longer than that.
const BRIEF_BODY: usize = 4 << 20;

/// Explains rejected deliveries as they come.
pub(super) async fn run(store: Store, registry: Arc<Registry>, mut rejected: mpsc::Receiver<Explain>) {
    let mut next = None;
    loop {
        let explain = match next.take() {
            Some(explain) => explain,
            None => match rejected.recv().await {
                Some(explain) => explain,
                None => return,
            },
        };
        let id = explain.id;
        let others = Arc::new(AtomicBool::new(!rejected.is_empty()));
        let probing = explained(&store, &registry, explain, Some(others.clone()));
        tokio::pin!(probing);
        let verdict = tokio::select! {
            verdict = &mut probing => verdict,
            another = rejected.recv() => {
                next = another;
                others.store(true, Ordering::Relaxed);
                probing.await
            }
        };
        if let Some(verdict) = verdict
            && let Err(error) = store.explained(id, verdict).await
        {
            let what = "the diagnosis of a delivery could not be stored";
            store.complaints().warn(what, error.code(), &error, Instant::now());
        }
    }
}

/// The verdict with its diagnosis, if the probe gets to its end. `others`: whether others wait; `None`: somebody waits
/// for this one.
/// for this one.
pub(super) async fn explained(
    store: &Store,
    registry: &Registry,
    explain: Explain,
    others: Option<Arc<AtomicBool>>,
) -> Option<Verdict> {
    if explain.verdict.outcome != Outcome::Rejected || signature::probed(&explain.verdict) {
        return None;
    }
    let mut patience = Patience::new(others, Instant::now());
    if patience.is_brief() && explain.body.len() > BRIEF_BODY {
        return None;
    }
    let all = registry.all();
    let own = all.iter().find(|keys| keys.project.id == explain.project)?.clone();
    let jwks = match (&own.jwks, explain.verdict.scheme) {
        (Some(cache), Some(signature::Scheme::V1a | signature::Scheme::Jwt)) => cache.get().await,
        _ => Jwks::None,
    };
    let keyring = Keyring { secrets: own.tried().to_vec(), jwks, closed: own.closed };
    let policy = registry.find(&format!("/{}", own.project.path)).policy.clone();
    let others: Vec<(String, SecretKey)> = all
        .iter()
        .filter(|keys| keys.project.id != explain.project)
        .flat_map(|keys| {
            let name = &keys.project.name;
            keys.secrets.iter().chain(&keys.expired).map(move |secret| (name.clone(), secret.clone()))
        })
        .collect();
    let expired = own.expired;
    tokio::task::spawn_blocking(move || {
        let received = Received { headers: &explain.headers, body: &explain.body };
        let others = Others { expired: &expired, other_projects: &others };
        patience.begins(Instant::now());
        let mut ran_out = false;
        let mut out_of_time = || {
            ran_out = patience.is_over(Instant::now());
            ran_out
        };
        let diagnosis =
            signature::probe(&received, &keyring, &others, &policy, explain.now, &explain.verdict, &mut out_of_time);
        // To find nothing is an answer, too; to run out of time is not.
        if diagnosis.is_none() && ran_out {
            return None;
        }
        Some(signature::explain(explain.verdict, diagnosis))
    })
    .await
    .unwrap_or_else(|error| {
        store.complaints().error("the near-miss probe failed", "probe", &error, Instant::now());
        None
    })
}

/// How long a search may take.
struct Patience {
    others: Option<Arc<AtomicBool>>,
    began: Instant,
    asked: Instant,
    /// The longest time between two trials.
    longest: Duration,
}

impl Patience {
    fn new(others: Option<Arc<AtomicBool>>, now: Instant) -> Self {
        Self { others, began: now, asked: now, longest: Duration::ZERO }
    }

    /// The keys are there: from here on the search takes processor time.
    fn begins(&mut self, now: Instant) {
        (self.began, self.asked) = (now, now);
    }

    fn is_brief(&self) -> bool {
        self.others.as_ref().is_some_and(|others| others.load(Ordering::Relaxed))
    }

    /// Asked before each trial. A trial cannot be broken off, so there must be time left for one as long as the
    /// longest.
    fn is_over(&mut self, now: Instant) -> bool {
        self.longest = self.longest.max(now.saturating_duration_since(self.asked));
        self.asked = now;
        let time = if self.is_brief() { BRIEF } else { TIME };
        now.saturating_duration_since(self.began) + self.longest > time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first time, in ms, at which it is over if each trial takes `trial` ms.
    fn ends(trial: u64, others: Option<bool>, come_at: Option<u64>) -> u64 {
        let flag = others.map(|others| Arc::new(AtomicBool::new(others)));
        let start = Instant::now();
        let mut patience = Patience::new(flag.clone(), start);
        let start = start + Duration::from_secs(9);
        patience.begins(start);
        let mut at = 0;
        while !patience.is_over(start + Duration::from_millis(at)) {
            at += trial;
            if come_at.is_some_and(|come| at >= come) {
                flag.as_ref().unwrap().store(true, Ordering::Relaxed);
            }
        }
        at
    }

    #[test]
    fn twenty_milliseconds_while_others_wait_and_the_long_search_otherwise() {
        assert_eq!(ends(1, Some(true), None), 20);
        assert_eq!(ends(7, Some(true), None), 14, "a third one would end at 21");
        assert_eq!(ends(1, Some(false), None), 500);
        assert_eq!(ends(1, None, None), 500, "somebody has opened it");
        assert_eq!(ends(1, Some(false), Some(5)), 20, "another one came");
        assert_eq!(ends(1, Some(false), Some(100)), 100);
    }
}
