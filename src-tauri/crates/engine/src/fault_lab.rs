//! The fault lab: rules for what the listener answers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use inbound::{Committed, Ending, Given};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use store::AnsweredBy;

use crate::dto::{FaultDrop, FaultLab, FaultRule, FaultWhen, Live};
use crate::engine::Engine;
use crate::error::{Code, Error, Result};

/// Where the rules are in the store.
const KEY: &str = "fault_lab";
/// Rules at most.
const MOST: usize = 100;
/// Bytes of a rule's body.
const LONGEST_BODY: usize = 256 * 1024;
/// Milliseconds that an answer may wait.
const LONGEST_DELAY: u32 = 120_000;

/// Headers that an answer cannot choose (RFC 9110, 7.6.1): they are of the connection, not of the message.
const OF_THE_CONNECTION: [&str; 8] =
    ["content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"];

/// The rules in force.
#[derive(Default)]
pub(crate) struct Lab {
    rules: RwLock<Arc<Vec<Rule>>>,
    /// One of them is on: looked at for every delivery.
    any: AtomicBool,
    news: AtomicBool,
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
                let mut draws = self.draws.lock().unwrap_or_else(PoisonError::into_inner);
                f64::from(draws.next_u32()) / (f64::from(u32::MAX) + 1.0) * 100.0 < percent
            }
        }
    }
}

