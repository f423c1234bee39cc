//! The rules in force: which one applies to a delivery, and what it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use store::AnsweredBy;
use tokio::sync::Notify;

use super::rule::{FaultDrop, FaultLab, FaultRule, FaultWhen};
use super::words::words;
use crate::answers::{Committed, Ending, Given};

/// The rules in force.
#[derive(Default)]
pub struct Rules {
    rules: RwLock<Arc<Vec<Rule>>>,
    /// Whether one of them is on: read for every delivery.
    any: AtomicBool,
    /// Kept for whoever reports it: one of them has made an answer.
    news: Notify,
}

struct Rule {
    rule: FaultRule,
    words: String,
    answers: AtomicU64,
    draws: Mutex<ChaCha8Rng>,
}

impl Rule {
    fn new(rule: FaultRule, answers: u64) -> Self {
        let seed = if let FaultWhen::Random { seed, .. } = rule.when { seed } else { 0 };
        let draws = Mutex::new(ChaCha8Rng::seed_from_u64(seed.into()));
        Self { words: words(&rule), answers: AtomicU64::new(answers), draws, rule }
    }

    fn concerns(&self, project: i64) -> bool {
        self.rule.on && self.rule.project.is_none_or(|only| only == project)
    }

    fn applies(&self, committed: &Committed) -> bool {
        if !self.concerns(committed.project)
            || self.rule.event_type.is_some() && self.rule.event_type != committed.event_type
        {
            return false;
        }
        match self.rule.when {
            FaultWhen::Always => true,
            FaultWhen::First { attempts } => committed.attempt <= attempts,
            FaultWhen::Random { percent, .. } => {
                let mut draws = self.draws.lock();
                f64::from(draws.next_u32()) / (f64::from(u32::MAX) + 1.0) * 100.0 < percent
            }
        }
    }
}

impl Rules {
    fn rules(&self) -> Arc<Vec<Rule>> {
        self.rules.read().clone()
    }

    /// Puts these rules in force. A rule that was there before keeps its count of answers.
    pub fn put(&self, rules: Vec<FaultRule>) {
        let before = self.rules();
        let made = |rule: &FaultRule| {
            let same = before.iter().find(|old| old.rule.id == rule.id);
            same.map_or(0, |old| old.answers.load(Ordering::Relaxed))
        };
        let rules: Vec<Rule> = rules
            .into_iter()
            .map(|rule| {
                let answers = made(&rule);
                Rule::new(rule, answers)
            })
            .collect();
        self.any.store(rules.iter().any(|rule| rule.rule.on), Ordering::Relaxed);
        *self.rules.write() = Arc::new(rules);
    }

    /// Whether a rule may make an answer for this project.
    #[must_use]
    pub fn concerns(&self, project: i64) -> bool {
        self.any.load(Ordering::Relaxed) && self.rules().iter().any(|rule| rule.concerns(project))
    }

    /// The answer of the first rule that applies, and how long it waits.
    pub fn answer(&self, committed: &Committed) -> Option<(Given, Duration)> {
        let rules = self.rules();
        let applied = rules.iter().find(|rule| rule.applies(committed))?;
        applied.answers.fetch_add(1, Ordering::Relaxed);
        self.news.notify_one();
        let rule = &applied.rule;
        let given = Given {
            status: rule.status,
            headers: rule.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect(),
            body: Bytes::from(rule.body.clone()),
            ending: match rule.drop {
                FaultDrop::No => Ending::Whole,
                FaultDrop::Before => Ending::DroppedBefore,
                FaultDrop::Middle => Ending::DroppedInside,
            },
            by: AnsweredBy::Rule,
            what: applied.words.clone(),
        };
        Some((given, Duration::from_millis(rule.delay_ms.into())))
    }

    /// Waits until a rule has made an answer since the last call. For one caller.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// The rules, and how many answers each has made.
    #[must_use]
    pub fn view(&self) -> FaultLab {
        let rules = self.rules();
        FaultLab {
            rules: rules.iter().map(|rule| rule.rule.clone()).collect(),
            answers: rules.iter().map(|rule| (rule.rule.id.clone(), rule.answers.load(Ordering::Relaxed))).collect(),
        }
    }
}
