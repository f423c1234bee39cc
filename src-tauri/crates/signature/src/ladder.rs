//! Builds the proof ladder.

use crate::{Step, StepStatus, Text};

/// A check by its code, its title and what it expects.
pub(crate) type Rung = (&'static str, &'static str, &'static str);

/// The last two rungs of every ladder.
pub(crate) const NEAR_MISS: Rung = ("near_miss", "Near miss", "nothing to look for");
pub(crate) const DUPLICATE: Rung = ("duplicate", "Duplicate", "an id that did not come before");

#[derive(Debug)]
pub(crate) struct Ladder {
    pub(crate) steps: Vec<Step>,
}

impl Ladder {
    pub(crate) fn new(rungs: usize) -> Self {
        Self { steps: Vec::with_capacity(rungs) }
    }

    /// Adds a rung with its usual expectation.
    pub(crate) fn add(&mut self, rung: Rung, status: StepStatus, seen: impl Into<Text>) {
        self.add_with(rung, status, rung.2, seen);
    }

    /// Adds a rung with a different expectation.
    pub(crate) fn add_with(
        &mut self,
        rung: Rung,
        status: StepStatus,
        expected: impl Into<Text>,
        seen: impl Into<Text>,
    ) {
        self.steps.push(Step {
            check: rung.0.into(),
            title: rung.1.into(),
            status,
            expected: expected.into(),
            seen: seen.into(),
        });
    }

    /// Adds the missing ones of `rungs` as skipped.
    pub(crate) fn skip_missing(&mut self, rungs: &[Rung]) {
        for rung in rungs {
            if !self.steps.iter().any(|step| step.check == rung.0) {
                self.add(*rung, StepStatus::Skipped, "not reached");
            }
        }
    }

    /// Adds the near-miss rung, which the probe fills in, and the duplicate rung.
    pub(crate) fn finish(&mut self, verified: bool, repeated: Option<&'static str>) {
        let (_, _, nothing) = NEAR_MISS;
        self.add(NEAR_MISS, StepStatus::Skipped, if verified { nothing } else { "not looked for" });
        let (status, seen) = match (verified, repeated) {
            (_, Some(seen)) => (StepStatus::Warned, seen),
            (_, None) => {
                let status = if verified { StepStatus::Passed } else { StepStatus::Skipped };
                (status, "no earlier delivery of this id was accepted")
            }
        };
        self.add(DUPLICATE, status, seen);
    }
}
