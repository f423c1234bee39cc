//! Judges deliveries again: a secret was added, the published keys came, or the user asked for it.
//!
//! What was kept is judged with the current keys and the time of its arrival. A verdict gets better and never worse:
//! what is verified is left alone, and a rejection gives way to a verification, or to another rejection. The answer
//! stays what it was, and nothing is forwarded: both belong to the arrival.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use signature::{Jwks, Outcome};
use store::{Change, Doubtful, DoubtfulRange};
use tokio::sync::broadcast::error::RecvError;

use super::History;
use super::judging::{Keys, Tokens, judge};
use crate::dto::{Level, Live, VerifiedAgain, VerifyRun};
use crate::error::{Code, Error, Result};
use crate::projects::key_news::{KeyNews, Which};

/// Deliveries to read, judge and write at once.
const BATCH: u32 = 128;
/// Rows of a run that the window gets one by one. After these it opens its view again.
const TOLD: u64 = 2_000;
/// Time between two such requests, and between two reports of a run's progress.
const REPORTED: Duration = Duration::from_millis(500);
/// By this time a delivery that was on its way when a key came, and was judged without it, is committed: its body may
/// take 30 s.
const ON_ITS_WAY: Duration = Duration::from_secs(35);
/// Most deliveries to judge again by hand at once.
const BY_HAND: usize = 10_000;
/// First and longest wait before published keys that could not be fetched are fetched again.
const ASKED_AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));
/// The reason given to what waits for the published keys.
const NO_KEYS: &str = "jwks_unavailable";

impl Which {
    fn reason(self) -> Option<&'static str> {
        (self == Self::WithoutKeys).then_some(NO_KEYS)
    }
}

impl History {
    /// Judges again those of these deliveries that are not verified, at most 10,000 at once.
    ///
    /// # Errors
    /// `too_many` beyond that; any error of the store.
    pub async fn verify_again(&self, mut ids: Vec<i64>) -> Result<VerifiedAgain> {
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > BY_HAND {
            let message = format!("At most {BY_HAND} deliveries are verified again at once; {} were given.", ids.len());
            return Err(Error::new(Code::TooMany, message));
        }
        let (mut sum, tokens) = (VerifiedAgain::default(), Tokens::default());
        let mut left = ids.as_slice();
        // A key may have been published since then: fetch once.
        let mut refresh = true;
        while !left.is_empty() && !self.common.stop().is_cancelled() {
            let turn = self.judging.turn.lock().await;
            let some = left.get(..BATCH as usize).unwrap_or(left);
            let (found, looked_at) = self.common.store().doubtful_of(some).await?;
            sum.skipped += (looked_at - found.len()) as u64;
            self.rejudge_batch(found, &tokens, &mut refresh, true, &mut sum).await?;
            drop(turn);
            left = left.get(looked_at..).unwrap_or_default();
        }
        if sum.verified + sum.rejected > 0 {
            self.feed.reopen(true);
        }
        Ok(sum)
    }

    /// Begins to judge again, in the background, what a new key of a project may verify. One run per project: what
    /// comes during a run is done after it.
    fn keys_came(&self, project: i64, which: Which) {
        if self.common.is_fixed() || self.common.stop().is_cancelled() {
            return;
        }
        {
            let mut runs = self.judging.runs();
            if let Some(next) = runs.get_mut(&project) {
                *next = Some(next.map_or(which, |other| other.max(which)));
                return;
            }
            runs.insert(project, None);
        }
        let room = self.clone();
        self.common.spawn_to_the_end(async move { room.rejudge(project, which).await });
    }

    async fn rejudge(&self, project: i64, mut which: Which) {
        let (mut sum, tokens) = (VerifiedAgain::default(), Tokens::default());
        let mut given = which == Which::Given;
        let came_ns = self.common.now_ms().saturating_mul(1_000_000);
        let upto = loop {
            let reached = match self.rejudge_all(project, which, &tokens, &mut sum).await {
                Ok(reached) => reached,
                Err(error) => {
                    tracing::warn!(code = %error.code, %error, project, "deliveries could not be judged again");
                    self.judging.runs().remove(&project);
                    self.report_rejudged(project, &sum, sum.looked, Some(false));
                    let message =
                        format!("Not all deliveries could be verified again with the new key: {}", error.message);
                    self.common.notice(Level::Warning, Code::VerifyAgainFailed, &message);
                    return;
                }
            };
            let mut runs = self.judging.runs();
            match runs.get_mut(&project).and_then(Option::take) {
                Some(next) if !self.common.stop().is_cancelled() => {
                    given |= next == Which::Given;
                    which = next;
                    // Everything is looked at once more; what was verified stays counted.
                    sum = VerifiedAgain { verified: sum.verified, ..VerifiedAgain::default() };
                }
                _ => {
                    runs.remove(&project);
                    break reached;
                }
            }
        };
        if self.common.stop().is_cancelled() {
            return;
        }
        self.report_rejudged(project, &sum, sum.looked, Some(given));
        if self.common.stop().run_until_cancelled(tokio::time::sleep(ON_ITS_WAY)).await.is_some() {
            self.rejudge_late(project, which, upto, came_ns, &tokens).await;
        }
    }

