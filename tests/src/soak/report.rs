//! What a soak found: for people, and as a line for scripts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::curves::{Bound, Curves};
use super::faults::Fault;
use super::oracle::{Counts, Findings, Wrong};

/// What came of a soak.
#[derive(Clone, Debug)]
pub struct Report {
    /// Of its draws: the same seed draws the same again.
    pub seed: u64,
    /// How long it took, with its end.
    pub took: Duration,
    /// What was sent and answered.
    pub counts: Counts,
    /// Faults, by kind. Kills are among them.
    pub faults: BTreeMap<Fault, u64>,
    /// What was not done, and why.
    pub skipped: Vec<String>,
    /// Deliveries that were answered 503 while the disk was full.
    pub refused_when_full: u64,
    /// Deliveries in the history at the end; `None` if it could not be read.
    pub rows: Option<u64>,
    /// What was wrong.
    pub findings: Findings,
    /// How the disk was made full.
    pub(super) full_disk: &'static str,
    pub(super) curves: Curves,
    pub(super) memory: Bound,
    pub(super) disk: Bound,
}

/// What makes a run fail, in this order.
const WRONG: [(Wrong, &str); 7] = [
    (Wrong::Lost, "lost"),
    (Wrong::Doubled, "doubled"),
    (Wrong::Verdict, "wrong verdicts"),
    (Wrong::Bytes, "wrong bytes"),
    (Wrong::Attempt, "wrong attempts"),
    (Wrong::Damage, "damage"),
    (Wrong::Other, "other failures"),
];

impl Report {
    /// How often something was done to the listener.
    pub fn fault(&self, fault: Fault) -> u64 {
        self.faults.get(&fault).copied().unwrap_or(0)
    }

    /// What makes the run fail, in words; empty where all is well.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for (wrong, name) in WRONG {
            let count = self.findings.count(wrong);
            if count > 0 {
                failures.push(format!("{name}: {count}"));
            }
        }
        for bound in [&self.memory, &self.disk] {
            if let Bound::Broken(words) = bound {
                failures.push(words.clone());
            }
        }
        // Nothing can be lost where nothing was taken.
        if self.counts.acknowledged == 0 {
            failures.push("nothing was acknowledged".to_owned());
        }
        failures
    }

    /// Some tables.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let counts = &self.counts;
        let refused: u64 = counts.refused.values().sum();
        let rows = self.rows.map_or_else(|| "–".to_owned(), |rows| rows.to_string());
        for (name, value) in [
            ("deliveries sent", counts.sent.to_string()),
            ("of them, sent again", counts.again.to_string()),
            ("acknowledged (2xx)", counts.acknowledged.to_string()),
            ("of them, through the tunnel", counts.tunnelled.to_string()),
            ("rejected and kept (401)", counts.rejected.to_string()),
            ("refused", format!("{refused} {:?}", counts.refused)),
            ("without an answer", counts.lost.to_string()),
            ("refused while the disk was full", format!("{} ({})", self.refused_when_full, self.full_disk)),
            ("kept although refused", counts.kept_though_refused.to_string()),
            ("rows at the end", rows),
        ] {
            let _ = writeln!(text, "{name:<32}  {value}");
        }
        text.push('\n');
        for (fault, count) in &self.faults {
            let name = format!("{fault:?}");
            let _ = writeln!(text, "{name:<32}  {count}");
        }
        for skipped in &self.skipped {
            let _ = writeln!(text, "skipped: {skipped}");
        }
        text.push('\n');
        for (wrong, name) in WRONG {
            let _ = writeln!(text, "{name:<32}  {}", self.findings.count(wrong));
        }
        for words in &self.findings.first {
            let _ = writeln!(text, "  {words}");
        }
        let _ = writeln!(text, "\n{}", self.curves.table());
        for (name, bound) in [("memory", &self.memory), ("disk", &self.disk)] {
            let (result, words) = match bound {
                Bound::Kept(words) => ("pass", words),
                Bound::Broken(words) => ("FAIL", words),
                Bound::NotJudged(words) => ("not judged", words),
            };
            let _ = writeln!(text, "{name}: {result}: {words}");
        }
        let failures = self.failures();
        let result = if failures.is_empty() { "passed".to_owned() } else { format!("FAILED: {}", failures.join("; ")) };
        let _ = writeln!(text, "\nseed {}, {:.0} s: {result}", self.seed, self.took.as_secs_f64());
        text
    }

    /// The same as one value.
    pub fn json(&self) -> Value {
        let counts = &self.counts;
        let by_name = |name: &str, count: u64| (name.to_owned(), Value::from(count));
        let faults = self.faults.iter().map(|(fault, count)| by_name(&format!("{fault:?}"), *count));
        let faults: serde_json::Map<String, Value> = faults.collect();
        let wrong = WRONG.iter().map(|(wrong, name)| by_name(&name.replace(' ', "_"), self.findings.count(*wrong)));
        let wrong: serde_json::Map<String, Value> = wrong.collect();
        let refused = counts.refused.iter().map(|(status, count)| by_name(&status.to_string(), *count));
        let refused: serde_json::Map<String, Value> = refused.collect();
        let bound = |bound: &Bound| match bound {
            Bound::Kept(words) => json!({ "pass": true, "words": words }),
            Bound::Broken(words) => json!({ "pass": false, "words": words }),
            Bound::NotJudged(words) => json!({ "pass": null, "words": words }),
        };
        json!({
            "seed": self.seed,
            "seconds": self.took.as_secs_f64(),
            "sent": counts.sent,
            "sent_again": counts.again,
            "acknowledged": counts.acknowledged,
            "through_tunnel": counts.tunnelled,
            "rejected": counts.rejected,
            "refused": refused,
            "unanswered": counts.lost,
            "refused_when_full": self.refused_when_full,
            "kept_though_refused": counts.kept_though_refused,
            "rows": self.rows,
            "faults": faults,
            "skipped": self.skipped,
            "wrong": wrong,
            "first": self.findings.first,
            "memory": bound(&self.memory),
            "disk": bound(&self.disk),
            "curve": self.curves.json(),
            "pass": self.failures().is_empty(),
        })
    }
}
