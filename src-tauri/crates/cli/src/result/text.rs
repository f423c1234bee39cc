//! Says in words how far a result is, what was counted, and what an interaction did.

use engine::{InteractionStep, JobDetail, ResultState, ResultView, RowsSummary};
use owo_colors::Style;
use serde_json::{Value, json};

use crate::print::{paint, printable};
use crate::transfer::size;

/// Kinds of errors to name.
const KINDS: usize = 3;

/// `41 %  12.5 MiB of 30.1 MiB, 1200 rows`
pub(super) fn progress(view: &ResultView) -> String {
    if view.state == ResultState::Resolving {
        return "asking the service…".to_owned();
    }
    let rows = view.summary.as_ref().map(|summary| format!(", {} rows", summary.answered)).unwrap_or_default();
    match view.total.filter(|total| *total > 0) {
        Some(total) => {
            let share = view.bytes.saturating_mul(100) / total;
            format!("{:3} %  {} of {}{rows}", share.min(100), size(view.bytes), size(total))
        }
        None => format!("{}{rows}", size(view.bytes)),
    }
}

/// `1 line`, `2 lines`
pub(super) fn lines(count: u64) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

/// `3 asked for, 2 answered: 1 good, 1 failed (429 RESOURCE_EXHAUSTED: 1); 1 missing`
pub(super) fn counts(summary: &RowsSummary) -> String {
    let asked = summary.asked.map(|asked| format!("{asked} asked for, ")).unwrap_or_default();
    let mut text = format!("{asked}{} answered: {} good, {} failed", summary.answered, summary.good, summary.failed);
    let named = summary.error_kinds.iter().take(KINDS);
    let mut kinds: Vec<String> = named.map(|kind| format!("{}: {}", printable(&kind.name), kind.count)).collect();
    for (count, word) in
        [(summary.partial, "blocked, cut off or empty"), (summary.unparsable, "cannot be read as a row")]
    {
        if count > 0 {
            kinds.push(format!("{word}: {count}"));
        }
    }
    if !kinds.is_empty() {
        text.push_str(&format!(" ({})", kinds.join(", ")));
    }
    match summary.missing {
        Some(missing) => text.push_str(&format!("; {missing} missing")),
        None => text.push_str("; how many are missing is not known without the requests"),
    }
    for (count, words) in [
        (summary.doubled, "answered more than once"),
        (summary.strays, "that nobody asked for"),
        (summary.keyless, "without a key"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {count} {words}"));
        }
    }
    if summary.cut_at_end {
        text.push_str("; the file ends in the middle of a line");
    }
    text
}

/// An interaction for scripts: its name, its state, and all that is known of its steps.
pub(super) fn interaction_object(detail: &JobDetail) -> Value {
    let mut object = json!({ "name": detail.job.name, "phase": detail.job.phase, "state": detail.job.state });
    if let (Some(object), Some(Value::Object(known))) =
        (object.as_object_mut(), detail.interaction.as_ref().map(|known| json!(known)))
    {
        object.extend(known);
    }
    object
}

/// An interaction for a person: a line for each step, and what it says below.
pub(super) fn interaction(detail: &JobDetail) -> String {
    let mut text = format!("{} {}\n", printable(&detail.job.name), printable(&detail.job.state));
    for step in detail.interaction.iter().flat_map(|interaction| &interaction.steps) {
        text.push_str(&one(step));
    }
    text
}

fn one(step: &InteractionStep) -> String {
    let name = step.name.as_deref().map(|name| format!(" {}", printable(name))).unwrap_or_default();
    let waits = if step.waits { ", waits for its result" } else { "" };
    let head = format!("{}{name}{waits}", printable(&step.kind));
    let mut text = format!("\n{}\n", paint(&head, Style::new().bold()));
    for line in step.text.lines() {
        text.push_str(&format!("  {}\n", printable(line)));
    }
    if step.cut {
        text.push_str("  …\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use engine::RowKind;

    use super::*;

    #[test]
    fn counts_are_said_with_what_went_wrong() {
        let (asked, missing) = (Some(2), Some(0));
        let good = RowsSummary { asked, answered: 2, good: 2, missing, ..RowsSummary::default() };
        assert_eq!(counts(&good), "2 asked for, 2 answered: 2 good, 0 failed; 0 missing");
        let mixed = RowsSummary {
            answered: 4,
            good: 1,
            failed: 3,
            partial: 2,
            error_kinds: vec![RowKind { name: "429 RESOURCE_EXHAUSTED".into(), count: 1 }],
            doubled: 1,
            ..RowsSummary::default()
        };
        assert_eq!(
            counts(&mixed),
            "4 answered: 1 good, 3 failed (429 RESOURCE_EXHAUSTED: 1, blocked, cut off or empty: 2); how many are \
             missing is not known without the requests; 1 answered more than once"
        );
    }
}
