//! A report as JUnit XML, which CI systems read (the schema of JUnit 4: `testsuites`, `testsuite`, `testcase`).

use std::fmt::Write as _;

use super::{Line, Report, State};

/// The report as a document. A line becomes a test, a group its class. Open and skipped lines become skipped tests,
/// with a message.
#[must_use]
pub fn junit(report: &Report) -> String {
    let skipped = report.lines.iter().filter(|line| !matches!(line.state, State::Passed | State::Failed)).count();
    // If nobody answered, a document without a failure would look like success.
    let errors = usize::from(report.problem.is_some());
    let (tests, failures) = (report.lines.len() + errors, report.failed);
    let time = report.took_ms as f64 / 1000.0;
    let counts = format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{time:.3}\""
    );
    let unskipped = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time:.3}\"");
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites name=\"pollux check\" {unskipped}>");
    let _ = writeln!(xml, "  <testsuite name={} {counts}>", quoted(&format!("Handler check of {}", report.url)));
    if let Some(problem) = &report.problem {
        let _ = writeln!(
            xml,
            "    <testcase classname=\"Handler check\" name=\"The endpoint answers\">\n      <error message={}/>\n    </testcase>",
            quoted(problem)
        );
    }
    for line in &report.lines {
        case(&mut xml, line);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, line: &Line) {
    let time = line.took_us.unwrap_or(0) as f64 / 1_000_000.0;
    let name = format!("{}: {}", line.id, line.title);
    let _ = write!(xml, "    <testcase classname={} name={} time=\"{time:.3}\"", quoted(&line.group), quoted(&name));
    let got = line.got.as_deref().unwrap_or_default();
    match line.state {
        State::Passed => xml.push_str("/>\n"),
        State::Failed => {
            let text = format!(
                "Sent: {}\nExpected: {}\nGot: {got}\nWhy: {}\nFix: {}",
                line.sent, line.expected, line.why, line.mend
            );
            let _ = writeln!(
                xml,
                ">\n      <failure message={} type={}>{}</failure>\n    </testcase>",
                quoted(got),
                quoted(&line.id),
                escaped(&text, false)
            );
        }
        State::Waiting | State::Running => skipped(xml, "Not sent: the check was stopped before that."),
        State::Open => skipped(xml, &format!("Open: {got}")),
        State::Skipped => skipped(xml, got),
    }
}

fn skipped(xml: &mut String, why: &str) {
    let _ = writeln!(xml, ">\n      <skipped message={}/>\n    </testcase>", quoted(why));
}

/// An attribute's value with its quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text, true))
}

/// Escaped text. What XML 1.0 does not allow, such as control characters, becomes U+FFFD: not even a reference may name
/// it. Line ends in attributes become references, because a reader would turn them into spaces.
fn escaped(text: &str, attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' | '\t' if attribute => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\n' | '\t' => out.push(c),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_markup_are_made_harmless() {
        assert_eq!(escaped("a<b>&\"\u{1b}[31m\u{0}\r\n", false), "a&lt;b&gt;&amp;\"\u{fffd}[31m\u{fffd}&#13;\n");
        assert_eq!(quoted("a\"b\nc"), "\"a&quot;b&#10;c\"");
    }
}
