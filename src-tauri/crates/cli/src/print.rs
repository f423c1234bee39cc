//! Prints: NDJSON for scripts, words and colour for people.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;

use base64::Engine as _;
use engine::Row;
use owo_colors::{OwoColorize as _, Stream, Style};
use serde_json::{Value, json};
use signature::{Outcome, Scheme, StepStatus, Verdict};

use crate::escape;
pub(crate) use crate::escape::printable;

/// Why something was not printed.
pub(crate) enum Unwritten {
    /// Whoever read standard output went away (`| head`): nothing is wrong, and nobody is left to tell.
    ReaderGone,
    /// Anything else.
    Failed(String),
}

/// Whether it was printed, and if not, why.
pub(crate) type Written = Result<(), Unwritten>;

impl From<String> for Unwritten {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

/// Ignores that the reader is gone, for callers that go on regardless.
pub(crate) fn settled(written: Written) -> Result<(), String> {
    match written {
        Ok(()) | Err(Unwritten::ReaderGone) => Ok(()),
        Err(Unwritten::Failed(message)) => Err(message),
    }
}

/// Prints one line of JSON, at once.
pub(crate) fn line(value: &Value) -> Written {
    write(&mut io::stdout().lock(), &format!("{}\n", escape::json(value)))
}

/// Prints text on standard output.
pub(crate) fn text(text: &str) -> Written {
    write(&mut io::stdout().lock(), &safe(text))
}

/// Gives the text as it may be printed: nothing in it steers a terminal except our colours.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    escape::lines(text, coloured())
}

/// Writes all of it, at once.
pub(crate) fn write(out: &mut impl Write, text: &str) -> Written {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Unwritten::ReaderGone,
        _ => Unwritten::Failed(format!("standard output: {error}")),
    })
}

/// Whether standard output shows colours.
fn coloured() -> bool {
    static COLOURED: OnceLock<bool> = OnceLock::new();
    *COLOURED.get_or_init(|| paint("x", Style::new().bold()) != "x")
}

/// Encodes bytes for what takes them as text.
pub(crate) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Whether a person is at standard input.
pub(crate) fn interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Gives the verdict for scripts. Warnings and diagnosis are codes; their words are in `explanation`.
pub(crate) fn verdict_json(verdict: &Verdict) -> Value {
    json!({
        "outcome": verdict.outcome,
        "scheme": verdict.scheme,
        "reason": verdict.reason,
        "key": verdict.key,
        "warnings": verdict.warnings.iter().map(|warning| &warning.code).collect::<Vec<_>>(),
        "diagnosis": verdict.diagnosis.as_ref().map(|diagnosis| &diagnosis.code),
        "steps": verdict.steps,
        "cause": verdict.cause,
        "sentence": verdict.sentence,
        "explanation": {
            "warnings": verdict.warnings,
            "diagnosis": verdict.diagnosis,
        },
    })
}

/// Prints the verdict for a person: sentence, diagnosis, ladder.
pub(crate) fn verdict(verdict: &Verdict) -> Written {
    let (glyph, style) = outcome(verdict.outcome);
    let mut out = format!("{} {}\n", paint(glyph, style), paint(&printable(&verdict.sentence), Style::new().bold()));
    if let Some(diagnosis) = &verdict.diagnosis {
        out.push_str(&format!("  {}\n  {}\n", printable(&diagnosis.finding), printable(&diagnosis.fix)));
    }
    out.push('\n');
    for step in &verdict.steps {
        let (glyph, style) = match step.status {
            StepStatus::Passed => ("✓", Style::new().green()),
            StepStatus::Failed => ("✕", Style::new().red()),
            StepStatus::Near => ("≈", Style::new().red()),
            StepStatus::Warned => ("!", Style::new().yellow()),
            StepStatus::Skipped => ("–", Style::new().dimmed()),
        };
        out.push_str(&format!("  {} {:<14} {}\n", paint(glyph, style), step.title, printable(&step.seen)));
        if step.status == StepStatus::Failed && !step.expected.is_empty() {
            out.push_str(&format!(
                "    {:<14} {}\n",
                "",
                paint(&format!("expected {}", printable(&step.expected)), Style::new().dimmed())
            ));
        }
    }
    for warning in &verdict.warnings {
        out.push_str(&format!(
            "  {} {} ({})\n",
            paint("!", Style::new().yellow()),
            printable(&warning.message),
            warning.code
        ));
    }
    text(&out)
}

/// Width of the column that says what a delivery is about: the longest type in the catalog.
const WHAT: usize = 27;

