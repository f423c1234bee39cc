//! The rules of the fault lab: kept, changed and told.

use std::time::Duration;

use inbound::fault_lab::checked;

use super::Answers;
use crate::dto::{FaultLab, FaultRule, Live};
use crate::error::{Code, Error, Result};

/// Where the rules are in the store.
const KEY: &str = "fault_lab";
/// Rules at most.
const MOST: usize = 100;
/// How often the window is told, at most.
const TELL: Duration = Duration::from_millis(100);

impl Answers {
    /// Puts the rules of the last time in force, and begins to tell where one makes an answer.
    pub(crate) async fn begin(&self) -> Result<()> {
        let kept = if self.common.is_fixed() { None } else { self.common.store().settings().get(KEY).await? };
        let rules = kept.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        self.lab.put(rules);
        let room = self.clone();
        self.common.spawn(async move {
            let mut tick = tokio::time::interval(TELL);
            loop {
                tick.tick().await;
                if room.lab.take_news() {
                    room.common.tell(Live::FaultLab { lab: room.fault_lab() });
                }
            }
        });
        Ok(())
    }

    /// What the listener answers by script.
    pub fn fault_lab(&self) -> FaultLab {
        self.lab.view()
    }

    /// Puts rules in force and keeps them.
    ///
    /// # Errors
    /// `invalid_fault`: what is wrong with which rule; then nothing is changed.
    pub async fn set_fault_lab(&self, rules: Vec<FaultRule>) -> Result<FaultLab> {
        if rules.len() > MOST {
            return Err(Error::new(Code::InvalidFault, format!("{} rules are more than {MOST}.", rules.len())));
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

/// The rule with an id, a new one where it has none.
fn named(mut rule: FaultRule) -> FaultRule {
    if rule.id.is_empty() {
        rule.id = uuid::Uuid::new_v4().to_string();
    }
    rule
}