impl Lab {
    fn rules(&self) -> Arc<Vec<Rule>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, rules: Vec<FaultRule>) {
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
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    /// Whether a rule may make an answer for this project.
    pub(crate) fn concerns(&self, project: i64) -> bool {
        self.any.load(Ordering::Relaxed) && self.rules().iter().any(|rule| rule.concerns(project))
    }

    /// The answer of the first rule that applies, and how long it waits.
    pub(crate) fn answer(&self, committed: &Committed) -> Option<(Given, Duration)> {
        let rules = self.rules();
        let applied = rules.iter().find(|rule| rule.applies(committed))?;
        applied.answers.fetch_add(1, Ordering::Relaxed);
        self.news.store(true, Ordering::Relaxed);
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

    pub(crate) fn view(&self) -> FaultLab {
        let rules = self.rules();
        FaultLab {
            rules: rules.iter().map(|rule| rule.rule.clone()).collect(),
            answers: rules.iter().map(|rule| (rule.rule.id.clone(), rule.answers.load(Ordering::Relaxed))).collect(),
        }
    }
}

impl Engine {
    /// The rules of the last time.
    pub(crate) async fn start_fault_lab(&self) -> Result<()> {
        let kept = if self.inner.fixed { None } else { self.inner.store.settings().get(KEY).await? };
        let rules = kept.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        self.inner.answering.lab.put(rules);
        Ok(())
    }

    /// What the listener answers by script.
    pub fn fault_lab(&self) -> FaultLab {
        self.inner.answering.lab.view()
    }

    /// Puts rules in force and keeps them.
    ///
    /// # Errors
    /// `invalid_fault`: what is wrong with which rule; then nothing is changed.
    pub async fn fault_lab_set(&self, rules: Vec<FaultRule>) -> Result<FaultLab> {
        if rules.len() > MOST {
            return Err(Error::new(Code::InvalidFault, format!("{} rules are more than {MOST}.", rules.len())));
        }
        let rules = rules
            .into_iter()
            .enumerate()
            .map(|(at, rule)| {
                checked(rule).map_err(|what| Error::new(Code::InvalidFault, format!("Rule {}: {what}", at + 1)))
            })
            .collect::<Result<Vec<_>>>()?;
        let value = serde_json::to_value(&rules)
            .map_err(|error| Error::new(Code::Internal, "The rules could not be written.").with_detail(error))?;
        self.inner.store.settings().set(KEY, &value).await?;
        self.inner.answering.lab.put(rules);
        let lab = self.fault_lab();
        self.inner.feed.tell(Live::FaultLab { lab: lab.clone() });
        Ok(lab)
    }

    /// Tells the window where a rule made an answer since the last time.
    pub(crate) fn tell_fault_lab(&self) {
        if self.inner.answering.lab.news.swap(false, Ordering::Relaxed) {
            self.inner.feed.tell(Live::FaultLab { lab: self.fault_lab() });
        }
    }
}

fn checked(mut rule: FaultRule) -> std::result::Result<FaultRule, String> {
    if rule.id.is_empty() {
        rule.id = uuid::Uuid::new_v4().to_string();
    }
    if let Some(status) = rule.status
        && !(200..=599).contains(&status)
    {
        return Err(format!("the status is 200 to 599, not {status}."));
    }
    if rule.delay_ms > LONGEST_DELAY {
        return Err(format!("an answer waits at most {LONGEST_DELAY} ms, not {}.", rule.delay_ms));
    }
    if rule.body.len() > LONGEST_BODY {
        return Err(format!("the body has at most {} KiB.", LONGEST_BODY / 1024));
    }
    for (name, value) in &mut rule.headers {
        name.trim().to_ascii_lowercase().clone_into(name);
        if http::HeaderName::try_from(name.as_str()).is_err() {
            return Err(format!("{name:?} is no name of a header."));
        }
        if http::HeaderValue::try_from(value.as_str()).is_err() {
            return Err(format!(
                "the value of {name} cannot be sent: it holds a line end or another control character."
            ));
        }
        if OF_THE_CONNECTION.contains(&name.as_str()) {
            return Err(format!("{name} follows from the body and the connection; it cannot be set."));
        }
    }
    if let (FaultDrop::Middle, Some(status @ (204 | 205 | 304))) = (rule.drop, rule.status) {
        return Err(format!(
            "an answer with {status} has no body, so that there is no middle to drop it in. Drop it before, or give another \
             status."
        ));
    }
    match rule.when {
        FaultWhen::First { attempts } if !(1..=1000).contains(&attempts) => {
            return Err(format!("the first 1 to 1,000 attempts can be meant, not {attempts}."));
        }
        FaultWhen::Random { percent, .. } if !(percent > 0.0 && percent <= 100.0) => {
            return Err(format!("the share is more than 0 and at most 100 %, not {percent}."));
        }
        _ => {}
    }
    let body = !rule.body.is_empty() || !rule.headers.is_empty();
    if rule.status.is_none() && rule.delay_ms == 0 && rule.drop == FaultDrop::No && !body {
        return Err("it changes nothing. Give a status, a delay, or drop the connection.".to_owned());
    }
    rule.event_type = rule.event_type.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    Ok(rule)
}

/// `503 after 2 s, for the first 2 attempts`.
fn words(rule: &FaultRule) -> String {
    let mut words = match (rule.drop, rule.status) {
        (FaultDrop::Before, _) => "dropped without an answer".to_owned(),
        (FaultDrop::Middle, Some(status)) => format!("{status}, dropped in the middle"),
        (FaultDrop::Middle, None) => "dropped in the middle of the answer".to_owned(),
        (FaultDrop::No, Some(status)) => status.to_string(),
        (FaultDrop::No, None) => "the usual status".to_owned(),
    };
    if rule.delay_ms > 0 {
        let delay = Duration::from_millis(rule.delay_ms.into());
        words.push_str(&format!(" after {delay:?}"));
    }
    match rule.when {
        FaultWhen::Always => {}
        FaultWhen::First { attempts: 1 } => words.push_str(", for the first attempt"),
        FaultWhen::First { attempts } => words.push_str(&format!(", for the first {attempts} attempts")),
        FaultWhen::Random { percent, seed } => words.push_str(&format!(", for {percent} % (seed {seed})")),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(attempt: u32, event_type: &str) -> Committed {
        Committed {
            id: 1,
            project: 7,
            outcome: signature::Outcome::Verified,
            event_type: Some(event_type.to_owned()),
            event: Some(1),
            attempt,
            status: 200,
        }
    }

    fn lab(rules: Vec<FaultRule>) -> Lab {
        let lab = Lab::default();
        lab.put(rules.into_iter().map(|rule| checked(FaultRule { on: true, ..rule }).unwrap()).collect());
        lab
    }

    #[test]
    fn the_first_rule_that_applies_makes_the_answer() {
        let lab = lab(vec![
            FaultRule { event_type: Some("batch.failed".into()), status: Some(410), ..FaultRule::default() },
            FaultRule { project: Some(8), status: Some(418), ..FaultRule::default() },
            FaultRule {
                when: FaultWhen::First { attempts: 2 },
                status: Some(503),
                delay_ms: 1500,
                ..FaultRule::default()
            },
        ]);
        let status = |attempt, name| lab.answer(&committed(attempt, name)).map(|(given, _)| given.status);
        assert_eq!(status(1, "batch.failed"), Some(Some(410)));
        assert_eq!(status(2, "batch.succeeded"), Some(Some(503)));
        assert_eq!(status(3, "batch.succeeded"), None);
        let (given, delay) = lab.answer(&committed(1, "x")).unwrap();
        assert_eq!((given.what.as_str(), delay.as_millis()), ("503 after 1.5s, for the first 2 attempts", 1500));
        assert_eq!(lab.view().answers.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 0, 2]);
        assert!(lab.concerns(8) && lab.concerns(7));
        lab.put(Vec::new());
        assert!(!lab.concerns(7));
    }

    #[test]
    fn a_seed_draws_the_same_share_again() {
        let rule = |seed| FaultRule {
            when: FaultWhen::Random { percent: 20.0, seed },
            status: Some(500),
            ..FaultRule::default()
        };
        let drawn = |seed| {
            let lab = lab(vec![rule(seed)]);
            (0..1000).map(|_| lab.answer(&committed(1, "x")).is_some()).collect::<Vec<_>>()
        };
        let (one, same, other) = (drawn(1), drawn(1), drawn(2));
        assert!(one == same && one != other);
        let hits = one.iter().filter(|hit| **hit).count();
        assert!((150..250).contains(&hits), "{hits}");
    }

    #[test]
    fn a_rule_that_cannot_be_is_refused_with_the_reason() {
        for (rule, reason) in [
            (FaultRule::default(), "changes nothing"),
            (FaultRule { status: Some(100), ..FaultRule::default() }, "200 to 599"),
            (FaultRule { status: Some(600), ..FaultRule::default() }, "200 to 599"),
            (FaultRule { delay_ms: 120_001, ..FaultRule::default() }, "at most 120000 ms"),
            (FaultRule { headers: vec![("a b".into(), "c".into())], ..FaultRule::default() }, "no name of a header"),
            (FaultRule { headers: vec![("a".into(), "c\r\nd: e".into())], ..FaultRule::default() }, "line end"),
            (
                FaultRule { headers: vec![("Content-Length".into(), "1".into())], ..FaultRule::default() },
                "cannot be set",
            ),
            (
                FaultRule { status: Some(500), when: FaultWhen::First { attempts: 0 }, ..FaultRule::default() },
                "1 to 1,000",
            ),
            (
                FaultRule {
                    status: Some(500),
                    when: FaultWhen::Random { percent: f64::NAN, seed: 1 },
                    ..FaultRule::default()
                },
                "at most 100 %",
            ),
        ] {
            assert!(checked(rule.clone()).unwrap_err().contains(reason), "{rule:?}");
        }
        assert!(!checked(FaultRule { delay_ms: 1, ..FaultRule::default() }).unwrap().id.is_empty());
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let middle = |status| FaultRule { status, drop: FaultDrop::Middle, ..FaultRule::default() };
        for status in [204, 205, 304] {
            let refused = checked(middle(Some(status))).unwrap_err();
            assert!(refused.contains(&format!("{status} has no body")), "{refused}");
            assert!(checked(FaultRule { drop: FaultDrop::Before, ..middle(Some(status)) }).is_ok());
            assert!(checked(FaultRule { status: Some(status), ..FaultRule::default() }).is_ok());
        }
        assert!(checked(middle(Some(200))).is_ok() && checked(middle(None)).is_ok());
        for name in ["Keep-Alive", "trailer", "TE", "Upgrade", "proxy-connection", "connection"] {
            let rule = FaultRule { headers: vec![(name.into(), "x".into())], ..FaultRule::default() };
            let refused = checked(rule).unwrap_err();
            assert!(refused.contains("follows from the body and the connection"), "{name}: {refused}");
        }
    }
}
