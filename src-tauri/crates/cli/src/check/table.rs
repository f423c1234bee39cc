//! Shows a report to a person: a table, and how to fix each line that failed.

use outbound::check::{Line, Progress, Report, State};
use owo_colors::Style;

use crate::print::{Written, paint, printable, text};

/// Columns of a title.
const TITLE: usize = 48;

/// Shows the progress on standard error, rewriting one line.
pub(crate) fn progress(report: &Report) {
    let waiting = report.lines.iter().filter(|line| matches!(line.state, State::Waiting | State::Running)).count();
    let all = report.lines.len();
    eprint!("\r{} of {all}, {} failed ", all - waiting, report.failed);
}

/// The whole report. `over`: a line of progress stands where it begins.
pub(crate) fn print(report: &Report, over: bool) -> Written {
    if over {
        eprint!("\r\x1b[K");
    }
    let mut out = format!("Checked {}\n", printable(&report.url));
    if !report.keys.is_empty() {
        out.push_str(&format!("Signed with {}\n", report.keys.join(", ")));
    }
    if let Some(problem) = &report.problem {
        out.push_str(&format!("\n{} {}\n", paint("✕", Style::new().red()), printable(problem)));
        return text(&out);
    }
    for cause in &report.causes {
        out.push_str(&format!("\n{} {}", paint("✕", Style::new().red()), printable(&cause.what)));
        if cause.skipped > 0 {
            let lines =
                if cause.skipped == 1 { "1 line was".to_owned() } else { format!("{} lines were", cause.skipped) };
            out.push_str(&format!(" {lines} skipped because of it."));
        }
        out.push('\n');
    }
    let (mut group, mut skipped) = ("", "");
    for line in report.lines.iter().filter(|line| !is_foreign(line)) {
        if line.group != group {
            group = &line.group;
            out.push_str(&format!("\n{}\n", paint(group, Style::new().bold())));
        }
        row(&mut out, line, skipped);
        skipped = if line.state == State::Skipped { line.got.as_deref().unwrap_or_default() } else { "" };
    }
    out.push_str(&summary(report));
    text(&out)
}

/// Of a scheme that was not asked for.
fn is_foreign(line: &Line) -> bool {
    line.state == State::Skipped && line.got.as_deref().is_some_and(|got| got.starts_with("The endpoint is not said"))
}

/// `said`: why the line before was skipped, which is not repeated.
fn row(out: &mut String, line: &Line, said: &str) {
    let (glyph, style) = match line.state {
        State::Passed => ("✓", Style::new().green()),
        State::Failed => ("✕", Style::new().red()),
        State::Open => ("?", Style::new().yellow()),
        State::Waiting | State::Running | State::Skipped => ("–", Style::new().dimmed()),
    };
    let status = line.status.map(|status| status.to_string()).unwrap_or_default();
    let took = line.took_us.map(|us| format!("{:.1} ms", us as f64 / 1000.0)).unwrap_or_default();
    let title = printable(&line.title);
    let width = TITLE.saturating_sub(title.chars().count());
    let row = format!("  {} {title}{:width$} {status:>4} {took:>11}", paint(glyph, style), "");
    out.push_str(row.trim_end());
    out.push('\n');
    let got = printable(line.got.as_deref().unwrap_or_default());
    match line.state {
        State::Failed => {
            for (name, words) in [
                ("sent", line.sent.as_str()),
                ("expected", &line.expected),
                ("got", &got),
                ("why", &line.why),
                ("fix", &line.mend),
            ] {
                out.push_str(&format!(
                    "      {} {}\n",
                    paint(&format!("{name:<9}"), Style::new().dimmed()),
                    printable(words)
                ));
            }
            out.push_str(&format!("      {} {}\n", paint(&format!("{:<9}", "line"), Style::new().dimmed()), line.id));
        }
        State::Skipped if line.got.as_deref() == Some(said) => {}
        State::Open | State::Skipped => out.push_str(&format!("      {}\n", paint(&got, Style::new().dimmed()))),
        State::Passed | State::Waiting | State::Running => {}
    }
}

fn summary(report: &Report) -> String {
    let stopped = if report.progress == Progress::Stopped { " It was stopped before its end." } else { "" };
    let latency = report.latency.map(|latency| {
        let ms = |us: u64| us as f64 / 1000.0;
        format!(
            "{} at once: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, max {:.1} ms\n",
            latency.count,
            ms(latency.p50_us),
            ms(latency.p95_us),
            ms(latency.p99_us),
            ms(latency.max_us)
        )
    });
    format!(
        "\n{}{} passed, {} failed, {} open, {} skipped in {:.1} s.{stopped}\n",
        latency.unwrap_or_default(),
        report.passed,
        report.failed,
        report.open,
        report.skipped,
        report.took_ms as f64 / 1000.0,
    )
}