/// Shows a delivery as one line for a person.
pub(crate) fn row(row: &Row, time: &str) -> String {
    let (glyph, style) = outcome(row.outcome);
    let word = match row.outcome {
        Outcome::Verified => "Verified",
        Outcome::Rejected => "Rejected",
        Outcome::Unchecked => "Unchecked",
        Outcome::Unbound => "Genuine",
    };
    let scheme = match row.scheme {
        Some(Scheme::V1) => "v1",
        Some(Scheme::V1a) => "v1a",
        Some(Scheme::Jwt) => "jwt",
        None => "–",
    };
    let attempts = match (row.duplicate, row.attempt) {
        (true, attempt) => format!("≡{attempt}"),
        (false, 1) => String::new(),
        (false, attempt) => format!("×{attempt}"),
    };
    let took = row.took_us.map(|us| format!("{:.1} ms", us as f64 / 1000.0)).unwrap_or_default();
    format!(
        "{time}  {:<6} {} {:<9} {:<24}  {:<27} {:<28} {scheme:<4} {attempts:<4} {} {took}\n",
        format!("#{}", row.id),
        paint(glyph, style),
        paint(word, style),
        shorten(&row.cause, 24),
        shorten(&what(row), WHAT),
        shorten(row.pointer.as_deref().unwrap_or("–"), 28),
        row.status,
    )
}

/// Shows what was found out about a rejected delivery as a second line, which other lines may separate from its own.
pub(crate) fn explained(id: i64, verdict: &Verdict) -> String {
    let Some(found) = &verdict.diagnosis else { return String::new() };
    let (finding, fix) = (printable(&found.finding), printable(&found.fix));
    format!("          {} {finding} {fix}\n", paint(&format!("#{id}"), Style::new().dimmed()))
}

/// Says what a delivery is about: its type, that it is a ping, or the request if neither is known.
fn what(row: &Row) -> String {
    let name = row.event_type.as_deref().filter(|name| !name.trim().is_empty());
    match (&row.ping, name, &row.request) {
        (Some(_), Some(name), _) if !name.eq_ignore_ascii_case("ping") => format!("Ping {name}"),
        (Some(_), ..) => "Ping".to_owned(),
        (None, Some(name), _) => name.to_owned(),
        (None, None, Some(request)) => {
            let tail = format!(" {} B", row.body_len);
            let room = WHAT.saturating_sub(request.method.chars().count() + 1 + tail.len());
            format!("{} {}{tail}", request.method, middle(&printable(&request.path), room))
        }
        (None, None, None) => "–".to_owned(),
    }
}

fn outcome(outcome: Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Verified => ("✓", Style::new().green()),
        Outcome::Rejected => ("✕", Style::new().red()),
        Outcome::Unchecked => ("○", Style::new().dimmed()),
        Outcome::Unbound => ("◐", Style::new().yellow()),
    }
}

/// Colours text only if a terminal shows it (NO_COLOR and the like are honoured).
pub(crate) fn paint(text: &str, style: Style) -> String {
    text.if_supports_color(Stream::Stdout, |text| text.style(style)).to_string()
}

/// Cuts a path in the middle: what tells two of them apart is mostly at the end.
fn middle(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let end = width.saturating_sub(1) / 2;
    let start = width.saturating_sub(1 + end);
    text.chars().take(start).chain(['…']).chain(text.chars().skip(length - end)).collect()
}

fn shorten(text: &str, width: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use engine::{PingBy, RequestLine};

    use super::*;

    fn row(event_type: Option<&str>, ping: Option<PingBy>, path: Option<&str>) -> Row {
        let request = path.map(|path| RequestLine { method: "POST".into(), path: path.into() });
        let value = json!({
            "id": 1, "project": 1, "sandbox": false, "received_ms": 0, "outcome": "verified", "scheme": "v1",
            "reason": "valid", "cause": "", "grace_until": null, "event_type": event_type, "known_type": false,
            "pointer": null, "message_id": null, "attempt": 1, "attempts": 1, "duplicate": false, "warnings": 0,
            "status": 200, "answered_by": null, "took_us": 1, "body_len": 7, "truncated": false, "ping": ping,
            "request": request, "pinned": false, "note": null, "imported": false, "hit": null, "tries": [],
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_row_says_what_it_is_of_or_how_it_was_asked() {
        let long = format!("/hooks/{}/{}", "x".repeat(300), "results");
        for (row, expected) in [
            (row(Some("interaction.requires_action"), None, None), "interaction.requires_action"),
            (row(Some("hello"), None, None), "hello"),
            (row(Some("ping"), Some(PingBy::Type), None), "Ping"),
            (row(Some("hello"), Some(PingBy::Asked), None), "Ping hello"),
            (row(None, Some(PingBy::Asked), Some("/a")), "Ping"),
            (row(None, None, Some("/hooks/a")), "POST /hooks/a 7 B"),
            (row(Some(" "), None, Some("/\u{1b}[2J")), "POST /\\u{1b}[2J 7 B"),
            (row(None, None, Some(&long)), "POST /hooks/xx…/results 7 B"),
        ] {
            assert_eq!(shorten(&what(&row), WHAT), expected);
        }
    }
}
