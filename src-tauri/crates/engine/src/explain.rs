//! The near-miss probe, off the answer path: one at a time, bounded in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inbound::{Explain, Projects as _};
use signature::{Jwks, Keyring, Others, Outcome, Received, SecretKey, Verdict};
use store::Store;
use tokio::sync::mpsc;

use crate::keys::Registry;

/// Time for one probe.
const TIME: Duration = Duration::from_millis(500);

pub(crate) async fn run(store: Store, registry: Arc<Registry>, mut rejected: mpsc::Receiver<Explain>) {
    while let Some(explain) = rejected.recv().await {
        let id = explain.id;
        if let Some(verdict) = explained(&registry, explain).await
            && let Err(error) = store.explained(id, verdict).await
        {
            tracing::warn!(%error, id, "the diagnosis of a delivery could not be stored");
        }
    }
}

/// The verdict with its diagnosis, where the probe finds one.
pub(crate) async fn explained(registry: &Registry, explain: Explain) -> Option<Verdict> {
    if explain.verdict.outcome != Outcome::Rejected || signature::probed(&explain.verdict) {
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
        let deadline = Instant::now() + TIME;
        let mut ran_out = false;
        let mut out_of_time = || {
            ran_out = Instant::now() >= deadline;
            ran_out
        };
        let diagnosis =
            signature::probe(&received, &keyring, &others, &policy, explain.now, &explain.verdict, &mut out_of_time);
        // Nothing found is an answer, too; a search that ran out of time is none.
        if diagnosis.is_none() && ran_out {
            return None;
        }
        Some(signature::explain(explain.verdict, diagnosis))
    })
    .await
    .unwrap_or_else(|error| {
        tracing::error!(%error, "the near-miss probe failed");
        None
    })
}
