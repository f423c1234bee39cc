//! The rules of the fault lab: stores, changes and reports them.

use std::time::Duration;

use inbound::fault_lab::checked;

use super::Answers;
use crate::dto::{FaultLab, FaultRule, Live};
use crate::error::{Code, Error, Result};

/// The name of the rules in the store.
const KEY: &str = "fault_lab";
/// Most rules.
const MOST: usize = 100;
/// How often, at most, to report to the window.
const TELL: Duration = Duration::from_millis(100);

impl Answers {
    /// Puts the rules of the last time in force, and begins to report when one makes an answer.
    pub(crate) async fn begin(&self) -> Result<()> {
        let kept = if self.common.is_fixed() { None } else { self.common.store().settings().get(KEY).await? };
        let rules = kept.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        self.lab.put(rules);
        let room = self.clone();
        self.common.spawn(async move {
            loop {
                room.lab.news().await;
                room.common.tell(Live::FaultLab { lab: room.fault_lab() });
                tokio::time::sleep(TELL).await;
            }
        });
        Ok(())
    }

    /// The answers that the listener makes by script.
    pub fn fault_lab(&self) -> FaultLab {
        self.lab.view()
    }

    /// Puts rules in force and stores them.
    ///
    /// # Errors
    /// `invalid_fault`: what is wrong with which rule; then nothing is changed.
    pub async fn set_fault_lab(&self, rules: Vec<FaultRule>) -> Result<FaultLab> {
        if rules.len() > MOST {
            return Err(Error::new(
                Code::InvalidFault,
                format!("There can be at most {MOST} rules, not {}.", rules.len()),
            ));
        }
        let rules = rules
            .into_iter()
            .enumerate()
            .map(|(at, rule)| {
                checked(named(rule)).map_err(|what| Error::new(Code::InvalidFault, format!("Rule {}: {what}", at + 1)))
            })
            .collect::<Result<Vec<_>>>()?;
        let value = serde_json::to_value(&rules)
            .map_err(|error| Error::new(Code::Internal, "The rules could not be written.").with_detail(error))?;
        self.common.store().settings().set(KEY, &value).await?;
        self.lab.put(rules);
        let lab = self.fault_lab();
        self.common.tell(Live::FaultLab { lab: lab.clone() });
        Ok(lab)
    }
}

/// The rule with its id; a rule without one gets a new id.
fn named(mut rule: FaultRule) -> FaultRule {
    if rule.id.is_empty() {
        rule.id = uuid::Uuid::new_v4().to_string();
    }
    rule
}
