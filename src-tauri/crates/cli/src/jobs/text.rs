//! Shows jobs in words.

use engine::{JobDetail, JobFinding, JobPhase, JobTold, JobView};
use owo_colors::Style;
use signature::Outcome;

use crate::manage::utc;
use crate::print::{paint, printable};
use crate::span;

/// A job's state in a word.
pub(super) fn state(phase: JobPhase) -> &'static str {
    match phase {
        JobPhase::Running => "running",
        JobPhase::Waiting => "waiting",
        JobPhase::Succeeded => "succeeded",
        JobPhase::Failed => "failed",
        JobPhase::Cancelled => "cancelled",
        JobPhase::Expired => "expired",
        JobPhase::NotFound => "not found",
        JobPhase::Unknown => "unknown",
    }
}

/// The sign beside it.
pub(super) fn glyph(phase: JobPhase) -> String {
    let (glyph, style) = match phase {
        JobPhase::Running => ("…", Style::new()),
        JobPhase::Waiting => ("!", Style::new().yellow()),
        JobPhase::Succeeded => ("✓", Style::new().green()),
        JobPhase::Failed | JobPhase::Expired => ("✕", Style::new().red()),
        JobPhase::Cancelled => ("○", Style::new().dimmed()),
        JobPhase::NotFound | JobPhase::Unknown => ("?", Style::new()),
    };
    paint(glyph, style)
}

/// What else is said of its state: `get_order`, `INTERNAL`, `3 of 5 requests`.
pub(super) fn note(job: &JobView) -> String {
    let mut notes: Vec<String> = job.note.iter().map(|note| printable(note)).collect();
    if let Some(counts) = &job.counts {
        let done = counts.succeeded.saturating_add(counts.failed);
        let failed = if counts.failed > 0 { format!(" ({} failed)", counts.failed) } else { String::new() };
        notes.push(format!("{done} of {} requests{failed}", counts.requests));
    }
    notes.join(", ")
}

/// A job as a row of the list: state, name, title, model, when, what told of it.
pub(super) fn row(job: &JobView, now_ms: i64) -> Vec<String> {
    let when = match (job.ended_ms, job.created_ms) {
        (Some(ended), _) => utc(ended),
        (None, Some(created)) => format!("for {}", span::in_words(now_ms.saturating_sub(created))),
        (None, None) => "–".to_owned(),
    };
    let or_dash = |text: Option<&str>| text.filter(|text| !text.is_empty()).map_or("–".to_owned(), printable);
    vec![
        state(job.phase).to_owned(),
        printable(&job.name),
        or_dash(job.title.as_deref()),
        or_dash(job.model.as_deref()),
        when,
        told_by(job),
    ]
}

fn told_by(job: &JobView) -> String {
    match (&job.told, &job.finding) {
        (Some(told), _) if told.outcome == Outcome::Verified => {
            format!("#{} {}", told.delivery, printable(&told.event_type))
        }
        (Some(told), _) => {
            format!("#{} {} ({})", told.delivery, printable(&told.event_type), told.outcome.word())
        }
        (None, Some(finding)) => format!("nothing: {}", printable(&finding.words)),
        (None, None) if job.untold => "no event expected".to_owned(),
        (None, None) => "–".to_owned(),
    }
}

/// A job with all that is known of it.
pub(super) fn block(detail: &JobDetail, finding: Option<&JobFinding>) -> String {
    let job = &detail.job;
    let title = job.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&job.name);
    let mut text = format!("{} {}\n", glyph(job.phase), paint(&printable(title), Style::new().bold()));
    let mut line = |label: &str, value: &str| {
        text.push_str(&format!("  {} {value}\n", paint(&format!("{label:<9}"), Style::new().dimmed())));
    };
    line("name", &printable(&job.name));
    let note = note(job);
    let note = if note.is_empty() { note } else { format!(", {note}") };
    let word = match job.state.is_empty() {
        true => String::new(),
        false => format!(" ({})", printable(&job.state)),
    };
    line("state", &format!("{}{word}{note}", state(job.phase)));
    if let Some(failure) = &detail.failure {
        line("failure", &format!("{} {}", printable(&failure.code), printable(&failure.message)));
    }
    if let Some(model) = &job.model {
        line("model", &printable(model));
    }
    for (label, at) in [("created", job.created_ms), ("ended", job.ended_ms), ("kept", job.expires_ms)] {
        if let Some(at) = at {
            line(label, &format!("{}{}", if label == "kept" { "until " } else { "" }, utc(at)));
        }
    }
    match &job.receivers {
        Some(receivers) => {
            for (index, uri) in receivers.uris.iter().enumerate() {
                line(if index == 0 { "receivers" } else { "" }, &printable(uri));
            }
        }
        None => line("receivers", "the registered webhooks"),
    }
    for (index, pair) in job.metadata.iter().enumerate() {
        let label = if index == 0 { "metadata" } else { "" };
        line(label, &format!("{}={}", printable(&pair.key), printable(&pair.value)));
    }
    if let Some(file) = &detail.output_file {
        line("output", &printable(file));
    }
    for video in &detail.videos {
        line("output", &printable(video));
    }
    if let Some(unusable) = job.unusable {
        line("rows", &format!("{unusable} failed or missing"));
    }
    if let Some(interaction) = &detail.interaction {
        for call in &interaction.pending {
            line("waits", &format!("{} {}", printable(&call.name), printable(&call.arguments)));
        }
        line("steps", &interaction.steps.len().to_string());
    }
    for (index, told) in detail.deliveries.iter().enumerate() {
        line(if index == 0 { "told by" } else { "" }, &delivery(told));
    }
    if let Some(finding) = finding {
        line("missed", &printable(&finding.sentence));
    } else if detail.deliveries.is_empty() {
        line("told by", if job.untold { "nothing, and no event is expected" } else { "nothing that arrived here" });
    }
    text
}

/// `#12 2026-11-22 08:12:07Z batch.succeeded verified, answered 200`
fn delivery(told: &JobTold) -> String {
    let forward = match told.forward.map(|forward| forward.status) {
        None => String::new(),
        Some(None) => ", forwarded without an answer".to_owned(),
        Some(Some(status)) => format!(", forwarded and answered {status}"),
    };
    let answered = match told.status {
        0 => "the connection was dropped".to_owned(),
        status => format!("answered {status}"),
    };
    let contradiction = told.contradiction.as_deref().map(|words| format!(". {}", printable(words)));
    format!(
        "#{} {} {} {}, {answered}{forward}{}",
        told.delivery,
        utc(told.received_ms),
        printable(&told.event_type),
        told.outcome.word(),
        contradiction.unwrap_or_default(),
    )
}