    /// Judges everything there is when it starts. Returns the id up to which it looked.
    async fn rejudge_all(&self, project: i64, which: Which, tokens: &Tokens, sum: &mut VerifiedAgain) -> Result<i64> {
        let store = &self.common.store();
        let upto = store.last_id().await?;
        let mut range = DoubtfulRange { project, after: 0, upto, reason: which.reason() };
        let of = sum.looked + store.doubtful_count(range.clone()).await?;
        let mut reported = Instant::now();
        let mut refresh = false;
        while !self.common.stop().is_cancelled() {
            let turn = self.judging.turn.lock().await;
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
                self.feed.reopen(tell);
            }
            // Leave half of the time to those who receive and look.
            tokio::select! {
                () = self.common.stop().cancelled() => {}
                () = tokio::time::sleep(began.elapsed().min(REPORTED)) => {}
            }
        }
        if sum.verified + sum.rejected > 0 {
            self.feed.reopen(sum.verified + sum.rejected < TOLD);
        }
        Ok(upto)
    }

    /// Judges what had arrived before the key came, and was committed after the run but judged without the key.
    async fn rejudge_late(&self, project: i64, which: Which, after: i64, came_ns: i64, tokens: &Tokens) {
        let mut sum = VerifiedAgain::default();
        let swept = async {
            let upto = self.common.store().last_id().await?;
            let mut range = DoubtfulRange { project, after, upto, reason: which.reason() };
            while !self.common.stop().is_cancelled() {
                let _turn = self.judging.turn.lock().await;
                let mut found = self.common.store().doubtful(range.clone(), BATCH).await?;
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
            self.feed.reopen(true);
        }
    }

    /// `ended`: set at the end of the run, to whether the user gave the secret.
    fn report_rejudged(&self, project: i64, sum: &VerifiedAgain, of: u64, ended: Option<bool>) {
        let (done, given) = (ended.is_some(), ended == Some(true));
        let run = VerifyRun { project, of: of.max(sum.looked), done, given, sum: sum.clone() };
        self.common.tell(Live::VerifyAgain { run });
    }

    /// Judges a batch and stores the new verdicts.
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
            // A removed project has no keys any more.
            let Some(keys) = self.keys_then(project) else { continue };
            tokio::select! {
                // Published keys may take long to arrive.
                () = self.common.stop().cancelled() => return Ok(()),
                judged = judge(keys, deliveries, tokens, refresh) => verdicts.extend(judged?),
            }
        }
        // In the order of arrival: the earlier of two attempts is the one that is accepted.
        verdicts.sort_unstable_by_key(|(id, _)| *id);
        if verdicts.is_empty() {
            return Ok(());
        }
        for (_, outcome) in self.common.store().judged_again(verdicts, self.common.now_ms(), tell).await? {
            match outcome {
                Outcome::Verified => sum.verified += 1,
                Outcome::Rejected => sum.rejected += 1,
                Outcome::Unchecked | Outcome::Unbound => {}
            }
        }
        Ok(())
    }

    pub(super) fn keys_then(&self, project: i64) -> Option<Keys> {
        let known = self.registry.all().into_iter().find(|keys| keys.project.id == project)?;
        let rules = self.registry.of(project)?;
        let secrets = known.secrets.into_iter().chain(known.expired).collect();
        Some(Keys { secrets, closed: known.closed, policy: rules.policy.clone(), jwks: known.jwks })
    }

    /// Judges again what a new key may verify. Never ends by itself.
    pub(super) async fn follow_keys(self, news: Arc<KeyNews>) {
        loop {
            let (project, which) = news.take().await;
            self.keys_came(project, which);
        }
    }

    /// Follows what arrives, and fetches published keys again while something waits for them. Never ends by itself.
    pub(super) async fn follow_arrivals(self) {
        let mut changes = self.common.store().subscribe();
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
        let Some(cache) = self.registry.of(project).and_then(|project| project.jwks.clone()) else { return };
        if !self.judging.waiting().insert(project) {
            return;
        }
        let room = self.clone();
        self.common.spawn(async move {
            let (mut wait, longest) = ASKED_AGAIN;
            loop {
                tokio::time::sleep(wait).await;
                if matches!(cache.get().await, Jwks::Known(_)) {
                    break;
                }
                wait = (wait * 2).min(longest);
            }
            room.judging.waiting().remove(&project);
            // Needed even if the keys came while the delivery was being stored: whoever follows the keys did not see
            // it.
            room.keys_came(project, Which::WithoutKeys);
        });
    }
}
