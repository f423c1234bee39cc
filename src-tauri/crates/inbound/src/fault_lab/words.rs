//! A rule in a few words.

use std::time::Duration;

use super::rule::{FaultDrop, FaultRule, FaultWhen};

/// `503 after 2 s, for the first 2 attempts`.
pub(super) fn words(rule: &FaultRule) -> String {
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
