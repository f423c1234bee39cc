//! The fault lab's rules: kept, put in force and shown. What they do is in [`inbound::fault_lab`].

use inbound::fault_lab::checked;

use crate::dto::{FaultLab, FaultRule, Live};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Where the rules are in the store.
const KEY: &str = "fault_lab";
/// Rules at most.
const MOST: usize = 100;

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
            return Err(Error::new("invalid_fault", format!("{} rules are more than {MOST}.", rules.len())));
        }
        let rules = rules
            .into_iter()
            .enumerate()
            .map(|(at, rule)| {
                checked(named(rule)).map_err(|what| Error::new("invalid_fault", format!("Rule {}: {what}", at + 1)))
            })
            .collect::<Result<Vec<_>>>()?;
        let value = serde_json::to_value(&rules)
            .map_err(|error| Error::new("internal", "The rules could not be written.").with_detail(error))?;
        self.inner.store.settings().set(KEY, &value).await?;
        self.inner.answering.lab.put(rules);
        let lab = self.fault_lab();
        self.inner.feed.tell(Live::FaultLab { lab: lab.clone() });
        Ok(lab)
    }

    /// Tells the window where a rule made an answer since the last time.
    pub(crate) fn tell_fault_lab(&self) {
        if self.inner.answering.lab.take_news() {
            self.inner.feed.tell(Live::FaultLab { lab: self.fault_lab() });
        }
    }
}

/// The rule with an id, a new one where it has none.
fn named(mut rule: FaultRule) -> FaultRule {
    if rule.id.is_empty() {
        rule.id = uuid::Uuid::new_v4().to_string();
    }
    rule
}
